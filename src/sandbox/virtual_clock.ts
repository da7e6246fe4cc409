/**
 * Time that passes only when somebody waits for it, so that what takes
 * seconds on a cluster takes none in a test, and happens the same way twice.
 *
 * @module
 */

import type { Clock } from "../cluster/cluster.ts";

/** Options of {@linkcode createVirtualClock}. */
export interface VirtualClockOptions {
  /** The beginning of 2026 by default. */
  readonly start?: Date;
  /** Milliseconds between ticks while somebody sleeps; 50. */
  readonly step?: number;
  /** Called after each step of a sleep: the place to send requests from. */
  readonly onTick?: () => void;
}

/** A clock that goes when it is told to. */
export interface VirtualClock extends Clock {
  /** Lets so many milliseconds pass, without ticks. */
  advance(milliseconds: number): void;
}

/** Makes a clock that stands still until somebody sleeps. */
export function createVirtualClock(
  options: VirtualClockOptions = {},
): VirtualClock {
  const { step = 50, onTick } = options;
  let time = (options.start ?? new Date("2026-01-01T00:00:00Z")).getTime();
  return {
    now: () => new Date(time),
    advance(milliseconds) {
      time += milliseconds;
    },
    async sleep(milliseconds, signal) {
      const end = time + milliseconds;
      while (time < end) {
        signal?.throwIfAborted();
        time = Math.min(end, time + step);
        onTick?.();
        // Others get their turn, as they would in a real wait.
        await Promise.resolve();
      }
    },
  };
}
