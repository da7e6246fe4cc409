/**
 * Which objects a line is about, and which headers.
 *
 * @module
 */

import type {
  HeaderCondition,
  LabelRequirement,
  ShowIntent,
} from "../traffic/intents.ts";
import { defined } from "./defined.ts";
import { quoted } from "./diagnose.ts";
import type { GivenLine } from "./given_line.ts";
import type { LineOptions } from "./invocation.ts";
import {
  isObjectName,
  parseDestination,
  parseHeader,
  parseHeaderList,
  parseSelector,
} from "./values.ts";

export function selectionOf(line: GivenLine): {
  readonly names?: readonly string[];
  readonly selector?: readonly LabelRequirement[];
  readonly destination?: { readonly host: string; readonly port?: number };
} {
  const names = line.parsed.positionals;
  for (const token of names) {
    if (token.value.trim() === "" || isObjectName(token.value)) continue;
    line.wrong("invalid-value", token.span, {
      message: `${quoted(token.value)} is not an object's name`,
      hint: "Names are lower case letters, digits, - and .",
    });
  }
  const selector = line.one("label-selector");
  const [first] = names;
  if (first && selector) {
    line.wrong("conflicting-options", selector.span, {
      message: "A name and a label selector both choose the objects",
      hint: "Leave one of the two out",
    });
  }
  return defined({
    names: first ? names.map(({ value }) => value) : undefined,
    selector: line.value("label-selector", parseSelector),
    destination: line.value("destination", parseDestination),
  });
}

/** Which VirtualServices a line looks at, in one namespace or in all. */
export function shownBy(
  line: GivenLine,
  { target }: LineOptions,
): (namespace: string) => ShowIntent {
  const all = line.flag("all-namespaces");
  const given = line.one("namespace");
  if (all && given) {
    line.wrong("conflicting-options", given.span, {
      message: "--namespace and --all-namespaces exclude each other",
      hint: "Leave one of the two out",
    });
  }
  const selection = selectionOf(line);
  // Who names files means what is in them.
  const isAnywhere = all || target.files !== undefined && !given;
  return (namespace) => isAnywhere ? selection : { namespace, ...selection };
}

/** 1.2: nothing is changed that was not named. */
export function requireSelection(line: GivenLine): void {
  const named = line.parsed.positionals.length > 0 ||
    line.one("label-selector") || line.one("destination");
  if (named) return;
  line.missing(line.end(), {
    message: "What it is about is missing",
    hint: "Add a VirtualService's name, -l SELECTOR or -d HOST",
    additions: ["-l SELECTOR", "-d HOST"],
  });
}

export function headersOf(line: GivenLine): readonly HeaderCondition[] {
  const regexp = line.one("regexp");
  const exact = line.one("exact");
  if (regexp && exact) {
    line.wrong("conflicting-options", exact.span, {
      message: "--exact and --regexp exclude each other",
      hint: "Leave one of the two out",
    });
  }
  const found = new Map<string, HeaderCondition>();
  for (const given of line.parsed.options) {
    const { long } = given.option;
    if (long !== "header" && long !== "headers") continue;
    const value = long === "header"
      ? line.read(given, (text) => {
        const header = parseHeader(text);
        return header.ok
          ? {
            ok: true,
            value: [{ condition: header.value, start: 0, end: text.length }],
          }
          : header;
      })
      : line.read(given, parseHeaderList);
    for (const { condition, start, end } of value ?? []) {
      const place = given.partOf(start, end);
      const key = condition.name.toLowerCase();
      if (found.has(key)) {
        line.wrong("invalid-value", place, {
          message: `Header ${quoted(condition.name)} is given twice`,
          hint: "One condition a header: they must all hold",
        });
      } else if ("value" in condition && condition.value === "***") {
        line.wrong("invalid-value", place, {
          message: `*** stands for a value of header ${
            quoted(condition.name)
          } that was left out`,
          hint: "Write the value itself",
        });
      } else if (regexp && condition.kind !== "exact") {
        line.wrong("conflicting-options", place, {
          message: `${quoted(condition.name)} asks for ${
            condition.kind === "present" ? "presence" : "a prefix"
          }, which --regexp is not for`,
          hint: "Leave --regexp out, or write a pattern",
        });
      } else if (regexp && condition.kind === "exact") {
        line.checkPattern(
          condition.value,
          given.partOf(end - condition.value.length, end),
        );
        found.set(key, { ...condition, kind: "regex" });
      } else {
        found.set(key, condition);
      }
    }
  }
  return [...found.values()];
}
