/**
 * One place that is watched: a connection of its own, a watch for each kind,
 * and the names in what they tell. Whatever the cluster does, it goes on,
 * slower and slower, and says once what is wrong.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { Kind } from "../istio/world.ts";
import type { Place, PlaceNames } from "../language/names.ts";
import { shortened } from "./bounds.ts";
import { Connection } from "./connection.ts";
import { Notices } from "./notices.ts";
import { errorOf, pause, type PauseOptions } from "./pause.ts";
import { clausesOf, problemOf } from "./read_names.ts";

/** Options of a {@linkcode LivePlace}. */
export interface LivePlaceOptions extends PauseOptions {
  /** Opens a connection; nothing else goes over it. */
  readonly open: (place: Place, signal: AbortSignal) => Promise<Cluster>;
  readonly protectedContexts: readonly string[];
  /** Told that the names are others now. */
  readonly onChange: () => void;
  /** Told once of each cause of trouble; a sentence, with foreign text. */
  readonly onNotice: (text: string) => void;
  /** Told what is known, some time after it has changed. */
  readonly onNames?: ((names: PlaceNames) => void) | undefined;
}

/** Milliseconds in which changes are gathered: a rollout makes dozens. */
const GATHER_MS = 250;

/** What istiops itself writes. */
const OWN: readonly Kind[] = ["VirtualService", "DestinationRule"];

/** Names of a place, kept up to date until it is disposed of. */
export class LivePlace implements AsyncDisposable {
  readonly #place: Place;
  readonly #options: LivePlaceOptions;
  readonly #stop = new AbortController();
  readonly #notices: Notices;
  readonly #running: Promise<void>;
  #connection: Connection | undefined;
  /** Why there is no connection. */
  #closed: Error | undefined;
  /** Ends the connection, or the wait for one. */
  #round = new AbortController();
  #names: PlaceNames | undefined;
  /** They are of all kinds, not of those that have come so far. */
  #isWhole = false;
  #trueAt: number;
  #isDirty = false;
  #telling: Promise<void> | undefined;

  constructor(place: Place, options: LivePlaceOptions) {
    this.#place = place;
    this.#options = options;
    this.#trueAt = this.#now();
    this.#notices = new Notices(options.onNotice);
    this.#running = this.#run();
  }

