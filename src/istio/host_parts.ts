/**
 * What of a world has a say about one host. A proxy's table holds every host
 * of the mesh, and a request asks for one of them.
 *
 * @module
 */

import { isWildcard, matchesHost } from "./hosts.ts";
import { domainsOf, registryOf, type RegistryService } from "./registry.ts";
import type { VirtualService } from "./types.ts";
import { holdersOf, hostsOf } from "./virtual_services.ts";
import type { World } from "./world.ts";

/** Enough of a world for the entry of one host in anybody's table. */
export interface HostPart {
  /** In the order of the registry. */
  readonly services: readonly RegistryService[];
  readonly virtualServices: ReadonlySet<VirtualService>;
}

/** Above that many objects with a wildcard the whole table is as cheap. */
const FEW = 50;

/**
 * The part of a host; nothing where the whole table has to be made.
 *
 * What can take the name: services that have it for some client, objects that
 * name it or one of these services, and whatever has a wildcard. Whether an
 * object of these serves other names too decides about it (its ports), so the
 * services that it names are here, and so are the objects that come before a
 * wildcard for the services that it fits. What another name stands for is
 * here with it.
 *
 * @param host Lower case, without a port.
 */
export function partFor(world: World, host: string): HostPart | undefined {
  const index = indexOf(world);
  const { wide } = index;
  if (wide === undefined) return undefined;
  const services = new Set(wide.services);
  const virtualServices = new Set(wide.virtualServices);
  const names = new Set([host]);
  // It grows: a service may be another name of one more.
  for (const name of names) {
    for (const service of index.byDomain.get(name) ?? []) {
      services.add(service);
      names.add(service.host.toLowerCase());
      if (service.alias !== undefined) names.add(service.alias);
    }
    for (const object of holdersOf(world).get(name) ?? []) {
      virtualServices.add(object);
    }
  }
  for (const object of virtualServices) addNamed(world, object, services);
  return {
    services: [...services].sort((a, b) =>
      index.order.get(a)! - index.order.get(b)!
    ),
    virtualServices,
  };
}

function addNamed(
  world: World,
  object: VirtualService,
  into: Set<RegistryService>,
): void {
  for (const host of hostsOf(world, object)) {
    const service = registryOf(world).get(host);
    if (service !== undefined) into.add(service);
  }
}

interface Index {
  /** Services by every name that some client has for them. */
  readonly byDomain: ReadonlyMap<string, readonly RegistryService[]>;
  /** Place in the registry. */
  readonly order: ReadonlyMap<RegistryService, number>;
  /** What may have a say about any host; absent where it is much. */
  readonly wide:
    | {
      readonly services: ReadonlySet<RegistryService>;
      readonly virtualServices: ReadonlySet<VirtualService>;
    }
    | undefined;
}

const INDEX = new WeakMap<World, Index>();

function indexOf(world: World): Index {
  let index = INDEX.get(world);
  if (index === undefined) INDEX.set(world, index = makeIndex(world));
  return index;
}

function makeIndex(world: World): Index {
  const byDomain = new Map<string, RegistryService[]>();
  const order = new Map<RegistryService, number>();
  for (const service of registryOf(world).values()) {
    order.set(service, order.size);
    // In its own namespace it has all names that it has anywhere.
    for (const domain of domainsOf(service, service.namespace)) {
      const present = byDomain.get(domain);
      if (present === undefined) byDomain.set(domain, [service]);
      else present.push(service);
    }
  }
  return { byDomain, order, wide: wideOf(world) };
}

function wideOf(world: World): Index["wide"] {
  const holders = holdersOf(world);
  const patterns = [...holders.keys()].filter(isWildcard);
  const virtualServices = new Set(
    patterns.flatMap((pattern) => holders.get(pattern) ?? []),
  );
  const services = new Set<RegistryService>();
  if (virtualServices.size > FEW) return undefined;
  for (const service of registryOf(world).values()) {
    const { host } = service;
    const isFitted = patterns.some((pattern) => matchesHost(pattern, host));
    if (!isFitted && !isWildcard(host)) continue;
    services.add(service);
    for (const object of holders.get(host.toLowerCase()) ?? []) {
      virtualServices.add(object);
    }
    if (services.size + virtualServices.size > FEW) return undefined;
  }
  return { services, virtualServices };
}
