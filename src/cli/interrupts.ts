/**
 * Ctrl-C: the first one asks to stop, the second one stops.
 *
 * @module
 */

import { InterruptedError } from "../errors.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/**
 * What comes from standard input, or the first Ctrl-C: whoever has nothing to
 * type, or a pipe that is silent, need not press it twice.
 *
 * @throws {InterruptedError}
 */
export async function orInterrupted<T>(
  io: Io,
  waiting: Promise<T>,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const listening = io.onInterrupt(() => reject(interrupted()));
  try {
    return await Promise.race([waiting, promise]);
  } finally {
    listening[Symbol.dispose]();
  }
}

/** Told where nothing has been begun. */
export function interrupted(): InterruptedError {
  return new InterruptedError("interrupted", "Cannot go on: interrupted", {
    hint: "Nothing was written",
  });
}

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
