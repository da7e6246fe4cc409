import * as fc from "fast-check";
import {
  quoteWord,
  spanOf,
  tokenize,
  tokensOf,
} from "../../src/language/tokens.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Values with the text that they stand in. */
function words(line: string): readonly (readonly [string, string])[] {
  return tokenize(line).tokens.map(({ value, span }) =>
    [value, line.slice(span.start, span.end)] as const
  );
}

Deno.test.each([
  ["", []],
  ["  \t ", []],
  ["a  b", [["a", "a"], ["b", "b"]]],
  [`'a b'`, [["a b", `'a b'`]]],
  [`"a 'b'"`, [["a 'b'", `"a 'b'"`]]],
  [`a'b c'd`, [["ab cd", `a'b c'd`]]],
  [`''`, [["", `''`]]],
  [`a\\ b`, [["a b", `a\\ b`]]],
  [`\\#a`, [["#a", `\\#a`]]],
  [`'\\d+'`, [["\\d+", `'\\d+'`]]],
  [`"\\d+\\.\\"\\\\\\$"`, [[`\\d+\\."\\$`, `"\\d+\\.\\"\\\\\\$"`]]],
  [`"a'"'"'`, [[`a'"`, `"a'"'"'`]]],
  ["a # b", [["a", "a"]]],
  ["a#b", [["a#b", "a#b"]]],
  ["a \\\n  b", [["a", "a"], ["b", "b"]]],
  ["a \\\r\n\\\n b", [["a", "a"], ["b", "b"]]],
  ["a\\\nb", [["ab", "a\\\nb"]]],
  ["a\\", [["a\\", "a\\"]]],
  ["$(rm) `x` $HOME *", [
    ["$(rm)", "$(rm)"],
    ["`x`", "`x`"],
    ["$HOME", "$HOME"],
    ["*", "*"],
  ]],
  ["😀 \u202Eb", [["😀", "😀"], ["\u202Eb", "\u202Eb"]]],
])("%j is split as a shell does, nothing expanded", (line, expected) => {
  assertEquals(words(line), expected as never);
});

Deno.test.each([
  [`a "b c`, `"b c`],
  [`a 'b`, `'b`],
  [`a "b\\`, `"b\\`],
])("%j has a quote that is not closed", (line, at) => {
  const { tokens, diagnostics } = tokenize(line);
  assertEquals(tokens.length, 2);
  assertEquals(
    diagnostics.map(({ span }) => line.slice(span.start, span.end)),
    [
      at,
    ],
  );
});

const line = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom("a", " ", "'", '"', "\\", "\n", "#", "$", "😀"),
    maxLength: 30,
  }),
);

Deno.test("the places of a token are where its characters stand, in order", () => {
  fc.assert(
    fc.property(line, (text) => {
      let end = 0;
      for (const token of tokenize(text).tokens) {
        assert(token.span.start >= end && token.span.end > token.span.start);
        end = token.span.end;
        assertEquals(token.places.length, token.value.length + 1);
        let last = token.span.start - 1;
        for (const [index, place] of token.places.entries()) {
          assert(place > last && place <= token.span.end);
          last = place;
          if (index < token.value.length) {
            assertEquals(text[place], token.value[index]);
          }
        }
      }
      assert(end <= text.length);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("words that a shell has split come back with exact places", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (argv) => {
      const found = tokensOf(argv);
      assertEquals(found.diagnostics, []);
      assertEquals(found.tokens.map(({ value }) => value), argv);
      for (const token of found.tokens) {
        for (const [index, char] of token.value.split("").entries()) {
          assertEquals(found.line[token.places[index] ?? -1], char);
        }
      }
    }),
  );
});

Deno.test("a part of a quoted word has its place in the line", () => {
  const { line, tokens } = tokensOf(["-H", `a=it's "b"`]);
  const token = tokens[1];
  assert(token);
  const { start, end } = spanOf(token, 7, 10);
  assertEquals(line.slice(start, end), '"b"');
});

Deno.test.each([
  ["", "''"],
  ["app=api-domain", "app=api-domain"],
  ["x^=1", "x^=1"],
  ["a b", "'a b'"],
  ["~/x", "'~/x'"],
  ["it's", `'it'\\''s'`],
  ["#", "'#'"],
  ["a\nb", "'a\nb'"],
  ["!$`\\", "'!$`\\'"],
])("%j is typed %s", (word, expected) => {
  assertEquals(quoteWord(word), expected);
});
