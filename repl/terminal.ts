/**
 * The one module that knows a terminal: raw mode, one loop that reads, signals,
 * and the way back to how the terminal was, whatever ends the process.
 *
 * @module
 */

import { withoutEchoes } from "../src/cli/io.ts";
import type { Size } from "./rows.ts";

/** Who is handed what is typed. */
export interface Taker {
  chunk(bytes: Uint8Array): void;
  /** Nothing will come any more. */
  end(): void;
  /** The size is another one. */
  resized?(): void;
  /** The process was stopped, and goes on. */
  resumed?(): void;
}

/** How a terminal is opened. */
export interface TerminalOptions {
  /** Escape sequences are understood; false for `TERM=dumb`. */
  readonly isSmart: boolean;
  /**
   * Called at SIGTERM and SIGHUP, before the process ends by them; what it
   * gives is waited for, unless the signal comes again.
   */
  readonly onEnd?: (signal: Deno.Signal) => Promise<void> | undefined;
}

const MARKS_ON = "\x1b[?2004h";
/** Marks off, wrapping on, cursor shown, nothing held back, no colour. */
const AS_BEFORE = "\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?2026l\x1b[0m";

/** Milliseconds without another change of size: windows are dragged. */
const SETTLED = 40;
const CTRL_C = Uint8Array.of(3);
const DEFAULT_SIZE: Size = { columns: 80, rows: 24 };
const isWindows = Deno.build.os === "windows";

/** A terminal in raw mode until it is disposed of. */
export class Terminal implements Disposable {
  /** Gives what is written when the terminal is given back. */
  parting: () => string = () => "";
  readonly #options: TerminalOptions;
  #takers: readonly Taker[] = [];
  #isOpen = true;
  #isEnded = false;
  #isSuspended = false;
  #isEnding = false;
  #resizing: ReturnType<typeof setTimeout> | undefined;
  readonly #signals: readonly (readonly [Deno.Signal, () => void])[];

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#signals = isWindows ? [["SIGINT", () => this.#give(CTRL_C)]] : [
      ["SIGTERM", withoutEchoes(() => void this.#endBy("SIGTERM"))],
      ["SIGHUP", withoutEchoes(() => void this.#endBy("SIGHUP"))],
      ["SIGINT", () => this.#give(CTRL_C)],
      ["SIGWINCH", () => this.#resize()],
      ["SIGCONT", () => this.#resume()],
    ];
    for (const [signal, act] of this.#signals) {
      Deno.addSignalListener(signal, act);
    }
    for (const event of ["unload", "error", "unhandledrejection"]) {
      addEventListener(event, this.#giveBack);
    }
    this.#enter();
    this.#read();
  }

  /** Columns and rows now. */
  size(): Size {
    try {
      const { columns, rows } = Deno.consoleSize();
      return columns > 0 && rows > 0 ? { columns, rows } : DEFAULT_SIZE;
    } catch {
      return DEFAULT_SIZE;
    }
  }

  /** Writes all of it; after the terminal has gone it does nothing. */
  write(text: string): void {
    let rest = new TextEncoder().encode(text);
    try {
      while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
    } catch {
      // A terminal that was closed takes nothing.
    }
  }

  /** Takes what is typed until disposed of; the last taker gets it alone. */
  take(taker: Taker): Disposable {
    this.#takers = [...this.#takers, taker];
    if (this.#isEnded) queueMicrotask(() => taker.end());
    return {
      [Symbol.dispose]: () => {
        this.#takers = this.#takers.filter((other) => other !== taker);
      },
    };
  }

  /** Stops the process group until somebody makes it go on. */
  async suspend(): Promise<void> {
    if (isWindows) return;
    this.#isSuspended = true;
    this.#restore();
    const resumed = Promise.withResolvers<void>();
    Deno.addSignalListener("SIGCONT", resumed.resolve);
    // Where nobody could make it go on, the system does not stop it.
    const refused = setTimeout(resumed.resolve, SETTLED);
    try {
      // The whole group, as a shell watches all of it.
      Deno.kill(0, "SIGTSTP");
      await resumed.promise;
    } finally {
      clearTimeout(refused);
      Deno.removeSignalListener("SIGCONT", resumed.resolve);
      this.#isSuspended = false;
      if (this.#isOpen) this.#enter();
    }
  }

  [Symbol.dispose](): void {
    this.#giveBack();
    clearTimeout(this.#resizing);
    for (const [signal, act] of this.#signals) {
      Deno.removeSignalListener(signal, act);
    }
    for (const event of ["unload", "error", "unhandledrejection"]) {
      removeEventListener(event, this.#giveBack);
    }
  }

  /** One read at a time, never given up: a cancelled one may lose keys. */
  async #read(): Promise<void> {
    const bytes = new Uint8Array(64 * 1024);
    while (this.#isOpen) {
      const length = await Deno.stdin.read(bytes).catch(() => null);
      if (length === null) break;
      this.#give(bytes.slice(0, length));
    }
    this.#isEnded = true;
    this.#takers.at(-1)?.end();
  }

  #give(bytes: Uint8Array): void {
    this.#takers.at(-1)?.chunk(bytes);
  }

  #enter(): void {
    try {
      Deno.stdin.setRaw(true);
    } catch {
      // It has gone; the loop that reads will see the end.
    }
    if (this.#options.isSmart) this.write(MARKS_ON);
  }

  #restore(): void {
    if (this.#options.isSmart) this.write(AS_BEFORE);
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // It has gone, and with it its modes.
    }
  }

  readonly #giveBack = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.write(this.parting());
    this.#restore();
  };

  async #endBy(signal: Deno.Signal): Promise<void> {
    const { onEnd } = this.#options;
    if (!this.#isEnding) {
      this.#isEnding = true;
      await onEnd?.(signal);
    }
    this[Symbol.dispose]();
    // Without a listener the signal does what it does.
    Deno.kill(Deno.pid, signal);
  }

  #resize(): void {
    clearTimeout(this.#resizing);
    this.#resizing = setTimeout(
      () => this.#takers.at(-1)?.resized?.(),
      SETTLED,
    );
  }

  #resume(): void {
    if (!this.#isOpen || this.#isSuspended) return;
    // Whoever was in front meanwhile has set modes of its own.
    Deno.stdin.setRaw(false);
    this.#enter();
    this.#takers.at(-1)?.resumed?.();
  }
}
