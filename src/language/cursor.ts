/**
 * What stands at a place of a line, or could: a command's word, an option, a
 * value of an option, an argument. Completion, hover and signature ask here.
 *
 * @module
 */

import {
  type Argument,
  type Command,
  commandsBelow,
  type Option,
  optionsOf,
  OUTPUT_OPTIONS,
  TARGET_OPTIONS,
  type Way,
} from "./commands.ts";
import type { Span } from "./diagnose.ts";
import {
  backslashesAt,
  type Document,
  lineAt,
  readLine,
  type Values,
  valuesAt,
} from "./document.ts";
import type { Place } from "./names.ts";
import type { Parsed } from "./parse.ts";
import { placeOf, qualify } from "./session.ts";
import { isDashed, spanOf, type Token } from "./tokens.ts";

/** What a word is, by where it stands. */
export type Slot =
  | {
    readonly kind: "command";
    readonly path: readonly string[];
    /** After `traffic`: only verbs that may stand there. */
    readonly traffic: boolean;
  }
  | { readonly kind: "option"; readonly options: readonly Option[] }
  | { readonly kind: "value"; readonly option: Option }
  | {
    readonly kind: "argument";
    readonly argument: Argument;
    /** Options may stand here, too. */
    readonly options: readonly Option[];
  }
  | { readonly kind: "variable" }
  /** In a comment, or where nothing more can stand. */
  | { readonly kind: "none" };

/** A place in a line. */
export interface Cursor {
  readonly slot: Slot;
  /** The word there; it may be empty. */
  readonly span: Span;
  /** The word up to the cursor, without quotes and escapes. */
  readonly typed: string;
  /** Where a part of `typed` stands. */
  readonly partOf: (start: number, end: number) => Span;
  /** The word is between quotes, as far as it goes. */
  readonly quote?: string;
  readonly parsed: Parsed;
  /** The line with what is in use. */
  readonly whole: Parsed;
  readonly values: Values;
  /** Where the line goes. */
  readonly place: Place;
}

/** Finds what stands at an offset, or would if one typed there. */
export function cursorAt(document: Document, offset: number): Cursor {
  const cursor = wordAt(document, offset);
  const { slot, parsed, values: { session } } = cursor;
  if (slot.kind !== "value" || slot.option.completes !== "namespace") {
    return cursor;
  }
  // A namespace that is still being written is no place to ask about.
  const options = parsed.options.filter(({ option }) => option !== slot.option);
  const whole = qualify({ ...parsed, options }, session);
  return { ...cursor, place: placeOf(whole, session) };
}

function wordAt(document: Document, offset: number): Cursor {
  const { text, way } = document;
  const line = lineAt(text, offset);
  const values = valuesAt(document, line.start);
  const { parsed, whole } = readLine(text, { span: line, way, values });
  const { tokens, comment } = parsed.tokens;
  const at = { parsed, whole, values, place: placeOf(whole, values.session) };
  const nothing = {
    span: { start: offset, end: offset },
    typed: "",
    partOf: () => ({ start: offset, end: offset }),
    ...at,
  };
  if (comment && offset > comment.start) {
    return { slot: { kind: "none" }, ...nothing };
  }
  const index = tokens.findIndex(({ span }) =>
    span.start <= offset && offset <= span.end
  );
  const before = tokens.filter(({ span }, each) =>
    index < 0 ? span.end < offset : each < index
  );
  const state = stateAfter(before, way);
  const token = tokens[index];
  if (!token) return { slot: slotFor("", state, way), ...nothing };
  const units = token.places.slice(0, -1).filter((place) => place < offset);
  const typed = token.value.slice(0, units.length);
  const word = {
    span: token.span,
    typed,
    partOf: (start: number, end: number) => spanOf(token, start, end),
    ...quoteOf(text, token),
    ...at,
  };
  const variable = way === "line"
    ? undefined
    : variableBefore(text.slice(token.span.start, offset));
  if (variable !== undefined) {
    return {
      slot: { kind: "variable" },
      ...word,
      span: { start: offset - variable.length, end: offset },
      typed: variable,
    };
  }
  const inline = state.pending === undefined && !state.literal &&
      isDashed(token)
    ? inlineValue(token.value, state.options)
    : undefined;
  if (inline && inline.from <= typed.length) {
    return {
      slot: { kind: "value", option: inline.option },
      ...word,
      // The quotes of a value are part of it.
      span: {
        start: token.ends[inline.from - 1] ?? token.span.start,
        end: token.span.end,
      },
      typed: typed.slice(inline.from),
      partOf: (start, end) =>
        spanOf(token, inline.from + start, inline.from + end),
    };
  }
  return { slot: slotFor(typed, state, way), ...word };
}

