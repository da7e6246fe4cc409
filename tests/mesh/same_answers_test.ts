/**
 * The same requests to the sandbox and to a real kube-apiserver, and the same
 * answers, but for what `same/known.ts` and `docs/sandbox.md` list.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { meshTest } from "./places.ts";
import { ROWS } from "./same/all_rows.ts";
import { askBoth } from "./same/ask_both.ts";
import type { Difference } from "./same/compare.ts";
import { isKnown, KNOWN } from "./same/known.ts";

const used = new Set<string>();

for (const row of ROWS) {
  meshTest(
    `the sandbox answers like a kube-apiserver: ${row.name}`,
    async (places) => {
      const told: string[] = [];
      for (const [nth, found] of (await askBoth(row, places)).entries()) {
        for (const difference of found) {
          const known = isKnown(row.name, difference.at);
          if (known !== undefined) used.add(known);
          else told.push(show(nth, difference));
        }
      }
      assertEquals(told, []);
    },
  );
}

meshTest("every difference that is listed is still there", () => {
  const gone = KNOWN.filter(({ what }) => !used.has(what));
  assertEquals(gone.map(({ what }) => what), []);
  return Promise.resolve();
});

function show(nth: number, { at, sandbox, real }: Difference): string {
  const short = (value: unknown) =>
    JSON.stringify(value)?.slice(0, 400) ?? "nothing";
  return `#${nth} ${at}\n  sandbox: ${short(sandbox)}\n  real:    ${
    short(real)
  }`;
}

Deno.test("docs/sandbox.md lists the known differences, and no others", async () => {
  const page = new URL("../../docs/sandbox.md", import.meta.url);
  const rows = (await Deno.readTextFile(page)).split("\n")
    .map((line) => /^\| (.+?) +\| (.+?) +\|$/.exec(line))
    .filter((row) => row !== null && row[1] !== "Difference")
    .map((row) => ({ what: row![1]!, why: row![2]! }))
    .filter(({ what }) => !/^-+$/.test(what));
  assertEquals(rows, KNOWN.map(({ what, why }) => ({ what, why })));
});
