/**
 * Waits between attempts in the background: nobody is in a hurry there, and
 * a cluster in trouble must not get more of it.
 *
 * @module
 */

import type { Clock } from "../cluster/cluster.ts";

/** What a wait is made with. */
export interface PauseOptions {
  readonly clock: Clock;
  /** For jitter: numbers from 0 up to 1. */
  readonly random: () => number;
}

const FLOOR_MS = 1000;
const CAP_MS = 60_000;

/** Waits, longer each time; the signal ends the wait. */
export async function pause(
  { clock, random }: PauseOptions,
  of: {
    readonly failures: number;
    readonly least?: number;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { failures, least = 0, signal } = of;
  const most = Math.min(CAP_MS, FLOOR_MS * 2 ** Math.min(failures - 1, 10));
  const wait = Math.max(least, FLOOR_MS + random() * (most - FLOOR_MS));
  try {
    await clock.sleep(wait, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Whatever was thrown. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
