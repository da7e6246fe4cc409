/**
 * Proxies that requests go through: each as a client of the mesh.
 *
 * @module
 */

import type { Client } from "../../../src/istio/client.ts";
import { type Envoy, startEnvoy } from "../envoy.ts";
import type { Places } from "../places.ts";
import { bodyOf } from "./ask.ts";

/** A running one. */
export interface Proxy {
  readonly client: Client;
  /** Ports that the client addresses, each with its listener. */
  readonly listeners: ReadonlyMap<number, number>;
  readonly envoy: Envoy;
}

/** The proxy of the gateway that all worlds share. */
export const GATE: Client = {
  kind: "gateway",
  namespace: "default",
  labels: { istio: "gate" },
  gateway: "default/gate",
};

/** A sidecar in a namespace. */
export function sidecar(
  namespace: string,
  labels: Client["labels"] = {},
): Client {
  return { kind: "sidecar", namespace, labels };
}

/** Starts one for each client, with the ports that it addresses. */
export async function startProxies(
  clients: readonly (readonly [Client, readonly number[]])[],
  places: Places,
  stack: AsyncDisposableStack,
): Promise<Proxy[]> {
  return await Promise.all(clients.map(async ([client, ports], at) => {
    const isGateway = client.kind === "gateway";
    const listeners = new Map(
      ports.map((port, index) => [port, 15100 + 10 * at + index]),
    );
    const envoy = await startEnvoy({
      name: `proxy-${at}`,
      kind: isGateway ? "router" : "sidecar",
      namespace: client.namespace,
      labels: client.labels,
      address: `10.77.201.${at + 1}`,
      admin: 15900 + at,
      listeners: Object.fromEntries(
        [...listeners].map((
          [port, listener],
        ) => [listener, isGateway ? `http.${port}` : `${port}`]),
      ),
    }, places);
    stack.use(envoy);
    return { client, listeners, envoy };
  }));
}

/** Waits until all of them answer for a host with a body. */
export async function untilAll(
  proxies: readonly Proxy[],
  answer: { readonly host: string; readonly body: string },
): Promise<void> {
  for (const { listeners } of proxies) {
    for (const listener of listeners.values()) await bodyOf(listener, answer);
  }
}
