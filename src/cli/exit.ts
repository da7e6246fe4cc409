/**
 * Errors to exit statuses; the table is in the README.
 *
 * @module
 */

import {
  ClusterError,
  ConflictError,
  InterruptedError,
  OutcomeUnknownError,
  RefusedError,
  UsageError,
} from "../errors.ts";

/** Statuses that no error stands for. */
export const EXIT = {
  done: 0,
  wrongFiles: 1,
  /** `check` found what is as grave as the line says. */
  found: 1,
  wouldChange: 8,
  interrupted: 130,
} as const;

/** No server, or none that answers as one: a later try may go better. */
const OUT_OF_REACH = ["unreachable", "timeout", "overloaded", "bad-answer"];

/** The status that a process ends with after an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  if (error instanceof RefusedError) return 4;
  if (error instanceof ConflictError) return 6;
  if (error instanceof OutcomeUnknownError) return 7;
  if (error instanceof InterruptedError) return 130;
  if (error instanceof ClusterError) {
    return OUT_OF_REACH.includes(error.code) ? 5 : 1;
  }
  return 1;
}
