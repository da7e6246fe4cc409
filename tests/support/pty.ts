/**
 * A program in a pseudo-terminal, and the screen that a person would see. A
 * helper in Python opens it, as Deno cannot.
 *
 * @module
 */

import { Screen } from "./screen.ts";

/** Why there are no pseudo-terminals here; undefined where there are. */
export function whyNoPty(): string | undefined {
  if (Deno.build.os === "windows") return "no pseudo-terminals on Windows";
  try {
    const { success } = new Deno.Command("python3", {
      args: ["-c", "import pty"],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success ? undefined : "python3 has no pty";
  } catch {
    return "python3 is missing";
  }
}

/** How a program is started. */
export interface PtyOptions {
  readonly command: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running program. */
export class Pty implements AsyncDisposable {
  readonly screen: Screen;
  /** All that was written, as it came. */
  output = "";
  exitCode: number | undefined;
  pid = 0;
  readonly #process: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  readonly #modes: string[] = [];
  #waiting: (() => void)[] = [];
  #isOver = false;

  constructor(options: PtyOptions) {
    const { command, columns = 80, rows = 24, env = {} } = options;
    this.screen = new Screen(columns, rows);
    this.#process = new Deno.Command("python3", {
      args: [
        new URL("./open_pty.py", import.meta.url).pathname,
        `${columns}`,
        `${rows}`,
        ...command,
      ],
      env: { TERM: "xterm-256color", NO_COLOR: "", ...env },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#orders = this.#process.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** Types, or pastes without marks: all of it in one go. */
  async write(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text;
    await this.#order({ write: bytes.toBase64() });
  }

  /** No key for a while, which ends what came too fast to be typed. */
  async rest(): Promise<void> {
    const LONGER_THAN_A_BURST = 200;
    await new Promise((resolve) => setTimeout(resolve, LONGER_THAN_A_BURST));
  }

  async resize(columns: number, rows: number): Promise<void> {
    this.screen.resize(columns, rows);
    await this.#order({ resize: [columns, rows] });
  }

  /** The modes of the terminal, as `stty` would tell them. */
  async modes(): Promise<string> {
    const count = this.#modes.length;
    await this.#order({ modes: true });
    await this.until(() => this.#modes.length > count, "modes");
    return this.#modes.at(-1) ?? "";
  }

  /** Waits until something is so. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const LONGEST = 60_000;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() =>
        reject(
          new Error(
            `Never came: ${what}; the screen:\n${
              this.screen.lines().join("\n")
            }`,
          ),
        ), LONGEST);
    });
    try {
      while (!isSo()) {
        if (this.#isOver) throw new Error(`It ended before: ${what}`);
        await Promise.race([
          new Promise<void>((resolve) => this.#waiting.push(resolve)),
          late,
        ]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until a row of the screen is, or holds, some text. */
  async shows(text: string | RegExp): Promise<void> {
    await this.until(
      () =>
        this.screen.lines().some((line) =>
          typeof text === "string" ? line === text : text.test(line)
        ),
      String(text),
    );
  }

  async exited(): Promise<number> {
    await this.until(() => this.exitCode !== undefined, "exit");
    return this.exitCode ?? -1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#orders.close().catch(() => {});
    await this.#reading;
    await this.#process.status;
  }

  async #order(order: unknown): Promise<void> {
    const line = new TextEncoder().encode(`${JSON.stringify(order)}\n`);
    await this.#orders.write(line);
  }

  async #read(): Promise<void> {
    let pending = "";
    const text = this.#process.stdout.pipeThrough(new TextDecoderStream());
    const decoder = new TextDecoder();
    for await (const chunk of text) {
      const lines = (pending + chunk).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) {
        const { out, exit, modes, pid } = JSON.parse(line);
        if (pid !== undefined) this.pid = pid;
        if (exit !== undefined) this.exitCode = exit;
        if (modes !== undefined) this.#modes.push(modes);
        if (out !== undefined) {
          const written = decoder.decode(Uint8Array.fromBase64(out), {
            stream: true,
          });
          this.output += written;
          this.screen.write(written);
        }
      }
      this.#wake();
    }
    this.#isOver = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}
