/**
 * The port on files that were read: it reads and writes nothing. What files
 * do not hold is not known to be missing in the cluster they are for.
 *
 * @module
 */

import { ClusterError, InterruptedError } from "../errors.ts";
import { knownNamespaces } from "../istio/partial.ts";
import type { KubeObject } from "../istio/types.ts";
import type { Kind } from "../istio/world.ts";
import type {
  AccessReview,
  CallOptions,
  Cluster,
  ListOptions,
  ObjectList,
  ObjectRef,
  Target,
  WatchEvent,
} from "./cluster.ts";
import { KINDS, pathOf } from "./kinds.ts";
import {
  isTest,
  keyOf,
  type Manifests,
  type ManifestsOptions,
  type ReadManifest,
  readManifests,
} from "./manifests.ts";
import {
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from "./selectors.ts";

/** A port on files. */
export interface ManifestsCluster extends Cluster {
  /** What was read, and what is wrong with it. */
  readonly read: Manifests;
}

/** The version of everything: files are read once. */
const VERSION = "1";

/** Reads files; as {@linkcode readManifests}. */
export async function openManifests(
  names: readonly string[],
  options: ManifestsOptions = {},
): Promise<ManifestsCluster> {
  return manifestsCluster(await readManifests(names, options), {
    names,
    namespace: options.namespace,
  });
}

/** The port on what was read. */
export function manifestsCluster(
  read: Manifests,
  of: {
    /** As they were named; for the target. */
    readonly names: readonly string[];
    readonly namespace?: string | undefined;
  },
): ManifestsCluster {
  const { names, namespace = "default" } = of;
  return new Files(read, {
    source: "files",
    server: names.join(" "),
    namespace,
    flags: names.flatMap((name) => ["-f", name]),
  });
}

class Files implements ManifestsCluster {
  readonly target: Target;
  readonly read: Manifests;
  readonly problems: Manifests["problems"];
  readonly #kinds: ReadonlyMap<Kind, readonly ReadManifest[]>;

  constructor(read: Manifests, target: Target) {
    this.read = read;
    this.problems = read.problems;
    this.target = target;
    this.#kinds = byKind(read.manifests);
  }

  whoAmI(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  // deno-lint-ignore require-await
  async list(kind: Kind, options: ListOptions = {}): Promise<ObjectList> {
    checkSignal(options);
    const { namespace, limit = Infinity, metadataOnly } = options;
    checkName({ kind, namespace });
    const isMeant = selectorOf(kind, options);
    const all = this.#kinds.get(kind) ?? [];
    const here = all.filter((each) =>
      namespace === undefined || each.namespace === namespace
    );
    const items = here.filter(({ object }) => isMeant(object))
      .map(({ object }) => object);
    const partial = this.#partial(kind, here, namespace);
    return {
      items: (items.length > limit ? items.slice(0, limit) : items).map((
        object,
      ) => metadataOnly === true ? metadataOf(object) : object),
      resourceVersion: VERSION,
      ...(items.length > limit ? { hasMore: true } : {}),
      ...(partial === undefined ? {} : { partial }),
    };
  }

  // deno-lint-ignore require-await
  async get(
    ref: ObjectRef,
    options: CallOptions = {},
  ): Promise<KubeObject | undefined> {
    checkSignal(options);
    checkName(ref);
    const { kind, namespace = "", name } = ref;
    return this.#kinds.get(kind)?.find((each) =>
      each.namespace === namespace && each.object.metadata.name === name
    )?.object;
  }

  create(object: KubeObject): Promise<KubeObject> {
    const { kind, metadata } = object;
    return Promise.reject(readOnly("create", `${kind} "${metadata.name}"`));
  }

  patch({ kind, name }: ObjectRef): Promise<KubeObject> {
    return Promise.reject(readOnly("change", `${kind} "${name}"`));
  }

  delete({ kind, name }: ObjectRef): Promise<void> {
    return Promise.reject(readOnly("delete", `${kind} "${name}"`));
  }

  // deno-lint-ignore require-yield
  async *watch(kind: Kind): AsyncIterable<WatchEvent> {
    throw new ClusterError(
      "rejected",
      `Cannot watch each ${kind}: files are read once`,
      { hint: "Read them again" },
    );
  }

  canI({ verb }: AccessReview, options: CallOptions = {}): Promise<boolean> {
    checkSignal(options);
    return Promise.resolve(verb === "get" || verb === "list");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** Files know a kind in the namespaces that they have some of it in. */
  #partial(
    kind: Kind,
    here: readonly ReadManifest[],
    namespace: string | undefined,
  ): ObjectList["partial"] {
    const { unread } = this.read;
    if (unread > 0) {
      return {
        reason: `${unread} ${
          unread === 1 ? "document or object" : "documents or objects"
        } of the files cannot be read`,
      };
    }
    const known = knownNamespaces(kind, here.map(({ object }) => object));
    if (namespace !== undefined && known.has(namespace)) return undefined;
    return {
      reason: kind === "Pod" && here.length > 0
        ? "the files do not hold the status of every Pod"
        : `the files hold no ${kind} of its namespace`,
      ...(namespace === undefined ? { except: [...known] } : {}),
    };
  }
}

/** Of objects that are there twice the later one, as after `kubectl apply`. */
function byKind(
  manifests: readonly ReadManifest[],
): ReadonlyMap<Kind, readonly ReadManifest[]> {
  const last = new Map<string, ReadManifest>();
  for (const manifest of manifests) {
    if (manifest.kind !== undefined && !isTest(manifest)) {
      last.set(keyOf(manifest), manifest);
    }
  }
  const kinds = Map.groupBy(last.values(), ({ kind }) => kind as Kind);
  // As an API server lists them.
  for (const all of kinds.values()) {
    const keys = new Map(
      all.map((each) =>
        [each, `${each.namespace}/${each.object.metadata.name}`] as const
      ),
    );
    all.sort((a, b) => keys.get(a)! < keys.get(b)! ? -1 : 1);
  }
  return kinds;
}

function selectorOf(
  kind: Kind,
  { labelSelector = "", fieldSelector = "" }: ListOptions,
): (object: KubeObject) => boolean {
  try {
    const tests = [
      ...(labelSelector === "" ? [] : [parseLabelSelector(labelSelector)]),
      ...(fieldSelector === ""
        ? []
        : [parseFieldSelector(fieldSelector, kind)]),
    ];
    return (object) => tests.every((test) => test(object));
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw new ClusterError(
      "rejected",
      `Cannot list each ${kind}: ${error.message}`,
      { cause: error },
    );
  }
}

function metadataOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata };
}

/** As another adapter refuses them: it would lead to another path. */
function checkName(
  { kind, namespace, name }: {
    readonly kind: Kind;
    readonly namespace?: string | undefined;
    readonly name?: string;
  },
): void {
  const info = KINDS[kind];
  pathOf(info, { version: info.versions[0], namespace, name });
}

function checkSignal({ signal }: CallOptions): void {
  if (signal?.aborted !== true) return;
  throw new InterruptedError(
    "interrupted",
    "Cannot go on reading: interrupted",
  );
}

function readOnly(verb: string, what: string): ClusterError {
  return new ClusterError(
    "rejected",
    `Cannot ${verb} ${what}: files are only read`,
    { hint: "Change the file, or leave -f out to change the cluster" },
  );
}
