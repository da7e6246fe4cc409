/**
 * Braces and brackets of a document, JSON among them.
 *
 * @module
 */

import {
  behindQuotes,
  type Drawing,
  type Entry,
  entryOf,
  noteAnchors,
  unquoted,
} from "./sketch.ts";

/** Levels that are looked into; deeper ones are passed over. */
const MOST_LEVELS = 100;

/** Reads from a brace or bracket on; gives what is behind its other half. */
export function flowAt(drawing: Drawing, owner: Entry, from: number): number {
  const { text, entries } = drawing;
  const open: Entry[] = [owner];
  let entry: Entry | undefined;
  let at = from + 1;
  const holder = (): Entry => open.at(-1) as Entry;
  const isMap = (): boolean => text[holder().start] === "{";
  /** What a value belongs to; an item begins with it. */
  const forValue = (): Entry => {
    if (entry !== undefined) return entry;
    const parent = holder();
    entry = entryOf(parent, {
      ...{ step: parent.children.length, column: -1, at, keyEnd: at },
    });
    entries.push(entry);
    return entry;
  };
  while (at < text.length) {
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
      const closed = open.pop() as Entry;
      closed.end = ++at;
      if (open.length === 0) return at;
      entry = closed;
    } else if (char === "{" || char === "[") {
      const value = isMap() && entry === undefined
        ? looseAt(drawing, holder(), { at, end: at })
        : forValue();
      if (open.length > MOST_LEVELS) {
        drawing.isSure = false;
        for (const each of open) each.end = at;
        return text.length;
      }
      value.kind = "flow";
      value.start = at++;
      open.push(value);
      entry = undefined;
    } else if (char === "&" || char === "!") {
      at = Math.max(at + 1, noteAnchors(drawing, entry ?? holder(), at));
    } else {
      const end = endOfWord(text, at);
      if (isMap() && entry === undefined) {
        const colon = colonBehind(text, end);
        const step = unquoted(text.slice(at, end).trimEnd());
        const keyEnd = at + text.slice(at, end).trimEnd().length;
        if (colon < 0) {
          looseAt(drawing, holder(), { at, end: keyEnd });
          at = end;
        } else {
          entry = entryOf(holder(), { step, column: -1, at, keyEnd });
          entries.push(entry);
          at = colon;
        }
      } else {
        const value = forValue();
        value.kind = char === '"' || char === "'"
          ? "quoted"
          : char === "*"
          ? "alias"
          : "plain";
        if (value.start < 0) value.start = at;
        value.end = at + text.slice(at, end).trimEnd().length;
        at = end;
        // `[a: b]`, a mapping without braces.
        if (!isMap() && colonBehind(text, end) >= 0) drawing.isSure = false;
      }
    }
    if (at < text.length && text[at] === ":" && entry?.start === -1) at++;
  }
  drawing.isSure = false;
  const end = text.slice(0, at).trimEnd().length;
  for (const each of open) each.end = end;
  return end;
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
  drawing: Drawing,
  parent: Entry,
  { at, end }: { readonly at: number; readonly end: number },
): Entry {
  const step = unquoted(drawing.text.slice(at, end));
  const entry = entryOf(parent, {
    ...{ step, column: -1, at, keyEnd: end, isLoose: true },
  });
  drawing.isSure = false;
  drawing.entries.push(entry);
  return entry;
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
