/**
 * The server that the benchmarks ask, in a process of its own: the sandbox's
 * API over plain HTTP and over TLS, on a world of the size asked for. Prints
 * its addresses as one line of JSON and serves until its input ends.
 *
 * @module
 */

import type { KubeObject } from "../src/istio/types.ts";
import { apiHandler } from "../src/sandbox/api_server.ts";
import { populate } from "../src/sandbox/controllers.ts";
import { scenario } from "../src/sandbox/scenario.ts";
import { createStore } from "../src/sandbox/store.ts";
import { benchWorld } from "./insight_world.ts";

/** Answers with the requests seen since it was last asked. */
const SEEN = "/seen-by-the-bench";

const CERTIFICATES = new URL("../tests/cluster/tls/", import.meta.url);
const ROUTES = 500;

/** What `kubectl apply` leaves on an object: most of its bytes. */
function applied(kind: string, name: string, spec: unknown): object {
  const base = { name, namespace: "default", labels: { app: name } };
  const fields = Object.keys(spec as object);
  return {
    ...base,
    annotations: {
      "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({
        apiVersion: "networking.istio.io/v1",
        kind,
        metadata: base,
        spec,
      }),
    },
    managedFields: [{
      manager: "kubectl-client-side-apply",
      operation: "Update",
      apiVersion: "networking.istio.io/v1",
      time: "2026-01-01T00:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": { "f:annotations": {}, "f:labels": { "f:app": {} } },
        "f:spec": Object.fromEntries(fields.map((key) => [`f:${key}`, {}])),
      },
    }],
  };
}

function routingOf(name: string, http: readonly unknown[]): KubeObject[] {
  const metadata = { name, namespace: "default", labels: { app: name } };
  const virtualService = { hosts: [name], http };
  const destinationRule = {
    host: name,
    subsets: ["1", "2"].map((build) => ({
      name: `v${build}`,
      labels: { app: name, build },
    })),
  };
  return [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: applied("VirtualService", name, virtualService),
      spec: virtualService,
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: applied("DestinationRule", name, destinationRule),
      spec: destinationRule,
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: { app: name }, ports: [{ name: "http", port: 80 }] },
    },
  ] as unknown as KubeObject[];
}

function routeTo(host: string, rest: object = {}): object {
  return {
    ...rest,
    route: [
      { destination: { host, subset: "v1" }, weight: 90 },
      { destination: { host, subset: "v2" }, weight: 10 },
    ],
  };
}

function podsOf(app: string): KubeObject[] {
  return ["1", "2"].map((build) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${app}-${build}`,
      namespace: "default",
      labels: { app, build },
    },
    spec: {},
    status: { conditions: [{ type: "Ready", status: "True" }] },
  })) as unknown as KubeObject[];
}

function worldOf(size: string): readonly KubeObject[] {
  const [, services] = /^insight-(\d+)$/.exec(size) ?? [];
  if (services !== undefined) {
    const { rules, behind } = benchWorld(Number(services));
    return [...rules, ...behind];
  }
  if (size === "long") {
    const rules = Array.from({ length: ROUTES }, (_, index) =>
      routeTo("long", {
        name: `rule-${index}`,
        match: [{ uri: { prefix: `/path-${index}/` } }],
      }));
    return [...routingOf("long", rules), ...podsOf("long")];
  }
  return Array.from({ length: Number(size) }, (_, index) => {
    const name = `service-${index}`;
    return routingOf(name, [routeTo(name)]);
  }).flat();
}

const size = Deno.args[0] ?? "demo";
const store = createStore();
const objects = size === "demo" ? scenario(new Date()) : worldOf(size);
populate(store, objects);
const ending = new AbortController();
const answer = apiHandler(store, { signal: ending.signal });
let seen: string[] = [];
const handler = async (request: Request): Promise<Response> => {
  const { pathname, search } = new URL(request.url);
  if (pathname === SEEN) {
    const all = seen;
    seen = [];
    return Response.json(all);
  }
  if (request.method === "GET") seen.push(pathname + search);
  return await answer(request);
};
const quiet = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
const http = Deno.serve(quiet, handler);
const https = Deno.serve({
  ...quiet,
  cert: await Deno.readTextFile(new URL("server.crt", CERTIFICATES)),
  key: await Deno.readTextFile(new URL("server.key", CERTIFICATES)),
}, handler);
const line = JSON.stringify({
  http: `http://127.0.0.1:${http.addr.port}`,
  https: `https://127.0.0.1:${https.addr.port}`,
  ca: await Deno.readTextFile(new URL("ca.crt", CERTIFICATES)),
  seen: SEEN,
});
Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
for await (const _ of Deno.stdin.readable);
ending.abort();
Deno.exit();
