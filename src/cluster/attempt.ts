/**
 * One attempt of a call: its deadline, the deadline between two bytes, and
 * the cap on what it answers.
 *
 * @module
 */

import type { Limits } from "./call.ts";

/** The signal of one attempt: the caller's, a deadline, an idle deadline. */
export class Attempt {
  readonly milliseconds: number;
  ended: "late" | "stalled" | undefined;
  /**
   * Kept, though nobody asks for it: once the `Response` has been garbage
   * collected, Deno's signal no longer ends a read of its body.
   */
  response: Response | undefined;
  /** The request went to the wire; a token was there before. */
  isSent = false;
  /** What this attempt was made with. */
  token: string | undefined;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #abort = (): void => this.#controller.abort(this.#outer?.reason);
  readonly #liftDeadline: () => void;
  #liftIdle: (() => void) | undefined;
  #last = 0;

  constructor(outer: AbortSignal | undefined, milliseconds: number) {
    this.milliseconds = milliseconds;
    this.#outer = outer;
    outer?.addEventListener("abort", this.#abort, { once: true });
    if (outer?.aborted === true) this.#abort();
    this.#liftDeadline = after(milliseconds, () => this.#expire("late"));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on bytes are expected. */
  watchIdle(milliseconds: number): void {
    this.#last = performance.now();
    const check = (): void => {
      const left = this.#last + milliseconds - performance.now();
      if (left <= 0) this.#expire("stalled");
      else this.#liftIdle = after(left, check);
    };
    this.#liftIdle = after(milliseconds, check);
  }

  /** A byte came. */
  alive(): void {
    this.#last = performance.now();
  }

  /** Lifts the deadline; the caller's signal stays. */
  disarm(): void {
    this.#liftDeadline();
  }

  /** Ends whatever is still under way. */
  end(): void {
    this.#liftDeadline();
    this.#liftIdle?.();
    this.#outer?.removeEventListener("abort", this.#abort);
    this.#controller.abort();
  }

  #expire(why: "late" | "stalled"): void {
    this.ended = why;
    this.#controller.abort();
  }
}

/**
 * A timer, and what takes it back: without a listener it keeps no process
 * alive. The first use of `setTimeout` costs a process 5 ms, a quarter of its
 * start-up; this costs nothing.
 */
export function after(milliseconds: number, run: () => void): () => void {
  const signal = AbortSignal.timeout(Math.ceil(milliseconds));
  signal.addEventListener("abort", run);
  return () => signal.removeEventListener("abort", run);
}

/**
 * Reads the body of an answer.
 *
 * @throws {TooLarge}
 */
export async function textOf(
  response: Response,
  attempt: Attempt,
  { maxBytes, idleMs }: Pick<Limits, "maxBytes" | "idleMs">,
): Promise<string> {
  if (response.body === null) return "";
  attempt.watchIdle(idleMs);
  // What is short comes in one piece, without the 3 ms that a process pays
  // for its first look into a stream.
  if (lengthOf(response) <= Math.min(SHORT_BYTES, maxBytes)) {
    return await response.text();
  }
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    attempt.alive();
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new TooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** An answer above the cap. */
export class TooLarge extends Error {}

/** A body that is read without looking at its pieces. */
const SHORT_BYTES = 64 * 1024;

/** Bytes of a body; a packed one may become anything. */
function lengthOf({ headers }: Response): number {
  return headers.has("content-encoding")
    ? Infinity
    : Number(headers.get("content-length") ?? Infinity);
}
