/**
 * The shell as somebody uses it: the real program in a pseudo-terminal, with a
 * home of its own.
 *
 * @module
 */

import { Pty, whyNoPty } from "../../support/pty.ts";

const MAIN = new URL("../../../main.ts", import.meta.url).pathname;
const why = whyNoPty();

/** A test that needs a pseudo-terminal. */
export function shellTest(name: string, run: () => Promise<void>): void {
  Deno.test({
    name: why === undefined ? name : `${name} (skipped: ${why})`,
    ignore: why !== undefined,
    fn: run,
  });
}

/** The program from its sources, in front of its arguments. */
export const ISTIOPS: readonly string[] = [
  ...[Deno.execPath(), "run", "-A", "--quiet", MAIN],
];

/** A directory that is a whole home, until it is disposed of. */
export class Home implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(
    files: Readonly<Record<string, string>> = {},
  ): Promise<Home> {
    const home = new Home(await Deno.makeTempDir());
    for (const [name, text] of Object.entries(files)) {
      await home.write(name, text);
    }
    return home;
  }

  get env(): Readonly<Record<string, string>> {
    return {
      HOME: this.path,
      XDG_STATE_HOME: `${this.path}/state`,
      XDG_CONFIG_HOME: `${this.path}/config`,
      KUBECONFIG: `${this.path}/kubeconfig`,
      NO_COLOR: "1",
    };
  }

  async write(name: string, text: string): Promise<void> {
    const path = `${this.path}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text, { mode: 0o600 });
  }

  read(name: string): Promise<string> {
    return Deno.readTextFile(`${this.path}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** How a shell is started. */
export interface ShellAtOptions {
  readonly home: Home;
  readonly args?: readonly string[];
  /** What starts it: words before its own. */
  readonly around?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
}

/** A shell, and whoever sits before it. */
export class ShellAt implements AsyncDisposable {
  readonly pty: Pty;

  private constructor(pty: Pty) {
    this.pty = pty;
  }

  /** Starts it; resolves at the first prompt. */
  static async start(options: ShellAtOptions): Promise<ShellAt> {
    const { home, args = [], around = [], env = {}, ...size } = options;
    const shell = new ShellAt(
      new Pty({
        command: [...around, ...ISTIOPS, ...args],
        env: { ...home.env, ...env },
        ...size,
      }),
    );
    await shell.prompt();
    return shell;
  }

  /** What is seen. */
  get text(): string {
    return this.pty.screen.lines().join("\n");
  }

  /** All that was written, without escapes and without blanks at row ends. */
  get said(): string {
    const { screen } = this.pty;
    return [...screen.scrollback(), ...screen.lines()].join("\n");
  }

  /** Waits for an empty line at a prompt. */
  async prompt(): Promise<void> {
    await this.pty.until(
      () => /(^|\n)istiops[^\n]*> $/.test(this.pty.screen.beforeCursor()),
      "a prompt",
    );
  }

  /** Types as fingers do: what follows waits for the echo of what was before. */
  async type(text: string): Promise<void> {
    const { pty } = this;
    for (const part of text.match(/.{1,3}/gsu) ?? []) {
      const written = this.#written() + squeezed(part);
      await pty.write(part);
      await pty.until(
        () => this.#written() === written,
        `the echo of ${JSON.stringify(part)}`,
      );
    }
  }

  /** Presses keys one after the other, each once the last one has shown. */
  async press(...keys: readonly string[]): Promise<void> {
    const { pty } = this;
    await pty.rest();
    for (const key of keys) {
      const before = pty.output.length;
      await pty.write(key);
      await pty.until(
        () => pty.output.length > before,
        `anything after ${JSON.stringify(key)}`,
      );
    }
  }

  /** Takes away what is written. */
  async clear(): Promise<void> {
    await this.pty.write("\x15");
    await this.pty.until(() => this.#written() === "", "an empty line");
  }

  /** Types a line and Enter. */
  async send(line: string): Promise<void> {
    await this.type(line);
    // Faster than fingers it would be a paste.
    await this.pty.rest();
    await this.pty.write("\r");
  }

  /** Types a line and Enter; resolves at the next prompt. */
  async line(line: string): Promise<void> {
    await this.send(line);
    await this.pty.until(() => this.#written() !== squeezed(line), "Enter");
    await this.prompt();
  }

  /** Waits until somewhere on the screen there is some text. */
  async sees(text: string | RegExp): Promise<void> {
    await this.pty.until(
      () =>
        typeof text === "string"
          ? this.text.includes(text)
          : text.test(this.text),
      String(text),
    );
  }

  /**
   * Completes a line as a person does: Tab, and where more names may come and
   * the menu stays open, Tab to it and Right.
   */
  async complete(start: string, whole: string): Promise<void> {
    await this.type(start);
    const word = whole.slice(whole.lastIndexOf(" ") + 1);
    await this.pty.write("\t");
    for (let tried = 0; tried < 300; tried++) {
      await this.pty.rest();
      if (this.text.includes(`> ${whole}`)) return;
      if (this.text.includes(`\n> ${word}`)) await this.pty.write("\x1b[C");
      else if (this.text.includes(`\n  ${word}`)) await this.pty.write("\t");
    }
    await this.sees(`> ${whole}`);
  }

  /** Waits until it is nowhere on the screen. */
  async misses(text: string): Promise<void> {
    await this.pty.until(() => !this.text.includes(text), `no ${text}`);
  }

  /** What stands behind the last prompt, up to the cursor. */
  #written(): string | undefined {
    const { screen } = this.pty;
    return squeezed(
      /(?:^|\n)istiops[^>]*>([^]*)$/.exec(
        screen.beforeCursor().replace(/[^]*\n(?=istiops[^>]*>)/, ""),
      )?.[1] ?? "\n",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pty[Symbol.asyncDispose]();
  }
}

/** Rows are broken where they are full. */
function squeezed(text: string): string {
  return text.replace(/\s+/g, "");
}
