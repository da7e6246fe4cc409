/** The way from objects to a world, and what is asked of it without a cluster. */
import {
  check,
  diffTraffic,
  explain,
  graph,
  type KubeObject,
  ManifestError,
  renderDot,
  renderMermaid,
  renderSvg,
  requestTo,
  testRoutes,
  Traffic,
  worldOf,
} from "../mod.ts";
import { startSandbox } from "../src/sandbox/mod.ts";
import { Snapshot } from "../src/snapshot.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "./support/assert.ts";
import { objectsOf } from "./support/snapshots.ts";

const CLIENT = { kind: "sidecar", namespace: "default", labels: {} } as const;

const istio = (kind: string, name: string, spec: object): KubeObject => ({
  apiVersion: "networking.istio.io/v1",
  kind,
  metadata: { name },
  spec,
});
const SERVICE: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "api" },
  spec: { selector: { app: "api" }, ports: [{ name: "http", port: 80 }] },
};
const POD: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "api-1", labels: { app: "api" } },
};
const ROUTE = istio("VirtualService", "api", {
  hosts: ["api"],
  http: [{ route: [{ destination: { host: "api" } }] }],
});

const flagsOf = (objects: readonly KubeObject[], whole = false) =>
  explain(worldOf(objects, { whole }), {
    request: requestTo("http://api/"),
    client: CLIENT,
  }).destinations.map(({ flag }) => flag);

Deno.test("of manifests it is unknown, of a whole cluster it is none", () => {
  const objects = [SERVICE, ROUTE];
  assertEquals(flagsOf(objects), [undefined]);
  assertEquals(flagsOf(objects, true), ["UH"]);
  // A Pod before there is a status is a wish.
  assertEquals(flagsOf([...objects, POD]), [undefined]);
  const status = { phase: "Pending", conditions: [] };
  assertEquals(flagsOf([...objects, { ...POD, status }]), ["UH"]);
  const codes = (whole: boolean) =>
    check(worldOf(objects, { whole })).map(({ code }) => code);
  assertEquals([codes(false), codes(true)], [[], ["no-ready-pods"]]);
});

Deno.test("a host whose Service nobody has seen is unknown, and not outside of the mesh", () => {
  const ask = (objects: readonly KubeObject[], whole: boolean, url: string) => {
    const { outcome, why = "" } = explain(worldOf(objects, { whole }), {
      request: requestTo(url),
      client: CLIENT,
    });
    return `${outcome}: ${why}`;
  };
  for (const host of ["api", "api.default", "api.default.svc"]) {
    const url = `http://${host}:81/`;
    assertEquals(
      ask([ROUTE], false, url),
      'unknown: whether Service "api" in namespace "default" has port 81 cannot be known: no Service of its namespace is among the objects',
    );
    assertEquals(
      ask([ROUTE], true, url),
      `passthrough: no service or VirtualService has host "${host}" on port 81; a mesh of REGISTRY_ONLY answers 502`,
    );
    // Services of the namespace are known: this one has no such port.
    assertStringIncludes(ask([ROUTE, SERVICE], false, url), "passthrough: ");
  }
  for (const url of ["http://example.com/", "http://a.b.svc.example.com/"]) {
    assertStringIncludes(ask([ROUTE], false, url), "passthrough: ");
  }
});

Deno.test("of two objects of a name the later one counts, and kinds of other groups do not", () => {
  const other = (name: string) =>
    istio("VirtualService", "api", { hosts: [name], http: [] });
  const world = worldOf([
    other("one"),
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "gate" },
    },
    {
      apiVersion: "serving.knative.dev/v1",
      kind: "Service",
      metadata: POD.metadata,
    },
    other("two"),
  ], { namespace: "shop" });
  assertEquals(
    world.virtualServices.map(({ metadata, spec }) => [
      metadata.namespace,
      spec.hosts,
    ]),
    [["shop", ["two"]]],
  );
  assertEquals([world.gateways, world.services], [[], []]);
});

Deno.test("a world does not see what becomes of the objects it was made of", () => {
  const hosts = ["api"];
  const object = istio("VirtualService", "api", { hosts, http: [] });
  const world = worldOf([object]);
  hosts.push("other");
  assertEquals(world.virtualServices[0]?.spec.hosts, ["api"]);
  assertEquals(object.metadata.namespace, undefined);
});

Deno.test("a mesh of several networks has pods that nobody sees", () => {
  const root: KubeObject = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: "istio-system",
      labels: { "topology.istio.io/network": "eu" },
    },
  };
  assertEquals(flagsOf([SERVICE, ROUTE], true), ["UH"]);
  assertEquals(flagsOf([SERVICE, ROUTE, root], true), [undefined]);
});

Deno.test.each([
  { what: "a list", object: { apiVersion: "v1", kind: "List", items: [] } },
  { what: "null", object: null },
  { what: "no kind", object: { apiVersion: "v1", metadata: { name: "a" } } },
  { what: "no apiVersion", object: { kind: "Pod", metadata: { name: "a" } } },
  {
    what: "a namespace that is a number",
    object: { ...POD, metadata: { name: "a", namespace: 1 } },
  },
])("what is no object is refused: $what", ({ object }) => {
  const error = assertThrows(
    () => worldOf([ROUTE, object as unknown as KubeObject]),
    ManifestError,
  );
  assertEquals(error.code, "invalid-manifest");
  assertStringIncludes(error.message, "object 1");
});

