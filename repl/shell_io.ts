/**
 * The process as a command sees it that runs inside the shell: Ctrl-C comes
 * from the terminal in raw mode, and the end of a command is not the end of
 * the process.
 *
 * @module
 */

import type { Io, Output } from "../src/cli/io.ts";
import { type Lender, lentKeys, onlyInterrupts } from "./lending.ts";

/** A command that was left behind by a second Ctrl-C. */
export const ABANDONED = Symbol("abandoned");

/** Lends the process to one command at a time. */
export class ShellIo {
  readonly #io: Io;
  readonly #lender: Lender;
  readonly #isPlain: boolean;
  #running: { interrupt(): void; readonly ended: Promise<unknown> } | undefined;

  /** @param isPlain Nothing is drawn anew: the user hears the terminal. */
  constructor(io: Io, lender: Lender, isPlain: boolean) {
    this.#io = io;
    this.#lender = lender;
    this.#isPlain = isPlain;
  }

  /** A first Ctrl-C for the command under way; resolves at its end. */
  async stop(): Promise<void> {
    this.#running?.interrupt();
    await this.#running?.ended;
  }

  /**
   * Runs a command; gives {@linkcode ABANDONED} where a second Ctrl-C came
   * before its end. What it says after that goes nowhere.
   */
  async run(
    command: (io: Io) => Promise<number>,
  ): Promise<number | typeof ABANDONED> {
    const handlers = new Set<() => void>();
    const abandoned = Promise.withResolvers<typeof ABANDONED>();
    let isOpen = true;
    const interrupt = (): void => {
      try {
        for (const handler of [...handlers]) handler();
      } catch (error) {
        if (error !== ABANDONED) throw error;
        abandoned.resolve(ABANDONED);
      }
    };
    using _taking = onlyInterrupts(this.#lender, interrupt);
    const gate = (output: Output): Output => ({
      isTerminal: output.isTerminal,
      isPlain: this.#isPlain,
      get isOpen() {
        return isOpen && output.isOpen;
      },
      write: (text) => isOpen && output.write(text),
    });
    const io: Io = {
      ...this.#io,
      stdout: gate(this.#io.stdout),
      stderr: gate(this.#io.stderr),
      stdin: {
        isTerminal: true,
        readAll: () => Promise.reject(new Error("the terminal is the shell's")),
        keys: () => lentKeys(this.#lender, interrupt),
      },
      onInterrupt(handler) {
        handlers.add(handler);
        return { [Symbol.dispose]: () => void handlers.delete(handler) };
      },
      exit() {
        throw ABANDONED;
      },
    };
    const ended = Promise.race([command(io), abandoned.promise]);
    this.#running = { interrupt, ended };
    try {
      return await ended;
    } finally {
      this.#running = undefined;
      isOpen = false;
    }
  }
}
