/**
 * A simulated data plane: requests in, destinations out. What is written
 * reaches the proxies late, each object by itself and in any order, so that a
 * change whose order is wrong loses requests here as it would on a cluster.
 *
 * All that is random is drawn from one seed, and time is that of the clock
 * which is given, so a run can be repeated.
 *
 * @module
 */

import type { Clock } from "../cluster/cluster.ts";
import type { Client } from "../istio/client.ts";
import {
  effectiveDestinationRule,
  findSubset,
} from "../istio/destination_rules.ts";
import { drawDestination, randomOf } from "../istio/draw.ts";
import {
  type CompiledHosts,
  compileRoutes,
  evaluate,
  type RoutedDestination,
  type Verdict,
} from "../istio/explain.ts";
import type { Request } from "../istio/match.ts";
import { isReady, podCount } from "../istio/pods.ts";
import type { KubeObject, Pod } from "../istio/types.ts";
import { type World, worldOf } from "../istio/world.ts";
import type { Store } from "./store.ts";

/** Options of {@linkcode createMesh}. */
export interface MeshOptions {
  /** Two meshes with one seed do the same; 1. */
  readonly seed?: number;
  /**
   * Milliseconds, least and greatest, until a new version of an object is
   * with the proxies; at once by default.
   */
  readonly delay?: readonly [least: number, greatest: number];
  /** The system's by default. */
  readonly clock?: Pick<Clock, "now">;
  /** Settings of the mesh; Istio's defaults. */
  readonly world?: Pick<Partial<World>, "mesh">;
}

/** What one request got. */
export interface MeshAnswer {
  /** 200 from a pod; else what the proxy itself answers. */
  readonly status: number;
  /** No route, no such cluster, no healthy upstream. */
  readonly flag?: "NR" | "NC" | "UH";
  /** The rule that was taken. */
  readonly verdict: Verdict;
  /** Absent where no rule sends it anywhere. */
  readonly destination?: RoutedDestination;
  /** The pod that answered. */
  readonly pod?: Pod;
}

/** Options of {@linkcode Mesh.sendMany}. */
export interface SendManyOptions {
  /** Pod label whose values are counted; `build`. */
  readonly label?: string;
}

/** Proxies that know what has reached them so far. */
export interface Mesh extends Disposable {
  /** What the proxies know now. */
  readonly world: World;
  /** When the next version arrives that is on its way; nothing: none is. */
  readonly nextArrival: Date | undefined;
  /** Sends one request, as a client. */
  send(request: Request, client: Client): MeshAnswer;
  /**
   * Sends a request many times.
   *
   * @returns How many got what: by value of the label, else by subset, else
   * by what went wrong (`503 NC`, `503 UH`, `404 NR`) or the status.
   */
  sendMany(
    count: number,
    request: Request,
    options: SendManyOptions & { readonly client: Client },
  ): ReadonlyMap<string, number>;
  /** Lets everything arrive that is on its way. */
  arrive(): void;
}

/** Makes proxies that know what the store holds now, and follow it. */
export function createMesh(store: Store, options: MeshOptions = {}): Mesh {
  return new SimulatedMesh(store, options);
}

/** The pods that share the requests of a destination. */
export function podsBehind(
  world: World,
  destination: Pick<RoutedDestination, "host" | "subset">,
  client: Client,
): readonly Pod[] {
  const { host, subset } = destination;
  const labels = subset === undefined ? {} : findSubset(
    effectiveDestinationRule(world, host, client),
    subset,
  )?.subset.labels ?? {};
  const found = podCount(world, { host, labels });
  return found.known ? found.pods.filter(isReady) : [];
}

/** A sidecar in a namespace, without labels. */
export function sidecarIn(namespace: string): Client {
  return { kind: "sidecar", namespace, labels: {} };
}

/**
 * A GET as a client would send it.
 *
 * @param url `http://api-domain:5000/path?query`; port 80 where none is named.
 * @throws {TypeError} Where it is no URL.
 */
