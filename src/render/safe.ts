/**
 * Foreign text on its way to a terminal. Names of rules, annotations, header
 * values and messages of servers are free text: what would move the cursor,
 * change colours, turn the reading direction or hide itself is written as a
 * visible escape instead.
 *
 * @module
 */

/**
 * Controls, what is made to be invisible (zero-width, bidi controls, fillers,
 * variation selectors, tags), line separators, lone halves of a character.
 */
const HIDDEN =
  /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Cs}\u2028\u2029\ufff9-\ufffb]/gu;

/** How {@linkcode safe} treats lines. */
export interface SafeOptions {
  /** Keep `\n` and `\t`: the text stands as a block of its own. */
  readonly block?: boolean;
}

/** The same text with everything that hides or steers made visible. */
export function safe(text: string, options: SafeOptions = {}): string {
  return String(text).replace(
    HIDDEN,
    (character) =>
      options.block === true && (character === "\n" || character === "\t")
        ? character
        : escapeOf(character),
  );
}

/** Does the text hold anything that {@linkcode safe} would escape? */
export function isHiding(text: string): boolean {
  HIDDEN.lastIndex = 0;
  return HIDDEN.test(text);
}

/** Inside JSON text: `\u` escapes for what JSON itself leaves raw. */
export function escapeInJson(json: string): string {
  return json.replace(
    HIDDEN,
    (character) =>
      character === "\n"
        ? character
        : character.split("").map((unit) =>
          `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
        ).join(""),
  );
}

function escapeOf(character: string): string {
  switch (character) {
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    case "\t":
      return "\\t";
  }
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code > 0xffff
    ? `\\u{${code.toString(16)}}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
