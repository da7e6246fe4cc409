/**
 * The builds of the hosts of a namespace, by what a change takes for one.
 *
 * @module
 */

import { listOf } from "../actions/behind.ts";
import { resolveHost, shortHost } from "../istio/hosts.ts";
import type { Destination, Pod, VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { KnownBuild } from "../language/names.ts";
import {
  buildOf,
  type Builds,
  includesLabels,
  podsByBuild,
  readBuilds,
} from "../traffic/builds.ts";
import { namespaceOf } from "../traffic/objects.ts";
import { scopeOf } from "../traffic/select.ts";
import { type Bounds, MOST } from "./bounds.ts";

/** The builds of each host that has some, read once. */
export class HostBuilds {
  readonly #world: World;
  readonly #namespace: string;
  /** VirtualServices by the hosts that their rules lead to. */
  readonly #objects = new Map<string, VirtualService[]>();
  readonly #pods: ReadonlyMap<string, readonly Pod[]>;
  readonly #bounds: Bounds;
  #looks: number = MOST.looks;
  readonly #known = new Map<string, Builds | undefined>();

  constructor(world: World, of: {
    readonly namespace: string;
    readonly objects: readonly VirtualService[];
    readonly bounds: Bounds;
  }) {
    const { namespace, objects } = of;
    this.#bounds = of.bounds;
    this.#world = world;
    this.#namespace = namespace;
    for (const object of objects) {
      for (const host of new Set(hostsOf(object))) {
        const full = resolveHost(host, namespace, world.mesh);
        const known = this.#objects.get(full);
        if (known === undefined) this.#objects.set(full, [object]);
        else known.push(object);
      }
    }
    this.#pods = podsBySelector(world);
  }

  /** Hosts of this namespace: its Services, and what its rules lead to. */
  hosts(): readonly string[] {
    const { mesh, services } = this.#world;
    const own = `.${this.#namespace}.svc.${mesh.clusterDomain}`;
    return [
      ...new Set([
        ...services.filter((each) => namespaceOf(each) === this.#namespace)
          .map(({ metadata }) => `${metadata.name}${own}`),
        ...[...this.#objects.keys()].filter((host) => host.endsWith(own)),
      ]),
    ];
  }

  /** How commands call the host. */
  nameOf(host: string): string {
    return shortHost(host, this.#world.mesh);
  }

  /** The builds of a host in full; nothing where nobody can tell. */
  at(host: string): Builds | undefined {
    if (!this.#known.has(host)) this.#known.set(host, this.#read(host));
    return this.#known.get(host);
  }

  /** How `-b` names the build that a destination leads to. */
  buildOf(destination: Destination): string | undefined {
    const host = resolveHost(
      destination.host,
      this.#namespace,
      this.#world.mesh,
    );
    const builds = this.at(host);
    if (builds?.key === undefined) return undefined;
    const { state, labels } = buildOf(builds, destination);
    return state === "known" ? labels[builds.key] : undefined;
  }

  #read(host: string): Builds | undefined {
    try {
      const scope = scopeOf(this.#world, { host }, this.#namespace);
      const pods = this.#podsOf(scope.service?.spec?.selector ?? {});
      this.#looks -= pods.length;
      if (this.#looks < 0) {
        this.#bounds.isCut = true;
        return undefined;
      }
      return readBuilds({ ...this.#world, pods }, {
        scope,
        // Where no rule leads to it yet, it is some client here who will ask.
        objects: this.#objects.get(host) ?? [anyone(this.#namespace)],
      });
    } catch {
      return undefined;
    }
  }

  /** The pods that a selector may select, and not many others. */
  #podsOf(selector: Readonly<Record<string, string>>): readonly Pod[] {
    const lists = Object.entries(selector).map(([key, value]) =>
      this.#pods.get(`${key}=${value}`) ?? []
    );
    return lists.reduce(
      (least, each) => each.length < least.length ? each : least,
      lists[0] ?? [],
    );
  }
}

/** The short name of a host of this namespace; another as it is written. */
export function knownHost(
  world: World,
  host: string,
  namespace: string,
): string {
  const full = resolveHost(host, namespace, world.mesh);
  const own = `.${namespace}.svc.${world.mesh.clusterDomain}`;
  return full.endsWith(own) ? shortHost(full, world.mesh) : host;
}

/** The builds of all hosts, by host and name. */
export function* deriveBuilds(builds: HostBuilds, of: {
  readonly counts: ReadonlyMap<Pod, number>;
  readonly bounds: Bounds;
  readonly arePodsKnown: boolean;
}): Generator<void, readonly KnownBuild[]> {
  const { bounds } = of;
  const found: KnownBuild[] = [];
  for (const host of builds.hosts()) {
    const known = builds.at(host);
    if (known?.key !== undefined) {
      const own = buildsOf(known, { ...of, host: builds.nameOf(host) });
      found.push(...bounds.list(own, MOST.hostBuilds));
    }
    yield;
  }
  return bounds.list(
    found.filter(({ host, build }) =>
      bounds.fits(host, MOST.name) && bounds.fits(build, MOST.name)
    ).toSorted((a, b) => compare(a.host, b.host) || compare(a.build, b.build)),
    MOST.builds,
  );
}

/** Builds that have a subset, then those that only pods have. */
function buildsOf(builds: Builds, of: {
  readonly host: string;
  readonly counts: ReadonlyMap<Pod, number>;
  readonly bounds: Bounds;
  readonly arePodsKnown: boolean;
}): readonly KnownBuild[] {
  const { host, counts, bounds } = of;
  const { key = "", scope, subsets, pods } = builds;
  const count = (some: readonly Pod[]): number =>
    some.reduce((sum, pod) => sum + (counts.get(pod) ?? 1), 0);
  const withSubset = subsets.flatMap(({ subset }): readonly KnownBuild[] => {
    const labels = subset.labels ?? {};
    const build = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return build === undefined ? [] : [{
      build,
      host,
      labels: bounds.labels(labels),
      ...(bounds.fits(subset.name, MOST.name) ? { subset: subset.name } : {}),
      ...(of.arePodsKnown && scope.service !== undefined
        ? {
          pods: count(
            pods.filter(({ metadata }) =>
              includesLabels(metadata.labels, labels)
            ),
          ),
        }
        : {}),
    }];
  });
  const named = new Set(withSubset.map(({ build }) => build));
  const onlyPods = [...podsByBuild(builds)]
    .filter(([build]) => !named.has(build))
    .map(([build, some]): KnownBuild => ({
      build,
      host,
      labels: { [key]: build },
      pods: count(some),
    }));
  return [...withSubset, ...onlyPods];
}

/** Pods by the labels that Services select by, each by itself. */
function podsBySelector(world: World): ReadonlyMap<string, readonly Pod[]> {
  const found = new Map<string, Pod[]>();
  const keys = new Set<string>();
  for (const { spec } of world.services) {
    for (const [key, value] of Object.entries(spec?.selector ?? {})) {
      keys.add(key);
      found.set(`${key}=${value}`, []);
    }
  }
  for (const pod of world.pods) {
    const { labels = {} } = pod.metadata;
    for (const key of keys) {
      if (Object.hasOwn(labels, key)) {
        found.get(`${key}=${labels[key]}`)?.push(pod);
      }
    }
  }
  return found;
}

function hostsOf(object: VirtualService): readonly string[] {
  return listOf(object.spec?.http).flatMap((route) =>
    listOf(route?.route).flatMap((each) =>
      typeof each?.destination?.host === "string" ? [each.destination.host] : []
    )
  );
}

function anyone(namespace: string): VirtualService {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "anyone", namespace },
    spec: { hosts: ["*"] },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
