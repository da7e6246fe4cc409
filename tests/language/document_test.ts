import fc from "fast-check";
import { linesOf, readDocument } from "../../src/language/document.ts";
import { wordsOf } from "../../src/language/given.ts";
import { parseArguments } from "../../src/language/parse.ts";
import { placeOf, startedWith } from "../../src/language/session.ts";
import { tokenize } from "../../src/language/tokens.ts";
import { assert, assertEquals } from "../support/assert.ts";

function lines(text: string): readonly string[] {
  return linesOf(text).map(({ start, end }) => text.slice(start, end));
}

Deno.test.each([
  { text: "a\nb", gives: ["a", "b"] },
  { text: "a \\\n b\nc", gives: ["a \\\n b", "c"] },
  { text: "a\\\\\nb", gives: ["a\\\\", "b"] },
  { text: "# no \\\nb", gives: ["# no \\", "b"] },
  { text: "a#b \\\nc", gives: ["a#b \\\nc"] },
  { text: "a\r\nb\r\n", gives: ["a", "b", ""] },
  { text: "a \\\r\n b", gives: ["a \\\r\n b"] },
  { text: "", gives: [""] },
  { text: "a ' # b' \\\nc", gives: ["a ' # b' \\\nc"] },
  { text: "a \\ # b \\\nc\nd", gives: ["a \\ # b \\\nc", "d"] },
  { text: 'a "it\'s # " \\\nc', gives: ['a "it\'s # " \\\nc'] },
  { text: "a 'b \\\nc'\nd", gives: ["a 'b \\\nc'", "d"] },
  { text: "a 'b\nc'", gives: ["a 'b", "c'"] },
])("linesOf() cuts $text", ({ text, gives }) => {
  assertEquals(lines(text), gives);
});

Deno.test("lines hold the whole text, whatever it is", () => {
  fc.assert(fc.property(
    fc.string({ unit: fc.constantFrom("a", "\\", "\n", "\r", "#", " ", "'") }),
    (text) => {
      const spans = linesOf(text);
      const between = spans.map(({ start, end }, at) =>
        text.slice(start, end) +
        text.slice(end, spans[at + 1]?.start ?? text.length)
      );
      assertEquals(between.join(""), text);
    },
  ));
});

Deno.test("a line ends behind a backslash only where that ends a comment", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("a", " ", "\\", "\n", "#", "'", '"', "\\\n"),
      }),
      (text) => {
        for (const span of linesOf(text).slice(0, -1)) {
          const [open = ""] = /\\*$/.exec(text.slice(0, span.end)) ?? [];
          const { comment } = tokenize(text, { span });
          if (open.length % 2 === 1) assert(comment, JSON.stringify(text));
          const { start = 0, end = 0 } = comment ?? {};
          assert(!text.slice(start, end).includes("\n"), JSON.stringify(text));
        }
      },
    ),
    { numRuns: 3000 },
  );
});

function whole(text: string, outside: Record<string, string> = {}) {
  const document = readDocument(text, {
    outside: new Map(Object.entries(outside)),
  });
  return {
    document,
    lines: document.statements.map((each) => wordsOf(each.whole).join(" ")),
    wrong: document.diagnostics.map(({ code, span }) =>
      `${code} ${text.slice(span.start, span.end)}`
    ),
  };
}

Deno.test("a value is one piece of a word, whatever is in it", () => {
  const { document, wrong } = whole(
    "set b='3 -w 100; $(x)'\nshift r -b $b --header x=$b.${b} -w 1",
  );
  assertEquals(wrong, []);
  const [, shift] = document.statements;
  const values = shift?.parsed.options.map(({ value }) => value);
  assertEquals(values, [
    "3 -w 100; $(x)",
    "x=3 -w 100; $(x).3 -w 100; $(x)",
    "1",
  ]);
});

Deno.test("a value is never an option, nor the end of them", () => {
  const { document, lines } = whole(
    "shift $a -w 100 -b $b $c --dry-run\nshift '$a' \"$a\"",
    { a: "--yes", b: "--force", c: "--" },
  );
  assertEquals(
    document.statements.map(({ parsed: { options, positionals } }) => [
      options.map(({ option, value }) => [option.long, value]),
      positionals.map(({ value }) => value),
    ]),
    [
      [
        [["weight", "100"], ["build", "--force"], ["dry-run", undefined]],
        ["--yes", "--"],
      ],
      [[], ["$a", "--yes"]],
    ],
  );
  assertEquals(
    lines[0],
    "shift --weight 100 --build=--force --dry-run -- --yes --",
  );
});

