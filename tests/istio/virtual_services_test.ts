import { clientsOf } from "../../src/istio/client.ts";
import { inlineDelegates, rootsOf } from "../../src/istio/delegates.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  VirtualService,
} from "../../src/istio/types.ts";
import {
  candidates,
  effectOf,
  emittedRules,
} from "../../src/istio/virtual_services.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { gateway, mesh, pod, sidecar, to, virtualService } from "./worlds.ts";

const names = (list: readonly VirtualService[]) =>
  list.map(({ metadata }) => metadata.name);
const all = [{ route: to("a") }];

Deno.test("candidates() orders private, exported by name, public; each by age", () => {
  const world = mesh([
    virtualService("public-new", all, { minute: 9 }),
    virtualService("public-old", all, { minute: 1 }),
    virtualService("z/by-name", all, { minute: 8, exportTo: ["default"] }),
    virtualService("private", all, { minute: 7, exportTo: ["."] }),
    virtualService("z/hidden", all, { exportTo: ["."] }),
    virtualService("b-twin", all, { minute: 3 }),
    virtualService("z/a-twin", all, { minute: 3 }),
    virtualService("other-gateway", all, { gateways: ["edge"] }),
    virtualService("delegate", all, { hosts: [] }),
  ]);
  assertEquals(names(candidates(world, sidecar())), [
    "private",
    "by-name",
    "public-old",
    "a-twin",
    "b-twin",
    "public-new",
  ]);
});

Deno.test.each(["edge", "./edge", "default/edge", "edge.default"])(
  "gateway %s binds to default/edge",
  (name) => {
    const world = mesh([virtualService("x", all, { gateways: [name] })]);
    const client = {
      kind: "gateway" as const,
      namespace: "istio-system",
      labels: {},
      gateway: "default/edge",
    };
    assertEquals(names(candidates(world, client)), ["x"]);
    assertEquals(candidates(world, sidecar()), []);
  },
);

Deno.test.each<{ first: HTTPMatchRequest; sent: number }>([
  { first: { uri: { regex: ".+" } }, sent: 2 },
  { first: { uri: { regex: ".*" } }, sent: 1 },
  { first: { uri: { prefix: "" } }, sent: 2 },
  { first: {}, sent: 1 },
])("of $first and a catch-all $sent are sent", ({ first, sent }) => {
  const object = virtualService("x", [
    { match: [first], route: to("a") },
    { route: to("b") },
  ]);
  const found = emittedRules(mesh([object]), object, { client: sidecar() });
  assertEquals(found.length, sent);
});

Deno.test("clientsOf() gives the sidecar, and the namespace of a gateway's pods", () => {
  const object = virtualService("x", all, {
    gateways: ["mesh", "edge", "istio-system/lost"],
  });
  const world = mesh([
    object,
    gateway("edge", ["*"], { istio: "ingress" }),
    pod("gateways/in-1", { istio: "ingress", v: "1" }),
    pod("gateways/in-2", { istio: "ingress", v: "1" }),
  ]);
  assertEquals(
    clientsOf(world, object).map((
      client,
    ) => [client.kind, client.namespace, client.gateway]),
    [
      ["sidecar", "default", undefined],
      ["gateway", "gateways", "default/edge"],
      ["gateway", "istio-system", "istio-system/lost"],
    ],
  );
});

Deno.test.each([
  { exportTo: ["*"], clients: ["default"] },
  { exportTo: [".", "shop"], clients: ["default"] },
  { exportTo: ["shop", "web"], clients: ["shop", "web"] },
  { exportTo: ["~"], clients: ["default"] },
])(
  "of what is exported to $exportTo the clients are of $clients",
  ({ exportTo, clients }) => {
    const object = virtualService("x", all, { exportTo });
    assertEquals(
      clientsOf(mesh([object]), object).map(({ namespace }) => namespace),
      clients,
    );
  },
);

Deno.test("a delegate is for the clients of its root", () => {
  const delegate = virtualService("d", all, { hosts: [] });
  const root = virtualService("r", [{ delegate: { name: "d" } }], {
    gateways: ["istio-system/edge"],
  });
  const world = mesh([delegate, root]);
  assertEquals(names(rootsOf(world, delegate)), ["r"]);
  assertEquals(clientsOf(world, delegate)[0]?.gateway, "istio-system/edge");
});

const m = (text: string): HTTPMatchRequest => JSON.parse(text);

