/**
 * An error as a document for machines.
 *
 * @module
 */

import { ClusterError, type ErrorCode, TrafficError } from "../errors.ts";
import type { TrafficOutcome } from "../traffic/types.ts";

/** What `-o json` prints when a command fails. */
export interface ErrorDocument {
  readonly apiVersion: "istiops/v1";
  readonly kind: "Error";
  readonly code: ErrorCode;
  readonly message: string;
  /** The next thing to try. */
  readonly hint?: string;
  /** Status that the process ends with. */
  readonly exitCode: number;
  /** HTTP status and reason of the cluster's answer. */
  readonly status?: number;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** How far a plan came. */
  readonly outcome?: TrafficOutcome;
}

/** The document of an error; what is no error of ours is `internal`. */
export function errorDocument(error: unknown, exitCode: number): ErrorDocument {
  const ours = error instanceof TrafficError;
  const { outcome, ...facts } = plainJson(ours ? error.details ?? {} : {});
  const cluster = error instanceof ClusterError ? error : undefined;
  return {
    apiVersion: "istiops/v1",
    kind: "Error",
    code: ours ? error.code : "internal",
    message: error instanceof Error ? error.message : String(error),
    ...(ours && error.hint !== undefined ? { hint: error.hint } : {}),
    exitCode,
    ...(cluster?.status === undefined ? {} : { status: cluster.status }),
    ...(cluster?.reason === undefined ? {} : { reason: cluster.reason }),
    ...(Object.keys(facts).length === 0 ? {} : { details: facts }),
    ...(outcome === undefined ? {} : { outcome: outcome as TrafficOutcome }),
  };
}

/** Facts only: what has no JSON form is left out. */
function plainJson(
  details: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(details)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
