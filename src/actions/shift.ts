/**
 * `shift`: read, decide, plan. Nothing is written here.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import { withUnchanged } from "../traffic/entry.ts";
import { checkValues } from "../traffic/intent_values.ts";
import type { ShiftIntent } from "../traffic/intents.ts";
import { readHistory } from "../traffic/journal.ts";
import { keyOf, namespaceOf } from "../traffic/objects.ts";
import { makePlan } from "../traffic/plan.ts";
import { planShift } from "../traffic/shift.ts";
import type { HistoryEntry, TrafficPlan } from "../traffic/types.ts";
import {
  planContext,
  readNamespace,
  type RunContext,
  untilReady,
} from "./context.ts";
import { readChangeWorld } from "./read_change.ts";

/**
 * Plans a shift on a cluster.
 *
 * @throws {TrafficError} As `planShift`, and whatever reading throws.
 */
export async function planShiftOn(
  cluster: Cluster,
  intent: ShiftIntent,
  run: RunContext,
): Promise<TrafficPlan> {
  checkValues(intent);
  const call = run.signal === undefined ? {} : { signal: run.signal };
  const namespace = await readNamespace(cluster, intent.namespace, run);
  const context = await planContext(cluster, run, namespace);
  return await untilReady(run, async () => {
    const world = await readChangeWorld(cluster, intent, call);
    const history = new Map<string, readonly HistoryEntry[]>();
    const problems: string[] = [];
    for (const object of world.virtualServices) {
      if (namespaceOf(object) !== intent.namespace) continue;
      const read = await readHistory(object, { server: cluster.target.server });
      history.set(keyOf(object), read.entries);
      problems.push(...read.problems);
    }
    const decision = planShift(intent, world, { history });
    const touched = decision.pairs.some(({ before }) => before !== undefined);
    return await makePlan(
      withUnchanged(
        {
          ...decision,
          notes: [...decision.notes, ...(touched ? problems : [])],
        },
        world,
      ),
      context,
    );
  });
}
