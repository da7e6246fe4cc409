/**
 * A cluster at a port of loopback, with a clock that does not tick.
 *
 * @module
 */

import type { Cluster } from "../../../src/cluster/cluster.ts";
import { kubernetesCluster } from "../../../src/cluster/connect.ts";
import type { Limits } from "../../../src/cluster/call.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** A cluster and its clock. */
export interface ClusterAt extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
}

/** Speaks plain HTTP to that port of 127.0.0.1. */
export async function clusterAt(
  port: number,
  limits: Partial<Limits> = {},
): Promise<ClusterAt> {
  const clock = new VirtualClock();
  const server = `http://127.0.0.1:${port}`;
  const cluster = await kubernetesCluster({
    server,
    identity: 'user "tester"',
    target: { source: "kubernetes", server, namespace: "default", flags: [] },
  }, { clock, random: () => 0.5, limits });
  return {
    cluster,
    clock,
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** A server on loopback, until it is disposed of. */
export interface Served extends AsyncDisposable {
  readonly port: number;
}

/** Answers requests on a free port of loopback. */
export function serve(
  handler: (
    request: Request,
    from: Deno.NetAddr,
  ) => Response | Promise<Response>,
): Served {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, { remoteAddr }) => handler(request, remoteAddr),
  );
  return {
    port: server.addr.port,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
