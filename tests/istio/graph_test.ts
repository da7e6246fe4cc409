import fc from "fast-check";
import { explainRequest } from "../../src/istio/explanation.ts";
import {
  COLUMNS,
  type Graph,
  type GraphNode,
  graphOf,
} from "../../src/istio/graph.ts";
import { wayIn } from "../../src/istio/graph_path.ts";
import type { World } from "../../src/istio/world.ts";
import { graphTraffic } from "../../src/traffic/graph.ts";
import { hostileWorld } from "../render/rig/hostile_worlds.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import {
  destinationRule,
  gateway,
  mesh,
  pod,
  request,
  service,
  sidecar,
  to,
  virtualService,
} from "./worlds.ts";

/** A canary on the mesh and a gateway; `v3` is nowhere, `v2` has no pods. */
function canary(): World {
  return mesh([
    gateway("edge", ["*"]),
    virtualService("a", [
      {
        name: "preview",
        match: [{ headers: { "x-user": { exact: "ada" } } }],
        route: to("a:v2"),
        mirror: { host: "b" },
        mirrorPercentage: { value: 10 },
      },
      { route: to(["a:v1", 3], ["a:v3", 1]) },
      { redirect: { uri: "/", redirectCode: 308 } },
    ], { gateways: ["mesh", "edge"] }),
    virtualService("late", [{ route: to("b") }], { minute: 5 }),
    destinationRule("a", "a", ["v1", "v2"]),
    pod("a-2", { app: "a", version: "v1" }),
    pod("a-3", { app: "a", version: "v1" }, { status: { phase: "Pending" } }),
  ]);
}

function nodesOf<Kind extends GraphNode["kind"]>(
  { nodes }: Graph,
  kind: Kind,
): readonly Extract<GraphNode, { readonly kind: Kind }>[] {
  return nodes.filter((node) => node.kind === kind) as Extract<
    GraphNode,
    { readonly kind: Kind }
  >[];
}

/** `rule 0 -> a:v2 100 %`. */
function ways({ nodes, edges }: Graph): readonly string[] {
  const named = new Map(nodes.map((node) => [node.id, shortOf(node)]));
  return edges.map(({ from, to, kind, fraction }) =>
    `${named.get(from)} ${kind === "mirror" ? "~>" : "->"} ${named.get(to)}${
      fraction === undefined ? "" : ` ${fraction * 100} %`
    }`
  );
}

function shortOf(node: GraphNode): string {
  switch (node.kind) {
    case "client":
      return node.gateway ?? "mesh";
    case "host":
      return `host ${node.host.replace(/\..*/, "")}`;
    case "virtualService":
      return node.object.name;
    case "rule":
      return `rule ${node.index}`;
    case "destination":
      return `${node.host.replace(/\..*/, "")}:${node.port}${
        node.subset === null ? "" : `:${node.subset}`
      }`;
    case "pods":
      return `${node.ready}/${node.existing}`;
  }
}

Deno.test("graphOf() goes from who asks to the pods, with shares and mirrors", () => {
  const world = canary();
  const objects = world.virtualServices.filter(({ metadata }) =>
    metadata.name === "a"
  );
  const graph = graphOf(world, { objects });
  assertEquals(ways(graph), [
    "mesh -> host a",
    "default/edge -> host a",
    "host a -> a",
    "host a -> a",
    "a -> rule 0",
    "a -> rule 1",
    "a -> rule 2",
    "rule 0 -> a:80:v2 100 %",
    "rule 0 ~> b:80 10 %",
    "rule 1 -> a:80:v1 75 %",
    "rule 1 -> a:80:v3 25 %",
    "a:80:v2 -> 0/0",
    "b:80 -> 1/1",
    "a:80:v1 -> 1/2",
  ]);
  assertEquals(
    nodesOf(graph, "rule").map(({ match, action, status }) => [
      match.join(),
      action,
      status,
    ]),
    [
      ['headers["x-user"] exact "ada"', "route", undefined],
      ["every request", "route", undefined],
      ["every request", "redirect", 308],
    ],
  );
});

