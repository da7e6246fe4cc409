/**
 * What a `Sidecar` leaves of the mesh, by the rules here and by a real proxy.
 */

import type { Client } from "../../src/istio/client.ts";
import { compileRoutes, evaluate } from "../../src/istio/explain.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { DEFAULT_MESH, worldOf } from "../../src/istio/world.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fatesOf } from "./agreement/compare.ts";
import { NAMESPACE, observe } from "./observations/observer.ts";
import { apiOf, meshTest } from "./places.ts";
import { service } from "./town.ts";

const YONDER = "yonder";
const A = `a.${NAMESPACE}.svc.cluster.local`;
const B = `b.${NAMESPACE}.svc.cluster.local`;
const C = `c.${YONDER}.svc.cluster.local`;
const D = `d.${YONDER}.svc.cluster.local`;
const MARKER = `${NAMESPACE}/marker.${NAMESPACE}.svc.cluster.local`;
const CLIENT: Client = {
  kind: "sidecar",
  namespace: NAMESPACE,
  labels: { app: "observer" },
};

/**
 * Egress hosts of each Sidecar that is tried, beside the marker: `~/*` would
 * take that away, too.
 */
const SCOPES: readonly (readonly string[])[] = [
  ["*/*"],
  ["./*"],
  [`${YONDER}/*`],
  [`./${A}`],
  [`*/${C}`],
  [`./${A}`, `${YONDER}/${D}`],
  [`*/*.${YONDER}.svc.cluster.local`],
  [`${YONDER}/*.${NAMESPACE}.svc.cluster.local`],
  [`./${B}`, `${YONDER}/${B}`],
  ["*/*", `~${YONDER}/${C}`],
  ["*/*", `~*/${B}`],
  ["./*", `~./${A}`],
];

const REQUESTS = [A, B, C, D, "c.yonder", "a"].flatMap((host) =>
  ["/", "/c", "/d", "/named"].map((path) => ({ host, path }))
);

meshTest(
  "a Sidecar leaves a client the rules, hosts and clusters that it is said to",
  async (places) => {
    using api = apiOf(places);
    const { status } = await api.request("GET", `/api/v1/namespaces/${YONDER}`);
    if (status === 404) {
      await api.create({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: YONDER },
      });
    }
    const stock = [
      ...service("a", { namespace: NAMESPACE, builds: [1, 2] }),
      ...service("b", { namespace: NAMESPACE, builds: [3] }),
      ...service("c", { namespace: YONDER, builds: [4] }),
      ...service("d", { namespace: YONDER, builds: [5] }),
    ];
    const rules = [
      rule(`${NAMESPACE}/a`, A, [at("/c", C), {
        name: "a-rest",
        route: to(B),
      }]),
      rule(`${YONDER}/c`, C, [at("/d", D), { name: "c-rest", route: to(C) }]),
      // Of the client's namespace, for a host of another one.
      rule(`${NAMESPACE}/d`, D, [at("/named", B)]),
      rule(`${YONDER}/b`, B, [{
        name: "b-named",
        match: [{ uri: { exact: "/named" } }, { sourceNamespace: "nobody" }],
        route: to(D),
      }, { name: "b-rest", route: to(B) }]),
    ];
    await using seen = await observe(places);
    const far = stock.slice(
      stock.findIndex(({ metadata }) => metadata.namespace === YONDER),
    );
    await seen.put(...far, ...rules);
    const wrong: string[] = [];
    const told = new Set<string>();
    for (const hosts of SCOPES) {
      for (const port of [undefined, 5000]) {
        const sidecar = scope([MARKER, ...hosts], port);
        await seen.put(sidecar);
        const world = worldOf([...stock, ...rules, sidecar], {
          mesh: { ...DEFAULT_MESH, outboundTrafficPolicy: "REGISTRY_ONLY" },
        });
        const compiled = compileRoutes(world, CLIENT, 5000);
        const fates = await seen.fates(REQUESTS);
        for (const [at, { host, path }] of REQUESTS.entries()) {
          const verdict = evaluate(compiled, {
            ...{ method: "GET", scheme: "http", headers: [], port: 5000 },
            ...{ authority: host, path },
          });
          for (const { why } of verdict.destinations) told.add(why ?? "");
          const may = fatesOf(verdict).map((fate) => JSON.stringify(fate));
          const is = JSON.stringify(fates[at]);
          if (may.includes(is)) continue;
          const who = `${hosts} (port ${port}), ${host}${path}`;
          wrong.push(`${who}: ${may} (${verdict.why}), and is ${is}`);
        }
      }
    }
    assertEquals(wrong, []);
    // What is said least often of all.
    assert([...told].some((why) => why.endsWith(`does not import "${D}"`)));
  },
);

function scope(hosts: readonly string[], port?: number): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name: "scope", namespace: NAMESPACE },
    spec: {
      workloadSelector: { labels: { app: "observer" } },
      egress: [{
        hosts,
        ...(port === undefined
          ? {}
          : { port: { number: port, name: "http", protocol: "HTTP" } }),
      }],
    },
  };
}

function rule(name: string, host: string, http: readonly object[]): KubeObject {
  const [namespace = "", own = ""] = name.split("/");
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: own, namespace },
    spec: { hosts: [host], http },
  };
}

function at(path: string, host: string): object {
  return {
    name: `${path.slice(1)}-named`,
    match: [{ uri: { exact: path } }],
    route: to(host),
  };
}

function to(host: string): readonly object[] {
  return [{ destination: { host, port: { number: 5000 } } }];
}