Deno.test("a world of objects and the world of their cluster give the same answers", async () => {
  await using sandbox = await startSandbox();
  const world = worldOf(await objectsOf(sandbox.cluster), { whole: true });
  const read = await Traffic.on(sandbox.cluster).world();
  assert(check(read).length > 0);
  assertEquals(check(world), check(read));
  assertEquals(graph(world), graph(read));
  assertEquals(diffTraffic(read, world), { differences: [], unexamined: [] });
  const asked = {
    request: requestTo("http://api-domain:5000/"),
    client: CLIENT,
  };
  assertEquals(explain(world, asked), explain(read, asked));
});

Deno.test("what a plan does to requests is a row, whose request fares as it says", async () => {
  await using sandbox = await startSandbox();
  const now = Snapshot.of(await objectsOf(sandbox.cluster), { whole: true });
  const plan = await now.shift(
    {
      namespace: "default",
      names: ["api-domain-virtualservice"],
      build: "3",
      weight: 20,
    },
    { time: new Date("2026-11-24T12:00:00Z") },
  );
  const after = await now.after(plan);
  const sides = [[now.world, "before"], [after.world, "after"]] as const;
  const { differences } = diffTraffic(now.world, after.world);
  assert(differences.length > 0);
  for (const row of differences) {
    assertEquals(row.kind, "shares");
    for (const [world, side] of sides) {
      const { destinations } = explain(world, row);
      assertEquals(
        destinations.map(({ cluster, fraction }) => [
          cluster,
          Math.round(100 * fraction),
        ]),
        row[side].destinations.map((one) => [one.cluster, one.percent]),
      );
    }
  }
});

Deno.test("tests that are wrong are problems, and not tests that passed", () => {
  const world = worldOf([SERVICE, ROUTE]);
  const file = {
    apiVersion: "istiops/v1",
    kind: "RouteTests",
    tests: [
      { request: "http://api/", expect: { rule: 0 } },
      { request: "http://api/", expect: { rule: 1 } },
      { request: "http://api/", expct: { rule: 0 } },
    ],
  };
  const { passed, failed, problems, results, uncovered } = testRoutes(
    world,
    file,
    { coverage: {} },
  );
  assertEquals([passed, failed, problems.length, uncovered], [1, 1, 2, []]);
  assertEquals(results[1]?.failures, ["The rule is 0, not 1"]);
  const { problems: none, passed: zero } = testRoutes(world, null);
  assertEquals([none.length > 0, zero], [true, 0]);
  // In the client's own namespace, unless it is said otherwise.
  assertEquals(
    testRoutes(world, { ...file, tests: [file.tests[0]] }, { namespace: "b" })
      .results[0]?.client.namespace,
    "b",
  );
});

Deno.test("a picture is text for Mermaid, Graphviz and browsers", () => {
  const drawn = graph(worldOf([SERVICE, ROUTE], { whole: true }));
  assert(
    drawn.nodes.some(({ problems }) =>
      problems.some(({ code }) => code === "no-ready-pods")
    ),
  );
  assertStringIncludes(renderMermaid(drawn), "flowchart");
  assertStringIncludes(renderDot(drawn), "digraph");
  assertStringIncludes(renderSvg(drawn), "<svg");
  const world = worldOf([SERVICE, ROUTE]);
  assertEquals(graph(world, { objects: [] }).nodes, []);
  assertEquals(graph(world, { mostDetailed: 1 }).detail, "objects");
});

/** Objects that no server would keep; their types say nothing about them. */
const ODD = [
  { ...SERVICE, metadata: { name: "api", labels: null } },
  { ...SERVICE, spec: { ...SERVICE["spec"] as object, ports: {} } },
  { ...SERVICE, spec: { ...SERVICE["spec"] as object, ports: [null] } },
  { ...SERVICE, spec: { ...SERVICE["spec"] as object, clusterIP: [{}] } },
  { ...POD, metadata: { name: "api-1", labels: null } },
  istio("Gateway", "g", { selector: { app: "gw" }, servers: 0 }),
  istio("Gateway", "g", { selector: { app: "gw" }, servers: [null, {}] }),
  istio("DestinationRule", "api", { host: { a: null }, subsets: [null] }),
  istio("Sidecar", "s", { egress: [null, { hosts: 1 }] }),
] as unknown as readonly KubeObject[];

Deno.test("objects of an odd shape are taken as far as they go, and none throws", () => {
  const bound = istio("VirtualService", "g", {
    hosts: ["api", "x.example.com"],
    gateways: ["mesh", "g"],
    http: [{ route: [{ destination: { host: "api", subset: "v1" } }] }],
  });
  const rule = istio("DestinationRule", "rule", {
    host: "api",
    subsets: [{ name: "v1", labels: { version: "v1" } }],
  });
  const sound = worldOf([SERVICE, POD, ROUTE, bound, rule]);
  for (const odd of ODD) {
    const world = worldOf([SERVICE, POD, ROUTE, bound, rule, odd]);
    const only = worldOf([odd, ROUTE, bound, rule]);
    for (const one of [world, only]) {
      check(one);
      graph(one);
      diffTraffic(one, sound);
      diffTraffic(sound, one);
      for (const kind of ["sidecar", "gateway", "waypoint"] as const) {
        explain(one, {
          request: requestTo("http://api/"),
          client: {
            ...CLIENT,
            kind,
            ...(kind === "sidecar" ? {} : { gateway: "default/g" }),
          },
        });
      }
    }
  }
});
