/**
 * Ctrl-R: former lines that hold what is typed, as a whole before in pieces.
 *
 * @module
 */

/** A search that is open. */
export interface Search {
  readonly query: string;
  /** How many better lines are skipped. */
  readonly back: number;
}

/** A former line, and where the query is in it. */
export interface Found {
  readonly text: string;
  /** Offsets of the characters that match. */
  readonly at: readonly number[];
}

/** All lines that match, the best first; of equal ones the youngest. */
export function searchLines(
  history: readonly string[],
  query: string,
): readonly Found[] {
  const whole: Found[] = [];
  const pieces: Found[] = [];
  for (const text of new Set(history.toReversed())) {
    const start = lower(text).indexOf(lower(query));
    if (start >= 0) {
      whole.push({
        text,
        at: Array.from(query, (_, index) => start + index),
      });
      continue;
    }
    const at = piecesOf(text, query);
    if (at !== undefined) pieces.push({ text, at });
  }
  const spread = ({ at }: Found) => (at.at(-1) ?? 0) - (at[0] ?? 0);
  return [...whole, ...pieces.toSorted((a, b) => spread(a) - spread(b))];
}

/** What the search shows now. */
export function foundBy(
  history: readonly string[],
  search: Search,
): Found | undefined {
  if (search.query === "") {
    const text = history.at(-1 - search.back);
    return text === undefined ? undefined : { text, at: [] };
  }
  return searchLines(history, search.query)[search.back];
}

function piecesOf(text: string, query: string): number[] | undefined {
  const small = lower(text);
  const at: number[] = [];
  let from = 0;
  for (const character of lower(query)) {
    if (character === " ") continue;
    const index = small.indexOf(character, from);
    if (index < 0) return undefined;
    at.push(index);
    from = index + character.length;
  }
  return at;
}

/** Small letters, as long as the text was. */
function lower(text: string): string {
  const small = text.toLowerCase();
  return small.length === text.length ? small : text;
}
