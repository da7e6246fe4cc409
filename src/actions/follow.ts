/**
 * Tells that something has changed, not what: the reader reads again.
 *
 * @module
 */

import type { Clock, Cluster } from "../cluster/cluster.ts";
import { ClusterError } from "../errors.ts";
import type { Kind } from "../istio/world.ts";
import type { ShowIntent } from "../traffic/intents.ts";

/** Options of {@linkcode followChanges}. */
export interface FollowOptions {
  readonly signal?: AbortSignal;
  readonly clock?: Pick<Clock, "sleep">;
}

/** Milliseconds in which changes are gathered: a rollout makes dozens. */
const GATHER = 250;

const KINDS: readonly Kind[] = ["VirtualService", "DestinationRule", "Pod"];

/**
 * Gives a value each time objects of the namespace have changed since the
 * last one was taken. A kind that may not be watched is left out.
 *
 * @throws {ClusterError} The cluster is gone.
 */
export async function* followChanges(
  cluster: Cluster,
  { namespace }: Pick<ShowIntent, "namespace">,
  options: FollowOptions = {},
): AsyncIterable<void> {
  const stop = new AbortController();
  const signal = options.signal === undefined
    ? stop.signal
    : AbortSignal.any([options.signal, stop.signal]);
  const news = new News();
  const place = namespace === undefined ? {} : { namespace };
  const watches = KINDS.map((kind) =>
    watchKind(cluster, kind, { ...place, signal, news })
  );
  const ended = Promise.all(watches).then(
    () => news.end(),
    (error) => news.end(error),
  );
  try {
    while (await news.next()) {
      if (await isStopped(options.clock?.sleep(GATHER, signal), signal)) return;
      news.take();
      yield;
    }
  } finally {
    stop.abort();
    await ended;
  }
}

/** Did the signal end the wait? */
async function isStopped(
  wait: Promise<void> | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await wait;
    return false;
  } catch (error) {
    if (signal.aborted) return true;
    throw error;
  }
}

async function watchKind(
  cluster: Cluster,
  kind: Kind,
  of: {
    readonly namespace?: string;
    readonly signal: AbortSignal;
    readonly news: News;
  },
): Promise<void> {
  const { news, ...options } = of;
  try {
    for await (const _ of cluster.watch(kind, options)) news.tell();
  } catch (error) {
    if (of.signal.aborted) return;
    if (error instanceof ClusterError && error.code === "forbidden") return;
    throw error;
  }
}

/** A flag that can be waited for. */
class News {
  #fresh = false;
  #ended: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  tell(): void {
    this.#fresh = true;
    this.#wake?.();
  }

  take(): void {
    this.#fresh = false;
  }

  end(error?: unknown): void {
    this.#ended = error === undefined ? {} : { error };
    this.#wake?.();
  }

  /** True when there is something new, false when there never will be. */
  async next(): Promise<boolean> {
    while (!this.#fresh) {
      if (this.#ended?.error !== undefined) throw this.#ended.error;
      if (this.#ended !== undefined) return false;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return true;
  }
}
