import fc from "fast-check";
import {
  COMMANDS,
  commandsIn,
  isIn,
  optionsOf,
} from "../../src/language/commands.ts";
import { complete } from "../../src/language/complete.ts";
import { readDocument } from "../../src/language/document.ts";
import { type Names, NO_NAMES } from "../../src/language/names.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { DEFAULT, marked, NAMES } from "./rig/known.ts";

function labels(text: string, names = NAMES): readonly string[] {
  const { document, offset } = marked(text);
  return complete(document, offset, names).items.map(({ label }) => label);
}

/** The text once the first item is taken. */
function taken(text: string, at = 0): string {
  const { document, offset, text: plain } = marked(text);
  const { span, items } = complete(document, offset, NAMES);
  const item = items[at];
  assert(item, `nothing at ${text}`);
  return plain.slice(0, span.start) + item.text + plain.slice(span.end);
}

Deno.test.each([
  { text: "sh‸", first: "show", has: "shift" },
  { text: "‸", first: "show", has: "use" },
  { text: "use ‸", first: "context", has: "build" },
  { text: "log ‸", first: "start", has: "stop" },
  { text: "help ‸", first: "show", has: "undo" },
  { text: "help us‸", first: "use", has: "use" },
  {
    text: "shift --wei‸",
    first: "--weight PERCENT, -w",
    has: "--weight PERCENT, -w",
  },
  {
    text: "shift -w‸",
    first: "--weight PERCENT, -w",
    has: "--weight PERCENT, -w",
  },
  { text: "clear -m ‸", first: "soft", has: "hard" },
  { text: "clear --mode=h‸", first: "hard", has: "hard" },
  { text: "show -n ‸", first: "default", has: "shop" },
  { text: "show -n s‸", first: "shop", has: "istio-system" },
  { text: "show --namespace=ist‸", first: "istio-system", has: "istio-system" },
  { text: "use namespace s‸", first: "shop", has: "istio-system" },
  { text: "show --context ‸", first: "staging", has: "production" },
  { text: "shift ‸", first: "api-domain-virtualservice", has: "catalog" },
  { text: "shift cata‸", first: "catalog", has: "catalog" },
  { text: "shift -d ‸", first: "api-domain", has: "catalog:8080" },
  { text: "shift -l ‸", first: "app=", has: "tier=" },
  { text: "shift -l app=‸", first: "api-domain", has: "api-domain" },
  { text: "shift -l app=api-domain,‸", first: "app=", has: "tier=" },
  { text: "shift -p app=‸", first: "api-domain", has: "catalog" },
  { text: "shift -l app=api-domain -b ‸", first: "1", has: "3" },
  { text: "shift catalog -b ‸", first: "v1", has: "v1" },
  { text: "shift -l app=api-domain -b 2 -w ‸", first: "10", has: "100" },
  { text: "shift -l app=api-domain -b 3 -w ‸", first: "0", has: "100" },
  { text: "shift -l app=api-domain --split ‸", first: "1=90,2=10", has: "3=" },
  { text: "shift -l app=api-domain -H ‸", first: "x-cid=me", has: "x-beta=" },
  {
    text: "shift -l app=api-domain --route ‸",
    first: "istiops-pr-10",
    has: "master",
  },
  {
    text: "undo api-domain-virtualservice --operation ‸",
    first: "20261123182252-ab0e74fa",
    has: "20261123182252-ab0e74fa",
  },
  { text: "shift --settle ‸", first: "2s", has: "5m" },
])("at $text comes $first", ({ text, first, has }) => {
  const found = labels(text);
  assertEquals(found[0], first, found.join(" "));
  assert(found.includes(has), found.join(" "));
});

Deno.test.each([
  ["shift # -‸"],
  ["version x‸"],
  ["nothing-such ‸"],
  ["shift -b nothing-such‸"],
])("at %s nothing can be written", (text) => {
  assertEquals(labels(text), []);
});

Deno.test("what is given already, or excluded by it, is not offered", () => {
  assert(
    !labels("shift -w 20 --‸").some((each) => each.startsWith("--weight")),
  );
  assert(!labels("shift -w 20 --‸").some((each) => each.startsWith("--split")));
  assert(
    labels("shift --header a=1 --‸").some((each) =>
      each.startsWith("--header ")
    ),
  );
  assert(!labels("shift catalog ‸").includes("catalog"));
});

Deno.test.each([
  { text: "shi‸ -w 20", gives: "shift -w 20" },
  { text: "shift -l app=api-d‸", gives: "shift -l app=api-domain" },
  {
    text: "shift --label-selector=app=api-d‸",
    gives: "shift --label-selector=app=api-domain",
  },
  { text: "shift -l 'app=api-d‸'", gives: "shift -l app=api-domain" },
  { text: "shift -H x-b‸", at: 0, gives: "shift -H 'x-beta?'" },
  { text: "shift --header='x-b‸", gives: "shift --header='x-beta?'" },
  { text: "shift -l tier=web,ap‸", gives: "shift -l tier=web,app=" },
])("$text becomes $gives", ({ text, gives, at }) => {
  assertEquals(taken(text, at ?? 0), gives);
});

Deno.test("variables complete where a dollar stands", () => {
  const options = { way: "script" as const };
  const of = (text: string) => {
    const { document, offset } = marked(text, options);
    return complete(document, offset, NAMES).items.map(({ text }) => text);
  };
  assertEquals(of("set build=3\nset base=1\nshift -b $b‸"), [
    "$build",
    "$base",
  ]);
  assertEquals(of("set build=3\nshift -b ${bu‸"), ["${build}"]);
  assertEquals(of("set build=3\nshift -b '$bu‸'"), []);
  // What is set further down is not set yet.
  assertEquals(of("shift -b $b‸\nset build=3"), []);
});

