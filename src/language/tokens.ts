/**
 * A line to words, each with its place. Quotes and backslashes as in a POSIX
 * shell, but nothing is ever expanded or run.
 *
 * @module
 */

import type { Diagnostic, Span } from "./diagnose.ts";

/** A word of a line. */
export interface Token {
  /** Without quotes and escapes. */
  readonly value: string;
  /** Where it stands in the line, quotes included. */
  readonly span: Span;
  /** For each unit of the value, its offset in the line; one more for the end. */
  readonly places: readonly number[];
}

/** The words of a line, and what is wrong with its quoting. */
export interface Tokens {
  readonly line: string;
  readonly tokens: readonly Token[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Splits a line; a `#` at the start of a word begins a comment. */
export function tokenize(line: string): Tokens {
  const tokens: Token[] = [];
  const diagnostics: Diagnostic[] = [];
  let at = 0;
  while (at < line.length) {
    if (/\s/.test(line[at] ?? "")) {
      at++;
      continue;
    }
    if (line[at] === "#") break;
    const start = at;
    let value = "";
    const places: number[] = [];
    while (at < line.length && !/\s/.test(line[at] ?? "")) {
      const char = line[at] ?? "";
      if (char === "'" || char === '"') {
        const open = at++;
        while (at < line.length && line[at] !== char) {
          if (char === '"' && line[at] === "\\" && at + 1 < line.length) at++;
          places.push(at);
          value += line[at++];
        }
        if (at >= line.length) {
          diagnostics.push({
            code: "usage",
            severity: "error",
            span: { start: open, end: line.length },
            message: "This quote is not closed",
            hint: `Close it with ${char}`,
          });
        } else at++;
        continue;
      }
      if (char === "\\" && at + 1 < line.length) at++;
      places.push(at);
      value += line[at++];
    }
    tokens.push({ value, span: { start, end: at }, places: [...places, at] });
  }
  return { line, tokens, diagnostics };
}

/** Words that a shell has split already, in a line that quotes where needed. */
export function tokensOf(argv: readonly string[]): Tokens {
  let line = "";
  const tokens = argv.map((value): Token => {
    if (line !== "") line += " ";
    const start = line.length;
    const text = quoteWord(value);
    const shift = text === value ? 0 : 1;
    line += text;
    const places = Array.from(
      { length: value.length },
      (_, index) => start + shift + index,
    );
    return {
      value,
      span: { start, end: line.length },
      places: [...places, line.length - shift],
    };
  });
  return { line, tokens, diagnostics: [] };
}

/** A word as one would type it in a POSIX shell. */
export function quoteWord(value: string): string {
  if (/^[A-Za-z0-9_@%+=:,./^~-]+$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  return `"${value.replace(/(["\\$`])/g, "\\$1")}"`;
}

/** The place of a part of a token's value. */
export function spanOf(token: Token, start: number, end: number): Span {
  const from = token.places[start] ?? token.span.start;
  const to = token.places[end] ?? token.span.end;
  return { start: from, end: Math.max(to, from) };
}
