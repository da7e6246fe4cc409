/**
 * Help on every level, from the table.
 *
 * @module
 */

import {
  type Command,
  commandAt,
  commandsBelow,
  commandsIn,
  isIn,
  type Option,
  optionsOf,
  OUTPUT_OPTIONS,
  TARGET_OPTIONS,
  type Way,
} from "./commands.ts";
import { tokenize } from "./tokens.ts";

/** Options of {@linkcode renderHelp}. */
export interface HelpOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** Who reads it where; `line` by default. */
  readonly way?: Way;
}

/** Help for a command; for all of them where the path is empty or unknown. */
export function renderHelp(
  path: readonly string[],
  options: HelpOptions,
): string {
  const width = Math.max(40, Math.min(options.width, 110));
  const command = commandAt(path);
  const { way = "line" } = options;
  return command
    ? commandHelp(command, { width, way })
    : way === "shell"
    ? overviewInShell(width)
    : overview(width);
}

function commandTable(way: Way, width: number): string {
  return table(
    commandsIn(way).map(({ path, summary }) => [path.join(" "), summary]),
    width,
  );
}

function overviewInShell(width: number): string {
  return [
    "Commands:",
    commandTable("shell", width),
    "",
    ...wrap(
      "help COMMAND explains a command. Tab completes, Ctrl-R looks back, Ctrl-C stops, Ctrl-D leaves.",
      width,
    ),
    "",
  ].join("\n");
}

function overview(width: number): string {
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
    commandTable("line", width),
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

function commandHelp(
  command: Command,
  { width, way }: Required<HelpOptions>,
): string {
  const name = command.path.join(" ");
  const { argument } = command;
  // What is not for the command line is shown as it is typed elsewhere.
  const home = isIn(command, way) ? way : command.ways?.[0] ?? way;
  const usage = [
    home === "line" ? `istiops ${name}` : name,
    ...(argument
      ? [
        argument.required
          ? argument.name
          : `[${argument.name}${argument.repeatable ? "…" : ""}]`,
      ]
      : []),
    "[options]",
  ].join(" ");
  const all = optionsOf(command, home);
  const own = all.filter((option) => command.options.includes(option));
  const shared = all.filter((option) => !own.includes(option));
  const below = commandsBelow(command.path, home)
    .map((each) => [each.path.join(" "), each.summary] as const);
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
    ...(own.length > 0 ? ["Options:", table(own.map(row), width), ""] : []),
    "Options of every command:",
    table(shared.map(row), width),
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

/** Two columns, the right one wrapped. */
export function table(
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
export function shell(line: string, width: number): readonly string[] {
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
