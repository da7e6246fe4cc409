/**
 * One answer about a YAML file without a conversation: what an editor with
 * this file alone would get, by the same functions.
 *
 * @module
 */

import type { Position } from "vscode-languageserver/node";
import type { EditorQuestion } from "../../language/invocation.ts";
import { NO_NAMES } from "../../language/names.ts";
import { CLOSED } from "../settings.ts";
import { FULL_CLIENT } from "../view.ts";
import { completionIn } from "./completion.ts";
import { shownDiagnostics } from "./diagnostics.ts";
import { Chunks } from "./files.ts";
import { toldOf } from "./findings.ts";
import { hoverIn } from "./hover.ts";
import { together } from "./world.ts";

/** What there is to say, and whether something is an error. */
export function answerOnce(
  text: string,
  of: {
    readonly about: EditorQuestion["about"];
    readonly file: string;
    readonly position: Position;
  },
): { readonly result: unknown; readonly isWrong: boolean } {
  const file = new Chunks().read(of.file, text);
  const all = together([file], NO_NAMES);
  const options = { all, names: NO_NAMES, client: FULL_CLIENT };
  const offset = file.lines.offsetAt(of.position);
  switch (of.about) {
    case "complete":
      return {
        result: completionIn(file, offset, options),
        isWrong: false,
      };
    case "hover":
      return { result: hoverIn(file, offset, options), isWrong: false };
    case "check": {
      const told = toldOf([file], { names: NO_NAMES, areAll: all });
      return {
        result: shownDiagnostics(file, told, CLOSED),
        isWrong: told.some(({ severity }) => severity === "error"),
      };
    }
  }
}
