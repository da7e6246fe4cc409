import {
  appliesTo,
  checkConditions,
  conditionsOf,
  isCatchAll,
  matchBlock,
  matchRequest,
  matchString,
  prepareRequest,
} from "../../src/istio/match.ts";
import { compileRe2 } from "../../src/istio/re2.ts";
import type { HTTPMatchRequest } from "../../src/istio/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { request, sidecar } from "./worlds.ts";

Deno.test.each<{ block: HTTPMatchRequest; is: boolean }>([
  { block: {}, is: true },
  { block: { uri: { prefix: "/" } }, is: true },
  { block: { uri: { regex: ".*" } }, is: true },
  { block: { uri: {} }, is: true },
  { block: { sourceLabels: { app: "a" } }, is: true },
  { block: { port: 80 }, is: true },
  { block: { gateways: ["mesh"], name: "m" }, is: true },
  { block: { headers: {} }, is: true },
  { block: { uri: { regex: ".+" } }, is: false },
  { block: { uri: { regex: "/.*" } }, is: false },
  { block: { uri: { prefix: "" } }, is: false },
  { block: { headers: { x: {} } }, is: false },
  { block: { withoutHeaders: { x: {} } }, is: false },
  { block: { queryParams: { x: {} } }, is: false },
  { block: { method: { exact: "GET" } }, is: false },
  { block: { uri: { prefix: "/" }, authority: {} }, is: false },
])("isCatchAll() of $block is $is", ({ block, is }) => {
  assertEquals(isCatchAll(block), is);
});

Deno.test.each<{
  block: HTTPMatchRequest;
  asked: Parameters<typeof request>[0];
  holds: boolean | "unknown";
}>([
  { block: { method: { exact: "get" } }, asked: {}, holds: false },
  { block: { scheme: { exact: "http" } }, asked: {}, holds: true },
  { block: { authority: { prefix: "a" } }, asked: {}, holds: true },
  {
    block: { headers: { "X-User": { exact: "1" } } },
    asked: { headers: [["x-uSER", "1"]] },
    holds: true,
  },
  {
    block: { headers: { x: { exact: "a,b" } } },
    asked: { headers: [["x", "a,b"]] },
    holds: true,
  },
  {
    block: { headers: { x: { prefix: "ab" } } },
    asked: { headers: [["x", "abc"]] },
    holds: true,
  },
  {
    block: { headers: { x: { regex: "b" } } },
    asked: { headers: [["x", "abc"]] },
    holds: false,
  },
  { block: { headers: { ":path": { prefix: "/" } } }, asked: {}, holds: true },
  { block: { headers: { host: { exact: "a" } } }, asked: {}, holds: true },
  {
    block: { headers: { uri: { exact: "/" } } },
    asked: { path: "/" },
    holds: false,
  },
  { block: { withoutHeaders: { x: {} } }, asked: {}, holds: true },
  {
    block: { withoutHeaders: { x: {} } },
    asked: { headers: [["x", ""]] },
    holds: false,
  },
  { block: { withoutHeaders: { x: { regex: "*" } } }, asked: {}, holds: true },
  { block: { withoutHeaders: { x: { exact: "" } } }, asked: {}, holds: false },
  {
    block: { queryParams: { k: { exact: "1" } } },
    asked: { path: "/?k=1&k=2" },
    holds: true,
  },
  {
    block: { queryParams: { k: { exact: "2" } } },
    asked: { path: "/?k=1&k=2" },
    holds: false,
  },
  { block: { queryParams: { k: {} } }, asked: { path: "/?k" }, holds: true },
  { block: { queryParams: { k: {} } }, asked: { path: "/#?k" }, holds: false },
  {
    block: { queryParams: { k: { exact: "a b" } } },
    asked: { path: "/?k=a%20b" },
    holds: false,
  },
  {
    block: { queryParams: { k: { exact: "a%20b" } } },
    asked: { path: "/?k=a%20b" },
    holds: true,
  },
  { block: { queryParams: { k: {} } }, asked: { path: "/?%6b" }, holds: false },
  {
    block: { queryParams: { k: {} } },
    asked: { path: "/?k=a%20b" },
    holds: true,
  },
  {
    block: { uri: { exact: "/b" } },
    asked: { path: "/a/../b?c" },
    holds: true,
  },
  { block: { uri: { exact: "/a//b" } }, asked: { path: "/a//b" }, holds: true },
  {
    block: { uri: { exact: "/A" }, ignoreUriCase: true },
    asked: { path: "/a" },
    holds: true,
  },
  { block: { uri: { regex: "(?i)/A" } }, asked: { path: "/a" }, holds: true },
  {
    block: { headers: { "@request.auth.claims.role": { exact: "x" } } },
    asked: {},
    holds: "unknown",
  },
  { block: { uri: { regex: "(?=a)" } }, asked: {}, holds: "unknown" },
  {
    block: { uri: { regex: "(" }, method: { exact: "PUT" } },
    asked: {},
    holds: false,
  },
  { block: { uri: { exact: "/", prefix: "/" } }, asked: {}, holds: "unknown" },
  {
    block: { headers: { x: { prefix: "" } } },
    asked: { headers: [["x", "1"]] },
    holds: "unknown",
  },
])("$block on $asked holds: $holds", ({ block, asked, holds }) => {
  assertEquals(matchRequest(block, request(asked)).holds, holds);
});

