/**
 * The walk through a script: one line at a time, each as a command of its
 * own, with nobody to ask.
 *
 * @module
 */

import { Connections } from "../cluster/connections.ts";
import { TrafficError } from "../errors.ts";
import type { Span } from "../language/diagnose.ts";
import { placeIn, type Statement } from "../language/document.ts";
import { givenOf, withOption } from "../language/given.ts";
import { redactCommand } from "../language/redact.ts";
import type { Script } from "../language/script.ts";
import { painter } from "../render/colour.ts";
import { safe } from "../render/safe.ts";
import {
  howFar,
  type ScriptLine,
  type ScriptRun,
  statusWords,
} from "../render/script.ts";
import { bullet } from "../render/text.ts";
import type { TrafficPlan } from "../traffic/types.ts";
import { EXIT } from "./exit.ts";
import { reportFailure } from "./failure.ts";
import { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";
import { renderOptionsFor, Talk } from "./output.ts";
import type { LinesContext, RunLine } from "./run_line.ts";
import type { ScriptFlags } from "./script_flags.ts";
import {
  doneBefore,
  keyOfRun,
  targetsOf,
  wordsDigest,
} from "./script_resume.ts";
import { begunBy, ScriptState } from "./script_state.ts";
import { markedLine, placeWords } from "./usage.ts";

type Flags = ScriptFlags & { readonly name: string };
type Result = Pick<ScriptLine, "status" | "exitCode" | "operation">;

/** A script stopped at a line. */
const STOPPED = 3;

/** Which status says more of what has to be looked at, gravest first. */
const GRAVEST = [7, 6, 1, 5, 4, 2];

/** Runs a script in which nothing is wrong; gives the status to end with. */
export async function runSteps(
  script: Script,
  flags: Flags,
  { io, talk, runLine }: LinesContext,
): Promise<number> {
  return await new Walk(script, flags, io, talk, runLine).run();
}

class Walk {
  readonly #steps: readonly Statement[];
  readonly #results: Result[];
  /** Lines go on with the credentials and connections of those before. */
  readonly #kept = new Connections();
  #state: ScriptState | undefined;
  /** Why there is no state to go on from, if that is so. */
  #stateless: string | undefined;

  constructor(
    readonly script: Script,
    readonly flags: Flags,
    readonly io: Io,
    readonly talk: Talk,
    readonly runLine: RunLine,
  ) {
    this.#steps = script.steps;
    this.#results = script.steps.map(() => ({ status: "not-begun" }));
  }

  async run(): Promise<number> {
    await using _kept = this.#kept;
    using interrupts = new Interrupts(this.io);
    const { keepGoing, dryRun } = this.flags;
    const key = await this.#prepare();
    if (typeof key === "number") return key;
    using _state = await this.#openState(key);
    await this.#goOn();
    if (dryRun) this.#tellDryRun();
    for (const [at, step] of this.#steps.entries()) {
      if (this.#results[at]?.status === "done-before") continue;
      const status = interrupts.signal.aborted
        ? EXIT.interrupted
        : await this.#step(at, step);
      const isDone = status === EXIT.done || status === EXIT.wouldChange;
      if (isDone && !interrupts.signal.aborted) continue;
      if (isDone && at + 1 === this.#steps.length) break;
      const isEnd = isDone || status === EXIT.interrupted;
      if (keepGoing && !isEnd) {
        this.#tellStop(at, status, "failed");
        continue;
      }
      const stopped = isDone ? at + 1 : at;
      this.#tellStop(stopped, isEnd ? EXIT.interrupted : status, "stopped");
      return await this.#end(isEnd ? EXIT.interrupted : STOPPED);
    }
    return await this.#end();
  }

  /** What can be seen before the first line runs: where each would go. */
  async #prepare(): Promise<string | number> {
    const targets = await targetsOf(this.#steps, this.io, this.#kept);
    if (!("error" in targets)) {
      const { session } = this.script.document.before;
      return keyOfRun(this.flags, { ...targets, session });
    }
    const status = await reportFailure(targets.error, this.io, {
      ...this.talk.options,
      isOneOfMany: true,
    });
    this.#results[targets.at] = { status: "failed", exitCode: status };
    this.#tellStop(targets.at, status, "stopped");
    return await this.#end(STOPPED);
  }

  async #openState(key: string): Promise<Disposable> {
    const { dryRun, resume } = this.flags;
    const isKept = !dryRun &&
      this.#steps.some(({ parsed }) => parsed.command?.changes);
    if (!isKept && !resume) return { [Symbol.dispose]() {} };
    const opened = await ScriptState.open(this.io, key);
    if (typeof opened !== "string") {
      this.#state = opened;
      return opened;
    }
    if (resume) {
      throw new TrafficError(
        "file",
        `Cannot resume "${this.flags.name}": ${opened}`,
      );
    }
    this.#stateless = opened;
    return { [Symbol.dispose]() {} };
  }

  /** Finds where to begin. */
  async #goOn(): Promise<void> {
    const { resume, dryRun, keepGoing, name } = this.flags;
    const state = this.#state;
    if (!state) return;
    if (!resume) {
      if (keepGoing) {
        // What is done out of order is nothing to go on from.
        await state.remove();
        this.#state = undefined;
        this.#stateless = "it went on after errors";
      } else await this.#keep(() => state.begin());
      return;
    }
    const journal = await state.read();
    const done = await doneBefore(journal, {
      steps: this.#steps,
      io: this.io,
      kept: this.#kept,
      place: (step) => this.#place(step),
      name,
    });
    for (const at of done.keys()) {
      this.#results[at] = { status: "done-before" };
    }
    if (dryRun) this.#state = undefined;
    for (const at of done.filter((at) => journal?.get(at)?.isDone !== true)) {
      await this.#note(at, { isDone: true });
    }
    this.talk.say(
      `${name}: ${done.length} of ${this.#steps.length} commands were carried out before, and stand\n`,
    );
  }

  async #step(at: number, step: Statement): Promise<number> {
    if (this.flags.show) {
      const command = redactCommand(step.whole);
      this.io.stderr.write(`${this.#place(step)}: ${safe(command)}\n`);
    }
    const isDry = this.flags.dryRun && step.parsed.command?.changes === true &&
      !givenOf(step.whole, "dry-run");
    let operation: string | undefined;
    const status = await this.runLine(
      isDry ? withOption(step.whole, "dry-run") : step.whole,
      this.io,
      {
        asker: "none",
        isOneOfMany: true,
        kept: this.#kept,
        onPlan: async (plan) => {
          if (!plan.changed) return;
          operation = plan.operation;
          await this.#begin(at, plan);
        },
      },
    );
    const isDone = status === EXIT.done || status === EXIT.wouldChange;
    if (isDone) await this.#note(at, { isDone: true });
    this.#results[at] = {
      status: isDone ? "done" : "failed",
      exitCode: status,
      ...(operation === undefined ? {} : { operation }),
    };
    return status;
  }

  /** Where it cannot be written down, nobody must go on from what is there. */
  async #begin(at: number, plan: TrafficPlan): Promise<void> {
    const state = this.#state;
    try {
      await this.#add(at, { isDone: false, ...begunBy(plan) });
    } catch (error) {
      await state?.remove();
      this.#lose(error);
    }
  }

  /** A line that is done and not written down is found by its operation. */
  async #note(at: number, entry: { readonly isDone: boolean }): Promise<void> {
    await this.#keep(() => this.#add(at, entry));
  }

  async #add(
    at: number,
    entry: Omit<Parameters<ScriptState["add"]>[0], "step" | "words">,
  ): Promise<void> {
    const step = this.#steps[at];
    if (!this.#state || !step) return;
    const words = await wordsDigest(step);
    await this.#state.add({ step: at, words, ...entry });
  }

  async #keep(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#lose(error);
    }
  }

  #lose(error: unknown): void {
    this.#state = undefined;
    this.#stateless = error instanceof Error ? error.message : String(error);
    this.talk.say(
      `warning: this run cannot be resumed: ${safe(this.#stateless)}\n`,
    );
  }

  #tellDryRun(): void {
    const changing = this.#steps.filter(({ parsed }) =>
      parsed.command?.changes
    );
    if (changing.length < 2) return;
    this.talk.say(
      "Dry run: each line is planned on the cluster as it is now, as if no line above had changed it\n",
    );
  }

  #tellStop(at: number, status: number, word: "stopped" | "failed"): void {
    if (this.talk.options.output !== "pretty") return;
    const step = this.#steps[at];
    const options = renderOptionsFor(
      this.io.stderr,
      this.io,
      this.talk.options.color,
    );
    const paint = painter(options.color);
    const { text } = this.script.document;
    const span: Span = step?.span ?? { start: text.length, end: text.length };
    const hint = word === "stopped" ? this.#next(status) : undefined;
    const lines = [
      `${this.#place(step)}: ${paint(`${word}:`, "red", "bold")} ${
        statusWords(status)
      }`,
      ...markedLine(text, { span, severity: "error" }, options)
        .map((line) => `  ${line}`),
      ...word === "stopped" ? [howFar(this.#document(status).lines)] : [],
      ...hint === undefined ? [] : bullet(hint, {
        width: options.width,
        indent: "",
        mark: "next: ",
      }),
    ];
    this.io.stderr.write(`${lines.join("\n")}\n`);
  }

  #next(status: number): string | undefined {
    const { dryRun } = this.flags;
    if (dryRun) return "With --keep-going, the lines below are planned, too";
    if (!this.#results.some(({ status }) => status.startsWith("done"))) {
      return undefined;
    }
    if (this.#state) {
      return status === EXIT.interrupted
        ? "Give --resume to go on here"
        : "Mend it, then give --resume to go on here";
    }
    return this.#stateless === undefined
      ? undefined
      : `Run what is left by hand: no state was kept, since ${
        safe(this.#stateless)
      }`;
  }

  async #end(stopped?: number): Promise<number> {
    const { keepGoing, dryRun } = this.flags;
    const statuses = this.#results.flatMap(({ exitCode = 0 }) => exitCode);
    const worst = GRAVEST.find((status) => statuses.includes(status)) ??
      (statuses.includes(EXIT.wouldChange) ? EXIT.wouldChange : EXIT.done);
    const status = stopped ?? worst;
    if (stopped === undefined && !dryRun) await this.#state?.remove();
    const { output } = this.talk.options;
    const document = this.#document(status);
    if (output !== "pretty") {
      const talk = new Talk(this.io, this.talk.options, true);
      await talk.result({ document, pretty: () => "" });
    } else if (keepGoing && document.status === "failed") {
      this.io.stderr.write(`${this.flags.name}: ${howFar(document.lines)}\n`);
    }
    return status;
  }

  #document(exitCode: number): ScriptRun {
    const { name, dryRun } = this.flags;
    const failed = this.#results.some(({ status }) => status === "failed");
    return {
      apiVersion: "istiops/v1",
      kind: "ScriptRun",
      file: name,
      dryRun,
      status: exitCode === EXIT.interrupted
        ? "interrupted"
        : exitCode === STOPPED
        ? "stopped"
        : failed
        ? "failed"
        : "done",
      exitCode,
      lines: this.#steps.map((step, at) => ({
        ...placeIn(this.script.document.text, step.span.start),
        command: redactCommand(step.whole),
        ...this.#results[at] as Result,
      })),
    };
  }

  #place(step: Statement | undefined): string {
    const { text } = this.script.document;
    return placeWords(this.flags.name, text, step?.span.start ?? text.length);
  }
}
