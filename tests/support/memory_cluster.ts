/**
 * The port in memory: resourceVersion, 409, dry run and JSON Patch as a real
 * API server has them, with hooks to place faults. For tests of planners and
 * of the executor that need no HTTP.
 *
 * @module
 */

import type {
  AccessReview,
  CallOptions,
  Cluster,
  DeleteOptions,
  JsonPatchOperation,
  ListOptions,
  ObjectList,
  ObjectRef,
  Target,
  WatchEvent,
  WriteOptions,
} from "../../src/cluster/cluster.ts";
import {
  ClusterError,
  ConflictError,
  OutcomeUnknownError,
} from "../../src/errors.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import type { Kind } from "../../src/istio/world.ts";
import { applyPatch } from "./json_patch.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** One write as it was asked for. */
export interface WriteLog {
  readonly verb: "create" | "patch" | "delete";
  readonly ref: ObjectRef;
  readonly dryRun: boolean;
  readonly operations?: readonly JsonPatchOperation[];
  /** The object afterwards; absent for a delete and for what failed. */
  readonly after?: KubeObject;
}

/** A call about to be carried out. */
export interface Call {
  readonly verb: "list" | "get" | "create" | "patch" | "delete" | "canI";
  readonly ref: ObjectRef;
  readonly dryRun: boolean;
  /** Counts calls of this verb (dry runs apart), from 1. */
  readonly nth: number;
}

/**
 * What goes wrong with a call: it throws before (`error`), or its answer is
 * lost after it was carried out (`lost`) or before (`never arrived`).
 */
export type Fault =
  | { readonly error: Error }
  | { readonly lost: true }
  | { readonly neverArrived: true };

/** Options of a {@linkcode MemoryCluster}. */
export interface MemoryClusterOptions {
  readonly clock?: VirtualClock;
  readonly target?: Partial<Target>;
  readonly user?: string;
  /** Refused: `patch VirtualService`, `list Pod`, `* DestinationRule`, … */
  readonly forbidden?: readonly string[];
}

/** A cluster that lives in a Map. */
export class MemoryCluster implements Cluster {
  readonly target: Target;
  readonly clock: VirtualClock;
  /** Every write, dry runs too, in order. */
  readonly writes: WriteLog[] = [];
  /** Called before each call; may change the store, and may give a fault. */
  onCall: ((call: Call) => Fault | undefined | void) | undefined;
  readonly forbidden: Set<string>;
  readonly #objects = new Map<string, KubeObject>();
  readonly #counts = new Map<string, number>();
  readonly #user: string | undefined;
  #version = 100;
  #uid = 0;

  constructor(
    objects: Iterable<KubeObject> = [],
    options: MemoryClusterOptions = {},
  ) {
    this.clock = options.clock ?? new VirtualClock();
    this.target = {
      source: "custom",
      server: "https://memory.test",
      context: "memory",
      namespace: "default",
      flags: ["--context", "memory"],
      ...options.target,
    };
    this.#user = options.user ?? "tester";
    this.forbidden = new Set(options.forbidden ?? []);
    for (const object of objects) this.put(object);
  }

  /** Stores an object as another client would, past every hook. */
  put(object: KubeObject): KubeObject {
    const key = keyOf(refOf(object));
    const former = this.#objects.get(key);
    const stored = this.#stamp(structuredClone(object), former);
    this.#objects.set(key, stored);
    return structuredClone(stored);
  }

  /** Changes a stored object as another client would. */
  change(ref: ObjectRef, by: (object: KubeObject) => KubeObject): KubeObject {
    return this.put(by(this.read(ref)));
  }

  /** Takes an object away as another client would. */
  drop(ref: ObjectRef): void {
    this.#objects.delete(keyOf(ref));
  }

  /** The stored object; throws where there is none. */
  read(ref: ObjectRef): KubeObject {
    const object = this.#objects.get(keyOf(ref));
    if (object === undefined) throw new Error(`No ${keyOf(ref)}`);
    return structuredClone(object);
  }

