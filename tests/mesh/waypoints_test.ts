/**
 * What a waypoint does, by the rules here and by what istiod makes for it.
 */

import type { Client } from "../../src/istio/client.ts";
import { compileRoutes, evaluate } from "../../src/istio/explain.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { DEFAULT_MESH, worldOf } from "../../src/istio/world.ts";
import { assertEquals } from "../support/assert.ts";
import { ask, type Case } from "./agreement/ask.ts";
import { fateOf, fatesOf } from "./agreement/compare.ts";
import { startEnvoy } from "./envoy.ts";
import { apiOf, meshTest } from "./places.ts";
import { until } from "./program.ts";
import { service } from "./town.ts";
import { type Ambient, startAmbient } from "./waypoints/ambient.ts";

const HOME = "ambient";
/** Its services have the waypoint of the other namespace. */
const GUEST = "guest";
const NEIGHBOUR = "neighbour";
const CLIENT: Client = {
  kind: "waypoint",
  namespace: HOME,
  labels: {},
  gateway: `${HOME}/w`,
};

function full(name: string, namespace = HOME): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

const NAMESPACES = [
  namespace(HOME, { "istio.io/use-waypoint": "w" }),
  namespace(GUEST, {
    "istio.io/use-waypoint": "w",
    "istio.io/use-waypoint-namespace": HOME,
  }),
  namespace(NEIGHBOUR),
];

const SERVICES = [
  ...service("a", { namespace: HOME, builds: [1, 2] }),
  ...service("b", { namespace: HOME, builds: [3] }),
  ...service("plain", { namespace: HOME, builds: [4] }),
  ...service("g", { namespace: GUEST, builds: [5, 6] }),
  ...service("n", { namespace: NEIGHBOUR, builds: [7] }),
  ...service("m", { namespace: NEIGHBOUR, builds: [8] }),
];

/** The waypoint's own Service, with the pods that its proxies are. */
const OWN = service("w", { namespace: HOME, builds: [203, 204, 205] }).map((
  object,
) => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: {
      ...object.metadata.labels,
      "gateway.istio.io/managed": "istio.io-mesh-controller",
      "gateway.networking.k8s.io/gateway-name": "w",
    },
  },
}));

const RULES = [
  rule(`${HOME}/a-first`, [full("a")], [
    {
      ...at("/labels", full("b")),
      match: [{ uri: { exact: "/labels" }, sourceLabels: { app: "a" } }],
    },
    {
      ...at("/space", full("b")),
      match: [
        { uri: { exact: "/space" }, sourceNamespace: HOME },
        { uri: { exact: "/other" }, sourceNamespace: NEIGHBOUR },
      ],
    },
    {
      ...at("/port", full("b")),
      match: [{ uri: { exact: "/port" }, port: 5001 }],
    },
    at("/v1", full("a"), "v1"),
    at("/v9", full("a"), "v9"),
    at("/empty", full("a"), "empty"),
    at("/out", full("n", NEIGHBOUR)),
    at("/nowhere", "nobody.test"),
  ]),
  // The same host again, with a catch-all; then rules behind it.
  rule(`${HOME}/a-second`, [full("a")], [
    at("/second", full("b")),
    { name: "a-rest", route: to(full("a")) },
  ]),
  rule(`${HOME}/a-third`, [full("a")], [at("/third", full("b"))]),
  // Of the client's side: no waypoint takes it.
  rule(`${NEIGHBOUR}/a`, [full("a")], [at("/neighbour", full("b"))]),
  rule(`${HOME}/wild`, [`*.${HOME}.svc.cluster.local`], [
    at("/wild", full("m", NEIGHBOUR)),
    at("/wild-own", full("b")),
  ]),
  rule(`${HOME}/gate`, [full("b")], [at("/gate", full("a"))], {
    gateways: ["gate"],
  }),
  rule(`${GUEST}/g`, [full("g", GUEST)], [
    at("/guest", full("g", GUEST), "v5"),
    { name: "g-rest", route: to(full("g", GUEST), "v6") },
  ]),
  rule(`${HOME}/g`, [full("g", GUEST)], [at("/home", full("a"))]),
  rule(`${GUEST}/private`, [full("g", GUEST)], [at("/private", full("a"))], {
    exportTo: ["."],
  }),
  destinations(`${HOME}/a`, full("a"), { v1: "1", empty: "99" }),
  destinations(`${GUEST}/g`, full("g", GUEST), { v5: "5", v6: "6" }),
  // Found first, from the waypoint's namespace: it hides v6.
  destinations(`${HOME}/g`, full("g", GUEST), { v5: "5" }),
  destinations(`${NEIGHBOUR}/a`, full("a"), { v9: "1" }),
];

const PATHS = [
  ...["/", "/labels", "/space", "/other", "/port", "/v1", "/v9", "/empty"],
  ...["/out", "/nowhere", "/second", "/third", "/neighbour", "/wild"],
  ...["/wild-own", "/gate", "/guest", "/home", "/private"],
];

const ASKED = [full("a"), full("b"), full("plain"), full("g", GUEST)];

