/**
 * Edits that mend what was told, each as one would do it by hand.
 *
 * @module
 */

import type { CodeAction, Range } from "vscode-languageserver/node";
import type { Fix as FindingFix } from "../../istio/findings.ts";
import { namespaceOf, resolveHost } from "../../istio/hosts.ts";
import { schemaField } from "../../istio/schema.ts";
import { isRecord, stringOf } from "../../istio/shapes.ts";
import type { DestinationRule, Json } from "../../istio/types.ts";
import { nearest, type Span } from "../../language/diagnose.ts";
import type { Names } from "../../language/names.ts";
import { isHiding, safe } from "../../render/safe.ts";
import { apportion, sharesOf } from "../../traffic/weights.ts";
import type { Client } from "../view.ts";
import { shownDiagnostic } from "./diagnostics.ts";
import {
  type Change,
  changesFor,
  entryOf,
  linesBehind,
  removal,
  replacement,
  tried,
} from "./edits.ts";
import type { YamlFile } from "./files.ts";
import type { Told } from "./findings.ts";
import { gatewaysFor, hostsFor, type Offer, subsetsFor } from "./offers.ts";
import type { Together, Written } from "./world.ts";

/** Names that could stand there instead, where none is nearest. */
const MOST = 5;
/** Characters that are read to try edits: each try reads a document. */
const MOST_READ = 1024 * 1024;

interface Fix {
  readonly title: string;
  readonly written: Written;
  /** Undefined where it cannot be done so that it is plain. */
  readonly changes: () => readonly Change[] | undefined;
  readonly isPreferred?: boolean;
}

/** What an action is made with. */
export interface ActionOptions {
  readonly all: Together;
  /** What was told about the file. */
  readonly told: readonly Told[];
  readonly names: Names;
  readonly client: Client;
  readonly only?: unknown;
}

/** What is offered for a range. */
export function codeActionsIn(
  file: YamlFile,
  range: Range,
  of: ActionOptions,
): readonly CodeAction[] {
  const { only, client } = of;
  if (Array.isArray(only) && !only.some((one) => isQuickFix(one))) return [];
  const span = file.lines.spanOf(range);
  let left = MOST_READ;
  return of.told
    .filter((told) => touches(told.span, span))
    .flatMap((told) =>
      fixesFor(told, of).flatMap((fix): CodeAction[] => {
        const { title, written, isPreferred } = fix;
        if (left < 0) return [];
        left -= written.part.chunk.text.length;
        const changes = fix.changes();
        if (changes === undefined) return [];
        if (changes.some(({ text }) => text.split(/\r?\n/).some(isHiding))) {
          return [];
        }
        const { uri, lines } = written.file;
        return [{
          title: safe(title),
          kind: "quickfix",
          diagnostics: [shownDiagnostic(file, told)],
          ...isPreferred === true && client.preferredActions
            ? { isPreferred }
            : {},
          edit: {
            changes: {
              [uri]: changes.map(({ span, text }) => ({
                range: lines.rangeOf(span),
                newText: text,
              })),
            },
          },
        }];
      })
    );
}

function isQuickFix(kind: unknown): boolean {
  return kind === "" || String(kind) === "quickfix";
}

function touches(a: Span, b: Span): boolean {
  return a.start <= b.end && b.start <= a.end;
}

function fixesFor(told: Told, of: ActionOptions): readonly Fix[] {
  if (told.problem !== undefined) return problemFixes(told, of);
  const { written, finding } = told;
  if (written === undefined || finding === undefined) return [];
  const { fix } = finding;
  return [
    ...nameFixes(told, of),
    ...fix === undefined ? [] : [{
      title: titleOf(fix),
      written,
      changes: () => changesFor(written, fix.operations),
      // What takes something out is for somebody to choose.
      isPreferred: fix.safe && fix.operations.at(-1)?.op !== "remove",
    }],
    ...weightFix(told),
    ...subsetFix(told, of.all),
    ...ignoring(told),
  ];
}

function titleOf({ operations }: FindingFix): string {
  const operation = operations.at(-1);
  if (operation === undefined) return "Mend it";
  const [name = "", ...more] = operation.path.split("/").slice(2);
  const field = [name, ...more].join(".");
  return operation.op === "remove"
    ? `Take out ${field}`
    : `Write ${field}: ${JSON.stringify(operation.value)}`;
}

/** Names that are there, where the one that is written is not. */
function nameFixes(
  { written, finding }: Told,
  { all, names }: ActionOptions,
): readonly Fix[] {
  if (finding?.code !== "IST0101" || written === undefined) return [];
  const { path = [] } = finding;
  const { object } = written.read;
  const namespace = namespaceOf(object);
  const value = valueAt(object, path);
  if (typeof value !== "string") return [];
  const last = path.at(-1);
  const offers: readonly Offer[] = last === "subset"
    ? subsetsFor(all.world, {
      names,
      host: hostOf(written, path.slice(0, -1), all),
    })
    : last === "host"
    ? hostsFor(all.world, { namespace, names })
    : path[1] === "gateways"
    ? gatewaysFor(all.world, { namespace })
    : [];
  return replacements(written, path, offers.map(({ text }) => text));
}

