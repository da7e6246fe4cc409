/**
 * The command table as a page of Markdown: docs/reference.md.
 *
 * @module
 */

import {
  type Argument,
  CHANGE_OPTIONS,
  type Command,
  COMMANDS,
  commandsBelow,
  isIn,
  type Option,
  OUTPUT_OPTIONS,
  TARGET_OPTIONS,
  type Way,
} from "../src/language/commands.ts";
import { optionLines } from "../src/language/hover.ts";
import { tableText } from "./docs_table.ts";
import { ERROR_CODES } from "./error_codes.ts";
import {
  DOCUMENTS,
  EXITS,
  FILES,
  VALUES,
  VARIABLES,
  WAYS,
} from "./reference_facts.ts";

/** What describes a document: of a file in `schemas/`. */
export interface Schema {
  readonly title: string;
  readonly description: string;
}

/** Commands that people see, in the order of the table. */
export const VISIBLE: readonly Command[] = COMMANDS.filter((command) =>
  command.hidden !== true
);

/** `istiops [traffic] shift [NAME…] [options]`, as it is typed there. */
export function usageOf(command: Command): string {
  const { argument, path, traffic } = command;
  const name = argument &&
    `${argument.name}${argument.repeatable ? "…" : ""}`;
  return [
    ...(isIn(command, "line") ? ["istiops"] : []),
    ...(traffic ? ["[traffic]"] : []),
    ...path,
    ...(name === undefined ? [] : [argument?.required ? name : `[${name}]`]),
    "[options]",
  ].join(" ");
}

/** `-n, --namespace NAME` */
export function spelling({ long, short, type, placeholder }: Option): string {
  const value = type === "flag" ? "" : ` ${placeholder ?? "VALUE"}`;
  return `${short === undefined ? "" : `-${short}, `}--${long}${value}`;
}

/** What an option means, with all that the table says of it. */
export function meaning(option: Option): string {
  const where = option.ways === undefined
    ? []
    : [`Only ${inWords(option.ways)}`];
  return sentences([...optionLines(option), ...where]);
}

/** Ends each with a period. */
export function sentences(texts: readonly string[]): string {
  return texts.map((text) => /[.!?]$/.test(text) ? text : `${text}.`).join(" ");
}

