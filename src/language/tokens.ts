/**
 * A line to words, each with its place. Quotes and backslashes as in a POSIX
 * shell, but nothing is ever expanded or run.
 *
 * @module
 */

import { type Diagnostic, excerpt, nearest, type Span } from "./diagnose.ts";

/** A word of a line. */
export interface Token {
  /** Without quotes and escapes. */
  readonly value: string;
  /** Where it stands in the line, quotes included. */
  readonly span: Span;
  /** For each unit of the value, where it begins in the line; then the end. */
  readonly places: readonly number[];
  /** For each unit of the value, where it ends in the line. */
  readonly ends: readonly number[];
  /** It begins with a variable's value: never an option, whatever is in it. */
  readonly isGiven?: true;
}

/** Whether a word is read as an option, where one may stand. */
export function isDashed({ value, isGiven }: Token): boolean {
  return isGiven !== true && /^-./.test(value);
}

/** A `$name` in a line. */
export interface VariableUse {
  readonly name: string;
  readonly span: Span;
  /** Absent where no such variable is set. */
  readonly value?: string;
}

/** The words of a line, and what is wrong with its quoting. */
export interface Tokens {
  /** The text that spans point into. */
  readonly line: string;
  /** Where the line ends in it, its comment included. */
  readonly end: number;
  readonly tokens: readonly Token[];
  readonly comment?: Span;
  readonly uses: readonly VariableUse[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Options of {@linkcode tokenize}. */
export interface TokenizeOptions {
  /** Where the line begins and ends in the text; all of it by default. */
  readonly span?: Span;
  /** Values of `$name`; without it a dollar is a dollar. */
  readonly variables?: ReadonlyMap<string, string>;
}

/** Splits a line; a `#` at the start of a word begins a comment. */
export function tokenize(text: string, options: TokenizeOptions = {}): Tokens {
  return new Tokenizer(text, options).run();
}

class Tokenizer {
  readonly #text: string;
  readonly #start: number;
  readonly #end: number;
  readonly #variables: ReadonlyMap<string, string> | undefined;
  readonly #tokens: Token[] = [];
  readonly #uses: VariableUse[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  #at: number;
  #value = "";
  #places: number[] = [];
  #ends: number[] = [];
  #isGiven = false;

  constructor(text: string, { span, variables }: TokenizeOptions) {
    this.#start = span?.start ?? 0;
    this.#end = span?.end ?? text.length;
    // What is behind the line is not there.
    this.#text = text.slice(0, this.#end);
    this.#variables = variables;
    this.#at = this.#start;
  }

  run(): Tokens {
    let comment: Span | undefined;
    while (this.#at < this.#end) {
      if (this.#isBroken() || isSpace(this.#char)) {
        this.#at += Math.max(brokenLine(this.#text, this.#at), 1);
      } else if (this.#char === "#") {
        comment = { start: this.#at, end: this.#end };
        break;
      } else this.#word();
    }
    return {
      line: this.#text,
      end: this.#end,
      tokens: this.#tokens,
      ...(comment ? { comment } : {}),
      uses: this.#uses,
      diagnostics: this.#diagnostics,
    };
  }

  get #char(): string | undefined {
    return this.#text[this.#at];
  }

  #isBroken(): boolean {
    return brokenLine(this.#text, this.#at) > 0;
  }

  #word(): void {
    const start = this.#at;
    this.#value = "";
    this.#places = [];
    this.#ends = [];
    this.#isGiven = false;
    while (this.#at < this.#end && !isSpace(this.#char)) {
      if (this.#char === "'" || this.#char === '"') this.#quoted();
      else if (this.#isBroken()) this.#at += brokenLine(this.#text, this.#at);
      else if (!this.#variable()) {
        if (this.#char === "\\" && this.#at + 1 < this.#end) this.#at++;
        this.#take();
      }
    }
    this.#tokens.push({
      value: this.#value,
      span: { start, end: this.#at },
      places: [...this.#places, this.#at],
      ends: this.#ends,
      ...(this.#isGiven ? { isGiven: true } : {}),
    });
  }

  #quoted(): void {
    const open = this.#at;
    const quote = this.#char as string;
    const isDouble = quote === '"';
    this.#at++;
    while (this.#at < this.#end && this.#char !== quote) {
      if (isDouble && this.#isBroken()) {
        this.#at += brokenLine(this.#text, this.#at);
        continue;
      }
      if (isDouble && this.#variable()) continue;
      // Between double quotes, only these lose their backslash.
      const isEscape = isDouble && this.#char === "\\" &&
        /["\\$`]/.test(this.#text[this.#at + 1] ?? "");
      if (isEscape) this.#at++;
      this.#take();
    }
    if (this.#at < this.#end) {
      this.#at++;
      return;
    }
    this.#diagnostics.push({
      code: "usage",
      severity: "error",
      span: { start: open, end: this.#end },
      message: "This quote is not closed",
      hint: `Close it with ${quote}`,
    });
  }

  #take(): void {
    this.#places.push(this.#at);
    this.#value += this.#text[this.#at++];
    this.#ends.push(this.#at);
  }

  /** `$name` or `${name}`: one value, which is never split or read again. */
  #variable(): boolean {
    if (this.#variables === undefined || this.#char !== "$") return false;
    VARIABLE.lastIndex = this.#at;
    const found = VARIABLE.exec(this.#text);
    if (found === null) return false;
    const name = found[1] ?? found[2] ?? "";
    const span = { start: this.#at, end: this.#at + found[0].length };
    const value = this.#variables.get(name);
    this.#uses.push({ name, span, ...(value === undefined ? {} : { value }) });
    if (value === undefined) this.#undefined(name, span);
    const text = value ?? found[0];
    if (this.#value === "" && text !== "") this.#isGiven = true;
    for (const unit of text.split("")) {
      this.#value += unit;
      this.#places.push(span.start);
      this.#ends.push(span.end);
    }
    this.#at = span.end;
    return true;
  }

  #undefined(name: string, span: Span): void {
    // Among thousands, one that is near means nothing.
    const all = [...this.#variables?.keys() ?? []].slice(-MOST_NEAR);
    const near = nearest(name, all);
    this.#diagnostics.push({
      code: "undefined-variable",
      severity: "error",
      span,
      message: `$${excerpt(name)} is not set`,
      hint: near
        ? `Did you mean $${near}?`
        : `Write set ${excerpt(name)}=VALUE above, or run with --set ${
          excerpt(name)
        }=VALUE; a dollar stands between single quotes`,
      ...(near ? { replacement: `$${near}` } : {}),
    });
  }
}

const MOST_NEAR = 200;
const VARIABLE = /\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/y;

/** Words that a shell has split already, in a line that quotes where needed. */
export function tokensOf(argv: readonly string[]): Tokens {
  return tokenize(argv.map(quoteWord).join(" "));
}

/** A word as one would type it in a POSIX shell. */
export function quoteWord(value: string): string {
  if (/^[A-Za-z0-9_@%+=:,./^-]+$/.test(value)) return value;
  return quote(value);
}

/** A word between quotes, whatever is in it. */
export function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /\s/.test(char);
}

/** Length of a backslash with the line break behind it: both are nothing. */
export function brokenLine(line: string, at: number): number {
  if (line[at] !== "\\") return 0;
  if (line[at + 1] === "\n") return 2;
  return line[at + 1] === "\r" && line[at + 2] === "\n" ? 3 : 0;
}

/** The place of a part of a token's value. */
export function spanOf(token: Token, start: number, end: number): Span {
  const from = token.places[start] ?? token.span.start;
  // A closing quote is no part of what stands before it.
  const to = (end > start ? token.ends[end - 1] : undefined) ?? from;
  return { start: from, end: Math.max(to, from) };
}
