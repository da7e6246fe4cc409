/**
 * Somebody in a namespace of their own who puts rules there, asks, and sees
 * what proxies do.
 *
 * @module
 */

import { Agent } from "node:http";
import type { KubeObject } from "../../../src/istio/types.ts";
import { ask, bodyOf, type Case, sendTo } from "../agreement/ask.ts";
import { type Fate, fateOf } from "../agreement/compare.ts";
import { type Api, pathOf } from "../api.ts";
import { type Envoy, type EnvoyOptions, startEnvoy } from "../envoy.ts";
import { apiOf, type Places } from "../places.ts";
import { service } from "../town.ts";

/** The namespace of all of it. */
export const NAMESPACE = "observed";

/** What a request looks like; GET of `/` with no headers. */
export interface Asked {
  readonly host: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Listener; the sidecar's. */
  readonly listener?: number;
}

/** A request as it reached the pod. */
export interface Arrived {
  readonly status: number;
  readonly location: string | undefined;
  readonly host?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

/** Disposing it deletes what it made, and ends its proxy. */
export interface Observer extends AsyncDisposable {
  /** Creates objects, and waits until the proxies know them. */
  put(...objects: readonly KubeObject[]): Promise<void>;
  /** What the proxy says about a request. */
  fate(asked: Asked): Promise<Fate>;
  /** The same for many at once, in the same order. */
  fates(asked: readonly Asked[]): Promise<readonly Fate[]>;
  /** What becomes of a request. */
  arrived(asked: Asked): Promise<Arrived>;
}

/** The sidecar's listener. */
const LISTENER = 15201;
const MARKER = `marker.${NAMESPACE}.svc.cluster.local`;

/** Starts a sidecar with some labels, or what else is given. */
export async function observe(
  places: Places,
  options: Partial<EnvoyOptions> = {},
): Promise<Observer> {
  await using stack = new AsyncDisposableStack();
  const api = stack.use(apiOf(places));
  const { status } = await api.request(
    "GET",
    `/api/v1/namespaces/${NAMESPACE}`,
  );
  if (status === 404) {
    await api.create({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: NAMESPACE },
    });
  }
  const made: KubeObject[] = [];
  stack.defer(() => api.delete(...made));
  const create = async (...objects: readonly KubeObject[]): Promise<void> => {
    await api.delete(...objects);
    made.push(...objects);
    await api.create(...objects);
  };
  await create(
    ...service("a", { namespace: NAMESPACE, builds: [1, 2] }),
    ...service("b", { namespace: NAMESPACE, builds: [3] }),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "marker", namespace: NAMESPACE },
      spec: { ports: [{ name: "http", port: 5000 }] },
    },
  );
  const envoy = stack.use(
    await startEnvoy({
      name: "observer",
      namespace: NAMESPACE,
      labels: { app: "observer" },
      address: "10.77.202.1",
      admin: 15920,
      listeners: { [LISTENER]: "5000" },
      ...options,
    }, places),
  );
  const listeners = Object.keys(options.listeners ?? { [LISTENER]: "" });
  let marks = 0;
  const moved = stack.move();
  return {
    async put(...objects) {
      await create(...objects);
      const body = `mark ${marks++}`;
      await mark(api, body, made);
      for (const listener of listeners) {
        await bodyOf(Number(listener), { host: MARKER, body });
      }
    },
    fate: async (asked) => (await fatesFrom(envoy, [asked]))[0]!,
    fates: (asked) => fatesFrom(envoy, asked),
    arrived: arrivedFrom,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** What is written last, and answered by the proxies themselves. */
async function mark(
  api: Api,
  body: string,
  made: KubeObject[],
): Promise<void> {
  const marker: KubeObject = {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "marker", namespace: NAMESPACE },
    spec: {
      hosts: [MARKER],
      gateways: ["mesh", "gate"],
      http: [{ directResponse: { status: 200, body: { string: body } } }],
    },
  };
  const { status } = await api.request("GET", pathOf(marker));
  if (status === 404) {
    made.push(marker);
    return await api.create(marker);
  }
  await api.json("PATCH", pathOf(marker), {
    body: { spec: marker["spec"] },
    headers: { "content-type": "application/merge-patch+json" },
  });
}

let asked = 0;

async function fatesFrom(
  envoy: Envoy,
  all: readonly Asked[],
): Promise<readonly Fate[]> {
  const cases = all.map((
    { host, path = "/", headers = [], listener = LISTENER },
  ): Case => ({
    id: `observed-${asked++}`,
    listener,
    request: {
      method: "GET",
      scheme: "http",
      authority: host,
      path,
      headers,
      port: 5000,
    },
  }));
  const lines = await ask(cases, envoy.accessLog);
  return cases.map(({ id }) => fateOf(lines.get(id)!));
}

async function arrivedFrom(
  { host, path = "/", headers = [], listener = LISTENER }: Asked,
): Promise<Arrived> {
  const agent = new Agent();
  const { status, location, body } = await sendTo(listener, {
    agent,
    method: "GET",
    path,
    headers: [...headers, ["host", host], ["x-echo", "yes"]],
  });
  agent.destroy();
  const echo = body.startsWith("{") ? JSON.parse(body) : {};
  return { status, location, ...echo };
}
