import { parseYaml, stringifyYaml } from "../src/yaml.ts";
import { assertEquals, assertThrows } from "./support/assert.ts";

Deno.test("YAML survives a round trip", () => {
  const value = { a: [1, { b: "x: y" }], c: null };
  assertEquals(parseYaml(stringifyYaml(value)), value);
});

Deno.test("broken YAML is a SyntaxError", () => {
  assertThrows(() => parseYaml("a: [1"), SyntaxError);
});
