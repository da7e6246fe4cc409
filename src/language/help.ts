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
    "istiops: safe, reversible, explainable edits to Istio routing",
    "",
    "Usage:",
    "  istiops [traffic] COMMAND [NAME…] [options]",
    "",
    "Commands:",
    table(commands, width),
    "",
    "Options of every command:",
    table([...TARGET_OPTIONS, ...OUTPUT_OPTIONS].map(row), width),
    "",
    "Try it without a cluster:",
    "  istiops --sandbox show",
    "  istiops --sandbox shift -l app=api-domain -d api-domain:5000 -b 3 -w 20",
    "",
    "istiops COMMAND --help explains a command.",
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
    `  ${usage}`,
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
    ...command.examples.flatMap(({ line, doc }) => [`  # ${doc}`, `  ${line}`]),
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

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
