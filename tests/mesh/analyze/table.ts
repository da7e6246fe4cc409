/**
 * What came of the worlds, as the tables of docs/checks.md.
 *
 * @module
 */

import { tableText } from "../../../scripts/docs_table.ts";
import { CODES } from "../../../src/traffic/lint_codes.ts";
import type { Agreement } from "./compare.ts";
import { DIFFERENCES } from "./differences.ts";

/** The file they are in. */
export const CHECKS = new URL("../../../docs/checks.md", import.meta.url);

/** Between which marks each stands. */
export function tablesOf(
  { counts, reasons }: Agreement,
): Readonly<Record<string, string>> {
  return {
    "istioctl-counts": tableText([
      ["Code", "Told where", "Both", "Only istiops", "Only istioctl"],
      ["---", "---", "---:", "---:", "---:"],
      ...[...counts].map(([code, { both, ours, theirs }]) => [
        code,
        CODES[code]!.title,
        ...[both, ours, theirs].map(String),
      ]),
    ]),
    "istioctl-reasons": tableText([
      ["Code", "Only", "Times", "Why"],
      ["---", "---", "---:", "---"],
      ...DIFFERENCES.flatMap(({ code, by, why }, at) =>
        reasons[at] === 0 ? [] : [[
          code,
          by === "ours" ? "istiops" : "istioctl",
          String(reasons[at]),
          why,
        ]]
      ).toSorted(([a = ""], [b = ""]) => a < b ? -1 : a > b ? 1 : 0),
    ]),
  };
}

/** The rows of a table, cells without the spaces that fill them up. */
export function rowsOf(table: string): readonly string[] {
  return table.split("\n").filter((line) =>
    line.startsWith("|") && !/^\|[\s|:-]+$/.test(line)
  ).map((line) => line.replace(/ *\| */g, "|"));
}
