import type { Client } from "../../src/istio/client.ts";
import { compileRoutes, evaluate } from "../../src/istio/explain.ts";
import { isReady, podCount } from "../../src/istio/pods.ts";
import type { HTTPRoute, Pod } from "../../src/istio/types.ts";
import { DEFAULT_MESH, type World } from "../../src/istio/world.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  ask,
  destinationRule,
  gateway,
  inShort,
  mesh,
  pod,
  request,
  service,
  serviceEntry,
  sidecar,
  to,
  virtualService,
} from "./worlds.ts";

const FULL = "a.default.svc.cluster.local";

Deno.test.each<{ name: string; rule: HTTPRoute; gives: string }>([
  {
    name: "a redirect",
    rule: { redirect: { uri: "/x" } },
    gives: "redirect 301",
  },
  {
    name: "a redirect with a code",
    rule: { redirect: { uri: "/x", redirectCode: 308 } },
    gives: "redirect 308",
  },
  {
    name: "a redirect that Istio does not serve",
    rule: { redirect: { redirectCode: 304 } },
    gives: "unknown",
  },
  {
    name: "a direct response",
    rule: { directResponse: { status: 503 } },
    gives: "direct 503",
  },
  {
    name: "a redirect beside a route",
    rule: { redirect: {}, route: to("a") },
    gives: "redirect 301",
  },
  { name: "no action", rule: {}, gives: "unknown" },
  { name: "an empty route", rule: { route: [] }, gives: "unknown" },
  { name: "one weight of 7", rule: { route: to(["a", 7]) }, gives: "a" },
  { name: "one weight of 0", rule: { route: to(["a", 0]) }, gives: "a" },
  {
    name: "weights 4 and 1",
    rule: { route: to(["a", 4], ["b", 1]) },
    gives: "80% a 20% b",
  },
  {
    name: "weights 100 and 0",
    rule: { route: to(["a", 100], ["b", 0]) },
    gives: "a",
  },
  {
    name: "weights that are all 0",
    rule: { route: to(["a", 0], "b") },
    gives: "unknown",
  },
  {
    name: "a negative weight",
    rule: { route: to(["a", -1], ["b", 2]) },
    gives: "unknown",
  },
  {
    name: "weights beyond 32 bits",
    rule: { route: to(["a", 2 ** 32 - 1], ["b", 1]) },
    gives: "unknown",
  },
  {
    name: "the same destination twice",
    rule: { route: to(["a", 1], ["a", 3]) },
    gives: "25% a 75% a",
  },
  {
    name: "an unknown host in a split",
    rule: { route: to(["a", 1], ["lost", 1]) },
    gives: "50% a 50% lost NC",
  },
  {
    name: "a dotted name that is no full name",
    rule: { route: to("a.default") },
    gives: "a NC",
  },
  {
    name: "a subset without rule",
    rule: { route: to("a:v9") },
    gives: "a:v9 NC",
  },
  { name: "an empty subset name", rule: { route: to("a:") }, gives: "a" },
  {
    name: "a port that the service lacks",
    rule: {
      route: [{ destination: { host: "a", port: { number: 81 } } }],
    },
    gives: "a NC",
  },
])("$name gives $gives", ({ rule, gives }) => {
  assertEquals(inShort(ask(mesh([virtualService("x", [rule])]))), gives);
});

Deno.test("a subset without ready pods is UH, with ready ones it is served", () => {
  const notReady = {
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "False" }],
    },
  };
  const world = mesh([
    virtualService("x", [{
      route: to(["a:v1", 2], ["a:v2", 1], ["a:v3", 1]),
    }]),
    destinationRule("d", "a", ["v1", "v2", "v3"]),
    pod("p1", { app: "a", version: "v1" }),
    pod("p2", { app: "a", version: "v2" }, notReady),
    pod("p3", { app: "z", version: "v3" }),
  ]);
  const { destinations } = ask(world);
  assertEquals(
    destinations.map(({ cluster, flag, endpoints, why }) =>
      [cluster, flag, endpoints, why].join(" ")
    ),
    [
      `outbound|80|v1|${FULL}  1 `,
      `outbound|80|v2|${FULL} UH 0 no pod is ready`,
      `outbound|80|v3|${FULL} UH 0 no pod of the service has version=v3: they have v1, v2`,
    ],
  );
});

