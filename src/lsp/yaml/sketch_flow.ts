/**
 * Braces and brackets of a document, JSON among them.
 *
 * @module
 */

import {
  type Entry,
  MOST_ENTRIES,
  type Sketch,
  type ValueKind,
} from "./sketch.ts";
import { behindQuotes, noteAnchors } from "./sketch_words.ts";

/** Levels that are looked into; deeper ones are passed over. */
const MOST_LEVELS = 100;

/** Reads from a brace or bracket on; gives what is behind its other half. */
export function flowAt(sketch: Sketch, owner: Entry, from: number): number {
  const { text } = sketch;
  owner.hold("flow", from, from);
  const open: Entry[] = [owner];
  let entry: Entry | undefined;
  let at = from + 1;
  const holder = (): Entry => open.at(-1) as Entry;
  const isMap = (): boolean => text[holder().start] === "{";
  /** What a value belongs to; an item begins with it. */
  const forValue = (): Entry => {
    const parent = holder();
    return entry ??= sketch.add(parent, {
      ...{ index: parent.count, column: -1, at, keyEnd: at },
    });
  };
  while (at < text.length && sketch.size <= MOST_ENTRIES) {
    const char = text[at] as string;
    if (char === "\n" && leaves(text, at + 1, owner)) break;
    if (/\s/.test(char)) at++;
    else if (char === "#" && /\s/.test(text[at - 1] ?? " ")) {
      const feed = text.indexOf("\n", at);
      at = feed < 0 ? text.length : feed;
    } else if (char === ",") {
      entry = undefined;
      at++;
    } else if (char === "}" || char === "]") {
      entry = open.pop() as Entry;
      entry.hold("flow", entry.start, ++at);
      if (open.length === 0) return at;
    } else if (char === "{" || char === "[") {
      const value = isMap() && entry === undefined
        ? looseAt(sketch, holder(), { at, end: at })
        : forValue();
      value.hold("flow", at, at + 1);
      if (open.length > MOST_LEVELS) {
        at = text.length;
        break;
      }
      at++;
      open.push(value);
      entry = undefined;
    } else if (char === "&" || char === "!") {
      at = Math.max(at + 1, noteAnchors(sketch, entry ?? holder(), at));
    } else {
      const end = endOfWord(text, at);
      const wordEnd = at + text.slice(at, end).trimEnd().length;
      const colon = colonBehind(text, end);
      if (!isMap() || entry !== undefined) {
        const value = forValue();
        const start = value.start < 0 ? at : value.start;
        value.hold(kindOf(char), start, wordEnd);
        at = end;
        // `[a: b]`, a mapping without braces.
        if (!isMap() && colon >= 0) sketch.isSure = false;
      } else if (colon < 0) {
        looseAt(sketch, holder(), { at, end: wordEnd });
        at = end;
      } else {
        entry = sketch.add(holder(), { column: -1, at, keyEnd: wordEnd });
        at = colon;
      }
    }
    if (at < text.length && text[at] === ":" && entry?.start === -1) at++;
  }
  sketch.isSure = false;
  const end = text.slice(0, at).trimEnd().length;
  for (const each of open) each.hold("flow", each.start, end);
  return Math.max(end, from + 1);
}

function kindOf(char: string): ValueKind {
  return char === '"' || char === "'"
    ? "quoted"
    : char === "*"
    ? "alias"
    : "plain";
}

/** A line that begins where the owner does, or before: its brace is not closed. */
function leaves(text: string, line: number, { column }: Entry): boolean {
  if (column < 0) return false;
  let at = line;
  while (text[at] === " ") at++;
  const char = text[at] ?? "\n";
  return at - line <= column && !"\r\n#}]".includes(char);
}

function looseAt(
  sketch: Sketch,
  parent: Entry,
  { at, end }: { readonly at: number; readonly end: number },
): Entry {
  sketch.isSure = false;
  return sketch.add(parent, { column: -1, at, keyEnd: end, isLoose: true });
}

/** Behind a quoted text, or where a plain one ends. */
function endOfWord(text: string, at: number): number {
  if (text[at] === '"' || text[at] === "'") return behindQuotes(text, at);
  let end = at;
  while (end < text.length) {
    const char = text[end] as string;
    if (",{}[]\n".includes(char)) break;
    if (char === ":" && /[\s,{}[\]]|^$/.test(text[end + 1] ?? "")) break;
    if (char === "#" && /\s/.test(text[end - 1] ?? "")) break;
    end++;
  }
  return Math.max(end, at + 1);
}

/** Behind the colon that follows; -1 where none does. */
function colonBehind(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? "x")) at++;
  return text[at] === ":" ? at + 1 : -1;
}
