/**
 * A text of commands, read as a whole: a script, the line at the prompt, a
 * file in an editor. Every statement knows what is in use and what is set
 * where it stands, so that all of it can be judged before any of it runs.
 *
 * @module
 */

import type { Way } from "./commands.ts";
import type { Diagnostic, Span } from "./diagnose.ts";
import {
  type Invocation,
  type InvocationOptions,
  toInvocation,
} from "./invocation.ts";
import { parseCommandLine, type Parsed } from "./parse.ts";
import { afterUse, NEW_SESSION, qualify, type Session } from "./session.ts";
import type { VariableUse } from "./tokens.ts";

/** One command of a text. */
export interface Statement {
  /** From its first word to its last; offsets in the text. */
  readonly span: Span;
  /** As it was written. */
  readonly parsed: Parsed;
  /** With what is in use. */
  readonly whole: Parsed;
  /** Absent where something is wrong. */
  readonly invocation?: Invocation;
  readonly diagnostics: readonly Diagnostic[];
  /** What is in use and set before it. */
  readonly before: Values;
}

/** What holds at a place of a text. */
export interface Values {
  readonly session: Session;
  readonly variables: ReadonlyMap<string, string>;
}

/** A variable where it gets its value in the text. */
export interface Definition {
  readonly name: string;
  /** The name, not the value. */
  readonly span: Span;
  readonly value: string;
}

/** A text, understood as far as it goes. */
export interface Document {
  readonly text: string;
  readonly way: Way;
  readonly statements: readonly Statement[];
  readonly comments: readonly Span[];
  readonly definitions: readonly Definition[];
  readonly uses: readonly VariableUse[];
  /** Of all statements, in order. */
  readonly diagnostics: readonly Diagnostic[];
  /** What holds at its end. */
  readonly after: Values;
}

/** Options of {@linkcode readDocument}. */
export interface DocumentOptions extends InvocationOptions {
  /** `script` by default. */
  readonly way?: Way;
  /** What is in use at its beginning. */
  readonly session?: Session;
  /** Set before; `set` in the text changes them. */
  readonly variables?: ReadonlyMap<string, string>;
  /** Set from outside: `set` in the text does not change these. */
  readonly outside?: ReadonlyMap<string, string>;
}

/** Reads a text. */
export function readDocument(
  text: string,
  options: DocumentOptions = {},
): Document {
  const { way = "script", outside = new Map<string, string>() } = options;
  let session = options.session ?? NEW_SESSION;
  let variables: ReadonlyMap<string, string> = new Map([
    ...options.variables ?? [],
    ...outside,
  ]);
  const statements: Statement[] = [];
  const comments: Span[] = [];
  const definitions: Definition[] = [];
  const uses: VariableUse[] = [];
  for (const span of linesOf(text)) {
    const parsed = parseCommandLine(text, {
      span,
      way,
      ...(way === "line" ? {} : { variables }),
    });
    const { tokens, comment } = parsed.tokens;
    if (comment) comments.push(comment);
    uses.push(...parsed.tokens.uses);
    const [first] = tokens;
    const last = tokens.at(-1);
    if (!first || !last) continue;
    const whole = qualify(parsed, session);
    const { invocation, diagnostics } = toInvocation(whole, options);
    const before = { session, variables };
    statements.push({
      span: { start: first.span.start, end: last.span.end },
      parsed,
      whole,
      ...(invocation ? { invocation } : {}),
      diagnostics,
      before,
    });
    if (invocation?.verb === "use") session = afterUse(session, invocation);
    if (invocation?.verb === "set" && invocation.variable) {
      const { name, value } = invocation.variable;
      const token = parsed.positionals[0];
      const start = token?.span.start ?? parsed.end;
      definitions.push({
        name,
        value,
        span: { start, end: start + name.length },
      });
      if (!outside.has(name)) variables = new Map(variables).set(name, value);
    }
  }
  return {
    text,
    way,
    statements,
    comments,
    definitions,
    uses,
    diagnostics: statements.flatMap(({ diagnostics }) => diagnostics),
    after: { session, variables },
  };
}

/** The statement at an offset: the one it is in, or begins on its line. */
export function statementAt(
  { statements, text }: Document,
  offset: number,
): Statement | undefined {
  return statements.findLast(({ span, parsed }) =>
    span.start <= offset &&
    offset <= (parsed.tokens.comment?.start ?? lineEnd(text, span.end))
  );
}

/** Where the logical line around an offset begins and ends. */
export function lineAt(text: string, offset: number): Span {
  return linesOf(text).findLast(({ start }) => start <= offset) ??
    { start: 0, end: text.length };
}

function lineEnd(text: string, from: number): number {
  return linesOf(text).find(({ end }) => end >= from)?.end ?? text.length;
}

/**
 * The lines of a text, without their ends: a backslash before the end goes on
 * in the next line, unless it is part of a comment.
 */
export function linesOf(text: string): readonly Span[] {
  const lines: Span[] = [];
  let start = 0;
  let isComment = false;
  for (let at = 0; at <= text.length; at++) {
    const char = text[at];
    const isEnd = at === text.length || char === "\n";
    if (!isEnd) {
      const before = at === start ? " " : text[at - 1] as string;
      if (char === "#" && /\s/.test(before)) isComment = true;
      continue;
    }
    const end = at > start && text[at - 1] === "\r" ? at - 1 : at;
    if (at < text.length && !isComment && isBroken(text, end, start)) continue;
    lines.push({ start, end });
    start = at + 1;
    isComment = false;
  }
  return lines;
}

/** An odd number of backslashes before the end. */
function isBroken(text: string, end: number, start: number): boolean {
  let count = 0;
  while (end - count > start && text[end - count - 1] === "\\") count++;
  return count % 2 === 1;
}
