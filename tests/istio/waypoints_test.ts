import type { Client } from "../../src/istio/client.ts";
import { explainRequest } from "../../src/istio/explanation.ts";
import type { HTTPRoute, KubeObject } from "../../src/istio/types.ts";
import { assertEquals } from "../support/assert.ts";
import {
  ask,
  destinationRule,
  inShort,
  mesh,
  pod,
  request,
  service,
  to,
  virtualService,
} from "./worlds.ts";

function waypoint(name = "default/w"): Client {
  const [namespace = ""] = name.split("/");
  return { kind: "waypoint", namespace, labels: {}, gateway: name };
}

type Labels = Readonly<Record<string, string>>;

function labelled<T extends KubeObject>(object: T, labels: Labels): T {
  return { ...object, metadata: { ...object.metadata, labels } };
}

function namespace(name: string, labels: Labels = {}): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/** Services of namespace default are behind `default/w`. */
const BEHIND = namespace("default", { "istio.io/use-waypoint": "w" });

Deno.test.each([
  { of: "the namespace", objects: [BEHIND], gives: "default a" },
  {
    of: "the service",
    objects: [labelled(service("a"), { "istio.io/use-waypoint": "w" })],
    gives: "default a",
  },
  {
    of: "the service, another one",
    objects: [
      BEHIND,
      labelled(service("a"), { "istio.io/use-waypoint": "other" }),
    ],
    gives: "unknown",
  },
  {
    of: "the service: none",
    objects: [
      BEHIND,
      labelled(service("a"), { "istio.io/use-waypoint": "none" }),
    ],
    gives: "unknown",
  },
  {
    of: "the service, in another namespace",
    objects: [
      BEHIND,
      labelled(service("a"), {
        "istio.io/use-waypoint": "w",
        "istio.io/use-waypoint-namespace": "infra",
      }),
    ],
    gives: "unknown",
  },
  {
    of: "a waypoint's own service",
    objects: [
      BEHIND,
      labelled(service("a"), {
        "gateway.istio.io/managed": "istio.io-mesh-controller",
      }),
    ],
    gives: "unknown",
  },
  { of: "nobody", objects: [namespace("default")], gives: "unknown" },
])("a waypoint gets requests by the label of $of: $gives", (row) => {
  assertEquals(
    inShort(ask(mesh(row.objects), {}, { client: waypoint() })),
    row.gives,
  );
});

Deno.test("a waypoint of another namespace is named by a second label", () => {
  const world = mesh([namespace("default", {
    "istio.io/use-waypoint": "w",
    "istio.io/use-waypoint-namespace": "infra",
  })]);
  const authority = "a.default.svc.cluster.local";
  const client = waypoint("infra/w");
  assertEquals(inShort(ask(world, { authority }, { client })), "default a");
});

Deno.test("a waypoint says why it does not get a request", () => {
  const why = (objects: readonly KubeObject[], authority = "a") =>
    ask(mesh(objects), { authority }, { client: waypoint() }).why;
  const host = "a.default.svc.cluster.local";
  assertEquals(
    why([namespace("default")]),
    `waypoint "default/w" does not get requests to "${host}": neither Service "default/a" nor Namespace "default" has the label istio.io/use-waypoint`,
  );
  assertEquals(
    why([namespace("default", { "istio.io/use-waypoint": "v" })]),
    `waypoint "default/w" does not get requests to "${host}": they go to waypoint "default/v"`,
  );
  assertEquals(
    why([BEHIND], "x.test"),
    'no service is named "x.test", and waypoint "default/w" gets requests to services only',
  );
});

Deno.test("a VirtualService of a service without this waypoint is told as such", () => {
  const world = mesh([virtualService("one", [{ route: to("b") }])]);
  const { ignored } = explainRequest(world, waypoint(), request());
  assertEquals(ignored.map(({ name, why }) => [name, why]), [
    ["one", "this waypoint does not stand before a service of its hosts"],
  ]);
});

Deno.test("what a waypoint needs and was not read is not known, with its reason", () => {
  const reason = "forbidden: cannot list namespaces";
  const world = mesh([], { gaps: [{ kind: "Namespace", reason }] });
  const { outcome, why } = ask(world, {}, { client: waypoint() });
  assertEquals({ outcome, why }, {
    outcome: "unknown",
    why:
      `waypoint "default/w" does not get requests to "a.default.svc.cluster.local": ${reason}`,
  });
});

Deno.test("clusters of a waypoint are named by its own services and by others", () => {
  const world = mesh([
    labelled(service("a"), { "istio.io/use-waypoint": "w" }),
    virtualService("own", [
      { match: [{ uri: { prefix: "/b" } }], route: to("b") },
      { match: [{ uri: { prefix: "/x" } }], route: to("nowhere") },
      { route: to("a:v1") },
    ]),
    destinationRule("a", "a", ["v1"]),
    pod("a-2", { app: "a", version: "v1" }),
  ]);
  const asked = (path: string) =>
    ask(world, { path }, { client: waypoint() }).destinations.map((
      { cluster, flag },
    ) => `${cluster}${flag === undefined ? "" : ` ${flag}`}`);
  assertEquals(asked("/"), [
    "inbound-vip|80|http/v1|a.default.svc.cluster.local",
  ]);
  assertEquals(asked("/b"), ["outbound|80||b.default.svc.cluster.local"]);
  assertEquals(asked("/x"), [
    "inbound-vip|80|http|nowhere.default.svc.cluster.local NC",
  ]);
});

