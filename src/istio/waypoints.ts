/**
 * Waypoints: in an ambient mesh the proxy of the destination decides about a
 * request, not that of the client. Which services a waypoint stands before is
 * said by labels; its rules are those of its own namespace and of the service's.
 *
 * @module
 * @see https://istio.io/latest/docs/ambient/usage/waypoint/
 */

import { type Client, gatewaysOf } from "./client.ts";
import { intersectHosts, namespaceOf } from "./hosts.ts";
import { namedDestinations } from "./named_destinations.ts";
import { registryOf, type RegistryService } from "./registry.ts";
import type { VirtualService } from "./types.ts";
import { candidates, hostsOf } from "./virtual_services.ts";
import { whyUnknown, type World } from "./world.ts";

/** Which waypoint stands before a service. */
export interface WaypointBinding {
  /** `namespace/name`; absent: none, or it is not known. */
  readonly waypoint?: string;
  /** Where it is said. */
  readonly by?: "service" | "namespace";
  /** One clause: why there is none, or why it is not known. */
  readonly why?: string;
}

const LABEL = "istio.io/use-waypoint";

/** The waypoint of a service, as the labels say. */
export function waypointOf(
  world: World,
  service: RegistryService,
): WaypointBinding {
  const { labels, namespace, kind, name } = service;
  const managed = labels["gateway.istio.io/managed"];
  if (managed === "istio.io-mesh-controller") {
    return { why: `"${namespace}/${name}" is a waypoint itself` };
  }
  if (managed === "istio.io-eastwest-controller") {
    return { why: `"${namespace}/${name}" is a gateway between networks` };
  }
  const own = namedIn(labels, namespace);
  if (own === "none") {
    return { why: `${kind} "${namespace}/${name}" says ${LABEL}: none` };
  }
  if (own !== undefined) return { waypoint: own, by: "service" };
  const found = world.namespaces.find(({ metadata }) =>
    metadata.name === namespace
  );
  const inherited = namedIn(found?.metadata.labels ?? {}, namespace);
  if (inherited !== undefined && inherited !== "none") {
    return { waypoint: inherited, by: "namespace" };
  }
  const gap = found === undefined ? whyUnknown(world, "Namespace") : undefined;
  return {
    why: gap ??
      `neither ${kind} "${namespace}/${name}" nor Namespace "${namespace}" has the label ${LABEL}`,
  };
}

function namedIn(
  labels: Readonly<Record<string, string>>,
  namespace: string,
): string | undefined {
  const name = labels[LABEL];
  if (name === undefined || name === "none") return name;
  return `${labels[`${LABEL}-namespace`] ?? namespace}/${name}`;
}

/** Does this waypoint stand before the service? */
export function standsBefore(
  world: World,
  client: Client,
  service: RegistryService,
): boolean {
  return waypointOf(world, service).waypoint === client.gateway;
}

/** The waypoints that stand before services of these hosts, as clients. */
export function waypointsOf(
  world: World,
  hosts: Iterable<string>,
): Client[] {
  const found = new Set<string>();
  for (const host of hosts) {
    const service = registryOf(world).get(host);
    if (service === undefined) continue;
    const { waypoint } = waypointOf(world, service);
    if (waypoint !== undefined) found.add(waypoint);
  }
  return [...found].map((gateway) => ({
    kind: "waypoint",
    namespace: gateway.split("/")[0] ?? "",
    labels: {},
    gateway,
  }));
}

/** VirtualServices that a waypoint takes for a service, in Istio's order. */
export function waypointRules(
  world: World,
  client: Client,
  service: RegistryService,
): VirtualService[] {
  return candidates(world, client).filter((object) =>
    isNearby(object, client, service) &&
    hostsOf(world, object).some((host) =>
      intersectHosts(host, service.host) !== undefined
    )
  );
}

/** Is it of the waypoint's namespace, or of the service's? */
export function isNearby(
  object: VirtualService,
  { namespace }: Client,
  service: RegistryService,
): boolean {
  const own = namespaceOf(object);
  return own === namespace || own === service.namespace;
}

const REFERENCED = new WeakMap<World, Map<string, ReadonlySet<string>>>();

/**
 * Hosts beyond its own services that a waypoint has clusters for: those that a
 * VirtualService of the mesh leads to from the very name of such a service,
 * whether the waypoint takes that VirtualService or not.
 */
export function referencedBy(
  world: World,
  client: Client,
): ReadonlySet<string> {
  let known = REFERENCED.get(world);
  if (known === undefined) REFERENCED.set(world, known = new Map());
  const key = client.gateway ?? "";
  let hosts = known.get(key);
  if (hosts === undefined) {
    known.set(key, hosts = findReferenced(world, client));
  }
  return hosts;
}

function findReferenced(world: World, client: Client): ReadonlySet<string> {
  const registry = registryOf(world);
  const referenced = new Set<string>();
  for (const object of world.virtualServices) {
    if (!gatewaysOf(object).includes("mesh")) continue;
    const isOfOurs = hostsOf(world, object).some((host) => {
      const service = registry.get(host);
      return service !== undefined && standsBefore(world, client, service);
    });
    if (!isOfOurs) continue;
    for (const { host } of namedDestinations(world, object)) {
      referenced.add(host);
    }
  }
  return referenced;
}
