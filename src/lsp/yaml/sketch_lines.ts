/**
 * Lines of a YAML document to a sketch: what a line holds belongs to the
 * nearest line above that begins in an earlier column.
 *
 * @module
 */

import { type Entry, MOST_ENTRIES, Sketch } from "./sketch.ts";
import { flowAt } from "./sketch_flow.ts";
import { behindBlanks, behindQuotes, noteAnchors } from "./sketch_words.ts";

/** Reads one document. */
export function sketchOf(text: string): Sketch {
  const sketch = new Sketch(text);
  // White space of Unicode is a part of a plain text.
  sketch.isSure = !OTHER_SPACE.test(text);
  drawLines(sketch);
  return sketch;
}

const OTHER_SPACE = /[^\S \t\r\n]/;

const MARK = /(?:---|\.\.\.)(?=[ \t\r\n]|$)/y;
const DASH = /-(?=[ \t\r\n]|$)/y;
/** A plain or quoted key with its colon; the colon ends the match. */
const KEY =
  /(?:"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\r\n]|'')*'|(?:[^\s#&*!|>'"%@`{}[\],?:-]|[?:-](?=\S))(?:[^\s:]|:(?=\S)|[ \t]+(?=[^\s#:]|:\S))*)[ \t]*:(?=[ \t\r\n]|$)/y;
const REST = /[^\r\n]*/y;

function drawLines(sketch: Sketch): void {
  const { text } = sketch;
  const open: Entry[] = [sketch.root];
  for (let line = 0; line < text.length;) {
    let at = line;
    while (text[at] === " " || text[at] === "\t") {
      if (text[at] === "\t") sketch.isSure = false;
      at++;
    }
    const code = text.charCodeAt(at);
    const isEmpty = !(at < text.length) || code === 10 || code === 13;
    if (isEmpty || code === 35 || (at === line && isMark(sketch, at))) {
      line = behindLine(text, at);
      continue;
    }
    line = drawLine(sketch, open, { start: line, at });
  }
}

function isMark({ text, size }: Sketch, at: number): boolean {
  if (text[at] === "%" && size === 1) return true;
  MARK.lastIndex = at;
  return MARK.test(text);
}

/** Gives the beginning of the next line that is not read yet. */
function drawLine(
  sketch: Sketch,
  open: Entry[],
  line: { readonly start: number; readonly at: number },
): number {
  const { text } = sketch;
  let { at } = line;
  for (;;) {
    if (sketch.size > MOST_ENTRIES) {
      sketch.isSure = false;
      return text.length;
    }
    const column = at - line.start;
    DASH.lastIndex = at;
    if (DASH.test(text)) {
      const parent = parentOf(open, column, true);
      const item = sketch.add(parent, {
        index: parent.count,
        column,
        at,
        keyEnd: at,
      });
      if (parent.start >= 0) sketch.isSure = false;
      open.push(item);
      at = behindBlanks(text, at + 1);
      at = noteAnchors(sketch, item, at);
      if (isEnd(text, at)) return behindLine(text, at);
      continue;
    }
    KEY.lastIndex = at;
    const [match] = KEY.exec(text) ?? [];
    if (match === undefined) return drawRest(sketch, open, { at, column });
    const parent = parentOf(open, column, false);
    const entry = sketch.add(parent, {
      column,
      at,
      keyEnd: at + match.slice(0, -1).trimEnd().length,
    });
    // A key below a value, or beside items.
    if (parent.start >= 0) sketch.isSure = false;
    open.push(entry);
    at = behindBlanks(text, at + match.length);
    at = noteAnchors(sketch, entry, at);
    return isEnd(text, at)
      ? behindLine(text, at)
      : drawValue(sketch, entry, at);
  }
}

/** What is in a column belongs to the nearest line above that begins before it. */
function parentOf(open: Entry[], column: number, isItem: boolean): Entry {
  for (;;) {
    const top = open.at(-1) as Entry;
    // A list may begin in the column of its key.
    const isOwn = isItem && !top.isItem;
    if (
      top.id === 0 || top.column < column ||
      (top.column === column && isOwn)
    ) return top;
    open.pop();
  }
}

/** Text that is no key: the value of an item, more of a value, or a word that is being typed. */
function drawRest(
  sketch: Sketch,
  open: Entry[],
  of: { readonly at: number; readonly column: number },
): number {
  const { text } = sketch;
  const { at, column } = of;
  const top = open.at(-1) as Entry;
  const isOwn = top.start < 0 && top.count === 0 &&
    column > top.column;
  const first = text[at] as string;
  const isScalar = isOwn &&
    (top.id === 0 ? "{[".includes(first) : true);
  if (isScalar && (top.isItem || !isWord(text, at))) {
    return drawValue(sketch, top, at);
  }
  REST.lastIndex = at;
  const [rest = ""] = REST.exec(text) ?? [];
  const written = withoutComment(rest);
  const next = behindLine(text, at + rest.length);
  if (top.start >= 0 && column > top.column && top.kind === "plain") {
    top.hold("plain", top.start, at + written.length);
    return next;
  }
  sketch.isSure = false;
  const parent = parentOf(open, column, false);
  const entry = sketch.add(parent, {
    column,
    at,
    keyEnd: at + written.length,
    isLoose: true,
  });
  open.push(entry);
  return next;
}

/** A word alone below a key: another key that is being typed, more likely. */
function isWord(text: string, at: number): boolean {
  REST.lastIndex = at;
  return /^[^\s"'|>{[&*!]*\s*$/.test((REST.exec(text) ?? [""])[0]);
}

function drawValue(sketch: Sketch, entry: Entry, at: number): number {
  const { text } = sketch;
  const first = text[at] as string;
  if (first === "{" || first === "[") {
    return behindValue(sketch, flowAt(sketch, entry, at));
  }
  REST.lastIndex = at;
  const [rest = ""] = REST.exec(text) ?? [];
  if (first === '"' || first === "'") {
    const end = behindQuotes(text, at);
    const isClosed = text[end - 1] === first && end > at + 1 &&
      !isLeft(text.slice(at, end), entry.column);
    entry.hold("quoted", at, isClosed ? end : at + rest.trimEnd().length);
    if (isClosed) return behindValue(sketch, end);
    sketch.isSure = false;
    return behindLine(text, at + rest.length);
  }
  if ((first === "|" || first === ">") && /^.[-+0-9]*[ \t]*(#|$)/.test(rest)) {
    return drawBlock(sketch, entry, { at, behind: at + rest.length });
  }
  if ("?@`%".includes(first)) sketch.isSure = false;
  const end = at + withoutComment(rest).length;
  entry.hold(first === "*" ? "alias" : "plain", at, end);
  return behindLine(text, at + rest.length);
}

