/**
 * What is wrong in files, as compilers say it: an editor jumps there.
 *
 * @module
 */

import type { ManifestProblem } from "../cluster/manifest_problems.ts";
import { painter } from "./colour.ts";
import { safe } from "./safe.ts";
import { bullet, count, type RenderOptions } from "./text.ts";

/** Nobody reads more. */
const MOST = 20;

/** `FILE:LINE:COL: error: …`, the next thing to try below; ends with a line feed. */
export function renderProblems(
  problems: readonly ManifestProblem[],
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  const lines = problems.slice(0, MOST).flatMap((problem) => {
    const { file, line, column, severity, message, code, hint } = problem;
    const place = paint(safe(`${file}:${line}:${column}:`), "bold");
    const how = paint(
      `${severity}:`,
      severity === "error" ? "red" : "yellow",
      "bold",
    );
    return [
      `${place} ${how} ${safe(message)} [${code}]`,
      ...(hint === undefined ? [] : bullet(safe(hint), {
        width: options.width,
        indent: "  ",
        mark: "next: ",
      })),
    ];
  });
  const more = problems.length - MOST;
  if (more > 0) lines.push(`… and ${count(more, "more problem")}`);
  return lines.join("\n") + "\n";
}