Deno.test("routes are named as Envoy logs them", () => {
  const world = mesh([virtualService("x", [
    {
      name: "first",
      match: [{ name: "m", uri: { exact: "/m" } }, { uri: { exact: "/n" } }],
      route: to("a"),
    },
    { route: to("b") },
  ])]);
  const name = (path: string) => ask(world, { path }).routeName;
  assertEquals([name("/m"), name("/n"), name("/")], ["first.m", "first", ""]);
  assertEquals(ask(world, { authority: "b" }).routeName, "default");
  const { virtualService: object, rule, match } = ask(world, { path: "/n" });
  assertEquals([object?.name, rule, match], ["x", 0, 1]);
});

Deno.test.each([
  { host: "a", from: "default", gives: "b" },
  { host: "A.Default:80", from: "default", gives: "b" },
  { host: "a.default.svc", from: "other", gives: "b" },
  { host: FULL, from: "other", gives: "b" },
  { host: "a", from: "other", gives: "passthrough" },
  { host: "lost.test", from: "default", gives: "passthrough" },
])("host $host from $from leads to $gives", ({ host, from, gives }) => {
  const world = mesh([virtualService("x", [{ route: to("b") }])]);
  const client = sidecar(from);
  assertEquals(inShort(ask(world, { authority: host }, { client })), gives);
});

Deno.test("REGISTRY_ONLY answers 502 for a host that nobody knows", () => {
  const world = mesh([], {
    mesh: { ...DEFAULT_MESH, outboundTrafficPolicy: "REGISTRY_ONLY" },
  });
  assertEquals(inShort(ask(world, { authority: "lost.test" })), "direct 502");
});

Deno.test("a sidecar does not infer a port other than the one it was called on, a gateway does", () => {
  const edge = { hosts: ["x.test"], gateways: ["mesh", "edge"] };
  const world = mesh([
    service("c", { ports: [9080] }),
    pod("c-1", { app: "c" }),
    virtualService("x", [{ route: to("c") }], edge),
  ]);
  const client: Client = {
    kind: "gateway",
    namespace: "default",
    labels: {},
    gateway: "default/edge",
  };
  const asked = { authority: "x.test" };
  assertEquals(inShort(ask(world, asked)), "c NC");
  assertEquals(inShort(ask(world, asked, { client })), "c");
});

Deno.test("a host outside the registry is served on port 80 only", () => {
  const world = mesh([
    virtualService("x", [{ route: to("a") }], { hosts: ["reviews.prod"] }),
    service("prod/reviews", { ports: [80, 81] }),
    pod("prod/r-1", { app: "reviews" }),
  ]);
  const at = (authority: string, port: number) =>
    inShort(ask(world, { authority, port }));
  assertEquals(at("reviews.prod", 80), "a");
  assertEquals(at("reviews.prod", 81), "default reviews.prod");
  assertEquals(at("reviews.prod.svc", 80), "default reviews.prod");
});

Deno.test("a wildcard takes only services for which nothing more specific speaks", () => {
  const world = mesh([
    virtualService("wide", [{ route: to("b") }], {
      hosts: ["*.default.svc.cluster.local"],
      minute: 1,
    }),
    virtualService("exact", [{ match: [{ port: 99 }], route: to("b") }], {
      minute: 2,
    }),
    service("c"),
  ]);
  assertEquals(inShort(ask(world, { authority: "c" })), "b");
  assertEquals(inShort(ask(world, { authority: "a" })), "default a");
});

Deno.test("exportTo of a VirtualService and of a Service is respected", () => {
  const world = mesh([
    virtualService("private", [{ route: to("b") }], { exportTo: ["."] }),
    service("hidden", { exportTo: "." }),
    virtualService("other/x", [
      { route: to("hidden.default.svc.cluster.local") },
    ], { hosts: ["x.test"] }),
  ]);
  const client = sidecar("other");
  const at = (authority: string) =>
    inShort(ask(world, { authority }, { client }));
  assertEquals(at(FULL), "default a");
  assertEquals(at("x.test"), "hidden NC");
  assertEquals(at("hidden.default"), "passthrough");
});

