/**
 * A change as it is sent: what goes out, how to tell that it landed, and how
 * it is worked out anew on a version that somebody else has written.
 *
 * @module
 */

import type {
  Cluster,
  JsonPatchOperation,
  ObjectRef,
} from "../cluster/cluster.ts";
import { ConflictError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import { isCarriedOut } from "../traffic/edits.ts";
import { hashOf } from "../traffic/hash.ts";
import { readHistory } from "../traffic/journal.ts";
import type { Change, ObjectName } from "../traffic/types.ts";
import { preparePatch } from "../traffic/write.ts";
import { labelOf } from "./outcome.ts";
import { conflictError, goneError } from "./write_errors.ts";

/** Names the object of a change for the port. */
export function refOf({ kind, namespace, name }: ObjectName): ObjectRef {
  return { kind, namespace, name };
}

/** What sending needs besides the change. */
export interface AttemptOptions {
  readonly cluster: Cluster;
  /** The version that an earlier write of the plan returned. */
  readonly latest?: KubeObject;
  readonly onWarning?: (text: string) => void;
}

/** A change on its way; it keeps what it was last sent against. */
export interface Attempt {
  /** The version that it is to change; none where it creates. */
  readonly version: string | undefined;
  /** An answer was lost, so an earlier try may have been carried out. */
  maybeSent: boolean;
  send(): Promise<KubeObject | undefined>;
  hasLanded(now: KubeObject | undefined): Promise<boolean>;
  /** Is the object as it was when the write was sent? Then it may be resent. */
  isAsSent(now: KubeObject | undefined): boolean;
  /** Works the write out anew on the present version, or throws. */
  rebase(now: KubeObject | undefined): Promise<void>;
}

/** Makes a change ready to be sent. */
export async function firstAttempt(
  change: Change,
  run: AttemptOptions,
): Promise<Attempt> {
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
  readonly #run: AttemptOptions;
  #operations: readonly JsonPatchOperation[];
  #version: string | undefined;
  /** Records of this operation that the object had before the write. */
  #records = 0;

  constructor(change: Change, run: AttemptOptions) {
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

  get version(): string | undefined {
    return this.#version;
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

function creating(change: Change, run: AttemptOptions): Attempt {
  return {
    version: undefined,
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
    // What was in the way may be gone again: then it is simply sent again.
    rebase: (now) =>
      now === undefined ? Promise.resolve() : Promise.reject(
        new ConflictError(
          "conflict",
          `Cannot create ${labelOf(change.object)}: somebody else created it`,
          { hint: "Run the command again to plan on what is there now" },
        ),
      ),
  };
}

function deleting(change: Change, run: AttemptOptions): Attempt {
  let { resourceVersion = "" } = run.latest?.metadata ?? change.object;
  const { uid } = change.object;
  return {
    get version() {
      return resourceVersion;
    },
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

async function countRecords(
  object: KubeObject,
  change: Change,
): Promise<number> {
  const { server, operation } = change.record;
  const { entries } = await readHistory(object, { server });
  return entries.filter((entry) => entry.operation === operation).length;
}