export function requestTo(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Request {
  const { protocol, host, port, pathname, search } = new URL(url);
  return {
    method: "GET",
    scheme: protocol.slice(0, -1),
    authority: host,
    path: pathname + search,
    headers: Object.entries(headers),
    port: Number(port || (protocol === "https:" ? 443 : 80)),
  };
}

/** A version of an object on its way to the proxies. */
interface Arrival {
  readonly at: number;
  readonly key: string;
  /** Absent: it was deleted. */
  readonly object?: KubeObject;
}

class SimulatedMesh implements Mesh {
  readonly #store: Store;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #delay: readonly [number, number];
  readonly #rest: Pick<Partial<World>, "mesh">;
  readonly #unsubscribe: () => void;
  readonly #known = new Map<string, KubeObject>();
  /** In the order of arrival. */
  #arrivals: Arrival[] = [];
  #version: number;
  #world: World | undefined;
  readonly #routes = new Map<string, CompiledHosts>();
  #pods = new WeakMap<RoutedDestination, readonly Pod[]>();

  constructor(store: Store, options: MeshOptions) {
    const { clock, delay = [0, 0], seed = 1, world = {} } = options;
    this.#store = store;
    this.#random = randomOf(seed);
    this.#now = clock === undefined
      ? () => Date.now()
      : () => clock.now().getTime();
    this.#delay = delay;
    this.#rest = world;
    for (const object of store.dump().objects) {
      this.#known.set(keyOf(object), object);
    }
    this.#version = Number(store.resourceVersion);
    this.#unsubscribe = store.onChange(() => this.#notice());
  }

  get world(): World {
    this.#deliver(this.#now());
    return this.#world ??= worldOf(this.#known.values(), this.#rest);
  }

  get nextArrival(): Date | undefined {
    const [next] = this.#arrivals;
    return next && new Date(next.at);
  }

  send(request: Request, client: Client): MeshAnswer {
    const routes = this.#routesFor(client, request.port);
    const verdict = evaluate(routes, request);
    const destination = drawDestination(verdict.destinations, this.#random);
    if (destination === undefined) {
      const status = verdict.status ?? 200;
      return verdict.outcome === "no-route"
        ? { status, flag: "NR", verdict }
        : { status, verdict };
    }
    if (destination.flag !== undefined) {
      return { status: 503, flag: destination.flag, verdict, destination };
    }
    const pods = this.#podsOf(destination, client);
    const pod = pods[Math.floor(this.#random() * pods.length)];
    return pod === undefined
      ? { status: 200, verdict, destination }
      : { status: 200, verdict, destination, pod };
  }

  sendMany(
    count: number,
    request: Request,
    options: SendManyOptions & { readonly client: Client },
  ): ReadonlyMap<string, number> {
    const { client, label = "build" } = options;
    const counts = new Map<string, number>();
    for (let sent = 0; sent < count; sent++) {
      const got = nameOf(this.send(request, client), label);
      counts.set(got, (counts.get(got) ?? 0) + 1);
    }
    return counts;
  }

  arrive(): void {
    this.#deliver(Infinity);
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  /** Sends off what was just written; versions of one object never overtake. */
  #notice(): void {
    const events = this.#store.since(this.#version);
    this.#version = Number(this.#store.resourceVersion);
    if (events === undefined) throw new RangeError("the history is too short");
    const [least, greatest] = this.#delay;
    for (const { type, object } of events) {
      const key = keyOf(object);
      const delay = least + this.#random() * (greatest - least);
      const due = this.#now() + Math.ceil(delay);
      const former = this.#arrivals.findLast((arrival) => arrival.key === key);
      const at = Math.max(due, former?.at ?? 0);
      const after = this.#arrivals.findIndex((arrival) => arrival.at > at);
      this.#arrivals.splice(after < 0 ? this.#arrivals.length : after, 0, {
        at,
        key,
        ...(type === "DELETED" ? {} : { object }),
      });
    }
  }

  #deliver(time: number): void {
    const waiting = this.#arrivals.findIndex(({ at }) => at > time);
    const count = waiting < 0 ? this.#arrivals.length : waiting;
    if (count === 0) return;
    for (const { key, object } of this.#arrivals.splice(0, count)) {
      if (object === undefined) this.#known.delete(key);
      else this.#known.set(key, object);
    }
    this.#world = undefined;
    this.#routes.clear();
    this.#pods = new WeakMap();
  }

  #routesFor(client: Client, port: number): CompiledHosts {
    const world = this.world;
    const key = JSON.stringify([client, port]);
    let routes = this.#routes.get(key);
    if (routes === undefined) {
      this.#routes.set(key, routes = compileRoutes(world, client, port));
    }
    return routes;
  }

  #podsOf(destination: RoutedDestination, client: Client): readonly Pod[] {
    let pods = this.#pods.get(destination);
    if (pods === undefined) {
      pods = podsBehind(this.world, destination, client);
      this.#pods.set(destination, pods);
    }
    return pods;
  }
}

function nameOf(answer: MeshAnswer, label: string): string {
  const { status, flag, destination, pod } = answer;
  if (flag !== undefined) return `${status} ${flag}`;
  return pod?.metadata.labels?.[label] ?? destination?.subset ??
    destination?.host ?? String(status);
}

function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}
