/**
 * What a `Sidecar` lets a client see. Without one a client has every service
 * and every VirtualService that is exported to it; with one it has what the
 * egress hosts name, and the destinations of the rules that it gets by them.
 *
 * @module
 * @see https://istio.io/latest/docs/reference/config/networking/sidecar/
 */

import type { Client } from "./client.ts";
import { intersectHosts, keyOf, matchesHost, namespaceOf } from "./hosts.ts";
import { namedDestinations } from "./named_destinations.ts";
import { compareAge } from "./order.ts";
import { includesLabels } from "./pods.ts";
import type { RegistryService } from "./registry.ts";
import { isRecord, numberOf, stringOf, strings } from "./shapes.ts";
import type { Sidecar, SidecarEgress, VirtualService } from "./types.ts";
import { candidates, hostsOf } from "./virtual_services.ts";
import type { MeshSettings, World } from "./world.ts";

/** What one client sees on one port. */
export interface SidecarScope {
  /** `namespace/name` of the Sidecar. */
  readonly name: string;
  /** Absent: the port has no listener, so no rule is looked at. */
  readonly listener: "there" | "none" | "not-modelled";
  /** What it says of hosts that nobody knows; absent: what the mesh says. */
  readonly outboundTrafficPolicy?: MeshSettings["outboundTrafficPolicy"];
  /** Are requests to the service routed on this port? */
  readonly imports: (service: RegistryService) => boolean;
  /** Does the client get the rules on this port? */
  readonly importsRules: (object: VirtualService) => boolean;
  /** Has the client a cluster for it, by whatever port it came in? */
  readonly reaches: (service: RegistryService, port: number) => boolean;
}

/**
 * The Sidecar that a client's proxy gets: one of its own namespace that
 * selects its labels, one that selects nothing, the one of the root namespace.
 */
export function sidecarFor(world: World, client: Client): Sidecar | undefined {
  if (client.kind !== "sidecar" || world.sidecars.length === 0) {
    return undefined;
  }
  const sorted = world.sidecars.toSorted(compareAge);
  const own = sorted.filter((one) => namespaceOf(one) === client.namespace);
  return own.find((one) => {
    const labels = selectorOf(one);
    return labels !== undefined && includesLabels(client.labels, labels);
  }) ?? own.find((one) => selectorOf(one) === undefined) ??
    sorted.find((one) =>
      namespaceOf(one) === world.mesh.rootNamespace &&
      selectorOf(one) === undefined
    );
}

/** What the client sees on a port; nothing where no Sidecar speaks for it. */
export function sidecarScope(
  world: World,
  client: Client,
  port: number,
): SidecarScope | undefined {
  const sidecar = sidecarFor(world, client);
  if (sidecar === undefined) return undefined;
  const listeners = egressOf(sidecar).map((one) => listenerOf(one, client));
  const listener = listeners.find((one) =>
    one.port === undefined || one.port === port
  );
  const policy = policyOf(sidecar);
  let clusters: Clusters | undefined;
  return {
    name: keyOf(sidecar),
    listener: listener === undefined
      ? "none"
      : listener.isPlain
      ? "there"
      : "not-modelled",
    ...(policy === undefined ? {} : { outboundTrafficPolicy: policy }),
    imports: (service) =>
      listener !== undefined && importsService(listener, service),
    importsRules: (object) =>
      listener !== undefined && importsRules(world, listener, object),
    reaches: (service, number) => {
      clusters ??= clustersOf(world, client, listeners);
      return listeners.some((one) =>
        importsService(one, service) && (one.ofPort ?? number) === number
      ) || clusters.has(service.host, number);
    },
  };
}

/** One entry of `spec.egress`, as a proxy gets it. */
interface Listener {
  /** Absent: for every port that no listener before it has. */
  readonly port: number | undefined;
  /** Only what has this port is imported. */
  readonly ofPort: number | undefined;
  /** Takes HTTP that was on its way to somebody else, and nothing more. */
  readonly isPlain: boolean;
  readonly hosts: ReadonlyMap<string, Imported>;
}

/** Hosts that are imported out of one namespace, or out of `*`. */
interface Imported {
  readonly patterns: string[];
  readonly excluded: string[];
}

function egressOf(sidecar: Sidecar): readonly SidecarEgress[] {
  const egress: unknown = sidecar.spec?.egress;
  const list = Array.isArray(egress) ? egress.filter(isRecord) : [];
  return list.length === 0 ? [{ hosts: ["*/*"] }] : list;
}

