/**
 * The text of one item of a long List. What works places out takes a second
 * for each MiB; a List of a whole cluster has many, and one item few.
 *
 * @module
 */

import { isRecord } from "../istio/shapes.ts";
import { parseYaml } from "../yaml.ts";
import type { Manifest } from "./manifest_objects.ts";
import type { FieldPath } from "./manifest_place.ts";
import { endOfString, type ManifestDocument } from "./manifest_source.ts";

/** Below that many characters it is not worth the while. */
const LONG = 64 * 1024;

/** A part of a document that holds the object by itself. */
export interface Part {
  readonly document: ManifestDocument;
  /** Where the object is in the part. */
  readonly path: FieldPath;
}

/** The item of a List as a document of its own, or the whole document. */
export function partOf({ written, document, path }: Manifest): Part {
  const { source, start, first, end } = document;
  const [items, index] = path;
  if (
    items !== "items" || typeof index !== "number" || path.length > 2 ||
    end - start < LONG
  ) return { document, path };
  const { ranges, isJson } = itemsIn(document);
  const [from, to] = ranges[index] ?? [first, first];
  // Read alone it is the same object, so it is that object's text.
  const item = valueOf(source.text.slice(from, to), isJson);
  return isSame(item, written)
    ? {
      document: partAt(document, [from, to]),
      path: isJson ? [] : [0],
    }
    : { document, path };
}

const PARTS = new WeakMap<ManifestDocument, Map<number, ManifestDocument>>();

/** The same part each time, so that what is known of it is known again. */
function partAt(
  document: ManifestDocument,
  [start, end]: readonly [number, number],
): ManifestDocument {
  const parts = PARTS.getOrInsertComputed(document, () => new Map());
  const part = parts.get(start) ??
    { source: document.source, start, first: start, end };
  parts.set(start, part);
  return part;
}

function valueOf(text: string, isJson: boolean): unknown {
  try {
    if (isJson) return JSON.parse(text);
    const list = parseYaml(text, { schema: "core" });
    return Array.isArray(list) && list.length === 1 ? list[0] : undefined;
  } catch {
    // An alias to another item, or no item at all.
    return undefined;
  }
}

/** A List may say once what its items are. */
function isSame(item: unknown, written: object): boolean {
  if (!isRecord(item)) return false;
  const own = Object.entries(written).filter(([key]) =>
    Object.hasOwn(item, key) || key !== "apiVersion" && key !== "kind"
  );
  return JSON.stringify(item) === JSON.stringify(Object.fromEntries(own));
}

interface Items {
  readonly ranges: readonly (readonly [number, number])[];
  readonly isJson: boolean;
}

const ITEMS = new WeakMap<ManifestDocument, Items>();

function itemsIn(document: ManifestDocument): Items {
  let items = ITEMS.get(document);
  if (items === undefined) {
    const isJson = document.source.text[document.first] === "{";
    const ranges = isJson ? jsonItems(document) : blockItems(document);
    items = { ranges, isJson };
    ITEMS.set(document, items);
  }
  return items;
}

/** From each dash of `items` to the next, or to what comes behind them. */
function blockItems(
  { source: { text }, start, end }: ManifestDocument,
): Items["ranges"] {
  const head = /^items:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*( *)- /gm;
  head.lastIndex = start;
  const first = head.exec(text);
  if (first === null || first.index >= end) return [];
  const { length } = first[1]!;
  const line = new RegExp(`^ {${length}}- |^ {0,${length}}[^ \\r\\n#]`, "gm");
  line.lastIndex = first.index + first[0].length - length - 2;
  const ranges: [number, number][] = [];
  for (;;) {
    const match = line.exec(text);
    const at = Math.min(match?.index ?? end, end);
    const last = ranges.at(-1);
    if (last !== undefined) last[1] = at;
    if (at === end || !match?.[0].endsWith("- ")) return ranges;
    ranges.push([at, end]);
  }
}

/** The objects of `items`, a field of the outermost object. */
function jsonItems(
  { source: { text }, first, end }: ManifestDocument,
): Items["ranges"] {
  const token = /["{}[\]]/g;
  token.lastIndex = first;
  const ranges: [number, number][] = [];
  let depth = 0;
  let isItems = false;
  for (;;) {
    const { index } = token.exec(text) ?? { index: end };
    if (index >= end) return ranges;
    const char = text[index];
    if (char === '"') {
      token.lastIndex = endOfString(text, index);
      if (depth === 1 && text.startsWith('"items"', index)) {
        isItems = /^\s*:\s*\[/.test(text.slice(token.lastIndex, end));
      }
    } else if (char === "{" || char === "[") {
      if (char === "{" && depth === 2 && isItems) ranges.push([index, index]);
      depth++;
    } else {
      depth--;
      const last = ranges.at(-1);
      if (depth === 2 && isItems && last !== undefined) last[1] = index + 1;
      if (depth === 1) isItems = false;
    }
  }
}