  /** Everything that is stored. */
  all(): KubeObject[] {
    return [...this.#objects.values()].map((one) => structuredClone(one));
  }

  whoAmI(): Promise<string | undefined> {
    return Promise.resolve(this.#user);
  }

  async list(kind: Kind, options: ListOptions = {}): Promise<ObjectList> {
    const ref: ObjectRef = {
      kind,
      namespace: options.namespace ?? "",
      name: "",
    };
    await this.#arrive("list", ref, options);
    const items = this.all().filter((object) =>
      object.kind === kind &&
      (options.namespace === undefined ||
        object.metadata.namespace === options.namespace) &&
      hasLabels(object, options.labelSelector)
    );
    const { limit = Infinity, metadataOnly } = options;
    return {
      items: items.slice(0, limit).map((object) =>
        metadataOnly === true
          ? {
            apiVersion: object.apiVersion,
            kind: object.kind,
            metadata: object.metadata,
          }
          : object
      ),
      resourceVersion: String(this.#version),
      ...(items.length > limit ? { hasMore: true } : {}),
    };
  }

  async get(
    ref: ObjectRef,
    options: CallOptions = {},
  ): Promise<KubeObject | undefined> {
    await this.#arrive("get", ref, options);
    const found = this.#objects.get(keyOf(ref));
    return found === undefined ? undefined : structuredClone(found);
  }

  async create(
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const ref = refOf(object);
    return await this.#write("create", ref, options, () => {
      if (this.#objects.has(keyOf(ref))) {
        throw new ConflictError(
          "conflict",
          `Cannot create "${ref.name}": it exists`,
        );
      }
      return this.#stamp(structuredClone(object), undefined);
    }) as KubeObject;
  }

  async patch(
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    return await this.#write("patch", ref, { ...options, operations }, () => {
      const former = this.#objects.get(keyOf(ref));
      if (former === undefined) throw notFound(ref);
      let patched: KubeObject;
      try {
        patched = applyPatch(former, operations);
      } catch (cause) {
        throw new ClusterError(
          "rejected",
          `Cannot patch "${ref.name}": ${cause}`,
          {
            status: 422,
            reason: "Invalid",
            cause,
          },
        );
      }
      if (
        patched.metadata.resourceVersion !== former.metadata.resourceVersion
      ) {
        throw stale(ref);
      }
      return this.#stamp(patched, former);
    }) as KubeObject;
  }

  async delete(ref: ObjectRef, options: DeleteOptions): Promise<void> {
    await this.#write("delete", ref, options, () => {
      const former = this.#objects.get(keyOf(ref));
      if (former === undefined) throw notFound(ref);
      const { resourceVersion, uid } = former.metadata;
      if (
        resourceVersion !== options.resourceVersion ||
        (options.uid !== undefined && options.uid !== uid)
      ) throw stale(ref);
      return undefined;
    });
  }

  async *watch(
    kind: Kind,
    options: ListOptions = {},
  ): AsyncIterable<WatchEvent> {
    const { items, hasMore } = await this.list(kind, options);
    yield { type: "SYNC", items, ...(hasMore ? { hasMore } : {}) };
  }

  async canI(
    review: AccessReview,
    options: CallOptions = {},
  ): Promise<boolean> {
    await this.#arrive("canI", { ...review, name: review.name ?? "" }, options);
    return !this.#isForbidden(review.verb, review.kind);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #isForbidden(verb: string, kind: Kind): boolean {
    return this.forbidden.has(`${verb} ${kind}`) ||
      this.forbidden.has(`* ${kind}`);
  }

  /** A call reaches the server: hooks, aborts and rights come first. */
  async #arrive(
    verb: Call["verb"],
    ref: ObjectRef,
    options: WriteOptions,
  ): Promise<Fault | undefined> {
    await Promise.resolve();
    options.signal?.throwIfAborted();
    const dryRun = options.dryRun === true;
    const counted = dryRun ? `dry ${verb}` : verb;
    const nth = (this.#counts.get(counted) ?? 0) + 1;
    this.#counts.set(counted, nth);
    const fault = this.onCall?.({ verb, ref, dryRun, nth }) ?? undefined;
    if (fault !== undefined && "error" in fault) throw fault.error;
    if (verb !== "canI" && this.#isForbidden(verb, ref.kind)) {
      throw new ClusterError(
        "forbidden",
        `Cannot ${verb} ${ref.kind} "${ref.name}": forbidden`,
        { status: 403, reason: "Forbidden" },
      );
    }
    return fault;
  }

  async #write(
    verb: WriteLog["verb"],
    ref: ObjectRef,
    options: WriteOptions & {
      readonly operations?: readonly JsonPatchOperation[];
    },
    carryOut: () => KubeObject | undefined,
  ): Promise<KubeObject | undefined> {
    const fault = await this.#arrive(verb, ref, options);
    const { operations, dryRun = false } = options;
    const log = (after?: KubeObject) =>
      this.writes.push({
        verb,
        ref,
        dryRun,
        ...(operations === undefined ? {} : { operations }),
        ...(after === undefined ? {} : { after: structuredClone(after) }),
      });
    if (fault !== undefined && "neverArrived" in fault) throw unknown(ref);
    const after = carryOut();
    if (!dryRun) {
      if (after === undefined) this.#objects.delete(keyOf(ref));
      else this.#objects.set(keyOf(ref), after);
    }
    log(after);
    if (fault !== undefined && "lost" in fault) throw unknown(ref);
    return after === undefined ? undefined : structuredClone(after);
  }

  #stamp(object: KubeObject, former: KubeObject | undefined): KubeObject {
    this.#version += 1;
    const time = this.clock.now().toISOString().replace(/\.\d+Z$/, "Z");
    const metadata = object.metadata;
    return {
      ...object,
      metadata: {
        ...metadata,
        uid: former?.metadata.uid ?? metadata.uid ?? `uid-${++this.#uid}`,
        creationTimestamp: former?.metadata.creationTimestamp ??
          metadata.creationTimestamp ?? time,
        resourceVersion: String(this.#version),
        managedFields:
          former === undefined && metadata.managedFields !== undefined
            ? metadata.managedFields
            : [{ manager: "memory", operation: "Update", time }],
      },
    };
  }
}

/** Names a stored object. */
export function refOf(object: KubeObject): ObjectRef {
  const { namespace, name } = object.metadata;
  return {
    kind: object.kind as Kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
  };
}

function keyOf(ref: ObjectRef): string {
  return `${ref.kind}/${ref.namespace ?? ""}/${ref.name}`;
}

function hasLabels(object: KubeObject, selector: string | undefined): boolean {
  return (selector ?? "").split(",").filter((part) => part !== "").every(
    (part) => {
      const [key = "", value = ""] = part.split("=");
      return object.metadata.labels?.[key] === value;
    },
  );
}

function stale(ref: ObjectRef): ConflictError {
  return new ConflictError(
    "conflict",
    `Cannot write ${ref.kind} "${ref.name}": the object has been modified`,
  );
}

function unknown(ref: ObjectRef): OutcomeUnknownError {
  return new OutcomeUnknownError(
    "outcome-unknown",
    `Cannot tell whether ${ref.kind} "${ref.name}" was written: no answer came`,
  );
}

function notFound(ref: ObjectRef): ClusterError {
  return new ClusterError(
    "not-found",
    `Cannot find ${ref.kind} "${ref.name}"`,
    { status: 404, reason: "NotFound" },
  );
}
