/**
 * Typed values: text to a value, or the place in the text that is wrong.
 *
 * @module
 */

import type { HeaderCondition, LabelRequirement } from "../traffic/intents.ts";
import { excerpt, quoted } from "./diagnose.ts";
import { isHeaderName, isLabelKey, isLabelValue } from "../traffic/syntax.ts";

/** A value, or what is wrong and where in the text. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
    readonly ok: false;
    readonly message: string;
    readonly hint?: string;
    /** Offsets in the text. */
    readonly start: number;
    readonly end: number;
  };

/** `20`, `0.1`, `100`: a number from 0 to 100 with at most one decimal. */
export function parsePercent(text: string): Parsed<number> {
  const wrong = (reason: string): Parsed<number> =>
    bad(text, `${quoted(text)} is not a percentage: ${reason}`, {
      hint: "Give a number from 0 to 100 with at most one decimal",
    });
  if (!/^[+-]?\d+(\.\d+)?$/.test(text)) {
    return wrong(
      text.endsWith("%") ? "leave the % out" : "it is not a number",
    );
  }
  const value = Number(text);
  if (value < 0 || value > 100 || text.startsWith("-")) {
    return wrong("it is not between 0 and 100");
  }
  if (/\.\d*[1-9]/.test(text) && !/\.\d0*$/.test(text)) {
    return wrong("it has more than one decimal");
  }
  return good(value);
}

/** `name` or `name:port`; ports are 1 to 65535. */
export function parseDestination(
  text: string,
): Parsed<{ readonly host: string; readonly port?: number }> {
  const at = text.lastIndexOf(":");
  const host = at < 0 ? text : text.slice(0, at);
  if (!/^[A-Za-z0-9*]([A-Za-z0-9._*-]*[A-Za-z0-9])?$/.test(host)) {
    return bad(text, `${quoted(host)} is not a host`, {
      hint: "Give the Service's name, and its port after a colon: api:8080",
      end: Math.max(host.length, 1),
    });
  }
  if (at < 0) return good({ host: host.toLowerCase() });
  const digits = text.slice(at + 1);
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port < 1 || port > 65535) {
    return bad(text, `${quoted(digits)} is not a port: ports are 1 to 65535`, {
      start: at + 1,
    });
  }
  return good({ host: host.toLowerCase(), port });
}

/** A whole number from 1 to a million. */
export function parseCount(text: string): Parsed<number> {
  const value = Number(text);
  return /^\d{1,7}$/.test(text) && value >= 1 && value <= 1_000_000
    ? good(value)
    : bad(text, `${quoted(text)} is not a number from 1 to 1000000`);
}

/** `500ms`, `2s`, `5m`, `1h30m`, `0`: milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  if (text === "0") return good(0);
  const units: Readonly<Record<string, number>> = {
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
  };
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    return bad(text, `${quoted(text)} is not a duration`, {
      hint: "Give a number with its unit: 500ms, 2s, 5m or 1h30m",
    });
  }
  let total = 0;
  for (const [, number, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(number) * (units[unit ?? ""] ?? 0);
  }
  return total <= 86_400_000
    ? good(Math.round(total))
    : bad(text, `${quoted(text)} is longer than a day`);
}

/** `app=api,build=3`: labels by name. */
export function parseLabels(
  text: string,
): Parsed<Readonly<Record<string, string>>> {
  const labels: Record<string, string> = Object.create(null);
  let at = 0;
  for (const part of text.split(",")) {
    const here = { start: at, end: at + part.length };
    at += part.length + 1;
    const cut = part.indexOf("=");
    const key = part.slice(0, cut).trim();
    const value = part.slice(cut + 1).trim();
    if (cut < 0 || !isLabelKey(key)) {
      return bad(text, `${quoted(part)} is not KEY=VALUE`, here);
    }
    if (!isLabelValue(value)) {
      return bad(text, `${quoted(value)} is not a label value`, here);
    }
    if (key in labels) return bad(text, `${quoted(key)} is given twice`, here);
    labels[key] = value;
  }
  return good({ ...labels });
}

/** `1=50,3=50`: a percentage for each build. */
export function parseSplit(
  text: string,
): Parsed<readonly { readonly build: string; readonly percent: number }[]> {
  const split: { build: string; percent: number }[] = [];
  const builds = new Set<string>();
  let at = 0;
  for (const part of text.split(",")) {
    const here = { start: at, end: at + part.length };
    at += part.length + 1;
    const cut = part.lastIndexOf("=");
    const build = part.slice(0, Math.max(cut, 0)).trim();
    if (cut < 0 || !isLabelValue(build) || build === "") {
      return bad(text, `${quoted(part)} is not BUILD=PERCENT`, {
        ...here,
        hint: "Name every build with its share: 1=80,3=20",
      });
    }
    const percent = parsePercent(part.slice(cut + 1).trim());
    if (!percent.ok) {
      return bad(text, percent.message, {
        start: here.start + cut + 1,
        end: here.end,
        ...(percent.hint ? { hint: percent.hint } : {}),
      });
    }
    if (builds.has(build)) {
      return bad(text, `build ${quoted(build)} is given twice`, here);
    }
    builds.add(build);
    split.push({ build, percent: percent.value });
  }
  const tenths = split.reduce(
    (sum, each) => sum + Math.round(each.percent * 10),
    0,
  );
  return tenths === 1000
    ? good(split)
    : bad(text, `the shares sum to ${tenths / 10}, not to 100`);
}

