/**
 * Offsets in a text, and positions as the protocol has them: zero-based lines
 * that end in `\n`, `\r\n` or `\r`, and UTF-16 units in them.
 *
 * @module
 */

import type {
  Position,
  Range,
  TextDocumentContentChangeEvent,
} from "vscode-languageserver/node";
import type { Span } from "../language/diagnose.ts";

/** The lines of a text. */
export class Lines {
  readonly text: string;
  #known: readonly number[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Counted when somebody asks. */
  get #starts(): readonly number[] {
    if (this.#known !== undefined) return this.#known;
    const { text } = this;
    const starts = [0];
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === 13 && text.charCodeAt(at + 1) === 10) at++;
      if (unit === 10 || unit === 13) starts.push(at + 1);
    }
    return this.#known = starts;
  }

  /** How many there are; the empty text has one. */
  get count(): number {
    return this.#starts.length;
  }

  /** The line that an offset is in. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#startOf(middle) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** An offset outside the text is the nearest one in it. */
  positionAt(offset: number): Position {
    const at = Math.max(0, Math.min(offset, this.text.length));
    const line = this.lineAt(at);
    return { line, character: at - this.#startOf(line) };
  }

  /** Behind the end of a line is its end; behind the last line, the end. */
  offsetAt({ line, character }: Position): number {
    if (line < 0) return 0;
    if (line >= this.#starts.length) return this.text.length;
    const start = this.#startOf(line);
    return Math.min(start + Math.max(0, character), this.endOf(line));
  }

  /** Where a line ends, its line break not included. */
  endOf(line: number): number {
    const next = this.#starts[line + 1];
    if (next === undefined) return this.text.length;
    const isPair = this.text.startsWith("\r\n", next - 2);
    return next - (isPair ? 2 : 1);
  }

  rangeOf({ start, end }: Span): Range {
    return { start: this.positionAt(start), end: this.positionAt(end) };
  }

  spanOf({ start, end }: Range): Span {
    const from = this.offsetAt(start);
    return { start: from, end: Math.max(from, this.offsetAt(end)) };
  }

  #startOf(line: number): number {
    return this.#starts[line] ?? this.text.length;
  }
}

/** A text after changes, each made to what the one before it left. */
export function changed(
  text: string,
  changes: readonly TextDocumentContentChangeEvent[],
): string {
  return changes.reduce((before, change) => {
    if (!("range" in change)) return change.text;
    const { start, end } = new Lines(before).spanOf(change.range);
    return before.slice(0, start) + change.text + before.slice(end);
  }, text);
}
