/**
 * Shares before and after, as a table.
 *
 * @module
 */

import type { ShareRow } from "../traffic/types.ts";
import type { Paint } from "./colour.ts";
import { safe } from "./safe.ts";
import { columns, percent } from "./text.ts";

/**
 * A row for each build of each rule: its share, its ready pods, and the share
 * that each of them carries, before and after (5.8).
 */
export function renderShares(
  rows: readonly ShareRow[],
  paint: Paint,
): readonly string[] {
  if (rows.length === 0) return [];
  const [head = "", ...lines] = columns(
    [
      ["Rule", "Build", "Share", "", "", "Ready pods", "Per ready pod", "", ""],
      ...rows.map((row, index) => cellsOf(row, rows[index - 1])),
    ],
    { right: [2, 4, 5, 6, 8] },
  );
  return [
    paint(head, "bold"),
    ...lines.map((line, index) => {
      const { before, after } = rows[index]!;
      return after > before
        ? paint(line, "green")
        : after < before
        ? paint(line, "yellow")
        : line;
    }),
  ];
}

function cellsOf(
  row: ShareRow,
  above: ShareRow | undefined,
): readonly string[] {
  const rule = ruleOf(row);
  return [
    above !== undefined && ruleOf(above) === rule ? "" : rule,
    safe(row.build),
    percent(row.before),
    "->",
    percent(row.after),
    row.readyPods === null ? "unknown" : String(row.readyPods),
    perPod(row.before, row.readyPods),
    "->",
    perPod(row.after, row.readyPods),
  ];
}

function ruleOf({ virtualService, index, route }: ShareRow): string {
  const where = `${safe(virtualService.name)} `;
  return `${where}${index === undefined ? "new" : `#${index}`} ${safe(route)}`;
}

function perPod(share: number, pods: number | null): string {
  if (pods === null) return "?";
  if (share === 0) return "0 %";
  return pods === 0 ? "no pod" : percent(Number((share / pods).toFixed(2)));
}
