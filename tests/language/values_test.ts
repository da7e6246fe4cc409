import * as fc from "fast-check";
import {
  isObjectName,
  type Parsed,
  parseDestination,
  parseDuration,
  parseHeader,
  parseHeaderList,
  parseLabels,
  parsePercent,
  parseSelector,
  parseSplit,
} from "../../src/language/values.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** The value, or the part of the text that is wrong. */
function outcome<T>(parsed: Parsed<T>, text: string): T | string {
  return parsed.ok
    ? parsed.value
    : `wrong: ${text.slice(parsed.start, parsed.end)}`;
}

Deno.test.each([
  ["0", 0],
  ["0.1", 0.1],
  ["20", 20],
  ["20.50", 20.5],
  ["100", 100],
  ["100.0", 100],
  ["-1", "wrong: -1"],
  ["-0", "wrong: -0"],
  ["101", "wrong: 101"],
  ["100.1", "wrong: 100.1"],
  ["abc", "wrong: abc"],
  ["20.55", "wrong: 20.55"],
  ["0.05", "wrong: 0.05"],
  ["20%", "wrong: 20%"],
  ["1e1", "wrong: 1e1"],
  ["0x10", "wrong: 0x10"],
  ["Infinity", "wrong: Infinity"],
  ["NaN", "wrong: NaN"],
  ["1,5", "wrong: 1,5"],
  ["٢٠", "wrong: ٢٠"],
  [" 20", "wrong:  20"],
  ["1".repeat(400), `wrong: ${"1".repeat(400)}`],
])("the percentage %s is %s", (text, expected) => {
  assertEquals(outcome(parsePercent(text), text), expected);
});

Deno.test("every tenth from 0 to 100 is a percentage, and no other number", () => {
  fc.assert(fc.property(fc.integer({ min: -5000, max: 20_000 }), (n) => {
    const text = String(n / 100);
    const parsed = parsePercent(text);
    assertEquals(parsed.ok, n >= 0 && n <= 10_000 && n % 10 === 0, text);
    if (parsed.ok) assertEquals(parsed.value, n / 100);
  }));
});

Deno.test.each([
  ["api:5000", { host: "api", port: 5000 }],
  ["api:80", { host: "api", port: 80 }],
  ["api:443", { host: "api", port: 443 }],
  ["api:65535", { host: "api", port: 65535 }],
  ["API.Shop.svc.cluster.local", { host: "api.shop.svc.cluster.local" }],
  ["api:0", "wrong: 0"],
  ["api:99999", "wrong: 99999"],
  ["api:65536", "wrong: 65536"],
  ["api:", "wrong: "],
  ["api:-1", "wrong: -1"],
  ["api:http", "wrong: http"],
  [":80", "wrong: :"],
  ["a b:80", "wrong: a b"],
  ["a\u202Eb", "wrong: a\u202Eb"],
  ["http://api:80", "wrong: http://api"],
])("the destination %s is %j", (text, expected) => {
  assertEquals(outcome(parseDestination(text), text), expected as never);
});

Deno.test.each([
  ["0", 0],
  ["500ms", 500],
  ["2s", 2000],
  ["1.5s", 1500],
  ["1h30m", 5_400_000],
  ["24h", 86_400_000],
  ["25h", "wrong: 25h"],
  ["5", "wrong: 5"],
  ["-1s", "wrong: -1s"],
  ["1d", "wrong: 1d"],
  ["s", "wrong: s"],
])("the time %s is %s", (text, expected) => {
  assertEquals(outcome(parseDuration(text), text), expected);
});

Deno.test.each([
  ["a=1", { name: "a", kind: "exact", value: "1" }],
  ["a=1=2,3", { name: "a", kind: "exact", value: "1=2,3" }],
  ["a^=1", { name: "a", kind: "prefix", value: "1" }],
  ["a?", { name: "a", kind: "present" }],
  [":authority=x", { name: ":authority", kind: "exact", value: "x" }],
  ["a", "wrong: a"],
  ["a=", "wrong: a="],
  ["=1", "wrong: ="],
  ["?", "wrong: ?"],
  ["a b=1", "wrong: a b"],
  ["a\u0000=1", "wrong: a\u0000"],
])("the header %j is %j", (text, expected) => {
  assertEquals(outcome(parseHeader(text), text), expected as never);
});