Deno.test("a waypoint has no cluster for what a wildcard alone leads to", () => {
  const rules = [{ route: to("b.default.svc.cluster.local") }];
  const world = (host: string) =>
    mesh([
      labelled(service("a"), { "istio.io/use-waypoint": "w" }),
      virtualService("own", rules, { hosts: [host] }),
    ]);
  const asked = (host: string) =>
    inShort(ask(world(host), {}, { client: waypoint() }));
  assertEquals(asked("*.default.svc.cluster.local"), "b NC");
  assertEquals(asked("a"), "b");
});

Deno.test.each([
  { place: "default", gives: "b" },
  { place: "infra", gives: "b" },
  { place: "client", gives: "default a" },
])(
  "a waypoint takes rules of its own namespace and the service's: $place",
  (row) => {
    const world = mesh([
      namespace("default", {
        "istio.io/use-waypoint": "w",
        "istio.io/use-waypoint-namespace": "infra",
      }),
      virtualService(`${row.place}/rule`, [
        { route: to("b.default.svc.cluster.local") },
      ], { hosts: ["a.default.svc.cluster.local"] }),
    ]);
    const authority = "a.default.svc.cluster.local";
    const client = waypoint("infra/w");
    assertEquals(inShort(ask(world, { authority }, { client })), row.gives);
    const { ignored } = explainRequest(world, client, request({ authority }));
    assertEquals(
      ignored.map(({ why }) => why),
      row.gives === "b" ? [] : [
        'a waypoint takes the rules of its own namespace and of "default", where the service is',
      ],
    );
  },
);

Deno.test("rules of several VirtualServices are joined on a waypoint, catch-alls stay", () => {
  const at = (prefix: string) => [{ uri: { prefix } }];
  const asked = (path: string, first: readonly HTTPRoute[]) =>
    inShort(ask(
      mesh([
        BEHIND,
        virtualService("first", first, { minute: 1 }),
        virtualService("second", [
          { match: at("/v2"), route: to("b") },
        ], { minute: 2 }),
      ]),
      { path },
      { client: waypoint() },
    ));
  const narrow = [{ match: at("/v1"), route: to("a") }];
  assertEquals(asked("/v1", narrow), "a");
  assertEquals(asked("/v2", narrow), "b");
  assertEquals(asked("/v3", narrow), "404");
  assertEquals(asked("/v2", [{ route: to("a") }]), "a");
});

Deno.test("a waypoint drops a block with source labels, beside gateways as well", () => {
  const sourceLabels = { app: "web" };
  const objects = [
    BEHIND,
    virtualService("own", [
      { match: [{ sourceLabels }], route: to("b") },
      { match: [{ sourceLabels, gateways: ["mesh"] }], route: to("b") },
      { match: [{ sourceNamespace: "other" }], route: to("b") },
      { match: [{ sourceNamespace: "default" }], route: to("a") },
    ]),
  ];
  const client = { ...waypoint(), labels: sourceLabels };
  assertEquals(inShort(ask(mesh(objects), {}, { client })), "a");
  const { passed } = explainRequest(mesh(objects), client, request());
  assertEquals(passed.map(({ field, actual }) => [field, actual]), [
    [
      'sourceLabels["app"]',
      "a waypoint, which takes no block with source labels",
    ],
    [
      'sourceLabels["app"]',
      "a waypoint, which takes no block with source labels",
    ],
    ["sourceNamespace", "default"],
  ]);
});

Deno.test("a waypoint looks DestinationRules up from its own namespace", () => {
  const objects = [
    namespace("default", {
      "istio.io/use-waypoint": "w",
      "istio.io/use-waypoint-namespace": "infra",
    }),
    virtualService("own", [{ route: to("a:v1") }]),
    destinationRule("a", "a", ["v1"]),
    pod("a-2", { app: "a", version: "v1" }),
  ];
  const authority = "a.default.svc.cluster.local";
  const asked = (more: readonly KubeObject[]) =>
    inShort(ask(mesh([...objects, ...more]), { authority }, {
      client: waypoint("infra/w"),
    }));
  assertEquals(asked([]), "a:v1");
  assertEquals(
    asked([destinationRule("infra/a", authority, ["v2"])]),
    "a:v1 NC",
  );
  // A rule for some workloads is none for a waypoint, and hides the others.
  const selector = { app: "w" };
  assertEquals(
    asked([destinationRule("infra/a", authority, ["v1"], { selector })]),
    "a:v1 NC",
  );
});
