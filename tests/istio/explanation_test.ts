import { explainRequest } from "../../src/istio/explanation.ts";
import type { Client } from "../../src/istio/client.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { assertEquals } from "../support/assert.ts";
import {
  destinationRule,
  gateway,
  mesh,
  request,
  sidecar,
  to,
  virtualService,
} from "./worlds.ts";

const HEADER = { headers: { "x-cid": { exact: "1" } } };
const GATE: Client = {
  kind: "gateway",
  namespace: "default",
  labels: {},
  gateway: "default/g",
};

/** Each rule that was passed over, in a line. */
function passed(
  objects: readonly KubeObject[],
  client: Client = sidecar(),
  change = {},
): readonly string[] {
  return explainRequest(mesh(objects), client, request(change)).passed.map((
    { object, path, field, wanted, actual, settledBy },
  ) =>
    `${object.name} ${
      path.slice(2).join(".")
    }: ${field} ${wanted}, is ${actual} (${settledBy})`
  );
}

Deno.test("explainRequest() gives the first condition that fails in each earlier rule", () => {
  const object = virtualService("one", [
    { name: "preview", match: [HEADER], route: to("b") },
    {
      match: [{ uri: { prefix: "/v1" } }, { port: 8080 }],
      route: to("b"),
    },
    { match: [{ sourceLabels: { app: "x" } }], route: to("b") },
    { route: to("a") },
  ]);
  assertEquals(passed([object]), [
    'one 0.match.0: headers["x-cid"] exact "1", is null (request)',
    'one 1.match.0: uri prefix "/v1", is / (request)',
    "one 1.match.1: port 8080, is 80 (client)",
    'one 2.match.0: sourceLabels["app"] x, is null (client)',
  ]);
});

Deno.test("explainRequest() tells the way to a delegate that its root names twice", () => {
  const at = (prefix: string) => ({ match: [{ uri: { prefix } }] });
  const root = virtualService("root", [
    { ...at("/a"), delegate: { name: "d" } },
    { ...at("/x"), route: to("a") },
    { ...at("/b"), delegate: { name: "d" } },
  ]);
  const delegate = virtualService("d", [{ route: to("a") }], { hosts: [] });
  assertEquals(passed([root, delegate], sidecar(), { path: "/b" }), [
    'd 0: uri prefix "/a", is /b (request)',
    'root 1.match.0: uri prefix "/x", is /b (request)',
  ]);
});
Deno.test.each([
  { what: "behind one that takes every path", first: { uri: { prefix: "/" } } },
  { what: "behind a wider one", first: { uri: { prefix: "/v" } } },
])(
  "explainRequest() names the rules that would take it, too, $what",
  ({ first }) => {
    const object = virtualService("one", [
      { match: [{ uri: { exact: "/other" } }], route: to("b") },
      { match: [first, { headers: { "x-cid": {} } }], route: to("a") },
      { match: [HEADER, { uri: { prefix: "/v1" } }], route: to("b") },
      { match: [{ ...HEADER, sourceLabels: { app: "x" } }], route: to("b") },
      { match: [{ uri: { exact: "/v2" } }], route: to("b") },
      { name: "last", match: [{ uri: { prefix: "/v1" } }], route: to("b") },
      { route: to("a") },
    ]);
    const { rule, later } = explainRequest(
      mesh([object]),
      sidecar(),
      request({ path: "/v1", headers: [["x-cid", "1"]] }),
    );
    assertEquals(rule?.rule, 1);
    assertEquals(later.map(({ rule, match, name }) => [rule, match, name]), [
      [2, 0, null],
      [5, 0, "last"],
    ]);
  },
);

Deno.test("explainRequest() names the place of the rule that is taken, and what it does", () => {
  const mirror = { host: "b" };
  const object = virtualService("one", [
    { match: [HEADER], route: to("b") },
    { name: "rest", route: to("a"), timeout: "2s", mirror },
  ]);
  const { rule, routeName, domain, service } = explainRequest(
    mesh([object]),
    sidecar(),
    request(),
  );
  assertEquals(
    { rule, routeName, domain, service },
    {
      rule: {
        object: { namespace: "default", name: "one" },
        rule: 1,
        name: "rest",
        path: ["spec", "http", 1],
        timeout: "2s",
        mirrors: [mirror],
      },
      routeName: "rest",
      domain: "a",
      service: "a.default.svc.cluster.local",
    },
  );
});

Deno.test("explainRequest() passes every rule where none fits", () => {
  const object = virtualService("one", [
    { match: [HEADER], route: to("b") },
    { match: [{ gateways: ["g"] }], route: to("b") },
  ]);
  const { outcome, rule, status } = explainRequest(
    mesh([object]),
    sidecar(),
    request(),
  );
  assertEquals({ outcome, rule, status }, {
    outcome: "no-route",
    rule: undefined,
    status: 404,
  });
  assertEquals(passed([object]), [
    'one 0.match.0: headers["x-cid"] exact "1", is null (request)',
    "one 1.match.0: gateways g, is mesh (client)",
  ]);
});

