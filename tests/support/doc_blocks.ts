/**
 * The command blocks of a page of the docs, and a run of them as a reader
 * would make it: one after the other, in a home that is empty but for the
 * examples of the repository, with the real program.
 *
 * - `sh`: every line has to end well.
 * - `console`: lines after `$ ` are commands, the others what they print. `…`
 *   stands for what is left out: alone on a line for any lines, within one for
 *   any text. What differs from run to run (ids, times) may be anything.
 *   `istiops … >` is the prompt of the shell, typed at in a pseudo-terminal.
 * - A comment in front says what is special: `<!-- another terminal -->` goes
 *   on while the others run, `<!-- not run: WHY -->` is for readers alone.
 *
 * @module
 */

import { DENO_DIR } from "./deno_dir.ts";
import { Pty } from "./pty.ts";

/** One block that holds commands. */
export interface Block {
  readonly kind: "sh" | "console";
  /** Of its first line, from 1. */
  readonly line: number;
  readonly text: string;
  /** What the comment in front of it says. */
  readonly note: string | undefined;
}

/** The command blocks of a text, in order. */
export function blocksOf(markdown: string): readonly Block[] {
  const fence =
    /(?:<!-- (?<note>[^>]*?) -->\n+)?^```(?<kind>sh|console)\n(?<text>[\s\S]*?)^```$/gm;
  return [...markdown.matchAll(fence)].map((match): Block => {
    const { note, kind, text = "" } = match.groups ?? {};
    const start = match.index + match[0].lastIndexOf(`\n${text}`) + 1;
    return {
      kind: kind as Block["kind"],
      line: markdown.slice(0, start).split("\n").length,
      text,
      note,
    };
  });
}

/** A command and what the page says that it prints. */
interface Step {
  readonly line: number;
  readonly command: string;
  readonly prints?: string;
  readonly background: boolean;
}

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

const EXAMPLES = new URL("../../examples", import.meta.url).pathname;