Deno.test.each<{
  root: HTTPMatchRequest | undefined;
  leaf: HTTPMatchRequest | undefined;
  merged: string;
}>([
  { root: undefined, leaf: m('{"uri":{"exact":"/a"}}'), merged: "leaf" },
  { root: m('{"uri":{"prefix":"/a"}}'), leaf: undefined, merged: "root" },
  {
    root: m('{"uri":{"prefix":"/a"}}'),
    leaf: m('{"uri":{"prefix":"/a/b"}}'),
    merged: "leaf",
  },
  {
    root: m('{"uri":{"prefix":"/a"}}'),
    leaf: m('{"uri":{"exact":"/a/b"}}'),
    merged: "leaf",
  },
  {
    root: m('{"uri":{"prefix":"/a/b"}}'),
    leaf: m('{"uri":{"prefix":"/a"}}'),
    merged: "dropped",
  },
  {
    root: m('{"uri":{"exact":"/a"}}'),
    leaf: m('{"uri":{"prefix":"/a"}}'),
    merged: "dropped",
  },
  {
    root: m('{"uri":{"regex":"/a.*"}}'),
    leaf: m('{"uri":{"exact":"/ab"}}'),
    merged: "dropped",
  },
  {
    root: m('{"uri":{"prefix":"/a"}}'),
    leaf: m('{"uri":{"regex":"/a/b"}}'),
    merged: "dropped",
  },
  {
    root: m('{"uri":{"prefix":"/a"}}'),
    leaf: m('{"headers":{"x":{"exact":"1"}}}'),
    merged: '{"headers":{"x":{"exact":"1"}},"uri":{"prefix":"/a"}}',
  },
  {
    root: m('{"headers":{"x":{"exact":"1"}}}'),
    leaf: m('{"headers":{"y":{"exact":"2"}}}'),
    merged: '{"headers":{"x":{"exact":"1"},"y":{"exact":"2"}}}',
  },
  {
    root: m('{"headers":{"x":{"exact":"1"}}}'),
    leaf: m('{"headers":{"x":{"exact":"2"}}}'),
    merged: "dropped",
  },
  {
    root: m('{"ignoreUriCase":true}'),
    leaf: m('{"uri":{"prefix":"/a"}}'),
    merged: "dropped",
  },
  { root: m('{"port":80}'), leaf: m('{"port":81}'), merged: "dropped" },
  { root: m('{"port":80}'), leaf: m("{}"), merged: "root" },
  {
    root: m('{"sourceLabels":{"a":"1"}}'),
    leaf: m('{"sourceLabels":{"a":"2"}}'),
    merged: "dropped",
  },
  {
    root: m('{"sourceLabels":{"a":"1"}}'),
    leaf: m('{"sourceLabels":{"b":"2"}}'),
    merged: '{"sourceLabels":{"a":"1","b":"2"}}',
  },
  { root: m('{"sourceNamespace":"n"}'), leaf: m("{}"), merged: "dropped" },
  {
    root: m('{"gateways":["edge"]}'),
    leaf: m('{"gateways":["default/edge"]}'),
    merged: '{"gateways":["default/edge"]}',
  },
  {
    root: m('{"gateways":["edge"]}'),
    leaf: m('{"gateways":["mesh"]}'),
    merged: "dropped",
  },
  {
    root: m('{"name":"r"}'),
    leaf: m('{"name":"l"}'),
    merged: '{"name":"r-l"}',
  },
])("delegate block $leaf in root block $root: $merged", (row) => {
  const delegate = virtualService("d", [{
    ...(row.leaf === undefined ? {} : { match: [row.leaf] }),
    route: to("a"),
  }], { hosts: [] });
  const root = virtualService("r", [{
    ...(row.root === undefined ? {} : { match: [row.root] }),
    delegate: { name: "d" },
  }]);
  const { rules, problems } = inlineDelegates(mesh([delegate, root]), root);
  if (row.merged === "dropped") {
    assertEquals(rules, []);
    assertEquals(problems.map(({ kind }) => kind), ["incompatible"]);
    return;
  }
  const wanted = row.merged === "leaf"
    ? row.leaf
    : row.merged === "root"
    ? row.root
    : JSON.parse(row.merged);
  assertEquals(rules[0]?.route.match, [wanted]);
});

Deno.test("a delegate's rules stand in the root's place and keep their own fields", () => {
  const delegate = virtualService("other/d", [
    { name: "one", route: to("a"), timeout: "1s" },
    { route: to("b.test") },
  ], { hosts: [] });
  const root = virtualService("r", [
    { match: [{ uri: { exact: "/first" } }], route: to("b") },
    {
      name: "root",
      delegate: { name: "d", namespace: "other" },
      timeout: "9s",
      retries: { attempts: 2 },
      mirror: { host: "b" },
    } as HTTPRoute,
    { route: to("b") },
  ]);
  const { rules } = inlineDelegates(mesh([delegate, root]), root);
  assertEquals(
    rules.map(({ source, index, rootIndex, route }) =>
      [
        source.metadata.name,
        index,
        rootIndex,
        route.name,
        route.timeout,
        route.route?.[0]?.destination.host,
      ].join(" ")
    ),
    [
      "r 0 0   b",
      "d 0 1 root-one 1s a.other.svc.cluster.local",
      "d 1 1 root 9s b.test",
      "r 2 2   b",
    ],
  );
  assertEquals(rules[1]?.route.mirror?.host, "b.default.svc.cluster.local");
  assertEquals(rules[0]?.route, root.spec.http?.[0]);
});

