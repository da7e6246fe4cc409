/**
 * From a world to the names in it: what somebody who types may want to write
 * next. A pure function; no list and no text in what it gives is endless,
 * whatever the cluster holds.
 *
 * @module
 */

import type {
  KnownLabel,
  KnownOperation,
  KnownService,
  KnownVirtualService,
  Place,
  PlaceNames,
} from "../language/names.ts";
import type { Pod, VirtualService } from "../istio/types.ts";
import { whyUnknown, type World } from "../istio/world.ts";
import { isWrittenByController } from "../traffic/builds.ts";
import { namespaceOf } from "../traffic/objects.ts";
import { listOf } from "../actions/behind.ts";
import { deriveBuilds, HostBuilds, knownHost } from "./derive_builds.ts";
import { deriveVirtualService } from "./derive_rules.ts";
import { Bounds, MOST } from "./bounds.ts";
import { atOnce } from "./slices.ts";

/** What is known besides the world. */
export interface DeriveOptions {
  readonly place: Place;
  readonly namespace: string;
  readonly readAt: number;
  readonly isWatched: boolean;
  /** Lists of the world are cut. */
  readonly isPartial?: boolean;
  readonly problem?: string | undefined;
  readonly protected?: string | undefined;
  /** How many pods each pod of the world stands for; 1 by default. */
  readonly podCounts?: ReadonlyMap<Pod, number>;
  /** Newest first. */
  readonly operations?: readonly KnownOperation[];
}

/** The names of a place. */
export function deriveNames(world: World, options: DeriveOptions): PlaceNames {
  return atOnce(deriveSteps(world, options));
}

/** {@linkcode deriveNames} in small steps. */
export function* deriveSteps(
  world: World,
  options: DeriveOptions,
): Generator<void, PlaceNames> {
  const { namespace, problem } = options;
  const bounds = new Bounds();
  const counts = options.podCounts ?? new Map<Pod, number>();
  const own = world.virtualServices.filter((each) =>
    namespaceOf(each) === namespace
  );
  const builds = new HostBuilds(world, { namespace, objects: own, bounds });
  const virtualServices: KnownVirtualService[] = [];
  yield;
  for (const object of bounds.list(own, MOST.objects)) {
    virtualServices.push(
      ...bounds.attempt(() =>
        deriveVirtualService(world, { object, builds, bounds })
      ),
    );
    yield;
  }
  const knownBuilds = yield* deriveBuilds(builds, {
    counts,
    bounds,
    arePodsKnown: whyUnknown(world, "Pod", { namespace }) === undefined,
  });
  const services = deriveServices(world, { namespace, objects: own, bounds });
  yield;
  const pods = world.pods.filter((pod) => namespaceOf(pod) === namespace);
  const names: PlaceNames = {
    place: options.place,
    namespace,
    readAt: options.readAt,
    isWatched: options.isWatched,
    ...(problem === undefined ? {} : { problem }),
    ...(options.protected === undefined
      ? {}
      : { protected: options.protected }),
    namespaces: bounds.list(
      world.namespaces.map(({ metadata }) => metadata.name)
        .filter((name) => bounds.fits(name, MOST.name)).sort(),
      MOST.namespaces,
    ),
    virtualServices,
    services,
    builds: knownBuilds,
    labels: yield* deriveLabels(pods, { counts, bounds }),
    operations: bounds.list(options.operations ?? [], MOST.operations),
    isPartial: false,
  };
  return { ...names, isPartial: options.isPartial === true || bounds.isCut };
}

/** Services of the namespace, then other hosts that rules lead to. */
function deriveServices(world: World, of: {
  readonly namespace: string;
  readonly objects: readonly VirtualService[];
  readonly bounds: Bounds;
}): readonly KnownService[] {
  const { namespace, objects, bounds } = of;
  const ports = new Map<string, Set<number>>();
  const note = (host: string, port: unknown): void => {
    if (!bounds.fits(host, MOST.name)) return;
    const known = ports.get(host) ?? new Set();
    if (isPort(port)) known.add(port);
    ports.set(host, known);
  };
  for (const service of world.services) {
    if (namespaceOf(service) !== namespace) continue;
    const { name } = service.metadata;
    note(name, undefined);
    for (const each of listOf(service.spec?.ports)) note(name, each?.port);
  }
  for (const object of objects) {
    for (const route of listOf(object.spec?.http)) {
      for (const each of listOf(route?.route)) {
        const { host, port } = each?.destination ?? {};
        if (typeof host !== "string") continue;
        note(knownHost(world, host, namespace), port?.number);
      }
    }
  }
  return bounds.list([...ports], MOST.objects).map(([host, known]) => ({
    host,
    ports: bounds.list([...known].sort((a, b) => a - b), MOST.ports),
  }));
}

/** Labels by key, the values that most pods have first. */
function* deriveLabels(pods: readonly Pod[], of: {
  readonly counts: ReadonlyMap<Pod, number>;
  readonly bounds: Bounds;
}): Generator<void, readonly KnownLabel[]> {
  const { counts, bounds } = of;
  const keys = new Map<string, Map<string, number>>();
  for (const pod of pods) {
    const count = counts.get(pod) ?? 1;
    yield;
    for (const [key, value] of Object.entries(pod.metadata.labels ?? {})) {
      const values = keys.get(key) ?? new Map<string, number>();
      values.set(value, (values.get(value) ?? 0) + count);
      keys.set(key, values);
    }
  }
  const found = [...keys].filter(([key]) =>
    !isWrittenByController(key) && bounds.fits(key, MOST.name)
  )
    .sort(([a], [b]) => a < b ? -1 : 1);
  return bounds.list(found, MOST.labels).map(([key, values]) => ({
    key,
    values: bounds.list(
      [...values].filter(([value]) => bounds.fits(value, MOST.name))
        .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)),
      MOST.values,
    ).map(([value, pods]) => ({ value, pods })),
  }));
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 &&
    (value as number) < 65_536;
}
