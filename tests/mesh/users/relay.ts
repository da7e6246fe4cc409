/**
 * A door to the API server on this machine that notes which rights each
 * request is about, and at which something may happen first.
 *
 * @module
 */

import type { Places } from "../places.ts";

/** A running relay. */
export interface Relay extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** `list pods`, `patch virtualservices.networking.istio.io`. */
  readonly rights: ReadonlySet<string>;
  /** Those that were used since it was last asked. */
  take(): readonly string[];
}

/** Options of {@linkcode startRelay}. */
export interface RelayOptions {
  /** Answers in place of the API server; nothing to ask it. */
  readonly instead?:
    | ((
      request: Request,
    ) => Promise<Response | undefined> | Response | undefined)
    | undefined;
  /** Happens when it has answered, before whoever asked hears of that. */
  readonly after?: ((request: Request) => Promise<void>) | undefined;
}

/** Starts one. Who asks is told by their own token. */
export function startRelay(
  places: Places,
  { instead, after }: RelayOptions = {},
): Relay {
  const client = Deno.createHttpClient({
    caCerts: [Deno.readTextFileSync(`${places.tls}/ca.crt`)],
  });
  const rights = new Set<string>();
  const newest = new Set<string>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const right = rightOf(request.method, pathname + search);
      if (right !== undefined) {
        rights.add(right);
        newest.add(right);
      }
      const other = await instead?.(request);
      if (other !== undefined) return other;
      const { method, body } = request;
      const headers = new Headers(request.headers);
      headers.delete("host");
      headers.set("accept-encoding", "identity");
      const answer = await fetch(places.apiServer + pathname + search, {
        ...{ client, method, headers },
        ...(body === null ? {} : { body }),
      });
      await after?.(request);
      return new Response(answer.body, answer);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    rights,
    take() {
      const taken = [...newest];
      newest.clear();
      return taken;
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      client.close();
    },
  };
}

/**
 * The right that a request needs.
 *
 * @returns Nothing for what is about no resource.
 */
export function rightOf(method: string, path: string): string | undefined {
  const { pathname, searchParams } = new URL(path, "http://server");
  const parts = pathname.slice(1).split("/");
  const group = parts[0] === "api" ? "" : parts[1] ?? "";
  const rest = parts.slice(parts[0] === "api" ? 2 : 3);
  if (rest.length === 0) return undefined;
  const [resource, name] = rest[0] === "namespaces" && rest.length > 2
    ? rest.slice(2)
    : rest;
  const verb = {
    POST: "create",
    PATCH: "patch",
    DELETE: "delete",
  }[method] ??
    (name !== undefined ? "get" : searchParams.has("watch") ? "watch" : "list");
  return `${verb} ${resource}${group === "" ? "" : `.${group}`}`;
}
