/**
 * Who sends the requests. Rules are compiled per proxy, so every question
 * about routing needs one: a sidecar somewhere, a gateway, or the waypoint
 * that stands before a service of an ambient mesh.
 *
 * @module
 */

import { rootsOf } from "./delegates.ts";
import { keyOf, namespaceOf, resolveGateway, visibleTo } from "./hosts.ts";
import { includesLabels } from "./pods.ts";
import { isRecord, strings } from "./shapes.ts";
import type { Gateway, VirtualService } from "./types.ts";
import { whyUnknown, type World } from "./world.ts";

/** A proxy as the rules see it. */
export interface Client {
  /** A workload of the mesh, or the proxy of a Gateway, or of a waypoint. */
  readonly kind: "sidecar" | "gateway" | "waypoint";
  /** Namespace of the workload. */
  readonly namespace: string;
  /** Labels of the workload's pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** `namespace/name` of the Gateway, for a gateway and for a waypoint. */
  readonly gateway?: string;
}

/** What a VirtualService is bound to where a client shall get it. */
export function boundFor({ kind, gateway = "" }: Client): string {
  return kind === "gateway" ? gateway : "mesh";
}

/**
 * The clients a VirtualService is for: a sidecar of its own namespace (or of
 * those that alone it is exported to) where it is bound to `mesh`, and the
 * workload of each gateway it names. A delegate is for the clients of its roots.
 */
export function clientsOf(world: World, object: VirtualService): Client[] {
  if (strings(object.spec?.hosts).length === 0) {
    // What has no hosts cannot be a root: delegates do not chain.
    const roots = rootsOf(world, object).filter((root) =>
      strings(root.spec?.hosts).length > 0
    );
    if (roots.length > 0) {
      return distinct(roots.flatMap((root) => clientsOf(world, root)));
    }
  }
  return distinct(
    gatewaysOf(object).flatMap((name) =>
      name === "mesh"
        ? sidecarNamespaces(object).map((namespace) => ({
          ...{ kind: "sidecar" as const, namespace, labels: {} },
        }))
        : gatewayClients(world, name)
    ),
  );
}

/** Its own; where it is not exported to that, those that it is exported to. */
function sidecarNamespaces(object: VirtualService): readonly string[] {
  const own = namespaceOf(object);
  const { exportTo } = object.spec ?? {};
  const others = strings(exportTo).filter((one) => one !== "~");
  return visibleTo(exportTo, own, own) || others.length === 0 ? [own] : others;
}

/** Full names of what a VirtualService is bound to; `mesh` by default. */
export function gatewaysOf(object: VirtualService): string[] {
  const names = strings(object.spec?.gateways);
  return (names.length === 0 ? ["mesh"] : names).map((name) =>
    resolveGateway(name, namespaceOf(object))
  );
}

const GATEWAYS = new WeakMap<readonly Gateway[], Map<string, Gateway>>();

/** The Gateway with this `namespace/name`. */
export function gatewayNamed(world: World, name: string): Gateway | undefined {
  let index = GATEWAYS.get(world.gateways);
  if (index === undefined) {
    index = new Map(world.gateways.map((gateway) => [
      keyOf(gateway),
      gateway,
    ]));
    GATEWAYS.set(world.gateways, index);
  }
  return index.get(name);
}

type GatewayServer = NonNullable<Gateway["spec"]["servers"]>[number];

/** Its servers, whatever is written there. */
export function serversOf(
  gateway: Gateway | undefined,
): readonly GatewayServer[] {
  const servers: unknown = gateway?.spec?.servers;
  return Array.isArray(servers) ? servers.filter(isRecord) : [];
}

/**
 * Is there a proxy that asks so? None of a Gateway that is known not to be
 * there; of one that cannot be seen there may be.
 */
export function mayAsk(world: World, { gateway }: Client): boolean {
  if (gateway === undefined || gatewayNamed(world, gateway) !== undefined) {
    return true;
  }
  const [namespace = ""] = gateway.split("/");
  return whyUnknown(world, "Gateway", { namespace }) !== undefined;
}

const AT_GATEWAYS = new WeakMap<World, Map<string, readonly Client[]>>();

/**
 * A client for each namespace that runs a workload of the gateway. Remembered:
 * it looks at every pod, and many objects share a gateway.
 */
export function gatewayClients(world: World, name: string): readonly Client[] {
  let known = AT_GATEWAYS.get(world);
  if (known === undefined) AT_GATEWAYS.set(world, known = new Map());
  let clients = known.get(name);
  if (clients === undefined) {
    known.set(name, clients = findGatewayClients(world, name));
  }
  return clients;
}

function findGatewayClients(world: World, name: string): Client[] {
  const [namespace = ""] = name.split("/");
  const selector = gatewayNamed(world, name)?.spec?.selector ?? {};
  const found = new Map<string, Client>();
  if (Object.keys(selector).length > 0) {
    for (const { metadata } of world.pods) {
      if (!includesLabels(metadata.labels, selector)) continue;
      const { namespace = "default", labels = {} } = metadata;
      if (found.has(namespace)) continue;
      found.set(namespace, {
        kind: "gateway",
        namespace,
        labels,
        gateway: name,
      });
    }
  }
  return found.size > 0
    ? [...found.values()]
    : [{ kind: "gateway", namespace, labels: selector, gateway: name }];
}

function distinct(clients: readonly Client[]): Client[] {
  const seen = new Set<string>();
  return clients.filter((client) => {
    const key = `${client.kind} ${client.namespace} ${client.gateway ?? ""}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
