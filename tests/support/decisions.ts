/**
 * Decisions and contexts for tests of plans: what a planner would say, as far
 * as the test cares.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import { itemsOf } from "../../src/traffic/edits.ts";
import type {
  Decision,
  ObjectPair,
  PlanContext,
} from "../../src/traffic/types.ts";

/** A mild shift of these pairs; new subsets are marked as ours. */
export function decisionOf(
  pairs: readonly ObjectPair[],
  rest: Partial<Decision> = {},
): Decision {
  return {
    verb: "shift",
    namespace: "default",
    pairs,
    marks: Object.fromEntries(
      pairs.flatMap(({ before, after }) =>
        after?.kind === "DestinationRule"
          ? [[
            `${after.metadata.namespace}/${after.metadata.name}`,
            newNames(before, after),
          ]]
          : []
      ),
    ),
    grade: "mild",
    reasons: [],
    summary: [],
    notes: [],
    shares: [],
    untouched: [],
    guards: [],
    ...rest,
  };
}

/** A run on a test server; every call gives the same operation id. */
export function contextOf(rest: Partial<PlanContext> = {}): PlanContext {
  return {
    operation: "op-1",
    time: new Date("2026-11-23T12:00:00.000Z"),
    user: "tester",
    target: {
      source: "custom",
      server: "https://memory.test",
      context: "memory",
      namespace: "default",
      flags: ["--context", "memory"],
    },
    command: "istiops shift reviews -b v2 -w 20",
    settle: 2000,
    ...rest,
  };
}

/** The object with metadata a server would give it. */
export function stored(
  object: KubeObject,
  metadata: Readonly<Record<string, unknown>> = {},
): KubeObject {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid: `uid-${object.kind}-${object.metadata.name}`,
      resourceVersion: "7",
      managedFields: [{ manager: "kubectl", time: "2026-11-01T00:00:00Z" }],
      ...metadata,
    },
  };
}

function newNames(
  before: KubeObject | undefined,
  after: KubeObject,
): string[] {
  const names = (object: KubeObject | undefined) =>
    object === undefined
      ? []
      : itemsOf(object, "/spec/subsets").map((item) =>
        (item as { readonly name: string }).name
      );
  const former = names(before);
  return names(after).filter((name) => !former.includes(name));
}
