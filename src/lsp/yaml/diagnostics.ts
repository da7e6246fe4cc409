/**
 * Findings in YAML as an editor shows them.
 *
 * @module
 */

import type { Diagnostic as Shown } from "vscode-languageserver/node";
import { safe } from "../../render/safe.ts";
import type { Settings } from "../settings.ts";
import type { YamlFile } from "./files.ts";
import type { Told } from "./findings.ts";

/** Findings that anybody reads; more cost an editor its responsiveness. */
const MOST = 500;

const SEVERITIES = { error: 1, warning: 2, info: 3 } as const;

/** The codes are those of `check` and of `-f`. */
export function shownDiagnostics(
  file: YamlFile,
  told: readonly Told[],
  { yaml }: Pick<Settings, "yaml">,
): readonly Shown[] {
  return told
    // Another server tells it already.
    .filter(({ code }) => yaml !== "beside" || code !== "invalid-yaml")
    .slice(0, MOST)
    .map((one) => shownDiagnostic(file, one));
}

/** One of them. */
export function shownDiagnostic({ lines }: YamlFile, one: Told): Shown {
  const { code, severity, message, hint, span } = one;
  return {
    range: lines.rangeOf(span),
    severity: SEVERITIES[severity],
    code,
    source: "istiops",
    message: safe(hint === undefined ? message : `${message}\n${hint}`, {
      block: true,
    }),
  };
}
