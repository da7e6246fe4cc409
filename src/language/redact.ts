/**
 * A command line for records and logs: header values do not belong there.
 *
 * @module
 */

import type { Parsed } from "./parse.ts";
import { quoteWord } from "./tokens.ts";

/** The line as typed, with `***` for header values. */
export function redactCommand(parsed: Parsed): string {
  const words: string[] = ["istiops", ...parsed.path];
  words.push(...parsed.positionals.map(({ value }) => quoteWord(value)));
  for (const { option, value } of parsed.options) {
    words.push(`--${option.long}`);
    if (value === undefined) continue;
    const secret = option.type === "header" || option.type === "headers";
    words.push(secret ? redactHeaders(option.type, value) : quoteWord(value));
  }
  return words.join(" ");
}

function redactHeaders(type: string, value: string): string {
  // A value that may hold commas is one header, whatever is in it.
  const parts = type === "header" ? [value] : value.split(",");
  return parts.map((part) => {
    const cut = part.indexOf("=");
    return cut < 0
      ? (part.endsWith("?") ? part : "***")
      : `${part.slice(0, cut)}=***`;
  }).join(",");
}
