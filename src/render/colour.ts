/**
 * Colour for those who see it: every word stays without it.
 *
 * @module
 */

/** What a piece of text may look like. */
export type Style =
  | "bold"
  | "dim"
  | "underline"
  | "inverse"
  | "red"
  | "green"
  | "yellow"
  | "cyan";

/** Puts styles around text, or leaves it as it is. */
export type Paint = (text: string, ...styles: readonly Style[]) => string;

const CODES: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  underline: [4, 24],
  inverse: [7, 27],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** A painter; without colour it gives the text back. */
export function painter(color: boolean): Paint {
  if (!color) return (text) => text;
  return (text, ...styles) =>
    text === "" ? text : styles.reduce(
      (painted, style) =>
        `\x1b[${CODES[style][0]}m${painted}\x1b[${CODES[style][1]}m`,
      text,
    );
}
