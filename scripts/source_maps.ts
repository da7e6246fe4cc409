/**
 * Text with its source map: what is replaced in one is moved in the other.
 * A minified file is a few long lines, so that one word that grew would let
 * every place behind it be wrong.
 *
 * @module
 */

/** A file as a bundler wrote it. */
export interface Mapped {
  readonly text: string;
  /** The source map, as JSON. */
  readonly map: string;
}

/** A place in a line, and by what it is taken. */
interface Edit {
  readonly column: number;
  readonly removed: number;
  readonly inserted: number;
}

/** Replaces every match of a global pattern. No match may hold a line break. */
export function replaceMapped(
  { text, map }: Mapped,
  pattern: RegExp,
  replacement: (match: RegExpExecArray) => string,
): Mapped {
  const edits = new Map<number, Edit[]>();
  const parts: string[] = [];
  let [at, line, lineStart] = [0, 0, 0];
  for (const match of text.matchAll(pattern)) {
    const [found] = match;
    const inserted = replacement(match);
    for (;;) {
      const end = text.indexOf("\n", lineStart);
      if (end < 0 || end >= match.index) break;
      [line, lineStart] = [line + 1, end + 1];
    }
    const column = match.index - lineStart;
    edits.set(line, [...edits.get(line) ?? [], {
      ...{ column, removed: found.length, inserted: inserted.length },
    }]);
    parts.push(text.slice(at, match.index), inserted);
    at = match.index + found.length;
  }
  if (edits.size === 0) return { text, map };
  const { mappings, ...rest } = JSON.parse(map);
  const moved = (mappings as string).split(";").map((segments, line) =>
    movedLine(segments, edits.get(line) ?? [])
  );
  return {
    text: parts.join("") + text.slice(at),
    map: JSON.stringify({ ...rest, mappings: moved.join(";") }),
  };
}

/** Only a segment's first number is of the generated line. */
function movedLine(segments: string, edits: readonly Edit[]): string {
  if (segments === "" || edits.length === 0) return segments;
  let [before, after] = [0, 0];
  return segments.split(",").map((segment) => {
    const [delta, length] = readNumber(segment);
    before += delta;
    const column = movedColumn(before, edits);
    const number = writeNumber(column - after);
    after = column;
    return number + segment.slice(length);
  }).join(",");
}

function movedColumn(column: number, edits: readonly Edit[]): number {
  let moved = column;
  for (const { column: start, removed, inserted } of edits) {
    if (column >= start + removed) moved += inserted - removed;
    else if (column > start) moved += Math.min(0, start + inserted - column);
  }
  return moved;
}

const DIGITS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A number in base 64, least digit first, and how many digits it has. */
function readNumber(text: string): readonly [number, number] {
  let [value, length] = [0, 0];
  for (;;) {
    const digit = DIGITS.indexOf(text[length] ?? "");
    if (digit < 0 || text === "") throw new Error(`not a mapping: ${text}`);
    value += (digit & 31) * 32 ** length++;
    if (digit < 32) break;
  }
  const size = Math.floor(value / 2);
  return [value % 2 === 1 ? -size : size, length];
}

function writeNumber(number: number): string {
  let rest = number < 0 ? -number * 2 + 1 : number * 2;
  let text = "";
  do {
    const digit = rest % 32;
    rest = Math.floor(rest / 32);
    text += DIGITS[rest > 0 ? digit + 32 : digit];
  } while (rest > 0);
  return text;
}
