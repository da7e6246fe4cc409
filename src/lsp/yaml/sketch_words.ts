/**
 * Quotes, anchors and blanks, as lines and braces both have them.
 *
 * @module
 */

import type { Entry, Sketch } from "./sketch.ts";

/** `&name` and `!tag`; gives what is behind them. */
export function noteAnchors(
  sketch: Sketch,
  entry: Entry,
  from: number,
): number {
  const { text } = sketch;
  let at = from;
  while (text[at] === "&" || text[at] === "!") {
    let end = at + 1;
    while (end < text.length && !/[\s,{}[\]]/.test(text[end] as string)) end++;
    if (text[at] === "&") sketch.anchors.set(text.slice(at + 1, end), entry);
    at = behindBlanks(text, end);
  }
  return at;
}

/** Behind the closing quote, or the end of the text. */
export function behindQuotes(text: string, at: number): number {
  const quote = text[at];
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === "\\" && quote === '"') end++;
    else if (text[end] === quote) {
      if (quote === "'" && text[end + 1] === "'") end++;
      else return end + 1;
    }
  }
  return text.length;
}

/** Behind blanks and tabs. */
export function behindBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}
