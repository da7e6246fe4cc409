/**
 * `clear`: read, decide, plan. Nothing is written here.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import { checkValues } from "../traffic/intent_values.ts";
import type { ClearIntent } from "../traffic/intents.ts";
import { makeClearPlan } from "../traffic/plan_change.ts";
import type { TrafficPlan } from "../traffic/types.ts";
import {
  planContext,
  readNamespace,
  type RunContext,
  untilReady,
} from "./context.ts";
import { readChangeWorld } from "./read_change.ts";

/**
 * Plans a clear on a cluster.
 *
 * @throws {TrafficError} As `planClear`, and whatever reading throws.
 */
export async function planClearOn(
  cluster: Cluster,
  intent: ClearIntent,
  run: RunContext,
): Promise<TrafficPlan> {
  checkValues(intent);
  const call = run.signal === undefined ? {} : { signal: run.signal };
  const namespace = await readNamespace(cluster, intent.namespace, run);
  const context = await planContext(cluster, run, namespace);
  return await untilReady(run, async () =>
    await makeClearPlan(
      intent,
      await readChangeWorld(cluster, intent, { workloads: true, ...call }),
      context,
    ));
}
