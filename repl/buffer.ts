/**
 * Text with a cursor: moves, words and edits. The cursor stands at offsets
 * where a character begins, as people count characters.
 *
 * @module
 */

import { graphemes } from "../src/render/graphemes.ts";

/** The text, and the offset at which the next character goes in. */
export interface Buffer {
  readonly text: string;
  readonly cursor: number;
}

/** Part of a text: `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where one character to the left begins. */
export function before({ text, cursor }: Buffer): number {
  const { start } = lineAt(text, cursor);
  if (cursor === start) return Math.max(0, cursor - 1);
  const last = graphemes(text.slice(start, cursor)).at(-1) ?? "";
  return cursor - last.length;
}

/** Nearly every character is shorter than this. */
const NEAR = 64;

/** Where the character under the cursor ends. */
export function after({ text, cursor }: Buffer): number {
  const { end } = lineAt(text, cursor);
  if (cursor === end) return Math.min(text.length, cursor + 1);
  const near = text.slice(cursor, Math.min(end, cursor + NEAR));
  const [first = ""] = graphemes(near);
  if (first.length < NEAR - 2) return cursor + first.length;
  const [whole = ""] = graphemes(text.slice(cursor, end));
  return cursor + whole.length;
}

/** The nearest offset to the left at which a character begins. */
export function boundaryAt(text: string, offset: number): number {
  const at = Math.max(0, Math.min(offset, text.length));
  const { start, end } = lineAt(text, at);
  let boundary = start;
  for (const grapheme of graphemes(text.slice(start, end))) {
    if (boundary + grapheme.length > at) break;
    boundary += grapheme.length;
  }
  return boundary;
}

/** The row of the text that an offset is in, without its line end. */
export function lineAt(text: string, offset: number): Span {
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", offset);
  return { start, end: end < 0 ? text.length : end };
}

const WORD = /[\p{L}\p{N}\p{M}_]/u;

/** What separates words: for Alt keys all signs, for Ctrl-W only space. */
export type WordKind = "name" | "argument";

/** Where the word to the left begins. */
export function wordBefore(
  { text, cursor }: Buffer,
  kind: WordKind = "name",
): number {
  const pieces = graphemes(text.slice(0, cursor));
  let at = cursor;
  let isInside = false;
  for (let index = pieces.length - 1; index >= 0; index--) {
    const piece = pieces[index] ?? "";
    const isPart = isOfWord(piece, kind);
    if (isInside && !isPart) break;
    isInside ||= isPart;
    at -= piece.length;
  }
  return at;
}

/** Where the word to the right ends. */
export function wordAfter(
  { text, cursor }: Buffer,
  kind: WordKind = "name",
): number {
  let at = cursor;
  let isInside = false;
  for (const piece of graphemes(text.slice(cursor))) {
    const isPart = isOfWord(piece, kind);
    if (isInside && !isPart) break;
    isInside ||= isPart;
    at += piece.length;
  }
  return at;
}

function isOfWord(piece: string, kind: WordKind): boolean {
  return kind === "name" ? WORD.test(piece) : !/^\s/u.test(piece);
}

/** Puts text in the place of a span; the cursor goes behind it. */
export function replace(
  { text }: Pick<Buffer, "text">,
  span: Span,
  by: string,
): Buffer {
  const changed = text.slice(0, span.start) + by + text.slice(span.end);
  // A mark may have joined what is around it.
  return { text: changed, cursor: onBoundary(changed, span.start + by.length) };
}

/** The offset, or where the character ends that it would cut. */
function onBoundary(text: string, offset: number): number {
  const boundary = boundaryAt(text, offset);
  return boundary === offset ? offset : after({ text, cursor: boundary });
}

/** A row up or down in the same column; undefined where there is none. */
export function rowMove(
  { text, cursor }: Buffer,
  by: -1 | 1,
): number | undefined {
  const here = lineAt(text, cursor);
  if (by < 0 ? here.start === 0 : here.end === text.length) return undefined;
  const there = lineAt(text, by < 0 ? here.start - 1 : here.end + 1);
  const column = graphemes(text.slice(here.start, cursor)).length;
  const pieces = graphemes(text.slice(there.start, there.end));
  return there.start + pieces.slice(0, column).join("").length;
}

/** Does the text go on in a next row: does it end in an odd number of `\`? */
export function isContinued(text: string): boolean {
  const [slashes = ""] = /\\*$/.exec(text) ?? [];
  return slashes.length % 2 === 1;
}
