/**
 * Who asks for pods, read only where pods are missing: a Deployment that is
 * scaled to 0, a machine that stands in for pods.
 *
 * @module
 */

import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { namespaceOf, namespaceOfHost } from "../istio/hosts.ts";
import { rulesFor } from "../istio/delegates.ts";
import { behindDestination } from "../istio/lint/destinations.ts";
import type { VirtualService } from "../istio/types.ts";
import type { Kind, World } from "../istio/world.ts";
import { isNamespaceName } from "../traffic/syntax.ts";
import { listOf } from "./behind.ts";
import { BEHIND_KINDS, mergeWorlds, readWorld } from "./read.ts";

/** The same world with what asks for the pods that its rules miss. */
export async function withAskers(
  cluster: Cluster,
  of: {
    readonly world: World;
    readonly objects: readonly VirtualService[];
    /** Kinds that were read there already. */
    readonly known: readonly Kind[];
  },
  options: CallOptions = {},
): Promise<World> {
  const { world, objects, known } = of;
  const namespaces = [
    ...new Set(objects.flatMap((object) => namespacesWithout(world, object))),
  ].filter(isNamespaceName);
  if (namespaces.length === 0) return world;
  return mergeWorlds(
    world,
    await readWorld(cluster, {
      namespaces,
      kinds: BEHIND_KINDS.filter((kind) => !known.includes(kind)),
      ...options,
    }),
  );
}

/** Namespaces of services whose pods a rule of the object misses. */
function namespacesWithout(world: World, object: VirtualService): string[] {
  return [
    ...rulesFor(world, object).rules,
    ...listOf(object.spec?.http).keys().map((index) => ({
      source: object,
      index,
    })),
  ].flatMap(({ source, index }) =>
    listOf(listOf(source.spec?.http)[index]?.route).flatMap((one) => {
      const destination = one?.destination;
      if (typeof destination?.host !== "string") return [];
      const { host, pods } = behindDestination(world, source, destination);
      return pods?.known === true && pods.existing === 0
        ? [namespaceOfHost(host, world.mesh) ?? namespaceOf(source)]
        : [];
    })
  );
}
