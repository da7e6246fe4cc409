/**
 * The text of a file of manifests: its documents, and offsets as people and
 * editors count them. Lines are counted only when somebody asks.
 *
 * @module
 */

/** Where something stands in a file. */
export interface FilePlace {
  /** As it was named, or `<stdin>`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** Just behind its last character. */
  readonly endLine: number;
  readonly endColumn: number;
  /** UTF-16 code units from the beginning of the text, without its BOM. */
  readonly offset: number;
  readonly endOffset: number;
}

/** A text with a name. */
export class ManifestSource {
  readonly file: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** Somebody named the file; it was not merely found in a folder. */
  readonly isNamed: boolean;
  #lines: readonly number[] | undefined;

  constructor(
    file: string,
    text: string,
    options: { readonly isNamed?: boolean } = {},
  ) {
    this.file = file;
    this.text = text.startsWith("\uFEFF") ? text.slice(1) : text;
    this.isNamed = options.isNamed ?? true;
  }

  /** From 1. */
  lineAt(offset: number): number {
    const starts = this.#lines ??= lineStarts(this.text);
    let low = 0;
    for (let high = starts.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** The place of a range; offsets behind the end are the end. */
  placeOf(start: number, end: number = start): FilePlace {
    const offset = Math.min(Math.max(start, 0), this.text.length);
    const endOffset = Math.min(Math.max(end, offset), this.text.length);
    const line = this.lineAt(offset);
    const endLine = this.lineAt(endOffset);
    const starts = this.#lines!;
    return {
      file: this.file,
      line,
      column: offset - starts[line - 1]! + 1,
      endLine,
      endColumn: endOffset - starts[endLine - 1]! + 1,
      offset,
      endOffset,
    };
  }
}

/** A part of a source that is one document. */
export interface ManifestDocument {
  readonly source: ManifestSource;
  /** Offset behind the mark `---`, where there is one. */
  readonly start: number;
  /** Offset of the first text that is no comment. */
  readonly first: number;
  readonly end: number;
}

/** The text of a document. */
export function textOf({ source, start, end }: ManifestDocument): string {
  return source.text.slice(start, end);
}

/**
 * The documents of a text, those of comments alone left out. `---` or `...` at
 * the start of a line ends one, wherever it stands; JSON ends with its brace.
 */
export function* documentsOf(
  source: ManifestSource,
): Generator<ManifestDocument> {
  const { text } = source;
  const json = jsonEnds(text);
  if (json !== undefined) {
    for (const [start, end] of json) {
      yield { source, start, first: firstText(text, start, end), end };
    }
    return;
  }
  const marks = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;
  let start = 0;
  for (;;) {
    const mark = marks.exec(text);
    const end = mark?.index ?? text.length;
    const first = firstText(text, start, end);
    if (first < end) yield { source, start, first, end };
    if (mark === null) return;
    start = mark.index + 3;
  }
}

/** Behind white space, comments and directives; `end` where nothing is left. */
function firstText(text: string, start: number, end: number): number {
  for (let at = start; at < end;) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) {
      at++;
      continue;
    }
    const isDirective = code === 0x25 && (at === 0 || text[at - 1] === "\n");
    if (code !== 0x23 && !isDirective) return at;
    const newline = text.indexOf("\n", at);
    at = newline < 0 ? end : newline;
  }
  return end;
}

/**
 * Ranges of JSON objects that follow each other, as `jq` prints them; nothing
 * where the text is not made of them. Each ends with a brace that a JSON
 * parser has yet to agree with.
 */
function jsonEnds(
  text: string,
): readonly (readonly [number, number])[] | undefined {
  const found: [number, number][] = [];
  let depth = 0;
  let start = firstText(text, 0, text.length);
  if (text[start] !== "{") return undefined;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      const end = endOfString(text, at);
      if (end < 0) return undefined;
      at = end - 1;
    } else if (code === 0x7b) depth++;
    else if (code === 0x7d && --depth === 0) {
      found.push([start, at + 1]);
      start = at + 1;
      while (" \t\r\n".includes(text[start] ?? "x")) start++;
      if (start === text.length) return found;
      if (text[start] !== "{") return undefined;
      at = start - 1;
    }
  }
  return undefined;
}

/** Behind the closing quote of a JSON string; -1 where it has none. */
export function endOfString(text: string, from: number): number {
  for (let at = from + 1;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return -1;
    let slashes = 0;
    while (text[quote - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}
