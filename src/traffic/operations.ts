/**
 * What was done, worked out from the records of several objects: which
 * operations there are, in which order, and which of them still stand.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import { readHistory } from "./journal.ts";
import type { ChangeVerb, HistoryEntry, ObjectName } from "./types.ts";

/** An object with its own records. */
export interface RecordedObject {
  readonly object: KubeObject;
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  /** Sentences: records that were not used. */
  readonly problems: readonly string[];
}

/** One operation as its records tell it. */
export interface Operation {
  readonly id: string;
  readonly verb: ChangeVerb;
  readonly time: string;
  readonly user?: string;
  readonly command: string;
  readonly host?: string;
  readonly build?: string;
  readonly objects: readonly ObjectName[];
  readonly reverts: readonly string[];
  /** Taken back by an operation that still stands. */
  readonly undone: boolean;
}

/** Key of an object among those of a plan: `VirtualService default/reviews`. */
export function keyOfName(
  object: {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  },
): string {
  return `${object.kind} ${object.namespace}/${object.name}`;
}

/** Key of a resource, as {@linkcode keyOfName} gives it. */
export function objectKey({ kind, metadata }: KubeObject): string {
  const { namespace = "default", name } = metadata;
  return keyOfName({ kind, namespace, name });
}

/** Reads the records of objects. */
export function readRecords(
  objects: readonly KubeObject[],
  options: { readonly server: string },
): Promise<RecordedObject[]> {
  return Promise.all(objects.map(async (object) => ({
    object,
    ...await readHistory(object, options),
  })));
}

/**
 * The operations of these objects, newest first. The order within an object
 * is that of its records; between objects the time decides.
 */
export function operationsOf(
  recorded: readonly RecordedObject[],
): Operation[] {
  const queues = recorded.map(({ entries }) => [...entries]);
  const order: HistoryEntry[] = [];
  for (;;) {
    const heads = queues.filter((queue) => queue.length > 0);
    if (heads.length === 0) break;
    const newest = heads.reduce((one, other) =>
      Date.parse(other[0]!.time) > Date.parse(one[0]!.time) ? other : one
    );
    order.push(newest.shift()!);
  }
  const byId = Map.groupBy(order, (entry) => entry.operation);
  const reverters = new Map<string, string[]>();
  for (const [id, entries] of byId) {
    for (const reverted of entries[0]!.reverts ?? []) {
      reverters.set(reverted, [...reverters.get(reverted) ?? [], id]);
    }
  }
  const isUndone = (id: string, seen: readonly string[] = []): boolean =>
    (reverters.get(id) ?? []).some((by) =>
      !seen.includes(by) && !isUndone(by, [...seen, id, by])
    );
  return [...byId].map(([id, entries]) => operationOf(entries, isUndone(id)));
}

/** Does it stand, and is it one that `undo` takes back? */
export function isUndoable(operation: Operation): boolean {
  return !operation.undone && operation.verb !== "undo";
}

/** Does it stand, and is it one that `redo` takes back? */
export function isRedoable(operation: Operation): boolean {
  return !operation.undone && operation.verb === "undo";
}

function operationOf(
  entries: readonly HistoryEntry[],
  undone: boolean,
): Operation {
  const [first] = entries;
  const { operation: id, verb, time, user, command, host, build } = first!;
  const whole = entries.find(({ objects }) => objects.length > 0) ?? first!;
  return {
    id,
    verb,
    time,
    ...(user === undefined ? {} : { user }),
    command,
    ...(host === undefined ? {} : { host }),
    ...(build === undefined ? {} : { build }),
    objects: whole.objects,
    reverts: first!.reverts ?? [],
    undone,
  };
}
