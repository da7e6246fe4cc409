/**
 * A YAML document as its columns have it: keys, items and values with their
 * places, however broken the rest is. A parser that knows all of YAML takes
 * thirty times as long, and nothing of a text in which somebody types.
 *
 * @module
 */

import type { Span } from "../../language/diagnose.ts";

/** Where an entry begins. */
export interface EntryPlace {
  /** Of an item, counted from 0; a key is read from the text. */
  readonly index?: number;
  /** Column of the key or the dash; -1 inside braces and brackets. */
  readonly column: number;
  /** Where the key or the dash begins. */
  readonly at: number;
  /** Behind the key; where there is none, it is `at`. */
  readonly keyEnd: number;
  /** A key without a colon: somebody types, or it is no YAML. */
  readonly isLoose?: boolean;
}

/** Of one document; one with all routes of a cluster has half as many. */
export const MOST_ENTRIES = 100_000;

const KINDS = ["none", "plain", "quoted", "block", "flow", "alias"] as const;

/** What a value is. */
export type ValueKind = typeof KINDS[number];

/** Numbers that an entry is kept as, by their place. */
const FIELD = {
  ...{ parent: 0, index: 1, column: 2, at: 3, keyEnd: 4, loose: 5 },
  ...{ kind: 6, start: 7, end: 8, first: 9, last: 10, next: 11, count: 12 },
} as const;
const WIDTH = 13;
const NONE = -1;

/**
 * What a text looks like. Entries are kept as numbers: a long text has a
 * hundred thousand, and is read again after each key.
 */
export class Sketch {
  readonly text: string;
  /** By the name of the anchor. */
  readonly anchors = new Map<string, Entry>();
  /** A full parser would see the same. */
  isSure = true;
  #numbers = new Int32Array(WIDTH * 64);
  #size = 0;

  constructor(text: string) {
    this.text = text;
    this.add(undefined, { column: -1, at: 0, keyEnd: 0 });
  }

  /** The document. */
  get root(): Entry {
    return this.entry(0);
  }

  /** How many entries there are, the document among them. */
  get size(): number {
    return this.#size;
  }

  /** All but the document, in the order of the text. */
  *entries(): Generator<Entry> {
    for (let id = 1; id < this.#size; id++) yield new Entry(this, id);
  }

  entry(id: number): Entry {
    return new Entry(this, id);
  }

  /** The last child of its parent, without a value yet. */
  add(parent: Entry | undefined, place: EntryPlace): Entry {
    const id = this.#size++;
    const start = id * WIDTH;
    if (start + WIDTH > this.#numbers.length) {
      const larger = new Int32Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    const { index = NONE, column, at, keyEnd, isLoose = false } = place;
    this.#numbers.fill(NONE, start, start + WIDTH);
    this.set(id, FIELD.parent, parent?.id ?? NONE);
    this.set(id, FIELD.index, index);
    this.set(id, FIELD.column, column);
    this.set(id, FIELD.at, at);
    this.set(id, FIELD.keyEnd, keyEnd);
    this.set(id, FIELD.loose, isLoose ? 1 : 0);
    this.set(id, FIELD.kind, 0);
    this.set(id, FIELD.count, 0);
    if (parent === undefined) return new Entry(this, id);
    const last = this.get(parent.id, FIELD.last);
    if (last === NONE) this.set(parent.id, FIELD.first, id);
    else this.set(last, FIELD.next, id);
    this.set(parent.id, FIELD.last, id);
    this.set(parent.id, FIELD.count, this.get(parent.id, FIELD.count) + 1);
    return new Entry(this, id);
  }

  get(id: number, field: number): number {
    return this.#numbers[id * WIDTH + field] as number;
  }

  set(id: number, field: number, value: number): void {
    this.#numbers[id * WIDTH + field] = value;
  }
}

/** A key, or an item of a list, with what it holds; the same one by its id. */
export class Entry {
  readonly sketch: Sketch;
  readonly id: number;

  constructor(sketch: Sketch, id: number) {
    this.sketch = sketch;
    this.id = id;
  }

  #get(field: number): number {
    return this.sketch.get(this.id, field);
  }

  #entry(field: number): Entry | undefined {
    const id = this.#get(field);
    return id === NONE ? undefined : this.sketch.entry(id);
  }

  /** Absent for the document itself. */
  get parent(): Entry | undefined {
    return this.#entry(FIELD.parent);
  }

  /** The key, or the index of an item. */
  get step(): string | number {
    const index = this.#get(FIELD.index);
    return index === NONE
      ? unquoted(this.sketch.text.slice(this.at, this.keyEnd))
      : index;
  }