Deno.test("graphOf() marks what is wrong where it is", () => {
  const marked = graphTraffic(canary()).nodes.flatMap((node) =>
    node.problems.map(({ code, severity, message }) =>
      `${shortOf(node)} ${severity} ${code} ${message}`
    )
  );
  assertEquals(marked, [
    "default/edge error IST0106 Istio refuses it: spec.servers[0].port.name: Required value",
    'late warning IST0109 Without effect: VirtualService "default/a" comes first for its hosts',
    'rule 0 warning canary-left-behind Rule "preview" (#0) is left behind: nothing that it leads to has pods, and nothing asks for any',
    "rule 2 warning IST0130 No request gets here: rule #1 above takes every request",
    "a:80:v2 error IST0173 no pods: requests that go here fail with 503",
    'a:80:v3 error IST0101 subset "v3" is missing (DestinationRule "default/a" has only "v1", "v2"): requests that go here fail with 503',
    'a:80:v3 error IST0101 subset "v3" is missing for gateway "default/edge" (DestinationRule "default/a" has only "v1", "v2"): requests that go here fail with 503',
  ]);
});

Deno.test("a rule behind one that takes all of its requests is marked; one that is reached is not", () => {
  const graph = graphTraffic(mesh([
    virtualService("a", [
      { match: [{ uri: { prefix: "/v1" } }], route: to("a") },
      { match: [{ uri: { prefix: "/v1/x" } }], route: to("a") },
      {
        match: [{ uri: { prefix: "/v1/x" } }, { uri: { prefix: "/v2" } }],
        route: to("a"),
      },
    ]),
  ]));
  assertEquals(
    nodesOf(graph, "rule").map(({ problems }) =>
      problems.map(({ message }) => message).join()
    ),
    [
      "",
      "No request gets here: rule #0 above takes all that it would take",
      "",
    ],
  );
});

Deno.test("what only one client lacks says which one", () => {
  const graph = graphTraffic(mesh([
    gateway("far/edge", ["*"]),
    virtualService("a", [{ route: to("a:v1") }], {
      gateways: ["mesh", "far/edge"],
    }),
    destinationRule("far/a", "a.default.svc.cluster.local", ["v2"]),
    destinationRule("a", "a", ["v1"]),
    pod("a-2", { app: "a", version: "v1" }),
  ]));
  assertEquals(
    nodesOf(graph, "destination").flatMap(({ problems }) => problems)
      .map(({ message }) => message),
    [
      'subset "v1" is missing for gateway "far/edge" (DestinationRule "far/a" has only "v2"): requests that go here fail with 503',
    ],
  );
});

Deno.test("a delegate is drawn in its root, a lost one is a problem of the root", () => {
  const world = mesh([
    virtualService("root", [
      { match: [{ uri: { prefix: "/a" } }], delegate: { name: "leaf" } },
      { match: [{ uri: { prefix: "/b" } }], delegate: { name: "gone" } },
    ]),
    virtualService("leaf", [{ route: to("b") }], { hosts: [] }),
  ]);
  const [, leaf] = world.virtualServices;
  const graph = graphTraffic(world, { objects: [leaf!] });
  assertEquals(nodesOf(graph, "virtualService").map(shortOf), ["root"]);
  assertEquals(
    nodesOf(graph, "rule").map(({ object, match }) => [object.name, ...match]),
    [["leaf", 'uri prefix "/a"']],
  );
  assertMatch(
    nodesOf(graph, "virtualService")[0]!.problems[0]!.message,
    /"default\/gone" is left out: it does not exist/,
  );
});

Deno.test("findings on a subset are at its destination, those on a Gateway at its client, information at none", () => {
  const world = canary();
  const finding = { code: "x", severity: "warning", message: "here" } as const;
  const object = { namespace: "default", name: "a" };
  const marked = (graph: Graph) =>
    graph.nodes.flatMap((node) =>
      node.problems.map(({ message }) => `${shortOf(node)} ${message}`)
    );
  const at = (kind: string, name: string, path: (string | number)[]) =>
    marked(graphOf(world, {
      findings: [{ ...finding, object: { ...object, kind, name }, path }],
    }));
  assertEquals(
    at("DestinationRule", "a", ["spec", "subsets", 1, "labels"]),
    ["a:80:v2 here"],
  );
  assertEquals(at("DestinationRule", "a", ["spec", "host"]), []);
  assertEquals(at("Gateway", "edge", ["spec"]), ["default/edge here"]);
  assertEquals(at("Gateway", "other", []), []);
  assertEquals(at("VirtualService", "a", ["spec", "hosts", 0]), ["a here"]);
  assertEquals(
    at("VirtualService", "a", ["spec", "http", 1, "route", 0, "weight"]),
    ["a:80:v1 here"],
  );
  assertEquals(
    at("VirtualService", "a", ["spec", "http", 1, "timeout"]),
    ["rule 1 here"],
  );
  const info = { ...finding, severity: "info" as const };
  assertEquals(
    marked(graphOf(world, {
      findings: [{ ...info, object: { ...object, kind: "VirtualService" } }],
    })),
    [],
  );
});

