import * as fc from "fast-check";
import { COMMANDS, optionsOf } from "../../src/language/commands.ts";
import { nearest } from "../../src/language/diagnose.ts";
import { toInvocation } from "../../src/language/invocation.ts";
import {
  parseArguments,
  parseCommandLine,
  type Parsed,
} from "../../src/language/parse.ts";
import { quoteWord, tokenize } from "../../src/language/tokens.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Options as `name=value`, in order. */
function given(parsed: Parsed): string[] {
  return parsed.options.map(({ option, value }) =>
    value === undefined ? option.long : `${option.long}=${value}`
  );
}

function codes(line: string): string[] {
  return toInvocation(parseCommandLine(line)).diagnostics
    .map(({ code }) => code);
}

Deno.test("every token knows its place in the line", () => {
  const line = `shift  -l "app = x" 'it''s' a\\ b`;
  const { tokens } = tokenize(line);
  assertEquals(
    tokens.map(({ value, span }) => [
      value,
      line.slice(span.start, span.end),
    ]),
    [
      ["shift", "shift"],
      ["-l", "-l"],
      ["app = x", `"app = x"`],
      ["its", `'it''s'`],
      ["a b", "a\\ b"],
    ],
  );
});

Deno.test.each([
  ["-w20"],
  ["-w=20"],
  ["-w 20"],
  ["--weight=20"],
  ["--weight 20"],
])("%s is a weight of 20", (text) => {
  const parsed = parseCommandLine(`shift reviews -b 3 ${text}`);
  assertEquals(parsed.diagnostics, []);
  assertEquals(given(parsed), ["build=3", "weight=20"]);
});

Deno.test("short flags may be bundled, the last one with its value", () => {
  assertEquals(
    given(parseCommandLine("shift reviews -yrb3 -H a=b")),
    ["yes", "regexp", "build=3", "headers=a=b"],
  );
});

Deno.test("options that add up are kept in order", () => {
  assertEquals(
    given(parseCommandLine("shift x --header a=1 -b 3 --header b=2")),
    ["header=a=1", "build=3", "header=b=2"],
  );
});

Deno.test("1.2 a scalar given twice with different values is wrong, with equal ones not", () => {
  assertEquals(codes("shift x -b 3 -w 20 -w 30"), ["conflicting-options"]);
  assertEquals(codes("shift x -b 3 -w 20 -w 20"), []);
});

Deno.test("traffic may stand before a verb", () => {
  assertEquals(
    parseCommandLine("traffic shift x").path,
    parseCommandLine("shift x").path,
  );
});

Deno.test("options may stand before the command", () => {
  const parsed = parseCommandLine("--sandbox -n shop show payments");
  assertEquals(parsed.path, ["show"]);
  assertEquals(given(parsed), ["sandbox", "namespace=shop"]);
  assertEquals(parsed.positionals.map(({ value }) => value), ["payments"]);
});

Deno.test("behind -- nothing is an option", () => {
  const parsed = parseCommandLine("show -- -w");
  assertEquals(parsed.positionals.map(({ value }) => value), ["-w"]);
});

Deno.test("a parser that goes on finds every error of a line", () => {
  const line = "shift x -b 3 -w 120 --frce -d host:0 -o jsno";
  const { diagnostics } = toInvocation(parseCommandLine(line));
  assertEquals(
    diagnostics.map(({ span }) => line.slice(span.start, span.end)),
    ["120", "--frce", "0", "jsno"],
  );
});

Deno.test.each([
  ["shfit x -b 3 -w 1", "shift"],
  ["hsitory x", "history"],
  ["shift x --wieght 3 -b 1", "--weight"],
  ["show -o jsn", "json"],
  ["clear x -m hrad", "hard"],
])("%s: did you mean %s?", (line, right) => {
  const { diagnostics } = toInvocation(parseCommandLine(line));
  const found = diagnostics.map(({ replacement, hint }) =>
    `${replacement} ${hint}`
  );
  assert(found.some((text) => text.includes(right)), found.join("\n"));
});

