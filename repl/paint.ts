/**
 * Frames to bytes for a terminal. Each painting is whole and starts where the
 * last one did; the terminal is never asked anything, and what it takes for the
 * width of a character does not matter, as each place is named.
 *
 * @module
 */

import { painter, type Style } from "../src/render/colour.ts";
import { type Cell, type Row, rowWidth } from "./rows.ts";
import type { Frame } from "./screen.ts";

/** How a terminal is. */
export interface PaintOptions {
  readonly colour: boolean;
  /** Columns now; may differ from those of the frame before. */
  readonly columns: number;
  /** Does it break rows anew when it becomes narrower? Most do. */
  readonly reflows: boolean;
}

/** Not shown before it is whole; no wrapping; no cursor that runs about. */
const BEGIN = "\x1b[?2026h\x1b[?25l\x1b[?7l";
const END = "\x1b[?7h\x1b[?25h\x1b[?2026l";
const CLEAR_BELOW = "\x1b[J";
const CLEAR_ROW = "\x1b[K";

const COLOURS: readonly Style[] = ["red", "green", "yellow", "cyan"];

/** The bytes that put `to` in the place of `from`. */
export function paint(
  from: Frame | undefined,
  to: Frame,
  options: PaintOptions,
): string {
  const down = to.rows.length - 1 - to.cursor.row;
  return BEGIN + home(from, options) +
    to.rows.map((row) => CLEAR_ROW + paintRow(row, options)).join("\r\n") +
    clearBelow(to) + up(down) + column(to.cursor.column) + END;
}

/** The bytes that take a frame away; the cursor is where it began. */
export function erase(from: Frame | undefined, options: PaintOptions): string {
  return home(from, options) + CLEAR_BELOW;
}

/** The bytes that go below a frame; all of it but the line is taken away. */
export function leave(
  from: Frame | undefined,
  to: Frame,
  options: PaintOptions,
): string {
  return paint(from, to, options) + down(to) + "\r\n";
}

function down({ rows, cursor }: Frame): string {
  const by = rows.length - 1 - cursor.row;
  return by > 0 ? `\x1b[${by}B` : "";
}

/** Erasing must not touch the last row itself. */
function clearBelow(frame: Frame): string {
  const width = rowWidth(frame.rows.at(-1) ?? []);
  return column(Math.min(width, frame.columns - 1)) + CLEAR_BELOW;
}

function up(by: number): string {
  return by > 0 ? `\x1b[${by}A` : "";
}

function column(index: number): string {
  return `\x1b[${index + 1}G`;
}

/** To the place where the frame began. */
function home(
  from: Frame | undefined,
  { columns, reflows }: PaintOptions,
): string {
  if (from === undefined) return "\r";
  const isNarrower = columns < from.columns && reflows;
  return "\r" +
    up(isNarrower ? reflowedRow(from, columns) : from.cursor.row);
}

/** The row of the cursor after a terminal has broken the rows anew. */
function reflowedRow({ rows, cursor }: Frame, columns: number): number {
  let above = 0;
  for (const row of rows.slice(0, cursor.row)) {
    above += brokenAt(row, columns, Infinity).rows;
  }
  const here = rows[cursor.row] ?? [];
  return above + brokenAt(here, columns, cursor.column).row;
}

/** Rows that a row takes in fewer columns, and in which of them a column is. */
function brokenAt(
  row: Row,
  columns: number,
  at: number,
): { readonly rows: number; readonly row: number } {
  let rows = 1;
  let used = 0;
  let column = 0;
  let found: number | undefined;
  for (const { width } of row) {
    if (used + width > columns) {
      rows += 1;
      used = 0;
    }
    if (column >= at) found ??= rows - 1;
    used += width;
    column += width;
  }
  return { rows, row: found ?? rows - 1 };
}

function paintRow(row: Row, { colour }: PaintOptions): string {
  const paintText = painter(true);
  let result = "";
  let at = 0;
  for (let index = 0; index < row.length;) {
    const { styles } = row[index] as Cell;
    let text = "";
    for (; index < row.length; index++) {
      const cell = row[index] as Cell;
      if (!isSame(cell.styles, styles)) break;
      text += cell.text;
      at += cell.width;
      if (!isPlain(cell.text)) text += column(at);
    }
    const shown = colour
      ? styles
      : styles.filter((style) => !COLOURS.includes(style));
    result += paintText(text, ...shown);
  }
  return result;
}

function isSame(a: readonly Style[], b: readonly Style[]): boolean {
  return a === b ||
    (a.length === b.length && a.every((style, index) => style === b[index]));
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
