/**
 * One write, to its end: sent, and if somebody else was faster or the answer
 * was lost, looked up and decided (I3, I7). A write is never sent twice
 * without the guard that makes the second one harmless.
 *
 * @module
 */

import type {
  Clock,
  Cluster,
  JsonPatchOperation,
  ObjectRef,
} from "../cluster/cluster.ts";
import {
  ClusterError,
  ConflictError,
  InterruptedError,
  OutcomeUnknownError,
} from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import { type EditConflict, isCarriedOut } from "../traffic/edits.ts";
import { hashOf } from "../traffic/hash.ts";
import { readHistory } from "../traffic/journal.ts";
import type { Change, ObjectName } from "../traffic/types.ts";
import { preparePatch } from "../traffic/write.ts";
import { labelOf } from "./outcome.ts";

/** What a write needs besides the change. */
export interface WriteRun {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Ends waits between tries; a write under way is never cut. */
  readonly signal?: AbortSignal;
  /** Refuse instead of carrying the edits over to a newer version. */
  readonly exact?: boolean;
  /** The version that an earlier write of the plan returned. */
  readonly latest?: KubeObject;
  readonly onWarning?: (text: string) => void;
  readonly onRetry?: (object: ObjectName, attempt: number) => void;
}

/** Fifty others on one object cost a write more than ten tries (L2). */
const MOST_TRIES = 40;
const MOST_LOOKUPS = 6;

/**
 * Carries out one change.
 *
 * @returns The object as it then is; nothing after a delete.
 * @throws {ConflictError} `conflict`: what the change touches is not as it was.
 * @throws {OutcomeUnknownError} `outcome-unknown`: sent, and not to be found out.
 */
export async function carryOut(
  change: Change,
  run: WriteRun,
): Promise<KubeObject | undefined> {
  const attempt = await firstAttempt(change, run);
  for (let tries = 1;; tries++) {
    try {
      return await attempt.send();
    } catch (error) {
      const lost = error instanceof OutcomeUnknownError;
      attempt.maybeSent ||= lost;
      if (!lost && !isRace(error, change)) throw error;
      const now = await lookUp(change, { run, attempt });
      const isRefused = isRejection(error) || isDenial(error);
      if (isRefused && attempt.isAsSent(now)) throw error;
      if (await attempt.hasLanded(now)) return now;
      if (tries >= MOST_TRIES) throw error;
      if (!(attempt.maybeSent && attempt.isAsSent(now))) {
        if (run.exact === true) throw staleError(change);
        await attempt.rebase(now);
      }
    }
    run.onRetry?.(change.object, tries);
    await pause(tries, { run, attempt, change });
  }
}

/** Names the object of a change for the port. */
export function refOf({ kind, namespace, name }: ObjectName): ObjectRef {
  return { kind, namespace, name };
}

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

interface Attempt {
  /** An answer was lost, so an earlier try may have been carried out. */
  maybeSent: boolean;
  send(): Promise<KubeObject | undefined>;
  hasLanded(now: KubeObject | undefined): Promise<boolean>;
  /** Is the object as it was when the write was sent? Then it may be resent. */
  isAsSent(now: KubeObject | undefined): boolean;
  /** Works the write out anew on the present version, or throws. */
  rebase(now: KubeObject | undefined): Promise<void>;
}

async function firstAttempt(change: Change, run: WriteRun): Promise<Attempt> {
  switch (change.action) {
    case "create":
      return creating(change, run);
    case "delete":
      return deleting(change, run);
    case "patch": {
      const attempt = new Patching(change, run);
      if (run.latest !== undefined) await attempt.rebase(run.latest);
      return attempt;
    }
  }
}

class Patching implements Attempt {
  maybeSent = false;
  readonly #change: Change;
  readonly #run: WriteRun;
  #operations: readonly JsonPatchOperation[];
  #version: string | undefined;
  /** Records of this operation that the object had before the write. */
  #records = 0;

  constructor(change: Change, run: WriteRun) {
    this.#change = change;
    this.#run = run;
    this.#operations = change.operations;
    this.#version = change.object.resourceVersion;
  }

  send(): Promise<KubeObject> {
    const { cluster, onWarning } = this.#run;
    return cluster.patch(refOf(this.#change.object), this.#operations, {
      ...(onWarning === undefined ? {} : { onWarning }),
    });
  }