Deno.test("an unknown option is the only thing said about it", () => {
  assertEquals(codes("shift x -b 3 --wieght 20"), ["unknown-option"]);
});

Deno.test("a command that has its place and is not there yet says so", () => {
  assertEquals(codes("rollout x"), ["unknown-command"]);
});

Deno.test("nothing near is suggested for what is near to nothing", () => {
  assertEquals(nearest("zzzzzz", ["show", "shift"]), undefined);
  assertEquals(nearest("constructor", ["show"]), undefined);
});

Deno.test("every example of the table is a line without a fault", () => {
  for (const command of COMMANDS) {
    const way = command.ways?.[0] ?? "line";
    for (const { line } of command.examples) {
      const [first, ...rest] = tokenize(line).tokens;
      assertEquals(first?.value === "istiops", way === "line", line);
      const parsed = way === "line"
        ? parseArguments(rest.map(({ value }) => value))
        : parseCommandLine(line, { way });
      const { invocation, diagnostics } = toInvocation(parsed);
      assertEquals(diagnostics, [], line);
      assert(invocation, line);
    }
  }
});

Deno.test("no command has two options of one name", () => {
  for (const command of COMMANDS) {
    const names = optionsOf(command).flatMap(({ long, short }) =>
      short === undefined ? [`--${long}`] : [`--${long}`, `-${short}`]
    );
    assertEquals(names.length, new Set(names).size, command.path.join(" "));
  }
});

Deno.test("names of prototypes are no commands, options or labels", () => {
  for (const name of ["__proto__", "constructor", "toString"]) {
    assertEquals(codes(name), ["unknown-command"]);
    assert(codes(`show --${name}`).includes("unknown-option"));
    const { invocation } = toInvocation(
      parseCommandLine(`shift x -w 1 -b 1 -p ${name}=3`),
    );
    if (invocation?.verb === "shift") {
      const { podLabels } = invocation.intentFor("default");
      assertEquals(Object.entries(podLabels ?? {}), [[name, "3"]]);
    }
    assertEquals(({} as Record<string, unknown>)["3"], undefined);
  }
});

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(
    fc.constantFrom(
      ...["shift", "show", "-w", "20", "--header", "a=b", '"', "'", "\\"],
      ...[" ", "=", "-", "--", "-l", "app in (a,b)", "-o", "json", "é😀", "\n"],
    ),
    { maxLength: 12 },
  ).map((words) => words.join(" ")),
);

Deno.test("no text makes the parser throw, and every place lies in the line", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const parsed = parseCommandLine(text);
      const { diagnostics } = toInvocation(parsed);
      const spans = [
        ...diagnostics,
        ...parsed.options,
        ...parsed.positionals,
      ].map(({ span }) => span);
      for (const { start, end } of spans) {
        assert(0 <= start && start <= end && end <= parsed.line.length);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a quoted word is one token of the same value", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 30 }), (word) => {
      const { tokens } = tokenize(quoteWord(word));
      assertEquals(tokens.map(({ value }) => value), [word]);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("words and the same words quoted in a line are one command", () => {
  const word = fc.oneof(
    fc.constantFrom("shift", "-w", "20", "-b", "3", "--yes", "-H", "a=b c"),
    fc.string({ maxLength: 8 }),
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
    const fromWords = parseArguments(argv);
    const fromLine = parseCommandLine(argv.map(quoteWord).join(" "));
    assertEquals(given(fromLine), given(fromWords));
    assertEquals(fromLine.path, fromWords.path);
    assertEquals(
      fromLine.positionals.map(({ value }) => value),
      fromWords.positionals.map(({ value }) => value),
    );
  }));
});

Deno.test("a huge line is read in one go", () => {
  const line = `shift x ${"--header a=b ".repeat(50_000)}`;
  assertEquals(parseCommandLine(line).options.length, 50_000);
  assert(codes(`show ${"-".repeat(1_000_000)}`).length > 0);
});

