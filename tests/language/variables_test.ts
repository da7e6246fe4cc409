import { readDocument } from "../../src/language/document.ts";
import { Variables } from "../../src/language/variables.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("what is set later does not show before, and what was set shows as it was", () => {
  const variables = new Variables([["a", "0"]]);
  const before = variables.now();
  variables.set("a", "1");
  variables.set("b", "");
  const after = variables.now();
  assertEquals([...before], [["a", "0"]]);
  assertEquals([...after], [["a", "1"], ["b", ""]]);
  assertEquals(
    [before.get("b"), before.has("b"), after.has("b"), after.size],
    [undefined, false, true, 2],
  );
});

Deno.test("a text of ten thousand variables is read in no more memory than its words take", () => {
  const text = Array.from({ length: 10_000 }, (_, at) => `set v${at}=${at}`);
  const { after, statements } = readDocument(
    [...text, "show $v9999"].join("\n"),
  );
  assertEquals(after.variables.size, 10_000);
  assertEquals(statements.at(-1)?.whole.positionals[0]?.value, "9999");
});