  async hasLanded(now: KubeObject | undefined): Promise<boolean> {
    if (now === undefined || this.isAsSent(now)) return false;
    // Nobody else writes our operation's id: where a write that was sent once
    // arrives twice, by a retry on the way, the second one is the conflict.
    if (await countRecords(now, this.#change) > this.#records) return true;
    // Where no record could be kept, only the result itself can tell.
    return this.maybeSent && !this.#keepsRecord() &&
      isCarriedOut(now, this.#change.edits);
  }

  isAsSent(now: KubeObject | undefined): boolean {
    return now !== undefined && now.metadata.resourceVersion === this.#version;
  }

  async rebase(now: KubeObject | undefined): Promise<void> {
    if (now === undefined) throw goneError(this.#change);
    const prepared = await preparePatch(now, this.#change);
    if (!prepared.ok) throw conflictError(this.#change, prepared.conflicts);
    this.#operations = prepared.operations;
    this.#version = now.metadata.resourceVersion;
    this.#records = await countRecords(now, this.#change);
  }

  #keepsRecord(): boolean {
    return this.#operations.some(({ op, path }) =>
      op !== "remove" && path.startsWith("/metadata/annotations")
    );
  }
}

function creating(change: Change, run: WriteRun): Attempt {
  return {
    maybeSent: false,
    send: () =>
      run.cluster.create(change.body!, {
        ...(run.onWarning === undefined ? {} : { onWarning: run.onWarning }),
      }),
    async hasLanded(now) {
      return now !== undefined &&
        (await countRecords(now, change) > 0 ||
          (this.maybeSent &&
            hashOf(now["spec"]) === hashOf(change.body!["spec"])));
    },
    isAsSent: (now) => now === undefined,
    rebase: (now) =>
      Promise.reject(
        now === undefined ? staleError(change) : new ConflictError(
          "conflict",
          `Cannot create ${labelOf(change.object)}: somebody else created it`,
          { hint: "Run the command again to plan on what is there now" },
        ),
      ),
  };
}

function deleting(change: Change, run: WriteRun): Attempt {
  let { resourceVersion = "" } = run.latest?.metadata ?? change.object;
  const { uid } = change.object;
  return {
    maybeSent: false,
    async send() {
      await run.cluster.delete(refOf(change.object), {
        resourceVersion,
        ...(uid === undefined ? {} : { uid }),
        ...(run.onWarning === undefined ? {} : { onWarning: run.onWarning }),
      });
      return undefined;
    },
    // That it is gone is all that was wanted, whoever did it.
    hasLanded: (now) => Promise.resolve(now === undefined),
    isAsSent: (now) => now?.metadata.resourceVersion === resourceVersion,
    rebase(now) {
      const isSame = now?.metadata.uid === uid &&
        hashOf(now?.["spec"]) === change.record.left;
      if (!isSame) return Promise.reject(conflictError(change, []));
      resourceVersion = now?.metadata.resourceVersion ?? "";
      return Promise.resolve();
    },
  };
}

/**
 * May the write have failed because the object is not the one that was read?
 * A server applies the whole patch before it looks at the resourceVersion, so
 * on a newer version a `test` may fail first.
 */
function isRace(error: unknown, change: Change): boolean {
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
function isDenial(error: unknown): error is ClusterError {
  return error instanceof ClusterError && error.code === "rejected" &&
    error.status === 400;
}

async function countRecords(
  object: KubeObject,
  change: Change,
): Promise<number> {
  const { server, operation } = change.record;
  const { entries } = await readHistory(object, { server });
  return entries.filter((entry) => entry.operation === operation).length;
}

/** Reads the object again; a read that fails is tried again for a while. */
async function lookUp(
  change: Change,
  of: { readonly run: WriteRun; readonly attempt: Attempt },
): Promise<KubeObject | undefined> {
  const { cluster, clock } = of.run;
  for (let tries = 1;; tries++) {
    try {
      return await cluster.get(refOf(change.object));
    } catch (cause) {
      if (tries < MOST_LOOKUPS) {
        await clock.sleep(jitter(250, { tries, most: 8000 }));
        continue;
      }
      if (!of.attempt.maybeSent) throw cause;
      throw new OutcomeUnknownError(
        "outcome-unknown",
        `Cannot tell whether ${
          labelOf(change.object)
        } was written: no answer came, and it cannot be read`,
        {
          hint:
            "When the cluster answers again, look at its history before the next change",
          cause,
        },
      );
    }
  }
}

async function pause(
  tries: number,
  of: {
    readonly run: WriteRun;
    readonly attempt: Attempt;
    readonly change: Change;
  },
): Promise<void> {
  const { clock, signal } = of.run;
  try {
    await clock.sleep(jitter(20, { tries, most: 2000 }), signal);
  } catch (cause) {
    if (signal?.aborted !== true) throw cause;
    throw of.attempt.maybeSent
      ? new OutcomeUnknownError(
        "outcome-unknown",
        `Cannot tell whether ${
          labelOf(of.change.object)
        } was written: interrupted before it was found out`,
        { cause },
      )
      : new InterruptedError(
        "interrupted",
        `Cannot write ${labelOf(of.change.object)}: interrupted`,
        { cause },
      );
  }
}

/** Full jitter: anything up to base * 2^tries. */
function jitter(
  base: number,
  of: { readonly tries: number; readonly most: number },
): number {
  return Math.round(Math.random() * Math.min(of.most, base * 2 ** of.tries));
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