Deno.test("a list of headers says which of them is wrong, and how to give a comma", () => {
  const parsed = parseHeaderList("a=1, b");
  assert(!parsed.ok);
  assertEquals("a=1, b".slice(parsed.start, parsed.end), "b");
  assert(parsed.hint?.includes("--header"));
});

Deno.test.each([
  ["app=a", [{ key: "app", operator: "in", values: ["a"] }]],
  ["app = a", [{ key: "app", operator: "in", values: ["a"] }]],
  ["app!=a", [{ key: "app", operator: "notin", values: ["a"] }]],
  ["app notin (a,b)", [{
    key: "app",
    operator: "notin",
    values: ["a", "b"],
  }]],
  ["a in (b,c),!d,e", [
    { key: "a", operator: "in", values: ["b", "c"] },
    { key: "d", operator: "notexists" },
    { key: "e", operator: "exists" },
  ]],
  ["x in ()", [{ key: "x", operator: "in", values: [""] }]],
  ["constructor=1", [{ key: "constructor", operator: "in", values: ["1"] }]],
  ["a=b,", "wrong: ,"],
  ["a=b,,c=d", "wrong: ,"],
  ["a=b,c>d", "wrong: c>d"],
  ["a in (b", "wrong: a in (b"],
  ["a)b", "wrong: a)b"],
  ["__proto__=1", "wrong: __proto__=1"],
])("the selector %j is %j", (text, expected) => {
  assertEquals(outcome(parseSelector(text), text), expected as never);
});

Deno.test("labels and shares have their mistakes where they stand", () => {
  assertEquals(outcome(parseLabels("a=1,b"), "a=1,b"), "wrong: b");
  assertEquals(outcome(parseLabels("a=1,a=2"), "a=1,a=2"), "wrong: a=2");
  assertEquals(outcome(parseSplit("1=50,2=x"), "1=50,2=x"), "wrong: x");
  assertEquals(outcome(parseSplit("1=50,1=50"), "1=50,1=50"), "wrong: 1=50");
  assertEquals(
    outcome(parseSplit("1=50,2=40"), "1=50,2=40"),
    "wrong: 1=50,2=40",
  );
  const tenths = parseSplit("1=33.3,2=33.3,3=33.4");
  assert(tenths.ok && tenths.value.length === 3);
});

Deno.test("a label may be called as what every object has", () => {
  const parsed = parseLabels("constructor=1,toString=2");
  assert(parsed.ok);
  assertEquals(Object.entries(parsed.value), [
    ["constructor", "1"],
    ["toString", "2"],
  ]);
  assert(!parseLabels("__proto__=1").ok);
});

Deno.test("no text makes a value throw, and what is wrong lies in the text", () => {
  const parsers: readonly ((text: string) => Parsed<unknown>)[] = [
    parsePercent,
    parseDestination,
    parseDuration,
    parseLabels,
    parseSplit,
    parseHeader,
    parseHeaderList,
    parseSelector,
  ];
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom(..."a1=!,()? :^.-m", " in ", "__proto__", "\u202E"),
      maxLength: 20,
    }),
  );
  fc.assert(
    fc.property(text, (given) => {
      for (const parse of parsers) {
        const parsed = parse(given);
        if (parsed.ok) continue;
        assert(parsed.start >= 0 && parsed.end >= parsed.start);
        assert(parsed.end <= Math.max(given.length, 1));
        assert(parsed.message.length < 400);
      }
      isObjectName(given);
    }),
    { numRuns: 2000 },
  );
});

Deno.test.each([
  ["1".repeat(1_000_000)],
  ["a=".repeat(500_000)],
  ["a,".repeat(500_000)],
  ["1s".repeat(500_000)],
  ["(".repeat(1_000_000)],
  ["a in (".repeat(160_000)],
  ["a-".repeat(500_000)],
  [" ".repeat(1_000_000)],
  [Array.from({ length: 90_000 }, (_, n) => `b${n}=0`).join(",")],
])("a value of a megabyte is read or refused in a few words", (text) => {
  for (
    const parse of [
      parsePercent,
      parseDestination,
      parseDuration,
      parseLabels,
      parseSplit,
      parseHeader,
      parseHeaderList,
      parseSelector,
    ] as readonly ((text: string) => Parsed<unknown>)[]
  ) {
    const parsed = parse(text);
    assert(parsed.ok || parsed.message.length < 400);
  }
});