Deno.test("explainRequest() keeps a gateway's order: joined by age, catch-alls last", () => {
  const options = { hosts: ["a"], gateways: ["g"] };
  const objects = [
    gateway("g", ["*"]),
    virtualService("old", [
      { match: [{ uri: { prefix: "/" } }], route: to("a") },
    ], { ...options, minute: 1 }),
    virtualService("new", [
      { match: [{ uri: { exact: "/x" } }], route: to("b") },
    ], { ...options, minute: 2 }),
  ];
  assertEquals(
    passed(objects, GATE, { authority: "a.default.svc.cluster.local" }),
    ['new 0.match.0: uri exact "/x", is / (request)'],
  );
});

Deno.test("explainRequest() says in which DestinationRule a subset is looked up, and what that hides", () => {
  const { destinations } = explainRequest(
    mesh([
      virtualService("one", [{ route: to("a:v2") }], {
        hosts: ["a.default.svc.cluster.local"],
        exportTo: ["*"],
      }),
      destinationRule("own", "a", ["v2"]),
      destinationRule("shop/wide", "*.local", ["v1"]),
    ]),
    sidecar("shop"),
    request({ authority: "a.default" }),
  );
  const [{ flag, destinationRule: found, labels } = {}] = destinations;
  assertEquals({ flag, found, labels }, {
    flag: "NC",
    found: {
      namespace: "shop",
      name: "wide",
      place: "client",
      hides: ["default/own"],
    },
    labels: undefined,
  });
});

Deno.test("explainRequest() gives the labels of the subset", () => {
  const { destinations } = explainRequest(
    mesh([
      virtualService("one", [{ route: to("a:v2") }]),
      destinationRule("own", "a", ["v2"]),
    ]),
    sidecar(),
    request(),
  );
  assertEquals(destinations[0]?.labels, { version: "v2" });
});

Deno.test.each<
  { name: string; objects: readonly KubeObject[]; why: string; client?: Client }
>([
  {
    name: "an older one owns the host",
    objects: [
      virtualService("old", [{ route: to("a") }], { minute: 1 }),
      virtualService("new", [{ route: to("b") }], { minute: 2 }),
    ],
    why: 'new: "default/old" comes first for the host',
  },
  {
    name: "bound to a gateway only",
    objects: [virtualService("one", [{ route: to("b") }], { gateways: ["g"] })],
    why: 'one: it is bound to "default/g", not to "mesh"',
  },
  {
    name: "private to another namespace",
    objects: [
      virtualService("shop/one", [{ route: to("b") }], {
        hosts: ["a.default.svc.cluster.local"],
        exportTo: ["."],
      }),
    ],
    why: 'one: it is exported to ".", not to namespace "default"',
  },
  {
    name: "none of its rules is for the client",
    objects: [
      virtualService("one", [
        { match: [{ sourceLabels: { app: "x" } }], route: to("b") },
      ]),
    ],
    why: "one: none of its rules is for this client and port 80",
  },
  {
    name: "a short name means a service of the object's own namespace",
    objects: [virtualService("shop/one", [{ route: to("b") }])],
    why:
      'one: its host is "a.shop.svc.cluster.local", which is not the host of this request',
  },
  {
    name: "a dotted partial name is no service",
    objects: [
      virtualService("one", [{ route: to("b") }], { hosts: ["a.default"] }),
    ],
    why: 'one: its host is "a.default", which is not the host of this request',
  },
  {
    name: "a wildcard gives way to what is closer",
    objects: [
      virtualService("wide", [{ route: to("b") }], {
        hosts: ["*.default.svc.cluster.local"],
        minute: 1,
      }),
      virtualService("close", [{ route: to("a") }], { minute: 2 }),
    ],
    why: 'wide: "default/close" names the host more closely',
  },
])(
  "explainRequest() says why a VirtualService has no part: $name",
  ({ objects, why, client }) => {
    const { ignored } = explainRequest(
      mesh(objects),
      client ?? sidecar(),
      request(),
    );
    assertEquals(ignored.map((one) => `${one.name}: ${one.why}`), [why]);
  },
);

Deno.test("explainRequest() tells a delegate that is not there", () => {
  const { vanished } = explainRequest(
    mesh([
      virtualService("root", [
        { match: [{ uri: { prefix: "/d" } }], delegate: { name: "gone" } },
        { route: to("a") },
      ]),
    ]),
    sidecar(),
    request(),
  );
  assertEquals(vanished, [{
    rule: 0,
    object: { namespace: "default", name: "root" },
    delegate: "default/gone",
    why: "it does not exist",
  }]);
});

Deno.test("explainRequest() tells a delegate that is not there where it leaves no rule", () => {
  const { outcome, vanished } = explainRequest(
    mesh([virtualService("root", [{ delegate: { name: "gone" } }])]),
    sidecar(),
    request(),
  );
  assertEquals(outcome, "default");
  assertEquals(vanished.map(({ why }) => why), ["it does not exist"]);
});
