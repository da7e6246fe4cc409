/**
 * A line of a script, carried out from the editor: as a dry run, as `show` of
 * what it is about, or in earnest, each time after a question about the very
 * plan that is carried out.
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import { optionsOf } from "../language/commands.ts";
import type { Statement } from "../language/document.ts";
import { givenOf, withOption, wordsOf } from "../language/given.ts";
import { parseCommandLine, type Parsed } from "../language/parse.ts";
import { answerFor, unanswered } from "../traffic/answers.ts";
import type { TrafficPlan } from "../traffic/types.ts";
import { type CommandName, COMMANDS, type CommandTarget } from "./routes.ts";
import type { Settings } from "./settings.ts";

/** What a line said, and how it ended. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Carries out a line; a change goes on only if `confirm` does not throw. */
export type RunLine = (
  line: Parsed,
  options: {
    readonly confirm: (plan: TrafficPlan) => Promise<void>;
    readonly signal: AbortSignal;
  },
) => Promise<Ran>;

/** Is it one of ours? */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** Reads the one argument of a command. */
export function targetOf(given: unknown): CommandTarget | undefined {
  if (!Array.isArray(given) || given.length !== 1) return undefined;
  const [target] = given;
  if (typeof target !== "object" || target === null) return undefined;
  const { uri, start, text } = target as Record<string, unknown>;
  return typeof uri === "string" && typeof start === "number" &&
      typeof text === "string"
    ? { uri, start, text }
    : undefined;
}

/** The line to carry out; undefined where an editor is not the place for it. */
export function lineFor(
  name: CommandName,
  { whole }: Statement,
  settings: Settings,
): Parsed | undefined {
  if (name === "istiops.showRoute") return guarded(showing(whole), settings);
  if (whole.command?.changes !== true) return undefined;
  // It would write a file, which nobody was asked about.
  const isFile = givenOf(whole, "plan-out") !== undefined;
  if (name === "istiops.run") {
    return isFile ? undefined : guarded(whole, settings);
  }
  const line = without(whole, ["plan-out", "exit-code"]);
  return guarded(
    givenOf(line, "dry-run") ? line : withOption(line, "dry-run"),
    settings,
  );
}

/** What `show` has in common with lines that change something. */
const SELECTION = [
  ...["label-selector", "destination", "namespace"],
  ...["kubeconfig", "context", "sandbox", "timeout"],
  "insecure-skip-tls-verify",
];

function showing(whole: Parsed): Parsed {
  const show = parseCommandLine("show", { way: "script" });
  const known = optionsOf(show.command as NonNullable<Parsed["command"]>)
    .map(({ long }) => long);
  const kept = whole.options.filter(({ option }) =>
    SELECTION.includes(option.long) && known.includes(option.long)
  );
  const names = whole.command?.path[0] === "apply" ? [] : whole.positionals;
  return parseCommandLine(
    wordsOf({ path: show.path, positionals: names, options: kept }).join(" "),
    { way: "script" },
  );
}

/** Programs run as the user's settings say, whatever a script says. */
function guarded(line: Parsed, settings: Settings): Parsed {
  const plain = without(line, ["exec-policy", "output", "debug", "no-color"]);
  const isAimed = givenOf(plain, "sandbox") ?? givenOf(plain, "kubeconfig");
  const aimed = settings.kubeconfig === undefined || isAimed
    ? plain
    : withOption(plain, "kubeconfig", settings.kubeconfig);
  return givenOf(aimed, "sandbox")
    ? aimed
    : withOption(aimed, "exec-policy", settings.execPolicy);
}

function without(line: Parsed, names: readonly string[]): Parsed {
  return {
    ...line,
    options: line.options.filter(({ option }) => !names.includes(option.long)),
  };
}

/**
 * Asks about a plan, if it writes anything.
 *
 * @throws {RefusedError} `confirmation-needed` where a yes is not enough,
 * `declined` where the answer is no.
 */
export async function confirmInEditor(
  plan: TrafficPlan,
  ask: (question: string) => Promise<boolean>,
): Promise<void> {
  if (!plan.changed) return;
  if (answerFor(plan, "shell") === "names") {
    throw unanswered(
      plan,
      "A name has to be typed: carry the line out in a terminal",
    );
  }
  const { context, server } = plan.target;
  const where = `${context ?? server}, namespace ${plan.namespace}`;
  const question = [
    `Change traffic in ${where}?`,
    ...plan.summary,
    ...plan.reasons,
  ].join("\n");
  if (await ask(question)) return;
  throw new RefusedError("declined", "Cannot go on: the answer is no", {
    hint: "Nothing was written",
  });
}
