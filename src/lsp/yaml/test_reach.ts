/**
 * What could become of the requests to a host, whatever they say: the rules of
 * those who speak for it, and where these lead.
 *
 * @module
 */

import type { Asked } from "../../istio/asked.ts";
import { inferPort } from "../../istio/clusters.ts";
import { rulesFor } from "../../istio/delegates.ts";
import {
  effectiveDestinationRule,
  findSubset,
} from "../../istio/destination_rules.ts";
import {
  compiledFor,
  type CompiledHosts,
  rulesOfHost,
} from "../../istio/explain.ts";
import { type FateDestination, labelsBehind } from "../../istio/fate.ts";
import {
  keyOf,
  namespaceOf,
  namespaceOfHost,
  resolveHost,
  shortHost,
} from "../../istio/hosts.ts";
import { registryOf } from "../../istio/registry.ts";
import { isRecord, numberOf, stringOf } from "../../istio/shapes.ts";
import { findHost, type VirtualHost } from "../../istio/virtual_hosts.ts";
import { hostsOf } from "../../istio/virtual_services.ts";
import type { Service } from "../../istio/types.ts";
import { whyUnknown, type World } from "../../istio/world.ts";

/** A destination of a rule, whatever its weight. */
export interface ReachedDestination
  extends Pick<FateDestination, "host" | "port" | "subset" | "labels"> {
  /** Its subset is defined in what is open, or it has none. */
  readonly isKnown: boolean;
}

/** All that requests to a host may come to. */
export interface Reach {
  /** `namespace/name` of what holds the rules. */
  readonly objects: ReadonlySet<string>;
  readonly rules: readonly {
    readonly index: number;
    /** Its own name; "" where it has none. */
    readonly name: string;
    readonly object: string;
  }[];
  readonly destinations: readonly ReachedDestination[];
}

const ASSUMED = new WeakMap<World, Map<number, World>>();

/**
 * The open files as if the services that rules name were there, with a port:
 * who writes tests seldom has the Services open, and without them a sidecar
 * serves no rule but on port 80. Where all Services are known nothing is added.
 */
export function assumedWorld(world: World, port: number): World {
  let known = ASSUMED.get(world);
  if (known === undefined) ASSUMED.set(world, known = new Map());
  return known.getOrInsertComputed(port, () => withServices(world, port));
}

function withServices(world: World, port: number): World {
  const registry = registryOf(world);
  const hosts = new Set(
    world.virtualServices.flatMap((object) => hostsOf(world, object)),
  );
  const services = [...hosts].flatMap((host): Service[] => {
    const namespace = namespaceOfHost(host, world.mesh);
    const isKnown = namespace === undefined || registry.has(host) ||
      whyUnknown(world, "Service", { namespace }) === undefined;
    return isKnown ? [] : [{
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: shortHost(host, world.mesh), namespace },
      spec: { ports: [{ port }] },
    } as Service];
  });
  return services.length === 0
    ? world
    : { ...world, services: [...world.services, ...services] };
}

const KNOWN = new WeakMap<CompiledHosts, Map<VirtualHost, Reach | undefined>>();

/** Nothing where no VirtualService that is known speaks for the host. */
export function reachOf(
  world: World,
  { request, client }: Asked,
): Reach | undefined {
  const { port } = request;
  const compiled = compiledFor(assumedWorld(world, port), client, port);
  const host = findHost(compiled.table, request.authority);
  if (host === undefined) return undefined;
  let known = KNOWN.get(compiled);
  if (known === undefined) KNOWN.set(compiled, known = new Map());
  if (!known.has(host)) known.set(host, reachIn(compiled, host));
  return known.get(host);
}

function reachIn(
  compiled: CompiledHosts,
  host: VirtualHost,
): Reach | undefined {
  const { world } = compiled;
  const roots = new Set(
    rulesOfHost(compiled, host).flatMap(({ entry }) => entry?.root ?? []),
  );
  if (roots.size === 0) return undefined;
  // Those that this client never gets, too.
  const rules = [...roots].flatMap((root) => rulesFor(world, root).rules);
  const destinations = new Map<string, ReachedDestination>();
  for (const { route, source } of rules) {
    for (const one of destinationsIn(route, namespaceOf(source), compiled)) {
      destinations.set(`${one.host}:${one.port} ${one.subset}`, one);
    }
  }
  return {
    objects: new Set([
      ...[...roots].map(keyOf),
      ...rules.map(({ source }) => keyOf(source)),
    ]),
    rules: rules.map(({ route, source, index }) => ({
      index,
      name: isRecord(route) ? stringOf(route.name) : "",
      object: keyOf(source),
    })),
    destinations: [...destinations.values()],
  };
}

function destinationsIn(
  route: unknown,
  namespace: string,
  { world, client, port }: CompiledHosts,
): ReachedDestination[] {
  const list = isRecord(route) ? route["route"] : undefined;
  return (Array.isArray(list) ? list : []).flatMap((one) => {
    const destination: unknown = isRecord(one) ? one["destination"] : undefined;
    if (!isRecord(destination)) return [];
    const host = resolveHost(
      stringOf(destination["host"]),
      namespace,
      world.mesh,
    );
    const subset = stringOf(destination["subset"]) || undefined;
    const own: unknown = isRecord(destination["port"])
      ? numberOf(destination["port"]["number"])
      : undefined;
    const labels = labelsBehind(world, { host, subset }, client);
    return [{
      host,
      port: typeof own === "number" && own > 0
        ? own
        : inferPort(world, host, { client, port }),
      ...subset === undefined ? {} : { subset },
      ...labels === undefined ? {} : { labels },
      isKnown: subset === undefined || findSubset(
            effectiveDestinationRule(world, host, client),
            subset,
          ) !== undefined,
    }];
  });
}
