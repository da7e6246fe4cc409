/**
 * Completion: what could be written at a place of a text, best first. One
 * completer for the prompt, scripts, editors and other shells.
 *
 * @module
 */

import {
  type Candidate,
  candidatesFor,
  isLive,
  takerOf,
} from "./candidates.ts";
import { commandsBelow, commandsIn, type Option } from "./commands.ts";
import { type Cursor, cursorAt } from "./cursor.ts";
import type { Span } from "./diagnose.ts";
import type { Document } from "./document.ts";
import { givenOf } from "./given.ts";
import { ageOf, type Names, namesAt, type Place } from "./names.ts";
import { quoteWord } from "./tokens.ts";

/** One thing that could be written. */
export interface CompletionItem {
  /** What is put in place of the span, quoted where that is needed. */
  readonly text: string;
  /** The same without quotes. */
  readonly word: string;
  /** What people read. */
  readonly label: string;
  readonly kind: "command" | "option" | "value" | "variable";
  /** One clause. */
  readonly doc: string;
  /** Of live names: how old they are. */
  readonly detail?: string;
  /** More belongs right behind it; no blank follows. */
  readonly isOpen: boolean;
}

/** What could be written at a place. */
export interface Completion {
  /** What the items replace. */
  readonly span: Span;
  readonly items: readonly CompletionItem[];
  /** Live names belong here, and nothing is known of their place yet. */
  readonly isLoading: boolean;
  /** The place that live names here come from. */
  readonly place?: Place;
  /** A file's name belongs here: whoever sees files may add some. */
  readonly files?: { readonly typed: string };
}

/** Items that anybody looks at. */
const MOST = 200;

/** What could be written at an offset of a text. */
export function complete(
  document: Document,
  offset: number,
  names: Names,
): Completion {
  const cursor = cursorAt(document, offset);
  const { slot } = cursor;
  switch (slot.kind) {
    case "none":
      return { span: cursor.span, items: [], isLoading: false };
    case "variable":
      return variables(cursor);
    case "command":
      return ranked(cursor, {
        kind: "command",
        all: commandWords(slot, document).map(([value, doc]) => ({
          value,
          doc,
        })),
      });
    case "option":
      return options(cursor, slot.options);
    case "value":
      return values(cursor, { names, taker: takerOf(slot.option), document });
    case "argument": {
      const { argument } = slot;
      const found = values(cursor, { names, taker: argument, document });
      // Names and options: names first, and options once they are asked for.
      return cursor.typed === "" && !found.isLoading
        ? {
          ...found,
          items: [...found.items, ...options(cursor, slot.options).items],
        }
        : found;
    }
  }
}

function commandWords(
  { path, traffic }: Extract<Cursor["slot"], { readonly kind: "command" }>,
  { way }: Document,
): readonly (readonly [string, string])[] {
  if (path.length > 0) {
    return commandsBelow(path, way).map((command) =>
      [command.path.at(-1) as string, command.summary] as const
    );
  }
  return [
    ...commandsIn(way).filter((command) => command.traffic || !traffic)
      .map((command) => [command.path[0] as string, command.summary] as const),
    ...(way === "line" && !traffic
      ? [["traffic", "May stand before a verb, as in the Go tool"] as const]
      : []),
  ];
}

function options(cursor: Cursor, all: readonly Option[]): Completion {
  const allowed = all.filter((option) =>
    option.long !== "help" && !isExcluded(cursor, option)
  );
  const short = /^-[^-]$/.test(cursor.typed)
    ? allowed.find((option) => `-${option.short}` === cursor.typed)
    : undefined;
  if (short !== undefined) return optionItems(cursor, [short]);
  return optionItems(cursor, allowed);
}

/** What the line says already and excludes. */
const EXCLUDES: Readonly<Record<string, readonly string[]>> = {
  weight: ["split"],
  split: ["weight", "build", "pod-selector"],
  build: ["split", "mode"],
  mode: ["build"],
  "pod-selector": ["split"],
  regexp: ["exact"],
  exact: ["regexp"],
  sandbox: [
    "context",
    "kubeconfig",
    "exec-policy",
    "insecure-skip-tls-verify",
    "filename",
  ],
  context: ["sandbox", "filename"],
  kubeconfig: ["sandbox", "filename"],
  "exec-policy": ["filename"],
  "insecure-skip-tls-verify": ["filename"],
  watch: ["filename"],
  filename: [
    "sandbox",
    "context",
    "kubeconfig",
    "exec-policy",
    "insecure-skip-tls-verify",
    "watch",
  ],
  operation: ["to"],
  to: ["operation"],
};

function isExcluded(cursor: Cursor, { long }: Option): boolean {
  return (EXCLUDES[long] ?? []).some((other) =>
    givenOf(cursor.parsed, other) !== undefined
  );
}

