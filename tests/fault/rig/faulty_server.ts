/**
 * The embedded cluster behind a server that misbehaves: answers are lost
 * before or after the write, replaced, or held while somebody else writes.
 * What was written is read from the store, not from what anybody was told.
 *
 * @module
 */

import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import type { KubeObject } from "../../../src/istio/types.ts";
import {
  type Sandbox,
  startSandbox,
  type StartSandboxOptions,
} from "../../../src/sandbox/mod.ts";
import type { VirtualClock } from "../../support/virtual_clock.ts";
import { clusterAt } from "./cluster_at.ts";

/** A request that has come. */
export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Changes something, and is no dry run. */
  readonly isWrite: boolean;
  /** Counts writes from 1, or else all requests. */
  readonly nth: number;
  readonly body: string;
}

/** What becomes of a request; nothing: it is served. */
export type Fault =
  /** The connection ends; before the server has seen it, or after. */
  | { readonly lost: "before" | "after" }
  /** Another answer, instead of being served or after it. */
  | { readonly answer: Response; readonly committed?: boolean }
  /** Something happens first, or after it was served and before the answer. */
  | { readonly first: () => void | Promise<void> }
  | { readonly then: () => void | Promise<void> };

/** The cluster, what stands before it, and what happened. */
export interface FaultyServer extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** Through the server that misbehaves. */
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
  readonly url: string;
  readonly seen: readonly Asked[];
  /** Objects of these kinds as they were written, in order. */
  commits(...kinds: readonly string[]): readonly KubeObject[];
}

/** Options of {@linkcode startFaultyServer}. */
export interface FaultyServerOptions extends StartSandboxOptions {
  readonly faultOf?: (request: Asked) => Fault | undefined;
}

/** Starts a sandbox and the server in front of it. */
export async function startFaultyServer(
  options: FaultyServerOptions = {},
): Promise<FaultyServer> {
  const { faultOf = () => undefined, ...rest } = options;
  const sandbox = await startSandbox(rest);
  const begin = sandbox.store.dump().resourceVersion;
  const seen: Asked[] = [];
  let writes = 0;
  const open = new Set<Socket>();
  const pending = new Set<Promise<void>>();
  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    const body = await new Blob(parts as BlobPart[]).text();
    const { method = "GET", url = "/" } = request;
    // Requests to this machine itself name the whole URL.
    const { pathname, search } = new URL(url, sandbox.url);
    const path = pathname + search;
    const isWrite = method !== "GET" && !path.includes("dryRun=") &&
      !path.includes("selfsubject");
    if (isWrite) writes++;
    const asked: Asked = {
      ...{ method, path, isWrite, body },
      nth: isWrite ? writes : seen.length + 1,
    };
    seen.push(asked);
    const fault = faultOf(asked);
    if (fault !== undefined && "first" in fault) await fault.first();
    if (fault !== undefined && "lost" in fault && fault.lost === "before") {
      return void request.socket.destroy();
    }
    if (fault !== undefined && "answer" in fault && fault.committed !== true) {
      return await send(response, fault.answer);
    }
    const answer = await fetch(sandbox.url + path, {
      method,
      headers: headersOf(request),
      ...(body === "" ? {} : { body }),
    });
    if (fault !== undefined && "then" in fault) await fault.then();
    if (fault !== undefined && "lost" in fault) {
      await answer.body?.cancel();
      return void request.socket.destroy();
    }
    if (fault !== undefined && "answer" in fault) {
      await answer.body?.cancel();
      return await send(response, fault.answer);
    }
    await send(response, answer);
  };
  const server = createServer((request, response) => {
    open.add(request.socket);
    const served = serve(request, response).catch(() => {
      request.socket.destroy();
    });
    pending.add(served);
    served.finally(() => pending.delete(served));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const { cluster, clock } = await clusterAt(port);
  return {
    sandbox,
    cluster,
    clock,
    url: `http://127.0.0.1:${port}`,
    seen,
    commits: (...kinds) =>
      (sandbox.store.since(begin) ?? []).map(({ object }) => object)
        .filter(({ kind }) => kinds.includes(kind)),
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await Promise.all(pending);
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (!["host", "connection", "content-length"].includes(name)) {
      headers.set(name, String(value));
    }
  }
  return headers;
}

async function send(to: ServerResponse, answer: Response): Promise<void> {
  const headers = Object.fromEntries(
    [...answer.headers].filter(([name]) =>
      !["content-length", "content-encoding"].includes(name)
    ),
  );
  to.writeHead(answer.status, headers);
  to.end(new Uint8Array(await answer.arrayBuffer()));
}
