/**
 * A command line for records and logs: header values do not belong there.
 *
 * @module
 */

import type { Parsed } from "./parse.ts";
import { quoteWord } from "./tokens.ts";

/** The line as typed, with `***` for header values. */
export function redactCommand(parsed: Parsed): string {
  const names = parsed.positionals.map(({ value }) => value);
  const plain = names.filter((name) => !name.startsWith("-"));
  const words = ["istiops", ...parsed.path, ...plain.map(quoteWord)];
  for (const { option, value } of parsed.options) {
    words.push(`--${option.long}`);
    if (value === undefined) continue;
    const secret = option.type === "header" || option.type === "headers";
    words.push(secret ? redactHeaders(option.type, value) : quoteWord(value));
  }
  const dashed = names.filter((name) => name.startsWith("-"));
  if (dashed.length > 0) words.push("--", ...dashed.map(quoteWord));
  return words.join(" ");
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
