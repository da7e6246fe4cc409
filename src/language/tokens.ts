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
    const broken = brokenLine(line, at);
    if (broken > 0 || isSpace(line[at])) {
      at += Math.max(broken, 1);
      continue;
    }
    if (line[at] === "#") break;
    const start = at;
    let value = "";
    const places: number[] = [];
    const take = (): void => {
      places.push(at);
      value += line[at++];
    };
    while (at < line.length && !isSpace(line[at])) {
      const char = line[at];
      if (char === "'" || char === '"') {
        const open = at++;
        while (at < line.length && line[at] !== char) {
          const broken = char === '"' ? brokenLine(line, at) : 0;
          at += broken;
          if (broken > 0) continue;
          // Between double quotes, only these lose their backslash.
          const isEscape = char === '"' && line[at] === "\\" &&
            /["\\$`]/.test(line[at + 1] ?? "");
          if (isEscape) at++;
          take();
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
      const broken = brokenLine(line, at);
      at += broken;
      if (broken > 0) continue;
      if (char === "\\" && at + 1 < line.length) at++;
      take();
    }
    tokens.push({ value, span: { start, end: at }, places: [...places, at] });
  }
  return { line, tokens, diagnostics };
}

/** Words that a shell has split already, in a line that quotes where needed. */
export function tokensOf(argv: readonly string[]): Tokens {
  return tokenize(argv.map(quoteWord).join(" "));
}

/** A word as one would type it in a POSIX shell. */
export function quoteWord(value: string): string {
  if (/^[A-Za-z0-9_@%+=:,./^-]+$/.test(value)) return value;
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /\s/.test(char);
}

/** Length of a backslash with the line break behind it: both are nothing. */
function brokenLine(line: string, at: number): number {
  if (line[at] !== "\\") return 0;
  if (line[at + 1] === "\n") return 2;
  return line[at + 1] === "\r" && line[at + 2] === "\n" ? 3 : 0;
}

/** The place of a part of a token's value. */
export function spanOf(token: Token, start: number, end: number): Span {
  const from = token.places[start] ?? token.span.start;
  // A closing quote is no part of what stands before it.
  const last = end > start ? token.places[end - 1] : undefined;
  const to = last === undefined ? from : Math.min(last + 1, token.span.end);
  return { start: from, end: Math.max(to, from) };
}
