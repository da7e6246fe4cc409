/** The tables of docs/faults.md are written by runs, and by nobody else. */
import { assert, assertEquals } from "./support/assert.ts";

const DOCS = await Deno.readTextFile(
  new URL("../docs/faults.md", import.meta.url),
);

/** Rows between two marks: id or name, and what happens. */
function rowsOf(part: string): readonly (readonly [string, string])[] {
  const [, rest = ""] = DOCS.split(`<!-- ${part} -->`);
  const [table = ""] = rest.split(`<!-- /${part} -->`);
  return table.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => {
      const [, first = "", second = ""] = line.split(/(?<!\\)\|/);
      return [first.trim(), second.trim()] as const;
    });
}

Deno.test.each([{ part: "fault" }, { part: "mesh" }, { part: "load" }, {
  part: "mutations",
}])("docs/faults.md has one $part table, each row of it once", ({ part }) => {
  const rows = rowsOf(part).map(([first, second]) => `${first} ${second}`);
  assert(rows.length > 3);
  assertEquals(rows.filter((row, at) => rows.indexOf(row) !== at), []);
});

Deno.test("docs/faults.md has a row for each fault and attack there is", () => {
  const there = new Set(rowsOf("fault").map(([id]) => id));
  const ids = [
    ...Array.from({ length: 28 }, (_, at) => `F${at + 1}`),
    ...Array.from({ length: 16 }, (_, at) => `S${at + 1}`),
  ].map((id) => id.replace(/^.(?=.$)/, "$&0"));
  // Progressive rollout is not there yet.
  assertEquals(ids.filter((id) => !there.has(id)), ["F26"]);
});
