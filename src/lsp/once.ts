/**
 * One answer without a conversation: what an editor would get, by the same
 * functions.
 *
 * @module
 */

import type { Position } from "vscode-languageserver/node";
import type {
  EditorQuestion,
  InvocationOptions,
} from "../language/invocation.ts";
import { completionAt } from "./completion.ts";
import { diagnosticsOf } from "./diagnostics.ts";
import { hoverOf } from "./hover.ts";
import { findingsOf, viewOf } from "./view.ts";

/** What there is to say, and whether the text has an error. */
export function answerOnce(
  text: string,
  of: {
    readonly about: EditorQuestion["about"];
    readonly position: Position;
    readonly patterns: InvocationOptions;
  },
): { readonly result: unknown; readonly isWrong: boolean } {
  const view = viewOf(text, { patterns: of.patterns });
  switch (of.about) {
    case "complete":
      return { result: completionAt(view, of.position).list, isWrong: false };
    case "hover":
      return { result: hoverOf(view, of.position), isWrong: false };
    case "check": {
      const findings = findingsOf(view);
      return {
        result: diagnosticsOf(view, findings),
        isWrong: findings.some(({ severity }) => severity === "error"),
      };
    }
  }
}
