/**
 * An API server on loopback that can be slow, refuse, hang up and die: the
 * embedded cluster behind a server that does as it is told, watches included.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { KubeObject } from "../../../src/istio/types.ts";
import { type Sandbox, startSandbox } from "../../../src/sandbox/mod.ts";
import { status } from "../../cluster/fake_server.ts";

/** A request that has come. */
export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly accept: string;
  /** Changes something, and is no dry run. */
  readonly isWrite: boolean;
}

/** What becomes of a request; nothing: it is served. */
export type Fate =
  | { readonly delay: number }
  | { readonly answer: Response }
  | "reset"
  | undefined;

/** All answers come half a minute late. */
export const SLOW: Fate = { delay: 30_000 };

/** A refusal as Kubernetes writes it. */
export function refusal(code: 401 | 403, message = ""): Fate {
  const reason = code === 401 ? "Unauthorized" : "Forbidden";
  return { answer: status(code, reason, { message }) };
}

/** Options of {@linkcode Api.start}. */
export interface ApiOptions {
  readonly objects?: readonly KubeObject[];
  readonly fateOf?: (asked: Asked) => Fate;
}

/** The server, and what it was asked. */
export class Api implements AsyncDisposable {
  readonly seen: Asked[] = [];
  readonly sandbox: Sandbox;
  /** May be another one later. */
  fateOf: (asked: Asked) => Fate;
  /** Called with each write, before it is served. */
  beforeWrite: () => void = () => {};
  readonly #open = new Set<Socket>();
  readonly #stop = new AbortController();
  readonly #pending = new Set<Promise<void>>();
  #server: Server | undefined;
  #port = 0;

  private constructor(sandbox: Sandbox, fateOf: (asked: Asked) => Fate) {
    this.sandbox = sandbox;
    this.fateOf = fateOf;
  }

  static async start(options: ApiOptions = {}): Promise<Api> {
    const { objects, fateOf = () => undefined } = options;
    const sandbox = await startSandbox(
      objects === undefined ? {} : { objects },
    );
    const api = new Api(sandbox, fateOf);
    await api.revive();
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get writes(): readonly Asked[] {
    return this.seen.filter(({ isWrite }) => isWrite);
  }

  /** Waits for a request. */
  async until(isSuch: (asked: Asked) => boolean): Promise<void> {
    const LONGEST = 60_000;
    for (let waited = 0; !this.seen.some(isSuch); waited += 10) {
      if (waited > LONGEST) throw new Error("No such request ever came");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Every connection ends, and nobody listens any more. */
  async die(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const socket of this.#open) socket.destroy();
    await new Promise((done) => server.close(done));
  }

  /** Listens, at the same port as before. */
  async revive(): Promise<void> {
    const server = createServer((request, response) => {
      const served = this.#serve(request, response).catch(() => {
        request.socket.destroy();
      }).finally(() => this.#pending.delete(served));
      this.#pending.add(served);
    });
    server.on("connection", (socket: Socket) => {
      this.#open.add(socket);
      socket.on("close", () => this.#open.delete(socket));
    });
    await new Promise<void>((done) =>
      server.listen(this.#port, "127.0.0.1", done)
    );
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** A kubeconfig with contexts that all lead here, the first the current. */
  kubeconfig(contexts: readonly string[]): string {
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": contexts[0],
      clusters: [{ name: "fake", cluster: { server: this.url } }],
      users: [{ name: "tester", user: { token: "token-of-the-kubeconfig" } }],
      contexts: contexts.map((name) => ({
        name,
        context: { cluster: "fake", user: "tester" },
      })),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.die();
    await Promise.all(this.#pending);
    await this.sandbox[Symbol.asyncDispose]();
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    const { method = "GET", headers } = request;
    // Requests to this machine itself name the whole URL.
    const { pathname, search } = new URL(
      request.url ?? "/",
      this.sandbox.url,
    );
    const url = pathname + search;
    const asked: Asked = {
      method,
      path: url,
      accept: String(headers.accept),
      isWrite: method !== "GET" && !url.includes("dryRun=") &&
        !url.includes("selfsubject"),
    };
    this.seen.push(asked);
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#stop.signal]);
    const fate = this.fateOf(asked);
    if (fate === "reset") return void request.socket.resetAndDestroy();
    if (fate !== undefined && "delay" in fate) await wait(fate.delay, signal);
    if (asked.isWrite) this.beforeWrite();
    const answer = fate !== undefined && "answer" in fate
      ? fate.answer.clone()
      : await fetch(this.sandbox.url + url, {
        method,
        signal,
        headers: Object.entries(headers).filter(([name]) =>
          !["host", "connection", "content-length"].includes(name)
        ).map(([name, value]) => [name, String(value)]),
        ...(parts.length === 0 ? {} : { body: new Blob(parts as BlobPart[]) }),
      });
    response.writeHead(
      answer.status,
      Object.fromEntries(
        [...answer.headers].filter(([name]) =>
          !["content-length", "content-encoding"].includes(name)
        ),
      ),
    );
    response.flushHeaders();
    for await (const part of answer.body ?? []) response.write(part);
    response.end();
  }
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
