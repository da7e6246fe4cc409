/**
 * Rows of a screen as plain values: pieces of text that look alike, and how
 * wide they are.
 *
 * @module
 */

import type { Style } from "../src/render/colour.ts";
import { graphemes, graphemeWidth } from "../src/render/graphemes.ts";
import { safe } from "../src/render/safe.ts";
import { widthOf } from "../src/render/text.ts";

/** Text, and what it looks like. */
export interface Piece {
  readonly text: string;
  readonly styles?: readonly Style[];
}

/** Text as it is printed. */
export interface Cell {
  readonly text: string;
  readonly width: number;
  readonly styles: readonly Style[];
}

/** One row of the screen, from the left. */
export type Row = readonly Cell[];

/** The size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Columns of a row that are used: a full row would wrap in some terminals. */
export function roomOf({ columns }: Pick<Size, "columns">): number {
  return Math.max(1, columns - 1);
}

/** Columns that a row takes. */
export function rowWidth(row: Row): number {
  return row.reduce((sum, { width }) => sum + width, 0);
}

const NO_STYLES: readonly Style[] = [];

/**
 * One character as it may be printed. What hides or steers is written as an
 * escape; joiners inside an emoji are part of it, and a mark that stands alone
 * gets a circle to stand on.
 */
export function cellOf(
  grapheme: string,
  styles: readonly Style[] = NO_STYLES,
): Cell {
  if (grapheme >= " " && grapheme <= "~" && grapheme.length === 1) {
    return { text: grapheme, width: 1, styles };
  }
  const isEmoji = EMOJI_SEQUENCE.test(grapheme);
  const text = isEmoji ? grapheme : safe(grapheme);
  const width = text === grapheme ? graphemeWidth(grapheme) : widthOf(text);
  return width === 0
    ? { text: `\u25cc${text}`, width: 1, styles }
    : { text, width, styles };
}

const EMOJI_SEQUENCE =
  /^\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]*(\u200d\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]*)+$/u;

/** All characters of a piece. */
export function cellsOf({ text, styles = NO_STYLES }: Piece): readonly Cell[] {
  return graphemes(text).map((grapheme) => cellOf(grapheme, styles));
}

/** One row of pieces; what does not fit ends in `…`. */
export function fit(pieces: readonly Piece[], room: number): Row {
  const cells = pieces.flatMap(cellsOf);
  if (rowWidth(cells) <= room) return cells;
  const kept: Cell[] = [];
  let width = 0;
  for (const cell of cells) {
    if (width + cell.width > room - 1) break;
    kept.push(cell);
    width += cell.width;
  }
  return [...kept, { text: "…", width: 1, styles: NO_STYLES }];
}
