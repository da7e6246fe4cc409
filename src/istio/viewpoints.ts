/**
 * Who may see a change: clients and the ports they address. A proxy gets its
 * rules by its namespace, its labels and its gateway, so one of each kind that
 * the objects tell apart is looked from.
 *
 * @module
 */

import { canonicalJson } from "./canonical.ts";
import { type Changed, concernedBy, targetsOf } from "./changed.ts";
import {
  type Client,
  clientsOf,
  gatewayClients,
  gatewayNamed,
  gatewaysOf,
  mayAsk,
  serversOf,
} from "./client.ts";
import { rulesFor } from "./delegates.ts";
import { keyOf, matchesHost, namespaceOf, resolveHost } from "./hosts.ts";
import { includesLabels } from "./pods.ts";
import { registryOf } from "./registry.ts";
import { isRecord, strings } from "./shapes.ts";
import type {
  Gateway,
  HTTPMatchRequest,
  KubeObject,
  Sidecar,
  VirtualService,
} from "./types.ts";
import { gatewaysBeside } from "./virtual_hosts.ts";
import { hostsOf } from "./virtual_services.ts";
import { waypointsOf } from "./waypoints.ts";
import type { World } from "./world.ts";

/** A client and the port it addresses. */
export interface Viewpoint {
  readonly client: Client;
  readonly port: number;
  /** Its namespace is a free name: no object is known to be there. */
  readonly isMadeUp?: boolean;
}

/** Those that a change between two worlds can be seen from. */
export function viewpointsOf(
  worlds: readonly World[],
  changed: Changed,
): Viewpoint[] {
  const namespaces = new Set<string>();
  const labels = new Map<string, Readonly<Record<string, string>>>([["", {}]]);
  const gates = new Map<string, Client>();
  const waypoints = new Map<string, Client>();
  const ports = new Set<number>();
  const gatePorts = new Map<string, Set<number>>();
  const label = (some: Readonly<Record<string, string>> | undefined) => {
    if (isRecord(some)) labels.set(JSON.stringify(some), some);
  };
  for (const world of worlds) {
    const hosts = new Set<string>();
    for (const object of concernedBy(world, changed)) {
      namespaces.add(namespaceOf(object));
      for (const host of hostsOf(world, object)) hosts.add(host);
      for (const host of targetsOf(world, object)) hosts.add(host);
      for (const name of strings(object.spec.exportTo)) {
        if (!["*", ".", "~"].includes(name)) namespaces.add(name);
      }
      for (const block of blocksOf(world, object)) {
        if (typeof block.port === "number" && block.port > 0) {
          ports.add(block.port);
        }
        if (block.sourceNamespace) namespaces.add(block.sourceNamespace);
        label(block.sourceLabels);
      }
      for (const client of clientsOf(world, object)) {
        if (client.kind !== "gateway" || !mayAsk(world, client)) continue;
        gates.set(JSON.stringify(client), client);
      }
      for (const name of gatewaysOf(object)) {
        servedAt(gatePorts, name, gatewayNamed(world, name));
      }
    }
    for (const name of changed.gateways) {
      const gateway = gatewayNamed(world, name);
      if (gateway === undefined) continue;
      const own = gatewayClients(world, name);
      const beside = clientsBeside(world, gateway, changed);
      // Where it is on one side alone its workload is that of the others.
      const isKept = worlds.every((one) => gatewayNamed(one, name));
      for (
        const client of isKept || beside.length === 0
          ? [...own, ...beside]
          : beside
      ) {
        gates.set(JSON.stringify(client), client);
        servedAt(gatePorts, client.gateway ?? "", gateway);
      }
    }
    const registry = registryOf(world);
    for (const service of registry.values()) {
      const isMeant = hosts.has(service.host.toLowerCase()) ||
        changed.isBehind(service.host) ||
        [...hosts].some((host) =>
          host.startsWith("*") && matchesHost(host, service.host)
        );
      if (!isMeant) continue;
      hosts.add(service.host);
      namespaces.add(service.namespace);
      // Another name is called at the ports of what it stands for.
      const { alias = service.host } = service;
      hosts.add(alias);
      const { ports: behind = [] } = registry.get(alias) ?? {};
      for (const { number, isHttp } of [...service.ports, ...behind]) {
        if (isHttp) ports.add(number);
      }
    }
    // Names that no service has are served on port 80.
    if ([...hosts].some((host) => !registry.has(host))) ports.add(80);
    for (const client of waypointsOf(world, hosts)) {
      waypoints.set(client.gateway ?? "", client);
    }
    for (const rule of world.destinationRules) {
      const { host } = rule.spec ?? {};
      if (typeof host !== "string") continue;
      const pattern = resolveHost(host, namespaceOf(rule), world.mesh);
      if (![...hosts].some((one) => matchesHost(pattern, one))) continue;
      if (namespaceOf(rule) !== world.mesh.rootNamespace) {
        namespaces.add(namespaceOf(rule));
      }
      label(rule.spec.workloadSelector?.matchLabels);
    }
  }
  // What has a say about every host has one about those that nobody knows.
  const isForAll = changed.isBehind("*");
  if (isForAll) ports.add(80);
  for (const sidecar of unlike(worlds)) {
    namespaces.add(namespaceOf(sidecar));
    label(sidecar.spec?.workloadSelector?.labels);
    if (!isForAll) continue;
    for (const port of listenedAt(sidecar)) ports.add(port);
  }
  const other = someOther(worlds, namespaces);
  const sidecarsIn = (namespace: string) =>
    [...labels.values()].flatMap((some) =>
      [...ports].map((port): Viewpoint => ({
        client: { kind: "sidecar", namespace, labels: some },
        port,
      }))
    );
  const sidecars = [...namespaces].flatMap(sidecarsIn);
  const others = sidecarsIn(other ?? freeName(worlds, namespaces));
  const gateways = [...gates.values()].flatMap((client) => {
    const own = gatePorts.get(client.gateway ?? "");
    return [...own ?? new Set([80])].map((port) => ({ client, port }));
  });
  const behind = [...waypoints.values()].flatMap((client) =>
    [...ports].map((port): Viewpoint => ({ client, port }))
  );
  return other === undefined
    ? [
      ...sidecars,
      ...gateways,
      ...behind,
      ...others.map((one) => ({ ...one, isMadeUp: true })),
    ]
    : [...sidecars, ...others, ...gateways, ...behind];
}

