/**
 * Carries commands out while requests go through proxies that hear of it
 * late; some commands stop half way, and what is to follow follows at once.
 *
 * @module
 */

import { executePlan } from "../../../src/actions/execute.ts";
import { outcomeOf } from "../../../src/actions/outcome.ts";
import { InterruptedError } from "../../../src/errors.ts";
import type { Sandbox } from "../../../src/sandbox/mod.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import type { Draw } from "../suite.ts";
import type { Proxies, StoppingClock } from "./proxies.ts";
import { noneDangles, runAt, specsIn } from "./shifting.ts";
import { back, type Command } from "./story.ts";

/** How fast things go. */
export interface Tempo {
  /** Milliseconds at most until a proxy has heard of a change. */
  readonly delay: number;
  readonly settle: number;
  /** Do commands stop half way now and then? */
  readonly stops: boolean;
}

/** What a teller works with. */
export interface TellerOptions {
  readonly tempo: Tempo;
  readonly draw: Draw;
  readonly clock: StoppingClock;
  readonly sandbox: Sandbox;
  readonly proxies: Proxies;
}

/** How far a command came. */
interface End {
  readonly operation: string;
  readonly written: number;
  readonly isWhole: boolean;
}

/** Carries commands out, and counts. */
export class Teller {
  readonly #of: TellerOptions;
  commands = 0;
  stopped = 0;

  constructor(of: TellerOptions) {
    this.#of = of;
  }

  get requests(): number {
    return this.#of.proxies.requests;
  }

  /** Sentences. */
  get lost(): readonly string[] {
    return this.#of.proxies.lost;
  }

  /** The command, its undo, and its redo. */
  async thereAndBack(command: Command): Promise<void> {
    const { sandbox } = this.#of;
    const former = specsIn(sandbox);
    const to = await this.#whole(command);
    const after = specsIn(sandbox);
    assert(!isSame(former, after), `${command.name} changes nothing`);
    // Two operations need not have the same objects.
    const isByAll = to !== undefined;
    await this.#whole(back("undo", command, { to, isByAll }));
    assertEquals(specsIn(sandbox), former, `undo of ${command.name}`);
    await this.#whole(back("redo", command, { isByAll }));
    assertEquals(specsIn(sandbox), after, `redo of ${command.name}`);
  }

  /**
   * To its goal, whatever comes between.
   *
   * @returns The first of two operations, where it took two.
   */
  async #whole(command: Command): Promise<string | undefined> {
    const { draw, sandbox, tempo } = this.#of;
    const former = specsIn(sandbox);
    const mayStop = tempo.stops && draw.next() < 0.4;
    const { isWhole, written, operation } = await this.#walk(command, {
      mayStop,
    });
    if (isWhole) return undefined;
    this.stopped++;
    if (written > 0 && draw.next() < 0.5) {
      const verb = command.verb === "undo" ? "redo" : "undo";
      await this.#walk(back(verb, command, { operation }));
      assertEquals(specsIn(sandbox), former, `${command.name}, taken back`);
      await this.#walk(command);
      return undefined;
    }
    await this.#walk(command, { again: written > 0 });
    return written > 0 ? operation : undefined;
  }

  async #walk(
    command: Command,
    { mayStop = false, again = false } = {},
  ): Promise<End> {
    const { clock, draw, proxies, sandbox, tempo } = this.#of;
    // Two operations of one moment have no order.
    clock.pass(1);
    proxies.doing = command.name;
    const { settle, delay } = tempo;
    const run = { ...runAt(clock), settle, time: clock.now() };
    const plan = await command.plan({ sandbox, run }, again);
    const stop = new AbortController();
    let left = mayStop ? draw.integer(1, plan.steps.length) : Infinity;
    clock.patience = draw.next();
    this.commands++;
    try {
      await executePlan(sandbox.cluster, plan, {
        clock,
        signal: stop.signal,
        onProgress: ({ type }) => {
          if (type !== "check" && --left === 0) stop.abort();
        },
      });
    } catch (error) {
      const outcome = outcomeOf(error);
      if (!(error instanceof InterruptedError) || !outcome) throw error;
      return {
        operation: plan.operation,
        written: outcome.written.length,
        isWhole: outcome.notWritten.length === 0,
      };
    } finally {
      noneDangles(sandbox);
    }
    if (settle >= delay && !again) {
      assert(proxies.haveAll, `${command.name} ends before all have heard`);
    }
    return { operation: plan.operation, written: 0, isWhole: true };
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
