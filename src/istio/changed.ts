/**
 * What differs between two worlds, as far as it can move requests: the
 * VirtualServices, and the hosts behind which something else stands.
 *
 * @module
 */

import { isSame } from "./canonical.ts";
import { gatewaysOf } from "./client.ts";
import { rootsOf, rulesFor } from "./delegates.ts";
import {
  HostMap,
  keyOf,
  matchesHost,
  namespaceOf,
  resolveHost,
} from "./hosts.ts";
import { includesLabels } from "./pods.ts";
import { registryOf } from "./registry.ts";
import { isRecord, strings } from "./shapes.ts";
import type { KubeObject, Pod, VirtualService } from "./types.ts";
import { hostsOf } from "./virtual_services.ts";
import { waypointOf } from "./waypoints.ts";
import type { World } from "./world.ts";

/** What may move requests. */
export interface Changed {
  /** `namespace/name` of VirtualServices: they, or their delegates, differ. */
  readonly virtualServices: ReadonlySet<string>;
  /** `namespace/name` of Gateways. */
  readonly gateways: ReadonlySet<string>;
  /** Does something behind this full name differ? */
  readonly isBehind: (host: string) => boolean;
  /** Nothing differs at all. */
  readonly isNothing: boolean;
}

/** Finds what differs; status and labels of rules do not count. */
export function changedBetween(before: World, after: World): Changed {
  const virtualServices = new Set<string>();
  for (
    const [one, other] of pairs(before.virtualServices, after.virtualServices)
  ) {
    if (isSameRule(one, other)) continue;
    for (const [world, object] of [[before, one], [after, other]] as const) {
      if (object === undefined) continue;
      virtualServices.add(keyOf(object));
      if (strings(object.spec?.hosts).length > 0) continue;
      for (const root of rootsOf(world, object)) {
        virtualServices.add(keyOf(root));
      }
    }
  }
  const gateways = new Set<string>();
  for (const [one, other] of pairs(before.gateways, after.gateways)) {
    if (!isSameRule(one, other)) gateways.add(keyOf((one ?? other)!));
  }
  const hosts = new Set<string>();
  const patterns = new Set<string>();
  const behind = (host: string) =>
    host.startsWith("*") ? patterns.add(host) : hosts.add(host.toLowerCase());
  const mesh = isSame(before.mesh, after.mesh) &&
    isSame(before.gaps, after.gaps);
  // A Sidecar decides about every host that its clients may ask for.
  const sidecars = pairs(before.sidecars, after.sidecars).every(
    ([one, other]) => isSameRule(one, other),
  );
  if (!mesh || !sidecars) patterns.add("*");
  for (
    const [one, other] of pairs(before.destinationRules, after.destinationRules)
  ) {
    if (isSameRule(one, other)) continue;
    for (const object of [one, other]) {
      const host: unknown = object?.spec?.host;
      if (object === undefined || typeof host !== "string") continue;
      behind(resolveHost(host, namespaceOf(object), after.mesh));
    }
  }
  for (const [one, other] of pairs(before.services, after.services)) {
    if (isSameRule(one, other)) continue;
    behind(serviceHost((one ?? other)!, after));
  }
  for (
    const [one, other] of pairs(before.serviceEntries, after.serviceEntries)
  ) {
    if (isSameRule(one, other)) continue;
    for (const object of [one, other]) strings(object?.spec?.hosts).map(behind);
  }
  for (const [host, service] of registryOf(after)) {
    const earlier = registryOf(before).get(host);
    if (earlier === undefined) continue;
    const [one, other] = [
      waypointOf(before, earlier),
      waypointOf(after, service),
    ];
    if (one.waypoint !== other.waypoint) behind(host);
  }
  for (const pod of changedPods(before, after)) {
    for (const world of [before, after]) {
      for (const service of world.services) {
        const { selector } = service.spec ?? {};
        if (
          namespaceOf(service) === namespaceOf(pod) && isRecord(selector) &&
          includesLabels(pod.metadata.labels, selector)
        ) behind(serviceHost(service, world));
      }
    }
  }
  const entries = pairs(before.workloadEntries, after.workloadEntries);
  if (entries.some(([one, other]) => !isSameRule(one, other))) {
    for (const world of [before, after]) {
      for (const { spec } of world.serviceEntries) {
        strings(spec?.hosts).map(behind);
      }
    }
  }
  return {
    virtualServices,
    gateways,
    isBehind: (host) =>
      hosts.has(host.toLowerCase()) ||
      [...patterns].some((pattern) => matchesHost(pattern, host)),
    isNothing: virtualServices.size + gateways.size + hosts.size +
        patterns.size === 0,
  };
}

