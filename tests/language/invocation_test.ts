import {
  type Invocation,
  toInvocation,
} from "../../src/language/invocation.ts";
import { parseCommandLine } from "../../src/language/parse.ts";
import { parseDuration, parseSelector } from "../../src/language/values.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";

function read(line: string): Invocation {
  const { invocation, diagnostics } = toInvocation(parseCommandLine(line));
  assertEquals(diagnostics, [], line);
  assert(invocation, line);
  return invocation;
}

function wrong(line: string): { code: string; at: string; hint: string } {
  const { invocation, diagnostics } = toInvocation(parseCommandLine(line), {
    problemOfPattern: (pattern) =>
      pattern.includes("(?=") ? "no look-around" : undefined,
  });
  assertEquals(invocation, undefined, line);
  const [first] = diagnostics;
  assert(first, line);
  const { span, code, hint = "" } = first;
  return { code, at: line.slice(span.start, span.end), hint };
}

/** The intent of a line that changes or shows something. */
function intentOf(line: string): Record<string, unknown> {
  const invocation = read(line);
  assert("intentFor" in invocation, line);
  return { ...invocation.intentFor("default") };
}

// The command lines of the Go tool's README.
Deno.test("the Go tool's show is read as it is", () => {
  assertEquals(
    intentOf("traffic show -l app=api-domain -n default -o yaml"),
    {
      namespace: "default",
      selector: [{ key: "app", operator: "in", values: ["api-domain"] }],
    },
  );
});

Deno.test("the Go tool's shift by header is read as it is", () => {
  const line = "traffic shift -n default -l app=api-domain " +
    "-d api-domain:5000 -H x-cid=seu_madruga,x-account-id=3 -b 3 " +
    "-p app=api-domain,build=PR-10 -e --kubeconfig k.yaml --context staging";
  assertEquals(intentOf(line), {
    namespace: "default",
    selector: [{ key: "app", operator: "in", values: ["api-domain"] }],
    destination: { host: "api-domain", port: 5000 },
    build: "3",
    podLabels: { app: "api-domain", build: "PR-10" },
    headers: [
      { name: "x-cid", kind: "exact", value: "seu_madruga" },
      { name: "x-account-id", kind: "exact", value: "3" },
    ],
  });
  const { target } = read(line);
  assertEquals([target.kubeconfig, target.context], ["k.yaml", "staging"]);
});

Deno.test("the Go tool's shift by weight and by pattern are read as they are", () => {
  assertEquals(
    intentOf("traffic shift -l app=a -d a:80 -b 2 -p app=a,build=2 -w 20")[
      "weight"
    ],
    20,
  );
  assertEquals(
    intentOf("traffic shift -l app=a -d a:80 -b 2 -H x-cid=.* -r")["headers"],
    [{ name: "x-cid", kind: "regex", value: ".*" }],
  );
});

Deno.test("the Go tool's clear is read as it is", () => {
  assertEquals(intentOf("traffic clear -l app=a -m hard")["mode"], "hard");
  assertEquals(intentOf("traffic clear -l app=a -m soft")["mode"], "soft");
  assertEquals(intentOf("traffic clear -l app=a")["mode"], "soft");
});

Deno.test.each([
  ["shift x -b 3 -w -1", "invalid-value", "-1"],
  ["shift x -b 3 -w 101", "invalid-value", "101"],
  ["shift x -b 3 -w abc", "invalid-value", "abc"],
  ["shift x -b 3 -w 20.55", "invalid-value", "20.55"],
  ["shift x -b 3 -w NaN", "invalid-value", "NaN"],
  ["shift x -b 3 -w 1e1", "invalid-value", "1e1"],
  ["shift x -b 3 --header x-cid", "invalid-value", "x-cid"],
  ["shift x -b 3 -H a=1,x-cid", "invalid-value", "x-cid"],
  ["shift x -b 3 -H a=1,a=2", "invalid-value", "a=2"],
  ["shift x -b 3 -w 1 -d host:0", "invalid-value", "0"],
  ["shift x -b 3 -w 1 -d host:99999", "invalid-value", "99999"],
  ["shift x -b 3 -H a=b -e -r", "conflicting-options", "-e"],
  ["shift x -b 3 -H a=(?=b) -r", "invalid-value", "(?=b)"],
  ["shift x -b 3 --header a? -r", "conflicting-options", "a?"],
  ["shift x -w 1 -b 3 --split 1=50,2=50", "conflicting-options", "--split"],
  ["shift x --split 1=50,2=60", "invalid-value", "1=50,2=60"],
  ['shift x -b 3 -w 1 -n ""', "invalid-value", '""'],
  ['shift -l " " -b 3 -w 1', "invalid-value", '" "'],
  ["shift -b 3 -w 1", "missing-argument", ""],
  ["shift x -b 3", "missing-argument", ""],
  ["shift x -l app=a -b 3 -w 1", "conflicting-options", "-l"],
  [
    "shift x -b 3 -w 1 --sandbox --context c",
    "conflicting-options",
    "--context",
  ],
  ["show -A -n shop", "conflicting-options", "-n"],
  ["clear x -b 3 -m hard", "conflicting-options", "-m"],
  ["clear x --header a=b", "missing-argument", "--header"],
  ["shift x -b 3 -w 1 -A", "unknown-option", "-A"],
  ["shift x -b 3 -w 1 -f file.yaml", "unknown-option", "-f"],
  ["shift x -b 3 -w 1 --settle soon", "invalid-value", "soon"],
  ["show -l app=", "", ""],
  ["show -l =x", "invalid-value", "=x"],
  ["show -l a!b", "invalid-value", ""],
  ["apply", "missing-argument", ""],
])("%s is wrong: %s at %s", (line, code, at) => {
  // An empty value is a value that a label may have.
  if (code === "") return void read(line);
  const found = wrong(line);
  assertEquals(found.code, code);
  if (at !== "") assertStringIncludes(found.at, at.replace(/^-+/, ""));
});

