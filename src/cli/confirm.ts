/**
 * The question before a grave change. Enter, the end of input, a paste and a
 * dead terminal mean no.
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import { safe } from "../render/safe.ts";
import {
  answerFor,
  type Asker,
  isAnswered,
  unanswered,
} from "../traffic/answers.ts";
import type { TrafficPlan } from "../traffic/types.ts";
import { interrupted } from "./interrupts.ts";
import type { Io } from "./io.ts";
import { Answers, type Prompts, type Question } from "./prompts.ts";

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
    /** How they are asked; by a line on the terminal by default. */
    readonly prompts?: Prompts;
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
  const question = { answer, names: plan.confirm };
  const typed = of.prompts === undefined
    ? await ask(lineFor(question), io, of.signal)
    : await of.prompts.confirm(question, of.signal);
  const said = typed?.trim() ?? "";
  if (of.signal.aborted) {
    throw interrupted();
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

function lineFor({ answer, names }: Question): string {
  return answer === "yes" ? "Go on? [y/N] " : `${namesWanted(names)}\n> `;
}

/** `To go on, type its name: …` */
export function namesWanted(names: readonly string[]): string {
  return `To go on, type ${names.length === 1 ? "its name" : "the names"}: ${
    names.map((name) => safe(name)).join(" ")
  }`;
}

const LONGEST = 4096;

/** One line from the terminal; undefined means that nobody answered. */
export async function ask(
  question: string,
  io: Pick<Io, "stdin" | "stderr">,
  signal: AbortSignal,
): Promise<string | undefined> {
  using answers = new Answers(io, signal);
  if (!await answers.settle()) return undefined;
  io.stderr.write(question);
  const line = new AnswerLine((text) => io.stderr.write(text));
  try {
    for (;;) {
      const chunk = await answers.next();
      if (chunk === undefined) return undefined;
      const state = line.take(chunk);
      if (state === "done") return line.text;
      if (state === "refused") return undefined;
    }
  } finally {
    io.stderr.write("\n");
  }
}

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
    // Cursor keys and the like mean nothing here.
    // deno-lint-ignore no-control-regex
    const typed = [...chunk.replace(/\x1b(\[[0-9;?]*[ -/]*[@-~]|O.|.)?/g, "")];
    for (const character of typed) {
      if (character === "\r" || character === "\n") return "done";
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
