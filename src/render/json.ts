/**
 * JSON for machines that people may look at, too: nothing in it hides or
 * steers a terminal, and it parses to the same value.
 *
 * @module
 */

import { escapeInJson } from "./safe.ts";

/** How {@linkcode toJson} lays the document out. */
export interface JsonOptions {
  /** One line, as `--watch` gives them. */
  readonly line?: boolean;
}

/** One document, indented by two spaces, without a line feed at the end. */
export function toJson(value: unknown, options: JsonOptions = {}): string {
  const indent = options.line === true ? undefined : 2;
  return escapeInJson(JSON.stringify(value, null, indent) ?? "null");
}
