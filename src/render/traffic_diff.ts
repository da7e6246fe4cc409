/**
 * `diff` for people: what is compared, and the requests that go elsewhere.
 *
 * @module
 */

import type { TrafficDiff } from "../actions/diff.ts";
import { painter } from "./colour.ts";
import { renderDifferences } from "./differences.ts";
import { safe } from "./safe.ts";
import { bullet, type RenderOptions } from "./text.ts";

/** The whole of it; ends with a line feed. */
export function renderTrafficDiff(
  diff: TrafficDiff,
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  const { width } = options;
  const notes = [
    ...diff.notes,
    ...diff.unread.map((reason) => `Could not be read: ${reason}`),
  ];
  const rows = renderDifferences(diff.differences, { ...options, all: true });
  const sections = [
    [`Before: ${safe(diff.before)}`, `After:  ${safe(diff.after)}`],
    rows.length > 0 ? rows : ["No request goes elsewhere"],
    notes.flatMap((text) => bullet(safe(text), { width, indent: "" }))
      .map((line) => paint(line, "yellow")),
  ];
  return sections.filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n") + "\n").join("\n");
}