/** What the words before the cursor have settled. */
interface State {
  readonly command?: Command;
  readonly path: readonly string[];
  /** Options that the next word may be. */
  readonly options: readonly Option[];
  /** The option whose value comes next. */
  readonly pending?: Option;
  readonly given: readonly Option[];
  readonly arguments: number;
  readonly traffic: boolean;
  /** After `--`: no options any more. */
  readonly literal: boolean;
}

function stateAfter(tokens: readonly Token[], way: Way): State {
  const words = tokens[0]?.value === "istiops" ? tokens.slice(1) : tokens;
  let command: Command | undefined;
  let path: readonly string[] = [];
  let options: readonly Option[] = [...TARGET_OPTIONS, ...OUTPUT_OPTIONS];
  let pending: Option | undefined;
  let count = 0;
  let literal = false;
  let traffic = false;
  const given: Option[] = [];
  for (const token of words) {
    const { value } = token;
    if (pending) {
      pending = undefined;
      continue;
    }
    if (!literal && isDashed(token) && value === "--") {
      literal = true;
      continue;
    }
    if (!literal && isDashed(token)) {
      const found = optionIn(value, options);
      if (!found) continue;
      given.push(...found.flags, ...(found.option ? [found.option] : []));
      if (found.option && found.from === undefined) pending = found.option;
      continue;
    }
    const below: Command | undefined = count > 0
      ? undefined
      : commandsBelow(path, way).find((each) => each.path.at(-1) === value);
    if (below) {
      command = below;
      path = below.path;
      options = optionsOf(below, way);
    } else if (command) count++;
    // `traffic` may stand before a verb; anything else is no command.
    else if (value === "traffic") traffic = true;
    else path = [value];
  }
  return {
    ...(command ? { command } : {}),
    path,
    options,
    ...(pending ? { pending } : {}),
    given,
    arguments: count,
    traffic: traffic && !command,
    literal,
  };
}

function slotFor(typed: string, state: State, way: Way): Slot {
  const { command, path, pending, given, options } = state;
  if (pending) return { kind: "value", option: pending };
  const left = options.filter((option) =>
    option.repeatable === true || !given.includes(option)
  );
  if (!state.literal && typed.startsWith("-")) {
    return { kind: "option", options: left };
  }
  const below = state.arguments === 0 && commandsBelow(path, way).length > 0;
  if (below) return { kind: "command", path, traffic: state.traffic };
  if (!command) return { kind: "none" };
  const { argument } = command;
  if (argument && (argument.repeatable || state.arguments === 0)) {
    return { kind: "argument", argument, options: left };
  }
  return state.literal ? { kind: "none" } : { kind: "option", options: left };
}

/** An option's word: the flags in it, the option that takes a value. */
function optionIn(
  word: string,
  options: readonly Option[],
): {
  readonly flags: readonly Option[];
  readonly option?: Option;
  /** Where a value in the same word begins. */
  readonly from?: number;
} | undefined {
  if (word.startsWith("--")) {
    const cut = word.indexOf("=");
    const name = word.slice(2, cut < 0 ? undefined : cut);
    const option = options.find(({ long }) => long === name);
    if (!option) return undefined;
    if (option.type === "flag") return { flags: [option] };
    return { flags: [], option, ...(cut < 0 ? {} : { from: cut + 1 }) };
  }
  const flags: Option[] = [];
  for (let at = 1; at < word.length; at++) {
    const option = options.find(({ short }) => short === word[at]);
    if (!option) return undefined;
    if (option.type !== "flag") {
      const from = word[at + 1] === "=" ? at + 2 : at + 1;
      return {
        flags,
        option,
        ...(at + 1 < word.length ? { from } : {}),
      };
    }
    flags.push(option);
  }
  return { flags };
}

function inlineValue(
  word: string,
  options: readonly Option[],
): { readonly option: Option; readonly from: number } | undefined {
  if (!/^-./.test(word)) return undefined;
  const found = optionIn(word, options);
  return found?.option && found.from !== undefined
    ? { option: found.option, from: found.from }
    : undefined;
}

/** `$nam` right before the cursor, with its dollar. */
function variableBefore(text: string): string | undefined {
  const found = /\$\{?[A-Za-z_]?[A-Za-z0-9_]*$/.exec(text);
  if (!found || backslashesAt(text, found.index) % 2 === 1) return undefined;
  // Between single quotes a dollar is a dollar.
  return text.startsWith("'") ? undefined : found[0];
}

function quoteOf(
  text: string,
  { span }: Token,
): { readonly quote?: string } {
  const first = text[span.start];
  return first === "'" || first === '"' ? { quote: first } : {};
}
