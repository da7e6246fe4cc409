/**
 * The test vectors of the routing reference, by number: rules lead to A, then
 * B, in that order.
 *
 * @module
 */

import type { Request } from "../../src/istio/match.ts";
import type { HTTPMatchRequest } from "../../src/istio/types.ts";
import type { World } from "../../src/istio/world.ts";
import { assertEquals } from "../support/assert.ts";
import {
  ask,
  destinationRule,
  gateway,
  inShort,
  mesh,
  pod,
  service,
  sidecar,
  to,
  virtualService,
} from "./worlds.ts";

interface Vector {
  readonly number: string;
  /** Matches of the rules to `a`, `b`; absent: no match. */
  readonly rules: readonly (readonly HTTPMatchRequest[] | undefined)[];
  readonly asked: Partial<Request>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly gives: string;
}

const x = (value: string): [string, string] => ["x", value];
const any = undefined;

Deno.test.each<Vector>([
  {
    number: "1",
    rules: [[{ uri: { prefix: "/foo" } }], any],
    asked: { path: "/foobar" },
    gives: "a",
  },
  {
    number: "2",
    rules: [[{ uri: { regex: "/api" } }], any],
    asked: { path: "/api/x" },
    gives: "b",
  },
  {
    number: "3",
    rules: [[{ uri: { regex: ".+" } }], any],
    asked: { path: "/" },
    gives: "a",
  },
  {
    number: "4",
    rules: [[{ uri: { regex: ".*" } }], any],
    asked: { path: "/x" },
    gives: "a",
  },
  {
    number: "5",
    rules: [[{ uri: { exact: "/a" } }], any],
    asked: { path: "/a?x=1" },
    gives: "a",
  },
  {
    number: "5, slash",
    rules: [[{ uri: { exact: "/a" } }], any],
    asked: { path: "/a/" },
    gives: "b",
  },
  {
    number: "6",
    rules: [
      [{ headers: { x: { exact: "1" } } }, { uri: { prefix: "/a" } }],
      any,
    ],
    asked: { path: "/a" },
    gives: "a",
  },
  {
    number: "7",
    rules: [
      [{ headers: { x: { exact: "1" } }, uri: { prefix: "/a" } }],
      any,
    ],
    asked: { path: "/a" },
    gives: "b",
  },
  {
    number: "8",
    rules: [[{ headers: { x: { regex: ".*" } } }], any],
    asked: {},
    gives: "b",
  },
  ...[
    { name: "absent", headers: [], gives: "a" },
    { name: "1", headers: [x("1")], gives: "b" },
    { name: "2", headers: [x("2")], gives: "a" },
  ].map(({ name, headers, gives }) => ({
    number: `9, ${name}`,
    rules: [[{ withoutHeaders: { x: { exact: "1" } } }], any],
    asked: { headers },
    gives,
  })),
  {
    number: "10",
    rules: [[{ withoutHeaders: { x: { regex: ".*" } } }], any],
    asked: {},
    gives: "b",
  },
  {
    number: "11",
    rules: [[{ headers: { x: {} } }], any],
    asked: { headers: [x("")] },
    gives: "a",
  },
  {
    number: "13",
    rules: [[{ authority: { exact: "a" } }], any],
    asked: { authority: "a:80" },
    gives: "b",
  },
  {
    number: "14",
    rules: [[{ uri: { prefix: "/a" }, ignoreUriCase: true }], any],
    asked: { path: "/A/x" },
    gives: "a",
  },
  {
    number: "14, regex",
    rules: [[{ uri: { regex: "/a.*" }, ignoreUriCase: true }], any],
    asked: { path: "/A/x" },
    gives: "b",
  },
  {
    number: "15, ?k",
    rules: [[{ queryParams: { k: { exact: "" } } }], any],
    asked: { path: "/?k" },
    gives: "a",
  },
  {
    number: "15, ?k=1",
    rules: [[{ queryParams: { k: { exact: "" } } }], any],
    asked: { path: "/?k=1" },
    gives: "b",
  },
  {
    number: "16",
    rules: [[{ sourceLabels: { app: "a" } }]],
    asked: {},
    labels: { app: "b" },
    gives: "default a",
  },
  {
    number: "17",
    rules: [[{ sourceLabels: { app: "a" }, uri: { exact: "/x" } }]],
    asked: { path: "/y" },
    labels: { app: "a" },
    gives: "404",
  },
  {
    number: "18",
    rules: [[{ gateways: ["mesh"], sourceLabels: { app: "a" } }], any],
    asked: {},
    labels: { app: "b" },
    gives: "a",
  },
  {
    number: "20",
    rules: [[{}], [{ uri: { prefix: "/x" } }]],
    asked: { path: "/x" },
    gives: "a",
  },
  {
    number: "22",
    rules: [[{ uri: { prefix: "" } }], any],
    asked: { path: "/any" },
    gives: "a",
  },
])("vector $number leads to $gives", ({ rules, asked, labels, gives }) => {
  const world = mesh([
    virtualService(
      "rules",
      rules.map((match, index) => ({
        ...(match === undefined ? {} : { match }),
        route: to(index === 0 ? "a" : "b"),
      })),
    ),
  ]);
  const client = sidecar("default", labels);
  assertEquals(inShort(ask(world, asked, { client })), gives);
});

