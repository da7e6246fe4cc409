/**
 * Faults that a rule injects: requests that fail or wait although its
 * destinations are well.
 *
 * @module
 */

import { isRecord, numberOf, stringOf } from "../istio/shapes.ts";
import type { HTTPRoute } from "../istio/types.ts";
import type { Finding } from "./show.ts";

/** Says who waits and who is turned away, since the shares do not. */
export function findingsOnFault({ fault }: HTTPRoute): readonly Finding[] {
  if (!isRecord(fault)) return [];
  const { abort, delay } = fault;
  return [
    ...(isRecord(delay)
      ? [
        injected(
          delay,
          `held back for ${stringOf(delay.fixedDelay) || "a while"}`,
        ),
      ]
      : []),
    ...(isRecord(abort)
      ? [injected(abort, `answered with ${statusOf(abort)}`)]
      : []),
  ];
}

function injected(
  fault: Readonly<Record<string, unknown>>,
  what: string,
): Finding {
  const { percentage, percent } = fault;
  const value = numberOf(isRecord(percentage) ? percentage.value : percent);
  const who = Number.isNaN(value) ? "Some" : `${value} %`;
  return {
    code: "fault-injected",
    severity: "warning",
    message: `${who} of the requests are ${what}: the rule injects a fault`,
  };
}

function statusOf(abort: Readonly<Record<string, unknown>>): string {
  const http = numberOf(abort.httpStatus);
  return Number.isNaN(http)
    ? `gRPC status ${stringOf(abort.grpcStatus) || "unknown"}`
    : `status ${http}`;
}
