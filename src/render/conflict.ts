/**
 * What stands against a change, as a diff: what was read, what is there now.
 *
 * @module
 */

import type { EditConflict } from "../traffic/edits.ts";
import { painter } from "./colour.ts";
import { diffLines } from "./diff.ts";
import { safe } from "./safe.ts";
import type { RenderOptions } from "./text.ts";

/** Every conflict, each version against the next. */
export function renderConflicts(
  conflicts: readonly EditConflict[],
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  return conflicts.flatMap((conflict) => {
    const { list, index, reason, expected, found, wanted } = conflict;
    const place = list.slice(1).replaceAll("/", ".");
    const versions = (
      title: string,
      pair: Pick<EditConflict, "expected" | "found">,
    ) => [
      paint(title, "bold"),
      ...diffLines(pair.expected, pair.found, paint),
    ];
    return [
      paint(
        `@@ ${place}${index === undefined ? "" : `[${index}]`} ${
          safe(reason)
        } @@`,
        "cyan",
      ),
      ...(expected === undefined ? [] : versions(
        found === undefined ? "As read; it is gone now:" : "Read, and now:",
        { expected, ...(found === undefined ? {} : { found }) },
      )),
      ...(wanted === undefined ? [] : versions("Now, and wanted:", {
        found: wanted,
        ...(found === undefined ? {} : { expected: found }),
      })),
    ];
  }).map((line) => `${line}\n`).join("");
}
