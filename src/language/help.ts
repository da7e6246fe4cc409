/**
 * Help on every level, from the table.
 *
 * @module
 */

import {
  type Command,
  commandAt,
  COMMANDS,
  type Option,
  optionsOf,
  OUTPUT_OPTIONS,
  TARGET_OPTIONS,
} from "./commands.ts";
import { tokenize } from "./tokens.ts";

/** Options of {@linkcode renderHelp}. */
export interface HelpOptions {
  /** Columns of the terminal. */
  readonly width: number;
}

/** Help for a command; for all of them where the path is empty or unknown. */
export function renderHelp(
  path: readonly string[],
  options: HelpOptions,
): string {
  const width = Math.max(40, Math.min(options.width, 110));
  const command = commandAt(path);
  return command ? commandHelp(command, width) : overview(width);
}

function overview(width: number): string {
  const commands = COMMANDS.filter((command) => command.path.length === 1)
    .map((command) => [command.path.join(" "), command.summary] as const);
  return [
    ...wrap(
      "istiops: safe, reversible, explainable edits to Istio routing",
      width,
    ),
    "",
    "Usage:",
    ...hang("istiops [traffic] COMMAND [NAME…] [options]", width),
    "",
    "Commands:",
    table(commands, width),
    "",
    "Options of every command:",
    table([...TARGET_OPTIONS, ...OUTPUT_OPTIONS].map(row), width),
    "",
    "Try it without a cluster:",
    ...shell("istiops --sandbox show", width),
    ...shell(
      "istiops --sandbox shift -l app=api-domain -d api-domain:5000 -b 3 -w 20",
      width,
    ),
    "",
    ...wrap("istiops COMMAND --help explains a command.", width),
    "",
  ].join("\n");
}

function commandHelp(command: Command, width: number): string {
  const name = command.path.join(" ");
  const { argument } = command;
  const usage = [
    `istiops ${name}`,
    ...(argument
      ? [
        argument.required
          ? argument.name
          : `[${argument.name}${argument.repeatable ? "…" : ""}]`,
      ]
      : []),
    "[options]",
  ].join(" ");
  const own = command.options.map(row);
  const shared = optionsOf(command)
    .filter((option) => !command.options.includes(option)).map(row);
  const below = COMMANDS.filter((each) =>
    each.path.length === command.path.length + 1 &&
    each.path[0] === command.path[0]
  ).map((each) => [each.path.join(" "), each.summary] as const);
  return [
    ...wrap(command.summary, width),
    "",
    "Usage:",
    ...hang(usage, width),
    "",
    ...command.description.split("\n").flatMap((text) => wrap(text, width)),
    "",
    ...(argument
      ? ["Arguments:", table([[argument.name, argument.doc]], width), ""]
      : []),
    ...(below.length > 0 ? ["Commands:", table(below, width), ""] : []),
    ...(own.length > 0 ? ["Options:", table(own, width), ""] : []),
    "Options of every command:",
    table(shared, width),
    "",
    "Examples:",
    ...command.examples.flatMap(({ line, doc }) => [
      ...wrap(doc, width - 4).map((text) => `  # ${text}`),
      ...shell(line, width),
    ]),
    "",
  ].join("\n");
}

function row(option: Option): readonly [string, string] {
  const short = option.short ? `-${option.short}, ` : "    ";
  const value = option.type === "flag"
    ? ""
    : ` ${option.placeholder ?? "VALUE"}`;
  const more = option.repeatable ? " (repeatable)" : "";
  const otherwise = option.default ? ` (default ${option.default})` : "";
  return [
    `${short}--${option.long}${value}`,
    `${option.doc}${otherwise}${more}`,
  ];
}

function table(
  rows: readonly (readonly [string, string])[],
  width: number,
): string {
  const longest = Math.max(...rows.map(([left]) => left.length));
  const column = Math.min(longest + 4, 36, Math.floor(width / 2));
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, width - column);
    const [first = "", ...rest] = lines;
    const indent = " ".repeat(column);
    const head = left.length + 4 > column
      ? [`  ${left}`, `${indent}${first}`]
      : [`  ${left}`.padEnd(column) + first];
    return [...head, ...rest.map((line) => indent + line)];
  }).join("\n");
}

/** A line to paste: broken between words, with the backslash of a shell. */
function shell(line: string, width: number): readonly string[] {
  const words = tokenize(line).tokens.map(({ span }) =>
    line.slice(span.start, span.end)
  );
  // An option and its value stay together.
  const parts = words.reduce<string[]>((found, word) => {
    const last = found.at(-1);
    const joins = last !== undefined && /^--?[\w-]+$/.test(last) &&
      !word.startsWith("-") && last.length + word.length + 7 <= width;
    return joins
      ? [...found.slice(0, -1), `${last} ${word}`]
      : [...found, word];
  }, []);
  if (line.length + 2 <= width) return [`  ${line}`];
  const lines = fill(parts, width - 6);
  return lines.map((text, index) =>
    `${index === 0 ? "  " : "    "}${text}${
      index < lines.length - 1 ? " \\" : ""
    }`
  );
}

/** Under "Usage:", what does not fit hangs. */
function hang(text: string, width: number): readonly string[] {
  return wrap(text, width - 4).map((line, index) =>
    `${index === 0 ? "  " : "    "}${line}`
  );
}

function wrap(text: string, width: number): readonly string[] {
  return fill(text.split(" "), width);
}

function fill(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
