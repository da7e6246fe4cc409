import fc from "fast-check";
import type { Client } from "../../src/istio/client.ts";
import { covers, isMaster, witness } from "../../src/istio/cover.ts";
import { compileRoutes, evaluate } from "../../src/istio/explain.ts";
import { matchBlock, matchRequest } from "../../src/istio/match.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  StringMatch,
} from "../../src/istio/types.ts";
import { effectOf } from "../../src/istio/virtual_services.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { mesh, request, sidecar, virtualService } from "./worlds.ts";

Deno.test.each<{ block: HTTPMatchRequest; is: boolean }>([
  { block: {}, is: true },
  { block: { uri: { prefix: "/" } }, is: true },
  { block: { uri: { prefix: "" } }, is: true },
  ...[
    ".+",
    ".*",
    "/.*",
    "^.*$",
    "(.*)",
    "^(.+)$",
    "(?i)^/.*$",
    "(?:/.*)",
    "(/.*)?",
  ]
    .map((regex) => ({ block: { uri: { regex } }, is: true })),
  ...["/.+", "/", "/a.*", "[a-z]*", ".", "(.*)a"].map((regex) => ({
    block: { uri: { regex } },
    is: false,
  })),
  { block: { uri: { prefix: "/a" } }, is: false },
  { block: { uri: { exact: "/" } }, is: false },
  { block: { port: 80, sourceLabels: { app: "a" } }, is: true },
  { block: { headers: { x: {} } }, is: false },
  { block: { method: {} }, is: false },
])("isMaster() of $block is $is", ({ block, is }) => {
  assertEquals(isMaster(block), is);
});

Deno.test.each<{ a: HTTPMatchRequest; b: HTTPMatchRequest; is: boolean }>([
  { a: {}, b: { headers: { x: { exact: "1" } } }, is: true },
  { a: { uri: { regex: ".+" } }, b: { uri: { prefix: "/x" } }, is: true },
  { a: { uri: { prefix: "/a" } }, b: { uri: { exact: "/ab" } }, is: true },
  { a: { uri: { prefix: "/ab" } }, b: { uri: { prefix: "/a" } }, is: false },
  { a: { uri: { regex: "/a.*" } }, b: { uri: { prefix: "/a" } }, is: true },
  { a: { uri: { regex: "/a.*" } }, b: { uri: { prefix: "/a/b" } }, is: true },
  { a: { uri: { regex: "/a/.*" } }, b: { uri: { prefix: "/a" } }, is: false },
  { a: { uri: { regex: "/a\\.*" } }, b: { uri: { prefix: "/a." } }, is: false },
  { a: { uri: { regex: "/a|/b.*" } }, b: { uri: { prefix: "/a" } }, is: false },
  { a: { uri: { regex: "/[ab]" } }, b: { uri: { exact: "/b" } }, is: true },
  {
    a: { queryParams: { q: { prefix: "a" } } },
    b: { queryParams: { q: { prefix: "a%20" } } },
    is: true,
  },
  {
    a: { queryParams: { q: { prefix: "a" } } },
    b: { queryParams: { q: null as unknown as StringMatch } },
    is: false,
  },
  {
    a: { uri: { prefix: "/A" }, ignoreUriCase: true },
    b: { uri: { prefix: "/aB" } },
    is: true,
  },
  {
    a: { uri: { prefix: "/a" } },
    b: { uri: { prefix: "/a" }, ignoreUriCase: true },
    is: false,
  },
  {
    a: { headers: { X: {} } },
    b: { headers: { x: { exact: "1" } } },
    is: true,
  },
  { a: { headers: { x: {} } }, b: {}, is: false },
  {
    a: { headers: { x: { regex: "a.*" } } },
    b: { headers: { x: { exact: "abc" } } },
    is: true,
  },
  {
    a: { withoutHeaders: { x: { exact: "1" } } },
    b: { headers: { x: { exact: "2" } } },
    is: true,
  },
  {
    a: { withoutHeaders: { x: { exact: "1" } } },
    b: { withoutHeaders: { x: {} } },
    is: true,
  },
  { a: { withoutHeaders: { x: {} } }, b: {}, is: false },
  { a: { port: 80 }, b: {}, is: false },
  { a: { port: 80 }, b: { port: 80 }, is: true },
  { a: { sourceLabels: { app: "a" } }, b: {}, is: false },
  {
    a: { sourceLabels: { app: "a" } },
    b: { sourceLabels: { app: "a", v: "1" } },
    is: true,
  },
  {
    a: { sourceLabels: { app: "a" } },
    b: { gateways: ["mesh"], sourceLabels: { app: "a" } },
    is: false,
  },
  { a: { method: { exact: "GET" } }, b: { method: {} }, is: false },
])("$a covers $b: $is", ({ a, b, is }) => {
  assertEquals(covers(a, b), is);
});

