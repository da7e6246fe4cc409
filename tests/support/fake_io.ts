/**
 * A process for the command line to run in: text in, text out, nothing of the
 * real console.
 *
 * @module
 */

import {
  type Io,
  type Keys,
  readLines,
  readTextFile,
} from "../../src/cli/io.ts";

/** What a fake process is like. */
export interface FakeOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard streams are terminals. */
  readonly terminal?: boolean;
  /** What is typed, chunk by chunk; a function may do something first. */
  readonly typed?: readonly (string | (() => Promise<string> | string))[];
  readonly columns?: number;
  /** Standard input, when it is not typed. */
  readonly stdin?: string;
}

/** A fake process and what it said. */
export class FakeProcess {
  readonly io: Io;
  stdout = "";
  stderr = "";
  /** Statuses of `exit()`. */
  readonly exits: number[] = [];
  readonly #handlers = new Set<() => void>();

  constructor(options: FakeOptions = {}) {
    const { env = {}, terminal = false, columns = 100, stdin = "" } = options;
    const write = (add: (text: string) => void) => ({
      isTerminal: terminal,
      isOpen: true,
      write: add,
    });
    this.io = {
      stdout: write((text) => this.stdout += text),
      stderr: write((text) => this.stderr += text),
      stdin: {
        isTerminal: terminal,
        readAll: () => Promise.resolve(stdin),
        keys: () => this.#keys(options.typed ?? []),
      },
      isWindows: false,
      runtime: { deno: Deno.version.deno, target: Deno.build.target },
      env: (name) => env[name],
      columns: () => columns,
      readTextFile,
      readLines,
      mayWrite: () => true,
      onInterrupt: (handler) => {
        this.#handlers.add(handler);
        return { [Symbol.dispose]: () => void this.#handlers.delete(handler) };
      },
      closeStdout: () => {},
      exit: (code) => {
        this.exits.push(code);
        throw new Error(`exit ${code}`);
      },
    };
  }

  /** Is anybody listening for Ctrl-C? */
  get listens(): boolean {
    return this.#handlers.size > 0;
  }

  /** Ctrl-C. */
  interrupt(): void {
    for (const handler of this.#handlers) handler();
  }

  /** Standard output as the one JSON document that it has to be. */
  get document(): Record<string, unknown> {
    return JSON.parse(this.stdout);
  }

  #keys(typed: NonNullable<FakeOptions["typed"]>): Keys {
    let at = 0;
    const io = this.io;
    // Nobody types before the question is there.
    const asked = io.stderr.write.bind(io.stderr);
    let isAsked = false;
    let release = () => {};
    const question = new Promise<void>((resolve) => release = resolve);
    (io.stderr as { write(text: string): void }).write = (text) => {
      asked(text);
      isAsked ||= true;
      release();
    };
    return {
      async next() {
        if (!isAsked) await question;
        const next = typed[at++];
        return typeof next === "function" ? await next() : next;
      },
      [Symbol.dispose]() {
        (io.stderr as { write(text: string): void }).write = asked;
      },
    };
  }
}