  /** What is known now. While it is watched, it is of this very moment. */
  get names(): PlaceNames | undefined {
    if (this.#names === undefined) return undefined;
    const isWatched = this.#names.isWatched &&
      this.#connection?.isFollowed === true;
    return {
      ...this.#names,
      isWatched,
      ...(this.#isWhole ? {} : { isLoading: true }),
      readAt: isWatched ? this.#now() : this.#names.readAt,
    };
  }

  /** Names from before, until better ones come. */
  offer(names: PlaceNames): void {
    if (this.#names !== undefined) return;
    this.#names = { ...names, place: this.#place, isWatched: false };
    this.#isWhole = true;
    this.#options.onChange();
  }

  /** Reads again what istiops writes. */
  invalidate(): void {
    this.#breakOff();
    this.#connection?.restart(OWN);
  }

  /** Reads everything again, over a new connection. */
  refresh(): void {
    this.#breakOff();
    this.#connection = undefined;
    this.#round.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#telling;
  }

  async #run(): Promise<void> {
    // Whoever wants a place goes on at once.
    await Promise.resolve();
    for (let failures = 0; !this.#stop.signal.aborted;) {
      this.#round = new AbortController();
      const signal = AbortSignal.any([this.#stop.signal, this.#round.signal]);
      try {
        await using connection = new Connection(await this.#open(signal), {
          ...this.#options,
          namespace: this.#place.namespace,
          onNews: () => this.#tell(),
          onBreak: () => this.#breakOff(),
        });
        this.#connection = connection;
        this.#closed = undefined;
        failures = 0;
        await connection.follow(signal);
      } catch (error) {
        if (signal.aborted) continue;
        this.#connection = undefined;
        this.#closed = errorOf(error);
        this.#tell();
        failures += 1;
        await pause(this.#options, { failures, signal });
      }
    }
    this.#connection = undefined;
  }

  /** What is opened too late is closed again. */
  async #open(signal: AbortSignal): Promise<Cluster> {
    const opening = this.#options.open(this.#place, signal);
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      return await Promise.race([opening, aborted.promise]);
    } catch (error) {
      opening.then((late) => late[Symbol.asyncDispose]()).catch(() => {});
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** From now on what is known is of the past. */
  #breakOff(): void {
    if (this.#connection?.isFollowed !== true) return;
    this.#trueAt = this.#now();
    if (this.#names === undefined) return;
    this.#names = {
      ...this.#names,
      readAt: this.#trueAt,
      isWatched: false,
    };
  }

  /** Makes names of what is held, soon; changes in between go along. */
  #tell(): void {
    this.#isDirty = true;
    this.#telling ??= this.#tellSoon().finally(() => {
      this.#telling = undefined;
      if (this.#isDirty && !this.#stop.signal.aborted) this.#tell();
    });
  }

  async #tellSoon(): Promise<void> {
    const { clock, onChange, onNames } = this.#options;
    const { signal } = this.#stop;
    const isSettled = this.#connection?.isSettled === true;
    // The first names are waited for.
    const isFirst = this.#names === undefined || (isSettled && !this.#isWhole);
    const wait = isFirst ? 0 : GATHER_MS;
    try {
      await clock.sleep(wait, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return;
    }
    this.#isDirty = false;
    const derived = await this.#derive();
    if (signal.aborted) return;
    this.#names = derived;
    // What fails alike is told as one.
    if (this.#closed !== undefined || this.#connection?.isSettled === true) {
      this.#notices.tell(this.#clauses(), {
        where: this.#where(),
        now: this.#now(),
      });
    }
    onChange();
    const { names } = this;
    if (names !== undefined && this.#connection?.isSettled === true) {
      onNames?.(names);
    }
  }

  async #derive(): Promise<PlaceNames> {
    const connection = this.#connection;
    if (
      this.#closed === undefined && connection !== undefined &&
      connection.isAnyKnown && (connection.isSettled || !this.#isWhole)
    ) {
      if (connection.isFollowed) this.#trueAt = this.#now();
      this.#isWhole = connection.isSettled;
      try {
        return await connection.names({
          place: this.#place,
          readAt: this.#trueAt,
        });
      } catch (error) {
        // No cluster holds anything that ends a shell.
        return this.#without(shortened(errorOf(error).message));
      }
    }
    return this.#without(
      this.#closed === undefined
        ? problemOf(connection?.failures ?? new Map())
        : shortened(this.#closed.message),
    );
  }

  /** What was known before, and what is wrong now. */
  #without(problem: string | undefined): PlaceNames {
    return {
      ...this.#names ?? {
        ...NOTHING,
        namespace: this.#place.namespace ?? "",
        readAt: this.#now(),
      },
      place: this.#place,
      isWatched: false,
      ...(problem === undefined ? {} : { problem }),
    };
  }

  #clauses(): ReadonlyMap<string, string> {
    return this.#closed === undefined
      ? clausesOf(this.#connection?.failures ?? new Map())
      : new Map([["closed", shortened(this.#closed.message)]]);
  }

  #where(): string {
    const { context, namespace } = this.#place;
    const name = typeof context === "object"
      ? "the sandbox"
      : context === undefined
      ? "the current context"
      : `context "${context}"`;
    return namespace === undefined ? name : `${name}, namespace "${namespace}"`;
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }
}

/** What is known of a place before anything is. */
const NOTHING = {
  isPartial: true,
  namespaces: [],
  virtualServices: [],
  services: [],
  builds: [],
  labels: [],
  operations: [],
} as const;
