/**
 * What is known of the cluster while somebody types: read and watched in the
 * background, given at once, never waited for.
 *
 * @module
 */

import type { Clock, Cluster } from "../cluster/cluster.ts";
import { SYSTEM_CLOCK } from "../cluster/retry.ts";
import {
  type KnownContext,
  type Names,
  type Place,
  placeKey,
  type PlaceNames,
} from "../language/names.ts";
import { LivePlace } from "./live_place.ts";

/** Where names of former times are kept. */
export interface NamesStore {
  /** Nothing where there are none, or none that can be trusted. */
  load(place: Place): Promise<PlaceNames | undefined>;
  /** As well as it can. */
  save(names: PlaceNames): Promise<void>;
}

/** Options of {@linkcode LiveNames}. */
export interface LiveOptions {
  /** Opens a connection to a place, which is ours alone. */
  readonly open: (place: Place, signal: AbortSignal) => Promise<Cluster>;
  /** Reads which contexts there are; no call to any of them. */
  readonly readContexts?: () => Promise<readonly KnownContext[]>;
  /** Globs of context names, from the user's configuration. */
  readonly protectedContexts?: readonly string[];
  readonly store?: NamesStore | undefined;
  /** Told once of each cause of trouble; a sentence, with foreign text. */
  readonly onNotice?: (text: string) => void;
  /** Places that are watched at a time; 4. */
  readonly most?: number;
  readonly clock?: Clock;
  /** For jitter: numbers from 0 up to 1. */
  readonly random?: () => number;
}

/** Milliseconds between two times that names are kept. */
const SAVE_MS = 60_000;

/** Names of the places that somebody works in. */
export class LiveNames implements AsyncDisposable {
  readonly #options: LiveOptions;
  readonly #clock: Clock;
  /** By key; the one wanted last is the last. */
  readonly #places = new Map<string, LivePlace>();
  readonly #listeners = new Set<() => void>();
  readonly #saved = new Map<string, number>();
  readonly #pending = new Set<Promise<void>>();
  #contexts: readonly KnownContext[] = [];
  #isDisposed = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#readContexts();
  }

  /** What is known now. */
  names(): Names {
    return {
      now: this.#clock.now().getTime(),
      contexts: this.#contexts,
      places: [...this.#places.values()].flatMap(({ names }) => names ?? []),
    };
  }

  /**
   * Starts to read and watch a place, unless that is done already. The place
   * that was wanted least recently is given up where there are too many.
   */
  want(place: Place): void {
    if (this.#isDisposed) return;
    const key = placeKey(place);
    const known = this.#places.get(key);
    if (known !== undefined) {
      this.#places.delete(key);
      this.#places.set(key, known);
      return;
    }
    const { open, protectedContexts = [], onNotice, random } = this.#options;
    const live = new LivePlace(place, {
      open,
      protectedContexts,
      clock: this.#clock,
      random: random ?? Math.random,
      onChange: () => this.#changed(),
      onNotice: (text) => onNotice?.(text),
      onNames: (names) => this.#save(key, names),
    });
    this.#places.set(key, live);
    this.#load(place, live);
    const [[oldest, former]] = this.#places as unknown as [[string, LivePlace]];
    if (this.#places.size <= (this.#options.most ?? 4)) return;
    this.#places.delete(oldest);
    this.#later(former[Symbol.asyncDispose]());
    this.#changed();
  }

  /** After a write of ours: reads again what istiops writes. */
  invalidate(place?: Place): void {
    for (const live of this.#chosen(place)) live.invalidate();
    this.#changed();
  }

  /** Reads everything again, over new connections; waits no longer. */
  refresh(place?: Place): void {
    for (const live of this.#chosen(place)) live.refresh();
    this.#readContexts();
    this.#changed();
  }

  /** Calls back each time that something else is known. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#listeners.clear();
    const places = [...this.#places.values()];
    this.#places.clear();
    await Promise.all(places.map((live) => live[Symbol.asyncDispose]()));
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #chosen(place: Place | undefined): readonly LivePlace[] {
    if (place === undefined) return [...this.#places.values()];
    const live = this.#places.get(placeKey(place));
    return live === undefined ? [] : [live];
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #readContexts(): void {
    const reading = this.#options.readContexts?.();
    if (reading === undefined) return;
    this.#later(reading.then((contexts) => {
      this.#contexts = contexts;
      this.#changed();
    }));
  }

  #load(place: Place, live: LivePlace): void {
    const { store } = this.#options;
    if (store === undefined) return;
    this.#later(
      store.load(place).then((names) => {
        if (names !== undefined) live.offer(names);
      }),
    );
  }

  #save(key: string, names: PlaceNames): void {
    const { store } = this.#options;
    const now = this.#clock.now().getTime();
    const saved = this.#saved.get(key) ?? -Infinity;
    if (store === undefined || !names.isWatched || now - saved < SAVE_MS) {
      return;
    }
    this.#saved.set(key, now);
    this.#later(store.save(names));
  }

  /** What goes on in the background, and may fail there. */
  #later(work: Promise<void>): void {
    const settled = work.catch(() => {}).finally(() =>
      this.#pending.delete(settled)
    );
    this.#pending.add(settled);
  }
}
