/**
 * A YAML document as its columns have it: keys, items and values with their
 * places, however broken the rest is. A parser that knows all of YAML takes
 * thirty times as long, and nothing of a text in which somebody types.
 *
 * @module
 */

import type { Span } from "../../language/diagnose.ts";
import { flowAt } from "./sketch_flow.ts";

/** A key, or an item of a list, with what it holds. */
export interface Entry {
  /** Absent for the document itself. */
  readonly parent: Entry | undefined;
  /** The key, or the index of an item. */
  readonly step: string | number;
  /** Column of the key or the dash; -1 inside braces and brackets. */
  readonly column: number;
  /** Where the key or the dash begins. */
  readonly at: number;
  /** Behind the key; where there is none, it is `at`. */
  readonly keyEnd: number;
  /** A key without a colon: somebody types, or it is no YAML. */
  readonly isLoose: boolean;
  kind: "none" | "plain" | "quoted" | "block" | "flow" | "alias";
  /** Of the value as it is written; both -1 where nothing is. */
  start: number;
  end: number;
  readonly children: Entry[];
}

/** What a text looks like. */
export interface Sketch {
  readonly text: string;
  readonly root: Entry;
  /** All but the root, in the order of the text. */
  readonly entries: readonly Entry[];
  /** By the name of the anchor. */
  readonly anchors: ReadonlyMap<string, Entry>;
  /** A full parser would see the same. */
  readonly isSure: boolean;
}

/** What is being filled while a text is read. */
export interface Drawing {
  readonly text: string;
  readonly entries: Entry[];
  readonly anchors: Map<string, Entry>;
  isSure: boolean;
}

/** Reads one document. */
export function sketchOf(text: string): Sketch {
  const drawing: Drawing = {
    text,
    entries: [],
    anchors: new Map(),
    isSure: true,
  };
  const root = entryOf(undefined, { step: "", column: -1, at: 0, keyEnd: 0 });
  drawLines(drawing, root);
  return { ...drawing, root };
}

/** An entry without a value yet, as the last child of its parent. */
export function entryOf(
  parent: Entry | undefined,
  of: Pick<Entry, "step" | "column" | "at" | "keyEnd"> & {
    readonly isLoose?: boolean;
  },
): Entry {
  const { step, column, at, keyEnd, isLoose = false } = of;
  const entry: Entry = {
    ...{ parent, step, column, at, keyEnd, isLoose },
    ...{ kind: "none", start: -1, end: -1, children: [] },
  };
  parent?.children.push(entry);
  return entry;
}

