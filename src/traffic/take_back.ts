/**
 * Takes operations back, object by object, on the objects as they are now
 * (11.3): rules by their content, all objects or none.
 *
 * @module
 */

import { ConflictError, RefusedError, TrafficError } from "../errors.ts";
import type { Json, KubeObject } from "../istio/types.ts";
import { whyUnknown, type World } from "../istio/world.ts";
import {
  applyEdits,
  type EditConflict,
  itemsOf,
  nameOf,
  reverseEdits,
} from "./edits.ts";
import { hashOf, isSame } from "./hash.ts";
import { MOST_ENTRIES } from "./journal.ts";
import {
  backAndForthOf,
  isTakenBackOn,
  keyOfName,
  objectKey,
  type Operation,
  type RecordedObject,
} from "./operations.ts";
import { putSubset, subsetAsLeft } from "./restore_subsets.ts";
import type { HistoryEntry, ObjectName, RecordedEdit } from "./types.ts";

/** A subset or a whole object that an operation made, as it left it. */
export interface Made {
  /** Key of the DestinationRule. */
  readonly key: string;
  /** Absent: the whole object. */
  readonly subset?: string;
  readonly left: string;
}

/** The objects after operations were taken back. */
export interface TakenBack {
  /** As they were read, by key; nothing for those that are made again. */
  readonly before: ReadonlyMap<string, KubeObject | undefined>;
  readonly after: Map<string, KubeObject>;
  /** Candidates to go, if nothing names them. */
  readonly made: readonly Made[];
  /** Subsets that carried our mark and are back: key and name. */
  readonly marked: readonly { readonly key: string; readonly name: string }[];
  /** Every entry that was taken back, with the key of its object. */
  readonly entries: readonly {
    readonly key: string;
    readonly entry: HistoryEntry;
  }[];
  readonly notes: readonly string[];
  /** What `force` went over. */
  readonly forced: readonly EditConflict[];
}

/** Options of {@linkcode takeBack}. */
export interface TakeBackOptions {
  /** To take back, newest first. */
  readonly operations: readonly Operation[];
  readonly recorded: readonly RecordedObject[];
  readonly force?: boolean;
  /** `undo` or `redo`, for messages. */
  readonly verb: string;
}

/**
 * Takes the operations back in turn.
 *
 * @throws {ConflictError} `conflict`: a touched rule differs, or an object has
 * a later operation.
 * @throws {RefusedError} `record-mismatch`, `forbidden`.
 */
export function takeBack(world: World, options: TakeBackOptions): TakenBack {
  const { operations, recorded } = options;
  const state: State = {
    world,
    options,
    before: new Map(recorded.map(({ object }) => [objectKey(object), object])),
    after: new Map(recorded.map(({ object }) => [objectKey(object), object])),
    made: [],
    marked: [],
    entries: [],
    notes: [],
    forced: [],
    gone: [],
  };
  for (const operation of operations) {
    for (const name of operation.objects) takeBackOn(name, operation, state);
  }
  for (const key of state.gone) {
    if (!state.after.has(key)) state.notes.push(`${key} is not there any more`);
  }
  return state;
}

interface State {
  readonly world: World;
  readonly options: TakeBackOptions;
  readonly before: Map<string, KubeObject | undefined>;
  readonly after: Map<string, KubeObject>;
  readonly made: Made[];
  readonly marked: { readonly key: string; readonly name: string }[];
  readonly entries: { readonly key: string; readonly entry: HistoryEntry }[];
  readonly notes: string[];
  readonly forced: EditConflict[];
  /** Keys of objects that are not there any more. */
  readonly gone: string[];
}

function takeBackOn(
  name: ObjectName,
  operation: Operation,
  state: State,
): void {
  const key = keyOfName(name);
  const recorded = state.options.recorded.find(({ object }) =>
    objectKey(object) === key
  );
  if (recorded === undefined) return takeBackGone(name, operation, state);
  const entries = recorded.entries.filter((entry) =>
    entry.operation === operation.id
  );
  if (entries.length === 0) return skip(recorded, operation, state);
  if (isTakenBackOn(recorded.entries, operation.id)) return;
  refuseLater(recorded, operation, state);
  for (const entry of entries) {
    if (entry.incomplete === true) {
      throw new TrafficError(
        "history-not-found",
        `Cannot ${state.options.verb} operation "${operation.id}": what it replaced on ${key} was too large to keep`,
        { hint: "Put the former rules back by hand" },
      );
    }
    state.entries.push({ key, entry });
    makeAgain(entry, state);
    if (name.kind === "DestinationRule") takeBackSubsets(key, entry, state);
    else takeBackRules(key, entry, state);
  }
}

