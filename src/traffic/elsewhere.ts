/**
 * What a plan does to requests, worked out from the world that it was made on:
 * the part that a reviewer reads.
 *
 * @module
 */

import { diffTraffic } from "../istio/differences.ts";
import { withReplaced } from "../istio/overlay.ts";
import type { World } from "../istio/world.ts";
import { withUnchanged } from "./entry.ts";
import { namespaceOf } from "./objects.ts";
import { makePlan } from "./plan.ts";
import type { Decision, PlanContext, TrafficPlan } from "./types.ts";

/** Enough for a change of some hundred rules; a plan does not keep one waiting. */
const EFFORT = 2_000_000;

/** The plan of a decision; with what it does to requests, where that is wanted. */
export async function planOf(
  decision: Decision,
  of: { readonly world: World; readonly context: PlanContext },
): Promise<TrafficPlan> {
  const { world, context } = of;
  const plan = await makePlan(withUnchanged(decision, world), context);
  if (context.compares !== true || !plan.changed) return plan;
  const before = withUnreadPods(world, decision.namespace);
  const after = withReplaced(before, decision.pairs);
  const { differences, unexamined } = diffTraffic(before, after, {
    effort: EFFORT,
  });
  return {
    ...plan,
    elsewhere: differences,
    notes: [
      ...plan.notes,
      ...unexamined.map((text) => `Requests that go elsewhere: ${text}`),
    ],
  };
}

/**
 * Pods were read where the change leads. That there are none elsewhere is not
 * known, and so nothing is said about it.
 */
function withUnreadPods(world: World, namespace: string): World {
  const except = [...new Set([namespace, ...world.pods.map(namespaceOf)])];
  const reason = "pods were read only where the change leads";
  return { ...world, gaps: [...world.gaps, { kind: "Pod", except, reason }] };
}