/**
 * VirtualServices of a world that the change has to do with: what differs,
 * what leads to it, and what speaks for the same hosts.
 */
export function concernedBy(world: World, changed: Changed): VirtualService[] {
  const isTouched = (object: VirtualService): boolean => {
    if (changed.virtualServices.has(keyOf(object))) return true;
    if (hostsOf(world, object).some(changed.isBehind)) return true;
    if (gatewaysOf(object).some((name) => changed.gateways.has(name))) {
      return true;
    }
    return targetsOf(world, object).some(changed.isBehind);
  };
  const touched = world.virtualServices.filter(isTouched);
  const all = new Set(touched);
  const hosts = new HostMap<true>();
  for (const object of touched) {
    for (const host of hostsOf(world, object)) hosts.at(host, () => true);
  }
  return world.virtualServices.filter((object) =>
    all.has(object) ||
    hostsOf(world, object).some((host) => hosts.find(host) !== undefined)
  );
}

const TARGETS = new WeakMap<World, Map<VirtualService, readonly string[]>>();

/** Full names that its rules lead to, and what these are other names of. */
export function targetsOf(
  world: World,
  object: VirtualService,
): readonly string[] {
  let all = TARGETS.get(world);
  if (all === undefined) TARGETS.set(world, all = new Map());
  let known = all.get(object);
  if (known === undefined) {
    const targets = rulesFor(world, object).rules.flatMap(({ route, source }) =>
      (isRecord(route) && Array.isArray(route.route) ? route.route : [])
        .flatMap((one) => {
          const host: unknown = isRecord(one) && isRecord(one.destination)
            ? one.destination.host
            : undefined;
          return typeof host === "string"
            ? withAlias(
              world,
              resolveHost(host, namespaceOf(source), world.mesh),
            )
            : [];
        })
    );
    all.set(object, known = [...new Set(targets)]);
  }
  return known;
}

function withAlias(world: World, host: string): string[] {
  const alias = registryOf(world).get(host)?.alias;
  return [host.toLowerCase(), ...(alias === undefined ? [] : [alias])];
}

/** Objects of one name on both sides. */
function pairs<T extends KubeObject>(
  before: readonly T[],
  after: readonly T[],
): (readonly [T | undefined, T | undefined])[] {
  if (before === after) return [];
  const others = new Map(after.map((object) => [keyOf(object), object]));
  const found = before.map((object) => {
    const other = others.get(keyOf(object));
    others.delete(keyOf(object));
    return [object, other] as const;
  });
  return [
    ...found,
    ...[...others.values()].map((object) => [undefined, object] as const),
  ];
}

function isSameRule(
  one: KubeObject | undefined,
  other: KubeObject | undefined,
): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  return isSame(one["spec"], other["spec"]) &&
    one.metadata.creationTimestamp === other.metadata.creationTimestamp &&
    one.metadata.annotations?.[EXPORT_TO] ===
      other.metadata.annotations?.[EXPORT_TO];
}

const EXPORT_TO = "networking.istio.io/exportTo";

function changedPods(before: World, after: World): Pod[] {
  return pairs(before.pods, after.pods).flatMap(([one, other]) => {
    if (one === other) return [];
    const isEqual = one !== undefined && other !== undefined &&
      isSame(one.metadata.labels, other.metadata.labels) &&
      isSame(one.status, other.status) &&
      one.metadata.deletionTimestamp === other.metadata.deletionTimestamp;
    return isEqual ? [] : [one, other].filter((pod) => pod !== undefined);
  });
}

function serviceHost(service: KubeObject, world: World): string {
  const { clusterDomain } = world.mesh;
  return `${service.metadata.name}.${
    namespaceOf(service)
  }.svc.${clusterDomain}`;
}
