/**
 * What is held of a place while it is watched: of each kind only what names
 * are made of, and of thousands of pods one for each set of labels.
 *
 * @module
 */

import { PROTECTED_ANNOTATION } from "../actions/context.ts";
import type { ListOptions, WatchEvent } from "../cluster/cluster.ts";
import type { KubeObject, Pod } from "../istio/types.ts";
import { type Gap, type Kind, type World, worldOf } from "../istio/world.ts";
import { MOST } from "./bounds.ts";

/** A kind that is read, and how. */
export interface Wanted {
  readonly kind: Kind;
  readonly options: Pick<ListOptions, "limit" | "metadataOnly">;
}

/**
 * Pages of a list hold 500 objects, which is also what is read of the kinds
 * that are read whole: a single answer, whose parsing is over within a frame.
 * Metadata are small, so of those there may be some pages.
 */
export const WANTED: readonly Wanted[] = [
  { kind: "Namespace", options: { metadataOnly: true, limit: 1000 } },
  { kind: "VirtualService", options: { limit: 500 } },
  { kind: "DestinationRule", options: { limit: 500 } },
  { kind: "Service", options: { limit: 500 } },
  { kind: "Pod", options: { metadataOnly: true, limit: 5000 } },
];

/** Labels of a single pod, or of those of one job: nobody selects by them. */
const OF_FEW = new Set([
  "statefulset.kubernetes.io/pod-name",
  "apps.kubernetes.io/pod-index",
  "controller-uid",
  "job-name",
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-name",
  "batch.kubernetes.io/job-completion-index",
]);

/** What is held of one place. */
export class Held {
  readonly #kinds = new Map<Kind, HeldKind>();
  readonly #pods = new HeldPods();

  /**
   * Takes in what a watch told.
   *
   * @returns Whether something that names are made of is another now.
   */
  take(kind: Kind, event: WatchEvent): boolean {
    const held = this.#of(kind);
    if (event.type === "SYNC") {
      held.objects.clear();
      if (kind === "Pod") this.#pods.clear();
      held.isKnown = true;
      held.isCut = event.hasMore === true;
      for (const object of event.items) this.#put(held, object);
      return true;
    }
    const { object, type } = event;
    if (type === "DELETED") return this.#drop(held, object.metadata.name);
    return this.#put(held, object);
  }

  /** Has a list of the kind ever come? */
  isKnown(kind: Kind): boolean {
    return this.#kinds.get(kind)?.isKnown === true;
  }

  /** Are lists cut? */
  get isPartial(): boolean {
    return this.#pods.isCut ||
      [...this.#kinds.values()].some(({ isCut }) => isCut);
  }

  /**
   * All of it. A pod stands for all that have its labels.
   *
   * @param gaps What is to be said of kinds that are not known.
   */
  world(gaps: readonly Gap[]): {
    readonly world: World;
    readonly podCounts: ReadonlyMap<Pod, number>;
  } {
    const podCounts = this.#pods.counts();
    const objects = [...this.#kinds].flatMap(([kind, { objects }]) =>
      kind === "Pod" ? [] : [...objects.values()] as KubeObject[]
    );
    return {
      world: worldOf(objects, { pods: [...podCounts.keys()], gaps }),
      podCounts,
    };
  }

  #of(kind: Kind): HeldKind {
    let held = this.#kinds.get(kind);
    if (held === undefined) {
      const limit = WANTED.find((each) => each.kind === kind)?.options.limit;
      held = new HeldKind(kind, limit ?? Infinity);
      this.#kinds.set(kind, held);
    }
    return held;
  }

  #put(held: HeldKind, object: KubeObject): boolean {
    const { name } = object.metadata;
    const former = held.objects.get(name);
    if (former === undefined && held.objects.size >= held.limit) {
      const isNews = !held.isCut;
      held.isCut = true;
      return isNews;
    }
    if (held.kind === "Pod") {
      if (object.metadata.deletionTimestamp) return this.#drop(held, name);
      const group = this.#pods.add(object as Pod, former as string | undefined);
      held.objects.set(name, group);
      return group !== former;
    }
    const slim = slimmed(object);
    held.objects.set(name, slim);
    return held.kind !== "Namespace" || former === undefined ||
      isProtected(former as KubeObject) !== isProtected(slim);
  }

  #drop(held: HeldKind, name: string): boolean {
    const former = held.objects.get(name);
    if (typeof former === "string") this.#pods.remove(former);
    return held.objects.delete(name);
  }
}

/** Objects by name; pods as the key of their group. */
class HeldKind {
  readonly objects = new Map<string, KubeObject | string>();
  readonly kind: Kind;
  readonly limit: number;
  isKnown = false;
  isCut = false;

  constructor(kind: Kind, limit: number) {
    this.kind = kind;
    this.limit = limit;
  }
}

/** Pods by their labels. */
class HeldPods {
  readonly #groups = new Map<string, { readonly pod: Pod; count: number }>();

  readonly #keys = new Set<string>();
  isCut = false;

  clear(): void {
    this.#groups.clear();
    this.#keys.clear();
    this.isCut = false;
  }

  /** @returns The key of its group; one that it had before is left. */
  add({ metadata }: Pod, former: string | undefined): string {
    const labels = Object.entries(metadata.labels ?? {})
      .filter(([key, value]) => this.#isKept(key, value))
      .sort(([a], [b]) => a < b ? -1 : 1);
    const key = JSON.stringify([metadata.namespace, labels]);
    if (key === former) return key;
    if (former !== undefined) this.remove(former);
    const group = this.#groups.get(key);
    if (group !== undefined) group.count += 1;
    else if (this.#groups.size >= MOST.podKinds) this.isCut = true;
    else {
      const { namespace = "default", name } = metadata;
      this.#groups.set(key, {
        pod: {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name, namespace, labels: Object.fromEntries(labels) },
        },
        count: 1,
      });
    }
    return key;
  }

  #isKept(key: string, value: string): boolean {
    if (OF_FEW.has(key)) return false;
    const isSmall = key.length <= MOST.name && value.length <= MOST.name;
    if (isSmall && this.#keys.size < MOST.labels) this.#keys.add(key);
    if (isSmall && this.#keys.has(key)) return true;
    this.isCut = true;
    return false;
  }

  remove(key: string): void {
    const group = this.#groups.get(key);
    if (group !== undefined && --group.count === 0) this.#groups.delete(key);
  }

  counts(): ReadonlyMap<Pod, number> {
    return new Map(
      [...this.#groups.values()].map(({ pod, count }) => [pod, count]),
    );
  }
}

/** The object without what no name is made of. */
function slimmed(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, uid, creationTimestamp, labels, annotations } =
    metadata;
  const meta = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    // The older of two objects wins a host.
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
  };
  if (kind === "Namespace") {
    return {
      apiVersion,
      kind,
      metadata: isProtected(object)
        ? { name, annotations: { [PROTECTED_ANNOTATION]: "true" } }
        : { name },
    };
  }
  return {
    apiVersion,
    kind,
    metadata: {
      ...meta,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: object["spec"],
  };
}

function isProtected({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[PROTECTED_ANNOTATION] === "true";
}
