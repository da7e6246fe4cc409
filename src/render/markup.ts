/**
 * Foreign text inside SVG, HTML and XML.
 *
 * @module
 */

import { safe } from "./safe.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text for an element, or for an attribute between quotes: what hides is made
 * visible, and what XML cannot hold at all is, too.
 */
export function escapeMarkup(text: string): string {
  return safe(text)
    .replace(
      /[\ufffe\uffff]/g,
      (one) => one === "\ufffe" ? "\\ufffe" : "\\uffff",
    )
    .replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
}