function servedAt(
  ports: Map<string, Set<number>>,
  name: string,
  gateway: Gateway | undefined,
): void {
  for (const server of serversOf(gateway)) {
    const number: unknown = server.port?.number;
    if (typeof number !== "number") continue;
    ports.set(name, (ports.get(name) ?? new Set()).add(number));
  }
}

/**
 * Clients of other Gateways whose workload may be that of this one, and which
 * stay as they are; those that ask for the same labels count once.
 */
function clientsBeside(
  world: World,
  gateway: Gateway,
  { gateways }: Changed,
): readonly Client[] {
  const own = gatewayClients(world, keyOf(gateway));
  const near = new Set(own.flatMap((one) => gatewaysBeside(world, one)));
  const wanted = gateway.spec?.selector ?? {};
  const found = new Map<string, readonly Client[]>();
  for (const other of world.gateways) {
    const name = keyOf(other);
    const { selector = {} } = other.spec ?? {};
    if (
      gateways.has(name) ||
      !near.has(name) && !includesLabels(selector, wanted)
    ) continue;
    const key = canonicalJson([namespaceOf(other), selector]);
    if (!found.has(key)) found.set(key, gatewayClients(world, name));
  }
  return [...found.values()].flat();
}

/** Sidecars that say the same in one namespace and another count once. */
function unlike(worlds: readonly World[]): readonly Sidecar[] {
  const byName = new Map<string, { all: Sidecar[]; words: string[] }>();
  worlds.forEach(({ sidecars }, side) => {
    for (const sidecar of sidecars) {
      const name = keyOf(sidecar);
      const known = byName.get(name) ?? { all: [], words: [] };
      byName.set(name, known);
      const words = canonicalJson(sidecar.spec ?? {});
      const isOwn = words.includes('"./');
      known.all.push(sidecar);
      known.words.push(
        `${side} ${isOwn ? namespaceOf(sidecar) : ""} ${words}`,
      );
    }
  });
  const byWords = new Map(
    [...byName.values()].map(({ all, words }) => [words.join(), all]),
  );
  return [...byWords.values()].flat();
}

/** Ports that its listeners name. */
function listenedAt({ spec }: Sidecar): readonly number[] {
  const egress: unknown = spec?.egress;
  return (Array.isArray(egress) ? egress : []).flatMap((one: unknown) => {
    const port: unknown = isRecord(one) ? one["port"] : undefined;
    const number = isRecord(port) ? port["number"] : undefined;
    return typeof number === "number" && number > 0 ? [number] : [];
  });
}

/** A namespace that nothing speaks of stands for all of its kind. */
function someOther(
  worlds: readonly World[],
  named: ReadonlySet<string>,
): string | undefined {
  const scoped = new Set(
    worlds.flatMap(({ sidecars }) => sidecars.map(namespaceOf)),
  );
  const isOther = (name: string) =>
    !named.has(name) && !scoped.has(name) && !name.startsWith("kube-") &&
    name !== worlds[0]?.mesh.rootNamespace;
  for (const { namespaces, services } of worlds) {
    const names = [
      ...namespaces.map(({ metadata }) => metadata.name),
      ...services.map((one: KubeObject) => namespaceOf(one)),
    ];
    const found = names.find(isOther);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where none is known there may be one, and files seldom name them all. */
function freeName(
  worlds: readonly World[],
  named: ReadonlySet<string>,
): string {
  const taken = new Set([
    ...named,
    ...worlds.flatMap(({ sidecars, mesh }) => [
      ...sidecars.map(namespaceOf),
      mesh.rootNamespace,
    ]),
  ]);
  let name = "elsewhere";
  while (taken.has(name)) name += "-else";
  return name;
}

function blocksOf(world: World, object: VirtualService): HTTPMatchRequest[] {
  return rulesFor(world, object).rules.flatMap(({ route }) =>
    isRecord(route) && Array.isArray(route.match)
      ? (route.match as readonly HTTPMatchRequest[]).filter(isRecord)
      : []
  );
}