/** A reader's machine: a home with the examples in it, and istiops on the path. */
export class Reader implements AsyncDisposable {
  readonly home: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(home: string) {
    this.home = home;
    this.#env = {
      HOME: home,
      PATH: `${home}/.bin:${Deno.env.get("PATH") ?? ""}`,
      DENO_DIR,
      NO_COLOR: "1",
      LC_ALL: "C.UTF-8",
    };
  }

  static async make(): Promise<Reader> {
    const home = await Deno.makeTempDir();
    await Deno.mkdir(`${home}/.bin`);
    await Deno.symlink(EXAMPLES, `${home}/examples`);
    await Deno.writeTextFile(
      `${home}/.bin/istiops`,
      `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${MAIN}' "$@"\n`,
      { mode: 0o755 },
    );
    return new Reader(home);
  }

  /**
   * Runs blocks in one go of the same shell.
   *
   * @returns What did not come as the page has it; a text for each.
   */
  async run(blocks: readonly Block[]): Promise<readonly string[]> {
    const steps = blocks.flatMap(stepsOf);
    const { stdout } = await new Deno.Command("bash", {
      args: ["-c", scriptOf(steps)],
      cwd: this.home,
      clearEnv: true,
      env: this.#env,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    const results = resultsIn(new TextDecoder().decode(stdout));
    return steps.flatMap((step, index) => {
      // Whoever asks for the status wants to see it.
      const isAsked = steps[index + 1]?.command.trim() === "echo $?";
      const wrong = whatIsWrong(step, { result: results.get(index), isAsked });
      return wrong === undefined
        ? []
        : [`line ${step.line}: ${step.command.trim()}\n${wrong}`];
    });
  }

  /** Types what stands behind the prompts, and gives all that was shown. */
  async type(block: Block): Promise<string> {
    const [start = "", ...lines] = block.text.trimEnd().split("\n");
    const [, ...args] = start.replace(/^\$ /, "").split(" ");
    await using pty = new Pty({
      command: [`${this.home}/.bin/istiops`, ...args],
      columns: 100,
      rows: 50,
      env: { ...this.#env, TERM: "dumb", KUBECONFIG: "", XDG_STATE_HOME: "" },
    });
    const ready = /(^|\n)(istiops [^\n]*> |[^\n]*\[y\/N\] )$/;
    const shown = () => pty.output.replaceAll("\r", "");
    await pty.until(() => ready.test(shown()), "the prompt");
    for (const line of lines) {
      const typed = /^(?:istiops [^>]*> |.*\[y\/N\] )(.*)$/.exec(line)?.[1];
      if (typed === undefined) continue;
      // At a person's pace: what comes at once is a paste.
      await pty.rest();
      await pty.write(typed);
      await pty.until(() => shown().endsWith(typed), `${typed} to be shown`);
      await pty.rest();
      const before = pty.output.length;
      await pty.write("\r");
      if (typed === "exit") await pty.exited();
      else {
        await pty.until(
          () => pty.output.length > before + 2 && ready.test(shown()),
          `the prompt after ${typed}`,
        );
      }
    }
    return shown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.home, { recursive: true });
  }
}

/** A session at the prompt of the shell. */
export function isSession({ kind, text }: Block): boolean {
  return kind === "console" && /^istiops [^>\n]*> /m.test(text);
}

/** Does the text say what was printed? */
export function isAsPrinted(said: string, printed: string): boolean {
  return patternOf(said).test(steady(printed));
}

function stepsOf(block: Block): readonly Step[] {
  const background = block.note === "another terminal";
  if (block.kind === "sh") {
    return [{ line: block.line, command: block.text, background }];
  }
  const steps: { line: number; command: string; prints: string }[] = [];
  for (const [index, line] of block.text.trimEnd().split("\n").entries()) {
    const last = steps.at(-1);
    if (line.startsWith("$ ")) {
      const command = `${line.slice(2)}\n`;
      steps.push({ line: block.line + index, command, prints: "" });
    } else if (line.startsWith("> ") && last?.prints === "") {
      last.command += `${line.slice(2)}\n`;
    } else if (last !== undefined) {
      last.prints += `${line}\n`;
    }
  }
  return steps.map((step) => ({ ...step, background }));
}

const MARK = "--8<--";

function scriptOf(steps: readonly Step[]): string {
  const parts = steps.map(({ command, background, prints }, index) => {
    const end = `code=$?; printf '\\n${MARK} %s %s\\n' ${index} $code`;
    if (background) {
      // Until it has said something.
      return [
        `( ${command.trim()} ) >.log 2>&1 & others="$others $!"`,
        "while ! [ -s .log ]; do sleep 0.1; done; sleep 0.5; cat .log",
        end,
      ].join("\n");
    }
    return prints === undefined
      ? `at=${index}; set -e\n${command}set +e\n${end}`
      : `${command}${end}; (exit $code)`;
  });
  // A block of lines ends at the first one that fails.
  const last =
    `code=$?; [ $code = 0 ] || printf '\\n${MARK} %s %s\\n' $at $code; kill $others`;
  return [
    "exec 2>&1",
    `trap "${last.replaceAll("$", "\\$")}" EXIT`,
    ...parts,
    "",
  ]
    .join("\n");
}

interface Result {
  readonly code: number;
  readonly output: string;
}

function resultsIn(text: string): ReadonlyMap<number, Result> {
  const results = new Map<number, Result>();
  const parts = text.split(new RegExp(`\\n${MARK} (\\d+) (\\d+)\\n`));
  for (let at = 0; at + 2 < parts.length; at += 3) {
    const [output = "", index, code] = parts.slice(at, at + 3);
    results.set(Number(index), { output, code: Number(code) });
  }
  return results;
}

function whatIsWrong(
  { prints }: Step,
  of: { readonly result: Result | undefined; readonly isAsked: boolean },
): string | undefined {
  if (of.result === undefined) return "it was not reached, or never ended";
  const { code, output } = of.result;
  if (prints === undefined || prints === "") {
    return code === 0 || of.isAsked
      ? undefined
      : `ended with ${code}:\n${output}`;
  }
  return isAsPrinted(prints, output)
    ? undefined
    : `prints (status ${code}):\n${output}`;
}

/** Ids and times made equal, and the ends of lines bare. */
function steady(text: string): string {
  return text.replaceAll(/\b\d{14}-[0-9a-f]{8}\b/g, "ID")
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/[ \r]+$/gm, "").trim();
}

function patternOf(said: string): RegExp {
  const lines = steady(said).split("\n").map((line) =>
    line.trim() === "…"
      ? "(?:.*\\n)*?"
      : `${line.split("…").map((part) => RegExp.escape(part)).join(".*")}\\n`
  );
  const last = lines.pop() ?? "";
  return new RegExp(
    `^${lines.join("")}${last.replace(/\\n$/, "")}${
      last === "(?:.*\\n)*?" ? "[^]*" : ""
    }$`,
  );
}
