/**
 * The pods that a change relies on, looked at again just before the route is
 * written: between the plan and the write they may have gone (5.6).
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import { RefusedError } from "../errors.ts";
import { podCount } from "../istio/pods.ts";
import type { World } from "../istio/world.ts";
import type { Overrides } from "../traffic/intents.ts";
import type { Guard, TrafficPlan } from "../traffic/types.ts";
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
  const world = await readWorld(cluster, {
    namespaces: [
      ...new Set(
        guards.map(({ service }) => service?.namespace ?? plan.namespace),
      ),
    ],
    kinds: ["Service", "Pod", "ServiceEntry", "WorkloadEntry"],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return guards.flatMap((guard) => checkGuard(guard, { world, options }) ?? []);
}

/** Judges one guard by what is known; gives a warning or nothing. */
export function checkGuard(
  guard: Guard,
  of: { readonly world: World; readonly options: Overrides },
): string | undefined {
  const { world, options } = of;
  const ready = readyPods(guard, { world, labels: guard.labels });
  const who = `build "${guard.build}" of "${guard.host}"`;
  if (ready === undefined) {
    if (guard.rule === "relative" || options.skipPodCheck === true) {
      return `The pods of ${who} cannot be seen`;
    }
    throw new RefusedError(
      "pods-unknown",
      `Cannot send requests to ${who}: its pods cannot be seen`,
      {
        hint: "Give --skip-pod-check if you know that they are ready",
        details: { build: guard.build, host: guard.host, labels: guard.labels },
      },
    );
  }
  if (ready > 0 || options.force === true) return undefined;
  if (guard.rule === "relative") {
    const serving = (guard.falling ?? []).some((labels) =>
      (readyPods(guard, { world, labels }) ?? 0) > 0
    );
    if (!serving) return undefined;
  }
  throw new RefusedError(
    "no-ready-pods",
    `Cannot send requests to ${who}: none of its pods is ready`,
    {
      hint: "Wait until they are ready (--wait-ready 5m), or give --force",
      details: {
        build: guard.build,
        host: guard.host,
        labels: guard.labels,
        ready,
      },
    },
  );
}

function readyPods(
  guard: Guard,
  of: {
    readonly world: World;
    readonly labels: Readonly<Record<string, string>>;
  },
): number | undefined {
  const count = podCount(of.world, { host: guard.host, labels: of.labels });
  return count.ready ?? undefined;
}
