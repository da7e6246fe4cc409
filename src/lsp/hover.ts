/**
 * What stands at a position, and what the command there takes.
 *
 * @module
 */

import type {
  Hover,
  Position,
  SignatureHelp,
} from "vscode-languageserver/node";
import { cursorAt } from "../language/cursor.ts";
import { hoverAt } from "../language/hover.ts";
import type { Place } from "../language/names.ts";
import { signatureAt } from "../language/signature.ts";
import { markup } from "./markdown.ts";
import type { View } from "./view.ts";

/** Keys after which a signature shows, or follows. */
export const SIGNATURE_TRIGGERS: readonly string[] = [" ", "="];

/** What stands at a position. */
export function hoverOf(view: View, position: Position): Hover | null {
  const { document, lines, names, client } = view;
  const found = hoverAt(document, lines.offsetAt(position), names);
  return found === undefined ? null : {
    range: lines.rangeOf(found.span),
    contents: markup(found, client.markdown),
  };
}

/** Where the line at a position goes: what a hover there is about. */
export function placeAt(view: View, position: Position): Place {
  return cursorAt(view.document, view.lines.offsetAt(position)).place;
}

/** The command at a position with the part that is being written. */
export function signatureOf(
  { document, lines, client }: View,
  position: Position,
): SignatureHelp | null {
  const found = signatureAt(document, lines.offsetAt(position));
  if (found === undefined) return null;
  const { label, doc, parameters, active } = found;
  return {
    signatures: [{
      label,
      documentation: doc,
      parameters: parameters.map(({ start, end, doc }) => ({
        label: client.labelOffsets ? [start, end] : label.slice(start, end),
        documentation: doc,
      })),
    }],
    activeSignature: 0,
    // Where nothing is written, none of them is meant.
    activeParameter: active ?? parameters.length,
  };
}
