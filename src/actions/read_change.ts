/**
 * Reads the world that a shift or a clear is decided on: every route and
 * rule that can be seen, and the pods where the routes lead.
 *
 * @module
 */

import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { namespaceOfHost, resolveHost } from "../istio/hosts.ts";
import {
  EMPTY_WORLD,
  type Kind,
  withMeshSettings,
  type World,
} from "../istio/world.ts";
import type { Selection } from "../traffic/intents.ts";
import { namespaceOf } from "../traffic/objects.ts";
import {
  isLabelKey,
  isLabelValue,
  isNamespaceName,
} from "../traffic/syntax.ts";
import { mergeWorlds, readWorld, together } from "./read.ts";

const WORKLOADS: readonly Kind[] = [
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Rollout",
];

/** What is read besides routes, rules and pods. */
export interface ReadChangeOptions extends CallOptions {
  /** Also what asks for pods: `clear` must know what is dead. */
  readonly workloads?: boolean;
}

/** Reads routes everywhere, then pods in the namespaces they lead to. */
export async function readChangeWorld(
  cluster: Cluster,
  selection: Selection,
  options: ReadChangeOptions = {},
): Promise<World> {
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const routes = await readWorld(cluster, {
    namespaces: "all",
    kinds: [
      "VirtualService",
      "DestinationRule",
      "Gateway",
      "Service",
      "ServiceEntry",
      "Namespace",
    ],
    required: ["VirtualService", "DestinationRule"],
    ...call,
  });
  const namespaces = homesOf(routes, selection);
  const [behind = EMPTY_WORLD, ...gateways] = await together(
    options,
    (call) => [
      readWorld(cluster, {
        namespaces,
        kinds: [
          "Pod",
          "WorkloadEntry",
          ...(options.workloads ? WORKLOADS : []),
        ],
        ...call,
      }),
      ...selectorsOf(routes, selection.namespace).map((labelSelector) =>
        readWorld(cluster, {
          namespaces: "all",
          kinds: ["Pod"],
          labelSelector,
          ...call,
        })
      ),
    ],
  );
  // Where a gateway's pods may not be listed, its Gateway's namespace stands
  // in for theirs: no gap about the pods of builds.
  return withMeshSettings(gateways.reduce<World>(
    (all, found) => mergeWorlds(all, { ...found, gaps: [] }),
    mergeWorlds(routes, behind),
  ));
}

/** Namespaces of the hosts that rules of the change's namespace lead to. */
function homesOf(world: World, selection: Selection): readonly string[] {
  const { namespace, destination } = selection;
  const found = new Set([namespace]);
  const note = (host: string, own: string): void => {
    const home = namespaceOfHost(
      resolveHost(host, own, world.mesh),
      world.mesh,
    );
    if (home !== undefined && isNamespaceName(home)) found.add(home);
  };
  if (destination) note(destination.host, namespace);
  for (const object of world.virtualServices) {
    if (namespaceOf(object) !== namespace) continue;
    for (const route of object.spec.http ?? []) {
      for (const each of route?.route ?? []) {
        const host = each?.destination?.host;
        if (typeof host === "string") note(host, namespace);
      }
    }
  }
  return [...found];
}

/** Selectors of the gateways that VirtualServices here may be bound to. */
function selectorsOf(world: World, namespace: string): readonly string[] {
  const bound = world.virtualServices.some((object) =>
    namespaceOf(object) === namespace &&
    object.spec.gateways?.some((name) => name !== "mesh")
  );
  if (!bound) return [];
  const selectors = world.gateways.flatMap((gateway) => {
    const labels = Object.entries(gateway.spec.selector ?? {});
    // No pod can have labels that are none, and the server would not list.
    const areLabels = labels.every(([key, value]) =>
      isLabelKey(key) && isLabelValue(value)
    );
    return labels.length === 0 || !areLabels
      ? []
      : [labels.map(([key, value]) => `${key}=${value}`).join(",")];
  });
  return [...new Set(selectors)];
}
