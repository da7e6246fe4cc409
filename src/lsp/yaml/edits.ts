/**
 * Edits of a YAML text that do what an operation does to the object, and leave
 * every other line as somebody wrote it. Each is tried: the text that it leaves
 * must read as the object that is wanted.
 *
 * @module
 */

import { objectsOf } from "../../cluster/manifest_objects.ts";
import { ManifestSource } from "../../cluster/manifest_source.ts";
import type { FieldPath, FixOperation } from "../../istio/findings.ts";
import { isRecord } from "../../istio/shapes.ts";
import type { Span } from "../../language/diagnose.ts";
import { stringifyYaml } from "../../yaml.ts";
import { yamlWord } from "./completion.ts";
import { childOf, endOf, type Entry, valueSpanOf } from "./sketch.ts";
import type { Written } from "./world.ts";

/** A change of the text of a file. */
export interface Change {
  readonly span: Span;
  readonly text: string;
}

/** What an edit must come to. */
type Wanted = (before: unknown) => unknown;

/**
 * The changes that carry operations out on a written object; undefined where
 * it is not written in a way in which that is plain.
 */
export function changesFor(
  written: Written,
  operations: readonly FixOperation[],
): readonly Change[] | undefined {
  const real = operations.filter(({ op }) => op !== "test");
  const [operation] = real;
  // One after the other would move the places of the next.
  if (operation === undefined || real.length > 1) return undefined;
  const path = operation.path.split("/").slice(1).map((step) =>
    step.replaceAll("~1", "/").replaceAll("~0", "~")
  );
  const change = operation.op === "remove"
    ? removal(written, path)
    : operation.op === "replace"
    ? replacement(written, path, valueOf(operation))
    : addition(written, path, valueOf(operation));
  const wanted: Wanted = (before) => patched(before, path, operation);
  return change && tried(written, [change], wanted);
}

/** The changes, if the text that they leave reads as what is wanted. */
export function tried(
  { part, read }: Written,
  changes: readonly Change[],
  wanted: Wanted,
): readonly Change[] | undefined {
  const { chunk, start } = part;
  let { text } = chunk;
  for (
    const { span, text: by } of changes.toSorted((a, b) =>
      b.span.start - a.span.start
    )
  ) {
    text = text.slice(0, span.start - start) + by +
      text.slice(span.end - start);
  }
  const { first } = chunk.document;
  const { manifests } = objectsOf({
    source: new ManifestSource("", text),
    ...{ start: 0, first, end: text.length },
  });
  const object = manifests.find(({ path }) =>
    String(path) === String(read.path)
  )
    ?.written;
  return canonical(object) === canonical(wanted(read.written))
    ? changes
    : undefined;
}

/** Another value of a field, or of a place in a list. */
export function replacement(
  written: Written,
  path: FieldPath,
  value: unknown,
): Change | undefined {
  const entry = entryOf(written, path);
  const { chunk, start } = written.part;
  const span = entry && valueSpanOf(chunk.sketch(), entry);
  const isScalar = entry?.kind === "plain" || entry?.kind === "quoted";
  if (span === undefined || !isScalar || typeof value === "object") {
    return undefined;
  }
  return {
    span: { start: span.start + start, end: span.end + start },
    text: typeof value === "string" ? yamlWord(value) : String(value),
  };
}

/** All lines of an item or of a field. */
export function removal(
  written: Written,
  path: FieldPath,
): Change | undefined {
  const entry = entryOf(written, path);
  if (entry === undefined || entry.column < 0) return undefined;
  const { chunk, start } = written.part;
  const { text } = chunk;
  const from = text.lastIndexOf("\n", entry.at - 1) + 1;
  if (text.slice(from, entry.at).trim() !== "") return undefined;
  const feed = text.indexOf("\n", endOf(entry));
  const to = feed < 0 ? text.length : feed + 1;
  return { span: { start: from + start, end: to + start }, text: "" };
}

function addition(
  written: Written,
  path: readonly string[],
  value: unknown,
): Change | undefined {
  const holder = entryOf(written, path.slice(0, -1));
  const key = path.at(-1) as string;
  const sibling = holder?.lastChild;
  if (sibling === undefined || sibling.isItem) {
    return undefined;
  }
  return linesBehind(written, sibling, { [key]: value });
}

/** Lines behind an entry, in its column. */
export function linesBehind(
  { part, file }: Written,
  entry: Entry,
  value: unknown,
): Change | undefined {
  if (entry.column < 0) return undefined;
  const { text } = part.chunk;
  const end = endOf(entry);
  const feed = text.indexOf("\n", end);
  const isPair = text[feed - 1] === "\r";
  const at = part.start + (feed < 0 ? text.length : isPair ? feed - 1 : feed);
  const newline = file.text.includes("\r\n") ? "\r\n" : "\n";
  const lines = stringifyYaml(value, { useAnchors: false, lineWidth: -1 })
    .trimEnd().split("\n").map((line) =>
      newline + " ".repeat(entry.column) + line
    );
  return { span: { start: at, end: at }, text: lines.join("") };
}

/** The entry of a field as it is written, an alias not followed. */
export function entryOf(
  { part, read }: Written,
  path: readonly (string | number)[],
): Entry | undefined {
  const sketch = part.chunk.sketch();
  let entry: Entry | undefined = sketch.root;
  for (const step of [...read.path, ...path]) {
    if (entry === undefined || entry.kind === "alias") return undefined;
    const isItem = entry.firstChild?.isItem === true;
    const next = childOf(sketch, entry, isItem ? Number(step) : step);
    // What a merge key brings is written elsewhere.
    entry = next?.parent?.id === entry.id ? next : undefined;
  }
  return entry;
}

function patched(
  before: unknown,
  [step = "", ...rest]: readonly string[],
  operation: FixOperation,
): unknown {
  const isLast = rest.length === 0;
  if (Array.isArray(before)) {
    const index = Number(step);
    return isLast && operation.op === "remove"
      ? before.filter((_, nth) => nth !== index)
      : before.map((one, nth) =>
        nth !== index
          ? one
          : isLast
          ? valueOf(operation)
          : patched(one, rest, operation)
      );
  }
  if (!isRecord(before)) return before;
  const copy: Record<string, unknown> = { ...before };
  if (!isLast) copy[step] = patched(before[step], rest, operation);
  else if (operation.op === "remove") delete copy[step];
  else copy[step] = valueOf(operation);
  return copy;
}

function valueOf(operation: FixOperation): unknown {
  return "value" in operation ? operation.value : undefined;
}

/** One text for values that are the same, whatever the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner) =>
      isRecord(inner)
        ? Object.fromEntries(
          Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1),
        )
        : inner,
  ) ?? "";
}