Deno.test.each([
  ["app=a", [{ key: "app", operator: "in", values: ["a"] }]],
  ["app==a", [{ key: "app", operator: "in", values: ["a"] }]],
  ["app!=a", [{ key: "app", operator: "notin", values: ["a"] }]],
  ["app in (a, b)", [{ key: "app", operator: "in", values: ["a", "b"] }]],
  ["app notin (a)", [{ key: "app", operator: "notin", values: ["a"] }]],
  ["app", [{ key: "app", operator: "exists" }]],
  ["!app", [{ key: "app", operator: "notexists" }]],
])("the selector %s is read as a label selector is", (text, expected) => {
  const parsed = parseSelector(text);
  assert(parsed.ok);
  assertEquals(
    parsed.value.map((each) => ({ ...each })),
    expected as unknown as typeof parsed.value[number][],
  );
});

Deno.test.each([
  ["2s", 2000],
  ["0s", 0],
  ["0", 0],
  ["300ms", 300],
  ["5m", 300_000],
  ["1h", 3_600_000],
])("the time %s is %d milliseconds", (text, milliseconds) => {
  const parsed = parseDuration(text);
  assert(parsed.ok);
  assertEquals(parsed.value, milliseconds);
});

Deno.test("6.1 --header takes a value as it is written, -H splits at commas", () => {
  assertEquals(intentOf("shift x -b 3 --header accept=a,b=c")["headers"], [
    { name: "accept", kind: "exact", value: "a,b=c" },
  ]);
  assertEquals(intentOf("shift x -b 3 -H a=1,b?,c^=p")["headers"], [
    { name: "a", kind: "exact", value: "1" },
    { name: "b", kind: "present" },
    { name: "c", kind: "prefix", value: "p" },
  ]);
});

// What an option that was not understood may have been is not missed.
Deno.test.each([
  ["shift x -b 3 --wieght 20"],
  ["shift x -b 3 --share 20"],
  ["shift --foo 3 -l app=a -w 1 -b 2"],
  ["shift --selctor app=a -w 1 -b 2"],
  ["shift x -b 3 -w 1 --exit-code --dryrnu"],
  ["clear x --header a=b --biuld 3"],
  ["apply --fiel plan.json"],
  ["-w 20 shift x -b 3 --header a=b"],
])("%s has one finding, the unknown option", (line) => {
  const { diagnostics } = toInvocation(parseCommandLine(line));
  assertEquals(diagnostics.map(({ code }) => code), ["unknown-option"]);
});

Deno.test.each([
  ["help shfit", "shfit"],
  ["help sandbox rest", "rest"],
  ["help traffic rollout", "rollout"],
])("%s: there is no help for %s", (line, at) => {
  const found = wrong(line);
  assertEquals([found.code, found.at], ["unknown-command", at]);
});

Deno.test("help is found at every level", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["--help", []],
    ["help", []],
    ["shift -h", ["shift"]],
    ["traffic shift -w abc --help", ["shift"]],
    ["help traffic shift", ["shift"]],
    ["sandbox reset --help", ["sandbox", "reset"]],
    ["help sandbox reset", ["sandbox", "reset"]],
  ];
  for (const [line, path] of cases) {
    const invocation = read(line);
    assert(invocation.verb === "help", line);
    assertEquals(invocation.path, path, line);
  }
});

Deno.test("each bad header is marked in its own place", () => {
  const line = 'shift x -b 3 -r -H "a=(?=1), b=ok,c=(?=1)"';
  const { diagnostics } = toInvocation(parseCommandLine(line), {
    problemOfPattern: (pattern) =>
      pattern.startsWith("(?=") ? "no look-around" : undefined,
  });
  assertEquals(diagnostics.map(({ span }) => span.start), [
    line.indexOf("(?="),
    line.lastIndexOf("(?="),
  ]);
});

Deno.test("1.2 a flag that is asked for and denied is wrong, one that is denied is not given", () => {
  assertEquals(
    wrong("shift x -b 3 -w 1 --force --force=false").code,
    "conflicting-options",
  );
  assertEquals(
    intentOf("shift x -b 3 -w 1 --force=false")["force"],
    undefined,
  );
  assertEquals(intentOf("shift x -b 3 -w 1 --force=true")["force"], true);
});

Deno.test("all that a change is told comes through", () => {
  const invocation = read(
    "shift x -b 3 -w 0.1 --dry-run --exit-code -y --confirm x --confirm y " +
      "--settle 0 --wait-ready 5m --verify 90s --timeout 500ms -o json -q",
  );
  assert(invocation.verb === "shift");
  assertEquals(invocation.run, {
    dryRun: true,
    exitCode: true,
    yes: true,
    confirm: ["x", "y"],
    settleMs: 0,
    waitReadyMs: 300_000,
    verifyMs: 90_000,
  });
  assertEquals(invocation.target, {
    sandbox: false,
    execPolicy: "user",
    insecureSkipTlsVerify: false,
    debug: false,
    timeoutMs: 500,
  });
  assertEquals(invocation.output, {
    output: "json",
    color: true,
    quiet: true,
    verbose: false,
  });
});