const MARK = /(?:---|\.\.\.)(?=[ \t\r\n]|$)/y;
const DASH = /-(?=[ \t\r\n]|$)/y;
/** A plain or quoted key with its colon; the colon ends the match. */
const KEY =
  /(?:"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\r\n]|'')*'|(?:[^\s#&*!|>'"%@`{}[\],?:-]|[?:-](?=\S))(?:[^\s:]|:(?=\S)|[ \t]+(?=[^\s#:]|:\S))*)[ \t]*:(?=[ \t\r\n]|$)/y;
const REST = /[^\r\n]*/y;

function drawLines(drawing: Drawing, root: Entry): void {
  const { text } = drawing;
  const open: Entry[] = [root];
  for (let line = 0; line < text.length;) {
    let at = line;
    while (text[at] === " " || text[at] === "\t") {
      if (text[at] === "\t") drawing.isSure = false;
      at++;
    }
    const code = text.charCodeAt(at);
    const isEmpty = !(at < text.length) || code === 10 || code === 13;
    if (isEmpty || code === 35 || (at === line && isMark(text, at, root))) {
      line = behindLine(text, at);
      continue;
    }
    line = drawLine(drawing, open, { start: line, at });
  }
}

function isMark(text: string, at: number, root: Entry): boolean {
  if (text[at] === "%" && root.children.length === 0) return true;
  MARK.lastIndex = at;
  return MARK.test(text);
}

/** Gives the beginning of the next line that is not read yet. */
function drawLine(
  drawing: Drawing,
  open: Entry[],
  line: { readonly start: number; readonly at: number },
): number {
  const { text, entries } = drawing;
  let { at } = line;
  for (;;) {
    const column = at - line.start;
    DASH.lastIndex = at;
    if (DASH.test(text)) {
      const parent = parentOf(open, column, true);
      const index = parent.children.length;
      const item = entryOf(parent, { step: index, column, at, keyEnd: at });
      if (parent.start >= 0) drawing.isSure = false;
      entries.push(item);
      open.push(item);
      at = behindBlanks(text, at + 1);
      at = noteAnchors(drawing, item, at);
      if (isEnd(text, at)) return behindLine(text, at);
      continue;
    }
    KEY.lastIndex = at;
    const [match] = KEY.exec(text) ?? [];
    if (match === undefined) return drawRest(drawing, open, { at, column });
    const parent = parentOf(open, column, false);
    const written = match.slice(0, -1).trimEnd();
    const entry = entryOf(parent, {
      ...{ step: unquoted(written), column, at },
      keyEnd: at + written.length,
    });
    // A key below a value, or beside items.
    if (parent.start >= 0) drawing.isSure = false;
    entries.push(entry);
    open.push(entry);
    at = behindBlanks(text, at + match.length);
    at = noteAnchors(drawing, entry, at);
    return isEnd(text, at)
      ? behindLine(text, at)
      : drawValue(drawing, entry, at);
  }
}

/** What is in a column belongs to the nearest line above that begins before it. */
function parentOf(open: Entry[], column: number, isItem: boolean): Entry {
  for (;;) {
    const top = open.at(-1) as Entry;
    // A list may begin in the column of its key.
    const isOwn = isItem && typeof top.step === "string";
    if (
      top.parent === undefined || top.column < column ||
      (top.column === column && isOwn)
    ) return top;
    open.pop();
  }
}

/** Text that is no key: the value of an item, more of a value, or a word that is being typed. */
function drawRest(
  drawing: Drawing,
  open: Entry[],
  of: { readonly at: number; readonly column: number },
): number {
  const { text, entries } = drawing;
  const { at, column } = of;
  const top = open.at(-1) as Entry;
  const isOwn = top.start < 0 && top.children.length === 0 &&
    column > top.column;
  const first = text[at] as string;
  const isScalar = isOwn &&
    (top.parent === undefined ? "{[".includes(first) : true);
  if (isScalar && (typeof top.step === "number" || !isWord(text, at))) {
    return drawValue(drawing, top, at);
  }
  REST.lastIndex = at;
  const [rest = ""] = REST.exec(text) ?? [];
  const written = withoutComment(rest);
  const next = behindLine(text, at + rest.length);
  if (top.start >= 0 && column > top.column && top.kind === "plain") {
    top.end = at + written.length;
    return next;
  }
  drawing.isSure = false;
  const parent = parentOf(open, column, false);
  const entry = entryOf(parent, {
    ...{ step: unquoted(written), column, at, isLoose: true },
    keyEnd: at + written.length,
  });
  entries.push(entry);
  open.push(entry);
  return next;
}

/** A word alone below a key: another key that is being typed, more likely. */
function isWord(text: string, at: number): boolean {
  REST.lastIndex = at;
  return /^[^\s"'|>{[&*!]*\s*$/.test((REST.exec(text) ?? [""])[0]);
}

function drawValue(drawing: Drawing, entry: Entry, at: number): number {
  const { text } = drawing;
  const first = text[at];
  entry.start = at;
  if (first === "{" || first === "[") {
    entry.kind = "flow";
    entry.end = flowAt(drawing, entry, at);
    return behindValue(drawing, entry.end);
  }
  if (first === '"' || first === "'") {
    entry.kind = "quoted";
    const end = behindQuotes(text, at);
    const isClosed = text[end - 1] === first && end > at + 1 &&
      !isLeft(text.slice(at, end), entry.column);
    if (isClosed) {
      entry.end = end;
      return behindValue(drawing, end);
    }
    drawing.isSure = false;
    REST.lastIndex = at;
    const [rest = ""] = REST.exec(text) ?? [];
    entry.end = at + rest.trimEnd().length;
    return behindLine(text, at + rest.length);
  }
  REST.lastIndex = at;
  const [rest = ""] = REST.exec(text) ?? [];
  if ((first === "|" || first === ">") && /^.[-+0-9]*[ \t]*(#|$)/.test(rest)) {
    entry.kind = "block";
    return drawBlock(drawing, entry, at + rest.length);
  }
  entry.kind = first === "*" ? "alias" : "plain";
  if ("?@`%".includes(first as string)) drawing.isSure = false;
  entry.end = at + withoutComment(rest).length;
  return behindLine(text, at + rest.length);
}

