/**
 * `check --fix`: read, check, plan. Nothing is written here.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { CheckIntent } from "../traffic/intents.ts";
import { withUnchanged } from "../traffic/entry.ts";
import { planFix } from "../traffic/fix.ts";
import { checkWorld } from "../traffic/lint.ts";
import { makePlan } from "../traffic/plan.ts";
import type { TrafficPlan } from "../traffic/types.ts";
import { readChecked } from "./check.ts";
import { planContext, readNamespace, type RunContext } from "./context.ts";

/**
 * Plans what mends findings without moving requests.
 *
 * @throws {TrafficError} As `checkTraffic`.
 * @throws {RefusedError} `owned`.
 */
export async function planFixOn(
  cluster: Cluster,
  intent: CheckIntent & { readonly namespace: string },
  run: RunContext,
): Promise<TrafficPlan> {
  const call = run.signal === undefined ? {} : { signal: run.signal };
  const namespace = await readNamespace(cluster, intent.namespace, run);
  const context = await planContext(cluster, run, namespace);
  const { world, chosen } = await readChecked(cluster, intent, call);
  const only = new Set(chosen);
  const findings = checkWorld(world, { only: (object) => only.has(object) });
  const decision = withUnchanged(planFix(findings, world, intent), world);
  return await makePlan(decision, context);
}
