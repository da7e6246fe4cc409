/**
 * The command line: `istiops shift -l app=api -b 3 -w 20`.
 *
 * @module
 */

import { systemIo } from "./src/cli/io.ts";
import { runCli } from "./src/cli/run.ts";

if (import.meta.main) {
  Deno.exit(await runCli(Deno.args, systemIo({ isOwnProcess: true })));
}
