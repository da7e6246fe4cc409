/**
 * What a write that was refused means, and what is said of it.
 *
 * @module
 */

import { ClusterError, ConflictError } from "../errors.ts";
import type { EditConflict } from "../traffic/edits.ts";
import type { Change } from "../traffic/types.ts";
import { labelOf } from "./outcome.ts";

/** The conflict as an error, with the versions that stand against each other. */
export function conflictError(
  change: Change,
  conflicts: readonly EditConflict[],
): ConflictError {
  const [first] = conflicts;
  const item = first === undefined ? "it" : describe(first);
  return new ConflictError(
    "conflict",
    `Cannot change ${labelOf(change.object)}: ${item} ${
      first?.reason ?? "was changed"
    } since it was read`,
    {
      hint: "Look at the difference, then run the command again",
      details: { object: labelOf(change.object), conflicts },
    },
  );
}

/** An item in words: `spec.http[3] "canary"`. */
export function describe(conflict: EditConflict): string {
  const path = conflict.list.slice(1).replaceAll("/", ".");
  const item = conflict.expected ?? conflict.wanted ?? conflict.found;
  const name = typeof item === "object" && item !== null && "name" in item
    ? ` "${String(item["name"])}"`
    : "";
  return `${path}${
    conflict.index === undefined ? "" : `[${conflict.index}]`
  }${name}`;
}

/** The object is at another version than the plan was made on. */
export function staleError(change: Change): ConflictError {
  return new ConflictError(
    "conflict",
    `Cannot change ${
      labelOf(change.object)
    }: its resourceVersion is no longer "${
      change.object.resourceVersion ?? ""
    }"`,
    { hint: "Plan again on what is there now" },
  );
}

/** The object is no longer there to be changed. */
export function goneError(change: Change): ConflictError {
  return new ConflictError(
    "conflict",
    `Cannot change ${labelOf(change.object)}: it was deleted since it was read`,
    { hint: "Run the command again to plan on what is there now" },
  );
}

/**
 * May the write have failed because the object is not the one that was read?
 * A server applies the whole patch before it looks at the resourceVersion, so
 * on a newer version a `test` may fail first.
 */
export function isRace(error: unknown, change: Change): boolean {
  return error instanceof ConflictError || isRejection(error) ||
    isDenial(error) ||
    (error instanceof ClusterError && error.code === "not-found" &&
      change.action !== "create");
}

/** Said no to what was sent, as it does when a `test` fails. */
export function isRejection(error: unknown): error is ClusterError {
  return error instanceof ClusterError && error.code === "rejected" &&
    error.status === 422;
}

/**
 * As a webhook does, which is asked before the version is looked at: what was
 * written already may be wrong to write again.
 */
export function isDenial(error: unknown): error is ClusterError {
  return error instanceof ClusterError && error.code === "rejected" &&
    error.status === 400;
}