Deno.test("what is in use chooses, so that only its builds come", () => {
  const { document, offset } = marked(
    "use selector app=api-domain\nshift -b ‸",
    { way: "script" },
  );
  const found = complete(document, offset, NAMES).items;
  assertEquals(found.map(({ label }) => label), ["1", "2", "PR-10", "3"]);
  assertEquals(found[1]?.doc, "10 %, 2 pods");
  assertEquals(found[1]?.detail, "2 s ago");
});

Deno.test("a place that nobody has read yet is asked for by name", () => {
  const { document, offset } = marked("shift -n shop -b ‸");
  const found = complete(document, offset, NAMES);
  assertEquals(found.isLoading, true);
  assertEquals(found.place, { namespace: "shop" });
  const { document: plain, offset: at } = marked("show ‸");
  assertEquals(complete(plain, at, NO_NAMES).isLoading, true);
  // Words of the table need no cluster.
  assertEquals(labels("clear -m ‸", NO_NAMES), ["soft", "hard"]);
});

Deno.test("every command and every option of the table is offered", () => {
  for (const way of ["shell", "script", "line"] as const) {
    const names = (text: string) => {
      const document = readDocument(text, { way });
      return complete(document, text.length, NO_NAMES).items
        .map(({ text }) => text);
    };
    const top = names("");
    for (const { path } of commandsIn(way)) assert(top.includes(path[0] ?? ""));
    for (const command of COMMANDS) {
      if (!isIn(command, way) || command.hidden) continue;
      const found = names(`${command.path.join(" ")} --`);
      for (const { long } of optionsOf(command, way)) {
        if (long === "help") continue;
        assert(found.includes(`--${long}`), `${command.path} --${long}`);
      }
    }
  }
});

Deno.test("completion never throws, and what it replaces is around the cursor", () => {
  const word = fc.constantFrom(
    ...["shift", "use", "namespace", "-w", "-l", "--split", "app=a,b", "$x"],
    ...[
      "'",
      '"',
      "\\",
      "\n",
      "#",
      "--",
      "--header=",
      "set",
      "x=1",
      "世👍🏽",
      " ",
    ],
    "-Awl",
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 12 }),
      fc.nat(),
      fc.constantFrom("shell", "script", "line"),
      (words, at, way) => {
        const text = words.join(" ");
        const offset = text.length === 0 ? 0 : at % (text.length + 1);
        const document = readDocument(text, { way: way as "shell" });
        const { span, items } = complete(document, offset, NAMES);
        assert(span.start <= offset && offset <= span.end, text);
        if (items.length > 0) assert(items.every(({ text }) => text !== ""));
      },
    ),
    { numRuns: 2000 },
  );
});

/** What a cluster that means no good might call everything in it. */
const hostile = fc.oneof(
  fc.constantFrom(
    ...["$x", "${x}", "$(touch x)", "`id`", "a b", "a\nb", "a\r\nb", "a\\\nb"],
    ...["a\\", "'", '"', "#c", "--yes", "-A", "=", "a,b", "a;b", "\x1b[2J"],
    ...["\u202ea", "\0", "\t", "~", "!x", "*", "\ud800", "\u2028", "\u00a0x"],
    "x".repeat(10_000),
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 6 }),
);

function called(name: string): Names {
  const to = { host: name, build: name, percent: 100 };
  const rule = { index: 0, name, kind: "base", match: name } as const;
  return {
    ...NAMES,
    contexts: [{ name, protected: false, isCurrent: true }],
    places: [{
      ...DEFAULT,
      namespaces: [name],
      virtualServices: [{
        name,
        labels: { [name]: name, app: name },
        hosts: [name],
        rules: [{ ...rule, headers: [name, `x=${name}`], destinations: [to] }],
      }],
      services: [{ host: name, ports: [80] }],
      builds: [{ build: name, host: name, labels: {} }],
      labels: [{ key: "app", values: [{ value: name, pods: 1 }] }],
      operations: [{
        id: name,
        virtualService: name,
        time: name,
        command: name,
        undone: false,
      }],
    }],
  };
}

Deno.test("whatever the cluster calls things, what is taken is one word that means just that", () => {
  const line = fc.constantFrom(
    ...["show ‸", "clear ‸ -o json", "show '‸", "use namespace ‸"],
    ...["shift -n ‸", "shift --namespace=‸", "show --context ‸"],
    ...["shift -d ‸", "shift -l ‸", "shift -l app=‸", "shift -l='app=‸"],
    ...["shift -b ‸", "shift -b'‸", "shift --split ‸", "shift --route ‸"],
    ...["shift -H ‸", "shift --header=‸", "shift --header='x‸'"],
    ...['shift "--header=‸', "undo --operation ‸", "use selector app=‸"],
  );
  fc.assert(
    fc.property(
      ...[hostile, line, fc.constantFrom("shell", "script", "line")] as const,
      (name, at, way) => {
        const options = { way, variables: new Map([["x", "1 2"]]) };
        const { document, offset, text } = marked(at, options);
        const { span, items } = complete(document, offset, called(name));
        for (const { text: put, word, kind } of items) {
          if (kind !== "value") continue;
          const line = text.slice(0, span.start) + put + text.slice(span.end);
          const { statements, uses } = readDocument(line, options);
          assertEquals([statements.length, uses.length], [1, 0], line);
          const { tokens } = statements[0]?.parsed.tokens ?? {};
          const end = span.start + put.length;
          const token = tokens?.find((each) => each.span.end === end);
          assert(token !== undefined && token.value.endsWith(word), line);
          assert(token.span.start <= span.start, line);
          // Never an option, where none was written.
          const isOption = token.value.startsWith("-");
          assertEquals(isOption && token.span.start === span.start, false);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
