/**
 * Lines, columns and numbers as people read them.
 *
 * @module
 */

import { graphemes, graphemeWidth } from "./graphemes.ts";

/** How wide the output may be, and whether it is coloured. */
export interface RenderOptions {
  /** Escape sequences of terminals; nothing depends on colour alone. */
  readonly color: boolean;
  /** Columns; text that people did not break is wrapped here. */
  readonly width: number;
}

const PLAIN = /^[\x20-\x7e]*$/;

/** Columns that a line without colour takes. */
export function widthOf(line: string): number {
  // Nearly all text is plain.
  if (PLAIN.test(line)) return line.length;
  let width = 0;
  for (const grapheme of graphemes(line)) width += graphemeWidth(grapheme);
  return width;
}

/** Fills up with spaces. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Fills up with spaces on the left. */
export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}

/**
 * Breaks a sentence at spaces. A word that is too long stands alone.
 *
 * @returns At least one line, without the indentation.
 */
export function wrap(text: string, width: number): readonly string[] {
  const room = Math.max(20, width);
  if (widthOf(text) <= room) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line === "") line = word;
    else if (widthOf(line) + 1 + widthOf(word) <= room) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** A sentence under a bullet, wrapped and indented. */
export function bullet(
  text: string,
  options: {
    readonly width: number;
    readonly indent?: string;
    readonly mark?: string;
  },
): readonly string[] {
  const { width, indent = "  ", mark = "- " } = options;
  const rest = indent + " ".repeat(widthOf(mark));
  return wrap(text, width - widthOf(rest)).map((line, index) =>
    `${index === 0 ? indent + mark : rest}${line}`
  );
}

/** Rows as columns, two spaces apart; numbers to the right. */
export function columns(
  rows: readonly (readonly string[])[],
  options: { readonly right?: readonly number[] } = {},
): readonly string[] {
  const { right = [] } = options;
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    });
  }
  return rows.map((row) =>
    row.map((cell, index) =>
      right.includes(index)
        ? padStart(cell, widths[index] ?? 0)
        : pad(cell, widths[index] ?? 0)
    ).join("  ").trimEnd()
  );
}

/** `12.5 %`; at most four decimals, none that says nothing. */
export function percent(value: number): string {
  return `${Number(value.toFixed(4))} %`;
}

/** `1 ready pod`, `2 ready pods`. */
export function count(
  number: number,
  noun: string,
  plural: string = `${noun}s`,
): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** `2 s`, `1.5 s`, `300 ms`. */
export function duration(milliseconds: number): string {
  return milliseconds >= 1000
    ? `${Number((milliseconds / 1000).toFixed(1))} s`
    : `${milliseconds} ms`;
}
