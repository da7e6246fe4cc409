/**
 * What was changed, by whom and when, newest first.
 *
 * @module
 */

import type {
  HistoryRow,
  ObjectHistory,
  TrafficHistory,
} from "../actions/history.ts";
import { type Paint, painter } from "./colour.ts";
import { safe } from "./safe.ts";
import { bullet, columns, percent, type RenderOptions } from "./text.ts";

/** The whole history; ends with a line feed. */
export function renderHistory(
  history: TrafficHistory,
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  if (history.objects.length === 0) return "Nothing has been recorded\n";
  return history.objects.map((object) =>
    [
      `Resource: ${object.kind} ${paint(safe(object.name), "bold")}   ` +
      `Namespace: ${safe(object.namespace)}`,
      ...(object.entries.length === 0
        ? ["  istiops has recorded no change"]
        : object.entries.flatMap((entry) => entryLines(entry, paint))),
      ...problemLines(object, options),
    ].join("\n") + "\n"
  ).join("\n");
}

function entryLines(entry: HistoryRow, paint: Paint): readonly string[] {
  const marks = [
    ...(entry.undone ? ["undone"] : []),
    ...(entry.unfinished
      ? [`stopped half way: ${entry.verb} again finishes it`]
      : []),
    ...(entry.incomplete ? ["cannot be undone: the record is cut"] : []),
  ];
  const rows = entry.shares.filter(({ before, after }) => before !== after)
    .map(({ route, build, before, after }) => [
      `      ${safe(route)}`,
      safe(build),
      percent(before),
      "->",
      percent(after),
    ]);
  return [
    `  ${safe(entry.time)}  ${paint(entry.verb, "bold")} by ${
      safe(entry.user ?? "unknown")
    }${marks.length === 0 ? "" : ` (${marks.join("; ")})`}`,
    `      ${safe(entry.command)}`,
    paint(`      operation ${safe(entry.operation)}`, "dim"),
    ...(entry.reverts.length === 0
      ? []
      : [`      takes back ${entry.reverts.map((id) => safe(id)).join(", ")}`]),
    ...columns(rows, { right: [2, 4] }),
  ];
}

function problemLines(
  { problems }: ObjectHistory,
  { width }: RenderOptions,
): readonly string[] {
  return problems.flatMap((problem) =>
    bullet(safe(problem), { width, mark: "! " })
  );
}
