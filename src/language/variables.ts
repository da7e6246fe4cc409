/**
 * Variables of a text, as they are at each of its statements. What a text
 * sets is kept once, so that a thousand lines of `set` are a thousand values
 * and not a thousand maps.
 *
 * @module
 */

/** What is set in the course of a text. */
export class Variables {
  /** Values of each name with the moments at which they were set. */
  readonly #history = new Map<string, { at: number; value: string }[]>();
  #now = 0;

  constructor(before: Iterable<readonly [string, string]>) {
    for (const [name, value] of before) {
      this.#history.set(name, [{ at: 0, value }]);
    }
  }

  /** Sets one, from here on. */
  set(name: string, value: string): void {
    const known = this.#history.get(name);
    const set = { at: ++this.#now, value };
    if (known === undefined) this.#history.set(name, [set]);
    else known.push(set);
  }

  /** All of them, as they are here; what is set later does not show. */
  now(): ReadonlyMap<string, string> {
    return new Moment(this.#history, this.#now);
  }
}

class Moment implements ReadonlyMap<string, string> {
  readonly #history: ReadonlyMap<string, { at: number; value: string }[]>;
  readonly #at: number;

  constructor(
    history: ReadonlyMap<string, { at: number; value: string }[]>,
    at: number,
  ) {
    this.#history = history;
    this.#at = at;
  }

  get(name: string): string | undefined {
    return this.#history.get(name)?.findLast(({ at }) => at <= this.#at)?.value;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get size(): number {
    return this.#whole().size;
  }

  keys(): MapIterator<string> {
    return this.#whole().keys();
  }

  values(): MapIterator<string> {
    return this.#whole().values();
  }

  entries(): MapIterator<[string, string]> {
    return this.#whole().entries();
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  forEach(
    call: (
      value: string,
      key: string,
      map: ReadonlyMap<string, string>,
    ) => void,
  ): void {
    for (const [key, value] of this) call(value, key, this);
  }

  #whole(): Map<string, string> {
    const whole = new Map<string, string>();
    for (const name of this.#history.keys()) {
      const value = this.get(name);
      if (value !== undefined) whole.set(name, value);
    }
    return whole;
  }
}
