/**
 * Requests that are sent through the rules to show what a finding says. Only
 * the objects that can have a part in it are compiled, so that it is cheap
 * among thousands.
 *
 * @module
 */

import {
  type Client,
  clientsOf,
  gatewayNamed,
  mayAsk,
  serversOf,
} from "../client.ts";
import { witness } from "../cover.ts";
import {
  compiledFor,
  type CompiledHosts,
  evaluate,
  type Verdict,
} from "../explain.ts";
import type { Witness } from "../findings.ts";
import { groupBy } from "../group.ts";
import { isWildcard, keyOf, matchesHost, namespaceOf } from "../hosts.ts";
import { appliesTo, type Request } from "../match.ts";
import { registryOf, type RegistryService } from "../registry.ts";
import { isRecord, strings } from "../shapes.ts";
import type { HTTPMatchRequest, VirtualService } from "../types.ts";
import { findHost } from "../virtual_hosts.ts";
import { holdersOf, hostsOf } from "../virtual_services.ts";
import type { World } from "../world.ts";

/** A request, who sends it, and what becomes of it. */
export interface Tried {
  readonly request: Request;
  readonly client: Client;
  readonly verdict: Verdict;
}

/**
 * Tries a request that the block catches, by the clients, ports and hosts of
 * a VirtualService, until one is as wanted.
 *
 * @returns Nothing where no request is known that the block catches.
 */
export function triesOf(
  world: World,
  root: VirtualService,
  block: HTTPMatchRequest,
): Iterable<Tried> {
  return triesIn(nearby(world, root), root, block);
}

/** The same, and what is said of the clusters of one host is so. */
export function triesWithClusters(
  world: World,
  of: {
    readonly root: VirtualService;
    readonly block: HTTPMatchRequest;
    readonly target: { readonly host: string };
  },
): Iterable<Tried> {
  const near = nearby(world, of.root);
  const others = near.services === world.services
    ? []
    : servicesNamed(world, [of.target.host]);
  const whole = {
    ...near,
    destinationRules: world.destinationRules,
    services: others.every((one) => near.services.includes(one))
      ? near.services
      : [...near.services, ...others],
  };
  return triesIn(whole, of.root, of.block);
}

function* triesIn(
  near: World,
  root: VirtualService,
  block: HTTPMatchRequest,
): Iterable<Tried> {
  const found = witness(block);
  if (found === undefined) return;
  const ownsAuthority = found.authority !== witness({})?.authority;
  for (const client of clientsFor(near, root, block)) {
    for (const port of portsFor(near, { root, block, client })) {
      const compiled = compiledFor(near, client, port);
      const authorities = ownsAuthority
        ? [found.authority]
        : hostsOf(near, root).map((host) => exampleOf(near, host));
      for (const authority of authorities) {
        // A Sidecar that hides the object from one client says nothing of the
        // others, for whom it counts.
        if (
          compiled.sidecar !== undefined && !speaks(compiled, root, authority)
        ) {
          continue;
        }
        const request = { ...found, authority, port };
        yield { request, client, verdict: evaluate(compiled, request) };
      }
    }
  }
}

function speaks(
  { table }: CompiledHosts,
  root: VirtualService,
  authority: string,
): boolean {
  const host = findHost(table, authority);
  return host !== undefined && host.rules.some((rule) => rule.root === root);
}

/** As it is told in a finding. */
export function witnessOf({ request, client, verdict }: Tried): Witness {
  const { outcome, source, rule, status } = verdict;
  return {
    request,
    client,
    outcome,
    ...(source === undefined || rule === undefined ? {} : {
      takenBy: {
        namespace: namespaceOf(source),
        name: source.metadata.name,
        rule,
      },
    }),
    ...(status === undefined ? {} : { status }),
  };
}

function clientsFor(
  world: World,
  root: VirtualService,
  block: HTTPMatchRequest,
): Client[] {
  const { sourceLabels, sourceNamespace } = block;
  return clientsOf(world, root).filter((client) => mayAsk(world, client)).map((
    client,
  ): Client => ({
    ...client,
    ...(sourceNamespace && client.kind === "sidecar"
      ? { namespace: sourceNamespace }
      : {}),
    labels: isRecord(sourceLabels)
      ? { ...client.labels, ...sourceLabels as Record<string, string> }
      : client.labels,
  })).filter((client) =>
    appliesTo(block, client, { namespace: namespaceOf(root) })
  );
}

function portsFor(
  world: World,
  of: {
    readonly root: VirtualService;
    readonly block: HTTPMatchRequest;
    readonly client: Client;
  },
): number[] {
  const { root, block, client } = of;
  if (typeof block.port === "number" && block.port > 0) return [block.port];
  return client.kind === "gateway"
    ? gatewayPorts(world, client.gateway ?? "")
    : servicePorts(world, root);
}

