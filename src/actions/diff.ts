/**
 * `diff`: two states compared by which requests go elsewhere. A state is the
 * cluster, files, or a saved plan on top of the other one.
 *
 * @module
 */

import type { CallOptions, Cluster, Target } from "../cluster/cluster.ts";
import type { ManifestProblem } from "../cluster/manifest_problems.ts";
import type { ManifestsCluster } from "../cluster/manifests_cluster.ts";
import { ConflictError } from "../errors.ts";
import { diffTraffic, type TrafficDifference } from "../istio/differences.ts";
import { namespaceOf } from "../istio/hosts.ts";
import {
  type Replacement,
  withApplied,
  withReplaced,
} from "../istio/overlay.ts";
import type { KubeObject } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { applyEdits } from "../traffic/edits.ts";
import { keyOfName } from "../traffic/operations.ts";
import { changesOf } from "../traffic/plan.ts";
import type { Change, TrafficPlan } from "../traffic/types.ts";
import { readForMany } from "./explain.ts";
import { labelOf } from "./outcome.ts";

/** One side of a comparison. */
export type DiffSide =
  | { readonly kind: "cluster"; readonly cluster: Cluster }
  | {
    readonly kind: "files";
    readonly files: ManifestsCluster;
    /** As they were named. */
    readonly name: string;
  }
  | {
    readonly kind: "plan";
    readonly plan: TrafficPlan;
    /** As it was named. */
    readonly name: string;
  };

/** Requests that go elsewhere. Plain JSON: `-o json`. */
export interface TrafficDiff {
  readonly apiVersion: "istiops/v1";
  readonly kind: "TrafficDiff";
  /** The cluster that was read; absent where none was. */
  readonly target?: Target;
  /** What is compared, in words. */
  readonly before: string;
  readonly after: string;
  /** Whether any request goes elsewhere. */
  readonly changed: boolean;
  readonly differences: readonly TrafficDifference[];
  /** What the reader should know; sentences. */
  readonly notes: readonly string[];
  /** What could not be read, and why; sentences. */
  readonly unread: readonly string[];
  /** What is wrong with the files; absent where there are none. */
  readonly problems?: readonly ManifestProblem[];
}

/**
 * Compares two states. Files beside the cluster, or a plan, are what they make
 * of the other side; files beside files are compared as they are.
 *
 * @throws {ClusterError} VirtualServices cannot be read.
 * @throws {ConflictError} `conflict`: a plan does not fit the other side.
 */
export async function diffStates(
  sides: readonly [DiffSide, DiffSide],
  options: CallOptions = {},
): Promise<TrafficDiff> {
  const [first, second] = sides;
  const cluster = sides.find((side) => side.kind === "cluster")?.cluster;
  const worlds = new Map<DiffSide, World>();
  for (const side of sides) {
    if (side.kind === "plan") continue;
    const from = side.kind === "cluster" ? side.cluster : side.files;
    worlds.set(side, await readForMany(from, options));
  }
  const notes: string[] = [];
  const stateOf = (side: DiffSide, other: DiffSide): State => {
    const base = worlds.get(other);
    if (side.kind === "plan") {
      return {
        world: withPlan(base!, side.plan, notes),
        name: `${nameOf(other)} with the plan ${side.name} carried out`,
      };
    }
    const world = worlds.get(side)!;
    return side.kind === "files" && other.kind === "cluster"
      ? {
        world: withApplied(base!, world),
        name: `${nameOf(other)} with ${side.name} applied`,
      }
      : { world, name: nameOf(side) };
  };
  const before = stateOf(first, second);
  const after = stateOf(second, first);
  const { differences, unexamined } = diffTraffic(
    before.world,
    after.world,
  );
  const problems = sides.flatMap((side) =>
    side.kind === "files" ? side.files.read.problems : []
  );
  const hasFiles = sides.some(({ kind }) => kind === "files");
  const gaps = cluster === undefined
    ? []
    : worlds.get(sides.find(({ kind }) => kind === "cluster")!)!.gaps;
  return {
    apiVersion: "istiops/v1",
    kind: "TrafficDiff",
    ...(cluster === undefined ? {} : { target: cluster.target }),
    before: before.name,
    after: after.name,
    changed: differences.length > 0,
    differences,
    notes: [...notes, ...unexamined],
    // That files are not all of a cluster is no news.
    unread: [...new Set(gaps.map(({ reason }) => reason))],
    ...(hasFiles ? { problems } : {}),
  };
}

interface State {
  readonly world: World;
  readonly name: string;
}

function nameOf(side: DiffSide): string {
  return side.kind === "cluster"
    ? `cluster ${side.cluster.target.server}`
    : side.name;
}

/** The world after a plan, whose edits have to fit. */
function withPlan(world: World, plan: TrafficPlan, notes: string[]): World {
  const groups = Map.groupBy(
    changesOf(plan),
    ({ object }) => keyOfName(object),
  );
  return withReplaced(
    world,
    [...groups.values()].map((changes) => carriedOut(world, changes, notes)),
  );
}

function carriedOut(
  world: World,
  changes: readonly Change[],
  notes: string[],
): Replacement {
  const [{ object, action, body }] = changes as [Change];
  const label = labelOf(object);
  const list: readonly KubeObject[] = object.kind === "VirtualService"
    ? world.virtualServices
    : world.destinationRules;
  const before = list.find((one) =>
    one.metadata.name === object.name && namespaceOf(one) === object.namespace
  );
  if (action === "create") {
    return { after: body! };
  }
  if (before === undefined) throw misfit(label, "it is not there");
  const { resourceVersion } = before.metadata;
  if (
    resourceVersion !== undefined && object.resourceVersion !== undefined &&
    resourceVersion !== object.resourceVersion
  ) {
    notes.push(
      `${label} was changed since the plan was made: apply will refuse it`,
    );
  }
  let after: KubeObject | undefined = before;
  for (const change of changes) {
    if (change.action === "delete") after = undefined;
    else if (after !== undefined) {
      const applied = applyEdits(after, change.edits);
      if (!applied.ok) throw misfit(label, "its edits do not fit it any more");
      after = applied.after;
    }
  }
  return { before, ...(after === undefined ? {} : { after }) };
}

function misfit(label: string, why: string): ConflictError {
  return new ConflictError(
    "conflict",
    `Cannot compare with the plan on ${label}: ${why}`,
    { hint: "Plan again on what is there now" },
  );
}
