/**
 * Which findings make a check fail.
 *
 * @module
 */

import type { Severity } from "../istio/findings.ts";

const ORDER: readonly Severity[] = ["info", "warning", "error"];

/** Is it at least as grave? */
export function isGrave(severity: Severity, atLeast: Severity): boolean {
  return ORDER.indexOf(severity) >= ORDER.indexOf(atLeast);
}
