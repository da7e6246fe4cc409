/**
 * Two API servers that are asked the same: the sandbox's, and a real one.
 *
 * @module
 */

import { startApiServer } from "../../../src/sandbox/api_server.ts";
import { populate } from "../../../src/sandbox/controllers.ts";
import { createStore } from "../../../src/sandbox/store.ts";
import type { Places } from "../places.ts";

/** A request, and what is read of its answer. */
export interface Exchange {
  /** `GET /api/v1/namespaces/{ns}/pods`. `{0.metadata.uid}` is of an earlier answer, as in the body. */
  readonly line: string;
  readonly body?: unknown;
  /** Content-Type; `application/json` where there is a body. */
  readonly type?: string;
  readonly accept?: string;
  /** A watch: so many of its lines are read, then it is left. */
  readonly lines?: number;
  /** Parts of the answer that are not looked at, as paths: `body.items`. */
  readonly not?: readonly string[];
  /** Lists of named things: in no order, and only what the sandbox has. */
  readonly named?: boolean;
}

/** What came back. */
export interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON where it is JSON, else text. */
  readonly body: unknown;
}

/** One of the two. */
export interface Side extends AsyncDisposable {
  readonly url: string;
  ask(exchange: Exchange): Promise<Seen>;
}

/** Headers that a client may go by. */
const HEADERS = [
  "content-type",
  "warning",
  "retry-after",
  "cache-control",
  "allow",
] as const;

/** How long a line of a watch is waited for that may never come. */
const PATIENCE = 3_000;

/** The sandbox's server, with a namespace. */
export async function sandboxSide(namespace: string): Promise<Side> {
  const store = createStore();
  populate(
    store,
    ["default", namespace].map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    })),
  );
  // Long versions cannot be taken for other numbers in an answer.
  store.load({ ...store.dump(), resourceVersion: 1_000_000 });
  const server = await startApiServer(store);
  return {
    url: server.url,
    ask: (exchange) => ask(server.url, exchange),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The real one, as its administrator. */
export function realSide({ apiServer, tls, token }: Places): Side {
  const ca = Deno.readTextFileSync(`${tls}/ca.crt`);
  const client = Deno.createHttpClient({ caCerts: [ca] });
  return {
    url: apiServer,
    ask: (exchange) =>
      ask(apiServer, exchange, { client, authorization: `Bearer ${token}` }),
    [Symbol.asyncDispose]() {
      client.close();
      return Promise.resolve();
    },
  };
}

async function ask(
  url: string,
  exchange: Exchange,
  as?: { readonly client: Deno.HttpClient; readonly authorization: string },
): Promise<Seen> {
  const [method = "", path = ""] = exchange.line.split(" ");
  const { body, accept } = exchange;
  const type = exchange.type ??
    (body === undefined ? undefined : "application/json");
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(as === undefined ? {} : { authorization: as.authorization }),
      ...(type === undefined ? {} : { "content-type": type }),
      accept: accept ?? "application/json",
    },
    ...(as === undefined ? {} : { client: as.client }),
    ...(body === undefined
      ? {}
      : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const headers: Record<string, string> = {};
  for (const name of HEADERS) {
    const value = response.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  const { status } = response;
  if (exchange.lines !== undefined && response.ok) {
    return { status, headers, body: await linesOf(response, exchange.lines) };
  }
  return { status, headers, body: parsed(await response.text()) };
}

/** At most so many; fewer where no more come. */
async function linesOf(
  response: Response,
  count: number,
): Promise<readonly unknown[]> {
  const lines: unknown[] = [];
  let rest = "";
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  const late = setTimeout(() => reader.cancel(), PATIENCE);
  while (lines.length < count) {
    const { done, value } = await reader.read();
    if (done) break;
    const parts = (rest + value).split("\n");
    rest = parts.pop()!;
    lines.push(...parts.map(parsed));
  }
  clearTimeout(late);
  await reader.cancel();
  return lines.slice(0, count);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