/** Does a line of it begin where what holds it begins, or before? */
function isLeft(quotes: string, column: number): boolean {
  return column >= 0 && quotes.includes("\n") &&
    new RegExp(`\\n {0,${column}}[^ \\r\\n]`).test(quotes);
}

/** Lines that begin behind the column of what holds them. */
function drawBlock({ text }: Drawing, entry: Entry, from: number): number {
  const { column } = entry;
  entry.end = from;
  let line = behindLine(text, from);
  while (line < text.length) {
    let at = line;
    while (text[at] === " ") at++;
    const isEmpty = at >= text.length || text[at] === "\n" || text[at] === "\r";
    if (!isEmpty && at - line <= column) break;
    REST.lastIndex = at;
    const [rest = ""] = REST.exec(text) ?? [];
    if (!isEmpty) entry.end = at + rest.trimEnd().length;
    line = behindLine(text, at + rest.length);
  }
  return line;
}

/** Behind quotes and braces there is a comment, or nothing. */
function behindValue(drawing: Drawing, from: number): number {
  const { text } = drawing;
  const at = behindBlanks(text, from);
  if (!isEnd(text, at)) drawing.isSure = false;
  return behindLine(text, at);
}

/** `&name` and `!tag`; gives what is behind them. */
export function noteAnchors(
  drawing: Drawing,
  entry: Entry,
  from: number,
): number {
  const { text } = drawing;
  let at = from;
  while (text[at] === "&" || text[at] === "!") {
    let end = at + 1;
    while (end < text.length && !/[\s,{}[\]]/.test(text[end] as string)) end++;
    if (text[at] === "&") drawing.anchors.set(text.slice(at + 1, end), entry);
    at = behindBlanks(text, end);
  }
  return at;
}

/** Behind the closing quote, or the end of the text. */
export function behindQuotes(text: string, at: number): number {
  const quote = text[at];
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === "\\" && quote === '"') end++;
    else if (text[end] === quote) {
      if (quote === "'" && text[end + 1] === "'") end++;
      else return end + 1;
    }
  }
  return text.length;
}

/** A comment begins behind a blank. */
function withoutComment(rest: string): string {
  const cut = rest.search(/(?:^|[ \t])#/);
  return (cut < 0 ? rest : rest.slice(0, cut)).trimEnd();
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

export function behindBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || "\r\n#".includes(text[at] as string);
}

function behindLine(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  return feed < 0 ? text.length : feed + 1;
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
  const [first] = entry.children;
  return first && { start: first.at, end: endOf(entry) };
}

/** Behind the last character that belongs to an entry. */
export function endOf(entry: Entry): number {
  let last = entry;
  while (last.start < 0) {
    const inner = last.children.at(-1);
    if (inner === undefined) return last.keyEnd;
    last = inner;
  }
  return last.end;
}

/** What an alias stands for. */
export function aliasOf(sketch: Sketch, entry: Entry): Entry | undefined {
  const { anchors, text } = sketch;
  const found = anchors.get(text.slice(entry.start + 1, entry.end));
  return found === entry ? undefined : found;
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
  const { children } = holder;
  if (typeof step === "number") {
    const item = children[step];
    return item?.step === step ? item : undefined;
  }
  const own = children.findLast((each) => each.step === step);
  if (own !== undefined) return own;
  const merge = children.findLast((each) => each.step === "<<");
  if (merge === undefined || holder.parent === merge) return undefined;
  const sources = merge.children.some(({ step }) => typeof step === "number")
    ? merge.children
    : [merge];
  for (const source of sources) {
    const from = source.kind === "alias" ? aliasOf(sketch, source) : source;
    const found = from?.children.findLast((each) => each.step === step);
    if (found !== undefined) return found;
  }
  return undefined;
}
