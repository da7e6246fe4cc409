import fc from "fast-check";
import { toJson } from "../../src/render/json.ts";
import { safe } from "../../src/render/safe.ts";
import { toYaml } from "../../src/render/yaml.ts";
import { parseYaml } from "../../src/yaml.ts";
import { assertEquals, assertNotMatch } from "../support/assert.ts";

Deno.test.each([
  { what: "a colour", text: "\x1b[31mred", gives: "\\x1b[31mred" },
  {
    what: "a hyperlink",
    text: "\x1b]8;;http://x\x07y",
    gives: "\\x1b]8;;http://x\\x07y",
  },
  { what: "a C1 sequence", text: "\x9b31m", gives: "\\x9b31m" },
  { what: "a carriage return", text: "good\rbad", gives: "good\\rbad" },
  { what: "a line feed", text: "a\nb", gives: "a\\nb" },
  { what: "a backspace", text: "a\bb", gives: "a\\x08b" },
  { what: "DEL", text: "a\x7f", gives: "a\\x7f" },
  { what: "a reading direction", text: "a\u202eb", gives: "a\\u202eb" },
  { what: "an isolate", text: "\u2066a\u2069", gives: "\\u2066a\\u2069" },
  { what: "zero width", text: "a\u200bb\ufeff", gives: "a\\u200bb\\ufeff" },
  { what: "an invisible tag", text: "a\u{e0041}", gives: "a\\u{e0041}" },
  { what: "a filler", text: "a\u3164b", gives: "a\\u3164b" },
  { what: "a variation", text: "a\ufe0f", gives: "a\\ufe0f" },
  { what: "half a pair", text: "a\ud800", gives: "a\\ud800" },
  { what: "plain text", text: "v1 50 % ünï 🙂", gives: "v1 50 % ünï 🙂" },
])("safe() makes $what visible or leaves it", ({ text, gives }) => {
  assertEquals(safe(text), gives);
});

Deno.test("safe() keeps line feeds and tabs of a block and nothing else", () => {
  assertEquals(safe("a\n\tb\r", { block: true }), "a\n\tb\\r");
});

const STEERING =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

/** Text in which everything that steers is frequent. */
const evil = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "\x1b",
      "\x07",
      "\r",
      "\n",
      "\t",
      "\x7f",
      "\x9b",
      "\u202e",
      "\u2066",
      "\u200b",
      "\ufeff",
      "\u2028",
      "'",
      '"',
      "\\",
      ": ",
      "#",
      "- ",
      "TEXT0E",
    ),
    fc.string({ minLength: 1, maxLength: 1 }),
  ),
});
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    evil,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(evil.filter((key) => key !== "__proto__"), tie("any"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).any;

Deno.test("JSON parses to the same value and steers no terminal", () => {
  fc.assert(fc.property(value, (one) => {
    const json = toJson(one);
    assertEquals(JSON.parse(json), one);
    assertNotMatch(json, STEERING);
    assertNotMatch(toJson(one, { line: true }), /\n/);
  }));
});

Deno.test("YAML parses to the same value and steers no terminal", () => {
  fc.assert(fc.property(value, (one) => {
    const yaml = toYaml(one);
    assertEquals(parseYaml(yaml), one);
    assertNotMatch(yaml.replaceAll("\t", ""), STEERING);
  }));
});
