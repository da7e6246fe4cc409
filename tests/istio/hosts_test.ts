import {
  compareHosts,
  intersectHosts,
  matchesHost,
  namespaceOfHost,
  resolveGateway,
  resolveHost,
  serviceOf,
  shortHost,
  visibleTo,
} from "../../src/istio/hosts.ts";
import { DEFAULT_MESH } from "../../src/istio/world.ts";
import { assertEquals } from "../support/assert.ts";
import { mesh } from "./worlds.ts";

Deno.test.each([
  { host: "reviews", full: "reviews.prod.svc.cluster.local" },
  { host: "reviews.prod", full: "reviews.prod" },
  { host: "a.test", full: "a.test" },
  { host: "*", full: "*" },
  { host: "*.a.test", full: "*.a.test" },
  { host: "10.0.0.1", full: "10.0.0.1" },
  { host: "::1", full: "::1" },
  { host: "", full: "" },
])('resolveHost() reads "$host" in prod as "$full"', ({ host, full }) => {
  assertEquals(resolveHost(host, "prod", DEFAULT_MESH), full);
});

Deno.test.each([
  { host: "reviews.prod.svc.cluster.local", short: "reviews", space: "prod" },
  { host: "reviews.prod", short: "reviews.prod", space: undefined },
  { host: "a.b.c.svc.cluster.local", short: "a.b.c.svc.cluster.local" },
  {
    host: "*.prod.svc.cluster.local",
    short: "*.prod.svc.cluster.local",
    space: undefined,
  },
])("$host is $short of namespace $space", ({ host, short, space }) => {
  assertEquals(shortHost(host, DEFAULT_MESH), short);
  assertEquals(namespaceOfHost(host, DEFAULT_MESH), space);
});

Deno.test.each([
  { pattern: "*.foo.com", host: "a.foo.com", fits: true },
  { pattern: "*.foo.com", host: "foo.com", fits: false },
  { pattern: "*.foo.com", host: "*.bar.foo.com", fits: true },
  { pattern: "*.bar.foo.com", host: "*.foo.com", fits: false },
  { pattern: "*", host: "a", fits: true },
  { pattern: "A.test", host: "a.TEST", fits: true },
  { pattern: "a.test", host: "*.test", fits: false },
])("$pattern fits $host: $fits", ({ pattern, host, fits }) => {
  assertEquals(matchesHost(pattern, host), fits);
});

Deno.test("the most specific host comes first", () => {
  const hosts = ["*", "*.com", "a.com", "*.foo.com", "longer.foo.com"];
  assertEquals(hosts.toSorted(compareHosts), [
    "longer.foo.com",
    "a.com",
    "*.foo.com",
    "*.com",
    "*",
  ]);
});

Deno.test.each([
  { a: "*", b: "a.com", both: "a.com" },
  { a: "*.foo.com", b: "*.com", both: "*.foo.com" },
  { a: "a.com", b: "a.com", both: "a.com" },
  { a: "a.com", b: "b.com", both: undefined },
  { a: "*.foo.com", b: "foo.com", both: undefined },
])("$a and $b have $both in common", ({ a, b, both }) => {
  assertEquals(intersectHosts(a, b), both);
  assertEquals(intersectHosts(b, a), both);
});

Deno.test.each([
  { exportTo: undefined, client: "other", sees: true },
  { exportTo: [], client: "other", sees: true },
  { exportTo: ["."], client: "own", sees: true },
  { exportTo: ["."], client: "other", sees: false },
  { exportTo: [".", "*"], client: "other", sees: true },
  { exportTo: ["third"], client: "own", sees: false },
  { exportTo: ["third"], client: "third", sees: true },
  { exportTo: ["~"], client: "own", sees: false },
])("exportTo $exportTo lets $client see: $sees", (row) => {
  assertEquals(visibleTo(row.exportTo, "own", row.client), row.sees);
});

Deno.test.each([
  { name: "mesh", full: "mesh" },
  { name: "edge", full: "own/edge" },
  { name: "./edge", full: "own/edge" },
  { name: "istio-system/edge", full: "istio-system/edge" },
  { name: "edge.istio-system", full: "istio-system/edge" },
  {
    name: "edge.istio-system.svc.cluster.local",
    full: "istio-system/edge",
  },
])("gateway $name of namespace own is $full", ({ name, full }) => {
  assertEquals(resolveGateway(name, "own"), full);
});

Deno.test("serviceOf() finds a Service by its full name only", () => {
  const world = mesh([]);
  const name = "a.default.svc.cluster.local";
  assertEquals(serviceOf(world, name)?.metadata.name, "a");
  assertEquals(serviceOf(world, "a"), undefined);
  assertEquals(
    serviceOf(world, "__proto__.default.svc.cluster.local"),
    undefined,
  );
});
