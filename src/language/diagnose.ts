/**
 * What is wrong with a line, and where: values, not throws, so that a shell
 * can show them before Enter and a language server as one types.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";

/** A part of a line: offsets in UTF-16 units, the end not included. */
export interface Span {
  /** The first unit. */
  readonly start: number;
  /** Behind the last unit. */
  readonly end: number;
}

/** One finding about a line. */
export interface Diagnostic {
  /** What kind of mistake; stays the same from version to version. */
  readonly code: ErrorCode;
  /** An error means that there is nothing to run. */
  readonly severity: "error" | "warning";
  /** Where. */
  readonly span: Span;
  /** One clause, no final period. */
  readonly message: string;
  /** The next thing to try. */
  readonly hint?: string;
  /** The right text for the span, where one is near enough. */
  readonly replacement?: string;
  /** Options that would mend it, each at the line's end. */
  readonly additions?: readonly string[];
}

/** A text of any length, short enough for a message. */
export function excerpt(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79).toWellFormed()}…`;
}

/** The same between quotes. */
export function quoted(text: string): string {
  return `"${excerpt(text)}"`;
}

/** The word that was probably meant: a prefix, or few slips away. */
export function nearest(
  word: string,
  words: readonly string[],
): string | undefined {
  const typed = word.toLowerCase();
  const known = [...new Set(words)];
  if (typed.length >= 2) {
    const longer = known.filter((each) => each.toLowerCase().startsWith(typed));
    if (longer.length === 1) return longer[0];
  }
  const limit = Math.max(1, Math.floor(Math.max(typed.length, 3) / 3));
  const [best] = known
    .map((each) => ({ each, slips: slips(typed, each.toLowerCase(), limit) }))
    .filter((candidate) => candidate.slips <= limit)
    .sort((a, b) => a.slips - b.slips);
  return best?.each;
}

/** Insertions, deletions, replacements and swaps; above the limit: more. */
function slips(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit || a.length > 64) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? limit + 1;
}
