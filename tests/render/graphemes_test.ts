import fc from "fast-check";
import { graphemes } from "../../src/render/graphemes.ts";
import { widthOf } from "../../src/render/text.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test.each([
  { text: "abc", width: 3 },
  { text: "世界", width: 4 },
  { text: "e\u0301", width: 1 },
  { text: "👍🏽", width: 2 },
  { text: "👨‍👩‍👧", width: 2 },
  { text: "🇩🇪🇫🇷", width: 4 },
  { text: "❤\ufe0f", width: 2 },
  { text: "שלום", width: 4 },
  { text: "\u1112\u1161\u11ab", width: 2 },
  { text: "→ …", width: 3 },
])("widthOf() gives $text $width columns", ({ text, width }) => {
  assertEquals(widthOf(text), width);
});

Deno.test("graphemes() agrees with the segmenter, also where it goes without", () => {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  const pieces = fc.string({ unit: "binary" }).filter((text) =>
    !text.includes("\r\n")
  );
  fc.assert(
    fc.property(pieces, (text) => {
      assertEquals(
        graphemes(text),
        Array.from(segmenter.segment(text), ({ segment }) => segment),
      );
    }),
    { numRuns: 1000 },
  );
});
