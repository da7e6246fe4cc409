import { clientsOf } from "../../src/istio/client.ts";
import {
  explainRequest,
  type Explanation,
} from "../../src/istio/explanation.ts";
import { portableWorld, worldFrom } from "../../src/istio/graph_world.ts";
import { worldOf } from "../../src/istio/world.ts";
import { Draw } from "../mesh/agreement/draw.ts";
import { anyRequest } from "../mesh/agreement/matches.ts";
import { anyWorld, PODS, servicesOf } from "../mesh/agreement/worlds.ts";
import { assert, assertEquals } from "../support/assert.ts";
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

const REQUESTS = 30;

Deno.test("what a page holds explains requests to the hosts drawn as the whole world does", () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const draw = new Draw(seed);
  let taken = 0;
  for (let round = 0; round < 60; round++) {
    const ids = ["w1", "w2", "w3"];
    const drawn = ids.map((id) => anyWorld(draw, id));
    const world = worldOf([
      ...PODS,
      ...ids.flatMap(servicesOf),
      ...drawn.flatMap(({ rules }) => rules),
    ]);
    const [{ rules, authorities, outside }] = drawn as [typeof drawn[number]];
    const own = new Set(rules.map(({ metadata }) => metadata.name));
    const all = world.virtualServices.filter(({ metadata }) =>
      own.has(metadata.name)
    );
    const objects = draw.chance(50) ? all : [draw.one(all)];
    const isDrawn = ({ virtualService }: Explanation) =>
      objects.some(({ metadata }) =>
        metadata.name === virtualService?.name &&
        metadata.namespace === virtualService.namespace
      );
    const portable = portableWorld(world, objects);
    const page = worldFrom(JSON.parse(JSON.stringify(portable)));
    const clients = [
      { kind: "sidecar" as const, namespace: "default", labels: {} },
      { kind: "sidecar" as const, namespace: "other", labels: { app: "x" } },
      ...objects.flatMap((object) => clientsOf(world, object)),
    ];
    for (let sent = 0; sent < REQUESTS; sent++) {
      const client = draw.one(clients);
      const asked = anyRequest(draw, {
        authorities: client.kind === "gateway" ? outside : authorities,
        port: draw.one([5000, 6000, 80]),
      });
      const whole = explainRequest(world, client, asked);
      const held = explainRequest(page, client, asked);
      // What nothing drawn speaks for is not held, and the page says so.
      if (!isDrawn(whole) && !isDrawn(held)) continue;
      taken++;
      assertEquals(
        JSON.parse(JSON.stringify(held)),
        JSON.parse(JSON.stringify(whole)),
        `seed ${seed}`,
      );
    }
  }
  assert(taken > 300, `${taken} requests were taken by a rule`);
});

Deno.test("a page holds no more than routing looks at", () => {
  const secret = "hunter2";
  const noise = {
    annotations: { "istiops/record": secret },
    managedFields: [{ manager: secret }],
  };
  const world = mesh([
    {
      ...virtualService("a", [{
        route: to("a:v1").map((one) => ({
          ...one,
          headers: { request: { set: { authorization: secret } } },
        })),
        headers: { request: { add: { cookie: secret } } },
        corsPolicy: { allowOrigins: [{ exact: secret }] },
        directResponse: { status: 503, body: { string: secret } },
      }]),
    },
    virtualService("other", [{ route: to("b") }], { hosts: [secret] }),
    {
      ...destinationRule("a", "a", ["v1"]),
      spec: {
        host: "a",
        subsets: [{
          name: "v1",
          labels: { version: "v1" },
          trafficPolicy: { tls: { credentialName: secret } },
        }],
        trafficPolicy: { tls: { credentialName: secret } },
      },
    },
    destinationRule("other", `${secret}.default.svc.cluster.local`, ["v1"]),
    service(`${secret}-service`),
    pod("a-2", { app: "a", version: "v1", note: secret }, {
      spec: { containers: [{ env: [{ name: "PASSWORD", value: secret }] }] },
    }),
  ].map((object) => ({
    ...object,
    metadata: { ...object.metadata, ...noise },
  })));
  const [drawn] = world.virtualServices;
  const text = JSON.stringify(portableWorld(world, [drawn!]));
  assert(!text.includes(secret), text);
  assert(text.includes('"version":"v1"'), text);
});