Deno.test.each([
  "/api/v\\d+/users/[^/]+",
  "(?i)/(orders|carts)(/.*)?",
  "/[[:alpha:]]{3,5}\\.html?",
  "^/a(?:b|c)+$",
  "/\\Qa.b\\E/\\x41",
  "/(?P<id>[0-9a-f]{8})-x",
  "/.+\\.(png|jpg)",
  ".*",
])("witness() finds a path for %s", (regex) => {
  const block = { uri: { regex } };
  const found = witness(block);
  assert(found !== undefined && found.path.startsWith("/"));
  assertEquals(matchRequest(block, found).holds, true);
});

Deno.test("witness() joins all conditions of a block", () => {
  const block: HTTPMatchRequest = {
    uri: { prefix: "/shop" },
    method: { regex: "P(OST|UT)" },
    authority: { prefix: "api." },
    headers: { "X-User": { regex: "seu_.+" }, y: {} },
    withoutHeaders: { y: { exact: "1" }, z: {} },
    queryParams: { q: { prefix: "ab" } },
    port: 8080,
  };
  const found = witness(block);
  assert(found !== undefined);
  assertEquals(found.port, 8080);
  assertEquals(matchRequest(block, found).holds, true);
});

Deno.test.each<{ block: HTTPMatchRequest }>([
  { block: { uri: { exact: "x" } } },
  { block: { headers: { x: {} }, withoutHeaders: { x: {} } } },
  { block: { headers: { "@request.auth.claims.a": { exact: "1" } } } },
  { block: { uri: { regex: "(" } } },
])("witness() finds none for $block", ({ block }) => {
  const found = witness(block);
  assert(
    found === undefined || matchRequest(block, found).holds === true,
  );
  if (!("uri" in block) || block.uri?.regex) assertEquals(found, undefined);
});

Deno.test.each<{ scheme: StringMatch; sent: string | undefined }>([
  { scheme: { prefix: "http" }, sent: "http" },
  { scheme: { regex: ".*s" }, sent: "https" },
  { scheme: { exact: "HTTP" }, sent: undefined },
  { scheme: { exact: "ws" }, sent: undefined },
])(
  "witness() of scheme $scheme is sent by $sent, which a request can have",
  ({ scheme, sent }) => {
    assertEquals(witness({ scheme })?.scheme, sent);
  },
);

const values = fc.constantFrom("/", "/a", "/A", "/a/b", "/ab", "a", "1");
const patterns = fc.constantFrom(".*", ".+", "/a.*", "/a", "[a-z1]+", "/\\w+");
const stringMatch: fc.Arbitrary<StringMatch> = fc.oneof(
  values.map((exact) => ({ exact })),
  values.map((prefix) => ({ prefix })),
  patterns.map((regex) => ({ regex })),
  fc.constant({}),
);
const names = fc.constantFrom("x", "X", "y");
const matchMap = fc.dictionary(names, stringMatch, { maxKeys: 2 });
const block: fc.Arbitrary<HTTPMatchRequest> = fc.record({
  uri: stringMatch,
  method: stringMatch,
  headers: matchMap,
  withoutHeaders: matchMap,
  queryParams: matchMap,
  port: fc.constantFrom(80, 81),
  ignoreUriCase: fc.boolean(),
  sourceLabels: fc.constantFrom<Record<string, string>>({}, { app: "a" }),
  sourceNamespace: fc.constantFrom("n", ""),
  gateways: fc.constantFrom(["mesh"], []),
}, { requiredKeys: [] });

