/**
 * The question before a grave change. Enter, the end of input, a paste and a
 * dead terminal mean no.
 *
 * @module
 */

import { InterruptedError, RefusedError } from "../errors.ts";
import { safe } from "../render/safe.ts";
import {
  answerFor,
  type Asker,
  isAnswered,
  unanswered,
} from "../traffic/answers.ts";
import type { TrafficPlan } from "../traffic/types.ts";
import type { Io } from "./io.ts";

/** What the command line has said beforehand. */
export interface Given {
  readonly yes: boolean;
  readonly confirm: readonly string[];
}

/**
 * Goes on only if somebody has answered, before or now.
 *
 * @throws {RefusedError} `confirmation-needed` where nobody can be asked,
 * `declined` where the answer is no.
 */
export async function confirmPlan(
  plan: TrafficPlan,
  io: Io,
  of: {
    readonly given: Given;
    readonly signal: AbortSignal;
    /** Who is there; told by the streams where nobody says. */
    readonly asker?: Asker;
  },
): Promise<void> {
  const isTerminal = io.stdin.isTerminal && io.stderr.isTerminal;
  const { asker = isTerminal ? "terminal" : "none" } = of;
  if (isAnswered(plan, of.given, asker)) return;
  const canAsk = asker !== "none";
  const answer = answerFor(plan, asker);
  if (answer === "nothing") return;
  if (!canAsk) {
    const flags = answer === "yes"
      ? "--yes"
      : plan.confirm.map((name) => `--confirm ${safe(name)}`).join(" ");
    throw unanswered(plan, `Look at it with --dry-run, then add ${flags}`);
  }
  const names = plan.confirm.map((name) => safe(name));
  const question = answer === "yes"
    ? "Go on? [y/N] "
    : `To go on, type ${names.length === 1 ? "its name" : "the names"}: ${
      names.join(" ")
    }\n> `;
  const said = (await ask(question, io, of.signal))?.trim() ?? "";
  if (of.signal.aborted) {
    throw new InterruptedError("interrupted", "Cannot go on: interrupted", {
      hint: "Nothing was written",
    });
  }
  const agrees = answer === "yes"
    ? /^y(es)?$/i.test(said)
    : plan.confirm.every((name) => said.split(/\s+/).includes(name));
  if (!agrees) {
    throw new RefusedError(
      "declined",
      "Cannot go on: the answer is no",
      { hint: "Nothing was written" },
    );
  }
}

/** Milliseconds of silence after which nothing typed ahead is left. */
const SILENCE = 30;
const LONGEST = 4096;

/** One line from the terminal; undefined means that nobody answered. */
export async function ask(
  question: string,
  io: Pick<Io, "stdin" | "stderr">,
  signal: AbortSignal,
): Promise<string | undefined> {
  using keys = io.stdin.keys();
  let next = keys.next();
  // What was typed or pasted before the question was there is no answer.
  for (;;) {
    const early = await Promise.race([next, silence()]);
    if (early === SILENT) break;
    if (early === undefined) return undefined;
    next = keys.next();
  }
  io.stderr.write(question);
  const line = new AnswerLine((text) => io.stderr.write(text));
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  try {
    for (;;) {
      const chunk = await Promise.race([next, stopped]);
      if (chunk === undefined) return undefined;
      const state = line.take(chunk);
      if (state === "done") return line.text;
      if (state === "refused") return undefined;
      next = keys.next();
    }
  } finally {
    io.stderr.write("\n");
  }
}

const SILENT = Symbol("silent");

function silence(): Promise<typeof SILENT> {
  return new Promise((resolve) => setTimeout(resolve, SILENCE, SILENT));
}

const PASTE = "\x1b[200~";

/** The line as it is typed: echo, backspace, Ctrl-U, Ctrl-D. */
class AnswerLine {
  readonly #echo: (text: string) => void;
  #characters: string[] = [];

  constructor(echo: (text: string) => void) {
    this.#echo = echo;
  }

  get text(): string {
    return this.#characters.join("");
  }

  take(chunk: string): "open" | "done" | "refused" {
    if (chunk.includes(PASTE)) return "refused";
    // Cursor keys and the like mean nothing here.
    // deno-lint-ignore no-control-regex
    const typed = [...chunk.replace(/\x1b(\[[0-9;?]*[ -/]*[@-~]|O.|.)?/g, "")];
    for (const [index, character] of typed.entries()) {
      if (character === "\r" || character === "\n") {
        // More behind Enter came in one go: nobody types that fast.
        return index === typed.length - 1 ? "done" : "refused";
      }
      if (character === "\x04") return "refused";
      this.#edit(character);
      if (this.#characters.length > LONGEST) return "refused";
    }
    return "open";
  }

  #edit(character: string): void {
    if (character === "\x7f" || character === "\b") {
      if (this.#characters.pop() !== undefined) this.#echo("\b \b");
    } else if (character === "\x15") {
      this.#echo("\b \b".repeat(this.#characters.length));
      this.#characters = [];
    } else if (character >= " ") {
      this.#characters.push(character);
      this.#echo(safe(character));
    }
  }
}