Deno.test.each<{ kind: string; delegate: readonly VirtualService[] }>([
  { kind: "missing", delegate: [] },
  { kind: "missing", delegate: [virtualService("d", all)] },
  {
    kind: "nested",
    delegate: [virtualService("d", [{ delegate: { name: "e" } }], {
      hosts: [],
    })],
  },
])("a delegate that is $kind vanishes with a reason", ({ kind, delegate }) => {
  const root = virtualService("r", [{ delegate: { name: "d" } }, ...all]);
  const { rules, problems } = inlineDelegates(mesh([...delegate, root]), root);
  assertEquals(problems[0]?.kind, kind);
  assertEquals(rules.map(({ rootIndex }) => rootIndex), [1]);
});

Deno.test("a private delegate of another namespace is not exported, an unseen one unknown", () => {
  const delegate = virtualService("o/d", all, { hosts: [], exportTo: ["."] });
  const root = virtualService("r", [{
    delegate: { name: "d", namespace: "o" },
  }]);
  const kinds = (world = mesh([delegate, root])) =>
    inlineDelegates(world, root).problems.map(({ kind }) => kind);
  assertEquals(kinds(), ["not-exported"]);
  const gaps = [{
    kind: "VirtualService" as const,
    namespace: "o",
    reason: "forbidden",
  }];
  assertEquals(kinds(mesh([root], { gaps })), ["unknown"]);
});

Deno.test.each<{
  name: string;
  others: readonly VirtualService[];
  http?: readonly HTTPRoute[];
  options?: Parameters<typeof virtualService>[2];
  owner?: string;
  effective: boolean;
}>([
  { name: "alone", others: [], effective: true },
  {
    name: "behind an older one",
    others: [virtualService("older", all, { minute: 1 })],
    owner: "older",
    effective: false,
  },
  {
    name: "before a newer one",
    others: [virtualService("newer", all, { minute: 9 })],
    effective: true,
  },
  {
    name: "behind an older one for one of two hosts",
    others: [virtualService("older", all, { minute: 1 })],
    options: { hosts: ["a", "b"] },
    effective: true,
  },
  {
    name: "behind an older one that no client gets",
    others: [
      virtualService("older", [{ match: [{ port: 99 }], route: to("a") }], {
        minute: 1,
      }),
    ],
    effective: true,
  },
  {
    name: "behind an older one of another namespace that is private",
    others: [
      virtualService("other/older", all, {
        minute: 1,
        hosts: ["a.default.svc.cluster.local"],
        exportTo: ["."],
      }),
    ],
    effective: true,
  },
  {
    name: "for labelled clients only",
    others: [],
    http: [{ match: [{ sourceLabels: { app: "c" } }], route: to("a") }],
    effective: true,
  },
  { name: "without rules", others: [], http: [], effective: false },
  {
    name: "with rules for a gateway that it does not name",
    others: [],
    http: [{ match: [{ gateways: ["edge"] }], route: to("a") }],
    effective: false,
  },
  {
    name: "on a gateway beside an older one with other rules",
    others: [
      virtualService("older", [{
        match: [{ uri: { prefix: "/old" } }],
        route: to("b"),
      }], { minute: 1, gateways: ["edge"] }),
    ],
    options: { gateways: ["edge"] },
    effective: true,
  },
  {
    name: "on a gateway behind an older catch-all",
    others: [virtualService("older", all, { minute: 1, gateways: ["edge"] })],
    options: { gateways: ["edge"] },
    owner: "older",
    effective: false,
  },
  {
    name: "on a gateway behind an older one that takes every path",
    others: [
      virtualService("older", [{
        match: [{ uri: { regex: ".+" } }],
        route: to("b"),
      }], { minute: 1, gateways: ["edge"] }),
    ],
    http: [{ match: [{ uri: { prefix: "/x" } }], route: to("a") }],
    options: { gateways: ["edge"] },
    owner: "older",
    effective: false,
  },
])("a VirtualService $name is effective: $effective", (row) => {
  const object = virtualService("me", row.http ?? all, {
    minute: 5,
    ...row.options,
  });
  const effect = effectOf(mesh([object, ...row.others]), object);
  assertEquals(effect.effective, row.effective);
  if (!effect.effective) {
    assert(effect.reason.length > 0);
    assertEquals(effect.owner?.metadata.name, row.owner);
  }
});

Deno.test("a delegate has effect by its root only", () => {
  const delegate = virtualService("d", all, { hosts: [] });
  const root = virtualService("r", [{ delegate: { name: "d" } }], {
    minute: 5,
  });
  const older = virtualService("older", all, { minute: 1 });
  assertEquals(effectOf(mesh([delegate]), delegate).effective, false);
  assertEquals(effectOf(mesh([delegate, root]), delegate).effective, true);
  assertEquals(
    effectOf(mesh([delegate, root, older]), delegate).effective,
    false,
  );
});

Deno.test("a circle of delegates ends", () => {
  const one = virtualService("one", [{ delegate: { name: "two" } }], {
    hosts: [],
  });
  const two = virtualService("two", [{ delegate: { name: "one" } }], {
    hosts: [],
  });
  const world = mesh([one, two]);
  assertEquals(effectOf(world, one).effective, false);
  assertEquals(clientsOf(world, one).map(({ kind }) => kind), ["sidecar"]);
});
