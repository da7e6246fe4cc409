/**
 * Ctrl-C: the first one asks to stop, the second one stops.
 *
 * @module
 */

import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** Listens from construction to disposal. */
export class Interrupts implements Disposable {
  readonly #controller = new AbortController();
  readonly #listening: Disposable;

  /** @param onFirst Told once, at the first Ctrl-C. */
  constructor(io: Io, onFirst: () => void = () => {}) {
    this.#listening = io.onInterrupt(() => {
      if (this.#controller.signal.aborted) io.exit(EXIT.interrupted);
      onFirst();
      this.#controller.abort();
    });
  }

  /** Aborts with the first Ctrl-C. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