Deno.test("an option behind an option is not its value", () => {
  const line = "shift x -b 3 -w --dry-run --plan-out -y -p";
  const parsed = parseCommandLine(line);
  assertEquals(given(parsed), ["build=3", "dry-run", "yes"]);
  assertEquals(
    parsed.diagnostics.map(({ code, span }) =>
      `${code} ${line.slice(span.start, span.end)}`
    ),
    ["missing-value -w", "missing-value --plan-out", "missing-value -p"],
  );
  // What only looks like one is a value, and so is what stands behind "=".
  assertEquals(given(parseCommandLine("shift x -w -1 --build=-y")), [
    "weight=-1",
    "build=-y",
  ]);
});

Deno.test.each([
  ["shift x -dry-run", "-dry-run", "--dry-run"],
  ["shift x -weight=20", "-weight", "--weight"],
  ["shift x -build 3", "-build", "--build"],
])("%s: one dash is one too few at %s", (line, at, right) => {
  const { diagnostics } = parseCommandLine(line);
  assertEquals(
    diagnostics.map(({ span, replacement }) => [
      line.slice(span.start, span.end),
      replacement,
    ]),
    [[at, right]],
  );
});

Deno.test("what stood before a deeper command must be an option of it, too", () => {
  assertEquals(codes("sandbox --load a.yaml reset"), ["unknown-option"]);
  assertEquals(codes("--quiet sandbox reset"), []);
});

Deno.test("an option that comes too early is told where it belongs", () => {
  const { diagnostics } = toInvocation(parseCommandLine("-b 3 shift x -w 1"));
  assertEquals(diagnostics.map(({ hint }) => hint), [
    "Options of a command stand after it",
  ]);
});

Deno.test("no place cuts a character in two", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("-", "w", "y", "=", " ", "😀", "é", "\u202E"),
        maxLength: 16,
      }),
      (text) => {
        const line = `shift ${text}`;
        for (const { span } of parseCommandLine(line).diagnostics) {
          assert(line.slice(span.start, span.end).isWellFormed());
          assert(line.slice(0, span.start).isWellFormed());
        }
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("a message is short, whatever the line", () => {
  const long = "x".repeat(1_000_000);
  for (
    const line of [
      long,
      `show --${long}`,
      `show ${long}_`,
      `show -o ${long}`,
      `show -n ${long}`,
      `show -l ${long}`,
      `shift x -w ${long}`,
      `shift x --header ${long}`,
      `shift x -b 3 -b ${long}`,
      `sandbox --port ${long}`,
      `version ${long}`,
      `shift x -b 3 -H ${"a=b,".repeat(200_000)}`,
    ]
  ) {
    const { diagnostics } = toInvocation(parseCommandLine(line));
    const [first] = diagnostics;
    assert(first && first.message.length < 400, line.slice(0, 20));
    assert((first.hint ?? "").length < 400);
  }
});

Deno.test("a line of a megabyte is read in time, whatever repeats", () => {
  const headers = Array.from({ length: 60_000 }, (_, n) => `x${n}=1`);
  for (
    const line of [
      `shift x -${"y".repeat(1_000_000)}`,
      `shift x ${"-w1 ".repeat(250_000)}`,
      `shift x -b 3 -H ${headers.join(",")}`,
      `shift x -b 3 ${headers.map((each) => `--header ${each}`).join(" ")}`,
      `show ${"'".repeat(999_999)}`,
      `show ${"\\".repeat(999_999)}`,
    ]
  ) {
    toInvocation(parseCommandLine(line));
  }
  const read = toInvocation(
    parseCommandLine(`shift x -b 3 -H ${headers.join(",")}`),
  ).invocation;
  assert(read?.verb === "shift");
  assertEquals(read.intentFor("default").headers?.length, headers.length);
});