/** `on the command line and in scripts` */
export function inWords(ways: readonly Way[]): string {
  const words = ways.map((way) => WAYS[way]);
  const last = words.at(-1) ?? "";
  return words.length < 2
    ? last
    : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** Its options that stand in its own section, and those of changes. */
export function sortedOptions(
  { options }: Command,
): { readonly own: readonly Option[]; readonly ofChanges: readonly Option[] } {
  const [ofChanges, own] = [true, false].map((isOfChanges) =>
    options.filter((each) => CHANGE_OPTIONS.includes(each) === isOfChanges)
  ) as [Option[], Option[]];
  return { own, ofChanges };
}

/** Where a command can be written. */
export function waysOf(command: Command): readonly Way[] {
  return (["line", "shell", "script"] as const).filter((way) =>
    isIn(command, way)
  );
}

/** The whole page, not yet formatted. */
export function referenceText(schemas: readonly Schema[]): string {
  return [
    "# Reference",
    "<!-- Written by `deno task docs` from the command table. -->",
    "Every command, option, status, file and document. It is written by `deno task docs` from the table that the parser reads, and a test holds it against that. `istiops COMMAND --help` says the same on a terminal, the man page ([istiops.1](../packaging/man/istiops.1)) without one. What a change does exactly is in [changes.md](changes.md).",
    "## How a line is read",
    "`istiops [traffic] COMMAND [NAME…] [options]`. Options may stand before and behind names, those of every command and those for a cluster before the command as well: `--weight 20`, `--weight=20`, `-w 20`, `-w20`. Flags of one letter may be joined: `-yq`. Behind `--` everything is a name. `traffic` may stand before the verbs that the former Go tool had, and their kin.",
    table(
      ["Value", "How it is written"],
      VALUES.map(([, name, means]) => [code(name), means]),
    ),
    "## Commands",
    table(
      ["Command", "What it does", "Written"],
      VISIBLE.map((command) => [
        `[${code(command.path.join(" "))}](#${anchor(command)})`,
        prose(command.summary),
        inWords(waysOf(command)),
      ]),
    ),
    "## Options of every command",
    optionTable(OUTPUT_OPTIONS),
    "## Options for a cluster",
    "Of every command that talks to a cluster. In the shell and in scripts `use` says the same for all lines that follow.",
    optionTable(TARGET_OPTIONS),
    "## Options of changes",
    "Of the commands that change traffic; each says which of them it takes. The first three go past a guard, and never past a question.",
    optionTable(CHANGE_OPTIONS),
    ...VISIBLE.flatMap(commandSection),
    "## Exit statuses",
    table(
      ["Status", "Meaning"],
      EXITS.map(([status, means]) => [`${status}`, means]),
    ),
    "## Environment",
    table(
      ["Variables", "What for"],
      VARIABLES.map(([names, means]) => [names.map(code).join(", "), means]),
    ),
    "## Files",
    "Files of the user are private (mode 0600). `$XDG_CONFIG_HOME` is `~/.config` and `$XDG_STATE_HOME` is `~/.local/state` where they are not set; on Windows both are `%LOCALAPPDATA%`.",
    table(
      ["File", "What for"],
      FILES.map(([file, means]) => [code(file), means]),
    ),
    "What was replaced by a change is in no file: it is in the annotation `istiops/history` of the object itself.",
    "## Documents",
    "With `-o json`, standard output has one document for each command (`run`: one a line, with one of each command in the script; `show --watch`: one a line). `-o yaml` has the same fields. A JSON Schema describes each.",
    table(
      ["Kind", "What it is"],
      schemas.map(({ title, description }) => [
        `[${code(title)}](../schemas/${title}.json)`,
        description,
      ]),
    ),
    "## Error codes",
    "The field `code` of a document of the kind `Error`, and `error.code` in a library. They stay as they are; messages may change.",
    table(
      ["Code", "Status", "Meaning"],
      Object.entries(ERROR_CODES).map(([name, { exits, means }]) => [
        code(name),
        exits.join(", "),
        prose(means),
      ]),
    ),
  ].join("\n\n") + "\n";
}

function anchor({ path }: Command): string {
  return path.join("-");
}

function commandSection(command: Command): readonly string[] {
  const { argument, description, examples, path, summary } = command;
  const { own, ofChanges } = sortedOptions(command);
  const ways = waysOf(command);
  const below = commandsBelow(path, ways[0] ?? "line");
  const kinds = DOCUMENTS[path.join(" ")] ?? [];
  return [
    `## ${path.join(" ")}`,
    prose(sentences([summary])),
    ...description.split("\n").map(prose),
    block("text", usageOf(command)),
    ...(argument === undefined ? [] : [
      table(["Argument", "Meaning"], [[
        code(argument.name),
        prose(argumentMeaning(argument)),
      ]]),
    ]),
    ...(own.length === 0 ? [] : [optionTable(own)]),
    ...(ofChanges.length === 0 ? [] : [
      `[Options of changes](#options-of-changes): ${
        ofChanges.map(({ long }) => code(`--${long}`)).join(", ")
      }.`,
    ]),
    [
      "Further options: [of every command](#options-of-every-command)",
      ...(command.cluster
        ? [" and [for a cluster](#options-for-a-cluster)"]
        : []),
      `. Written ${inWords(ways)}.`,
      ...(kinds.length === 0 ? [] : [
        ` \`-o json\` prints ${
          kinds.map((kind) => `[${code(kind)}](../schemas/${kind}.json)`)
            .join(" or ")
        }.`,
      ]),
      ...(below.length === 0 ? [] : [
        ` Below it: ${
          below.map((each) =>
            `[${code(each.path.join(" "))}](#${anchor(each)})`
          ).join(", ")
        }.`,
      ]),
    ].join(""),
    block(
      isIn(command, "line") ? "sh" : "text",
      examples.map(({ line, doc }) => `# ${doc}\n${line}`).join("\n\n"),
    ),
  ];
}

/** What an argument is, with all that the table says of it. */
export function argumentMeaning(argument: Argument): string {
  const { doc, repeatable, required, values } = argument;
  return sentences([
    doc,
    ...(values === undefined || doc.includes(values.join(", ").slice(0, 9))
      ? []
      : [`One of ${values.join(", ")}`]),
    ...(repeatable ? ["Any number of them"] : []),
    ...(required ? ["It has to be there"] : []),
  ]);
}

function optionTable(options: readonly Option[]): string {
  return table(
    ["Option", "Meaning"],
    options.map((option) => [code(spelling(option)), prose(meaning(option))]),
  );
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return tableText(
    [head, head.map(() => "---"), ...rows].map((cells) =>
      cells.map((cell) => cell.replaceAll("|", "\\|"))
    ),
  );
}

function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Text of the table: what is not in backticks means itself. */
function prose(text: string): string {
  return text.split(/(`[^`]*`)/).map((part, index) =>
    index % 2 === 1 ? part : part.replace(/[*_<>[\]\\]/g, "\\$&")
  ).join("");
}
