/**
 * Findings as an editor shows them.
 *
 * @module
 */

import type { Diagnostic as Shown } from "vscode-languageserver/node";
import type { Diagnostic } from "../language/diagnose.ts";
import { safe } from "../render/safe.ts";
import { findingsOf, type View } from "./view.ts";

/** Findings that anybody reads; more cost an editor its responsiveness. */
const MOST = 500;

const SEVERITIES = { error: 1, warning: 2 } as const;

/** What is wrong with a document; codes are those of `istiops` everywhere. */
export function diagnosticsOf(
  view: View,
  findings: readonly Diagnostic[] = findingsOf(view),
): readonly Shown[] {
  return findings.slice(0, MOST).map((finding) => ({
    range: view.lines.rangeOf(finding.span),
    severity: SEVERITIES[finding.severity],
    code: finding.code,
    source: "istiops",
    message: messageOf(finding),
  }));
}

/** The same words as in a shell: what is wrong, then what to try. */
export function messageOf({ message, hint }: Diagnostic): string {
  return safe(hint === undefined ? message : `${message}\n${hint}`, {
    block: true,
  });
}
