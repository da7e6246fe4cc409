/**
 * Asking somebody at the terminal: what is asked, and the keys that answer.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import { givenOf } from "../language/given.ts";
import type { Parsed } from "../language/parse.ts";
import type { Io } from "./io.ts";

/** What is asked before a grave change. */
export interface Question {
  /** A yes, or the names of all objects concerned. */
  readonly answer: "yes" | "names";
  readonly names: readonly string[];
}

/** An option that a line lacks, and what it could be. */
export interface Choice {
  readonly option: "build" | "context";
  /** What is asked, without a question mark. */
  readonly message: string;
  readonly values: readonly string[];
}

/** How somebody is asked, in place of a plain line. */
export interface Prompts {
  /** What was typed; undefined where nobody answered. */
  readonly confirm: (
    question: Question,
    signal: AbortSignal,
  ) => Promise<string | undefined>;
  /** One of the values; undefined where nobody answered. */
  readonly choose: (
    choice: Choice,
    signal: AbortSignal,
  ) => Promise<string | undefined>;
}

/** What would mend a line that failed before anything was written. */
export function choiceAfter(
  error: unknown,
  parsed: Parsed,
): Choice | undefined {
  if (!(error instanceof TrafficError)) return undefined;
  const { builds, contexts } = error.details ?? {};
  if (error.code === "ambiguous-build" && isChoice(builds)) {
    return { option: "build", message: "Which build", values: builds };
  }
  return error.code === "kubeconfig" && isChoice(contexts) &&
      givenOf(parsed, "context") === undefined
    ? { option: "context", message: "Which context", values: contexts }
    : undefined;
}

function isChoice(values: unknown): values is readonly string[] {
  return Array.isArray(values) && values.length > 0 &&
    values.every((value) => typeof value === "string");
}

/** Milliseconds of silence after which nothing typed ahead is left. */
const SILENCE = 30;
const PASTE = "\x1b[200~";
const END_OF_INPUT = "\x04";

/**
 * Keys that are typed after a question was there; what was typed or pasted
 * before is no answer. Takes the terminal until it is disposed of.
 */
export class Answers implements Disposable {
  readonly #keys: ReturnType<Io["stdin"]["keys"]>;
  readonly #stopped: Promise<undefined>;
  #next: Promise<string | undefined>;
  #isOver = false;

  constructor(io: Pick<Io, "stdin">, signal: AbortSignal) {
    this.#keys = io.stdin.keys();
    this.#next = this.#keys.next();
    this.#stopped = new Promise((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener("abort", () => resolve(undefined), {
        once: true,
      });
    });
  }

  /** Drops what was typed ahead; false where input has ended. */
  async settle(): Promise<boolean> {
    for (;;) {
      const early = await Promise.race([this.#next, silence()]);
      if (early === SILENT) return true;
      if (early === undefined) return false;
      this.#next = this.#keys.next();
    }
  }

  /**
   * What was typed since; undefined where nobody goes on: the end of input, a
   * paste, more behind Enter in one go (nobody types that fast), Ctrl-C.
   */
  async next(): Promise<string | undefined> {
    if (this.#isOver) return undefined;
    const chunk = await Promise.race([this.#next, this.#stopped]);
    this.#isOver = chunk === undefined || chunk.includes(PASTE) ||
      chunk.includes(END_OF_INPUT) || /[\r\n]./s.test(chunk);
    if (this.#isOver) return undefined;
    this.#next = this.#keys.next();
    return chunk;
  }

  [Symbol.dispose](): void {
    this.#keys[Symbol.dispose]();
  }
}

const SILENT = Symbol("silent");

function silence(): Promise<typeof SILENT> {
  return new Promise((resolve) => setTimeout(resolve, SILENCE, SILENT));
}
