/**
 * Where somebody is in a YAML document: the object, the path, and what is
 * being typed. A text that is being typed is hardly ever whole, so this is
 * made of its columns alone.
 *
 * @module
 */

import type { Span } from "../../language/diagnose.ts";
import { type Part, partAt, type YamlFile } from "./files.ts";
import {
  type Entry,
  fieldOf,
  pathOf,
  scalarOf,
  type Sketch,
} from "./sketch.ts";
import { sketchOf } from "./sketch_lines.ts";

/** The object that a place is in, as far as it can be told. */
export interface ObjectAt {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** Its own entry: the document, or an item of a List. */
  readonly entry: Entry;
}

/** Where a cursor is. */
export interface CursorAt {
  readonly sketch: Sketch;
  readonly object: ObjectAt;
  /** From the object; with the key or index at the cursor. */
  readonly path: readonly (string | number)[];
  readonly what: "key" | "value";
  readonly entry: Entry;
  /** Behind the key there is a colon already. */
  readonly hasColon: boolean;
  /** What would be replaced, in the file. */
  readonly span: Span;
  /** Of that, what is before the cursor. */
  readonly prefix: string;
  readonly quote: '"' | "'" | undefined;
}

/** A character that no file has where somebody types. */
const MARK = "\uE000";

/** Characters behind the cursor that say something about the place. */
const MOST_BEHIND = 16 * 1024;

/** What is typed at an offset; nothing in a comment or a long text. */
export function cursorIn(
  file: YamlFile,
  offset: number,
): CursorAt | undefined {
  const part = partAt(file, offset) ?? { start: 0, chunk: { text: "" } };
  const { text } = part.chunk;
  const at = offset - part.start;
  if (at > text.length) return undefined;
  const behind = text.slice(at, at + MOST_BEHIND);
  const sketch = sketchOf(`${text.slice(0, at)}${MARK}${behind}`);
  // The last that begins before it: an entry holds the ones behind it.
  const entry = entryAt(sketch, at);
  if (entry === undefined) return undefined;
  const isKey = !entry.isItem && at <= entry.keyEnd && entry.at <= at;
  const from = isKey ? entry.at : entry.start;
  const to = isKey ? entry.keyEnd : entry.end;
  const written = sketch.text.slice(from, to);
  if (!written.includes(MARK) || written.includes("\n")) return undefined;
  const quote = written[0] === '"' || written[0] === "'"
    ? written[0]
    : undefined;
  const inner = quote === undefined ? 0 : 1;
  const isClosed = quote !== undefined && written.length > 1 &&
    written.endsWith(quote);
  const start = part.start + from + inner;
  const object = objectOf(sketch, entry);
  // In a list of objects a word is the first key of one.
  const isWord = !isKey && entry.isItem;
  return {
    ...{ sketch, object, entry, quote },
    path: pathOf(entry).slice(pathOf(object.entry).length),
    what: isKey ? "key" : "value",
    hasColon: isKey && !entry.isLoose && !isWord,
    span: { start, end: part.start + to - 1 - (isClosed ? 1 : 0) },
    prefix: sketch.text.slice(from + inner, at),
  };
}

function entryAt(sketch: Sketch, at: number): Entry | undefined {
  let found: Entry | undefined;
  for (const entry of sketch.entries()) {
    if (entry.at > at) break;
    const { kind, start, end } = entry;
    const isKey = !entry.isItem && at <= entry.keyEnd;
    const isValue = start >= 0 && start <= at && at <= end &&
      (kind === "plain" || kind === "quoted");
    if (isKey || isValue) found = entry;
  }
  return found;
}

/** An entry, and where it is. */
export interface EntryIn {
  readonly part: Part;
  readonly sketch: Sketch;
  readonly entry: Entry;
}

/** An entry at an offset, by its key or its scalar. */
export function entryIn(
  file: YamlFile,
  offset: number,
): EntryIn | undefined {
  const part = partAt(file, offset);
  if (part === undefined) return undefined;
  const sketch = part.chunk.sketch();
  const entry = entryAt(sketch, offset - part.start);
  return entry && { part, sketch, entry };
}

/** The nearest that says what kind it is. */
export function objectOf(sketch: Sketch, entry: Entry): ObjectAt {
  let holder = sketch.root;
  for (let each: Entry | undefined = entry; each; each = each.parent) {
    const isItem = each.isItem && each.parent?.step === "items" &&
      each.parent.parent?.id === 0;
    if (isItem && textAt(sketch, each, "kind") !== undefined) holder = each;
  }
  const metadata = fieldOf(holder, "metadata");
  return {
    kind: textAt(sketch, holder, "kind") ?? "",
    apiVersion: textAt(sketch, holder, "apiVersion") ?? "",
    namespace: metadata && textAt(sketch, metadata, "namespace"),
    name: metadata && textAt(sketch, metadata, "name"),
    entry: holder,
  };
}

/** The text that a field of an entry holds, without the mark of the cursor. */
export function textAt(
  sketch: Sketch,
  entry: Entry,
  key: string,
): string | undefined {
  const found = fieldOf(entry, key);
  return found && scalarOf(sketch, found)?.replace(MARK, "");
}

/** Keys or items that are read of one list or mapping. */
const MOST_READ = 200;
/** Levels that are read. */
const DEEPEST = 8;

/** What an entry holds, as far as it stands there: anchors are not followed. */
export function valueAt(entry: Entry, depth = 0): unknown {
  const { sketch, kind } = entry;
  const text = scalarOf(sketch, entry)?.replace(MARK, "");
  if (text !== undefined) {
    return kind === "plain" && /^\d{1,9}$/.test(text) ? Number(text) : text;
  }
  const children = [...entry.children().take(MOST_READ)];
  if (children.length === 0 || depth === DEEPEST) return undefined;
  const read = children.map((each) => valueAt(each, depth + 1));
  return children[0]?.isItem === true
    ? read
    : Object.fromEntries(children.map(({ step }, nth) => [step, read[nth]]));
}
