/**
 * Who names a subset: everything in everybody's VirtualServices that would
 * fail, or mirror into nothing, without it. Weight 0 counts too, since the
 * next shift may raise it.
 *
 * @module
 */

import { resolveHost } from "../istio/hosts.ts";
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
import { marksOf } from "./journal.ts";
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
  readonly destinationRule: DestinationRule;
  /** Is it named exactly as we name subsets? Marks count without it. */
  readonly hasOurName?: (subset: Subset) => boolean;
  /** Only these are looked at; absent: all that are ours. */
  readonly only?: readonly string[];
}

/** Which subsets may go, and why the others of ours stay. */
export interface RemovableSubsets {
  readonly removable: readonly Subset[];
  /** Sentences are made of these: the subset and one clause. */
  readonly kept: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Subsets of ours that nothing in the whole cluster names (7.5). The world
 * holds the VirtualServices as they will be. If not all namespaces could be
 * listed, all stay.
 */
export function removableSubsets(
  world: World,
  options: RemovableOptions,
): RemovableSubsets {
  const { destinationRule: object, hasOurName, only } = options;
  const marks = marksOf(object);
  const ours = (object.spec.subsets ?? []).filter((subset) =>
    (only === undefined || only.includes(subset.name)) &&
    (marks.includes(subset.name) || hasOurName?.(subset) === true)
  );
  if (ours.length === 0) return { removable: [], kept: [] };
  const unknown = whyUnknown(world, "VirtualService");
  if (unknown !== undefined) {
    return {
      removable: [],
      kept: ours.map(({ name }) => ({
        name,
        reason: `not every namespace can be seen (${unknown})`,
      })),
    };
  }
  const host = resolveHost(object.spec.host, namespaceOf(object), world.mesh);
  const named = new Map(
    world.virtualServices.flatMap((one) => referencesIn(one, world.mesh))
      .filter((reference) => reference.host === host)
      .map((reference) => [reference.subset, reference]),
  );
  return {
    removable: ours.filter(({ name }) => !named.has(name)),
    kept: ours.flatMap(({ name }) => {
      const by = named.get(name);
      return by === undefined ? [] : [{
        name,
        reason: `VirtualService "${keyOf(by.object)}" names it at ${by.path}`,
      }];
    }),
  };
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
