/**
 * One shift of the demo world, planned and carried out on a clock that does
 * not tick: a new subset, then the route.
 *
 * @module
 */

import type { RunContext } from "../../../src/actions/context.ts";
import { executePlan } from "../../../src/actions/execute.ts";
import { planShiftOn } from "../../../src/actions/shift.ts";
import { planUndoOn } from "../../../src/actions/undo.ts";
import type { Clock, Cluster } from "../../../src/cluster/cluster.ts";
import type {
  DestinationRule,
  VirtualService,
} from "../../../src/istio/types.ts";
import type { Sandbox } from "../../../src/sandbox/mod.ts";
import { newOperationId } from "../../../src/traffic/operation_id.ts";
import type { ShiftIntent } from "../../../src/traffic/intents.ts";
import type {
  TrafficOutcome,
  TrafficPlan,
} from "../../../src/traffic/types.ts";
import type { VirtualClock } from "../../support/virtual_clock.ts";

/** Kinds that are written. */
export const KINDS = ["VirtualService", "DestinationRule"] as const;

/** The VirtualService that is written. */
export const SERVICE = {
  kind: "VirtualService",
  namespace: "default",
  name: "api-domain-virtualservice",
} as const;

/** 20 % to build 3, which has no subset yet. */
export const SHIFT: ShiftIntent = {
  namespace: "default",
  names: [SERVICE.name],
  build: "3",
  weight: 20,
};

/** A cluster and its clock. */
export interface At {
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
}

/** Plans the shift. */
export async function planAt(
  { cluster, clock }: At,
  intent: Partial<ShiftIntent> = {},
): Promise<TrafficPlan> {
  return await planShiftOn(cluster, { ...SHIFT, ...intent }, runAt(clock));
}

/** Plans and carries it out. */
export async function shiftAt(
  at: At,
  intent: Partial<ShiftIntent> = {},
): Promise<TrafficOutcome> {
  const { cluster, clock } = at;
  return await executePlan(cluster, await planAt(at, intent), { clock });
}

/** Takes the newest change back. */
export async function undoAt({ cluster, clock }: At): Promise<TrafficOutcome> {
  const plan = await planUndoOn(cluster, {
    verb: "undo",
    namespace: "default",
    names: [SERVICE.name],
  }, runAt(clock));
  return await executePlan(cluster, plan, { clock });
}

/** What routes, as it stands in the store. */
export function specsIn({ store }: Sandbox): unknown[] {
  return KINDS.flatMap((kind) =>
    store.list(kind, "default").map(({ metadata, spec }) => [
      kind,
      metadata.name,
      spec,
    ])
  );
}

/**
 * I1: each subset that a route names is there.
 *
 * @throws {Error} Which one is not.
 */
export function noneDangles({ store }: Sandbox): void {
  const rules = store.list("DestinationRule") as readonly DestinationRule[];
  for (const service of store.list("VirtualService") as VirtualService[]) {
    for (const rule of service.spec.http ?? []) {
      for (const { destination } of rule.route ?? []) {
        if (destination.subset === undefined) continue;
        const isThere = rules.some(({ spec }) =>
          spec.subsets?.some(({ name }) => name === destination.subset)
        );
        if (!isThere) {
          throw new Error(`${destination.subset} dangles`);
        }
      }
    }
  }
}

/** What a command runs with, under a new operation id. */
export function runAt(clock: Clock): RunContext {
  return {
    operation: newOperationId(
      new Date(),
      crypto.getRandomValues(new Uint8Array(4)),
    ),
    time: new Date(),
    command: "istiops shift -b 3 -w 20",
    settle: 2000,
    protectedContexts: [],
    clock,
  };
}
