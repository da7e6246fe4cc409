/**
 * Intent + world -> plan: a decision with the records on the objects, and its
 * writes in order.
 *
 * @module
 */

import type { World } from "../istio/world.ts";
import { planClear } from "./clear.ts";
import { planOf } from "./elsewhere.ts";
import type { ClearIntent, ShiftIntent } from "./intents.ts";
import { readHistory } from "./journal.ts";
import { keyOf, namespaceOf } from "./objects.ts";
import { planShift } from "./shift.ts";
import type { HistoryEntry, PlanContext, TrafficPlan } from "./types.ts";

/**
 * Plans a shift.
 *
 * @throws {TrafficError} As `planShift`.
 */
export async function makeShiftPlan(
  intent: ShiftIntent,
  world: World,
  context: PlanContext,
): Promise<TrafficPlan> {
  const history = new Map<string, readonly HistoryEntry[]>();
  const problems: string[] = [];
  for (const object of world.virtualServices) {
    if (namespaceOf(object) !== intent.namespace) continue;
    const read = await readHistory(object, { server: context.target.server });
    history.set(keyOf(object), read.entries);
    problems.push(...read.problems);
  }
  const decision = planShift(intent, world, { history });
  const touched = decision.pairs.some(({ before }) => before !== undefined);
  return await planOf({
    ...decision,
    notes: [...decision.notes, ...(touched ? problems : [])],
  }, { world, context });
}

/**
 * Plans a clear.
 *
 * @throws {TrafficError} As `planClear`.
 */
export async function makeClearPlan(
  intent: ClearIntent,
  world: World,
  context: PlanContext,
): Promise<TrafficPlan> {
  return await planOf(planClear(intent, world), { world, context });
}
