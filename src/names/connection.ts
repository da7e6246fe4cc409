/**
 * One connection with a watch for each kind, and what they told.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { KubeObject } from "../istio/types.ts";
import type { Kind } from "../istio/world.ts";
import type { Place, PlaceNames } from "../language/names.ts";
import { Records } from "./derive_operations.ts";
import { Held, WANTED, type Wanted } from "./held.ts";
import { errorOf, pause, type PauseOptions } from "./pause.ts";
import { homeOf, namesOf } from "./read_names.ts";
import { inSlices } from "./slices.ts";

/** Milliseconds until a refusal is tried again: rights seldom change. */
const REFUSED_MS = 300_000;
const REFUSED = ["forbidden", "kind-not-served"];

/** What a {@linkcode Connection} works with. */
export interface ConnectionOptions extends PauseOptions {
  readonly protectedContexts: readonly string[];
  /** Absent: the target's. */
  readonly namespace: string | undefined;
  readonly onNews: () => void;
  /** Told before it is no longer followed. */
  readonly onBreak: () => void;
}

/** One connection with its watches. */
export class Connection implements AsyncDisposable {
  /** Why kinds cannot be read, or followed. */
  readonly failures = new Map<Kind, Error>();
  readonly #cluster: Cluster;
  readonly #options: ConnectionOptions;
  readonly #namespace: string;
  readonly #held = new Held();
  readonly #followed = new Set<Kind>();
  readonly #answered = new Set<Kind>();
  readonly #turns = new Map<Kind, AbortController>();
  readonly #records: Records;
  #home: KubeObject | undefined;

  constructor(cluster: Cluster, options: ConnectionOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#namespace = options.namespace ?? cluster.target.namespace;
    this.#records = new Records(cluster.target.server);
  }

  /** Is there anything? */
  get isAnyKnown(): boolean {
    return WANTED.some(({ kind }) => this.#held.isKnown(kind));
  }

  /** Has every kind come, or failed? */
  get isSettled(): boolean {
    return this.#answered.size === WANTED.length;
  }

  /** Is everything followed that may be? */
  get isFollowed(): boolean {
    return this.#followed.size > 0 &&
      WANTED.every(({ kind }) =>
        this.#followed.has(kind) || isRefused(this.failures.get(kind))
      );
  }

  names(of: { readonly place: Place; readonly readAt: number }): Promise<
    PlaceNames
  > {
    return namesOf(this.#held, {
      ...of,
      namespace: this.#namespace,
      cluster: this.#cluster,
      failures: this.failures,
      home: this.#home,
      protectedContexts: this.#options.protectedContexts,
      records: this.#records,
      isWatched: this.isFollowed,
    });
  }

  /** Follows every kind until the signal. */
  async follow(signal: AbortSignal): Promise<void> {
    await Promise.all(WANTED.map((wanted) => this.#follow(wanted, signal)));
  }

  /** Lists kinds again, and at once. */
  restart(kinds: readonly Kind[]): void {
    for (const kind of kinds) {
      this.#followed.delete(kind);
      this.#turns.get(kind)?.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster[Symbol.asyncDispose]();
  }

  async #follow(wanted: Wanted, outer: AbortSignal): Promise<void> {
    const { kind } = wanted;
    for (let failures = 0; !outer.aborted;) {
      const turn = new AbortController();
      this.#turns.set(kind, turn);
      const signal = AbortSignal.any([outer, turn.signal]);
      try {
        await this.#watch(wanted, { signal, onSync: () => failures = 0 });
      } catch (error) {
        if (!signal.aborted) {
          await this.#fail(kind, { error: errorOf(error), signal });
        }
      }
      if (signal.aborted) {
        failures = 0;
        continue;
      }
      failures += 1;
      const least = isRefused(this.failures.get(kind)) ? REFUSED_MS : 0;
      await pause(this.#options, { failures, least, signal });
    }
  }

  async #watch({ kind, options }: Wanted, of: {
    readonly signal: AbortSignal;
    readonly onSync: () => void;
  }): Promise<void> {
    const { signal } = of;
    const place = kind === "Namespace" ? {} : { namespace: this.#namespace };
    const events = this.#cluster.watch(kind, {
      ...options,
      ...place,
      signal,
      onInterruption: (why) => {
        if (signal.aborted) return;
        if (why !== undefined) this.#interrupt(kind, why);
        else this.#mend(kind);
      },
    });
    for await (const event of events) {
      if (event.type === "SYNC") {
        await inSlices(this.#held.sync(kind, event), signal);
        of.onSync();
        this.#mend(kind);
        this.#options.onNews();
      } else if (this.#held.take(kind, event)) this.#options.onNews();
    }
  }

  /** It is followed (again). */
  #mend(kind: Kind): void {
    if (this.#followed.has(kind) && !this.failures.has(kind)) return;
    this.failures.delete(kind);
    this.#followed.add(kind);
    this.#answered.add(kind);
    this.#options.onNews();
  }

  #interrupt(kind: Kind, error: Error): void {
    this.#options.onBreak();
    this.#followed.delete(kind);
    this.failures.set(kind, error);
    this.#answered.add(kind);
    this.#options.onNews();
  }

  async #fail(kind: Kind, of: {
    readonly error: Error;
    readonly signal: AbortSignal;
  }): Promise<void> {
    this.#interrupt(kind, of.error);
    if (kind !== "Namespace" || !isRefused(of.error)) return;
    this.#home = await homeOf(this.#cluster, {
      held: this.#held,
      namespace: this.#namespace,
      signal: of.signal,
    });
    this.#options.onNews();
  }
}

function isRefused(error: Error | undefined): boolean {
  return error !== undefined && "code" in error &&
    REFUSED.includes(error.code as string);
}
