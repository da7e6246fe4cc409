/**
 * Where a value of an object stands in its file. Positions cost ten times what
 * reading costs, so they are worked out for one document when somebody asks.
 *
 * @module
 */

import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import type { Manifest } from "./manifest_objects.ts";
import { partOf } from "./manifest_part.ts";
import {
  type FilePlace,
  type ManifestDocument,
  textOf,
} from "./manifest_source.ts";

/** Keys and indices from an object to a value in it. */
export type FieldPath = readonly (string | number)[];

/**
 * The place of a value: its text without its key, an anchor and a tag before
 * it, or a comment behind it. An alias leads to what it stands for. Of a field
 * that is not there: the nearest mapping or list that could hold it, by its
 * key where it has one.
 */
export function placeOf(manifest: Manifest, path: FieldPath): FilePlace {
  const { document, path: start } = partOf(manifest);
  const whole = [...start, ...path];
  const { value, pair, depth } = find(document, whole);
  const node = depth === whole.length ? value : pair?.key as Node | undefined;
  return placeOfNode(document, node ?? value);
}

/** The place of a field's key; as {@linkcode placeOf} where it has none. */
export function keyPlaceOf(manifest: Manifest, path: FieldPath): FilePlace {
  const { document, path: start } = partOf(manifest);
  const whole = [...start, ...path];
  const { value, pair } = find(document, whole);
  return placeOfNode(document, (pair?.key as Node | undefined) ?? value);
}

/** What YAML 1.1 has for true and false besides these words. */
const BOOLEANS = /^(?:(y|yes|Y|Yes|YES|on|On|ON)|n|no|N|No|NO|off|Off|OFF)$/;

/** Offsets in the file of what `@std/yaml` reads in another way than kubectl. */
export interface Misread {
  /** The first tab that stands for indentation. */
  readonly tab: number | undefined;
  /** Plain words that are booleans there. */
  readonly words: readonly {
    readonly offset: number;
    readonly word: string;
    readonly isTrue: boolean;
  }[];
}

/** Looks for what is misread. */
export function misreadIn(document: ManifestDocument): Misread {
  const tree = parsed(document);
  const { start } = document;
  const tab = tree.errors.find(({ code }) => code === "TAB_AS_INDENT");
  const words: Misread["words"][number][] = [];
  visit(tree, {
    Scalar(key, { type, source = "", range, tag }) {
      if (type !== "PLAIN" || key === "key" || tag !== undefined) return;
      const word = booleanAt(source, start + (range?.[0] ?? 0));
      if (word !== undefined) words.push(word);
    },
  });
  return { tab: tab && start + tab.pos[0], words };
}

/** A plain word that kubectl reads as true or false. */
export function booleanAt(
  word: string,
  offset: number,
): Misread["words"][number] | undefined {
  const match = BOOLEANS.exec(word);
  return match === null
    ? undefined
    : { offset, word, isTrue: match[1] !== undefined };
}

interface Way {
  /** The last node that was reached. */
  readonly value: Node | undefined;
  /** The pair that holds it, where a mapping does. */
  readonly pair: Pair | undefined;
  /** How much of the path leads there. */
  readonly depth: number;
}

/** The last one only: a tree takes many times what its text takes. */
const PARSED = new WeakMap<ManifestDocument, Document>();
let latest: WeakRef<ManifestDocument> | undefined;

function parsed(document: ManifestDocument): Document {
  let tree = PARSED.get(document);
  if (tree === undefined) {
    const before = latest?.deref();
    if (before !== undefined) PARSED.delete(before);
    latest = new WeakRef(document);
    tree = parseDocument(textOf(document), {
      schema: "core",
      uniqueKeys: false,
      logLevel: "silent",
      keepSourceTokens: false,
    }) as Document;
    PARSED.set(document, tree);
  }
  return tree;
}

function find(document: ManifestDocument, path: FieldPath): Way {
  const tree = parsed(document);
  let value = resolved(tree.contents ?? undefined, tree);
  let pair: Pair | undefined;
  let depth = 0;
  for (const step of path) {
    const next = isMap(value)
      ? pairOf(value, String(step), tree)
      : isSeq(value) && typeof step === "number"
      ? value.items[step] as Node | undefined
      : undefined;
    if (next === undefined) break;
    pair = isPair(next) ? next : undefined;
    const node = isPair(next) ? (next.value ?? next.key) as Node : next;
    depth++;
    value = resolved(node, tree);
  }
  return { value, pair, depth };
}

/** As kubectl reads it: the last one counts, merged or not. */
function pairOf(map: YAMLMap, key: string, tree: Document): Pair | undefined {
  let found: Pair | undefined;
  for (const pair of map.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : "";
    if (name === key) found = pair;
    else if (name === "<<") found = mergedPair(pair, key, tree) ?? found;
  }
  return found;
}

/** Of several mappings the first one wins. */
function mergedPair(
  pair: Pair,
  key: string,
  tree: Document,
): Pair | undefined {
  const source = resolved(pair.value as Node | undefined, tree);
  const maps = isSeq(source) ? source.items as Node[] : [source];
  for (const each of maps) {
    const map = resolved(each, tree);
    const found = isMap(map) ? pairOf(map, key, tree) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function resolved(node: Node | undefined, tree: Document): Node | undefined {
  return isAlias(node) ? node.resolve(tree) ?? node : node;
}

function placeOfNode(
  document: ManifestDocument,
  node: Node | undefined,
): FilePlace {
  const { source, start, first } = document;
  const begin = node?.range?.[0];
  return node === undefined || begin === undefined
    ? source.placeOf(first)
    : source.placeOf(start + begin, endOf(document, node));
}

/** Behind the last character of the value: not its line feed, nor a comment. */
function endOf({ source, start }: ManifestDocument, node: Node): number {
  let last = node;
  while ((isMap(last) || isSeq(last)) && last.flow !== true) {
    const item = last.items.at(-1) as Pair | Node | undefined;
    const inner = isPair(item) ? (item.value ?? item.key) as Node : item;
    if (inner === undefined) break;
    last = inner;
  }
  let end = start + (last.range?.[1] ?? node.range?.[1] ?? 0);
  if (isScalar(last) && /^BLOCK/.test(last.type ?? "")) {
    while (" \t\r\n".includes(source.text[end - 1] ?? "x")) end--;
  }
  return end;
}