Deno.test("vector 12: values of a repeated header are joined, up to Envoy 1.38", () => {
  const rules = [[{ headers: { x: { exact: "a" } } }], undefined];
  const world = mesh([
    virtualService(
      "rules",
      rules.map((match, index) => ({
        ...(match === undefined ? {} : { match }),
        route: to(index === 0 ? "a" : "b"),
      })),
    ),
  ]);
  const asked = { headers: [x("a"), x("b")] };
  const by = (repeatedHeaders: "joined" | "each"): World => ({
    ...world,
    mesh: { ...world.mesh, repeatedHeaders },
  });
  assertEquals(inShort(ask(by("joined"), asked)), "b");
  assertEquals(inShort(ask(by("each"), asked)), "a");
  assertEquals(inShort(ask(world, asked)), "unknown");
});

Deno.test("vector 19: a match on another port is skipped, on its own it hides what follows", () => {
  const ports = [80, 8080];
  const world = mesh([
    service("a", { ports }),
    service("b", { ports }),
    virtualService("rules", [
      { match: [{ port: 8080 }], route: to("a") },
      { route: to("b") },
    ]),
  ]);
  assertEquals(inShort(ask(world, { port: 80 })), "b");
  assertEquals(inShort(ask(world, { port: 8080 })), "a");
});

Deno.test.each([
  { weights: [1, 3], gives: "25% a 75% b" },
  { weights: [undefined, 100], gives: "b" },
  { weights: [0], gives: "a" },
])("vector 21: weights $weights give $gives", ({ weights, gives }) => {
  const route = weights.map((weight, index) => ({
    ...to(index === 0 ? "a" : "b")[0]!,
    ...(weight === undefined ? {} : { weight }),
  }));
  const world = mesh([virtualService("rules", [{ route }])]);
  assertEquals(inShort(ask(world)), gives);
});

Deno.test("vector 23: of two VirtualServices for a host a sidecar takes the older one", () => {
  const world = mesh([
    virtualService("newer", [{ route: to("b") }], { minute: 2 }),
    virtualService("older", [{ route: to("a") }], { minute: 1 }),
  ]);
  assertEquals(inShort(ask(world)), "a");
});

Deno.test("vector 23: a gateway joins them, older first, catch-alls last", () => {
  const options = { hosts: ["a.test"], gateways: ["edge"] };
  const world = mesh([
    gateway("edge", ["*"]),
    virtualService("older", [
      { match: [{ uri: { exact: "/old" } }], route: to("a") },
      { route: to("a") },
    ], { ...options, minute: 1 }),
    virtualService("newer", [
      { match: [{ uri: { exact: "/old" } }], route: to("b") },
      { match: [{ uri: { prefix: "/new" } }], route: to("b") },
      { route: to("b") },
    ], { ...options, minute: 2 }),
  ]);
  const client = {
    kind: "gateway" as const,
    namespace: "istio-system",
    labels: {},
    gateway: "default/edge",
  };
  const at = (path: string) =>
    inShort(ask(world, { authority: "a.test", path }, { client }));
  assertEquals([at("/old"), at("/new/x"), at("/")], ["a", "b", "a"]);
});

Deno.test("vector 24: a short host names a service of the rule's own namespace", () => {
  const world = mesh([
    service("prod/a"),
    pod("prod/a-1", { app: "a" }),
    virtualService("rules", [{ route: to("b") }]),
  ]);
  const client = sidecar("prod");
  assertEquals(inShort(ask(world, {}, { client })), "default a.prod");
});

Deno.test("vector 25: a DestinationRule of the client's namespace hides the owner's subsets", () => {
  const world = mesh([
    pod("a-2", { app: "a", version: "v2" }),
    virtualService("rules", [{ route: to("a:v2") }]),
    destinationRule("owner", "a", ["v2"]),
    destinationRule("other/wide", "*.local", []),
  ]);
  const asked = { authority: "a.default" };
  assertEquals(
    inShort(ask(world, asked, { client: sidecar("other") })),
    "a:v2 NC",
  );
  assertEquals(
    inShort(ask(world, asked, { client: sidecar("elsewhere") })),
    "a:v2",
  );
});
