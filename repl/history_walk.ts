/**
 * Up and down through former lines, and what the next one will probably be.
 *
 * @module
 */

/** A walk that began at a text, and goes over the lines that begin with it. */
export interface HistoryWalk {
  readonly draft: string;
  /** Index of the line shown; the length of the history is the draft. */
  readonly index: number;
}

/** One line older (-1) or newer (1); undefined where there is none. */
export function walk(
  history: readonly string[],
  from: HistoryWalk,
  by: -1 | 1,
): { readonly walk: HistoryWalk; readonly text: string } | undefined {
  const { draft } = from;
  const shown = history[from.index] ?? draft;
  for (
    let index = from.index + by;
    index >= 0 && index <= history.length;
    index += by
  ) {
    const line = history[index];
    if (line === undefined) return { walk: { draft, index }, text: draft };
    if (line !== shown && line.startsWith(draft)) {
      return { walk: { draft, index }, text: line };
    }
  }
  return undefined;
}

/** The rest of the youngest line that begins with the text. */
export function ghostFrom(
  history: readonly string[],
  text: string,
): string | undefined {
  if (text === "") return undefined;
  const line = history.findLast((line) =>
    line.length > text.length && line.startsWith(text) && !line.includes("\n")
  );
  return line?.slice(text.length);
}

/** The last word of the line that is `back` lines ago, for Alt-. */
export function lastWord(
  history: readonly string[],
  back: number,
): string | undefined {
  return history.at(-1 - back)?.trimEnd().split(/\s+/).at(-1);
}
