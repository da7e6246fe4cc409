/**
 * The objects of the sandbox: one counter for all versions, optimistic
 * concurrency, and a bounded history from which watches are served and older
 * pages of a list are read again. It knows no HTTP and does no I/O; time and
 * ids come in as options.
 *
 * Objects are never modified in place, so what was handed out stays as it was.
 *
 * @module
 */

import type { KubeObject, ManagedFields } from "../istio/types.ts";
import { sameJson } from "./json_patch.ts";
import {
  apiVersionOf,
  inVersion,
  type Resource,
  resourceOf,
  resourceOfObject,
} from "./kinds.ts";
import { updated, type Writer } from "./managers.ts";
import {
  finalizersOf,
  isFinished,
  merged,
  specOf,
  timestamp,
  withoutBookkeeping,
} from "./metadata.ts";
import {
  alreadyExists,
  badRequest,
  conflict,
  notFound,
  StatusError,
} from "./status.ts";

/** Names one object in the store. */
export interface StoredRef {
  readonly kind: string;
  /** Absent for kinds without namespace. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** One committed change. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly kind: string;
  /** As it is after the change; for `DELETED` as it last was. */
  readonly object: KubeObject;
  /** As it was before; absent for `ADDED`. */
  readonly previous?: KubeObject;
  readonly resourceVersion: number;
}

/** Everything a store holds, as JSON. */
export interface Snapshot {
  readonly resourceVersion: number;
  readonly objects: readonly KubeObject[];
}

/** Options of {@linkcode createStore}. */
export interface StoreOptions {
  /** Time of creation and of writes; the system's clock by default. */
  readonly now?: () => Date;
  /** Makes a uid; random by default. */
  readonly newId?: () => string;
  /** How many changes are remembered for watches; 2,000. */
  readonly history?: number;
}

/** Options of a write to the store. */
export interface StoreWriteOptions {
  /** Who wrote, for `metadata.managedFields`; `sandbox`. */
  readonly manager?: string | undefined;
  /** The version that was written; the preferred one. */
  readonly apiVersion?: string;
  /** Made by server-side apply; otherwise what has changed is the writer's. */
  readonly managedFields?: readonly ManagedFields[];
  /** Check and answer, but keep nothing. */
  readonly dryRun?: boolean;
  /** Write the `status` only, or (by default) everything but the status. */
  readonly subresource?: "status" | undefined;
}

/** What a delete insists on. */
export interface StoreDeleteOptions extends StoreWriteOptions {
  readonly resourceVersion?: string | undefined;
  readonly uid?: string | undefined;
}

/**
 * Makes a store that holds these objects.
 *
 * @param objects Kept with the metadata they bring (uid, creationTimestamp,
 * managedFields); what is missing is made up. Kinds the sandbox lacks are a
 * `TypeError`.
 */
export function createStore(
  objects: Iterable<KubeObject> = [],
  options: StoreOptions = {},
): Store {
  const store = new Store(options);
  for (const object of objects) store.put(object);
  return store;
}

/** See the module; made by {@linkcode createStore}. */
export class Store {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #sorted = new Map<string, readonly KubeObject[]>();
  readonly #listeners = new Set<() => void>();
  readonly #now: () => Date;
  readonly #newId: () => string;
  readonly #limit: number;
  #events: StoreEvent[] = [];
  #version = 0;
  /** Changes up to and with this version are forgotten. */
  #forgotten = 0;

  /** An empty store. */
  constructor(options: StoreOptions = {}) {
    this.#now = options.now ?? (() => new Date());
    this.#newId = options.newId ?? (() => crypto.randomUUID());
    this.#limit = options.history ?? 2_000;
  }