/** The object is not there any more, or not to be seen. */
function takeBackGone(
  name: ObjectName,
  operation: Operation,
  { world, options, gone }: State,
): void {
  const key = keyOfName(name);
  const unknown = whyUnknown(world, name.kind, { namespace: name.namespace });
  if (unknown !== undefined) {
    throw new RefusedError(
      "forbidden",
      `Cannot ${options.verb} operation "${operation.id}": ${key} cannot be read (${unknown})`,
      { hint: "All objects of an operation go back together" },
    );
  }
  if (name.kind === "VirtualService" && options.force !== true) {
    throw new ConflictError(
      "conflict",
      `Cannot ${options.verb} operation "${operation.id}": ${key} was deleted since`,
      { hint: "Give --force to take the other objects back" },
    );
  }
  gone.push(key);
}

/** The object knows nothing of the operation: it stopped half way, or lost it. */
function skip(
  { object, entries, problems }: RecordedObject,
  operation: Operation,
  { options, notes }: State,
): void {
  const key = objectKey(object);
  if (problems.length > 0 && options.force !== true) {
    throw new RefusedError(
      "record-mismatch",
      `Cannot ${options.verb} operation "${operation.id}": ${problems[0]}`,
      { hint: "Give --force to take the other objects back" },
    );
  }
  const isPushedOut = entries.length >= MOST_ENTRIES &&
    entries.every(({ time }) => Date.parse(time) > Date.parse(operation.time));
  if (isPushedOut && options.force !== true) {
    throw new ConflictError(
      "conflict",
      `Cannot ${options.verb} operation "${operation.id}": ${key} has so many later operations that its record is gone`,
      { hint: "Give --force to take the other objects back" },
    );
  }
  notes.push(`${key} was not reached by operation "${operation.id}"`);
}

function refuseLater(
  { object, entries }: RecordedObject,
  operation: Operation,
  { options }: State,
): void {
  const first = entries.findIndex((entry) => entry.operation === operation.id);
  const own = entries.filter((entry) => entry.operation === operation.id);
  const ofItself = backAndForthOf(entries, operation.id);
  const newer = entries.slice(0, first).filter((entry) =>
    !ofItself.has(entry.operation)
  );
  // Others may add their subsets beside ours without being in the way.
  const touching = object.kind === "DestinationRule"
    ? newer.filter((entry) => touchesSame(entry, own))
    : newer;
  const later = standing(newer).filter((id) =>
    touching.some(({ operation }) => operation === id) &&
    !options.operations.some((one) => one.id === id)
  );
  if (later.length === 0) return;
  throw new ConflictError(
    "conflict",
    `Cannot ${options.verb} operation "${operation.id}": ${
      objectKey(object)
    } was changed since by ${later.map((id) => `"${id}"`).join(", ")}`,
    {
      hint: `Take newer ones back too: --to ${operation.id}`,
      details: { object: objectKey(object), later },
    },
  );
}

/** Did a later change touch a subset that these made, changed or took? */
function touchesSame(
  later: HistoryEntry,
  own: readonly HistoryEntry[],
): boolean {
  const edits = own.flatMap((entry) => entry.edits);
  return later.edits.some(({ before }) =>
    before !== undefined &&
    edits.some((edit) =>
      edit.left === hashOf(before) ||
      (edit.before !== undefined && nameOf(edit.before) === nameOf(before))
    )
  );
}

/** What is left of operations when those that take each other back cancel. */
function standing(entries: readonly HistoryEntry[]): string[] {
  const left = new Set<string>();
  const seen = new Set<string>();
  for (const { operation, reverts = [] } of entries.toReversed()) {
    if (seen.has(operation)) continue;
    seen.add(operation);
    if (reverts.length > 0 && reverts.every((id) => left.has(id))) {
      for (const id of reverts) left.delete(id);
    } else left.add(operation);
  }
  return [...left];
}

