/**
 * Who names a subset: everything in everybody's VirtualServices that would
 * fail, or mirror into nothing, without it. Weight 0 counts too, since the
 * next shift may raise it.
 *
 * @module
 */

import { matchesHost, namespaceOfHost, resolveHost } from "../istio/hosts.ts";
import type {
  Destination,
  DestinationRule,
  HTTPRoute,
  KubeObject,
  L4Route,
  Subset,
  VirtualService,
} from "../istio/types.ts";
import { type MeshSettings, whyUnknown, type World } from "../istio/world.ts";
import { type Builds, subsetName } from "./builds.ts";
import { keyOf, namespaceOf } from "./objects.ts";

/** A place that names a subset. */
export interface SubsetReference {
  readonly object: VirtualService;
  /** Path in the object: `spec.http[2].mirror`. */
  readonly path: string;
  /** Host as a full name. */
  readonly host: string;
  readonly subset: string;
}

/** Every subset that a VirtualService names, rules of all kinds. */
export function referencesIn(
  object: VirtualService,
  mesh: MeshSettings,
): SubsetReference[] {
  const namespace = namespaceOf(object);
  const { http = [], tcp = [], tls = [] } = object.spec;
  const found = [
    ...http.flatMap((rule, i) => inRule(rule, `spec.http[${i}]`)),
    ...tcp.flatMap((rule, i) => inRoutes(rule, `spec.tcp[${i}]`)),
    ...tls.flatMap((rule, i) => inRoutes(rule, `spec.tls[${i}]`)),
  ];
  return found.flatMap(({ destination, path }) => {
    const { host, subset } = destination ?? {};
    return typeof host !== "string" || typeof subset !== "string" ||
        subset === ""
      ? []
      : [{
        object,
        path,
        host: resolveHost(host, namespace, mesh),
        subset,
      }];
  });
}

/** Every place in the world that names this subset of this host. */
export function referencesTo(
  world: World,
  of: { readonly host: string; readonly subset: string },
): SubsetReference[] {
  return world.virtualServices.flatMap((object) =>
    referencesIn(object, world.mesh).filter(({ host, subset }) =>
      host === of.host && subset === of.subset
    )
  );
}

/** Options of {@linkcode removableSubsets}. */
export interface RemovableOptions {
  /** Full name of the host whose builds the subsets are. */
  readonly host: string;
  /** Names of its subsets that carry our mark. */
  readonly marked: readonly string[];
  /** Only these are looked at; absent: all that are ours. */
  readonly only?: readonly string[];
}

/** Which subsets may go, and sentences on why others of ours stay. */
export interface RemovableSubsets {
  readonly names: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Subsets of ours, by mark or by exact name, that nothing in the whole
 * cluster names (7.5). The world holds the VirtualServices as they will be.
 * If not all namespaces could be listed, all stay.
 */
export function removableSubsets(
  world: World,
  rule: DestinationRule,
  options: RemovableOptions,
): RemovableSubsets {
  const { host, marked, only } = options;
  const ours = (rule.spec.subsets ?? []).filter((subset) =>
    (only === undefined || only.includes(subset.name)) &&
    (marked.includes(subset.name) || hasOurName(subset, { host, world }))
  );
  if (ours.length === 0) return { names: [], notes: [] };
  const stays = (name: string, reason: string) =>
    `Subset "${name}" of DestinationRule "${keyOf(rule)}" stays: ${reason}`;
  const unknown = whyUnknown(world, "VirtualService");
  if (unknown !== undefined) {
    return {
      names: [],
      notes: ours.map(({ name }) =>
        stays(name, `not every namespace can be seen (${unknown})`)
      ),
    };
  }
  // A wildcard DestinationRule defines the subset for every host it takes.
  const taken = resolveHost(rule.spec.host, namespaceOf(rule), world.mesh);
  const named = new Map(
    world.virtualServices.flatMap((one) => referencesIn(one, world.mesh))
      .filter((reference) => matchesHost(taken, reference.host))
      .map((reference) => [reference.subset, reference]),
  );
  return {
    names: ours.flatMap(({ name }) => named.has(name) ? [] : name),
    notes: ours.flatMap(({ name }) => {
      const by = named.get(name);
      return by === undefined ? [] : stays(
        name,
        `VirtualService "${keyOf(by.object)}" names it at ${by.path}`,
      );
    }),
  };
}

/** Is it named as we would name the subset of one of its labels' values? */
function hasOurName(
  subset: Subset,
  of: { readonly host: string; readonly world: World },
): boolean {
  const namespace = namespaceOfHost(of.host, of.world.mesh);
  if (namespace === undefined) return false;
  const builds: Builds = {
    scope: { host: of.host },
    effective: [],
    uncovered: [],
    subsets: [],
    keys: [],
    namespace,
    pods: [],
  };
  return Object.values(subset.labels ?? {}).some((value) =>
    subsetName(builds, value) === subset.name
  );
}

/** The world with some objects in the place of their former versions. */
export function withObjects(
  world: World,
  objects: readonly KubeObject[],
): World {
  const swap = <T extends KubeObject>(present: readonly T[], kind: string) => {
    const own = objects.filter((one) => one.kind === kind) as T[];
    const isSameObject = (one: T, other: T) =>
      one.metadata.name === other.metadata.name &&
      one.metadata.namespace === other.metadata.namespace;
    return own.length === 0 ? present : [
      ...present.map((one) => own.find((by) => isSameObject(one, by)) ?? one),
      ...own.filter((by) => !present.some((one) => isSameObject(one, by))),
    ];
  };
  return {
    ...world,
    virtualServices: swap(world.virtualServices, "VirtualService"),
    destinationRules: swap(world.destinationRules, "DestinationRule"),
  };
}

interface Named {
  readonly destination: Destination | undefined;
  readonly path: string;
}

function inRule(rule: HTTPRoute, path: string): Named[] {
  return [
    ...inRoutes(rule as L4Route, path),
    { destination: rule.mirror, path: `${path}.mirror` },
    ...(rule.mirrors ?? []).map((mirror, i) => ({
      destination: mirror?.destination,
      path: `${path}.mirrors[${i}]`,
    })),
  ];
}

function inRoutes(rule: L4Route, path: string): Named[] {
  return (rule?.route ?? []).map((route, i) => ({
    destination: route?.destination,
    path: `${path}.route[${i}]`,
  }));
}
