/**
 * `graph`: reads VirtualServices and what they lead to, and draws them.
 *
 * @module
 */

import type { CallOptions, Cluster, Target } from "../cluster/cluster.ts";
import { TrafficError } from "../errors.ts";
import type { Graph } from "../istio/graph.ts";
import type { VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { ShowIntent } from "../traffic/intents.ts";
import { graphTraffic } from "../traffic/graph.ts";
import { readShown } from "./read_shown.ts";
import { chosenIn } from "./show.ts";
import { type ReadingTold, tellReading } from "./unread.ts";

/** What VirtualServices do, as nodes and edges. Plain JSON: `-o json`. */
export interface TrafficGraph extends Graph, ReadingTold {
  readonly apiVersion: "istiops/v1";
  readonly kind: "TrafficGraph";
  /** Where it was read. */
  readonly target: Target;
}

/** A picture, and what it was made of. */
export interface DrawnTraffic {
  readonly graph: TrafficGraph;
  readonly world: World;
  readonly objects: readonly VirtualService[];
}

/** More nodes than this are no picture, not even in a summary. */
export const MOST_NODES = 2000;

/**
 * Draws the selected VirtualServices.
 *
 * @throws {TrafficError} `not-found`: nothing matches; `too-many`: more than a
 * picture can hold.
 * @throws {ClusterError} VirtualServices cannot be read.
 */
export async function drawTraffic(
  cluster: Cluster,
  intent: ShowIntent,
  options: CallOptions = {},
): Promise<DrawnTraffic> {
  const { problems } = cluster;
  const world = await readShown(cluster, intent, {
    ...options,
    sidecars: true,
  });
  const objects = chosenIn(world, intent, problems);
  if (objects.length > MOST_NODES) {
    throw tooMany(`${objects.length} VirtualServices`);
  }
  const drawn = graphTraffic(world, {
    objects,
    whole: intent.namespace === undefined,
  });
  if (drawn.nodes.length > MOST_NODES) {
    throw tooMany(
      `${objects.length} VirtualServices make ${drawn.nodes.length} nodes, without their rules`,
    );
  }
  return {
    graph: {
      apiVersion: "istiops/v1",
      kind: "TrafficGraph",
      target: cluster.target,
      ...drawn,
      ...tellReading(cluster, world.gaps),
    },
    world,
    objects,
  };
}

function tooMany(what: string): TrafficError {
  return new TrafficError(
    "too-many",
    `Cannot draw the graph: ${what}, and a picture holds ${MOST_NODES} nodes`,
    { hint: "Narrow it with -n NAMESPACE, -l SELECTOR, -d HOST or names" },
  );
}
