import {
  answerer,
  explainTraffic,
  readForMany,
} from "../../src/actions/explain.ts";
import type { Asked } from "../../src/istio/asked.ts";
import { ClusterError } from "../../src/errors.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { MemoryCluster } from "../support/memory_cluster.ts";
import {
  destinationRule,
  pod,
  request,
  service,
  sidecar,
  to,
  virtualService,
} from "../istio/worlds.ts";

const NEAR: KubeObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "Sidecar",
  metadata: { name: "near", namespace: "shop" },
  spec: { egress: [{ hosts: ["./*"] }] },
};

const OBJECTS = [
  service("a"),
  pod("a-1", { app: "a", version: "v1" }),
  virtualService("delegate", [{ route: to("a:v1") }], { hosts: [] }),
  virtualService("root", [
    { match: [{ uri: { prefix: "/x" } }, { port: 81 }], route: to("a") },
    { delegate: { name: "delegate" } },
  ]),
  destinationRule("a", "a", ["v1"]),
  NEAR,
];

const ASKED: Asked = {
  request: request({ authority: "a.default.svc.cluster.local" }),
  client: sidecar("shop"),
};

Deno.test("explainTraffic() narrows a client by its Sidecar", async () => {
  const { outcome, ignored, unread } = await explainTraffic(
    new MemoryCluster(OBJECTS),
    ASKED,
  );
  assertEquals({ outcome, unread }, { outcome: "passthrough", unread: [] });
  assertEquals(ignored.map(({ why }) => why), [
    'Sidecar "shop/near" does not import it on port 80',
  ]);
  const world = await readForMany(new MemoryCluster(OBJECTS));
  assertEquals(answerer(world)(ASKED).outcome, "passthrough");
});

Deno.test("explainTraffic() says that Sidecars may not be read, and goes on", async () => {
  const cluster = new MemoryCluster(OBJECTS, { forbidden: ["list Sidecar"] });
  const { outcome, unread } = await explainTraffic(cluster, ASKED);
  assertEquals(outcome, "route");
  assertEquals(unread.length, 1);
  assert(/cannot list .*sidecars?/i.test(unread[0]!), unread[0]);
});

Deno.test("a mesh that serves no Sidecars has none", async () => {
  const cluster = new MemoryCluster(OBJECTS);
  cluster.onCall = ({ ref }) =>
    ref.kind === "Sidecar"
      ? { error: new ClusterError("kind-not-served", "no such kind") }
      : undefined;
  const { outcome, unread } = await explainTraffic(cluster, ASKED);
  assertEquals({ outcome, unread }, { outcome: "route", unread: [] });
});

Deno.test("explainTraffic() counts the pods that come after the rules", async () => {
  const { destinations, passed, rule } = await explainTraffic(
    new MemoryCluster(OBJECTS),
    { ...ASKED, client: sidecar() },
  );
  assertEquals(
    destinations.map(({ subset, endpoints }) => [subset, endpoints]),
    [
      ["v1", 1],
    ],
  );
  assertEquals(rule?.object.name, "delegate");
  // Told in the order in which they are written, those for others among them.
  assertEquals(passed.map(({ field, settledBy }) => [field, settledBy]), [
    ["uri", "request"],
    ["port", "client"],
  ]);
});
