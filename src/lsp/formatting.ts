/**
 * The whole document as it should look, as one edit of the lines that differ.
 *
 * @module
 */

import type { TextEdit } from "vscode-languageserver/node";
import { format } from "../language/format.ts";
import type { View } from "./view.ts";

/** Nothing where nothing would change. */
export function formattingOf({ document, lines }: View): readonly TextEdit[] {
  const { text } = document;
  const wanted = format(text);
  if (wanted === text) return [];
  const same = commonStart(text, wanted);
  const end = commonEnd(text.slice(same), wanted.slice(same));
  return [{
    range: lines.rangeOf({ start: same, end: text.length - end }),
    newText: wanted.slice(same, wanted.length - end),
  }];
}

/** Up to the beginning of the first line that differs. */
function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at === 0 ? 0 : a.lastIndexOf("\n", at - 1) + 1;
}

/** From the beginning of a line that both have to the end. */
function commonEnd(a: string, b: string): number {
  let count = 0;
  while (
    count < Math.min(a.length, b.length) &&
    a.at(-1 - count) === b.at(-1 - count)
  ) count++;
  const line = a.indexOf("\n", a.length - count);
  return line < 0 ? 0 : a.length - line - 1;
}
