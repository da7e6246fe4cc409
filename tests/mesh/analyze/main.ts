/**
 * Writes the tables of docs/checks.md:
 *
 *     deno run -A tests/mesh/analyze/main.ts
 *
 * @module
 */

import { writeTable } from "../../../scripts/docs_table.ts";
import { buildParts } from "../parts.ts";
import { compareWorlds, TABLE } from "./run.ts";
import { CHECKS, tablesOf } from "./table.ts";

if (import.meta.main) {
  const { istioctl } = await buildParts(say);
  const agreement = await compareWorlds(istioctl, TABLE);
  for (const [mark, table] of Object.entries(tablesOf(agreement))) {
    say(table);
    await writeTable(CHECKS, mark, table);
  }
  agreement.unexplained.forEach(say);
  Deno.exit(agreement.unexplained.length === 0 ? 0 : 1);
}

function say(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