const HTTP = new Set(["http", "http2", "grpc", "grpc-web"]);

function listenerOf(egress: SidecarEgress, client: Client): Listener {
  const hosts = new Map<string, Imported>();
  for (const written of strings(egress.hosts)) {
    const [first = "", host, more] = written.split("/");
    if (host === undefined || more !== undefined) continue;
    // `~` before a namespace takes hosts of it away again.
    const isExcluded = first.startsWith("~");
    const named = isExcluded ? first.slice(1) || "*" : first;
    const namespace = named === "." ? client.namespace : named;
    let imported = hosts.get(namespace);
    if (imported === undefined) {
      hosts.set(namespace, imported = { patterns: [], excluded: [] });
    }
    (isExcluded ? imported.excluded : imported.patterns).push(host);
  }
  const port: unknown = egress.port;
  if (!isRecord(port)) {
    const isPlain = !isApart(egress);
    return { port: undefined, ofPort: undefined, isPlain, hosts };
  }
  const number = numberOf(port["number"]);
  const protocol = stringOf(port["protocol"]).toLowerCase();
  return {
    port: number,
    // A proxy for whatever is asked of it does not mind the ports.
    ofPort: protocol === "http_proxy" ? undefined : number,
    isPlain: !isApart(egress) && HTTP.has(protocol),
    hosts,
  };
}

/** Does it listen at an address of its own, not at those of services? */
function isApart({ bind, captureMode }: SidecarEgress): boolean {
  return stringOf(bind) !== "" || captureMode === "NONE";
}

function importsService(listener: Listener, service: RegistryService): boolean {
  const { hosts, ofPort } = listener;
  const sides = sidesOf(hosts, service.namespace);
  return !sides.some(({ excluded }) =>
    excluded.some((pattern) => matchesHost(pattern, service.host))
  ) &&
    sides.some(({ patterns }) =>
      patterns.some((pattern) => matchesHost(pattern, service.host))
    ) && (ofPort === undefined ||
      service.ports.some(({ number }) => number === ofPort));
}

/** By the namespace of the object, not of the service that it speaks for. */
function importsRules(
  world: World,
  { hosts }: Listener,
  object: VirtualService,
): boolean {
  const sides = sidesOf(hosts, namespaceOf(object));
  return hostsOf(world, object).some((host) =>
    sides.some(({ patterns }) =>
      patterns.some((pattern) => intersectHosts(pattern, host) !== undefined)
    ) && !sides.some(({ excluded }) =>
      excluded.some((pattern) =>
        matchesHost(pattern, host)
      )
    )
  );
}

function sidesOf(
  hosts: ReadonlyMap<string, Imported>,
  namespace: string,
): readonly Imported[] {
  return [namespace, "*"].flatMap((one) => hosts.get(one) ?? []);
}

/** Clusters that a client gets for the destinations of its rules. */
interface Clusters {
  readonly has: (host: string, port: number) => boolean;
}

function clustersOf(
  world: World,
  client: Client,
  listeners: readonly Listener[],
): Clusters {
  // 0 is any port of the service.
  const ports = new Map<string, Set<number>>();
  const add = (host: string, port: number) => {
    const present = ports.get(host);
    if (present === undefined) ports.set(host, new Set([port]));
    else present.add(port);
  };
  for (const listener of listeners) {
    for (const object of candidates(world, client)) {
      if (!importsRules(world, listener, object)) continue;
      for (const { host, port } of namedDestinations(world, object, client)) {
        // What a listener with a port leads to has to have that port.
        add(host, listener.ofPort ?? port);
      }
    }
  }
  return {
    has: (host, port) => {
      const known = ports.get(host);
      return known !== undefined && (known.has(0) || known.has(port));
    },
  };
}

function policyOf(
  { spec }: Sidecar,
): MeshSettings["outboundTrafficPolicy"] | undefined {
  const policy: unknown = spec?.outboundTrafficPolicy;
  if (!isRecord(policy)) return undefined;
  // Written without a mode it is the first of Istio's list.
  return policy["mode"] === undefined || policy["mode"] === "REGISTRY_ONLY"
    ? "REGISTRY_ONLY"
    : "ALLOW_ANY";
}

function selectorOf(
  { spec }: Sidecar,
): Readonly<Record<string, string>> | undefined {
  const selector: unknown = spec?.workloadSelector;
  if (!isRecord(selector)) return undefined;
  return isRecord(selector["labels"])
    ? selector["labels"] as Record<string, string>
    : {};
}
