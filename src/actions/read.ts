/**
 * Reads what a verb needs into a {@linkcode World}. What the user may not
 * read becomes a gap, never an empty list.
 *
 * @module
 */

import type { CallOptions, Cluster, ListOptions } from "../cluster/cluster.ts";
import { ClusterError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import {
  type Gap,
  type Kind,
  withMeshSettings,
  type World,
  worldOf,
} from "../istio/world.ts";

/** What rules are made of, and what they are read by. */
const RULE_KINDS: readonly Kind[] = [
  "VirtualService",
  "DestinationRule",
  "Gateway",
  "ServiceEntry",
  "Sidecar",
  "Service",
  "Namespace",
];

/** What stands behind rules: pods, and what makes them. */
export const BEHIND_KINDS: readonly Kind[] = [
  "Pod",
  "WorkloadEntry",
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Rollout",
];

/** What {@linkcode readWorld} reads. */
export interface ReadOptions {
  readonly namespaces: readonly string[] | "all";
  readonly kinds: readonly Kind[];
  /** Only objects with these labels, in the server's syntax. */
  readonly labelSelector?: string;
  /** Kinds without which there is no point: a refusal is thrown. */
  readonly required?: readonly Kind[];
  readonly signal?: AbortSignal;
}

interface Read {
  readonly items: readonly KubeObject[];
  readonly gaps: readonly Gap[];
}

/**
 * Lists every kind in every namespace asked for, all at once. Where the whole
 * cluster is refused, the target's own namespace is read instead.
 *
 * @throws {ClusterError} Whatever is not a refusal; a refusal of a required kind.
 */
export async function readWorld(
  cluster: Cluster,
  options: ReadOptions,
): Promise<World> {
  const reads = await together(
    options,
    (call) =>
      options.kinds.flatMap((kind) =>
        kind === "Namespace" || options.namespaces === "all"
          ? [readEverywhere(cluster, kind, { ...options, ...call })]
          : [...new Set(options.namespaces)].map((namespace) =>
            readIn(cluster, kind, { ...options, ...call, namespace })
          )
      ),
  );
  return worldOf(reads.flatMap((read) => read.items), {
    gaps: reads.flatMap((read) => read.gaps),
  });
}

/**
 * Reads the rules of all namespaces, and what else is named.
 *
 * @throws {ClusterError} VirtualServices cannot be read.
 */
export async function readRules(
  cluster: Cluster,
  besides: readonly Kind[],
  options: CallOptions = {},
): Promise<World> {
  return withMeshSettings(
    await readWorld(cluster, {
      namespaces: "all",
      kinds: [...RULE_KINDS, ...besides],
      required: ["VirtualService"],
      ...options,
    }),
  );
}

/**
 * Starts calls at once. The first failure stops the others, which otherwise
 * would go on trying for some time after the caller has been told.
 */
export async function together<T>(
  { signal }: CallOptions,
  start: (call: { readonly signal: AbortSignal }) => readonly Promise<T>[],
): Promise<T[]> {
  const stop = new AbortController();
  try {
    return await Promise.all(start({
      signal: signal === undefined
        ? stop.signal
        : AbortSignal.any([signal, stop.signal]),
    }));
  } finally {
    stop.abort();
  }
}

/** Puts what two reads found together; the mesh settings of the first stay. */
export function mergeWorlds(first: World, second: World): World {
  const join = <T extends KubeObject>(
    a: readonly T[],
    b: readonly T[],
  ): readonly T[] => {
    if (b.length === 0) return a;
    const seen = new Set(a.map(keyOf));
    return [...a, ...b.filter((object) => !seen.has(keyOf(object)))];
  };
  return {
    virtualServices: join(first.virtualServices, second.virtualServices),
    destinationRules: join(first.destinationRules, second.destinationRules),
    gateways: join(first.gateways, second.gateways),
    serviceEntries: join(first.serviceEntries, second.serviceEntries),
    workloadEntries: join(first.workloadEntries, second.workloadEntries),
    sidecars: join(first.sidecars, second.sidecars),
    namespaces: join(first.namespaces, second.namespaces),
    services: join(first.services, second.services),
    pods: join(first.pods, second.pods),
    workloads: join(first.workloads, second.workloads),
    gaps: [...first.gaps, ...second.gaps],
    mesh: first.mesh,
  };
}

function keyOf(object: KubeObject): string {
  const { namespace = "", name } = object.metadata;
  return `${object.kind}/${namespace}/${name}`;
}

async function readEverywhere(
  cluster: Cluster,
  kind: Kind,
  options: ReadOptions,
): Promise<Read> {
  const read = await list(cluster, kind, options);
  if (!("refused" in read)) return read;
  const home = cluster.target.namespace;
  if (kind !== "Namespace") {
    const own = await list(cluster, kind, { ...options, namespace: home });
    if (!("refused" in own)) {
      return {
        items: own.items,
        gaps: [{ kind, except: [home], reason: reasonOf(read.refused) }],
      };
    }
  }
  if (options.required?.includes(kind)) throw read.refused;
  return { items: [], gaps: [{ kind, reason: reasonOf(read.refused) }] };
}

async function readIn(
  cluster: Cluster,
  kind: Kind,
  options: ReadOptions & { readonly namespace: string },
): Promise<Read> {
  const read = await list(cluster, kind, options);
  if (!("refused" in read)) return read;
  if (options.required?.includes(kind)) throw read.refused;
  const { namespace } = options;
  return {
    items: [],
    gaps: [{ kind, namespace, reason: reasonOf(read.refused) }],
  };
}

async function list(
  cluster: Cluster,
  kind: Kind,
  options: ReadOptions & { readonly namespace?: string },
): Promise<Read | { readonly refused: ClusterError }> {
  try {
    const found = await cluster.list(kind, listOptions(options));
    const { items, partial } = found;
    const place = options.namespace === undefined
      ? {}
      : { namespace: options.namespace };
    return { items, gaps: partial ? [{ kind, ...place, ...partial }] : [] };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.code === "forbidden") return { refused: error };
    // An API group that the cluster lacks means that there are none (7.1).
    if (error.code === "kind-not-served" && !ISTIO_CORE.includes(kind)) {
      return { items: [], gaps: [] };
    }
    throw error;
  }
}

const ISTIO_CORE: readonly Kind[] = ["VirtualService", "DestinationRule"];

function listOptions(
  options: ReadOptions & { readonly namespace?: string },
): ListOptions {
  return {
    ...(options.namespace === undefined
      ? {}
      : { namespace: options.namespace }),
    ...(options.labelSelector === undefined
      ? {}
      : { labelSelector: options.labelSelector }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function reasonOf(error: ClusterError): string {
  return error.message;
}
