import { MUTATIONS } from "../scripts/mutation_table.ts";
import { assert, assertEquals } from "./support/assert.ts";

const ROOT = new URL("../", import.meta.url);

// `deno task test:mutations` takes minutes; that it still could is seen here.
Deno.test.each(MUTATIONS.map((each) => ({ ...each })))(
  "without $without there would be another text, and tests to notice",
  async ({ file, from, to, tests }) => {
    const source = await Deno.readTextFile(new URL(file, ROOT));
    assertEquals(source.split(from).length, 2, `${file}: ${from}`);
    assert(from !== to);
    for (const path of tests) await Deno.stat(new URL(path, ROOT));
  },
);