function takeBackRules(key: string, entry: HistoryEntry, state: State): void {
  const { options, after } = state;
  const applied = applyEdits(after.get(key)!, reverseEdits(entry.edits), {
    force: options.force === true,
    restore: true,
  });
  if (!applied.ok) {
    throw threeVersions(key, applied.conflicts, { entry, state });
  }
  after.set(key, applied.after);
  state.forced.push(...applied.forced);
}

function takeBackSubsets(key: string, entry: HistoryEntry, state: State): void {
  const { options, after, made, marked } = state;
  if (entry.created === true && entry.left !== undefined) {
    made.push({ key, left: entry.left });
    return;
  }
  for (const edit of entry.edits) {
    if (edit.before === undefined) {
      const items = itemsOf(after.get(key)!, "/spec/subsets");
      const subset = subsetAsLeft(items, edit);
      if (subset === undefined) {
        state.notes.push(
          `A subset that it made in ${key} was changed or taken since, and is left as it is`,
        );
      } else made.push({ key, subset, left: edit.left! });
    } else if (edit.left === undefined) {
      const restored = putSubset(after.get(key)!, reverseEdits([edit])[0]!);
      after.set(key, restored);
      const name = nameOf(edit.before);
      if (edit.marked === true && name !== undefined) {
        marked.push({ key, name });
      }
    } else {
      const applied = applyEdits(after.get(key)!, reverseEdits([edit]), {
        force: options.force === true,
      });
      if (!applied.ok) {
        if (isPutBack(edit, { key, entry, state })) continue;
        throw threeVersions(key, applied.conflicts, { entry, state });
      }
      after.set(key, applied.after);
      state.forced.push(...applied.forced);
    }
  }
}

/** Was the subset put back already, by an undo that stopped half way? */
function isPutBack(
  edit: RecordedEdit,
  of: {
    readonly key: string;
    readonly entry: HistoryEntry;
    readonly state: State;
  },
): boolean {
  const { options, after } = of.state;
  const isHalfUndone = options.operations.some(({ id, halfUndone }) =>
    id === of.entry.operation && halfUndone
  );
  return isHalfUndone &&
    itemsOf(after.get(of.key)!, "/spec/subsets").some((item) =>
      isSame(item, edit.before)
    );
}

/** Objects that the operation deleted come back whole. */
function makeAgain(entry: HistoryEntry, { before, after }: State): void {
  for (const body of entry.deleted ?? []) {
    const key = objectKey(body);
    if (body.kind !== "DestinationRule") continue;
    if (after.has(key)) {
      const restored = itemsOf(body, "/spec/subsets").reduce<KubeObject>(
        (object, subset) =>
          putSubset(object, { list: "/spec/subsets", after: subset as Json }),
        after.get(key)!,
      );
      after.set(key, restored);
    } else {
      before.set(key, undefined);
      after.set(key, body);
    }
  }
}

/** The conflict with what was, what the operation left, and what is there. */
function threeVersions(
  key: string,
  conflicts: readonly EditConflict[],
  of: { readonly entry: HistoryEntry; readonly state: State },
): ConflictError {
  const { entry, state } = of;
  const [first] = conflicts;
  return new ConflictError(
    "conflict",
    `Cannot ${state.options.verb} operation "${entry.operation}": ${
      describe(first)
    } of ${key} ${first?.reason ?? "was changed"} since`,
    {
      hint: "Look at the three versions; --force puts the former one back",
      details: {
        object: key,
        conflicts: conflicts.map((conflict) => ({
          ...conflict,
          former: conflict.wanted ?? null,
          left: leftBy(conflict, state) ?? conflict.expectedHash ?? null,
          now: conflict.found ?? null,
        })),
      },
    },
  );
}

function describe(conflict: EditConflict | undefined): string {
  if (conflict === undefined) return "an item";
  const name = nameOf(conflict.wanted ?? conflict.found);
  const path = conflict.list.slice(1).replaceAll("/", ".");
  return `${path}[${conflict.index ?? "?"}]${
    name === undefined ? "" : ` "${name}"`
  }`;
}

/** The record keeps only a hash of it, but a later record may hold it whole. */
function leftBy(
  conflict: EditConflict,
  { options }: State,
): Json | undefined {
  return options.recorded.flatMap(({ entries }) => entries)
    .flatMap(({ edits }) => edits.flatMap(({ before }) => before ?? []))
    .find((item) => hashOf(item) === conflict.expectedHash);
}
