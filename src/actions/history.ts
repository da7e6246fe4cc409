/**
 * `history`: what was changed, by whom, and whether it still stands.
 *
 * @module
 */

import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { Selection } from "../traffic/intents.ts";
import {
  operationsOf,
  readRecords,
  type RecordedObject,
} from "../traffic/operations.ts";
import { relatedRecords, selectRecorded } from "../traffic/select_recorded.ts";
import type { ChangeVerb, HistoryEntry, ObjectName } from "../traffic/types.ts";
import { readWorld } from "./read.ts";

/** The records of objects, newest first. Plain JSON: `-o json`. */
export interface TrafficHistory {
  /** Version of the schema. */
  readonly apiVersion: "istiops/v1";
  /** Tells the documents of istiops apart. */
  readonly kind: "TrafficHistory";
  /** The selected objects, then those that their operations wrote, too. */
  readonly objects: readonly ObjectHistory[];
}

/** The records of one object. */
export interface ObjectHistory {
  /** Namespace of the object. */
  readonly namespace: string;
  /** Name of the object. */
  readonly name: string;
  /** `VirtualService` or `DestinationRule`. */
  readonly kind: string;
  /** Newest first; at most 10 are kept. */
  readonly entries: readonly HistoryRow[];
  /** Sentences: records that were not used, and why. */
  readonly problems: readonly string[];
}

/** One operation on one object. */
export interface HistoryRow {
  /** Id to undo it by. */
  readonly operation: string;
  /** What was done. */
  readonly verb: ChangeVerb;
  /** ISO 8601. */
  readonly time: string;
  /** As the server names who did it; absent where it does not say. */
  readonly user?: string;
  /** The command line, header values redacted; `library` from a program. */
  readonly command: string;
  /** Percent, before and after. */
  readonly shares: HistoryEntry["shares"];
  /** Taken back by an operation that still stands. */
  readonly undone: boolean;
  /** It stopped half way of taking others back; the same again finishes it. */
  readonly unfinished: boolean;
  /** Operations that this one took back. */
  readonly reverts: readonly string[];
  /** All objects of the operation. */
  readonly objects: readonly ObjectName[];
  /** What it replaced was too large to keep, so it cannot be undone. */
  readonly incomplete: boolean;
}

/**
 * Reads the records of the selected objects.
 *
 * @throws {TrafficError} `not-found`.
 */
export async function historyOf(
  cluster: Cluster,
  selection: Selection,
  options: CallOptions = {},
): Promise<TrafficHistory> {
  const world = await readWorld(cluster, {
    namespaces: [selection.namespace],
    kinds: ["VirtualService", "DestinationRule", "Service"],
    required: ["VirtualService"],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const { server } = cluster.target;
  const selected = await readRecords(selectRecorded(world, selection), {
    server,
  });
  const related = await relatedRecords(world, { selected, server });
  const operations = operationsOf([...selected, ...related]);
  const half = operations.filter(({ halfUndone }) => halfUndone)
    .map(({ id }) => id);
  const states = new Map(operations.map((operation) => [operation.id, {
    undone: operation.undone,
    unfinished: operation.unfinished && !operation.undone &&
      operation.reverts.some((id) => half.includes(id)),
  }]));
  return {
    apiVersion: "istiops/v1",
    kind: "TrafficHistory",
    // Another VirtualService has a history of its own.
    objects: [
      ...selected,
      ...related.filter(({ object }) => object.kind === "DestinationRule"),
    ].map((one) => historyOfObject(one, states)),
  };
}

function historyOfObject(
  { object, entries, problems }: RecordedObject,
  states: ReadonlyMap<string, Pick<HistoryRow, "undone" | "unfinished">>,
): ObjectHistory {
  const { namespace = "default", name } = object.metadata;
  const groups = Map.groupBy(entries, ({ operation }) => operation);
  return {
    namespace,
    name,
    kind: object.kind,
    entries: [...groups].map(([operation, [entry, ...more]]) => ({
      operation,
      verb: entry!.verb,
      time: entry!.time,
      ...(entry!.user === undefined ? {} : { user: entry!.user }),
      command: entry!.command,
      shares: entry!.shares,
      undone: false,
      unfinished: false,
      ...states.get(operation),
      reverts: entry!.reverts ?? [],
      objects: entry!.objects,
      incomplete: [entry, ...more].some((one) => one?.incomplete === true),
    })),
    problems,
  };
}
