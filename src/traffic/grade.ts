/**
 * How grave a change is (section 8 of the rules), from its shares and pods.
 *
 * @module
 */

import type { Grade, ShareRow } from "./types.ts";

/** A grade and the sentences that explain it. */
export interface Graded {
  readonly grade: Grade;
  readonly reasons: readonly string[];
}

/**
 * Grades weight changes: severe where a build rises by more than 25 points
 * or to 100, or where its pods get much more to do than the largest's had.
 *
 * @param rows Shares by rule; rules that are new are left out by the caller.
 */
export function gradeShares(rows: readonly ShareRow[]): Graded {
  const reasons: string[] = [];
  const largestOf = largestByRule(rows);
  for (const row of rows) {
    const points = row.after - row.before;
    if (points <= 0) continue;
    const where = `build "${row.build}" in rule "${row.route}"`;
    if (row.after === 100) {
      reasons.push(`${where} rises from ${row.before} % to 100 %`);
    } else if (points > 25) {
      reasons.push(`${where} rises by ${round(points)} points`);
    }
    const largest = largestOf.get(ruleOf(row));
    if (!largest || largest.before === 0) continue;
    if (row.readyPods === null || largest.readyPods === null) continue;
    const had = largest.readyPods / largest.before;
    const gets = row.readyPods / row.after;
    if (row.readyPods > 0 && gets < had / 2) {
      reasons.push(
        `${where} would have ${row.readyPods} ready pods for ${row.after} % of the requests, where build "${largest.build}" had ${largest.readyPods} for ${largest.before} %`,
      );
    }
  }
  const changed = rows.some((row) => row.after !== row.before);
  return {
    grade: reasons.length > 0 ? "severe" : changed ? "mild" : "none",
    reasons: [...new Set(reasons)],
  };
}

/** The gravest of several. */
export function gravest(...grades: readonly Graded[]): Graded {
  const order: readonly Grade[] = ["none", "lowering", "mild", "severe"];
  const grade = grades
    .map((each) => each.grade)
    .sort((a, b) => order.indexOf(b) - order.indexOf(a))[0] ?? "none";
  return { grade, reasons: grades.flatMap((each) => each.reasons) };
}

/** The build with the largest share before, of each rule. */
function largestByRule(
  rows: readonly ShareRow[],
): ReadonlyMap<string, ShareRow> {
  const found = new Map<string, ShareRow>();
  for (const row of rows) {
    const former = found.get(ruleOf(row));
    if (former === undefined || row.before > former.before) {
      found.set(ruleOf(row), row);
    }
  }
  return found;
}

function ruleOf({ virtualService, index }: ShareRow): string {
  return `${virtualService.namespace}/${virtualService.name} ${index}`;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