function replacements(
  written: Written,
  path: readonly (string | number)[],
  all: readonly string[],
): readonly Fix[] {
  const value = String(valueAt(written.read.written, path) ?? "");
  const others = [...new Set(all)].filter((one) => one !== value);
  const near = nearest(value, others);
  return (near === undefined ? others.slice(0, MOST) : [near]).map((text) => {
    const change = replacement(written, path, text);
    return {
      title: `Write ${text}`,
      written,
      changes: () =>
        change && tried(
          written,
          [change],
          (before) => withValue(before, path, text),
        ),
      isPreferred: text === near,
    };
  });
}

function hostOf(
  { read }: Written,
  destination: readonly (string | number)[],
  { world }: Together,
): string {
  const host = valueAt(read.object, [...destination, "host"]);
  return resolveHost(stringOf(host), namespaceOf(read.object), world.mesh);
}

function problemFixes(
  { problem }: Told,
  { all }: ActionOptions,
): readonly Fix[] {
  const { code, manifest, path = [], message } = problem ?? {};
  // An object with an error is in no world; it is written all the same.
  const written = manifest && writtenOf(manifest, all);
  if (written === undefined) return [];
  const { object } = written.read;
  if (code === "unknown-field") {
    const holder = path.slice(0, -1);
    const key = String(path.at(-1));
    const known = schemaField(object.kind, holder)?.fields
      .map((field) => field.key) ?? [];
    const near = nearest(key, known);
    const gone = removal(written, path);
    return [
      ...near === undefined ? [] : [{
        title: `Write ${near}`,
        written,
        changes: () =>
          tried(
            written,
            [keyChange(written, path, near)].flatMap((one) => one ?? []),
            (before) => renamed(before, path, near),
          ),
        isPreferred: true,
      }],
      {
        title: `Remove ${key}`,
        written,
        changes: () =>
          gone &&
          tried(written, [gone], (before) => without(before, path)),
      },
    ];
  }
  if (code === "IST0106" && message?.includes("Unsupported value")) {
    return replacements(
      written,
      path,
      schemaField(object.kind, path)?.values ?? [],
    );
  }
  if (code === "wrong-type" && path.length === 3) {
    const value = valueAt(written.read.written, path);
    const change = isRecord(value)
      ? undefined
      : replacement(written, path, value as Json);
    if (change === undefined) return [];
    const text = JSON.stringify(String(value));
    return [{
      title: `Write ${text}`,
      written,
      changes: () =>
        tried(
          written,
          [{ ...change, text }],
          (before) => withValue(before, path, String(value)),
        ),
      isPreferred: true,
    }];
  }
  return [];
}

function writtenOf(
  manifest: NonNullable<NonNullable<Told["problem"]>["manifest"]>,
  { files }: Together,
): Written | undefined {
  const [file] = files;
  const part = file?.parts.find(({ chunk }) =>
    chunk.checked.some((one) => one.manifest === manifest)
  );
  return file && part &&
    { file, part, read: { ...manifest, namespace: "" } };
}

/** Weights in the same proportion that add up to 100. */
function weightFix({ written, finding }: Told): readonly Fix[] {
  const { code, path = [], fix } = finding ?? {};
  if (code !== "share-differs" || written === undefined || fix) return [];
  const route = valueAt(written.read.object, path);
  if (!Array.isArray(route)) return [];
  const weights = route.map((one) => Number(one?.weight ?? 0));
  const whole = apportion(sharesOf(route), 100);
  // What gets something must not end with nothing.
  if (whole.some((one, index) => one === 0 && weights[index]! > 0)) return [];
  const changes = whole.flatMap((weight, index) => {
    if (route[index]?.weight === weight || weights[index] === 0) return [];
    return replacement(written, [...path, index, "weight"], weight) ?? [];
  });
  return [{
    title: `Write weights ${whole.join(", ")}`,
    written,
    isPreferred: true,
    changes: () =>
      tried(written, changes, (before) =>
        withValue(
          before,
          path,
          route.map((one, index) =>
            weights[index] === 0 ? one : { ...one, weight: whole[index] }
          ),
        )),
  }];
}

