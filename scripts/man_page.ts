/**
 * The command table as a man page, istiops(1). One page: whoever looks for an
 * option searches one text, and what all commands share stands once.
 *
 * @module
 */

import {
  CHANGE_OPTIONS,
  type Command,
  type Option,
  OUTPUT_OPTIONS,
  TARGET_OPTIONS,
} from "../src/language/commands.ts";
import { shell } from "../src/language/help.ts";
import { EXITS, FILES, VALUES, VARIABLES } from "./reference_facts.ts";
import {
  argumentMeaning,
  inWords,
  meaning,
  sentences,
  sortedOptions,
  spelling,
  usageOf,
  VISIBLE,
  waysOf,
} from "./reference_markdown.ts";

/** What {@linkcode manPage} says at its edges. */
export interface ManPageOptions {
  readonly version: string;
  /** `2026-11-23` */
  readonly date: string;
}

/** Columns of a line of the source. */
const WIDTH = 78;

/** The page, in man(7) macros. */
export function manPage({ version, date }: ManPageOptions): string {
  return [
    '.\\" Written by "deno task docs" from the command table.',
    `.TH ISTIOPS 1 "${date}" "istiops ${version}" "User Commands"`,
    ".SH NAME",
    ...text("istiops - safe, reversible, explainable edits to Istio routing"),
    ".SH SYNOPSIS",
    ...text("`istiops` [`traffic`] *COMMAND* [*NAME*…] [*options*]"),
    ".br",
    ...text("`istiops` *COMMAND* `--help`"),
    ".br",
    ...text("`istiops`"),
    ".SH DESCRIPTION",
    ...text(
      "`istiops` shifts traffic between builds of a service on Istio, by edits of the VirtualServices and DestinationRules that are there. Every change is a plan first, is written with a check on what it replaces, and can be taken back.",
    ),
    ".PP",
    ...text(
      "Alone, on a terminal, it opens a shell. With its standard input from a file or a pipe it runs that as a script. `--sandbox` puts an embedded cluster in place of a real one.",
    ),
    ".SH COMMANDS",
    ...VISIBLE.flatMap(command),
    ".SH OPTIONS OF EVERY COMMAND",
    ...OUTPUT_OPTIONS.flatMap(option),
    ".SH OPTIONS FOR A CLUSTER",
    ...text("Of every command that talks to a cluster."),
    ...TARGET_OPTIONS.flatMap(option),
    ".SH OPTIONS OF CHANGES",
    ...text(
      "Of the commands that change traffic; each says which of them it takes. The first three go past a guard, and never past a question.",
    ),
    ...CHANGE_OPTIONS.flatMap(option),
    ".SH VALUES",
    ...VALUES.flatMap(([, name, means]) => entry(`*${name}*`, `${means}.`)),
    ".SH EXIT STATUS",
    ...EXITS.flatMap(([status, means]) => entry(`\`${status}\``, `${means}.`)),
    ".SH ENVIRONMENT",
    ...VARIABLES.flatMap(([names, means]) =>
      entry(names.map((name) => `\`${name}\``).join(", "), `${means}.`)
    ),
    ".SH FILES",
    ...FILES.flatMap(([file, means]) => entry(`*${file}*`, `${means}.`)),
    ".SH SEE ALSO",
    ...text("`kubectl`(1), and `istiops` `help` *COMMAND*."),
    "",
  ].join("\n");
}

/** The date of a page. */
export function dateOf(page: string): string | undefined {
  return /^\.TH ISTIOPS 1 "([^"]*)"/m.exec(page)?.[1];
}

function command(each: Command): readonly string[] {
  const { argument, description, examples, path, summary } = each;
  const { own, ofChanges } = sortedOptions(each);
  const ways = waysOf(each);
  return [
    `.SS ${escaped(path.join(" "))}`,
    ...text(sentences([summary])),
    ".PP",
    ...text(`\`${usageOf(each)}\``),
    ...description.split("\n").flatMap((part) => [".PP", ...text(part)]),
    ...(ways.length === 3 ? [] : [".PP", ...text(`Only ${inWords(ways)}.`)]),
    ...(argument === undefined
      ? []
      : entry(`*${argument.name}*`, argumentMeaning(argument))),
    ...own.flatMap(option),
    ...(ofChanges.length === 0 ? [] : [
      ".PP",
      ...text(
        `Options of changes: ${
          ofChanges.map(({ long }) => `\`--${long}\``).join(", ")
        }.`,
      ),
    ]),
    ...examples.flatMap(({ line, doc }) => [
      ".PP",
      ...text(`${doc}:`),
      ".PP",
      ".nf",
      ...shell(line, 70).flatMap((part) => text(`\`${part}\``, Infinity)),
      ".fi",
    ]),
  ];
}

function option(each: Option): readonly string[] {
  return entry(`\`${spelling(each)}\``, meaning(each));
}

function entry(tag: string, body: string): readonly string[] {
  return [".TP", ...text(tag, Infinity), ...text(body)];
}

/** `bold` and *italic* text as lines of source, none of which is a request. */
function text(source: string, width = WIDTH): readonly string[] {
  const whole = source.split(/(`[^`]*`|(?<![\w*])\*[^*`]+\*(?!\w))/)
    .map((part, index) =>
      index % 2 === 0
        ? escaped(part)
        : `\\f${part.startsWith("`") ? "B" : "I"}${
          escaped(part.slice(1, -1))
        }\\fR`
    ).join("");
  return filled(whole.split(" "), width)
    .map((line) => /^['.]/.test(line) ? `\\&${line}` : line);
}

function filled(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) {
      lines.push(word);
    } else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Characters that roff would take for something else, and those beyond ASCII. */
export function escaped(source: string): string {
  return source
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replace(
      /[^\x20-\x7e]/gu,
      (character) =>
        `\\[u${
          character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")
        }]`,
    );
}