Deno.test("a ServiceEntry is a host whose endpoints cannot be seen", () => {
  const world = mesh([serviceEntry("ext", "api.ext.test")]);
  const verdict = ask(world, { authority: "api.ext.test" });
  assertEquals(inShort(verdict), "default api.ext.test");
  assertEquals(verdict.destinations[0]?.endpoints, undefined);
});

Deno.test("a port that is not HTTP is unknown, not a route", () => {
  const world = mesh([service("c", { ports: [5432], portName: "tcp-pg" })]);
  assertEquals(inShort(ask(world, { authority: "c", port: 5432 })), "unknown");
});

Deno.test("rules are kept apart from what cannot be read", () => {
  const gaps: World["gaps"] = [
    { kind: "DestinationRule", namespace: "default", reason: "forbidden" },
    { kind: "Service", namespace: "secret", reason: "forbidden" },
    { kind: "Pod", namespace: "default", reason: "forbidden" },
  ];
  const world = mesh([virtualService("x", [{
    route: to(["a:v1", 1], ["c.secret.svc.cluster.local", 1], ["b", 1]),
  }])], { gaps });
  for (const { flag, endpoints, why } of ask(world).destinations) {
    assertEquals([flag, endpoints, why], [undefined, undefined, "forbidden"]);
  }
});

Deno.test.each([
  { port: { name: "http-a" }, isHttp: true },
  { port: {}, isHttp: true },
  { port: { name: "http-a", appProtocol: "tcp" }, isHttp: false },
  { port: { name: "tcp-a", appProtocol: "http" }, isHttp: true },
  { port: { name: "tcp-a", appProtocol: "kubernetes.io/h2c" }, isHttp: true },
  { port: { name: "a", appProtocol: "kubernetes.io/wss" }, isHttp: false },
  { port: { appProtocol: "mongo-x" }, isHttp: false },
  // What the proxy never looks into, unless it is told.
  { port: { port: 3306 }, isHttp: false },
  { port: { port: 3306, name: "db" }, isHttp: false },
  { port: { port: 3306, name: "grpc-web" }, isHttp: true },
])("a Service's port $port is HTTP: $isHttp", ({ port, isHttp }) => {
  const object = service("c", { ports: [80] });
  const ports = [{ port: 80, ...port }];
  const world = mesh([{ ...object, spec: { ...object.spec, ports } }]);
  const number = ports[0]!.port;
  const { outcome } = ask(world, { authority: "c", port: number });
  assertEquals(outcome, isHttp ? "default" : "unknown");
});

Deno.test("an ExternalName Service is another name of a host", () => {
  const alias = (name: string, externalName: string, ports = [80]) => {
    const made = service(name, { ports, selector: null });
    const spec = { ...made.spec, type: "ExternalName", externalName };
    return { ...made, spec };
  };
  const world = mesh([
    alias("same", "a.default.svc.cluster.local", []),
    alias("ext", "api.ext.test"),
    alias("lost", "nobody.test"),
    alias("ruled", "nobody.test"),
    serviceEntry("entry", "api.ext.test"),
    virtualService("x", [
      { match: [{ uri: { prefix: "/lost" } }], route: to("lost") },
      { match: [{ uri: { prefix: "/same" } }], route: to("same") },
      { route: to("ext") },
    ], { hosts: ["ruled"] }),
  ]);
  const by = (authority: string, path = "/") => ask(world, { authority, path });
  assertEquals(inShort(by("same")), "default a");
  assertEquals(inShort(by("ext")), "default api.ext.test");
  assertEquals(by("lost").outcome, "passthrough");
  assertEquals(inShort(by("ruled")), "api.ext.test");
  assertEquals(inShort(by("ruled", "/lost")), "nobody.test NC");
  // A sidecar does not see what it is on a port that it does not have.
  assertEquals(inShort(by("ruled", "/same")), "same NC");
});

const EDGE: Client = {
  kind: "gateway",
  namespace: "istio-system",
  labels: {},
  gateway: "istio-system/edge",
};

