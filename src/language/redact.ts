/**
 * A command line for records and logs: header values do not belong there.
 *
 * @module
 */

import { wordsOf } from "./given.ts";
import type { Parsed } from "./parse.ts";
import { quoteWord } from "./tokens.ts";

/** The line as typed, with `***` for header values. */
export function redactCommand(parsed: Parsed): string {
  const words = wordsOf(
    parsed,
    ({ type }, value) =>
      type === "header" || type === "headers"
        ? redactHeaders(type, value)
        : quoteWord(value),
  );
  return ["istiops", ...words].join(" ");
}

function redactHeaders(type: string, value: string): string {
  // A value that may hold commas is one header, whatever is in it.
  const parts = type === "header" ? [value] : value.split(",");
  return parts.map((part) => {
    const cut = part.indexOf("=");
    return cut < 0
      ? (part.endsWith("?") ? quoteWord(part) : "***")
      : `${quoteWord(part.slice(0, cut))}=***`;
  }).join(",");
}
