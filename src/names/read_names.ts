/**
 * Reads the names of one place, once. A kind that cannot be read leaves the
 * others, and is said in `problem`.
 *
 * @module
 */

import { readNamespace } from "../actions/context.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { ClusterError, InterruptedError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import type { Kind } from "../istio/world.ts";
import type { Place, PlaceNames } from "../language/names.ts";
import { whyProtected } from "../traffic/protected.ts";
import { shortened } from "./bounds.ts";
import { deriveSteps } from "./derive.ts";
import { Records } from "./derive_operations.ts";
import { Held, WANTED } from "./held.ts";
import { inSlices } from "./slices.ts";

/** Options of {@linkcode readNames}. */
export interface ReadNamesOptions extends CallOptions {
  readonly place: Place;
  /** Globs of context names, from the user's configuration. */
  readonly protectedContexts: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds after which what has come is all; 10 s. */
  readonly deadlineMs?: number;
}

/** Why kinds could not be read. */
export type Failures = ReadonlyMap<Kind, Error>;

/**
 * Reads what there is within the deadline.
 *
 * @throws {InterruptedError} The signal.
 */
export async function readNames(
  cluster: Cluster,
  options: ReadNamesOptions,
): Promise<PlaceNames> {
  const { deadlineMs = 10_000 } = options;
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = options.signal === undefined
    ? deadline
    : AbortSignal.any([options.signal, deadline]);
  const namespace = options.place.namespace ?? cluster.target.namespace;
  const held = new Held();
  const failures = new Map<Kind, Error>();
  await Promise.all(WANTED.map(async ({ kind, options: how }) => {
    try {
      const place = kind === "Namespace" ? {} : { namespace };
      const found = await cluster.list(kind, { ...how, ...place, signal });
      await inSlices(held.sync(kind, found), signal);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      failures.set(
        kind,
        deadline.aborted
          ? new ClusterError(
            "timeout",
            `Cannot list ${kind}: no whole answer came within ${
              deadlineMs / 1000
            } s`,
          )
          : error,
      );
    }
  }));
  if (options.signal?.aborted === true) {
    throw new InterruptedError("interrupted", "Cannot read names: interrupted");
  }
  return await namesOf(held, {
    place: options.place,
    protectedContexts: options.protectedContexts,
    cluster,
    namespace,
    failures,
    home: await homeOf(cluster, { held, namespace, signal }),
    records: new Records(cluster.target.server),
    readAt: options.now,
    isWatched: false,
  });
}

/** What is known besides what is held. */
export interface HeldOptions {
  readonly place: Place;
  readonly namespace: string;
  readonly cluster: Cluster;
  readonly failures: Failures;
  /** The Namespace, where it is not among those that are held. */
  readonly home: KubeObject | undefined;
  readonly protectedContexts: readonly string[];
  readonly records: Records;
  readonly readAt: number;
  readonly isWatched: boolean;
}

/** The names in what is held. */
export async function namesOf(
  held: Held,
  options: HeldOptions,
): Promise<PlaceNames> {
  const { cluster, failures, namespace, protectedContexts } = options;
  const { context } = cluster.target;
  const unknown = WANTED.filter(({ kind }) => !held.isKnown(kind));
  const { world, podCounts } = held.world(
    unknown.map(({ kind }) => ({
      kind,
      reason: failures.get(kind)?.message ?? "it has not been read yet",
    })),
  );
  const home = namespaceAmong(world.namespaces, namespace) ?? options.home;
  const operations = await options.records.operations(world, namespace);
  return await inSlices(deriveSteps(world, {
    place: options.place,
    namespace,
    readAt: options.readAt,
    isWatched: options.isWatched,
    isPartial: held.isPartial || unknown.length > 0,
    problem: problemOf(failures),
    protected: whyProtected({
      ...(home === undefined ? {} : { namespace: home }),
      ...(context === undefined ? {} : { context }),
      globs: protectedContexts,
    }),
    podCounts,
    operations,
  }));
}

/**
 * The Namespace where it is not held: who may not list them all may often
 * read their own.
 */
export async function homeOf(cluster: Cluster, of: {
  readonly held: Held;
  readonly namespace: string;
  readonly signal: AbortSignal;
}): Promise<KubeObject | undefined> {
  const { held, namespace, signal } = of;
  const { namespaces } = held.world([]).world;
  if (namespaceAmong(namespaces, namespace) !== undefined) return undefined;
  try {
    return await readNamespace(cluster, namespace, { signal });
  } catch {
    return undefined;
  }
}

/** One clause about all failures; nothing where there is none. */
export function problemOf(failures: Failures): string | undefined {
  const clauses = [...clausesOf(failures).values()];
  return clauses.length === 0 ? undefined : shortened(clauses.join("; "));
}

/** A clause for each cause, by its code. */
export function clausesOf(failures: Failures): ReadonlyMap<string, string> {
  const causes = Map.groupBy(failures, ([, error]) => codeOf(error));
  return new Map(
    [...causes].map(([code, [...some]]) => {
      const what = some.length === WANTED.length
        ? "the cluster"
        : some.map(([kind]) => kind).join(", ");
      const [[, error]] = some as [[Kind, Error]];
      return [
        code,
        shortened(`${what} cannot be read: ${obstacleOf(error.message)}`),
      ];
    }),
  );
}

/** However a cluster is not there - cut, refused, silent -, it is one cause. */
function codeOf(error: Error): string {
  return error instanceof ClusterError && error.status !== undefined
    ? error.code
    : "no answer";
}

/** What stands behind the attempt. */
function obstacleOf(message: string): string {
  const cut = message.indexOf(": ");
  return cut < 0 ? message : message.slice(cut + 2);
}

function namespaceAmong(
  namespaces: readonly KubeObject[],
  name: string,
): KubeObject | undefined {
  return namespaces.find(({ metadata }) => metadata.name === name);
}
