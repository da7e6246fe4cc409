/**
 * What is held of a place while it is watched: of each kind only what names
 * are made of, and of thousands of pods one for each set of labels.
 *
 * @module
 */

import { PROTECTED_ANNOTATION } from "../traffic/protected.ts";
import type {
  ListOptions,
  ObjectList,
  WatchEvent,
} from "../cluster/cluster.ts";
import type { KubeObject, ObjectMeta, Pod } from "../istio/types.ts";
import { type Gap, type Kind, type World, worldOf } from "../istio/world.ts";
import { MOST } from "./bounds.ts";
import { atOnce } from "./slices.ts";

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
  readonly #kinds = new Map<Kind, HeldKind | HeldPods>();

  /**
   * Takes in what a watch told.
   *
   * @returns Whether something that names are made of is another now.
   */
  take(kind: Kind, event: WatchEvent): boolean {
    if (event.type === "SYNC") {
      atOnce(this.sync(kind, event));
      return true;
    }
    const held = this.#kinds.get(kind);
    if (held === undefined) return false;
    return event.type === "DELETED"
      ? held.drop(event.object.metadata.name)
      : held.put(event.object);
  }

  /** Takes in a list step by step; until the last, the former one is held. */
  *sync(
    kind: Kind,
    { items, hasMore }: Pick<ObjectList, "items" | "hasMore">,
  ): Generator<void, void> {
    const held = kind === "Pod" ? new HeldPods() : new HeldKind(kind);
    for (const object of items) {
      held.put(object);
      yield;
    }
    held.isCut ||= hasMore === true;
    this.#kinds.set(kind, held);
  }

  /** Has a list of the kind ever come? */
  isKnown(kind: Kind): boolean {
    return this.#kinds.has(kind);
  }

  /** Are lists cut? */
  get isPartial(): boolean {
    return [...this.#kinds.values()].some(({ isCut }) => isCut);
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
    const kinds = [...this.#kinds.values()];
    const podCounts = new Map(
      kinds.flatMap((held) => held instanceof HeldPods ? held.counts() : []),
    );
    const objects = kinds.flatMap((held) =>
      held instanceof HeldPods ? [] : held.objects()
    );
    return {
      world: worldOf(objects, { pods: [...podCounts.keys()], gaps }),
      podCounts,
    };
  }
}

/** Objects by name. */
class HeldKind {
  readonly #objects = new Map<string, KubeObject>();
  readonly #limit: number;
  isCut = false;

  constructor(kind: Kind) {
    this.#limit = limitOf(kind);
  }

  put(object: KubeObject): boolean {
    const { name } = object.metadata;
    const former = this.#objects.get(name);
    if (former === undefined && this.#objects.size >= this.#limit) {
      return cut(this);
    }
    const slim = slimmed(object);
    this.#objects.set(name, slim);
    return object.kind !== "Namespace" || former === undefined ||
      isProtected(former) !== isProtected(slim);
  }

  drop(name: string): boolean {
    return this.#objects.delete(name);
  }

  objects(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }
}

/** Pods that have the same labels. */
interface PodGroup {
  /** Stands for all of them. */
  readonly pod: Pod;
  count: number;
}

/** Pods by their labels. */
class HeldPods {
  /** By the pod's name. */
  readonly #pods = new Map<string, PodGroup>();
  /** By their labels. */
  readonly #groups = new Map<string, PodGroup>();
  readonly #keys = new Set<string>();
  readonly #limit = limitOf("Pod");
  isCut = false;

  put({ metadata }: KubeObject): boolean {
    const { name } = metadata;
    // It is on its way out.
    if (metadata.deletionTimestamp) return this.drop(name);
    const former = this.#pods.get(name);
    if (former === undefined && this.#pods.size >= this.#limit) {
      return cut(this);
    }
    const group = this.#groupOf(metadata);
    if (group === former) return false;
    if (former !== undefined) this.drop(name);
    if (group === undefined) return cut(this);
    group.count += 1;
    this.#pods.set(name, group);
    return true;
  }

  drop(name: string): boolean {
    const group = this.#pods.get(name);
    if (group !== undefined) group.count -= 1;
    return this.#pods.delete(name);
  }

  /** Groups without pods are let go here: one may have them again at once. */
  counts(): readonly (readonly [Pod, number])[] {
    for (const [key, { count }] of this.#groups) {
      if (count === 0) this.#groups.delete(key);
    }
    return [...this.#groups.values()].map(({ pod, count }) => [pod, count]);
  }

  #groupOf({ name, namespace = "default", labels }: ObjectMeta):
    | PodGroup
    | undefined {
    const kept = Object.entries(labels ?? {})
      .filter(([key, value]) => this.#isKept(key, value))
      .sort(([a], [b]) => a < b ? -1 : 1);
    const key = JSON.stringify(kept);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size >= MOST.podKinds) return undefined;
    const metadata = { name, namespace, labels: Object.fromEntries(kept) };
    const group = {
      pod: { apiVersion: "v1", kind: "Pod", metadata },
      count: 0,
    };
    this.#groups.set(key, group);
    return group;
  }

  #isKept(key: string, value: string): boolean {
    if (OF_FEW.has(key)) return false;
    const isSmall = key.length <= MOST.name && value.length <= MOST.name;
    if (isSmall && this.#keys.size < MOST.labels) this.#keys.add(key);
    if (isSmall && this.#keys.has(key)) return true;
    this.isCut = true;
    return false;
  }
}

/** Says that something is left out; news only once. */
function cut(held: { isCut: boolean }): boolean {
  const isNews = !held.isCut;
  held.isCut = true;
  return isNews;
}

function limitOf(kind: Kind): number {
  return WANTED.find((each) => each.kind === kind)?.options.limit ?? Infinity;
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
