/**
 * `undo` and `redo`: read everybody's routes, decide, plan.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import { namespaceOfHost } from "../istio/hosts.ts";
import { planOf } from "../traffic/elsewhere.ts";
import { checkValues } from "../traffic/intent_values.ts";
import type { UndoIntent } from "../traffic/intents.ts";
import { operationsOf, readRecords } from "../traffic/operations.ts";
import { relatedRecords, selectRecorded } from "../traffic/select_recorded.ts";
import { isNamespaceName } from "../traffic/syntax.ts";
import type { TrafficPlan } from "../traffic/types.ts";
import { planUndo } from "../traffic/undo.ts";
import {
  planContext,
  readNamespace,
  type RunContext,
  untilReady,
} from "./context.ts";
import { mergeWorlds, readWorld } from "./read.ts";
import { readChangeWorld } from "./read_change.ts";

/**
 * Plans the way back on a cluster. Nothing is written.
 *
 * @throws {TrafficError} As `planUndo`.
 */
export async function planUndoOn(
  cluster: Cluster,
  intent: UndoIntent,
  run: RunContext,
): Promise<TrafficPlan> {
  checkValues(intent);
  const call = run.signal === undefined ? {} : { signal: run.signal };
  const namespace = await readNamespace(cluster, intent.namespace, run);
  const context = await planContext(cluster, run, namespace);
  const { server } = cluster.target;
  return await untilReady(run, async () => {
    const routes = await readChangeWorld(cluster, intent, call);
    const selected = await readRecords(selectRecorded(routes, intent), {
      server,
    });
    const recorded = [
      ...selected,
      ...await relatedRecords(routes, { selected, server }),
    ];
    // Hosts that no route leads to now may get requests again.
    const homes = operationsOf(recorded).flatMap(({ host = "" }) =>
      namespaceOfHost(host, routes.mesh) ?? []
    ).filter((home) => home !== intent.namespace && isNamespaceName(home));
    const pods = await readWorld(cluster, {
      namespaces: [...new Set(homes)],
      kinds: ["Pod"],
      ...call,
    });
    const { user } = context;
    const world = mergeWorlds(routes, pods);
    const decision = await planUndo(intent, world, {
      time: run.time,
      ...(user === undefined ? {} : { user }),
      server,
    });
    return await planOf(decision, { world, context });
  });
}
