/**
 * The line editor for screen readers and for terminals that know nothing: one
 * row that is written on, backspaces, and lines that tell the rest. Nothing is
 * ever drawn anew above the row, and the cursor is where the line is edited.
 *
 * @module
 */

import { lineAt } from "./buffer.ts";
import { completionFor } from "./menu.ts";
import { type Cell, cellsOf, fit, type Row, rowWidth } from "./rows.ts";
import { messageOf, type View } from "./screen.ts";
import { foundBy } from "./search.ts";

/** What stands in the row now. */
export interface PlainRow {
  readonly cells: Row;
  /** Columns to the left of the cursor. */
  readonly column: number;
  /** Which line of the text it is, and with what before it. */
  readonly line: string;
}

/** A row, and what was told so far. */
export interface PlainScreen extends PlainRow {
  readonly told: Told;
}

interface Told {
  readonly notice: string;
  readonly list: string;
  readonly choice: string;
  readonly found: string;
}

const NOTHING_TOLD: Told = { notice: "", list: "", choice: "", found: "" };
const MOST_LINES = 40;

/** The bytes that bring what stands there to what is to be seen. */
export function plainPaint(
  from: PlainScreen | undefined,
  view: View,
  columns: number,
): { readonly screen: PlainScreen; readonly output: string } {
  const row = plainRow(view, columns);
  const told = toldOf(view);
  const screen = { ...row, told };
  const lines = view.isDone
    ? []
    : news(from?.told ?? NOTHING_TOLD, told).flatMap((text) => text.split("\n"))
      .map((line) => fit([{ text: line }], columns - 1));
  if (from === undefined) {
    return { screen, output: lines.map(printLine).join("") + fresh(row) };
  }
  if (lines.length > 0) {
    return {
      screen,
      output: "\r\n" + lines.map(printLine).join("") + fresh(row),
    };
  }
  return {
    screen,
    output: from.line === row.line ? edits(from, row) : "\r\n" + fresh(row),
  };
}

function printLine(row: Row): string {
  return textOf(row) + "\r\n";
}

function fresh({ cells, column }: PlainRow): string {
  return textOf(cells) + back(rowWidth(cells) - column);
}

/** Goes back to what differs, writes the rest, and blanks what is left over. */
function edits(from: PlainRow, to: PlainRow): string {
  const differs = to.cells.findIndex((cell, index) =>
    cell.text !== from.cells[index]?.text
  );
  const same = differs < 0 ? to.cells.length : differs;
  const kept = rowWidth(to.cells.slice(0, same));
  const width = rowWidth(to.cells);
  const blank = Math.max(0, rowWidth(from.cells) - width);
  if (differs < 0 && blank === 0) return moves(from.column, to);
  return moves(from.column, { ...to, column: kept }) +
    textOf(to.cells.slice(same)) + " ".repeat(blank) +
    back(width + blank - to.column);
}

/** To the right by writing what stands there. */
function moves(column: number, to: PlainRow): string {
  if (to.column <= column) return back(column - to.column);
  let at = 0;
  return textOf(to.cells.filter(({ width }) => {
    at += width;
    return at > column && at <= to.column;
  }));
}

function back(columns: number): string {
  return "\b".repeat(columns);
}

function textOf(row: Row): string {
  return row.map(({ text }) => text).join("");
}

/** The row of the text that the cursor is in; a long one shows a part. */
function plainRow(view: View, columns: number): PlainRow {
  const { state, prompt } = view;
  const { buffer, search } = state;
  const { text, cursor } = search
    ? { text: search.query, cursor: search.query.length }
    : view.isDone
    ? { text: buffer.text, cursor: buffer.text.length }
    : buffer;
  const { start, end } = lineAt(text, cursor);
  const before = search
    ? "search: "
    : start === 0
    ? prompt.map(({ text }) => text).join("")
    : "... ";
  const room = Math.max(4, columns - 1);
  const lead = fit([{ text: before }], Math.floor(room / 2));
  const space = room - rowWidth(lead);
  const typed = cellsOf({ text: text.slice(start, cursor) });
  const all = [...typed, ...cellsOf({ text: text.slice(cursor, end) })];
  const offset = rowWidth(typed);
  const half = Math.max(1, Math.floor(space / 2));
  const first = rowWidth(all) <= space
    ? 0
    : Math.max(0, (Math.floor(offset / half) - 1) * half);
  const { seen, left } = part(all, first, space);
  const index = text.slice(0, start).split("\n").length;
  return {
    cells: [...lead, ...seen],
    column: rowWidth(lead) + offset - left,
    line: `${index} ${before}`,
  };
}

/** The cells from a column on, and how much is hidden before them. */
function part(
  cells: readonly Cell[],
  first: number,
  space: number,
): { readonly seen: Row; readonly left: number } {
  const seen: Cell[] = [];
  let at = 0;
  let left: number | undefined;
  for (const cell of cells) {
    if (at >= first) {
      left ??= at;
      if (at + cell.width > left + space) break;
      seen.push(cell);
    }
    at += cell.width;
  }
  return { seen, left: left ?? at };
}

function toldOf({ state, context }: View): Told {
  const { menu, search, notice = "", buffer } = state;
  const completion = menu && completionFor(state, context);
  const lines =
    completion?.items.map(({ label, detail, doc }) =>
      [label, detail, doc].filter((text) => text !== undefined).join("  ")
    ) ?? [];
  const message = messageOf({ ...state, notice: "" }, context)[0];
  const list = completion === undefined ? "" : [
    ...message === "" ? [] : [message],
    ...lines.slice(0, MOST_LINES),
    ...lines.length > MOST_LINES ? [`${lines.length - MOST_LINES} more`] : [],
    ...completion.state === "loading" ? ["loading"] : [],
  ].join("\n");
  const at = completion?.items.findIndex(({ text }) => text === menu?.chosen) ??
    -1;
  const found = search && foundBy(context.history, search);
  const isMany = buffer.text.includes("\n");
  return {
    notice: notice === "" || !isMany ? notice : [
      ...buffer.text.split("\n").slice(0, MOST_LINES),
      notice,
    ].join("\n"),
    list,
    choice: at < 0 ? "" : `${at + 1} of ${lines.length}: ${lines[at] ?? ""}`,
    found: search ? found?.text ?? "nothing found" : "",
  };
}

function news(before: Told, now: Told): readonly string[] {
  return (["notice", "list", "choice", "found"] as const)
    .filter((part) => now[part] !== "" && now[part] !== before[part])
    .map((part) => now[part]);
}
