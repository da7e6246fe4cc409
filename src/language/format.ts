/**
 * A script as it should look: one blank between words, lines that go on
 * indented, and every word, quote and comment as it was.
 *
 * @module
 */

import { backslashesAt, linesOf } from "./document.ts";
import { tokenize } from "./tokens.ts";

/**
 * Formats a text. A line that cannot be cut into words stays as it is.
 *
 * @returns The same statements and comments; formatting it again changes
 * nothing.
 */
export function format(text: string): string {
  // Line ends of another system: nobody knows what its lines are.
  if (/\r(?!\n)/.test(text)) return text;
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = linesOf(text).map((span) =>
    formatLine(text.slice(span.start, span.end), end)
  );
  const kept = lines.filter((line, at) =>
    line !== "" || (at > 0 && lines[at - 1] !== "")
  );
  if (kept.at(-1) === "") kept.pop();
  const formatted = kept.join(end);
  return formatted === "" || isOpen(formatted) ? formatted : formatted + end;
}

function formatLine(line: string, end: string): string {
  const { tokens, comment, diagnostics } = tokenize(line);
  const pieces = [
    ...tokens.map(({ span }) => pieceAt(line, span.start, span.end)),
    ...comment ? [pieceAt(line, comment.start, comment.end)] : [],
  ];
  // What is broken inside a word cannot be indented.
  const isBroken = pieces.some(({ source }) => source.includes("\n"));
  if (diagnostics.length > 0 || isBroken) return line;
  const text = pieces.map(({ source, start }, at) => {
    const before = pieces[at - 1];
    if (!before) return source;
    const isBelow = line.slice(before.end, start).includes("\n");
    return `${isBelow ? ` \\${end}  ` : " "}${source}`;
  }).join("");
  if (comment) return text.trimEnd();
  // At the end of the text it is a backslash; before a line end it is none.
  return isOpen(text) ? `${text}\\` : text;
}

/** A word or a comment; a line break right behind it is no part of it. */
function pieceAt(line: string, start: number, end: number) {
  const source = line.slice(start, end).replace(/(?<!\\\r?\n)(\\\r?\n)+$/, "");
  return { source, start, end: start + source.length };
}

/** An odd number of backslashes at the end. */
function isOpen(text: string): boolean {
  return backslashesAt(text, text.length) % 2 === 1;
}
