/**
 * Many simulated proxies that hear of every object late, each by itself and
 * in any order; and a clock that stops at each moment when one of them hears
 * of something, to see what requests get from it then.
 *
 * @module
 */

import type { Clock } from "../../../src/cluster/cluster.ts";
import { InterruptedError } from "../../../src/errors.ts";
import type { Client } from "../../../src/istio/client.ts";
import type { Verdict } from "../../../src/istio/explain.ts";
import type { Request } from "../../../src/istio/match.ts";
import {
  createMesh,
  type Mesh,
  podsBehind,
  sidecarIn,
} from "../../../src/sandbox/mesh.ts";
import type { Store } from "../../../src/sandbox/store.ts";

/** Requests of one sort. */
export interface Sort {
  readonly name: string;
  readonly request: Request;
}

/** Options of {@linkcode Proxies}. */
export interface ProxiesOptions {
  readonly clock: StoppingClock;
  readonly count: number;
  readonly seed: number;
  /** Milliseconds at most until a proxy has heard of a change. */
  readonly delay: number;
  readonly sorts: readonly Sort[];
}

/** Proxies, and what requests got from them. */
export class Proxies implements Disposable {
  readonly #meshes: readonly Mesh[];
  /** Hears of everything at once: what may be reached. */
  readonly #newest: Mesh;
  readonly #end: () => void;
  readonly #sorts: readonly Sort[];
  readonly #allowed = new Set<string>();
  readonly #client = sidecarIn("default");
  /** How many were sent. */
  requests = 0;
  /** What was lost or went elsewhere; a sentence for each request. */
  readonly lost: string[] = [];
  /** What happens, for the sentences. */
  doing = "";

  constructor(store: Store, options: ProxiesOptions) {
    const { count, seed, clock, delay, sorts } = options;
    this.#sorts = sorts;
    this.#newest = createMesh(store, { clock });
    this.#meshes = Array.from({ length: count }, (_, at) =>
      createMesh(store, {
        ...{ clock, delay: [0, delay], seed: seed * 1009 + at },
      }));
    this.#end = store.onChange(() => this.#allow());
    this.#allow();
    clock.follow(this);
  }

  /** Nothing is on its way any more. */
  get haveAll(): boolean {
    return this.nextArrival === undefined;
  }

  /** When the next one hears of something. */
  get nextArrival(): number | undefined {
    const times = this.#meshes.flatMap(({ nextArrival }) =>
      nextArrival?.getTime() ?? []
    );
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Sends requests of every sort through those that hear of something now. */
  lookAt(time: number): void {
    for (const mesh of this.#meshes) {
      if (mesh.nextArrival?.getTime() === time) this.#look(mesh);
    }
    if (!this.haveAll) return;
    // What was there before is no excuse any more.
    this.#allowed.clear();
    this.#allow();
  }

  /** Sends requests of every sort through all of them. */
  lookAll(): void {
    for (const mesh of this.#meshes) this.#look(mesh);
  }

  [Symbol.dispose](): void {
    this.#end();
    for (const mesh of [this.#newest, ...this.#meshes]) mesh[Symbol.dispose]();
  }

  #look(mesh: Mesh): void {
    for (const sort of this.#sorts) {
      const { status, flag, verdict } = mesh.send(sort.request, this.#client);
      this.requests++;
      // Chance might have sent it to any of them.
      const reached = [...reachedBy(mesh, { verdict, client: this.#client })];
      const wrong = status !== 200
        ? `${status} ${flag ?? ""}`
        : reached.find((got) => !this.#allowed.has(`${sort.name} ${got}`));
      if (wrong === undefined) continue;
      this.lost.push(`${this.doing}: ${sort.name} got ${wrong}`);
    }
  }

  #allow(): void {
    for (const { name, request } of this.#sorts) {
      const { verdict } = this.#newest.send(request, this.#client);
      const client = this.#client;
      for (const got of reachedBy(this.#newest, { verdict, client })) {
        if (!/^\d$/.test(got)) this.lost.push(`${this.doing}: leads to ${got}`);
        this.#allowed.add(`${name} ${got}`);
      }
    }
  }
}

/** Builds that a request may reach, or why it would not. */
function* reachedBy(
  mesh: Mesh,
  of: { readonly verdict: Verdict; readonly client: Client },
): Generator<string> {
  for (const destination of of.verdict.destinations) {
    const pods = podsBehind(mesh.world, destination, of.client);
    if (destination.flag !== undefined || pods.length === 0) {
      yield `${destination.flag ?? "UH"} ${destination.subset ?? ""}`;
    } else {
      for (const { metadata } of pods) yield metadata.labels?.["build"] ?? "";
    }
  }
}

/** Time that passes only in waits, from one arrival to the next. */
export class StoppingClock implements Clock {
  #time = Date.parse("2026-11-24T12:00:00Z");
  #proxies: Proxies | undefined;
  /** How much of a wait passes before it heeds its signal, 0 to 1. */
  patience = 0;

  follow(proxies: Proxies): void {
    this.#proxies = proxies;
  }

  now(): Date {
    return new Date(this.#time);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted !== true) {
      this.pass(milliseconds);
      return Promise.resolve();
    }
    this.pass(Math.floor(milliseconds * this.patience));
    return Promise.reject(
      new InterruptedError("interrupted", "Cannot go on: interrupted"),
    );
  }

  /** Lets time pass, with a look at every arrival. */
  pass(milliseconds: number): void {
    const end = this.#time + milliseconds;
    for (;;) {
      const next = this.#proxies?.nextArrival;
      if (next === undefined || next > end) break;
      this.#time = Math.max(this.#time, next);
      this.#proxies!.lookAt(next);
    }
    this.#time = end;
  }
}