Deno.test.each<{
  match: HTTPMatchRequest;
  joined: boolean;
  each: boolean;
}>([
  { match: { headers: { x: { exact: "a" } } }, joined: false, each: true },
  { match: { headers: { x: { exact: "a,1" } } }, joined: true, each: false },
  { match: { headers: { x: { prefix: "1" } } }, joined: false, each: true },
  { match: { headers: { x: { prefix: "a" } } }, joined: true, each: true },
  { match: { headers: { x: { regex: "a,1" } } }, joined: true, each: false },
  { match: { headers: { x: {} } }, joined: true, each: true },
  {
    match: { withoutHeaders: { x: { exact: "1" } } },
    joined: true,
    each: false,
  },
  {
    match: { withoutHeaders: { x: { exact: "a,1" } } },
    joined: false,
    each: true,
  },
  { match: { withoutHeaders: { x: {} } }, joined: false, each: false },
])(
  "$match on a header x that is a, and 1: $joined joined, $each each by itself",
  ({ match, joined, each }) => {
    const twice = request({ headers: [["x", "a"], ["X", "1"]] });
    const holds = (how?: "joined" | "each") =>
      checkConditions(conditionsOf(match), prepareRequest(twice, how)).holds;
    assertEquals([holds("joined"), holds("each")], [joined, each]);
    assertEquals(holds(), joined === each ? each : "unknown");
  },
);

Deno.test("what Envoy keeps as one value is joined whatever its version is", () => {
  const values = ["a", "", "b"];
  const twice = request({
    headers: values.map((value) => ["Accept", value] as const),
  });
  const holds = (exact: string, how?: "joined" | "each") =>
    checkConditions(
      conditionsOf({ headers: { accept: { exact } } }),
      prepareRequest(twice, how),
    ).holds;
  for (const how of [undefined, "joined", "each"] as const) {
    assertEquals([holds("a,b", how), holds("a", how)], [true, false]);
  }
});

Deno.test("a block names its first condition that does not hold", () => {
  const block = {
    uri: { prefix: "/" },
    headers: { x: { exact: "1" }, y: { exact: "2" } },
  };
  const asked = request({ headers: [["x", "1"], ["y", "3"]] });
  assertEquals(matchBlock(block, asked, sidecar()), {
    holds: false,
    field: 'headers["y"]',
    wanted: 'exact "2"',
    actual: "3",
  });
  assertEquals(matchBlock({ port: 81 }, asked, sidecar()), {
    holds: false,
    field: "port",
    wanted: "81",
    actual: "80",
  });
});

Deno.test.each<{ block: HTTPMatchRequest; applies: boolean }>([
  { block: {}, applies: true },
  { block: { port: 80 }, applies: true },
  { block: { port: 81 }, applies: false },
  { block: { sourceLabels: { app: "c" } }, applies: true },
  { block: { sourceLabels: { app: "d" } }, applies: false },
  { block: { sourceLabels: { toString: "x" } as never }, applies: false },
  { block: { sourceNamespace: "prod" }, applies: true },
  { block: { sourceNamespace: "test" }, applies: false },
  { block: { gateways: ["edge"] }, applies: false },
  {
    block: { gateways: ["edge", "mesh"], sourceNamespace: "test" },
    applies: true,
  },
])("$block is sent to a sidecar of prod: $applies", ({ block, applies }) => {
  const client = sidecar("prod", { app: "c", more: "1" });
  assertEquals(appliesTo(block, client, { port: 80 }), applies);
});

Deno.test("gateways of a block are read in the namespace of its object", () => {
  const client = {
    kind: "gateway" as const,
    namespace: "istio-system",
    labels: {},
    gateway: "prod/edge",
  };
  const sent = (name: string) =>
    appliesTo({ gateways: [name] }, client, { namespace: "prod" });
  assertEquals(
    ["edge", "./edge", "prod/edge", "edge.prod", "mesh", "test/edge"].map(sent),
    [true, true, true, true, false, false],
  );
});

Deno.test("an evil pattern answers, and a wrong one says why", () => {
  const evil = "(a*)*(a|a)*b";
  assertEquals(matchString({ regex: evil }, "a".repeat(20_000)), false);
  const broken = compileRe2("a{1,2000}(?!b)");
  assert("error" in broken);
  assertEquals(matchString({ regex: "a".repeat(5000) }, "a"), "unknown");
});

Deno.test("header names from a prototype are only names", () => {
  const block = JSON.parse('{"headers":{"__proto__":{"exact":"1"}}}');
  assertEquals(matchRequest(block, request()).holds, false);
  const headers: [string, string][] = [["__proto__", "1"]];
  assertEquals(matchRequest(block, request({ headers })).holds, true);
});