function optionItems(cursor: Cursor, all: readonly Option[]): Completion {
  return ranked(cursor, {
    kind: "option",
    all: all.map(({ long, short, doc, type, placeholder }) => ({
      value: `--${long}`,
      doc,
      label: `--${long}${type === "flag" ? "" : ` ${placeholder ?? "VALUE"}`}${
        short === undefined ? "" : `, -${short}`
      }`,
      ...(cursor.typed === `-${short}` ? { isAlias: true } : {}),
    })),
  });
}

function values(
  cursor: Cursor,
  of: {
    readonly names: Names;
    readonly taker: Parameters<typeof candidatesFor>[0];
    readonly document: Document;
  },
): Completion {
  const { names, taker, document } = of;
  const { place } = cursor;
  const { from, all, isLoading } = candidatesFor(taker, cursor, {
    names,
    way: document.way,
  });
  const known = namesAt(names, place);
  const age = known && ageOf(known.readAt, names.now);
  const found = ranked(cursor, {
    kind: "value",
    all: all.filter(({ value }) =>
      isOneWord(cursor.typed.slice(0, from) + value, cursor)
    ).map((each) => ({
      ...each,
      ...(each.isLive && age !== undefined ? { detail: age } : {}),
    })),
    from,
  });
  const isFile = taker.completes === "file";
  return {
    ...found,
    isLoading,
    ...(isLive(taker) ? { place } : {}),
    ...(isFile ? { files: { typed: cursor.typed } } : {}),
  };
}

/** Whether it is one word as it is written, and none that is read otherwise. */
function isOneWord(word: string, { span, parsed }: Cursor): boolean {
  const { line, tokens } = parsed.tokens;
  const token = tokens.find((each) =>
    each.span.start <= span.start && span.end <= each.span.end
  );
  // `--name=` before a value: a dash behind it begins no option.
  const before = line.slice(token?.span.start ?? span.start, span.start);
  return !/[\r\n]/.test(word) && !/['"\\]/.test(before) &&
    (before !== "" || !word.startsWith("-"));
}

function variables(cursor: Cursor): Completion {
  const { values, typed } = cursor;
  const name = typed.replace(/^\$\{?/, "");
  const isBraced = typed.startsWith("${");
  return {
    span: cursor.span,
    isLoading: false,
    items: rank(
      name,
      [...values.variables].map(([each, value]) => ({
        value: each,
        doc: `is ${value}`,
      })),
    ).map(({ value, doc }) => ({
      text: isBraced ? `\${${value}}` : `$${value}`,
      word: `$${value}`,
      label: `$${value}`,
      kind: "variable",
      doc,
      isOpen: false,
    })),
  };
}

interface Found extends Candidate {
  readonly label?: string;
  readonly detail?: string;
  /** It is what was typed, by its other name. */
  readonly isAlias?: boolean;
}

function ranked(
  cursor: Cursor,
  of: {
    readonly kind: CompletionItem["kind"];
    readonly all: readonly Found[];
    readonly from?: number;
  },
): Completion {
  const { from = 0 } = of;
  const typed = cursor.typed.slice(from);
  const before = cursor.typed.slice(0, from);
  const items = rank(typed, of.all).slice(0, MOST)
    .map(({ value, label, doc, detail, isOpen = false }) => ({
      text: quoteWord(before + value),
      word: before + value,
      label: label ?? value,
      kind: of.kind,
      doc,
      ...(detail === undefined ? {} : { detail }),
      isOpen,
    }));
  return { span: cursor.span, items, isLoading: false };
}

/** Exact, then prefix, then the start of a word, then letters in order. */
function rank(typed: string, all: readonly Found[]): readonly Found[] {
  const wanted = typed.toLowerCase();
  if (wanted === "") return all;
  return all.map((each, index) => ({
    each,
    index,
    grade: each.isAlias ? 0 : gradeOf(wanted, each.value.toLowerCase()),
  })).filter(({ grade }) => grade < NO_MATCH)
    .toSorted((a, b) => a.grade - b.grade || a.index - b.index)
    .map(({ each }) => each);
}

const NO_MATCH = 5;

function gradeOf(wanted: string, value: string): number {
  if (value === wanted) return 0;
  if (value.startsWith(wanted)) return 1;
  const bare = wanted.replace(/^-+/, "");
  if (bare === "") return NO_MATCH;
  const at = value.indexOf(bare);
  if (at > 0 && /[^a-z0-9]/.test(value[at - 1] ?? "")) return 2;
  if (at >= 0) return 3;
  let next = 0;
  for (const letter of value) if (letter === bare[next]) next++;
  return next === bare.length && bare.length > 1 ? 4 : NO_MATCH;
}