Deno.test("a value from outside goes before, and its name needs no set", () => {
  assertEquals(
    whole("shift r -b $b -w 1\nset b=2\nshift r -b $b -w 1", { b: "9" }).lines,
    [
      "shift r --build 9 --weight 1",
      "set b=2",
      "shift r --build 9 --weight 1",
    ],
  );
});

Deno.test("what is not set is an error at its place, with what was meant", () => {
  const text = "set build=3\nshift r -b $buid -w 1 -H 'x=$no' --header y=\\$z";
  const { document, wrong } = whole(text);
  assertEquals(wrong, ["undefined-variable $buid"]);
  assertEquals(document.diagnostics[0]?.replacement, "$build");
});

Deno.test("what is in use makes lines whole, where they choose nothing", () => {
  const text = [
    "use context staging",
    "use namespace shop",
    "use selector app=store",
    "use build 3",
    "shift -w 20",
    "shift other -w 20",
    "show -n default",
    "show --context prod",
    "clear",
    "show -A",
    "undo --sandbox x",
    "use selector",
    "use context",
    "show",
  ].join("\n");
  const target = "--context staging --namespace shop";
  assertEquals(whole(text).lines.slice(4), [
    `shift --weight 20 ${target} --label-selector app=store --build 3`,
    `shift other --weight 20 ${target}`,
    "show --namespace default --context staging",
    "show --context prod",
    `clear ${target} --label-selector app=store`,
    "show --all-namespaces --context staging",
    "undo x --sandbox",
    "use selector",
    "use context",
    "show",
  ]);
});

Deno.test("what a shell was started with holds until a line says otherwise", () => {
  const session = startedWith(
    parseArguments([
      "--sandbox",
      "-n",
      "shop",
      "--timeout",
      "5s",
      "-o",
      "json",
    ]),
  );
  const { statements } = readDocument(
    "show\nshow --context prod\nuse context dev\nshow\nuse namespace x\nshow",
    { session },
  );
  const found = statements.map((each) => wordsOf(each.whole).join(" "));
  assertEquals([found[0], found[1], found[3], found[5]], [
    "show --sandbox --namespace shop --timeout 5s",
    "show --context prod --timeout 5s",
    "show --context dev --timeout 5s",
    "show --context dev --timeout 5s --namespace x",
  ]);
  assertEquals(placeOf(statements[0]!.whole, session), {
    context: { sandbox: true },
    namespace: "shop",
  });
});

Deno.test.each([
  { text: "use nonsense", code: "unexpected-argument" },
  { text: "use namespac shop", code: "unexpected-argument", fix: "namespace" },
  { text: "use namespace Shop", code: "invalid-value" },
  { text: "use selector a=b=c", code: "invalid-value" },
  { text: "set 3x=1", code: "invalid-value" },
  { text: "set x", code: "invalid-value" },
  { text: "refresh", code: "unknown-command" },
  { text: "run other", code: "unknown-command" },
  { text: "history", code: "missing-argument" },
])("in a script, $text is $code", ({ text, code, fix }) => {
  const { diagnostics } = readDocument(text);
  assertEquals(diagnostics.map((each) => each.code), [code]);
  if (fix) assertEquals(diagnostics[0]?.replacement, fix);
});

Deno.test("words written again read the same", () => {
  fc.assert(fc.property(
    fc.array(
      fc.constantFrom(
        ...["r", "$x", "a b", "'", '"', "\\", "#", "-w", "20", "--"],
        "-l=--watch",
      ),
      { maxLength: 8 },
    ),
    (values) => {
      const first = parseArguments(["show", ...values]);
      const again = readDocument(wordsOf(first).join(" "), {
        variables: new Map(),
      }).statements[0]?.parsed;
      assert(again);
      assertEquals(
        again.positionals.map(({ value }) => value).toSorted(),
        first.positionals.map(({ value }) => value).toSorted(),
      );
      assertEquals(
        again.options.map(({ option, value }) => [option.long, value]),
        first.options.map(({ option, value }) => [option.long, value]),
      );
    },
  ));
});
