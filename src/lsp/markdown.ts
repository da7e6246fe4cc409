/**
 * Text as Markdown that shows just that text: no link, no command, no image,
 * no HTML comes of a name in a cluster or a word in a script.
 *
 * @module
 */

import type { MarkupContent } from "vscode-languageserver/node";
import { safe } from "../render/safe.ts";

/** A title and lines, for editors that show Markdown and those that do not. */
export function markup(
  of: { readonly title?: string; readonly lines: readonly string[] },
  isMarkdown: boolean,
): MarkupContent {
  const { title, lines } = of;
  if (!isMarkdown) {
    const all = [...title === undefined ? [] : [title], ...lines];
    return {
      kind: "plaintext",
      value: all.map((line) => safe(line)).join("\n"),
    };
  }
  const text = lines.map(escape).join("  \n").replaceAll(
    /(?: {2}\n){2,}/g,
    "\n\n",
  );
  return {
    kind: "markdown",
    value: title === undefined ? text : `**${escape(title)}**\n\n${text}`,
  };
}

/** What marks mean in Markdown and HTML, they do not mean here. */
export function escape(text: string): string {
  return safe(text)
    .replace(/[\\`*_{}[\]()#!|~:@$^]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    // A bare address is a link.
    .replace(/www\./gi, (found) => `${found.slice(0, -1)}\\.`)
    // At the beginning of a line: lists, headings, blocks of code.
    .replace(/^( *)([-+=])/, "$1\\$2")
    .replace(/^( *\d+)(?=[.)])/, "$1\\")
    .replace(/^ +/, (blanks) => "&nbsp;".repeat(blanks.length));
}
