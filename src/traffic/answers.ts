/**
 * Which answer a plan needs before it is carried out (the table of section 8
 * of the rules).
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import type { TrafficPlan } from "./types.ts";

/** Who could answer. */
export type Asker = "terminal" | "shell" | "none";

/** What is needed to go on. */
export type Answer =
  /** Nothing. */
  | "nothing"
  /** y, and not Enter; or `--yes`. */
  | "yes"
  /** The name of every object concerned; or `--confirm NAME`. */
  | "names";

/** The question a plan asks, by who is there to answer. */
export function answerFor(plan: TrafficPlan, asker: Asker): Answer {
  if (plan.grade === "none" || plan.grade === "lowering") return "nothing";
  const isProtected = plan.protected !== undefined;
  const severe = plan.grade === "severe";
  if (asker === "none") {
    return severe && isProtected
      ? "names"
      : severe || isProtected
      ? "yes"
      : "nothing";
  }
  if (severe) return "names";
  if (asker === "shell") return isProtected ? "names" : "yes";
  return isProtected ? "yes" : "nothing";
}

/** Is an answer given beforehand (`--yes`, `--confirm`) enough? */
export function isAnswered(
  plan: TrafficPlan,
  given: { readonly yes?: boolean; readonly confirm?: readonly string[] },
  asker: Asker = "none",
): boolean {
  const confirmed = plan.confirm.length > 0 &&
    plan.confirm.every((name) => given.confirm?.includes(name));
  switch (answerFor(plan, "none")) {
    case "nothing":
      // A shell asks more than a pipeline, which has nobody to ask.
      return answerFor(plan, asker) === "nothing" || asker !== "shell" ||
        given.yes === true || confirmed;
    case "yes":
      return given.yes === true || confirmed;
    case "names":
      return confirmed;
  }
}

/** The refusal of a plan that nobody answered for; the hint says how to. */
export function unanswered(
  plan: TrafficPlan,
  hint: string,
): RefusedError {
  const { grade, reasons, confirm } = plan;
  const why = plan.protected === undefined
    ? reasons
    : [...reasons, plan.protected];
  return new RefusedError(
    "confirmation-needed",
    `Cannot go on unasked: ${why.join("; ") || `the change is ${grade}`}`,
    { hint, details: { grade, reasons: why, confirm } },
  );
}