/** The subset that is missing, with labels like those of its neighbours. */
function subsetFix(
  { written, finding }: Told,
  all: Together,
): readonly Fix[] {
  const { code, path = [] } = finding ?? {};
  if (code !== "IST0101" || path.at(-1) !== "subset" || !written) return [];
  const name = valueAt(written.read.object, path);
  const host = hostOf(written, path.slice(0, -1), all);
  if (typeof name !== "string") return [];
  for (const own of all.written.values()) {
    if (own.read.object.kind !== "DestinationRule") continue;
    const { spec, metadata } = own.read.object as DestinationRule;
    const full = resolveHost(
      stringOf(spec?.host),
      namespaceOf(own.read.object),
      all.world.mesh,
    );
    const like: unknown = spec?.subsets?.at(-1);
    const last = entryOf(own, ["spec", "subsets"])?.lastChild;
    if (full !== host || !isRecord(like) || last === undefined) continue;
    const subset = { name, labels: labelsLike(like, name) };
    const change = linesBehind(own, last, [subset]);
    return [{
      title: `Add subset ${name} to DestinationRule ${metadata.name} (${
        Object.entries(subset.labels).map(([key, value]) => `${key}=${value}`)
          .join(",")
      })`,
      written: own,
      changes: () =>
        change &&
        tried(
          own,
          [change],
          (before) =>
            withValue(before, ["spec", "subsets"], [
              ...valueAt(before, ["spec", "subsets"]) as unknown[],
              subset,
            ]),
        ),
    }];
  }
  return [];
}

function labelsLike(
  like: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, string>> {
  const labels = isRecord(like["labels"]) ? like["labels"] : { version: "" };
  const former = stringOf(like["name"]);
  return Object.fromEntries(
    Object.entries(labels).map(([key, label]) => {
      const value = String(label);
      // `v1` for `version: v1` and for `build: "1"`.
      const before = former.slice(0, former.length - value.length);
      const isNamed = former.endsWith(value) && name.startsWith(before);
      return [key, isNamed ? name.slice(before.length) : value];
    }),
  );
}

/** A comment that asks not to be told. */
function ignoring({ code, span, written }: Told): readonly Fix[] {
  if (written === undefined) return [];
  const { file, part } = written;
  const { lines, text } = file;
  // JSON has no comments.
  if (part.chunk.text[part.chunk.document.first] === "{") return [];
  const line = lines.lineAt(span.start);
  const start = lines.offsetAt({ line, character: 0 });
  const own = text.slice(start, lines.endOf(line));
  const above = line === 0 ? "" : text.slice(
    lines.offsetAt({ line: line - 1, character: 0 }),
    lines.endOf(line - 1),
  );
  const [blanks = ""] = /^\s*/.exec(own) ?? [];
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const isThere = /^\s*#\s*istiops-ignore:\s*\S/.test(above);
  const change: Change = isThere
    ? at(lines.endOf(line - 1), `, ${code}`)
    : at(start, `${blanks}# istiops-ignore: ${code}${newline}`);
  return [{
    title: `Ignore ${code} here`,
    written,
    changes: () => tried(written, [change], (before) => before),
  }];
}

function at(offset: number, text: string): Change {
  return { span: { start: offset, end: offset }, text };
}

/** Another name of a field, in the quotes of the former one. */
function keyChange(
  written: Written,
  path: readonly (string | number)[],
  name: string,
): Change | undefined {
  const entry = entryOf(written, path);
  if (entry === undefined) return undefined;
  const { start, chunk } = written.part;
  const [first = ""] = chunk.text.slice(entry.at, entry.keyEnd);
  const quote = first === '"' || first === "'" ? first : "";
  return {
    span: { start: start + entry.at, end: start + entry.keyEnd },
    text: `${quote}${name}${quote}`,
  };
}

function valueAt(
  value: unknown,
  path: readonly (string | number)[],
): unknown {
  return path.reduce<unknown>(
    (here, step) =>
      typeof here === "object" && here !== null
        ? (here as Record<string | number, unknown>)[step]
        : undefined,
    value,
  );
}

/** A copy with another value at a path. */
function withValue(
  value: unknown,
  [step, ...rest]: readonly (string | number)[],
  leaf: unknown,
): unknown {
  if (step === undefined) return leaf;
  if (Array.isArray(value)) {
    return value.map((one, index) =>
      index === step ? withValue(one, rest, leaf) : one
    );
  }
  const fields = isRecord(value) ? value : {};
  return { ...fields, [step]: withValue(fields[step], rest, leaf) };
}

function without(
  value: unknown,
  path: readonly (string | number)[],
): unknown {
  return mapped(value, path, ({ [String(path.at(-1))]: _, ...rest }) => rest);
}

function renamed(
  value: unknown,
  path: readonly (string | number)[],
  name: string,
): unknown {
  return mapped(
    value,
    path,
    ({ [String(path.at(-1))]: own, ...rest }) => ({ ...rest, [name]: own }),
  );
}

function mapped(
  value: unknown,
  path: readonly (string | number)[],
  change: (holder: Record<string, unknown>) => Record<string, unknown>,
): unknown {
  const holder = valueAt(value, path.slice(0, -1));
  return isRecord(holder)
    ? withValue(value, path.slice(0, -1), change(holder))
    : value;
}
