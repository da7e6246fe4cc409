/**
 * What stands behind rules: the DestinationRules of the hosts that they lead
 * to, and pods, which are read where it is known whose.
 *
 * @module
 */

import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { gatewaysOf } from "../istio/client.ts";
import { namespaceOf, namespaceOfHost, resolveHost } from "../istio/hosts.ts";
import type {
  DestinationRule,
  KubeObject,
  VirtualService,
} from "../istio/types.ts";
import type { Kind, World } from "../istio/world.ts";
import { hostsBehind } from "./behind.ts";
import { mergeWorlds, readWorld } from "./read.ts";

/** Why a kind is a gap that nobody needs to be told of. */
export const NOT_ASKED = "it was not asked for";

/** The same world with kinds of the namespaces that objects lead to. */
export async function readBehind(
  cluster: Cluster,
  of: {
    readonly rules: World;
    readonly objects: readonly KubeObject[];
    readonly kinds: readonly Kind[];
    /** Namespaces besides. */
    readonly namespaces?: readonly string[];
  },
  options: CallOptions = {},
): Promise<World> {
  const { rules, objects, kinds } = of;
  const namespaces = [
    ...new Set([...namespacesBehind(rules, objects), ...of.namespaces ?? []]),
  ];
  const behind = await readWorld(cluster, { namespaces, kinds, ...options });
  return mergeWorlds(rules, {
    ...behind,
    gaps: [
      ...behind.gaps,
      ...kinds.map((kind) => ({
        kind,
        except: namespaces,
        reason: NOT_ASKED,
      })),
    ],
  });
}

/** Where the pods are that the objects lead to, and those of their gateways. */
function namespacesBehind(
  world: World,
  chosen: readonly KubeObject[],
): string[] {
  const { rootNamespace } = world.mesh;
  return [
    ...new Set(chosen.flatMap((object): string[] => {
      const own = namespaceOf(object);
      if (object.kind === "DestinationRule") {
        const { host } = (object as DestinationRule).spec ?? {};
        const full = resolveHost(String(host ?? ""), own, world.mesh);
        return [own, namespaceOfHost(full, world.mesh) ?? own];
      }
      if (object.kind !== "VirtualService") return [own];
      const route = object as VirtualService;
      const gateways = gatewaysOf(route).filter((name) => name !== "mesh");
      return [
        own,
        ...hostsBehind(world, route).flatMap((host) =>
          namespaceOfHost(host, world.mesh) ?? []
        ),
        // Gateway workloads live there as a rule: their namespace decides
        // which DestinationRule they use.
        ...(gateways.length === 0 ? [] : [rootNamespace]),
        ...gateways.map((name) => name.split("/")[0] ?? ""),
      ];
    })),
  ].filter((namespace) => namespace !== "");
}

/** Objects, and the DestinationRules of the hosts that they lead to. */
export function withRulesBehind(
  world: World,
  objects: readonly KubeObject[],
  more: readonly string[] = [],
): KubeObject[] {
  const hosts = new Set([
    ...more,
    ...objects.flatMap((object) =>
      object.kind === "VirtualService"
        ? hostsBehind(world, object as VirtualService)
        : []
    ),
  ]);
  const behind = world.destinationRules.filter((rule) =>
    typeof rule.spec?.host === "string" &&
    hosts.has(resolveHost(rule.spec.host, namespaceOf(rule), world.mesh))
  );
  return [...new Set([...objects, ...behind])];
}
