/**
 * What became of a plan: a value where it was carried out, an error that
 * holds the same value where something stood in the way.
 *
 * @module
 */

import {
  ClusterError,
  ConflictError,
  InterruptedError,
  ManifestError,
  OutcomeUnknownError,
  RefusedError,
  TrafficError,
  UsageError,
} from "../errors.ts";
import type {
  ObjectName,
  TrafficOutcome,
  TrafficPlan,
} from "../traffic/types.ts";

/** How far a plan came. */
export interface Extent {
  readonly status: TrafficOutcome["status"];
  readonly written: readonly ObjectName[];
  readonly notWritten: readonly ObjectName[];
  readonly unknown?: ObjectName;
  readonly warnings: readonly string[];
}

/** The outcome of a plan that came so far. */
export function makeOutcome(plan: TrafficPlan, extent: Extent): TrafficOutcome {
  const changed = extent.written.length > 0;
  const { wayBack } = plan;
  const leadsBack = wayBack !== undefined &&
    (changed || extent.unknown !== undefined);
  return {
    apiVersion: "istiops/v1",
    kind: "TrafficOutcome",
    status: extent.status,
    changed,
    operation: plan.operation,
    plan,
    written: extent.written,
    notWritten: extent.notWritten,
    ...(extent.unknown === undefined ? {} : { unknown: extent.unknown }),
    ...(leadsBack ? { wayBack } : {}),
    warnings: extent.warnings,
  };
}

/** The outcome that an error of `executePlan` carries, if it carries one. */
export function outcomeOf(error: unknown): TrafficOutcome | undefined {
  const outcome = error instanceof TrafficError
    ? error.details?.["outcome"]
    : undefined;
  return outcome as TrafficOutcome | undefined;
}

/** The status that an error stands for. */
export function statusOf(error: unknown): TrafficOutcome["status"] {
  if (error instanceof ConflictError) return "conflict";
  if (error instanceof OutcomeUnknownError) return "unknown";
  if (error instanceof InterruptedError) return "interrupted";
  return "failed";
}

/**
 * The same error with the outcome in its details. Anything that is no error
 * of ours becomes `internal`.
 */
export function withOutcome(
  error: unknown,
  outcome: TrafficOutcome,
): TrafficError {
  const ours = error instanceof TrafficError ? error : new TrafficError(
    "internal",
    `Cannot carry out the plan: ${
      error instanceof Error ? error.message : String(error)
    }`,
    { cause: error },
  );
  const { written, notWritten, wayBack } = outcome;
  const hint = ours.hint ??
    (written.length > 0 && wayBack !== undefined
      ? `To take back what was written: ${wayBack}`
      : undefined);
  const options = {
    ...(hint === undefined ? {} : { hint }),
    details: {
      ...ours.details,
      written: written.map(labelOf),
      notWritten: notWritten.map(labelOf),
      outcome,
    },
    ...(ours.cause === undefined ? {} : { cause: ours.cause }),
  };
  if (ours instanceof ClusterError) {
    return new ClusterError(ours.code, ours.message, {
      ...options,
      ...(ours.status === undefined ? {} : { status: ours.status }),
      ...(ours.reason === undefined ? {} : { reason: ours.reason }),
    });
  }
  const Class = CLASSES.find((one) => ours instanceof one) ?? TrafficError;
  return new Class(ours.code, ours.message, options);
}

const CLASSES = [
  ConflictError,
  OutcomeUnknownError,
  InterruptedError,
  RefusedError,
  UsageError,
  ManifestError,
];

/** An object in words: `VirtualService "default/reviews"`. */
export function labelOf(object: ObjectName): string {
  return `${object.kind} "${object.namespace}/${object.name}"`;
}
