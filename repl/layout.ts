/**
 * The text being written, in rows of a screen, and where the cursor is in them.
 *
 * @module
 */

import type { Style } from "../src/render/colour.ts";
import { graphemes } from "../src/render/graphemes.ts";
import { type Buffer, lineAt, type Span } from "./buffer.ts";
import type { Highlight } from "./context.ts";
import { type Cell, cellOf, cellsOf, type Piece, type Row } from "./rows.ts";

/** What is laid out. */
export interface LayoutInput {
  readonly buffer: Buffer;
  readonly prompt: readonly Piece[];
  readonly continuation: readonly Piece[];
  readonly highlights: readonly Highlight[];
  readonly ghost: string;
}

/** Rows, and the cursor in them. */
export interface Layout {
  readonly rows: readonly Row[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/**
 * @param size `room` columns are used; where there are more than `height` rows,
 * those around the cursor are given.
 */
export function layOut(
  input: LayoutInput,
  size: { readonly room: number; readonly height: number },
): Layout {
  const { buffer } = input;
  const rows: Row[] = [];
  let cursor = { row: 0, column: 0 };
  for (const line of linesNear(buffer, size.height)) {
    const page = new Page(size.room);
    const prompt = line.start === 0 ? input.prompt : input.continuation;
    for (const cell of prompt.flatMap(cellsOf)) page.add(cell);
    const highlights = input.highlights.filter(({ span }) =>
      span.start < line.end && span.end > line.start
    );
    let at = line.start;
    for (const grapheme of graphemes(buffer.text.slice(line.start, line.end))) {
      const cell = cellOf(grapheme, stylesAt(highlights, at));
      const place = page.add(cell);
      if (at === buffer.cursor) {
        cursor = { ...place, row: rows.length + place.row };
      }
      at += grapheme.length;
    }
    if (at === buffer.cursor) {
      const place = page.end();
      cursor = { ...place, row: rows.length + place.row };
      if (at === buffer.text.length) {
        for (const cell of cellsOf({ text: input.ghost, styles: ["dim"] })) {
          page.add(cell);
        }
      }
    }
    rows.push(...page.rows);
  }
  const most = Math.max(0, rows.length - size.height);
  const first = Math.min(
    most,
    Math.max(0, cursor.row - Math.floor(size.height / 2)),
  );
  return {
    rows: rows.slice(first, first + size.height),
    cursor: { row: cursor.row - first, column: cursor.column },
  };
}

/** The lines around the cursor that may be seen: each takes a row at least. */
function linesNear({ text, cursor }: Buffer, height: number): readonly Span[] {
  const here = lineAt(text, cursor);
  const lines = [here];
  let line = here;
  while (line.start > 0 && lines.length < height) {
    line = lineAt(text, line.start - 1);
    lines.unshift(line);
  }
  line = here;
  for (let more = 0; line.end < text.length && more < height; more++) {
    line = lineAt(text, line.end + 1);
    lines.push(line);
  }
  return lines;
}

function stylesAt(
  highlights: readonly Highlight[],
  offset: number,
): readonly Style[] {
  const here = highlights.filter(({ span }) =>
    span.start <= offset && offset < span.end
  );
  if (here.length <= 1) return here[0]?.styles ?? [];
  return [...new Set(here.flatMap(({ styles }) => styles))];
}

/** Rows that fill up; a wide character that does not fit goes to the next. */
class Page {
  readonly #room: number;
  readonly rows: Cell[][] = [[]];
  #column = 0;

  constructor(room: number) {
    this.#room = room;
  }

  /** Where the next cell goes. */
  end(width: number = 0): { readonly row: number; readonly column: number } {
    if (this.#column > 0 && this.#column + width > this.#room) {
      this.rows.push([]);
      this.#column = 0;
    }
    return { row: this.rows.length - 1, column: this.#column };
  }

  /** Puts a cell where it fits, and gives the place. */
  add(cell: Cell): { readonly row: number; readonly column: number } {
    const place = this.end(cell.width);
    const shown = cell.width <= this.#room
      ? cell
      : { ...cell, text: "…", width: 1 };
    this.rows.at(-1)?.push(shown);
    this.#column += shown.width;
    return place;
  }
}