meshTest(
  "a waypoint has the rules and clusters that it is said to have",
  async (places) => {
    await using stack = new AsyncDisposableStack();
    const api = stack.use(apiOf(places));
    const ambient = stack.use(await startAmbient(places));
    const objects = [...SERVICES, ...OWN, ...gateway(), ...RULES];
    await api.create(...NAMESPACES);
    stack.defer(() => api.delete(...objects));
    await api.create(...objects);

    const identity = {
      kind: "waypoint",
      namespace: HOME,
      labels: { "gateway.networking.k8s.io/gateway-name": "w" },
    } as const;
    const pod = (build: number) => ({
      name: `w-${build}-1`,
      address: `10.77.${build}.1`,
      admin: 15740 + build,
    });
    const there = { ...places, xds: ambient.xds };
    // Those that lead on to other proxies want certificates, which are not
    // there: a proxy that has all of istiod's would never be ready.
    const asking = { clusters: pod(204), listeners: pod(205) } as const;
    for (const asksFor of ["clusters", "listeners"] as const) {
      const own = { ...identity, ...asking[asksFor], listeners: {}, asksFor };
      stack.use(await startEnvoy(own, there));
    }
    const { clusters, tables } = await learn(
      ambient,
      Object.values(asking).map(({ name }) => name),
    );
    const listeners = new Map(ASKED.map((host, nth) => [host, 15221 + nth]));
    const envoy = stack.use(
      await startEnvoy({
        ...identity,
        ...pod(203),
        clusters,
        listeners: Object.fromEntries(
          [...listeners].map(([host, port]) => [port, tables.get(host)!]),
        ),
      }, there),
    );

    const world = worldOf([...NAMESPACES, ...SERVICES, ...OWN, ...RULES], {
      mesh: { ...DEFAULT_MESH, outboundTrafficPolicy: "REGISTRY_ONLY" },
    });
    const compiled = compileRoutes(world, CLIENT, 5000);
    const cases = ASKED.flatMap((authority) =>
      PATHS.map((path): Case => ({
        id: `${authority}${path}`,
        listener: listeners.get(authority)!,
        request: {
          ...{ method: "GET", scheme: "http", headers: [], port: 5000 },
          ...{ authority, path },
        },
      }))
    );
    const lines = await ask(cases, envoy.accessLog);
    const wrong = cases.flatMap(({ id, request }) => {
      const verdict = evaluate(compiled, request);
      const said = fatesOf(verdict).map((one) => JSON.stringify(one));
      const is = JSON.stringify(fateOf(lines.get(id)!));
      return said.includes(is)
        ? []
        : [`${id}: ${said} (${verdict.why}), and is ${is}`];
    });
    assertEquals(wrong, []);
  },
);

/** What istiod has for a waypoint. */
interface Learnt {
  /** Of services. */
  readonly clusters: object[];
  /** Tables of its HTTP services on port 5000, by host. */
  readonly tables: Map<string, object>;
}

/** Waits until istiod has told of the last rule, too. */
async function learn(
  ambient: Ambient,
  proxies: readonly string[],
): Promise<Learnt> {
  return await until("the waypoint's routes", async () => {
    const learnt: Learnt = { clusters: [], tables: new Map() };
    for (const name of proxies) {
      gather(await ambient.dump(`${name}.${HOME}`), learnt);
    }
    const last = JSON.stringify(learnt.tables.get(full("g", GUEST)) ?? {});
    return last.includes('"home-named"') ? learnt : undefined;
  });
}

function gather(
  value: unknown,
  to: Learnt,
): void {
  if (Array.isArray(value)) return value.forEach((one) => gather(one, to));
  if (typeof value !== "object" || value === null) return;
  const { name, virtualHosts, type } = value as Record<string, unknown>;
  const host = /^inbound-vip\|5000\|http\|(.*)$/.exec(String(name))?.[1];
  if (host !== undefined && Array.isArray(virtualHosts)) {
    to.tables.set(host, value);
  } else if (type === "EDS" && /^(inbound-vip|outbound)\|/.test(String(name))) {
    const { "@type": _, ...cluster } = value as Record<string, unknown>;
    to.clusters.push(cluster);
  }
  for (const one of Object.values(value)) gather(one, to);
}

function namespace(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/** Ready, and open to services of every namespace; its class istiod makes. */
function gateway(): KubeObject[] {
  const apiVersion = "gateway.networking.k8s.io/v1";
  return [{
    apiVersion,
    kind: "Gateway",
    metadata: { name: "w", namespace: HOME },
    spec: {
      gatewayClassName: "istio-waypoint",
      listeners: [{
        ...{ name: "mesh", port: 15008, protocol: "HBONE" },
        allowedRoutes: { namespaces: { from: "All" } },
      }],
    },
    status: { addresses: [{ type: "Hostname", value: full("w") }] },
  }];
}

function rule(
  name: string,
  hosts: readonly string[],
  http: readonly object[],
  more: object = {},
): KubeObject {
  return istio("VirtualService", name, { hosts, http, ...more });
}

function destinations(
  name: string,
  host: string,
  subsets: Readonly<Record<string, string>>,
): KubeObject {
  return istio("DestinationRule", name, {
    host,
    subsets: Object.entries(subsets).map(([name, build]) => ({
      name,
      labels: { build },
    })),
  });
}

function istio(kind: string, full: string, spec: object): KubeObject {
  const [namespace = "", name = ""] = full.split("/");
  const apiVersion = "networking.istio.io/v1";
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}

function at(path: string, host: string, subset?: string): object {
  return {
    name: `${path.slice(1)}-named`,
    match: [{ uri: { exact: path } }],
    route: to(host, subset),
  };
}

function to(host: string, subset?: string): readonly object[] {
  const port = { number: 5000 };
  return [{
    destination: { host, port, ...(subset === undefined ? {} : { subset }) },
  }];
}
