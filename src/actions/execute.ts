/**
 * Walks a plan: checks first, then write by write, waiting between. Whatever
 * stops it half way says what was written and what was not.
 *
 * @module
 */

import type { Clock, Cluster } from "../cluster/cluster.ts";
import { InterruptedError, TrafficError } from "../errors.ts";
import type { Json, KubeObject } from "../istio/types.ts";
import { itemsOf } from "../traffic/edits.ts";
import { isSame } from "../traffic/hash.ts";
import type { Overrides } from "../traffic/intents.ts";
import { changesOf } from "../traffic/plan.ts";
import type {
  Change,
  ListPath,
  ObjectName,
  TrafficOutcome,
  TrafficPlan,
  Wait,
} from "../traffic/types.ts";
import { type WriteAttempt, writeAttemptOf } from "./audit.ts";
import { checkGuards } from "./guards.ts";
import { labelOf, makeOutcome, statusOf, withOutcome } from "./outcome.ts";
import { checkBeforeWriting } from "./preflight.ts";
import { refOf } from "./write_attempt.ts";
import { carryOut, type Sent } from "./write_step.ts";

/** What a plan is doing, for people who wait for it. */
export type Progress =
  | { readonly type: "check" }
  | {
    readonly type: "write";
    readonly change: Change;
    /** Which of how many, from 1. */
    readonly nth: number;
    readonly of: number;
  }
  | {
    readonly type: "retry";
    readonly object: ObjectName;
    readonly attempt: number;
  }
  | { readonly type: "wait"; readonly wait: Wait }
  | { readonly type: "verify"; readonly milliseconds: number };

/** Options of {@linkcode executePlan}. */
export interface ExecuteOptions {
  readonly clock: Clock;
  /** Stops between steps and ends waits; the write under way finishes. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Told each time that a write was sent, once it is known what came of it.
   * The plan waits for it; where it fails, that is a warning.
   */
  readonly onAttempt?: (attempt: WriteAttempt) => void | Promise<void>;
  /** Refuse as soon as a resourceVersion has changed (10.4). */
  readonly exact?: boolean;
  /** Guards that the user overrides at this moment. */
  readonly overrides?: Overrides;
  /** Milliseconds after which to look whether it was reverted (9). */
  readonly verify?: number;
}

/**
 * Carries out a plan.
 *
 * @returns The outcome: `done`, or `unchanged` for a plan without writes.
 * @throws {TrafficError} With the outcome in `details.outcome`
 * (`outcomeOf()`): `conflict`, `outcome-unknown`, `interrupted`, `forbidden`,
 * `rejected`, `no-ready-pods`, `pods-unknown`, `reverted`, …
 */
export async function executePlan(
  cluster: Cluster,
  plan: TrafficPlan,
  options: ExecuteOptions,
): Promise<TrafficOutcome> {
  const walk = new Walk(cluster, plan, options);
  try {
    await walk.run();
  } catch (error) {
    const stopped = asInterruption(error, options.signal);
    throw withOutcome(stopped, walk.outcome(statusOf(stopped)));
  }
  return walk.outcome(changesOf(plan).length === 0 ? "unchanged" : "done");
}

class Walk {
  readonly #cluster: Cluster;
  readonly #plan: TrafficPlan;
  readonly #options: ExecuteOptions;
  readonly #changes: readonly Change[];
  readonly #written: ObjectName[] = [];
  readonly #latest = new Map<string, KubeObject | undefined>();
  readonly #warnings: string[] = [];
  #underWay: Change | undefined;

