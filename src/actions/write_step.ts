/**
 * One write, to its end: sent, and if somebody else was faster or the answer
 * was lost, looked up and decided (I3, I7). A write is never sent twice
 * without the guard that makes the second one harmless.
 *
 * @module
 */

import type { Clock } from "../cluster/cluster.ts";
import { InterruptedError, OutcomeUnknownError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import type { Change, ObjectName } from "../traffic/types.ts";
import { labelOf } from "./outcome.ts";
import {
  type Attempt,
  type AttemptOptions,
  firstAttempt,
  refOf,
} from "./write_attempt.ts";
import { isDenial, isRace, isRejection, staleError } from "./write_errors.ts";

/** What a write needs besides the change. */
export interface WriteRun extends AttemptOptions {
  readonly clock: Clock;
  /** Ends waits between tries; a write under way is never cut. */
  readonly signal?: AbortSignal;
  /** Refuse instead of carrying the edits over to a newer version. */
  readonly exact?: boolean;
  readonly onRetry?: (object: ObjectName, attempt: number) => void;
  /** Told each time that it was sent, once it is known what came of it. */
  readonly onSent?: (sent: Sent) => void | Promise<void>;
}

/** One time that a write was sent, and what came of it. */
export interface Sent {
  readonly change: Change;
  /** From 1. */
  readonly attempt: number;
  readonly time: Date;
  /** The version that it was to change. */
  readonly version: string | undefined;
  /** The object as it was left; absent where that is not known, or gone. */
  readonly after?: KubeObject;
  /** `unknown`: no answer came, and it was not there when looked for. */
  readonly outcome: "ok" | "failed" | "unknown";
  /** Why it is not `ok`. */
  readonly error?: unknown;
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
    const { error, after, now } = await sendOnce(attempt, {
      change,
      run,
      tries,
    });
    if (error === undefined) return after;
    const isRefused = isRejection(error) || isDenial(error);
    if (isRefused && attempt.isAsSent(now)) throw error;
    if (tries >= MOST_TRIES) throw error;
    if (!(attempt.maybeSent && attempt.isAsSent(now))) {
      if (run.exact === true) throw staleError(change);
      await attempt.rebase(now);
    }
    run.onRetry?.(change.object, tries);
    await pause(tries, { run, attempt, change });
  }
}

/**
 * Sends it, and where it was not simply carried out, looks what came of it.
 *
 * @returns With an `error`, the object as it is `now`: another try may help.
 */
async function sendOnce(
  attempt: Attempt,
  of: {
    readonly change: Change;
    readonly run: WriteRun;
    readonly tries: number;
  },
): Promise<
  {
    readonly error?: unknown;
    readonly after?: KubeObject | undefined;
    readonly now?: KubeObject | undefined;
  }
> {
  const { change, run, tries } = of;
  const sent = {
    change,
    attempt: tries,
    time: run.clock.now(),
    version: attempt.version,
  };
  const tell = async (
    outcome: Sent["outcome"],
    more: Pick<Sent, "after" | "error">,
  ) => await run.onSent?.({ ...sent, outcome, ...more });
  const carriedOut = async (after: KubeObject | undefined) => {
    await tell("ok", after === undefined ? {} : { after });
    return { after };
  };
  let failure: unknown;
  let after: KubeObject | undefined;
  try {
    after = await attempt.send();
  } catch (error) {
    failure = error;
  }
  if (failure === undefined) return await carriedOut(after);
  const lost = failure instanceof OutcomeUnknownError;
  const outcome = lost ? "unknown" : "failed";
  attempt.maybeSent ||= lost;
  if (!lost && !isRace(failure, change)) {
    await tell(outcome, { error: failure });
    throw failure;
  }
  let now: KubeObject | undefined;
  try {
    now = await lookUp(change, { run, attempt });
  } catch (error) {
    await tell(outcome, { error: failure });
    throw error;
  }
  if (await attempt.hasLanded(now)) return await carriedOut(now);
  await tell(outcome, { error: failure });
  return { error: failure, now };
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
