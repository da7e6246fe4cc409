/**
 * The way back (section 11): which operation, on which objects, and how grave
 * that is. Pure, like every planner: an intent and a world in, a decision out.
 *
 * @module
 */

import { RefusedError, TrafficError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { chooseOperations } from "./choose_operation.ts";
import { checkGuard } from "./guard.ts";
import { isSame } from "./hash.ts";
import type { UndoIntent } from "./intents.ts";
import { marksOf } from "./journal.ts";
import {
  objectKey,
  type Operation,
  operationsOf,
  readRecords,
  type RecordedObject,
} from "./operations.ts";
import { refuseOwned } from "./owners.ts";
import {
  leavingAfter,
  restoreSubsets,
  withoutSubsets,
} from "./restore_subsets.ts";
import { relatedRecords, selectRecorded } from "./select_recorded.ts";
import { takeBack, type TakenBack } from "./take_back.ts";
import type { Decision, ObjectPair } from "./types.ts";
import { gradeUndo } from "./undo_grade.ts";
import { guardsOf } from "./undo_guards.ts";
import { sharesOf } from "./undo_shares.ts";

/** Who goes back, when, and on which server. */
export interface UndoOptions {
  readonly time: Date;
  readonly user?: string;
  /** URL of the server, as records name it. */
  readonly server: string;
}

/**
 * Decides what `undo` and `redo` do.
 *
 * @param world All VirtualServices and DestinationRules that can be seen, of
 * every namespace; pods and Services of those concerned.
 * @throws {TrafficError} `not-found`, `history-not-found`.
 * @throws {ConflictError} `conflict`: with the three versions in `details`.
 * @throws {RefusedError} `record-mismatch`, `no-ready-pods`, `forbidden`.
 */
export async function planUndo(
  intent: UndoIntent,
  world: World,
  options: UndoOptions,
): Promise<Decision> {
  const objects = selectRecorded(world, intent);
  const selected = await readRecords(objects, options);
  const all = operationsOf([
    ...selected,
    ...await relatedRecords(world, { selected, ...options }),
  ]);
  if (all.length === 0) throw withoutRecord(intent, selected);
  const operations = chooseOperations(all, intent);
  const problems = selected.flatMap((one) => one.problems);
  if (operations.length === 0) return unchanged(intent, problems);
  const recorded = await readRecords(
    objectsOf(world, { selected, operations }),
    options,
  );
  const force = intent.force === true;
  const taken = takeBack(world, {
    operations,
    recorded,
    force,
    verb: intent.verb,
  });
  restoreSubsets(world, taken);
  const leaving = leavingAfter(world, taken);
  const pairs = pairsOf(taken, leaving);
  const overridden = refuseOwned(
    pairs.flatMap(({ before, after }) =>
      before !== undefined && !isSame(before, after) ? [before] : []
    ),
    { override: intent.overrideOwner === true },
  );
  const shares = sharesOf(world, taken);
  const guards = guardsOf(pairs, { world, force });
  const warnings = guards.flatMap((guard) =>
    checkGuard(guard, { world, options: intent }) ?? []
  );
  const [newest] = operations;
  const { host, build } = newest!;
  return {
    verb: intent.verb,
    namespace: intent.namespace,
    pairs,
    marks: marksAfter(taken),
    ...gradeUndo(world, {
      intent,
      operations,
      entries: taken.entries.map(({ entry }) => entry),
      shares,
      forced: taken.forced,
      pairs,
      ...options,
    }),
    summary: operations.map((operation) => describe(operation, intent)),
    notes: [
      ...problems,
      ...operations.filter(({ halfUndone }) => halfUndone).map(({ id }) =>
        `Operation "${id}" was taken back half way: this is the rest`
      ),
      ...overridden,
      ...taken.notes,
      ...leaving.notes,
      ...warnings,
    ],
    shares,
    untouched: [],
    guards,
    reverts: operations.map(({ id }) => id),
    ...(host === undefined ? {} : { host }),
    ...(build === undefined ? {} : { build }),
  };
}

/** Selected objects and those of the operations, as far as they are there. */
function objectsOf(
  world: World,
  of: {
    readonly selected: readonly RecordedObject[];
    readonly operations: readonly Operation[];
  },
): KubeObject[] {
  const found = new Map(
    of.selected.map(({ object }) => [objectKey(object), object]),
  );
  const present = [...world.virtualServices, ...world.destinationRules];
  const wanted = new Set(
    of.operations.flatMap(({ objects }) =>
      objects.map((name) => `${name.kind} ${name.namespace}/${name.name}`)
    ),
  );
  for (const object of present) {
    const key = objectKey(object);
    if (wanted.has(key)) found.set(key, object);
  }
  // Subsets that the former rules name live in these.
  for (const object of world.destinationRules) {
    const key = objectKey(object);
    if (!found.has(key)) found.set(key, object);
  }
  return [...found.values()];
}

function pairsOf(
  taken: TakenBack,
  leaving: ReturnType<typeof leavingAfter>,
): ObjectPair[] {
  const subsetRules = new Set(
    taken.entries.flatMap(({ entry }) =>
      entry.subsets.map(({ destinationRule: { namespace, name } }) =>
        `DestinationRule ${namespace}/${name}`
      )
    ),
  );
  return [...taken.after].flatMap(([key, object]): ObjectPair[] => {
    const before = taken.before.get(key);
    if (leaving.objects.includes(key)) {
      return before === undefined ? [] : [{ before }];
    }
    const names = leaving.subsets.get(key) ?? [];
    const after = names.length === 0 ? object : withoutSubsets(object, names);
    if (before === undefined) return [{ after }];
    return before !== after || subsetRules.has(key) ? [{ before, after }] : [];
  });
}

function marksAfter(taken: TakenBack): Decision["marks"] {
  const marks = new Map<string, readonly string[]>();
  for (const [key, object] of taken.after) {
    if (object.kind !== "DestinationRule") continue;
    const { namespace = "default", name } = object.metadata;
    marks.set(`${namespace}/${name}`, [
      ...marksOf(object),
      ...taken.marked.filter((one) => one.key === key).map((one) => one.name),
    ]);
  }
  return Object.fromEntries(marks);
}

function unchanged(intent: UndoIntent, problems: readonly string[]): Decision {
  const { operation, to, verb, namespace } = intent;
  const what = operation ?? to;
  return {
    verb,
    namespace,
    pairs: [],
    marks: {},
    grade: "none",
    reasons: [],
    summary: [
      what === undefined
        ? `There is nothing to ${verb}`
        : verb === "undo"
        ? `Operation "${what}" is taken back already`
        : `Operation "${what}" stands already`,
    ],
    notes: problems,
    shares: [],
    untouched: [],
    guards: [],
  };
}

function withoutRecord(
  intent: UndoIntent,
  selected: readonly RecordedObject[],
): TrafficError {
  const names = selected.map(({ object }) => `"${object.metadata.name}"`);
  const [problem] = selected.flatMap(({ problems }) => problems);
  return problem === undefined
    ? new TrafficError(
      "history-not-found",
      `Cannot ${intent.verb}: there is no record on ${names.join(", ")}`,
      { hint: "Only changes made with istiops leave a record" },
    )
    : new RefusedError("record-mismatch", `Cannot ${intent.verb}: ${problem}`, {
      hint: "Put the former rules back by hand",
    });
}

function describe(operation: Operation, intent: UndoIntent): string {
  const { id, verb, time, user, command } = operation;
  const back = intent.verb === "undo" ? "Takes back" : "Brings back what";
  const by = user === undefined ? "" : ` by ${user}`;
  return `${back} operation "${id}"${
    intent.verb === "redo" ? " took back" : ""
  } (${verb}${by}, ${time}): ${command}`;
}
