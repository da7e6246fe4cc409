/**
 * What is wrong, said once: again only when it had been well for a while.
 *
 * @module
 */

/** Milliseconds without a cause after which it is news again. */
const WELL_MS = 60_000;

/** Tells causes, each once. */
export class Notices {
  readonly #tell: (text: string) => void;
  /** Told causes, and since when they are gone. */
  readonly #told = new Map<string, number | undefined>();

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /**
   * @param causes All that are there now: a clause by its code.
   */
  tell(
    causes: ReadonlyMap<string, string>,
    { where, now }: { readonly where: string; readonly now: number },
  ): void {
    for (const [code, gone] of this.#told) {
      if (!causes.has(code)) this.#told.set(code, gone ?? now);
      else if (gone !== undefined && now - gone >= WELL_MS) {
        this.#told.delete(code);
      } else this.#told.set(code, undefined);
    }
    for (const [code, clause] of causes) {
      if (this.#told.has(code)) continue;
      this.#told.set(code, undefined);
      this.#tell(`Names of ${where} are not up to date: ${clause}`);
    }
  }
}
