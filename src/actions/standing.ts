/**
 * Whether operations of before still stand: by the records on the objects,
 * and by what they left there.
 *
 * @module
 */

import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { ConflictError, RefusedError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import { MOST_ENTRIES } from "../traffic/journal.ts";
import {
  keyOfName,
  objectKey,
  type Operation,
  operationsOf,
  readRecords,
  type RecordedObject,
} from "../traffic/operations.ts";
import { takeBack } from "../traffic/take_back.ts";
import type { ObjectName } from "../traffic/types.ts";
import { readWorld } from "./read.ts";

/** An operation that somebody remembers. */
export interface Remembered {
  readonly id: string;
  /** What it was to write to. */
  readonly objects: readonly ObjectName[];
}

/** What became of it. */
export interface Standing {
  /** How much of it the objects remember. */
  readonly extent: "whole" | "part" | "none";
  /** A clause: why it does not stand as it was left. */
  readonly problem?: string;
}

/**
 * Looks at operations of one namespace after another. What they did to each
 * other is no problem; what others did to them is.
 *
 * @param operations Of one story, in the order in which they were begun.
 * @returns One for each.
 * @throws {ClusterError} Whatever keeps the objects from being read.
 */
export async function standingOf(
  cluster: Cluster,
  operations: readonly Remembered[],
  options: CallOptions = {},
): Promise<readonly Standing[]> {
  const names = operations.flatMap(({ objects }) => objects);
  const keys = new Set(names.map(keyOfName));
  if (keys.size === 0) return operations.map(() => ({ extent: "none" }));
  const world = await readWorld(cluster, {
    namespaces: [...new Set(names.map(({ namespace }) => namespace))],
    kinds: ["VirtualService", "DestinationRule"],
    required: ["VirtualService", "DestinationRule"],
    ...options,
  });
  const objects: KubeObject[] = [
    ...world.virtualServices,
    ...world.destinationRules,
  ].filter((object) => keys.has(objectKey(object)));
  const recorded = await readRecords(objects, {
    server: cluster.target.server,
  });
  const known = operationsOf(recorded);
  const ours = new Set(operations.map(({ id }) => id));
  const changed = changedSince(
    known.filter(({ id, undone }) => ours.has(id) && !undone),
    ours,
    (standing) =>
      takeBack(world, { operations: standing, recorded, verb: "resume" }),
  );
  return operations.map((each) => {
    const extent = extentOf(each, { recorded, ours });
    const problem = takenBackBy(each.id, { known, ours }) ??
      changed.get(each.id);
    return { extent, ...(problem === undefined ? {} : { problem }) };
  });
}

/** How much of it the records hold, as far as they reach back. */
function extentOf(
  { id, objects }: Remembered,
  of: {
    readonly recorded: readonly RecordedObject[];
    readonly ours: ReadonlySet<string>;
  },
): Standing["extent"] {
  const entriesOf = (name: ObjectName) =>
    of.recorded.find(({ object }) => objectKey(object) === keyOfName(name))
      ?.entries;
  const all = of.recorded.flatMap(({ entries }) => entries);
  const isWhole = objects.map((name) => {
    const entries = entriesOf(name);
    if (entries === undefined) {
      // An object that it deleted is kept by another.
      return all.some(({ operation, deleted = [] }) =>
        operation === id &&
        deleted.some((body) => objectKey(body) === keyOfName(name))
      );
    }
    const newest = entries.find(({ operation }) => operation === id);
    if (newest !== undefined) return newest.more !== true;
    // Our own later ones pushed it out.
    return entries.length >= MOST_ENTRIES &&
      entries.every(({ operation }) => of.ours.has(operation));
  });
  if (isWhole.every(Boolean)) return "whole";
  const hasBegun = isWhole.some(Boolean) ||
    all.some(({ operation }) => operation === id);
  return hasBegun ? "part" : "none";
}

/** Who of the others took it back, wholly or half way. */
function takenBackBy(
  id: string,
  of: {
    readonly known: readonly Operation[];
    readonly ours: ReadonlySet<string>;
  },
): string | undefined {
  const by = of.known.find((each) =>
    each.reverts.includes(id) && !of.ours.has(each.id) && !each.undone
  );
  if (by === undefined) return undefined;
  const { user, time } = by;
  return `it was taken back${
    user === undefined ? "" : ` by ${user}`
  } at ${time} (operation ${by.id})`;
}

/**
 * The operation that could not be taken back, newest first, because somebody
 * has changed what it left.
 */
function changedSince(
  standing: readonly Operation[],
  ours: ReadonlySet<string>,
  tryOn: (operations: readonly Operation[]) => unknown,
): ReadonlyMap<string, string> {
  // One of ours that took another of ours back: as if neither had been.
  const lasting = standing.filter(({ reverts }) =>
    reverts.length === 0 || !reverts.every((id) => ours.has(id))
  );
  const turns = [
    standing.slice(0, 1),
    ...lasting.map((_, at) => lasting.slice(0, at + 1)),
  ];
  for (const operations of turns) {
    try {
      tryOn(operations);
    } catch (error) {
      const isTheirs = error instanceof ConflictError ||
        error instanceof RefusedError;
      // What is too large to be taken back stands all the same.
      if (!isTheirs) return new Map();
      const [, why = error.message] = /^[^:]*: (.*)$/.exec(error.message) ?? [];
      return new Map([[operations.at(-1)?.id ?? "", why]]);
    }
  }
  return new Map();
}