Deno.test("pods that are alike are a number", () => {
  const world = mesh([
    virtualService("a", [{ route: to("a:v1") }]),
    destinationRule("a", "a", ["v1"]),
    ...Array.from(
      { length: 500 },
      (_, index) =>
        pod(`x-${index}`, { app: "a", version: "v1", id: `${index}` }, {
          ...(index % 5 === 0 ? { status: { phase: "Pending" } } : {}),
        }),
    ),
  ]);
  const { pods } = portableWorld(world, world.virtualServices);
  assertEquals(
    pods,
    [
      {
        namespace: "default",
        labels: { app: "a", version: "v1" },
        ready: 400,
        existing: 500,
      },
      { namespace: "default", labels: { app: "a" }, ready: 1, existing: 1 },
    ].sort((a, b) =>
      JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1
    ),
  );
});

Deno.test("a page holds the delegates of a root, the roots of a delegate, and no stranger", () => {
  const world = mesh([
    virtualService("root", [{ delegate: { name: "leaf" } }]),
    virtualService("leaf", [{ route: to("b") }], { hosts: [] }),
    virtualService("stranger", [{ route: to("b") }], { hosts: ["b"] }),
  ]);
  const held = (name: string) =>
    portableWorld(
      world,
      world.virtualServices.filter(({ metadata }) => metadata.name === name),
    ).virtualServices.map(({ metadata }) => metadata.name);
  assertEquals(held("root"), ["root", "leaf"]);
  assertEquals(held("leaf"), ["root", "leaf"]);
});

Deno.test("a page holds a delegate that does not fit, and says so", () => {
  const world = mesh([
    virtualService("root", [
      { match: [{ uri: { prefix: "/a" } }], delegate: { name: "leaf" } },
      { route: to("a") },
    ]),
    virtualService(
      "leaf",
      [{ match: [{ uri: { prefix: "/b" } }], route: to("b") }],
      { hosts: [] },
    ),
  ]);
  const page = worldFrom(portableWorld(world, [world.virtualServices[0]!]));
  assertEquals(
    explainRequest(page, sidecar(), request()).vanished.map(({ why }) => why),
    ["its match does not fit into the match of the root"],
  );
});

Deno.test("a page holds Gateways of the same workload, and other names of a host", () => {
  const toHttps = gateway("to-https", ["www.example.com"], { app: "gw" });
  const [server] = toHttps.spec.servers!;
  const world = mesh([
    gateway("web", ["x.example.com"], { app: "gw" }),
    {
      ...toHttps,
      spec: {
        ...toHttps.spec,
        servers: [{ ...server, tls: { httpsRedirect: true } }],
      },
    },
    {
      ...service("alias"),
      spec: {
        type: "ExternalName",
        externalName: "a.default.svc.cluster.local",
      },
    },
    virtualService("one", [{ route: to("b") }], {
      hosts: ["a", "x.example.com"],
      gateways: ["mesh", "web"],
    }),
  ]);
  const page = worldFrom(portableWorld(world, world.virtualServices));
  const ends = ([world, page] as const).map((one) => [
    explainRequest(one, {
      ...{ kind: "gateway" as const, namespace: "default", labels: {} },
      gateway: "default/web",
    }, request({ authority: "www.example.com" })).status,
    explainRequest(one, sidecar(), request({ authority: "alias" })).rule?.rule,
  ]);
  assertEquals(ends, [[301, 0], [301, 0]]);
});