  get isItem(): boolean {
    return this.#get(FIELD.index) !== NONE;
  }

  get column(): number {
    return this.#get(FIELD.column);
  }

  get at(): number {
    return this.#get(FIELD.at);
  }

  get keyEnd(): number {
    return this.#get(FIELD.keyEnd);
  }

  get isLoose(): boolean {
    return this.#get(FIELD.loose) === 1;
  }

  get kind(): ValueKind {
    return KINDS[this.#get(FIELD.kind)] as ValueKind;
  }

  /** Of the value as it is written; both -1 where nothing is. */
  get start(): number {
    return this.#get(FIELD.start);
  }

  get end(): number {
    return this.#get(FIELD.end);
  }

  hold(kind: ValueKind, start: number, end: number): void {
    this.sketch.set(this.id, FIELD.kind, KINDS.indexOf(kind));
    this.sketch.set(this.id, FIELD.start, start);
    this.sketch.set(this.id, FIELD.end, end);
  }

  /** How many children there are. */
  get count(): number {
    return this.#get(FIELD.count);
  }

  get firstChild(): Entry | undefined {
    return this.#entry(FIELD.first);
  }

  get lastChild(): Entry | undefined {
    return this.#entry(FIELD.last);
  }

  *children(): Generator<Entry> {
    let id = this.#get(FIELD.first);
    while (id !== NONE) {
      yield this.sketch.entry(id);
      id = this.sketch.get(id, FIELD.next);
    }
  }
}

/** Keys and indices that lead to an entry. */
export function pathOf(entry: Entry): readonly (string | number)[] {
  const path: (string | number)[] = [];
  for (let each = entry; each.parent !== undefined; each = each.parent) {
    path.push(each.step);
  }
  return path.reverse();
}

/** The scalar that an entry holds; undefined where it holds none. */
export function scalarOf(sketch: Sketch, entry: Entry): string | undefined {
  const { kind, start, end } = entry;
  return kind === "plain" || kind === "quoted"
    ? unquoted(sketch.text.slice(start, end))
    : undefined;
}

/** Where the value of an entry stands, as a full parser has it. */
export function valueSpanOf(sketch: Sketch, entry: Entry): Span | undefined {
  if (entry.kind === "alias") {
    const target = aliasOf(sketch, entry);
    if (target !== undefined) return valueSpanOf(sketch, target);
  }
  if (entry.start >= 0) return { start: entry.start, end: entry.end };
  const first = entry.firstChild;
  return first && { start: first.at, end: endOf(entry) };
}

/** Behind the last character that belongs to an entry. */
export function endOf(entry: Entry): number {
  let last = entry;
  while (last.start < 0) {
    const inner = last.lastChild;
    if (inner === undefined) return last.keyEnd;
    last = inner;
  }
  return last.end;
}

/** What an alias stands for. */
export function aliasOf(sketch: Sketch, entry: Entry): Entry | undefined {
  const { anchors, text } = sketch;
  const found = anchors.get(text.slice(entry.start + 1, entry.end));
  // Two that stand for each other would lead round and round.
  return found?.kind === "alias" ? undefined : found;
}

/** The child with a key or index, aliases and merge keys followed. */
export function childOf(
  sketch: Sketch,
  entry: Entry,
  step: string | number,
): Entry | undefined {
  const holder = entry.kind === "alias"
    ? aliasOf(sketch, entry) ?? entry
    : entry;
  if (typeof step === "number") return itemOf(holder, step);
  const own = fieldOf(holder, step);
  if (own !== undefined) return own;
  const merge = fieldOf(holder, "<<");
  if (merge === undefined || holder.parent?.id === merge.id) return undefined;
  const sources = merge.firstChild?.isItem === true
    ? merge.children()
    : [merge];
  for (const source of sources) {
    const from = source.kind === "alias" ? aliasOf(sketch, source) : source;
    const found = from && fieldOf(from, step);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The last child with a key. */
export function fieldOf(entry: Entry, key: string): Entry | undefined {
  let found: Entry | undefined;
  for (const child of entry.children()) if (child.step === key) found = child;
  return found;
}

function itemOf(entry: Entry, index: number): Entry | undefined {
  return entry.children().drop(index).find(({ step }) => step === index);
}

/** A key or a scalar without its quotes. */
export function unquoted(written: string): string {
  const [first] = written;
  if (first === "'" && written.length > 1) {
    return written.slice(1, written.endsWith("'") ? -1 : undefined)
      .replaceAll("''", "'");
  }
  if (first !== '"') return written;
  try {
    return String(JSON.parse(written));
  } catch {
    return written.replaceAll('"', "");
  }
}
