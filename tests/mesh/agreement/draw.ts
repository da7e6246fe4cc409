/**
 * Draws from lists, by one seed.
 *
 * @module
 */

import { randomOf } from "../../../src/istio/draw.ts";

/** A source of chance: two with one seed give the same. */
export class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** True in `percent` of 100. */
  chance(percent: number): boolean {
    return this.#random() * 100 < percent;
  }

  /** Entries that are taken with that chance, each. */
  fields<T extends object>(
    percent: number,
    entries: { readonly [K in keyof T]: () => T[K] },
  ): Partial<T> {
    return Object.fromEntries(
      Object.entries<() => unknown>(entries)
        .filter(() => this.chance(percent))
        .map(([key, make]) => [key, make()]),
    ) as Partial<T>;
  }

  list<T>(least: number, most: number, make: (index: number) => T): T[] {
    const length = least + this.below(most - least + 1);
    return Array.from({ length }, (_, index) => make(index));
  }
}
