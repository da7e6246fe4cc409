/**
 * Random worlds in a real mesh, side by side.
 *
 * @module
 */

import { namespaceOf } from "../../../src/istio/hosts.ts";
import type { KubeObject } from "../../../src/istio/types.ts";
import { type Api, collectionOf, pathOf } from "../api.ts";
import { type Proxy, untilAll } from "./proxies.ts";
import { DRAWN, NAMESPACES, PODS, servicesOf } from "./worlds.ts";

/** Worlds that are there at once. */
export const IDS: readonly string[] = Array.from(
  { length: 60 },
  (_, at) => `w${at}`,
);

/** Ports that sidecars address; 80 is where names are that no service has. */
export const PORTS = [5000, 6000, 80] as const;

const NETWORKING = "networking.istio.io/v1";

const LISTS: readonly (readonly [path: string, kind: string])[] = [
  [`/apis/${NETWORKING}/virtualservices`, "VirtualService"],
  [`/apis/${NETWORKING}/destinationrules`, "DestinationRule"],
  [`/apis/${NETWORKING}/gateways`, "Gateway"],
  ["/api/v1/services", "Service"],
  ["/api/v1/pods", "Pod"],
  ["/api/v1/namespaces", "Namespace"],
];

const MARKER = { name: "marker", namespace: "default" };

/** What all worlds stand on. */
export async function prepare(api: Api): Promise<void> {
  const { status } = await api.request("GET", "/api/v1/namespaces/other");
  if (status === 404) {
    await api.create({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "other" },
    });
  }
  const objects: KubeObject[] = [
    ...PODS,
    {
      apiVersion: NETWORKING,
      kind: "Gateway",
      metadata: { name: "gate", namespace: "default" },
      spec: {
        selector: { istio: "gate" },
        servers: [{
          port: { number: 80, name: "http", protocol: "HTTP" },
          hosts: ["*"],
        }],
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: MARKER,
      spec: { ports: PORTS.map((port) => ({ name: `http-${port}`, port })) },
    },
  ];
  const make = async (made: readonly KubeObject[]) => {
    await api.delete(...made);
    await api.create(...made);
  };
  await make(objects);
  await forEachWorld(IDS, (id) => make(servicesOf(id)));
}

/** Takes all rules that were drawn away. */
export async function clear(api: Api): Promise<void> {
  const [label] = Object.entries(DRAWN).map((pair) => pair.join("%3D"));
  for (const namespace of [...NAMESPACES, "istio-system"]) {
    const rules = `/apis/${NETWORKING}/namespaces/${namespace}`;
    for (const kind of ["virtualservices", "destinationrules"]) {
      await api.json("DELETE", `${rules}/${kind}?labelSelector=${label}`);
    }
  }
}

/** Waits until every proxy knows what was written last. */
export async function settle(
  api: Api,
  body: string,
  proxies: readonly Proxy[],
): Promise<void> {
  const host = `${MARKER.name}.${MARKER.namespace}.svc.cluster.local`;
  const marker: KubeObject = {
    apiVersion: NETWORKING,
    kind: "VirtualService",
    metadata: { ...MARKER, labels: DRAWN },
    spec: {
      hosts: [host],
      gateways: ["mesh", "default/gate"],
      http: [{ directResponse: { status: 200, body: { string: body } } }],
    },
  };
  await api.delete(marker);
  await api.create(marker);
  await untilAll(proxies, { host, body });
}

/** What came of a write. */
export type Written =
  | { readonly isTaken: true }
  | { readonly isTaken: false; readonly why: string };

/** Creates an object, or puts it in place of the one that is there. */
export async function write(
  api: Api,
  object: KubeObject,
  verb: "POST" | "PUT" = "POST",
): Promise<Written> {
  const path = verb === "POST" ? collectionOf(object) : pathOf(object);
  const { status, text } = await api.request(verb, path, { body: object });
  if (status === 200 || status === 201) return { isTaken: true };
  if (status === 400 || status === 422) return { isTaken: false, why: text };
  throw new Error(`${verb} ${path}: ${status} ${text}`);
}

/** Several worlds at once, each in its order. */
export async function forEachWorld<T>(
  worlds: readonly T[],
  each: (world: T) => Promise<void>,
): Promise<void> {
  const waiting = [...worlds];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let one; (one = waiting.pop()) !== undefined;) await each(one);
  }));
}

/** All that decides about requests, as it is there now. */
export async function readAll(api: Api): Promise<KubeObject[]> {
  const lists = await Promise.all(LISTS.map(async ([path, kind]) => {
    const { items } = await api.json("GET", path) as unknown as {
      readonly items: readonly KubeObject[];
    };
    const apiVersion = path.startsWith("/apis/")
      ? path.split("/").slice(2, 4).join("/")
      : "v1";
    return items.map((item) => ({ ...item, apiVersion, kind }));
  }));
  return lists.flat();
}

/** The rules of a world, in a line each. */
export function rulesInWords(
  objects: readonly KubeObject[],
  id: string,
): string[] {
  return objects.filter(({ kind, metadata }) =>
    (kind === "VirtualService" || kind === "DestinationRule") &&
    metadata.name.startsWith(`${id}-`)
  ).map((object) => {
    const { kind, metadata, spec } = object;
    const { name, creationTimestamp } = metadata;
    return JSON.stringify({
      kind,
      metadata: { name, namespace: namespaceOf(object), creationTimestamp },
      spec,
    });
  });
}
