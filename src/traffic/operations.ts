/**
 * What was done, worked out from the records of several objects: which
 * operations there are, in which order, and which of them still stand.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import { groupBy } from "../istio/group.ts";
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
  /** Taken back by an operation that still stands, on all its objects. */
  readonly undone: boolean;
  /** Still stands, and an operation stopped half way of taking it back. */
  readonly halfUndone: boolean;
  /** It stopped half way of taking others back. */
  readonly unfinished: boolean;
  /** It took back one that had stopped half way: as if neither had been. */
  readonly cancels: boolean;
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
  const byId = groupBy(order, (entry) => entry.operation);
  const reverters = new Map<string, string[]>();
  const unfinished = new Set<string>();
  for (const [id, [entry]] of byId) {
    for (const reverted of entry!.reverts ?? []) {
      reverters.set(reverted, [...reverters.get(reverted) ?? [], id]);
    }
    if (isUnfinished(entry!, recorded)) unfinished.add(id);
  }
  const standingOn = (id: string, seen: readonly string[] = []): string[] =>
    (reverters.get(id) ?? []).filter((by) =>
      !seen.includes(by) && !isUndone(by, [...seen, id, by])
    );
  const isUndone = (id: string, seen: readonly string[] = []): boolean =>
    standingOn(id, seen).some((by) => !unfinished.has(by));
  return [...byId].map(([id, entries]) =>
    operationOf(entries, {
      undone: isUndone(id),
      halfUndone: !isUndone(id) && standingOn(id).length > 0,
      unfinished: unfinished.has(id),
      cancels: entries[0]!.reverts?.every((one) => unfinished.has(one)) ??
        false,
    })
  );
}

/**
 * Did it stop half way of taking others back? Then an object that it was to
 * write still holds the record of what it takes back, and not its own.
 */
function isUnfinished(
  { operation, objects, reverts = [] }: HistoryEntry,
  recorded: readonly RecordedObject[],
): boolean {
  return objects.some((name) => {
    const entries = recorded.find(({ object }) =>
      objectKey(object) === keyOfName(name) &&
      (name.uid === undefined || name.uid === object.metadata.uid)
    )?.entries ?? [];
    return !isWhole(entries, operation) &&
      entries.some((entry) =>
        reverts.includes(entry.operation)
      );
  });
}

/** Has an operation written all that it was to write on an object? */
function isWhole(
  entries: readonly HistoryEntry[],
  operation: string,
): boolean {
  const newest = entries.find((entry) => entry.operation === operation);
  return newest !== undefined && newest.more !== true;
}

/** Was an operation taken back on this one object, by the object's records? */
export function isTakenBackOn(
  entries: readonly HistoryEntry[],
  operation: string,
): boolean {
  const at = entries.findIndex((entry) => entry.operation === operation);
  return entries.slice(0, at).some(({ operation: by, reverts = [] }) =>
    reverts.includes(operation) && isWhole(entries, by) &&
    !isTakenBackOn(entries, by)
  );
}

/** The operations that took this one back, those that took these, and so on. */
export function backAndForthOf(
  entries: readonly HistoryEntry[],
  operation: string,
): ReadonlySet<string> {
  const found = new Set([operation]);
  for (const { operation: by, reverts = [] } of entries.toReversed()) {
    if (reverts.some((id) => found.has(id))) found.add(by);
  }
  return found;
}

/** Does it stand, and is it one that `undo` takes back? */
export function isUndoable(operation: Operation): boolean {
  return !operation.undone && !operation.cancels && operation.verb !== "undo";
}

/** Does it stand, and is it one that `redo` takes back? */
export function isRedoable(operation: Operation): boolean {
  return !operation.undone && !operation.cancels && operation.verb === "undo";
}

function operationOf(
  entries: readonly HistoryEntry[],
  state: Pick<Operation, "undone" | "halfUndone" | "unfinished" | "cancels">,
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
    ...state,
  };
}