  constructor(cluster: Cluster, plan: TrafficPlan, options: ExecuteOptions) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#options = options;
    this.#changes = changesOf(plan);
  }

  async run(): Promise<void> {
    if (this.#changes.length === 0) return;
    this.#tell({ type: "check" });
    const said = await checkBeforeWriting(this.#cluster, this.#plan, {
      ...this.#signal(),
      ...(this.#options.exact === undefined
        ? {}
        : { exact: this.#options.exact }),
    });
    for (const text of said) this.#warn(text);
    await this.#checkGuards();
    for (const step of this.#plan.steps) {
      this.#stopIfAsked();
      if (step.step === "wait") await this.#wait(step);
      else await this.#write(step);
    }
    await this.#verify();
  }

  outcome(status: TrafficOutcome["status"]): TrafficOutcome {
    const unknown = status === "unknown" ? this.#underWay?.object : undefined;
    return makeOutcome(this.#plan, {
      status,
      written: this.#written,
      notWritten: this.#changes.slice(this.#written.length)
        .map(({ object }) => object)
        .filter((object) => object !== unknown),
      ...(unknown === undefined ? {} : { unknown }),
      warnings: this.#warnings,
    });
  }

  async #write(change: Change): Promise<void> {
    // Pods may have gone while the subset spread (5.6).
    if (change.role === "route" && this.#written.length > 0) {
      await this.#checkGuards();
    }
    this.#tell({
      type: "write",
      change,
      nth: this.#written.length + 1,
      of: this.#changes.length,
    });
    const key = labelOf(change.object);
    const latest = this.#latest.get(key);
    this.#underWay = change;
    const after = await carryOut(change, {
      cluster: this.#cluster,
      clock: this.#options.clock,
      ...this.#signal(),
      ...(this.#options.exact === undefined
        ? {}
        : { exact: this.#options.exact }),
      ...(latest === undefined ? {} : { latest }),
      onWarning: (text) => this.#warn(text),
      onSent: (sent) => this.#record(sent),
      onRetry: (object, attempt) =>
        this.#tell({ type: "retry", object, attempt }),
    });
    this.#underWay = undefined;
    this.#latest.set(key, after);
    const { uid, resourceVersion } = after?.metadata ?? {};
    this.#written.push({
      ...change.object,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    });
  }

  async #record(sent: Sent): Promise<void> {
    try {
      await this.#options.onAttempt?.(writeAttemptOf(sent, {
        plan: this.#plan,
        write: this.#written.length + 1,
        writes: this.#changes.length,
      }));
    } catch (error) {
      // Half a change would be worse than a change without its line.
      this.#warn(
        `No line of the audit log was kept: ${
          error instanceof Error ? error.message : error
        }`,
      );
    }
  }

  async #wait(wait: Wait): Promise<void> {
    this.#tell({ type: "wait", wait });
    await this.#options.clock.sleep(wait.milliseconds, this.#options.signal);
  }

  async #checkGuards(): Promise<void> {
    const warnings = await checkGuards(this.#cluster, this.#plan, {
      ...this.#signal(),
      ...this.#options.overrides,
    });
    for (const text of warnings) this.#warn(text);
  }

  async #verify(): Promise<void> {
    const { verify, clock, signal } = this.#options;
    if (verify === undefined) return;
    this.#tell({ type: "verify", milliseconds: verify });
    await clock.sleep(verify, signal);
    const reverted: ObjectName[] = [];
    for (const change of this.#changes) {
      const now = await this.#cluster.get(
        refOf(change.object),
        this.#signal(),
      );
      const written = this.#latest.get(labelOf(change.object));
      if (!stands(change, { now, written })) reverted.push(change.object);
    }
    if (reverted.length === 0) return;
    throw new TrafficError(
      "reverted",
      `Cannot keep the change: ${
        reverted.map(labelOf).join(", ")
      } was changed back`,
      {
        hint: "Change it where its owner takes it from",
        details: { reverted: reverted.map(labelOf) },
      },
    );
  }

  #stopIfAsked(): void {
    if (this.#options.signal?.aborted !== true) return;
    throw new InterruptedError(
      "interrupted",
      "Cannot carry out the rest of the plan: interrupted",
    );
  }

  #signal(): { readonly signal?: AbortSignal } {
    const { signal } = this.#options;
    return signal === undefined ? {} : { signal };
  }

  #tell(progress: Progress): void {
    this.#options.onProgress?.(progress);
  }

  #warn(text: string): void {
    if (!this.#warnings.includes(text)) this.#warnings.push(text);
  }
}

/** Does what a change did still stand? */
function stands(
  change: Change,
  of: {
    readonly now: KubeObject | undefined;
    readonly written: KubeObject | undefined;
  },
): boolean {
  const { now, written } = of;
  if (now === undefined || written === undefined) return now === written;
  return change.edits.every(({ list, before, after }) =>
    (after === undefined || countOf(now, list, after) > 0 ||
      countOf(written, list, after) === 0) &&
    (before === undefined ||
      countOf(now, list, before) <= countOf(written, list, before))
  );
}

function countOf(
  object: KubeObject,
  ...[list, item]: [ListPath, Json]
): number {
  return itemsOf(object, list).filter((one) => isSame(one, item)).length;
}

/** What an aborted signal made of a read or a wait is an interruption. */
function asInterruption(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted !== true) return error;
  const isOurs = error instanceof TrafficError &&
    !["timeout", "unreachable"].includes(error.code);
  return isOurs ? error : new InterruptedError(
    "interrupted",
    "Cannot carry out the rest of the plan: interrupted",
    { cause: error },
  );
}
