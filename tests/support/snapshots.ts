/**
 * A cluster's objects as `kubectl get -o json` would list them.
 *
 * @module
 */

import type { Cluster } from "../../src/cluster/cluster.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import type { Kind } from "../../src/istio/world.ts";

const KINDS: readonly Kind[] = [
  "VirtualService",
  "DestinationRule",
  "Gateway",
  "ServiceEntry",
  "WorkloadEntry",
  "Namespace",
  "Service",
  "Pod",
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
];

/** All that a snapshot is made of. */
export async function objectsOf(
  cluster: Cluster,
): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(KINDS.map((kind) => cluster.list(kind)));
  return lists.flatMap(({ items }) => items);
}