Deno.test.each([
  { servers: ["*"], hosts: ["a.test"], asked: "a.test", gives: "a" },
  { servers: ["*.test"], hosts: ["a.test"], asked: "a.test", gives: "a" },
  { servers: ["a.test"], hosts: ["*.test"], asked: "a.test", gives: "a" },
  { servers: ["a.test"], hosts: ["*.test"], asked: "b.test", gives: "404" },
  { servers: ["default/*"], hosts: ["a.test"], asked: "a.test", gives: "a" },
  { servers: ["other/*"], hosts: ["a.test"], asked: "a.test", gives: "404" },
  { servers: ["./*"], hosts: ["a.test"], asked: "a.test", gives: "404" },
  { servers: ["*/a.test"], hosts: ["a.test"], asked: "A.test:80", gives: "a" },
  { servers: ["*"], hosts: ["*"], asked: "any.test", gives: "a" },
])("servers $servers and hosts $hosts: $asked gives $gives", (row) => {
  const world = mesh([
    gateway("istio-system/edge", row.servers),
    virtualService("x", [{ route: to("a") }], {
      hosts: row.hosts,
      gateways: ["istio-system/edge"],
    }),
  ]);
  const asked = { authority: row.asked };
  assertEquals(inShort(ask(world, asked, { client: EDGE })), row.gives);
});

const SERVERS = [
  {
    port: { number: 80, protocol: "HTTP" },
    hosts: ["*.test"],
    tls: { httpsRedirect: true },
  },
  {
    port: { number: 443, protocol: "HTTPS" },
    hosts: ["*.test"],
    tls: { mode: "SIMPLE" },
  },
  {
    port: { number: 8443, protocol: "TLS" },
    hosts: ["*.test"],
    tls: { mode: "PASSTHROUGH" },
  },
  {
    port: { number: 9443, protocol: "HTTPS" },
    hosts: ["*"],
    tls: { mode: "PASSTHROUGH" },
  },
];

Deno.test.each([
  { authority: "a.test", port: 80, says: "redirect 301" },
  // It needs no VirtualService.
  { authority: "b.test", port: 80, says: "redirect 301" },
  { authority: "b.other", port: 80, says: "no-route 404" },
  { authority: "a.test", port: 443, says: "route undefined" },
  { authority: "b.test", port: 443, says: "no-route 404" },
  { authority: "a.test", port: 8443, says: "unknown undefined" },
  { authority: "a.test", port: 9443, says: "unknown undefined" },
])("a gateway's server by its TLS: $authority at $port is $says", (row) => {
  const edge = gateway("istio-system/edge", []);
  const objects = [
    { ...edge, spec: { ...edge.spec, servers: SERVERS } },
    virtualService("a", [{ route: to("a") }], {
      hosts: ["a.test"],
      gateways: ["istio-system/edge"],
    }),
  ];
  const { authority, port } = row;
  const asked = ask(mesh(objects), { authority, port }, { client: EDGE, port });
  const { outcome, status } = asked;
  assertEquals(`${outcome} ${status}`, row.says);
});

Deno.test("Gateways of one workload are one table, the older one first", () => {
  const at = (
    name: string,
    selector: Record<string, string>,
    minute: number,
  ) => {
    const made = gateway(name, ["*"], selector);
    const creationTimestamp = `2026-01-01T00:0${minute}:00Z`;
    return { ...made, metadata: { ...made.metadata, creationTimestamp } };
  };
  const bound = (name: string, prefix: string, gateways: string[]) =>
    virtualService(name, [{ match: [{ uri: { prefix } }], route: to(name) }], {
      hosts: ["x.test"],
      gateways,
    });
  const world = mesh([
    at("istio-system/edge", { istio: "edge" }, 2),
    at("shop/team", { istio: "edge" }, 1),
    at("shop/other", { istio: "other" }, 0),
    bound("a", "/a", ["istio-system/edge"]),
    bound("b", "/", ["shop/team"]),
    bound("c", "/c", ["shop/other"]),
    bound("d", "/d", ["istio-system/edge", "shop/team"]),
  ]);
  const compiled = compileRoutes(world, EDGE, 80);
  const host = compiled.table.byDomain.get("x.test");
  assertEquals(
    host?.rules.map(({ root }) => root.metadata.name),
    ["d", "a", "b"],
  );
});

