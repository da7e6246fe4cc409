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
import { brokenLine, type VariableUse } from "./tokens.ts";
import { Variables } from "./variables.ts";

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
  /** What is in use and set before it, and after it. */
  readonly before: Values;
  readonly after: Values;
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
  /** What holds at its beginning, and at its end. */
  readonly before: Values;
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
  const variables = new Variables([...options.variables ?? [], ...outside]);
  const before: Values = {
    session: options.session ?? NEW_SESSION,
    variables: variables.now(),
  };
  let values = before;
  const statements: Statement[] = [];
  const comments: Span[] = [];
  const definitions: Definition[] = [];
  const uses: VariableUse[] = [];
  for (const span of linesOf(text)) {
    const { parsed, whole } = readLine(text, { span, way, values });
    const { tokens, comment } = parsed.tokens;
    if (comment) comments.push(comment);
    uses.push(...parsed.tokens.uses);
    const [first] = tokens;
    const last = tokens.at(-1);
    if (!first || !last) continue;
    const { invocation, diagnostics } = toInvocation(whole, options);
    const definition = definitionIn(parsed, invocation);
    if (definition) definitions.push(definition);
    const after = valuesAfter(values, invocation, { variables, outside });
    statements.push({
      span: { start: first.span.start, end: last.span.end },
      parsed,
      whole,
      ...(invocation ? { invocation } : {}),
      diagnostics,
      before: values,
      after,
    });
    values = after;
  }
  return {
    text,
    way,
    statements,
    comments,
    definitions,
    uses,
    diagnostics: statements.flatMap(({ diagnostics }) => diagnostics),
    before,
    after: values,
  };
}

/** One line of a text, as it is and made whole; it may be empty. */
export function readLine(
  text: string,
  of: { readonly span: Span; readonly way: Way; readonly values: Values },
): { readonly parsed: Parsed; readonly whole: Parsed } {
  const { span, way, values: { session, variables } } = of;
  const parsed = parseCommandLine(text, {
    span,
    way,
    ...(way === "line" ? {} : { variables }),
  });
  return { parsed, whole: qualify(parsed, session) };
}

/** What is in use and set where a line begins. */
export function valuesAt(
  { statements, before }: Document,
  lineStart: number,
): Values {
  return statements.findLast(({ span }) => span.start < lineStart)?.after ??
    before;
}

function valuesAfter(
  values: Values,
  invocation: Invocation | undefined,
  of: {
    readonly variables: Variables;
    readonly outside: ReadonlyMap<string, string>;
  },
): Values {
  const { variables, outside } = of;
  if (invocation?.verb === "use") {
    return { ...values, session: afterUse(values.session, invocation) };
  }
  if (invocation?.verb !== "set" || !invocation.variable) return values;
  const { name, value } = invocation.variable;
  if (outside.has(name)) return values;
  variables.set(name, value);
  return { ...values, variables: variables.now() };
}

function definitionIn(
  { positionals, end }: Parsed,
  invocation: Invocation | undefined,
): Definition | undefined {
  if (invocation?.verb !== "set" || !invocation.variable) return undefined;
  const { name, value } = invocation.variable;
  const start = positionals[0]?.places[0] ?? end;
  return { name, value, span: { start, end: start + name.length } };
}

/** The statement at an offset: the one it is in, or begins on its line. */
export function statementAt(
  { statements }: Document,
  offset: number,
): Statement | undefined {
  const last = statements.findLast(({ span }) => span.start <= offset);
  const { comment, end = 0 } = last?.parsed.tokens ?? {};
  return offset <= (comment?.start ?? end) ? last : undefined;
}

/** Where the logical line around an offset begins and ends. */
export function lineAt(text: string, offset: number): Span {
  const { start, end } =
    linesOf(text).findLast(({ start }) => start <= offset) ??
      { start: 0, end: text.length };
  return { start, end };
}

/** A place as people count: from 1, a column for each UTF-16 unit. */
export function placeIn(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  const start = lineStart(text, offset);
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < start;) {
    line++;
    at = text.indexOf("\n", at + 1);
  }
  return { line, column: offset - start + 1 };
}

/** Where the line of an offset begins, whatever it goes on from. */
export function lineStart(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

/**
 * The lines of a text, without their ends: a backslash before the end goes on
 * in the next line, unless it is part of a comment.
 */
export function linesOf(text: string): readonly Span[] {
  const lines: Span[] = [];
  for (let start = 0; start <= text.length;) {
    const { end, next } = logicalLine(text, start);
    lines.push({ start, end });
    start = next;
  }
  return lines;
}

/** Quotes, escapes and comments, as the words of the line are cut. */
function logicalLine(
  text: string,
  start: number,
): { readonly end: number; readonly next: number } {
  let quote = "";
  let isWord = false;
  let at = start;
  while (at < text.length && text[at] !== "\n") {
    const char = text[at] as string;
    const broken = quote === "'" ? 0 : brokenLine(text, at);
    if (broken > 0) {
      at += broken;
      continue;
    }
    if (quote === "'" && isLineEnd(text, at + 1) && isOdd(text, at)) {
      // The backslash is part of the value, which goes on.
      at = text.indexOf("\n", at) + 1;
      continue;
    }
    if (char === "#" && quote === "" && !isWord) {
      at = text.indexOf("\n", at);
      if (at < 0) at = text.length;
      break;
    }
    if (quote === "") {
      isWord = !/\s/.test(char);
      if (char === "'" || char === '"') quote = char;
    } else if (char === quote) quote = "";
    const escapes = char === "\\" && quote !== "'";
    at += escapes && at + 1 < text.length && !isLineEnd(text, at + 1) ? 2 : 1;
  }
  const isCarriage = at > start && text[at - 1] === "\r";
  return { end: isCarriage ? at - 1 : at, next: at + 1 };
}

/** An odd number of backslashes up to a place. */
function isOdd(text: string, at: number): boolean {
  return backslashesAt(text, at + 1) % 2 === 1;
}

/** How many backslashes stand right before an offset. */
export function backslashesAt(text: string, offset: number): number {
  let count = 0;
  while (text[offset - count - 1] === "\\") count++;
  return count;
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === "\n" || (text[at] === "\r" && text[at + 1] === "\n");
}