  /** Version of the newest change. */
  get resourceVersion(): string {
    return String(this.#version);
  }

  /** The oldest version that a watch can still start from. */
  get oldestVersion(): number {
    return this.#forgotten;
  }

  /** The store's idea of the time. */
  now(): Date {
    return this.#now();
  }

  /** The object, or nothing. */
  get(ref: StoredRef): KubeObject | undefined {
    return this.#objects.get(ref.kind)?.get(keyOf(ref.namespace, ref.name));
  }

  /** All objects of a kind, ordered by namespace and name. */
  list(kind: string, namespace?: string): readonly KubeObject[] {
    let sorted = this.#sorted.get(kind);
    if (sorted === undefined) {
      const entries = [...this.#objects.get(kind) ?? []];
      sorted = entries.sort(([a], [b]) => a < b ? -1 : 1).map(([, o]) => o);
      this.#sorted.set(kind, sorted);
    }
    return namespace === undefined
      ? sorted
      : sorted.filter((object) => object.metadata.namespace === namespace);
  }

  /**
   * The same list as it was at an older version, by walking the history back.
   *
   * @returns Nothing where that history is forgotten.
   */
  listAt(kind: string, version: number): readonly KubeObject[] | undefined {
    if (version >= this.#version) return this.list(kind);
    if (version < this.#forgotten) return undefined;
    const past = new Map(this.#objects.get(kind) ?? []);
    for (let at = this.#events.length - 1; at >= 0; at--) {
      const event = this.#events[at]!;
      if (event.resourceVersion <= version) break;
      if (event.kind !== kind) continue;
      const { namespace, name } = event.object.metadata;
      if (event.previous === undefined) past.delete(keyOf(namespace, name));
      else past.set(keyOf(namespace, name), event.previous);
    }
    return [...past].sort(([a], [b]) => a < b ? -1 : 1).map(([, o]) => o);
  }

  /**
   * Creates an object.
   *
   * @throws {StatusError} 409 `AlreadyExists`, 400 for an unknown kind.
   */
  create(object: KubeObject, options: StoreWriteOptions = {}): KubeObject {
    const resource = this.#resource(object);
    const ref = refOf(resource, object);
    if (this.get(ref) !== undefined) throw alreadyExists(resource, ref.name);
    const time = timestamp(this.#now());
    const { resourceVersion: _, ...metadata } = object.metadata;
    const born: KubeObject = {
      ...inVersion(object, apiVersionOf(resource)),
      metadata: {
        ...metadata,
        uid: this.#newId(),
        creationTimestamp: time,
        ...(resource.counted ? { generation: 1 } : {}),
        ...listed(
          options.managedFields ??
            updated(undefined, object, this.#writer(resource, options)),
        ),
      },
    };
    return this.#commit("ADDED", born, options);
  }

  /**
   * Replaces an object. What the server owns (uid, creationTimestamp,
   * generation, managedFields) stays; an update that changes nothing keeps
   * the version, as on a real API server.
   *
   * @throws {StatusError} 404, 409 where `metadata.resourceVersion` or
   * `metadata.uid` is set and differs.
   */
  update(object: KubeObject, options: StoreWriteOptions = {}): KubeObject {
    const resource = this.#resource(object);
    const ref = refOf(resource, object);
    const stored = this.get(ref);
    if (stored === undefined) throw notFound(resource, ref.name);
    const { resourceVersion, uid } = object.metadata;
    if (
      resourceVersion !== undefined && resourceVersion !== "" &&
      !/^[0-9]+$/.test(resourceVersion)
    ) {
      throw new StatusError(
        500,
        "",
        `strconv.ParseUint: parsing ${
          JSON.stringify(resourceVersion)
        }: invalid syntax`,
      );
    }
    if (
      resourceVersion !== undefined && resourceVersion !== "" &&
      resourceVersion !== stored.metadata.resourceVersion
    ) throw conflict(resource, ref.name);
    if (uid !== undefined && uid !== stored.metadata.uid) {
      const key = ["/registry", resource.group, resource.plural, ref.namespace]
        .filter((part) => part !== undefined && part !== "").join("/");
      throw conflict(
        resource,
        ref.name,
        `StorageError: invalid object, Code: 4, Key: ${key}/${ref.name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`,
      );
    }
    const next = merged(resource, stored, object, options.subresource);
    const { managedFields } = options;
    if (
      sameJson(withoutBookkeeping(next), withoutBookkeeping(stored)) &&
      (managedFields === undefined ||
        sameJson(managedFields, stored.metadata.managedFields))
    ) return stored;
    const sameSpec = sameJson(specOf(next), specOf(stored));
    const { managedFields: _, ...metadata } = next.metadata;
    const written: KubeObject = {
      ...next,
      metadata: {
        ...metadata,
        ...(resource.counted
          ? {
            generation: Number(stored.metadata.generation ?? 1) +
              (sameSpec ? 0 : 1),
          }
          : {}),
        ...listed(
          managedFields ??
            updated(stored, next, this.#writer(resource, options)),
        ),
      },
    };
    if (isFinished(written)) {
      this.#commit("DELETED", written, options, stored);
      return written;
    }
    return this.#commit("MODIFIED", written, options, stored);
  }

  /**
   * Deletes an object; with finalizers it is only marked.
   *
   * @returns The object as it last was.
   * @throws {StatusError} 404, 409 where a precondition does not hold.
   */
  delete(ref: StoredRef, options: StoreDeleteOptions = {}): KubeObject {
    const resource = this.#resource({ apiVersion: undefined, kind: ref.kind });
    const stored = this.get(ref);
    if (stored === undefined) throw notFound(resource, ref.name);
    const { uid, resourceVersion } = stored.metadata;
    // These refusals name the kind where others name the plural.
    const kind = { ...resource, plural: resource.kind };
    if (options.uid !== undefined && options.uid !== uid) {
      throw conflict(
        kind,
        ref.name,
        `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
      );
    }
    if (
      options.resourceVersion !== undefined &&
      options.resourceVersion !== resourceVersion
    ) {
      throw conflict(
        kind,
        ref.name,
        `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
      );
    }
    if (finalizersOf(stored).length > 0) {
      if (stored.metadata.deletionTimestamp !== undefined) return stored;
      return this.#commit(
        "MODIFIED",
        {
          ...stored,
          metadata: {
            ...stored.metadata,
            ...(resource.counted
              ? { generation: Number(stored.metadata.generation ?? 0) + 1 }
              : {}),
            deletionTimestamp: timestamp(this.#now()),
            deletionGracePeriodSeconds: 0,
          },
        },
        options,
        stored,
      );
    }
    return this.#commit("DELETED", stored, options, stored);
  }

  /**
   * Puts an object in as it is, whatever stood there: for scenarios, loaded
   * manifests and the sandbox's own controllers.
   */
  put(object: KubeObject): KubeObject {
    const resource = this.#resource(object);
    const ref = refOf(resource, object);
    const stored = this.get(ref);
    const { metadata } = object;
    const kept: KubeObject = {
      ...inVersion(object, apiVersionOf(resource)),
      metadata: {
        ...metadata,
        uid: stored?.metadata.uid ?? metadata.uid ?? this.#newId(),
        creationTimestamp: stored?.metadata.creationTimestamp ??
          metadata.creationTimestamp ?? timestamp(this.#now()),
        ...(resource.counted ? { generation: metadata.generation ?? 1 } : {}),
      },
    };
    if (
      stored !== undefined &&
      sameJson(withoutBookkeeping(kept), withoutBookkeeping(stored))
    ) return stored;
    return stored === undefined
      ? this.#commit("ADDED", kept, {})
      : this.#commit("MODIFIED", kept, {}, stored);
  }

  /** Changes after a version, oldest first; nothing where they are forgotten. */
  since(version: number): readonly StoreEvent[] | undefined {
    if (version < this.#forgotten) return undefined;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.resourceVersion <= version) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  /** Forgets the history, so that older watches and pages are expired. */
  compact(): void {
    this.#events = [];
    this.#forgotten = this.#version;
  }

  /** Calls back after every change; the result ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Everything, to be kept. */
  dump(): Snapshot {
    const objects = [...this.#objects.values()].flatMap((kind) => [
      ...kind.values(),
    ]);
    return { resourceVersion: this.#version, objects };
  }

  /**
   * Becomes what a snapshot says. Differences to what was there become
   * changes, so that open watches tell them.
   */
  load(snapshot: Snapshot): void {
    const fresh = this.#version === 0;
    const events: StoreEvent[] = [];
    const known = new Map<string, KubeObject>();
    for (const object of snapshot.objects) {
      const resource = this.#resource(object);
      const ref = refOf(resource, object);
      known.set(`${ref.kind} ${keyOf(ref.namespace, ref.name)}`, object);
      const stored = this.get(ref);
      const version = Number(object.metadata.resourceVersion);
      if (stored?.metadata.resourceVersion === String(version)) continue;
      events.push({
        type: stored === undefined ? "ADDED" : "MODIFIED",
        kind: ref.kind,
        object,
        ...(stored === undefined ? {} : { previous: stored }),
        resourceVersion: version,
      });
    }
    for (const [kind, objects] of this.#objects) {
      for (const [key, object] of objects) {
        if (known.has(`${kind} ${key}`)) continue;
        events.push({
          type: "DELETED",
          kind,
          object,
          previous: object,
          resourceVersion: snapshot.resourceVersion,
        });
      }
    }
    events.sort((a, b) => a.resourceVersion - b.resourceVersion);
    events.forEach((event) => this.#apply(event));
    this.#version = snapshot.resourceVersion;
    if (fresh) this.compact();
    else if (events.length > 0) this.#tell();
  }

  #commit(
    type: StoreEvent["type"],
    object: KubeObject,
    options: StoreWriteOptions,
    previous?: KubeObject,
  ): KubeObject {
    if (options.dryRun === true) {
      return previous === undefined ? object : {
        ...object,
        metadata: {
          ...object.metadata,
          resourceVersion: previous.metadata.resourceVersion!,
        },
      };
    }
    const resourceVersion = ++this.#version;
    const written: KubeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        resourceVersion: String(resourceVersion),
      },
    };
    this.#apply({
      type,
      kind: object.kind,
      object: written,
      ...(previous === undefined ? {} : { previous }),
      resourceVersion,
    });
    this.#tell();
    return written;
  }

  #apply(event: StoreEvent): void {
    const { kind, object } = event;
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    let objects = this.#objects.get(kind);
    if (objects === undefined) this.#objects.set(kind, objects = new Map());
    if (event.type === "DELETED") objects.delete(key);
    else objects.set(key, object);
    this.#sorted.delete(kind);
    this.#events.push(event);
    if (this.#events.length > this.#limit) {
      // In lumps, because taking one off the front moves all the others.
      const gone = this.#events.splice(0, Math.ceil(this.#limit / 4));
      this.#forgotten = gone.at(-1)!.resourceVersion;
    }
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #writer(resource: Resource, options: StoreWriteOptions): Writer {
    return {
      manager: options.manager ?? "sandbox",
      apiVersion: options.apiVersion ?? apiVersionOf(resource),
      subresource: options.subresource,
      time: timestamp(this.#now()),
    };
  }

  #resource(
    object: { readonly apiVersion?: string | undefined; readonly kind: string },
  ): Resource {
    const { apiVersion, kind } = object;
    const resource = apiVersion === undefined
      ? resourceOf(kind)
      : resourceOfObject({ apiVersion, kind });
    if (resource === undefined) {
      throw badRequest(
        `no kind "${kind}" is served${
          apiVersion === undefined ? "" : ` in "${apiVersion}"`
        }`,
      );
    }
    return resource;
  }
}

/** Namespace and name of an object of a resource. */
export function refOf(resource: Resource, object: KubeObject): StoredRef {
  return {
    kind: resource.kind,
    ...(resource.namespaced
      ? { namespace: object.metadata.namespace ?? "default" }
      : {}),
    name: object.metadata.name,
  };
}

/** An empty list of owners is left out. */
function listed(
  managedFields: readonly ManagedFields[],
): { readonly managedFields?: readonly ManagedFields[] } {
  return managedFields.length === 0 ? {} : { managedFields };
}

function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
