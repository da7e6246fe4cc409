/**
 * What stands at a place of a text, in a few lines: a command, an option, a
 * value with the live route behind it.
 *
 * @module
 */

import { takerOf } from "./candidates.ts";
import { chosenBy, hostOf, sharesOf, sharesText } from "./chosen.ts";
import { commandAt, type Completes, type Option } from "./commands.ts";
import { type Cursor, cursorAt } from "./cursor.ts";
import type { Span } from "./diagnose.ts";
import type { Document } from "./document.ts";
import {
  ageOf,
  type KnownVirtualService,
  type Names,
  namesAt,
  type PlaceNames,
} from "./names.ts";

/** What is said of a place. Foreign names are in it as they are. */
export interface Hover {
  readonly span: Span;
  readonly title: string;
  /** Lines of text, without markup. */
  readonly lines: readonly string[];
}

/** Lines of a hover that anybody reads. */
const MOST = 24;

/** What stands at an offset; nothing where there is nothing to say. */
export function hoverAt(
  document: Document,
  offset: number,
  names: Names,
): Hover | undefined {
  const use = document.uses.find(({ span }) =>
    span.start <= offset && offset <= span.end
  );
  if (use) {
    return {
      span: use.span,
      title: `$${use.name}`,
      lines: [use.value === undefined ? "is not set" : `is ${use.value}`],
    };
  }
  const token = wordAt(document, offset);
  if (!token) return undefined;
  // At its end, a word is whole.
  const cursor = cursorAt(document, token.end);
  // In `--mode=hard` the name is one thing, and the value another.
  const { slot, span } = cursor;
  const said = slot.kind === "value" && offset < span.start
    ? aboutOption(slot.option, { start: token.start, end: span.start })
    : about(cursor, names);
  return said && { ...said, lines: said.lines.slice(0, MOST) };
}

function about(cursor: Cursor, names: Names): Hover | undefined {
  const { slot, span, typed } = cursor;
  switch (slot.kind) {
    case "command":
      return aboutCommand([...slot.path, typed], cursor);
    case "option": {
      const option = slot.options.concat(
        cursor.parsed.options.map((given) => given.option),
      ).find(({ long, short }) =>
        typed === `--${long}` || typed === `-${short}`
      );
      return option && aboutOption(option, span);
    }
    case "value":
    case "argument": {
      const taker = slot.kind === "value"
        ? takerOf(slot.option)
        : slot.argument;
      const known = namesAt(names, cursor.place);
      const title = slot.kind === "value"
        ? `--${slot.option.long} ${typed}`
        : typed;
      const live = known && liveLines(
        taker.type === "percent" ? "weight" : taker.completes,
        { cursor, known },
      );
      const doc = slot.kind === "value" ? slot.option.doc : slot.argument.doc;
      return {
        span,
        title,
        lines: known && live && live.length > 0
          ? [...live, `Read ${ageOf(known.readAt, names.now)}`]
          : [doc],
      };
    }
    default:
      return undefined;
  }
}

function aboutOption(option: Option, span: Span): Hover {
  return {
    span,
    title: `--${option.long}${
      option.type === "flag" ? "" : ` ${option.placeholder ?? "VALUE"}`
    }`,
    lines: optionLines(option),
  };
}

/** What an option means, in lines. */
export function optionLines(option: Option): readonly string[] {
  return [
    option.doc,
    ...option.values === undefined
      ? []
      : [`One of ${option.values.join(", ")}`],
    ...option.default === undefined ? [] : [`Default: ${option.default}`],
    ...option.repeatable ? ["May be given more than once"] : [],
  ];
}

function aboutCommand(
  words: readonly string[],
  { span }: Cursor,
): Hover | undefined {
  const path = words[0] === "traffic" ? words.slice(1) : words;
  const command = commandAt(path);
  if (!command) return undefined;
  const [example] = command.examples;
  return {
    span,
    title: command.path.join(" "),
    lines: [
      command.summary,
      "",
      ...command.description.split("\n"),
      ...example ? ["", `Example: ${example.line}`] : [],
    ],
  };
}

function liveLines(
  completes: Completes | "weight" | undefined,
  { cursor, known }: { readonly cursor: Cursor; readonly known: PlaceNames },
): readonly string[] {
  const { typed, whole } = cursor;
  const chosen = chosenBy(whole, known);
  switch (completes) {
    case "virtual-service":
      return known.virtualServices.filter(({ name }) => name === typed)
        .flatMap(routeLines);
    case "destination": {
      const host = hostOf(typed);
      return known.virtualServices.filter(({ rules }) =>
        rules.some(({ destinations }) =>
          destinations.some((each) => each.host === host)
        )
      ).flatMap(routeLines);
    }
    case "label":
      return chosen.virtualServices.flatMap(routeLines);
    case "build":
    case "weight":
      return chosen.builds.filter(({ build }) =>
        completes === "weight" || build === typed
      ).map((build) =>
        [
          `${build.host} build ${build.build}: ${
            sharesText(sharesOf(chosen, build.build)) ?? "no share"
          }`,
          ...build.pods === undefined
            ? []
            : [build.pods === 1 ? "1 pod" : `${build.pods} pods`],
          ...build.subset === undefined
            ? ["no subset yet"]
            : [`subset ${build.subset}`],
        ].join(", ")
      );
    case "route":
      return chosen.virtualServices.flatMap(({ rules }) => rules)
        .filter(({ name, index }) => name === typed || String(index) === typed)
        .flatMap((rule) => ruleLines(rule));
    case "operation":
      return known.operations.filter(({ id }) => id === typed)
        .map(({ time, command, undone }) =>
          `${time} ${command}${undone ? " (undone)" : ""}`
        );
    default:
      return [];
  }
}

/** A VirtualService as `show` has it, in short. */
export function routeLines(
  { name, hosts, rules }: KnownVirtualService,
): readonly string[] {
  return [
    `${name}: ${hosts.join(", ") || "a delegate"}`,
    ...rules.flatMap(ruleLines),
  ];
}

function ruleLines(
  { index, name, kind, match, destinations }:
    KnownVirtualService["rules"][number],
): readonly string[] {
  const to = destinations.map(({ host, port, build, subset, percent }) =>
    `${Math.round(percent * 10) / 10} % ${host}${
      port === undefined ? "" : `:${port}`
    } ${build ?? subset ?? "(all pods)"}`
  ).join(", ");
  return [
    `  ${index} ${name ?? ""} [${match}] -> ${to || kind}`.replace("  [", " ["),
  ];
}

function wordAt(
  { statements }: Document,
  offset: number,
): Span | undefined {
  for (const { parsed } of statements) {
    for (const { span } of parsed.tokens.tokens) {
      if (span.start <= offset && offset <= span.end) return span;
    }
  }
  return undefined;
}
