/**
 * Time that passes only when somebody sleeps.
 *
 * @module
 */

import type { Clock } from "../../src/cluster/cluster.ts";
import { InterruptedError } from "../../src/errors.ts";

/** A clock whose sleeps return at once and are remembered. */
export class VirtualClock implements Clock {
  /** Milliseconds of every sleep, in order. */
  readonly slept: number[] = [];
  /** Called before each sleep; may abort or change the world. */
  onSleep: ((milliseconds: number) => void | Promise<void>) | undefined;
  #time: number;

  constructor(start = "2026-11-23T12:00:00.000Z") {
    this.#time = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#time);
  }

  /** Lets time pass. */
  advance(milliseconds: number): void {
    this.#time += milliseconds;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(milliseconds);
    await this.onSleep?.(milliseconds);
    if (signal?.aborted === true) {
      throw new InterruptedError("interrupted", "Cannot go on: interrupted");
    }
    this.#time += milliseconds;
  }
}
