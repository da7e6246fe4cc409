/**
 * What people take for one character: where it ends, and how many columns of a
 * terminal it takes.
 *
 * @module
 */

/** What can be part of the character beside it: marks, joiners, flags, jamo. */
const JOINING =
  /[\p{M}\p{Cf}\u0d4e\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\uff9e\uff9f\u{11000}-\u{11fff}\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}]/u;

/** Characters that emoji fonts draw although their block is narrow. */
const EMOJI = /^\p{Emoji_Presentation}|\ufe0f/u;
const INVISIBLE = /[\p{M}\u200b-\u200f\u1160-\u11ff\ud7b0-\ud7ff]/gu;

let segmenter: Intl.Segmenter | undefined;

/** The text in pieces of one character each. */
export function graphemes(text: string): readonly string[] {
  // The segmenter takes long to start, and nearly no text needs it.
  if (!JOINING.test(text)) return Array.from(text);
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Columns that one character takes, as current terminals draw it. */
export function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0;
  if (code < 0x300 && grapheme.length === 1) return 1;
  if (EMOJI.test(grapheme)) return 2;
  let width = 0;
  for (const character of grapheme.replace(INVISIBLE, "")) {
    width += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  }
  // An emoji and what is joined to it are drawn as one.
  return code >= 0x1f000 ? Math.min(width, 2) : width;
}

function isWide(code: number): boolean {
  return code >= 0x1100 && (
    code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