/** One header as it is written: `k=v`, `k^=v` (prefix), `k?` (present). */
export function parseHeader(text: string): Parsed<HeaderCondition> {
  const cut = text.indexOf("=");
  if (cut < 0) {
    const name = text.endsWith("?") ? text.slice(0, -1) : "";
    if (!isHeaderName(name)) {
      return bad(text, `${quoted(text)} is not NAME=VALUE`, {
        hint:
          "Give NAME=VALUE, NAME^=PREFIX, or NAME? for a header that is there",
      });
    }
    return good({ name, kind: "present" });
  }
  const prefix = text[cut - 1] === "^";
  const name = text.slice(0, prefix ? cut - 1 : cut);
  const value = text.slice(cut + 1);
  if (!isHeaderName(name)) {
    return bad(text, `${quoted(name)} is not a header name`, {
      end: Math.max(1, name.length),
    });
  }
  if (value === "" && !prefix) {
    return bad(text, `header ${quoted(name)} has no value`, {
      hint: `Use ${
        excerpt(name)
      }? for a header that is there, whatever its value`,
    });
  }
  return good({ name, kind: prefix ? "prefix" : "exact", value });
}

/** `build=42`: a variable and its value. */
export function parseAssignment(
  text: string,
): Parsed<{ readonly name: string; readonly value: string }> {
  const cut = text.indexOf("=");
  const name = cut < 0 ? text : text.slice(0, cut);
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) {
    return bad(text, `${quoted(name)} is not a variable's name`, {
      end: Math.max(1, name.length),
      hint: "Names are letters, digits and _: set build=42",
    });
  }
  if (cut < 0) {
    return bad(text, `${quoted(name)} gets no value`, {
      hint: `Write ${excerpt(name)}=VALUE`,
    });
  }
  return good({ name, value: text.slice(cut + 1) });
}

/** `release.istiops:3:14`: a place in a file; lines and columns from 1. */
export function parseFilePosition(
  text: string,
): Parsed<
  { readonly file: string; readonly line: number; readonly column: number }
> {
  const found = /^(.+):([1-9]\d{0,8}):([1-9]\d{0,8})$/.exec(text);
  if (!found) {
    return bad(text, `${quoted(text)} is not FILE:LINE:COL`, {
      hint: "Lines and columns count from 1: release.istiops:3:14",
    });
  }
  const [, file = "", line, column] = found;
  return good({ file, line: Number(line), column: Number(column) });
}

/** A header condition and its place in the text. */
export interface HeaderAt {
  readonly condition: HeaderCondition;
  readonly start: number;
  readonly end: number;
}

/** Headers split at commas: `a=1,b=2`. */
export function parseHeaderList(text: string): Parsed<readonly HeaderAt[]> {
  const found: HeaderAt[] = [];
  let at = 0;
  for (const part of text.split(",")) {
    const end = at + part.length;
    const start = end - part.trimStart().length;
    at = end + 1;
    const header = parseHeader(part.trimStart());
    if (!header.ok) {
      const split = found.length > 0 && !part.includes("=");
      return bad(text, header.message, {
        start,
        end,
        hint: split
          ? "A value with a comma is written whole with --header NAME=VALUE"
          : header.hint ?? "Or write one header whole with --header NAME=VALUE",
      });
    }
    found.push({ condition: header.value, start, end });
  }
  return good(found);
}

/** A label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`. */
export function parseSelector(
  text: string,
): Parsed<readonly LabelRequirement[]> {
  const found: LabelRequirement[] = [];
  for (const { part, start } of splitOutside(text)) {
    const requirement = parseRequirement(part.trim());
    if (!requirement) {
      return bad(text, `${quoted(part.trim())} is not a label requirement`, {
        // Where nothing stands, the comma is what is wrong.
        start: part.trim() === "" ? Math.max(0, start - 1) : start,
        end: start + part.length,
        hint:
          "Use key=value, key!=value, key in (a,b), key notin (a), key or !key",
      });
    }
    found.push(requirement);
  }
  return good(found);
}

function parseRequirement(text: string): LabelRequirement | undefined {
  const set = /^([^\s!=(),]+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((each) => each.trim());
    return isLabelKey(key) && values.every(isLabelValue)
      ? { key, operator: operator === "in" ? "in" : "notin", values }
      : undefined;
  }
  const pair = /^([^\s!=(),]+)\s*(==|=|!=)\s*([^\s!=(),]*)$/.exec(text);
  if (pair) {
    const [, key = "", operator, value = ""] = pair;
    return isLabelKey(key) && isLabelValue(value)
      ? { key, operator: operator === "!=" ? "notin" : "in", values: [value] }
      : undefined;
  }
  const [, not, key = ""] = /^(!?)\s*([^\s!=(),]+)$/.exec(text) ?? [];
  if (!isLabelKey(key)) return undefined;
  return { key, operator: not ? "notexists" : "exists" };
}

function* splitOutside(
  text: string,
): Generator<{ readonly part: string; readonly start: number }> {
  let start = 0;
  let depth = 0;
  for (let at = 0; at <= text.length; at++) {
    const char = text[at];
    if (char === "(") depth++;
    if (char === ")") depth--;
    if (char !== undefined && !(char === "," && depth === 0)) continue;
    yield { part: text.slice(start, at), start };
    start = at + 1;
  }
}

/** A DNS-1123 subdomain: what an object may be called. */
export function isObjectName(text: string): boolean {
  return text.length <= 253 &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/
      .test(text);
}

function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

function bad<T>(
  text: string,
  message: string,
  where: {
    readonly hint?: string;
    readonly start?: number;
    readonly end?: number;
  } = {},
): Parsed<T> {
  return {
    ok: false,
    message,
    start: where.start ?? 0,
    end: where.end ?? text.length,
    ...(where.hint === undefined ? {} : { hint: where.hint }),
  };
}