/** Does a line of it begin where what holds it begins, or before? */
function isLeft(quotes: string, column: number): boolean {
  return column >= 0 && quotes.includes("\n") &&
    new RegExp(`\\n {0,${column}}[^ \\r\\n]`).test(quotes);
}

/** Lines that begin behind the column of what holds them. */
function drawBlock(
  { text }: Sketch,
  entry: Entry,
  { at: start, behind }: { readonly at: number; readonly behind: number },
): number {
  const { column } = entry;
  let end = behind;
  let line = behindLine(text, behind);
  while (line < text.length) {
    let at = line;
    while (text[at] === " ") at++;
    const isEmpty = at >= text.length || text[at] === "\n" || text[at] === "\r";
    if (!isEmpty && at - line <= column) break;
    REST.lastIndex = at;
    const [rest = ""] = REST.exec(text) ?? [];
    if (!isEmpty) end = at + rest.trimEnd().length;
    line = behindLine(text, at + rest.length);
  }
  entry.hold("block", start, end);
  return line;
}

/** Behind quotes and braces there is a comment, or nothing. */
function behindValue(sketch: Sketch, from: number): number {
  const { text } = sketch;
  const at = behindBlanks(text, from);
  if (!isEnd(text, at)) sketch.isSure = false;
  return behindLine(text, at);
}

/** A comment begins behind a blank. */
function withoutComment(rest: string): string {
  const cut = rest.search(/(?:^|[ \t])#/);
  return (cut < 0 ? rest : rest.slice(0, cut)).trimEnd();
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || "\r\n#".includes(text[at] as string);
}

function behindLine(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  return feed < 0 ? text.length : feed + 1;
}
