/**
 * The table, and lines, in the terms of a parser that somebody else wrote:
 * how it declares an option, which of its types read which value, and words
 * that it cannot read otherwise than ours. Nothing of that parser is in here.
 *
 * @module
 */

import {
  type Argument,
  commandAt,
  type Option,
  type ValueType,
} from "../language/commands.ts";
import type { Diagnostic } from "../language/diagnose.ts";
import { type Invocation, toInvocation } from "../language/invocation.ts";
import {
  type GivenOption,
  parseArguments,
  type Parsed,
} from "../language/parse.ts";
import {
  isObjectName,
  parseCount,
  type Parsed as Value,
  parseDestination,
  parseDuration,
  parseHeader,
  parseHeaderList,
  parseLabels,
  parsePercent,
  parseSelector,
  parseSplit,
} from "../language/values.ts";
import { isNamespaceName } from "../traffic/syntax.ts";

/** What an option's or an argument's value is called and read by. */
export interface ValueName {
  /** `PERCENT` */
  readonly placeholder: string;
  /** `percent`; the option's own name for the words of an `enum`. */
  readonly type: string;
  /** Under which the words that complete it are asked for. */
  readonly action: string;
}

/** Placeholders that a definition can hold; others are said in the sentence. */
const PLAIN = /^[A-Z]+$/;

/** `-w, --weight <PERCENT:percent:weight>` */
export function flagsOf(option: Option): string {
  const names = option.short === undefined
    ? `--${option.long}`
    : `-${option.short}, --${option.long}`;
  if (option.type === "flag") return names;
  const { placeholder, type, action } = valueNameOf(option);
  return `${names} <${placeholder}:${type}:${action}>`;
}

/** The value of an option that has one. */
export function valueNameOf(option: Option): ValueName {
  const { long, placeholder = "" } = option;
  return {
    placeholder: PLAIN.test(placeholder)
      ? placeholder
      : long.replaceAll("-", "_").toUpperCase(),
    ...typed(option, long),
  };
}

/** `[NAME...:name:argument]` */
export function argumentOf(argument: Argument): string {
  const { required, repeatable } = argument;
  const { type, action } = typed(argument, "argument");
  const inner = `${argument.name}${repeatable ? "..." : ""}:${type}:${action}`;
  return required ? `<${inner}>` : `[${inner}]`;
}

function typed(
  { type, completes, values }: Option | Argument,
  name: string,
): Pick<ValueName, "type" | "action"> {
  // Files are completed by the shells themselves.
  if (completes === "file") return { type: "file", action: "file" };
  // The words of an enumeration are a type of their own.
  if (values !== undefined) return { type: name, action: name };
  return { type, action: name };
}

/** The sentence of an option; with how it is written, where that is needed. */
export function docOf({ doc, placeholder = "", type }: Option): string {
  return type === "flag" || type === "enum" || placeholder === "" ||
      PLAIN.test(placeholder)
    ? doc
    : `${doc} (${placeholder})`;
}

/** The types that read values; those of files and of words are at hand. */
export const READERS: Readonly<
  Partial<
    Record<ValueType | Argument["type"], (text: string) => Value<unknown>>
  >
> = {
  text: whole,
  command: whole,
  name: (text) => checked(text, isObjectName, "an object's name"),
  namespace: (text) => checked(text, isNamespaceName, "a namespace's name"),
  percent: parsePercent,
  count: parseCount,
  destination: parseDestination,
  duration: parseDuration,
  labels: parseLabels,
  split: parseSplit,
  header: parseHeader,
  headers: (text) => {
    const list = parseHeaderList(text);
    return list.ok
      ? { ok: true, value: list.value.map(({ condition }) => condition) }
      : list;
  },
  selector: parseSelector,
  port: (text) => checked(text, isPort, "a port: ports are 0 to 65535", Number),
};

function whole(text: string): Value<string> {
  return { ok: true, value: text };
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535;
}

function checked(
  text: string,
  isSo: (text: string) => boolean,
  what: string,
  read: (text: string) => unknown = String,
): Value<unknown> {
  return isSo(text) ? { ok: true, value: read(text) } : {
    ok: false,
    message: `"${text}" is not ${what}`,
    start: 0,
    end: text.length,
  };
}

/** A line, what it asks for, and what is wrong with it. */
export interface Line {
  readonly words: readonly string[];
  readonly parsed: Parsed;
  readonly invocation?: Invocation;
  readonly errors: readonly Diagnostic[];
}

/** Reads a line as the command line does; patterns are looked at later. */
export function readLine(words: readonly string[]): Line {
  const parsed = parseArguments(words);
  const { invocation, diagnostics } = toInvocation(parsed);
  return {
    words,
    parsed,
    ...(invocation === undefined ? {} : { invocation }),
    errors: diagnostics.filter(({ severity }) => severity === "error"),
  };
}

/**
 * The options of a line in one spelling that any parser reads alike: the long
 * name, its value behind an equals sign, and what is given twice but holds
 * once only once. An option that nobody knows stays as it was typed.
 */
export function optionWords(
  { parsed, errors }: Line,
  isKnown: (long: string) => boolean,
): readonly string[] {
  const seen = new Set<string>();
  const words = parsed.options.flatMap((given) => {
    const { long, repeatable } = given.option;
    if (!isKnown(long) || (seen.has(long) && repeatable !== true)) return [];
    seen.add(long);
    return [wordOf(given)];
  });
  const unknown = errors.filter(({ code }) => code === "unknown-option")
    .map(({ span }) => parsed.line.slice(span.start, span.end))
    .map((text) => text.replace(/^'?-*/, ""))
    .map((name) => name.length > 1 ? `--${name}` : `-${name}`);
  return [...words, ...unknown];
}

function wordOf({ option, value }: GivenOption): string {
  return value === undefined ? `--${option.long}` : `--${option.long}=${value}`;
}

/**
 * Where the next word of the line's command stands, from an index on; nothing
 * where the command ends before.
 */
export function nextCommandWord(
  words: readonly string[],
  from: number,
): number | undefined {
  const { tokens, options, positionals, path } = parseArguments(words);
  const covered = options.flatMap(({ span, valueSpan }) => [
    span,
    ...(valueSpan === undefined ? [] : [valueSpan]),
  ]);
  const names = tokens.tokens.map((token, index) => ({ token, index }))
    .filter(({ token }) =>
      !positionals.includes(token) &&
      !covered.some(({ start }) =>
        start >= token.span.start && start < token.span.end
      )
    );
  const left = commandAt(path) === undefined
    ? ["traffic"]
    : ["traffic", ...path];
  return names.find(({ token, index }) =>
    index >= from && left.includes(token.value)
  )?.index;
}

/** Words that are for this tool, and those for the suite that it is in. */
export interface Shared {
  readonly own: readonly string[];
  readonly foreign: readonly string[];
}

/**
 * Tells a suite's own options from those of this tool.
 *
 * @param valuesOf How many values a flag of the suite takes; nothing for a
 * word that is no flag of it.
 */
export function shareWords(
  words: readonly string[],
  valuesOf: (flag: string) => number | undefined,
): Shared {
  const own: string[] = [];
  const foreign: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "--") {
      own.push(...words.slice(at));
      break;
    }
    const [flag = "", value] = word.split("=", 2);
    const count = flag.startsWith("-") ? valuesOf(flag) : undefined;
    if (count === undefined) own.push(word);
    else if (value !== undefined) foreign.push(word);
    else {
      foreign.push(...words.slice(at, at + 1 + count));
      at += count;
    }
  }
  return { own, foreign };
}
