/**
 * What stands behind a destination for one client: the name of Envoy's
 * cluster, whether it exists (NC if not) and whether anybody is in it (UH if
 * not).
 *
 * @module
 */

import type { Client } from "./client.ts";
import { effectiveDestinationRule, findSubset } from "./destination_rules.ts";
import { namespaceOfHost } from "./hosts.ts";
import { podCount, whyNoPod } from "./pods.ts";
import {
  registryOf,
  type RegistryService,
  visibleService,
} from "./registry.ts";
import { isRecord } from "./shapes.ts";
import { referencedBy, standsBefore } from "./waypoints.ts";
import { whyUnknown, type World } from "./world.ts";

/** One place that requests go to. */
export interface RoutedDestination {
  /** Full name. */
  readonly host: string;
  /** Of the service, not of its pods. */
  readonly port: number;
  /** Absent: all pods of the service. */
  readonly subset?: string;
  /**
   * `outbound|5000|v1|api.default.svc.cluster.local`; on a waypoint, of its own
   * services, `inbound-vip|5000|http/v1|api.default.svc.cluster.local`.
   */
  readonly cluster: string;
  /** As written; absent: 1 of 1. */
  readonly weight: number;
  /** Share of the requests of its rule, 0 to 1. */
  readonly fraction: number;
  /**
   * Envoy answers 503 by itself: `NC` no such cluster, `UH` no healthy
   * upstream. Absent too where that cannot be known, see `why`.
   */
  readonly flag?: "NC" | "UH";
  /** Ready pods; absent where they cannot be seen. */
  readonly endpoints?: number;
  /** The reason for a flag, or for not knowing; one clause. */
  readonly why?: string;
}

/**
 * A share of 0 to 1 as percent, with at most 4 decimals: what people wrote as
 * 10 of 100 is 10, not 10.000000000000002.
 */
export function percentOf(fraction: number): number {
  return Math.round(fraction * 1e6) / 1e4;
}

/** A destination with its host in full and its port settled. */
export interface ClusterAddress {
  readonly host: string;
  readonly port: number;
  readonly subset?: string;
}

/** What a cluster is like for a client, without weights. */
export type ClusterState = Omit<RoutedDestination, "weight" | "fraction">;

/**
 * The port that a destination without one gets: on a gateway or a waypoint the
 * only port of the service, else the port the request came in on.
 */
export function inferPort(
  world: World,
  host: string,
  of: { readonly client: Client; readonly port: number },
): number {
  const { client, port } = of;
  if (client.kind === "sidecar") return port;
  const { ports = [] } = visibleService(world, host, client.namespace) ?? {};
  return ports.length === 1 ? ports[0]?.number ?? port : port;
}

/** Looks a cluster up as a client's proxy would. */
export function clusterState(
  world: World,
  address: ClusterAddress,
  client: Client,
): ClusterState {
  const { host, port, subset } = address;
  const service = visibleService(world, host, client.namespace);
  const state = {
    host,
    port,
    ...(subset === undefined ? {} : { subset }),
    cluster: clusterName(world, address, { client, service }),
  };
  if (service === undefined) {
    const hidden = registryOf(world).has(host);
    const gap = hidden ? undefined : serviceGap(world, host);
    return gap === undefined
      ? {
        ...state,
        flag: "NC",
        why: hidden
          ? `"${host}" is not exported to namespace "${client.namespace}"`
          : `no service is named "${host}"`,
      }
      : { ...state, why: gap };
  }
  if (service.alias !== undefined) {
    const why =
      `"${host}" is another name for "${service.alias}", and has no cluster`;
    return { ...state, flag: "NC", why };
  }
  if (!service.ports.some(({ number }) => number === port)) {
    return { ...state, flag: "NC", why: `"${host}" has no port ${port}` };
  }
  if (isBeyond(world, service, client)) {
    return {
      ...state,
      flag: "NC",
      why:
        `"${host}" is not behind this waypoint, and no VirtualService leads to it from the full name of a service that is`,
    };
  }
  let labels: Readonly<Record<string, string>> = {};
  if (subset !== undefined) {
    const effective = effectiveDestinationRule(world, host, client);
    const found = findSubset(effective, subset)?.subset;
    if (found === undefined) {
      const { rootNamespace } = world.mesh;
      const places = [client.namespace, service.namespace, rootNamespace];
      // Where a rule was found, later places are not looked at.
      const last = ["client", "service", "root"].indexOf(
        effective?.place ?? "root",
      );
      const gap = ruleGap(world, places.slice(0, last + 1));
      if (gap !== undefined) return { ...state, why: gap };
      const rule = effective?.rules[0]?.metadata.name;
      return {
        ...state,
        flag: "NC",
        why: rule === undefined
          ? `no DestinationRule is in effect for "${host}"`
          : `DestinationRule "${rule}" has no subset "${subset}"`,
      };
    }
    labels = isRecord(found.labels) ? found.labels : {};
  }
  const pods = podCount(world, { host, labels });
  if (!pods.known) return { ...state, why: pods.reason };
  return pods.ready > 0 ? { ...state, endpoints: pods.ready } : {
    ...state,
    endpoints: 0,
    flag: "UH",
    why: pods.existing > 0
      ? "no pod is ready"
      : whyNoPod(world, { host, labels }),
  };
}

function clusterName(
  world: World,
  { host, port, subset = "" }: ClusterAddress,
  of: {
    readonly client: Client;
    readonly service: RegistryService | undefined;
  },
): string {
  const { client, service } = of;
  if (
    client.kind !== "waypoint" ||
    service !== undefined && !standsBefore(world, client, service)
  ) return `outbound|${port}|${subset}|${host}`;
  const own = service?.ports.find(({ number }) => number === port);
  const protocol = own?.isHttp === false ? "tcp" : "http";
  return `inbound-vip|${port}|${protocol}${subset && `/${subset}`}|${host}`;
}

/** Has a waypoint no cluster for a service, since it knows of no way to it? */
function isBeyond(
  world: World,
  service: RegistryService,
  client: Client,
): boolean {
  return client.kind === "waypoint" && !standsBefore(world, client, service) &&
    !referencedBy(world, client).has(service.host);
}

function serviceGap(world: World, host: string): string | undefined {
  const namespace = namespaceOfHost(host, world.mesh);
  return (namespace === undefined
    ? undefined
    : whyUnknown(world, "Service", { namespace })) ??
    whyUnknown(world, "ServiceEntry");
}

function ruleGap(
  world: World,
  namespaces: readonly string[],
): string | undefined {
  for (const namespace of namespaces) {
    const gap = whyUnknown(world, "DestinationRule", { namespace });
    if (gap !== undefined) return gap;
  }
  return undefined;
}
