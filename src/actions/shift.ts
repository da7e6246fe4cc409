/**
 * `shift`: read, decide, plan. Nothing is written here.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import { checkValues } from "../traffic/intent_values.ts";
import type { ShiftIntent } from "../traffic/intents.ts";
import { makeShiftPlan } from "../traffic/plan_change.ts";
import type { TrafficPlan } from "../traffic/types.ts";
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
  return await untilReady(run, async () =>
    await makeShiftPlan(
      intent,
      await readChangeWorld(cluster, intent, call),
      context,
    ));
}