Deno.test("unknown pods are unknown, and no problem", () => {
  const graph = graphTraffic(
    mesh([virtualService("a", [{ route: to("a") }])], {
      gaps: [{ kind: "Pod", reason: "forbidden" }],
    }),
  );
  assertEquals(
    nodesOf(graph, "pods").map(({ ready, why }) => [ready, why]),
    [[null, "forbidden"]],
  );
  assertEquals(graph.nodes.flatMap(({ problems }) => problems), []);
});

Deno.test("too many nodes become a summary, with what is wrong in it", () => {
  const world = canary();
  const graph = graphTraffic(world, { mostDetailed: 10 });
  assertEquals(graph.detail, "objects");
  assertEquals(
    graph.nodes.map(({ kind }) => kind).filter((kind) => kind === "rule"),
    [],
  );
  assertEquals(ways(graph).filter((way) => /^a -> |^late -> /.test(way)), [
    "a -> a:null",
    "late -> b:null",
  ]);
  const codes = new Set(
    graph.nodes.flatMap(({ problems }) => problems.map(({ code }) => code)),
  );
  assertEquals([...codes].sort(), [
    "IST0101",
    "IST0106",
    "IST0109",
    "IST0130",
    "IST0173",
    "canary-left-behind",
  ]);
});

Deno.test("the order of what was read does not matter", () => {
  const world = canary();
  const backwards = {
    ...world,
    virtualServices: world.virtualServices.toReversed(),
    destinationRules: world.destinationRules.toReversed(),
    services: world.services.toReversed(),
    pods: world.pods.toReversed(),
  };
  assertEquals(graphTraffic(backwards), graphTraffic(world));
});

Deno.test("graphOf() draws any world: ids are once, edges lead from a column to a later one", () => {
  fc.assert(fc.property(hostileWorld, (world) => {
    const before = JSON.stringify(world);
    const { nodes, edges } = graphTraffic(world);
    assertEquals(JSON.stringify(world), before);
    const kinds = new Map(nodes.map(({ id, kind }) => [id, kind]));
    assertEquals(kinds.size, nodes.length);
    for (const { from, to, fraction = 0 } of edges) {
      const [start, end] = [kinds.get(from)!, kinds.get(to)!];
      assert(COLUMNS.indexOf(start) < COLUMNS.indexOf(end), `${from} ${to}`);
      assert(fraction >= 0 && fraction < 1.0001, `${fraction}`);
    }
  }));
});

Deno.test("wayIn() follows a request from its client to the pods of its destinations", () => {
  const world = canary();
  const graph = graphOf(world);
  const named = new Map(graph.nodes.map((node) => [node.id, shortOf(node)]));
  const wayOf = (headers: readonly (readonly [string, string])[]) =>
    wayIn(graph, explainRequest(world, sidecar(), request({ headers })))
      .map((id) => named.get(id));
  assertEquals(wayOf([["x-user", "ada"]]), [
    "mesh",
    "host a",
    "a",
    "rule 0",
    "a:80:v2",
    "0/0",
  ]);
  assertEquals(wayOf([]), [
    "mesh",
    "host a",
    "a",
    "rule 1",
    "a:80:v1",
    "a:80:v3",
    "1/2",
  ]);
  const other = request({ authority: "b" });
  assertEquals(wayIn(graph, explainRequest(world, sidecar(), other)), []);
});

Deno.test("wayIn() leaves out what has no share, and what only a mirror leads to", () => {
  const world = mesh([
    virtualService("a", [{
      route: to(["a:v1", 1], ["a:v2", 0]),
      mirror: { host: "b" },
    }]),
    destinationRule("a", "a", ["v1", "v2"]),
  ]);
  const graph = graphOf(world);
  const way = wayIn(graph, explainRequest(world, sidecar(), request()));
  assertEquals(
    way.filter((id) => id.startsWith("destination:")),
    ["destination:a.default.svc.cluster.local:80:v1"],
  );
});

Deno.test("wayIn() of a summary goes past the rules", () => {
  const world = mesh([
    service("c"),
    virtualService("a", [{ route: to("c") }]),
  ]);
  const graph = graphOf(world, { mostDetailed: 1 });
  const way = wayIn(graph, explainRequest(world, sidecar(), request()));
  assertEquals(way.map((id) => id.replace(/:.*/, "")), [
    "client",
    "host",
    "virtualService",
    "destination",
    "pods",
  ]);
});