/** A client that a block is sent to. */
function clientFor(of: HTTPMatchRequest): Client {
  const bySource = (of.gateways ?? []).length === 0;
  return sidecar(
    (bySource && of.sourceNamespace) || "default",
    bySource ? of.sourceLabels : {},
  );
}

Deno.test("a witness is caught by its block", () => {
  fc.assert(
    fc.property(block, (one) => {
      const found = witness(one);
      if (found === undefined) return;
      assertEquals(matchBlock(one, found, clientFor(one)).holds, true);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("what a block covers it also catches", () => {
  let shown = 0;
  fc.assert(
    fc.property(block, block, (a, b) => {
      for (const [wide, narrow] of [[a, b], [{ ...a, ...b }, { ...b }]]) {
        if (!covers(wide!, narrow!)) continue;
        const found = witness(narrow!);
        if (found === undefined) continue;
        shown++;
        assertEquals(matchBlock(wide!, found, clientFor(narrow!)).holds, true);
      }
    }),
    { numRuns: 3000 },
  );
  assert(shown > 50, `only ${shown} pairs were of use`);
});

Deno.test("every block covers itself, if anything can be said about it", () => {
  fc.assert(fc.property(block, (one) => {
    const keys = Object.keys(one.headers ?? {}).map((key) => key.toLowerCase());
    fc.pre(new Set(keys).size === keys.length);
    assert(covers(one, one));
  }));
});

const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, "x", 5, -1, [], {}, [null], { exact: 5 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(
    fc.constantFrom("exact", "prefix", "regex", "__proto__", "x"),
    fc.constantFrom<unknown>(null, 1, "(", "a{1,9999}", ".*", {}),
  ),
);
const hostileBlock = fc.oneof(
  hostile,
  fc.dictionary(
    fc.constantFrom(
      "uri",
      "headers",
      "withoutHeaders",
      "queryParams",
      "method",
      "port",
      "gateways",
      "sourceLabels",
      "sourceNamespace",
      "name",
      "ignoreUriCase",
    ),
    fc.oneof(hostile, fc.dictionary(fc.string(), hostile)),
  ),
);
const hostileRule = fc.oneof(
  hostile,
  fc.record({
    match: fc.oneof(hostile, fc.array(hostileBlock)),
    route: fc.oneof(
      hostile,
      fc.array(fc.record({
        destination: fc.oneof(
          hostile,
          fc.record({ host: hostile, subset: hostile, port: hostile }),
        ),
        weight: fc.oneof(hostile, fc.nat()),
      }, { requiredKeys: [] })),
    ),
    delegate: hostile,
    redirect: hostile,
    directResponse: hostile,
    name: hostile,
  }, { requiredKeys: ["match", "route"] }),
);

Deno.test("no rule, however broken, makes the evaluator throw", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.array(hostileRule, { maxLength: 4 }), hostile),
      fc.webPath(),
      (http, path) => {
        const object = virtualService("x", http as readonly HTTPRoute[]);
        const world = mesh([object]);
        effectOf(world, object);
        const verdict = evaluate(
          compileRoutes(world, sidecar(), 80),
          request({ path: path === "" ? "/" : path }),
        );
        const sum = verdict.destinations.reduce(
          (total, { fraction }) => total + fraction,
          0,
        );
        const routed = ["route", "default"].includes(verdict.outcome);
        assert(Math.abs(sum - (routed ? 1 : 0)) < 1e-9);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("no block, however broken, makes the reasoning throw", () => {
  fc.assert(
    fc.property(hostileBlock, hostileBlock, (a, b) => {
      const [one, other] = [a as HTTPMatchRequest, b as HTTPMatchRequest];
      covers(one, other);
      isMaster(one);
      const found = witness(one);
      if (found) assertEquals(matchRequest(one, found).holds, true);
    }),
    { numRuns: 2000 },
  );
});