Deno.test("on a gateway the most specific host wins, without falling through", () => {
  const gateways = ["istio-system/edge"];
  const world = mesh([
    virtualService("wide", [{ route: to("b") }], {
      hosts: ["*.test"],
      gateways,
    }),
    virtualService("exact", [{
      match: [{ uri: { prefix: "/x" } }],
      route: to("a"),
    }], { hosts: ["a.test"], gateways }),
  ]);
  const at = (authority: string, path: string) =>
    inShort(ask(world, { authority, path }, { client: EDGE }));
  assertEquals(
    [at("a.test", "/x"), at("a.test", "/"), at("b.test", "/")],
    ["a", "404", "b"],
  );
});

Deno.test("what cannot be known before a rule makes the verdict unknown", () => {
  const world = mesh([virtualService("x", [
    {
      match: [{ headers: { "@request.auth.claims.sub": { exact: "1" } } }],
      route: to("a"),
    },
    { route: to("b") },
  ])]);
  const verdict = ask(world);
  assertEquals(verdict.outcome, "unknown");
  assert(verdict.why?.includes("@request.auth.claims.sub"));
  assertEquals(verdict.destinations, []);
});

Deno.test.each<{ name: string; patch: Partial<Pod>; ready: boolean }>([
  { name: "running and Ready", patch: {}, ready: true },
  {
    name: "without phase",
    patch: { status: { conditions: [{ type: "Ready", status: "True" }] } },
    ready: true,
  },
  {
    name: "terminating",
    patch: {
      metadata: {
        name: "p",
        labels: { app: "a" },
        deletionTimestamp: "2026-01-01T00:00:00Z",
      },
    },
    ready: false,
  },
  {
    name: "finished",
    patch: {
      status: {
        phase: "Succeeded",
        conditions: [{ type: "Ready", status: "True" }],
      },
    },
    ready: false,
  },
  { name: "without conditions", patch: { status: {} }, ready: false },
])("a pod that is $name is ready: $ready", ({ patch, ready }) => {
  assertEquals(isReady(pod("p", { app: "a" }, patch)), ready);
});

Deno.test("podCount() wants the Service's selector and the labels, in its namespace", () => {
  const world = mesh([
    pod("a-2", { app: "a", version: "v1" }),
    pod("x-1", { app: "x", version: "v1" }),
    pod("other/a-1", { app: "a", version: "v1" }),
  ]);
  const count = podCount(world, { host: FULL, labels: { version: "v1" } });
  assertEquals([count.known, count.ready, count.existing], [true, 1, 1]);
});

Deno.test.each<{ name: string; world: World; host?: string; label?: string }>([
  {
    name: "pods are forbidden",
    world: mesh([], { gaps: [{ kind: "Pod", reason: "forbidden" }] }),
  },
  {
    name: "other clusters exist",
    world: mesh([], { mesh: { ...DEFAULT_MESH, multiCluster: true } }),
  },
  { name: "the host is no Service", world: mesh([]), host: "ext.test" },
  {
    name: "the Service has no selector",
    world: mesh([service("n", { selector: null })]),
    host: "n.default.svc.cluster.local",
  },
  {
    name: "a WorkloadEntry serves it too",
    world: mesh([], {
      workloadEntries: [{
        apiVersion: "networking.istio.io/v1",
        kind: "WorkloadEntry",
        metadata: { name: "vm", namespace: "default" },
        spec: { labels: { app: "a" } },
      }],
    }),
  },
  {
    name: "the mesh sets the label",
    world: mesh([]),
    label: "topology.istio.io/cluster",
  },
])("podCount() is unknown where $name", ({ world, host = FULL, label }) => {
  const labels = label === undefined ? {} : { [label]: "x" };
  const count = podCount(world, { host, labels });
  assert(!count.known && count.reason.length > 0);
  assertEquals(count.ready, null);
});

Deno.test("compiled rules answer the same as often as they are asked", () => {
  const world = mesh([virtualService("x", [
    { match: [{ headers: { x: { regex: "a+" } } }], route: to("a") },
    { route: to("b") },
  ])]);
  const compiled = compileRoutes(world, sidecar(), 80);
  for (let i = 0; i < 50_000; i++) {
    const verdict = evaluate(
      compiled,
      request({ headers: [["x", i % 2 === 0 ? "aa" : "b"]] }),
    );
    if (inShort(verdict) !== (i % 2 === 0 ? "a" : "b")) {
      throw new Error(`request ${i} went to ${inShort(verdict)}`);
    }
  }
});
