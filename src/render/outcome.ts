/**
 * What became of a plan, in words.
 *
 * @module
 */

import type { ObjectName, TrafficOutcome } from "../traffic/types.ts";
import { painter } from "./colour.ts";
import { safe } from "./safe.ts";
import { objectText } from "./target.ts";
import { bullet, type RenderOptions } from "./text.ts";

const STATUS: Readonly<Record<TrafficOutcome["status"], string>> = {
  done: "Done",
  unchanged: "Unchanged: everything is already as asked, nothing was written",
  conflict: "Conflict: somebody else changed it",
  unknown: "Unknown: a write may or may not have landed",
  interrupted: "Interrupted",
  failed: "Failed",
};

/** Status, what was written and what was not, and the way back. */
export function renderOutcome(
  outcome: TrafficOutcome,
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  const { status, plan, unknown, wayBack } = outcome;
  const good = status === "done" || status === "unchanged";
  const names = (objects: readonly ObjectName[]) =>
    objects.map((object) => objectText(object, plan.namespace)).join(", ");
  const lines = [
    paint(
      `${STATUS[status]}${
        outcome.changed || !good
          ? ` (operation ${safe(outcome.operation)})`
          : ""
      }`,
      good ? "green" : "red",
    ),
    ...(outcome.written.length === 0
      ? []
      : [`Written: ${names(outcome.written)}`]),
    ...(outcome.notWritten.length === 0
      ? []
      : [`Not written: ${names(outcome.notWritten)}`]),
    ...(unknown === undefined ? [] : [`Not known: ${names([unknown])}`]),
    ...outcome.warnings.flatMap((warning) =>
      bullet(safe(warning), { width: options.width, indent: "" })
    ),
    ...(wayBack === undefined ? [] : [`Way back: ${safe(wayBack)}`]),
  ];
  return lines.join("\n") + "\n";
}
