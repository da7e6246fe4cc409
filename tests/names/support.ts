/**
 * A cluster whose watches do what a test says, and time that passes when a
 * test says so.
 *
 * @module
 */

import type {
  Clock,
  ListOptions,
  Target,
  WatchEvent,
} from "../../src/cluster/cluster.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import type { Kind } from "../../src/istio/world.ts";
import { MemoryCluster } from "../support/memory_cluster.ts";

/** Time that stands still until it is moved on. */
export class ManualClock implements Clock {
  /** Sleeps that have not ended, in milliseconds as asked for. */
  readonly sleeping = new Set<{ readonly asked: number; wake: () => void }>();
  readonly #due = new Map<object, number>();
  #time = Date.parse("2026-11-23T12:00:00.000Z");

  now(): Date {
    return new Date(this.#time);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (milliseconds <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        this.sleeping.delete(sleeper);
        this.#due.delete(sleeper);
        signal?.removeEventListener("abort", abort);
        settle();
      };
      const abort = () => end(() => reject(signal?.reason));
      const sleeper = { asked: milliseconds, wake: () => end(resolve) };
      signal?.addEventListener("abort", abort);
      this.sleeping.add(sleeper);
      this.#due.set(sleeper, this.#time + milliseconds);
    });
  }

  /** Lets time pass, and whoever slept go on. */
  async advance(milliseconds: number): Promise<void> {
    this.#time += milliseconds;
    for (const sleeper of [...this.sleeping]) {
      if (this.#due.get(sleeper)! <= this.#time) sleeper.wake();
    }
    await turn();
  }
}

/** Lets everything happen that waits for nothing from outside. */
export async function turn(): Promise<void> {
  for (let count = 0; count < 5; count += 1) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let count = 0; !isSo(); count += 1) {
    if (count > 10_000) throw new Error(`never: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** One watch that was opened. */
export interface OpenedWatch {
  readonly kind: Kind;
  readonly options: ListOptions;
  tell(event: WatchEvent): void;
  /** Ends it as a cluster does where trying again cannot help. */
  fail(error: Error): void;
}

/** A cluster in memory whose watches stay open. */
export class WatchedCluster extends MemoryCluster {
  readonly watches: OpenedWatch[] = [];
  isDisposed = false;
  /** What each new watch of a kind does first; it lists by default. */
  onWatch: ((watch: OpenedWatch) => void) | undefined;

  constructor(
    objects: Iterable<KubeObject> = [],
    target: Partial<Target> = {},
  ) {
    super(objects, { target });
  }

  override async *watch(
    kind: Kind,
    options: ListOptions = {},
  ): AsyncGenerator<WatchEvent> {
    const queue: (WatchEvent | Error)[] = [];
    let wake = (): void => {};
    const push = (one: WatchEvent | Error) => {
      queue.push(one);
      wake();
    };
    const watch = { kind, options, tell: push, fail: push };
    this.watches.push(watch);
    options.signal?.addEventListener("abort", () => wake());
    if (this.onWatch === undefined) {
      const { items } = await this.list(kind, options);
      push({ type: "SYNC", items });
    } else this.onWatch(watch);
    while (options.signal?.aborted !== true) {
      const next = queue.shift();
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => wake = resolve);
    }
  }

  /** The newest watch of a kind. */
  of(kind: Kind): OpenedWatch {
    return this.watches.findLast((watch) => watch.kind === kind)!;
  }

  override [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    return Promise.resolve();
  }
}

/** A VirtualService that leads to a host of its name. */
export function virtualService(name: string): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "default" },
    spec: {
      hosts: [name],
      http: [{ route: [{ destination: { host: name } }] }],
    },
  };
}

/** A Namespace. */
export function namespace(
  name: string,
  annotations: Readonly<Record<string, string>> = {},
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, annotations },
  };
}

/** A Pod of the namespace `default`. */
export function pod(
  name: string,
  labels: Readonly<Record<string, string>>,
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels },
  };
}
