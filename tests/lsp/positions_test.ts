import fc from "fast-check";
import { changed, Lines } from "../../src/lsp/positions.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test.each([
  { text: "", line: 0, character: 0, offset: 0 },
  { text: "世 a", line: 0, character: 2, offset: 2 },
  { text: "👍🏽x", line: 0, character: 4, offset: 4 },
  { text: "𐐀x\ny", line: 1, character: 1, offset: 5 },
  { text: "a\r\nb", line: 1, character: 0, offset: 3 },
  { text: "a\r\nb", line: 0, character: 1, offset: 1 },
  { text: "a\rb", line: 1, character: 1, offset: 3 },
  { text: "a\n", line: 1, character: 0, offset: 2 },
])("$line:$character of a text is unit $offset, and back", (row) => {
  const { text, line, character, offset } = row;
  const lines = new Lines(text);
  assertEquals(lines.offsetAt({ line, character }), offset);
  assertEquals(lines.positionAt(offset), { line, character });
});

Deno.test.each([
  { line: 0, character: 99, offset: 2, why: "behind the end of a line" },
  { line: 9, character: 0, offset: 6, why: "behind the last line" },
  { line: -1, character: 3, offset: 0, why: "before the first line" },
  { line: 1, character: -5, offset: 4, why: "before the first unit" },
])("a place $why is the nearest one", ({ line, character, offset }) => {
  assertEquals(new Lines("ab\r\ncd").offsetAt({ line, character }), offset);
});

Deno.test("every offset has a position that leads back to it", () => {
  fc.assert(fc.property(text(), (text) => {
    const lines = new Lines(text);
    for (let offset = 0; offset <= text.length; offset++) {
      const position = lines.positionAt(offset);
      // Between \r and \n is the end of the line.
      const isSplit = text.slice(offset - 1, offset + 1) === "\r\n";
      assertEquals(lines.offsetAt(position), isSplit ? offset - 1 : offset);
    }
  }));
});

Deno.test("random edits at positions give the text that the editor has", () => {
  const edit = fc.record({
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(5),
    text: text(),
  });
  fc.assert(fc.property(text(), fc.array(edit), (before, edits) => {
    let model = before;
    let ours = before;
    for (const { from, length, text } of edits) {
      const start = Math.floor(from * model.length);
      const end = Math.min(model.length, start + length);
      const range = { start: placeOf(model, start), end: placeOf(model, end) };
      // What is between \r and \n has no position of its own.
      const at = (offset: number) =>
        model.slice(offset - 1, offset + 1) === "\r\n" ? offset - 1 : offset;
      model = model.slice(0, at(start)) + text + model.slice(at(end));
      ours = changed(ours, [{ range, text }]);
      assertEquals(ours, model);
    }
  }));
});

/** Text with all that is hard: pairs, joiners, ends of lines of three kinds. */
function text(): fc.Arbitrary<string> {
  return fc.array(
    fc.constantFrom("a", " ", "世", "👍🏽", "𐐀", "e\u0301", "\n", "\r\n", "\r"),
    { maxLength: 12 },
  ).map((parts) => parts.join(""));
}

/** The same by counting; slow and plain. */
function placeOf(text: string, offset: number) {
  const isSplit = text.slice(offset - 1, offset + 1) === "\r\n";
  const before = text.slice(0, isSplit ? offset - 1 : offset)
    .split(/\r\n|\n|\r/);
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}
