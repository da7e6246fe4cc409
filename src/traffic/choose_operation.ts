/**
 * Which operations an `undo` or a `redo` takes back (11.2).
 *
 * @module
 */

import { TrafficError, UsageError } from "../errors.ts";
import type { UndoIntent } from "./intents.ts";
import { isRedoable, isUndoable, type Operation } from "./operations.ts";

/**
 * The operations to take back, newest first.
 *
 * @returns Nothing where the one that was named is taken back already.
 * @throws {TrafficError} `history-not-found`.
 */
export function chooseOperations(
  operations: readonly Operation[],
  intent: UndoIntent,
): readonly Operation[] {
  const { verb, operation: id, to } = intent;
  if (id !== undefined && to !== undefined) {
    throw new UsageError(
      "conflicting-options",
      `Cannot ${verb}: --operation and --to exclude each other`,
      { hint: "Give --operation for one, --to for it and all newer ones" },
    );
  }
  const isOpen = verb === "undo" ? isUndoable : isRedoable;
  if (to !== undefined) {
    const last = operations.indexOf(find(operations, { verb, id: to }));
    return operations.slice(0, last + 1).filter(isOpen);
  }
  if (id === undefined) {
    const newest = operations.find(isOpen);
    if (newest !== undefined) return wholeOf(newest, operations);
    throw new TrafficError(
      "history-not-found",
      `Cannot ${verb}: the records hold nothing to ${verb}`,
      { hint: "istiops history NAME lists what was done" },
    );
  }
  const named = find(operations, { verb, id });
  const standing = verb === "undo"
    ? standingFor(named, operations)
    : redoOf(named, operations);
  return standing === undefined ? [] : wholeOf(standing, operations);
}

/**
 * With those that stopped half way of taking the same back: it was finished
 * by this one, so they go together.
 */
function wholeOf(
  chosen: Operation,
  operations: readonly Operation[],
): readonly Operation[] {
  return operations.filter((one) =>
    one === chosen ||
    (one.verb === chosen.verb && one.unfinished && !one.undone &&
      one.reverts.some((id) => chosen.reverts.includes(id)))
  );
}

/** The operation itself, or the redo that has brought it back since. */
function standingFor(
  named: Operation,
  operations: readonly Operation[],
): Operation | undefined {
  const brought = operations.find((redo) =>
    redo.verb === "redo" && !redo.undone &&
    redo.reverts.some((undo) =>
      operations.find(({ id }) => id === undo)?.reverts.includes(named.id)
    )
  );
  if (brought !== undefined) return brought;
  return named.undone ? undefined : named;
}

/** The undo itself, or the one that took the named operation back. */
function redoOf(
  named: Operation,
  operations: readonly Operation[],
): Operation | undefined {
  if (named.verb === "undo") return named.undone ? undefined : named;
  return operations.find((undo) =>
    isRedoable(undo) && undo.reverts.includes(named.id)
  );
}

function find(
  operations: readonly Operation[],
  of: { readonly verb: string; readonly id: string },
): Operation {
  const found = operations.find(({ id }) => id === of.id);
  if (found !== undefined) return found;
  throw new TrafficError(
    "history-not-found",
    `Cannot ${of.verb} operation "${of.id}": no record of it is on these objects`,
    {
      hint: "istiops history NAME lists what was done",
      details: { known: operations.map(({ id }) => id) },
    },
  );
}
