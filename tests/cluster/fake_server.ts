/**
 * Tiny servers on loopback that answer what a test says, and a cluster that
 * talks to them with short deadlines and a clock that does not tick.
 *
 * @module
 */

import type { Cluster } from "../../src/cluster/cluster.ts";
import { kubernetesCluster } from "../../src/cluster/connect.ts";
import type { Access } from "../../src/cluster/access.ts";
import { fixedToken } from "../../src/cluster/token_source.ts";
import type { Exchange, Limits } from "../../src/cluster/call.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** What a fake cluster has seen, and the cluster. */
export interface Fake extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
  /** `GET /api/v1/pods?limit=500`, in order. */
  readonly seen: string[];
  /** The headers of each. */
  readonly headers: Headers[];
}

/** Options of {@linkcode fake}. */
export interface FakeOptions {
  readonly limits?: Partial<Limits>;
  readonly timeoutMs?: number;
  readonly access?: Partial<Access>;
  readonly token?: string;
  /** The jitter; 0.5 by default. */
  readonly random?: number;
  readonly onExchange?: (exchange: Exchange) => void;
}

/** Answers a request; `nth` counts from 1. */
export type Handler = (
  request: Request,
  nth: number,
) => Response | Promise<Response>;

/** A cluster behind a handler. */
export async function fake(
  handler: Handler,
  options: FakeOptions = {},
): Promise<Fake> {
  const seen: string[] = [];
  const headers: Headers[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const url = new URL(request.url);
      seen.push(`${request.method} ${url.pathname}${url.search}`);
      headers.push(new Headers(request.headers));
      return handler(request, seen.length);
    },
  );
  const { cluster, clock } = await connect(server.addr.port, options);
  return {
    cluster,
    clock,
    seen,
    headers,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
}

/** A server that speaks raw bytes: what it is told, then it hangs up or waits. */
export async function rawFake(
  answers: readonly RawAnswer[],
  options: FakeOptions = {},
): Promise<Fake> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const seen: string[] = [];
  const open = new Set<Deno.TcpConn>();
  const serving = (async () => {
    for await (const connection of listener) {
      const answer = answers[Math.min(seen.length, answers.length - 1)]!;
      open.add(connection);
      try {
        const head = await readRequest(connection);
        seen.push(head);
        if (answer.bytes !== "") {
          await connection.write(new TextEncoder().encode(answer.bytes));
        }
      } catch {
        // The client went first.
      }
      if (answer.then === "hang up") {
        open.delete(connection);
        connection.close();
      }
    }
  })();
  const { port } = listener.addr;
  const { cluster, clock } = await connect(port, options);
  return {
    cluster,
    clock,
    seen,
    headers: [],
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      listener.close();
      await serving;
      for (const connection of open) connection.close();
    },
  };
}

/** Bytes, and what comes after them. */
export interface RawAnswer {
  readonly bytes: string;
  readonly then: "hang up" | "wait";
}

/** A `Status` as Kubernetes sends it. */
export function status(
  code: number,
  reason: string,
  options: {
    readonly message?: string;
    readonly details?: unknown;
    readonly headers?: Record<string, string>;
  } = {},
): Response {
  return Response.json({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: options.message ?? "",
    reason,
    details: options.details ?? {},
    code,
  }, { status: code, headers: options.headers ?? {} });
}

/** A list of VirtualServices with these names. */
export function listOf(names: readonly string[], rest: {
  readonly continue?: string;
  readonly apiVersion?: string;
} = {}): Response {
  const apiVersion = rest.apiVersion ?? "networking.istio.io/v1";
  return Response.json({
    apiVersion,
    kind: "VirtualServiceList",
    metadata: {
      resourceVersion: "7",
      ...(rest.continue === undefined ? {} : { continue: rest.continue }),
    },
    items: names.map((name) => service(name, apiVersion)),
  });
}

/** A VirtualService in `default`. */
export function service(
  name: string,
  apiVersion = "networking.istio.io/v1",
) {
  return {
    apiVersion,
    kind: "VirtualService",
    metadata: { name, namespace: "default", resourceVersion: "7" },
    spec: { hosts: [name] },
  };
}

async function connect(
  port: number,
  options: FakeOptions,
): Promise<{ readonly cluster: Cluster; readonly clock: VirtualClock }> {
  const server = `http://127.0.0.1:${port}`;
  const clock = new VirtualClock();
  const cluster = await kubernetesCluster({
    server,
    identity: 'user "tester"',
    target: {
      source: "kubernetes",
      server,
      namespace: "default",
      flags: [],
    },
    ...(options.token === undefined
      ? {}
      : { token: fixedToken(options.token) }),
    ...options.access,
  }, {
    clock,
    random: () => options.random ?? 0.5,
    limits: options.limits,
    timeoutMs: options.timeoutMs,
    onExchange: options.onExchange,
  });
  return { cluster, clock };
}

async function readRequest(connection: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  while (true) {
    const read = await connection.read(buffer);
    if (read === null) throw new Error("closed");
    text += new TextDecoder().decode(buffer.subarray(0, read));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const length = /content-length: (\d+)/i.exec(text)?.[1] ?? "0";
    if (text.length >= end + 4 + Number(length)) return text.split("\r\n")[0]!;
  }
}
