/**
 * The command line as a process: its words, its streams, its status.
 *
 * @module
 */

import { systemIo } from "./io.ts";
import { runCli } from "./run.ts";

/** Runs it and ends. */
export async function runProcess(): Promise<never> {
  Deno.exit(await runCli(Deno.args, systemIo({ isOwnProcess: true })));
}
