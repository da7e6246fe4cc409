import fc from "fast-check";
import { linesOf, readDocument } from "../../src/language/document.ts";
import { format } from "../../src/language/format.ts";
import { tokenize } from "../../src/language/tokens.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test.each([
  { from: "show   a  -n  b", gives: "show a -n b\n" },
  { from: "  show a  \n", gives: "show a\n" },
  { from: "\n\nshow a\n\n\n\nshow b\n\n", gives: "show a\n\nshow b\n" },
  { from: "show a   # why  ", gives: "show a # why\n" },
  { from: "#!/x\n\t#why", gives: "#!/x\n#why\n" },
  {
    from: "shift r \\\n-b 3   -w 20\\\n\t # why",
    gives: "shift r \\\n  -b 3 -w 20 \\\n  # why\n",
  },
  {
    from: "shift r \\\n-b 3   -w 20 \\\n\t # why",
    gives: "shift r \\\n  -b 3 -w 20 \\\n  # why\n",
  },
  { from: "show a \\\n\nshow b", gives: "show a\nshow b\n" },
  { from: `show  'a  b'  "c  d"`, gives: `show 'a  b' "c  d"\n` },
  { from: "show  'a  b", gives: "show  'a  b\n" },
  { from: "show  a\r\nshow  b", gives: "show a\r\nshow b\r\n" },
  { from: "show a\\ ", gives: "show a\\ \n" },
  { from: "\ufeffshow a", gives: "show a\n" },
  { from: "", gives: "" },
  { from: " \n \n", gives: "" },
])("format() turns $from into $gives", ({ from, gives }) => {
  assertEquals(format(from), gives);
});

/** Texts that are all corners. */
const anyText = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      ...["a", "b=1", " ", "  ", "\t", "\n", "\r\n", "\\", "\\\n", "'", '"'],
      ...["#", "# c", "$x", "-w", "\r", "\u00a0", "\u2028", "𐐀"],
    ),
    maxLength: 40,
  }),
  fc.array(
    fc.constantFrom(
      ...["show a", "  shift  r -b 3 \\", "  -w 20", "# note ", "", "set x=1"],
      ...["clear 'a", 'undo "a # b" \\', "\t--yes # why \\", "show $x"],
    ),
    { maxLength: 12 },
  ).map((lines) => lines.join("\n")),
);

/** The words of each line and its comment, as they are read. */
function meaning(text: string) {
  return linesOf(text).map((span) => {
    const { tokens, comment } = tokenize(text, { span });
    return {
      words: tokens.map(({ value }) => value),
      comment: comment && text.slice(comment.start, comment.end).trimEnd(),
    };
  }).filter(({ words, comment }) => words.length > 0 || comment !== undefined);
}

Deno.test("format() changes no word and no comment of any text", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assertEquals(meaning(format(text)), meaning(text));
    }),
    { numRuns: 5000 },
  );
});

Deno.test("format() changes nothing the second time", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const once = format(text);
      assertEquals(format(once), once);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("a formatted script asks for the same, with the same findings", () => {
  const told = (text: string) => {
    const { statements } = readDocument(text);
    return statements.map(({ whole, diagnostics }) => ({
      path: whole.path,
      names: whole.positionals.map(({ value }) => value),
      options: whole.options.map(({ option, value }) => [option.long, value]),
      diagnostics: diagnostics.map(({ code, message }) => [code, message]),
    }));
  };
  fc.assert(
    fc.property(anyText, (text) => {
      assertEquals(told(format(text)), told(text));
    }),
    { numRuns: 2000 },
  );
});
