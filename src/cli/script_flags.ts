/**
 * How somebody asked for a script to be run.
 *
 * @module
 */

import type { Invocation } from "../language/invocation.ts";

type Run = Extract<Invocation, { readonly verb: "run" }>;

/** What a line `run` says, but for its target; of a pipe the file is `-`. */
export type ScriptFlags = Pick<
  Run,
  "file" | "values" | "keepGoing" | "dryRun" | "resume" | "show"
>;