/** Ports on which a gateway listens; 80 where that is not known. */
export function gatewayPorts(world: World, gateway: string): number[] {
  const ports = serversOf(gatewayNamed(world, gateway)).flatMap(({ port }) =>
    typeof port?.number === "number" ? [port.number] : []
  );
  return ports.length === 0 ? [80] : [...new Set<number>(ports)];
}

/** HTTP ports of the services that an object speaks for; 80 where none is known. */
export function servicePorts(world: World, root: VirtualService): number[] {
  const ports = servicesOf(world, root).flatMap((service) =>
    service.ports.flatMap(({ number, isHttp }) => isHttp ? [number] : [])
  );
  return ports.length === 0 ? [80] : [...new Set(ports)];
}

/** The services that an object speaks for, by their very name. */
export function servicesOf(
  world: World,
  root: VirtualService,
): RegistryService[] {
  const registry = registryOf(world);
  return hostsOf(world, root).flatMap((host) => registry.get(host) ?? []);
}

/** A host that a pattern fits. */
function exampleOf(world: World, host: string): string {
  if (!isWildcard(host)) return host;
  const known = [...registryOf(world).keys()].find((one) =>
    !isWildcard(one) && matchesHost(host, one)
  );
  return known ?? (host === "*" ? "example.test" : `any${host.slice(1)}`);
}

const NEAR = new WeakMap<World, Map<VirtualService, World>>();

/** What can have a part in the requests to the hosts of an object. */
function nearby(world: World, root: VirtualService): World {
  let known = NEAR.get(world);
  if (known === undefined) NEAR.set(world, known = new Map());
  let near = known.get(root);
  if (near === undefined) known.set(root, near = cut(world, root));
  return near;
}

function cut(world: World, root: VirtualService): World {
  const hosts = hostsOf(world, root);
  const holders = holdersOf(world);
  const wide = hosts.some(isWildcard);
  const virtualServices = new Set<VirtualService>([
    ...hosts.flatMap((host) => holders.get(host) ?? []),
    ...wildcardHolders(world),
    // Whoever names a host more closely than a wildcard takes it.
    ...(wide ? world.virtualServices : []),
  ]);
  for (const one of [...virtualServices]) {
    for (const delegate of delegatesOf(world, one)) {
      virtualServices.add(delegate);
    }
  }
  return {
    ...world,
    virtualServices: world.virtualServices.length === virtualServices.size
      ? world.virtualServices
      : [...virtualServices],
    services: wide
      ? world.services
      : world.services.length > FEW
      ? servicesNamed(world, hosts)
      : world.services,
    destinationRules: [],
  };
}

/** Below this cutting costs more than it saves. */
const FEW = 50;

const BY_HOST = new WeakMap<
  World["services"],
  Map<string, World["services"]>
>();

function servicesNamed(
  world: World,
  hosts: readonly string[],
): World["services"] {
  let index = BY_HOST.get(world.services);
  if (index === undefined) {
    index = groupBy(
      world.services,
      (service) =>
        `${service.metadata.name}.${
          namespaceOf(service)
        }.svc.${world.mesh.clusterDomain}`,
    );
    BY_HOST.set(world.services, index);
  }
  return hosts.flatMap((host) => index.get(host) ?? []);
}

const WILDCARDS = new WeakMap<World["virtualServices"], VirtualService[]>();

function wildcardHolders(world: World): readonly VirtualService[] {
  let found = WILDCARDS.get(world.virtualServices);
  if (found === undefined) {
    found = world.virtualServices.filter((object) =>
      strings(object.spec?.hosts).some(isWildcard)
    );
    WILDCARDS.set(world.virtualServices, found);
  }
  return found;
}

const BY_NAME = new WeakMap<
  World["virtualServices"],
  Map<string, VirtualService>
>();

function delegatesOf(world: World, root: VirtualService): VirtualService[] {
  let index = BY_NAME.get(world.virtualServices);
  if (index === undefined) {
    index = new Map(world.virtualServices.map((one) => [
      keyOf(one),
      one,
    ]));
    BY_NAME.set(world.virtualServices, index);
  }
  const http: unknown = root.spec?.http;
  return (Array.isArray(http) ? http : []).flatMap((route) => {
    const delegate: unknown = isRecord(route) ? route["delegate"] : undefined;
    if (!isRecord(delegate)) return [];
    const { name, namespace } = delegate;
    return index.get(`${namespace || namespaceOf(root)}/${name}`) ?? [];
  });
}
