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
  /** Told of a kind that may not be watched, before the next value. */
  readonly onRefused?: (error: ClusterError) => void;
}

/** Milliseconds in which changes are gathered: a rollout makes dozens. */
const GATHER = 250;

const KINDS: readonly Kind[] = ["VirtualService", "DestinationRule", "Pod"];

/**
 * Gives a value each time objects of the namespace have changed since the
 * last one was taken. A kind that may not be watched is left out, and told.
 *
 * @throws {ClusterError} The cluster is gone, or no kind may be watched.
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
    watchKind(cluster, kind, {
      ...place,
      signal,
      news,
      onRefused: (error) => options.onRefused?.(error),
    })
  );
  const ended = Promise.all(watches).then(
    // Where nothing may be followed, nothing more would ever come.
    (refused) => news.end(refused.includes(undefined) ? undefined : refused[0]),
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

/** Follows a kind; gives the refusal where it may not. */
async function watchKind(
  cluster: Cluster,
  kind: Kind,
  of: {
    readonly namespace?: string;
    readonly signal: AbortSignal;
    readonly news: News;
    readonly onRefused: (error: ClusterError) => void;
  },
): Promise<ClusterError | undefined> {
  const { news, onRefused, ...options } = of;
  try {
    for await (const _ of cluster.watch(kind, options)) news.tell();
  } catch (error) {
    if (of.signal.aborted) return undefined;
    if (!(error instanceof ClusterError) || error.code !== "forbidden") {
      throw error;
    }
    onRefused(error);
    news.tell();
    return error;
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
