/**
 * The pods that a change relies on, looked at again just before the route is
 * written: between the plan and the write they may have gone (5.6).
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import { checkGuard } from "../traffic/guard.ts";
import type { Overrides } from "../traffic/intents.ts";
import type { TrafficPlan } from "../traffic/types.ts";
import { readWorld } from "./read.ts";

/** Options of {@linkcode checkGuards}. */
export interface GuardOptions extends Overrides {
  readonly signal?: AbortSignal;
}

/**
 * Reads the pods behind every guard of a plan.
 *
 * @returns Warnings: what could not be seen and is not required.
 * @throws {RefusedError} `no-ready-pods`, `pods-unknown`.
 */
export async function checkGuards(
  cluster: Cluster,
  plan: TrafficPlan,
  options: GuardOptions = {},
): Promise<string[]> {
  const guards = plan.guards.filter((guard) => guard.overridden !== true);
  if (guards.length === 0) return [];
  const namespaces = guards.map(({ service }) =>
    service?.namespace ?? plan.namespace
  );
  const world = await readWorld(cluster, {
    namespaces: [...new Set(namespaces)],
    kinds: ["Service", "Pod", "ServiceEntry", "WorkloadEntry"],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return guards.flatMap((guard) => checkGuard(guard, { world, options }) ?? []);
}
