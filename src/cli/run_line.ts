/**
 * How one line is run, as seen by what runs many: a script, the shell, the
 * language server. They are given the function, since it is `run.ts` that
 * opens them.
 *
 * @module
 */

import type { Connections } from "../cluster/connections.ts";
import type { Parsed } from "../language/parse.ts";
import type { Asker } from "../traffic/answers.ts";
import type { TrafficOutcome, TrafficPlan } from "../traffic/types.ts";
import type { Io } from "./io.ts";
import type { Talk } from "./output.ts";
import type { Prompts } from "./prompts.ts";

/** Runs a line; gives the status that a process would end with. Never throws. */
export type RunLine = (
  parsed: Parsed,
  io: Io,
  options?: RunContextOptions,
) => Promise<number>;

/** What commands need that run lines themselves. */
export interface LinesContext {
  readonly io: Io;
  readonly talk: Talk;
  readonly runLine: RunLine;
}

/** What a shell or a script knows better than the streams and the line. */
export interface RunContextOptions {
  /** Who is there to answer questions. */
  readonly asker?: Asker;
  /**
   * Goes on only if somebody agrees to this very plan; in place of the
   * question on the terminal.
   */
  readonly confirm?: (plan: TrafficPlan) => Promise<void>;
  /** How somebody at the terminal is asked, in place of a plain line. */
  readonly prompts?: Prompts;
  /** Told what became of a change, where it stopped half way, too. */
  readonly onOutcome?: (outcome: TrafficOutcome) => void;
  /** Told a plan that nothing stands against any more, before it is begun. */
  readonly onPlan?: (plan: TrafficPlan) => Promise<void>;
  /** Other commands print to the same streams. */
  readonly isOneOfMany?: boolean;
  /** What the commands before have opened. */
  readonly kept?: Connections;
}
