/**
 * A sandbox to send requests to, without a socket.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import {
  apiHandler,
  type ApiServerOptions,
} from "../../src/sandbox/api_server.ts";
import { complete } from "../../src/sandbox/controllers.ts";
import { createStore, type Store } from "../../src/sandbox/store.ts";

/** An answer, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** What a request brings besides method and path. */
export interface AskOptions {
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A store with its API. */
export interface Bench {
  readonly store: Store;
  ask(line: string, options?: AskOptions): Promise<Answer>;
  /** The answer as it comes, for streams. */
  open(line: string, options?: AskOptions): Promise<Response>;
}

export const ISTIO = "/apis/networking.istio.io/v1";
export const VIRTUAL_SERVICES = `${ISTIO}/namespaces/default/virtualservices`;
export const NOW = new Date("2026-11-23T12:00:00Z");

/** Options of {@linkcode bench}. */
export interface BenchOptions extends ApiServerOptions {
  readonly history?: number;
  readonly signal?: AbortSignal;
}

/** A namespace `default`, and what is given. */
export function bench(
  objects: readonly KubeObject[] = [],
  options: BenchOptions = {},
): Bench {
  let id = 0;
  const store = createStore([], {
    now: () => NOW,
    newId: () => `uid-${++id}`,
    ...(options.history === undefined ? {} : { history: options.history }),
  });
  const home = { apiVersion: "v1", kind: "Namespace" };
  store.put(complete(store, { ...home, metadata: { name: "default" } }));
  for (const object of objects) store.put(complete(store, object));
  const handle = apiHandler(store, {
    signal: options.signal ?? new AbortController().signal,
    ...options,
  });
  const open = (line: string, asked: AskOptions = {}) => {
    const [method = "GET", path = "/"] = line.split(" ");
    const { body } = asked;
    const init: RequestInit = {
      method,
      headers: {
        ...(body === undefined
          ? {}
          : { "content-type": asked.type ?? "application/json" }),
        ...asked.headers,
      },
    };
    if (body !== undefined) {
      init.body = typeof body === "string" ? body : JSON.stringify(body);
    }
    return handle(new Request(`http://127.0.0.1:1${path}`, init));
  };
  return {
    store,
    open,
    async ask(line, asked) {
      const response = await open(line, asked);
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith(
        "application/json",
      );
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson && text !== "" ? JSON.parse(text) : undefined,
      };
    },
  };
}

/** A VirtualService that sends everything to one host. */
export function virtualService(
  name: string,
  rest: {
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly spec?: Readonly<Record<string, unknown>>;
  } = {},
): KubeObject {
  const { namespace = "default", labels } = rest;
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    spec: rest.spec ?? {
      hosts: [name],
      http: [{ route: [{ destination: { host: name } }] }],
    },
  };
}

/** A DestinationRule with subsets named after their version. */
export function destinationRule(
  name: string,
  versions: readonly string[],
): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name, namespace: "default" },
    spec: {
      host: name,
      subsets: versions.map((version) => ({
        name: version,
        labels: { version },
      })),
    },
  };
}
