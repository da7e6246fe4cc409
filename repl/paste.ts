/**
 * Pasted text on its way into the line: lines end in `\n`, and nothing in it
 * steers a terminal.
 *
 * @module
 */

import { safe } from "../src/render/safe.ts";

/** Characters of one paste that are kept. */
export const LONGEST_PASTE = 1024 * 1024;

const TAB = "    ";

// deno-lint-ignore no-control-regex
const CONTROL = /[\0-\x09\x0b-\x1f\x7f-\x9f]/g;

/** The text as it goes into the line; control characters become visible. */
export function pastedText(raw: string): string {
  return raw
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, TAB)
    .replace(CONTROL, (character) => safe(character));
}
