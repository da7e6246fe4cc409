/**
 * How long to wait, how long in all: full jitter, `Retry-After` as a floor,
 * the time that all calls of a command may take together, and the pace of all
 * calls of a process.
 *
 * @module
 */

import type { Clock } from "./cluster.ts";

/** Options of {@linkcode waitBefore}. */
export interface WaitOptions {
  /** Seconds the server asked for. */
  readonly retryAfter?: number | undefined;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Milliseconds; 250. */
  readonly base?: number;
  /** Milliseconds; 8,000. */
  readonly cap?: number;
}

/**
 * Milliseconds before the next attempt: anywhere between 0 and a bound that
 * doubles, on top of what the server asked for.
 *
 * @param attempts How many were made: 1 or more.
 */
export function waitBefore(attempts: number, options: WaitOptions): number {
  const { retryAfter = 0, random, base = 250, cap = 8000 } = options;
  return retryAfter * 1000 +
    random() * Math.min(cap, base * 2 ** Math.min(attempts - 1, 20));
}

/**
 * Time that calls may take together. It runs only while a call is under way,
 * so that waiting for pods, or for a person's answer, costs none of it.
 */
export class Budget {
  readonly #clock: Pick<Clock, "now">;
  readonly #total: number;
  #used = 0;
  #active = 0;
  #since = 0;

  /** @param total Milliseconds; `Infinity` for no bound. */
  constructor(total: number, clock: Pick<Clock, "now">) {
    this.#total = total;
    this.#clock = clock;
  }

  /** Milliseconds that are left. */
  get left(): number {
    const running = this.#active === 0
      ? 0
      : this.#clock.now().getTime() - this.#since;
    return Math.max(0, this.#total - this.#used - running);
  }

  /** Lets it run until what is returned is called. */
  start(): () => void {
    if (this.#active++ === 0) this.#since = this.#clock.now().getTime();
    return () => {
      if (--this.#active > 0) return;
      this.#used += this.#clock.now().getTime() - this.#since;
    };
  }
}

/** How many requests, in the long run and at once. */
export interface PaceOptions {
  /** In the long run; `Infinity` for as many as there are. */
  readonly perSecond: number;
  /** At once, after a time of rest. */
  readonly burst: number;
}

/** A token bucket: a burst, then so many in a second. */
export class Pace {
  /** When the bucket will be full again. */
  #full = 0;

  /**
   * Takes the right to one request.
   *
   * @param now In milliseconds.
   * @returns Milliseconds until it may be sent.
   */
  take(now: number, { perSecond, burst }: PaceOptions): number {
    if (perSecond === Infinity) return 0;
    const each = 1000 / perSecond;
    this.#full = Math.max(this.#full, now) + each;
    return Math.max(0, this.#full - now - burst * each);
  }
}

const PACES = new WeakMap<Clock, Pace>();

/**
 * The pace of all who go by that clock. Whoever goes by the system's clock,
 * which is everybody but tests, shares one: it is the process's.
 */
export function paceOf(clock: Clock): Pace {
  const known = PACES.get(clock) ?? new Pace();
  PACES.set(clock, known);
  return known;
}

/** Lets a number of callers in at a time, first come first served. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  /** Resolves once there is room, with what makes room again. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return () => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}

/** The system's clock. */
export const SYSTEM_CLOCK: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, milliseconds);
      signal?.addEventListener("abort", abort, { once: true });
    }),
};
