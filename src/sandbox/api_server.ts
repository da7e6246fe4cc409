/**
 * A Kubernetes API server for the sandbox: HTTP on loopback, good enough for
 * kubectl and for the transport of istiops itself.
 *
 * @module
 */

import { json, text } from "./answer.ts";
import {
  attemptOf,
  type Call,
  parsePath,
  type Persistence,
  placeOf,
} from "./call.ts";
import { discover, isReview, SERVER_VERSION } from "./discovery.ts";
import { type Resource, RESOURCES } from "./kinds.ts";
import { getObject, listObjects, watchObjects } from "./reads.ts";
import { answerReview } from "./reviews.ts";
import { answerScale } from "./scale.ts";
import {
  badRequest,
  methodNotAllowed,
  notFound,
  notSupported,
  StatusError,
} from "./status.ts";
import type { Store } from "./store.ts";
import { forbidden, isAllowed } from "./users.ts";
import {
  createObject,
  deleteObject,
  deleteObjects,
  patchObject,
  replaceObject,
} from "./writes.ts";

/** Options of {@linkcode startApiServer}. */
export interface ApiServerOptions {
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** Versions of the Istio kinds that are served; none stands for no CRDs. */
  readonly istioVersions?: readonly string[];
  /** Where writes are kept; by default nowhere but in the store. */
  readonly persistence?: Persistence;
  /** Told when the first watch opens and when the last one ends. */
  readonly onWatching?: (watching: boolean) => void;
  /** Milliseconds between bookmarks of a watch; one minute. */
  readonly bookmarkEvery?: number;
}

/** A running server. */
export interface ApiServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; `/as/USER` behind it acts as that user. */
  readonly url: string;
  /** Resolves when the server has ended. */
  readonly finished: Promise<void>;
}

/** Starts a server on 127.0.0.1; disposing of it ends open watches. */
export function startApiServer(
  store: Store,
  options: ApiServerOptions = {},
): Promise<ApiServer> {
  const ending = new AbortController();
  const answer = apiHandler(store, { ...options, signal: ending.signal });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    onListen: () => {},
  }, answer);
  return Promise.resolve({
    url: `http://127.0.0.1:${server.addr.port}`,
    finished: server.finished,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await server.shutdown();
    },
  });
}

/** The server without its socket: a request in, an answer out. */
export function apiHandler(
  store: Store,
  options: ApiServerOptions & { readonly signal: AbortSignal },
): (request: Request) => Promise<Response> {
  const persistence = options.persistence ?? inMemory();
  const served = servedResources(options.istioVersions);
  let watches = 0;
  const shared = {
    store,
    persistence,
    signal: options.signal,
    bookmarkEvery: options.bookmarkEvery ?? 60_000,
    onWatch(open: boolean) {
      const before = watches;
      watches += open ? 1 : -1;
      if ((before === 0) !== (watches === 0)) options.onWatching?.(watches > 0);
    },
  };
  return async (request) => {
    try {
      const refusal = refuseForeigner(request);
      if (refusal !== undefined) return refusal;
      return await route(request, { served, shared });
    } catch (error) {
      return failure(error);
    }
  };
}

/** Writes one after the other, kept in memory only. */
function inMemory(): Persistence {
  let last: Promise<unknown> = Promise.resolve();
  return {
    refresh: () => Promise.resolve(),
    exclusively<T>(write: () => Promise<T>): Promise<T> {
      // A write that failed is its caller's business, not the next one's.
      const mine = last.catch(() => {}).then(write);
      last = mine;
      return mine;
    },
  };
}

type Shared = Omit<
  Call,
  | "request"
  | "query"
  | "user"
  | "resource"
  | "apiVersion"
  | "namespace"
  | "name"
  | "subresource"
>;

async function route(
  request: Request,
  { served, shared }: {
    readonly served: readonly Resource[];
    readonly shared: Shared;
  },
): Promise<Response> {
  const url = new URL(request.url);
  const { user, base, segments } = parsePath(url.pathname);
  const place = segments[0] === "openapi" ? undefined : placeOf(segments);
  if (place === undefined) {
    if (request.method !== "GET") throw methodNotAllowed();
    return describe(segments, {
      served,
      base,
      accept: request.headers.get("accept") ?? "",
    });
  }
  const query = url.searchParams;
  // A real server asks who may before it looks whether there is such an API.
  const attempt = attemptOf(place, request, query);
  if (!isAllowed(user, attempt)) throw forbidden(user, attempt);
  const { group, version, plural } = place;
  if (version === "v1" && isReview(group, plural)) {
    return await answerReview(plural, { request, user });
  }
  const resource = served.find((one) =>
    one.group === group && one.plural === plural &&
    one.versions.includes(version)
  );
  if (
    resource === undefined ||
    (place.namespace !== undefined && !resource.namespaced)
  ) {
    // Only what a CRD or another server could bring is an unknown page.
    if (BUILT_IN.has(group)) throw noResource();
    return notServed();
  }
  const call: Call = {
    ...shared,
    request,
    query,
    user,
    resource,
    apiVersion: group === "" ? version : `${group}/${version}`,
    namespace: place.namespace,
    name: place.name,
    subresource: place.subresource,
  };
  await shared.persistence.refresh();
  return await answer(call, attempt.verb);
}

async function answer(call: Call, verb: string): Promise<Response> {
  const { resource, namespace, name, subresource } = call;
  if (subresource === "scale" && resource.scale) return await answerScale(call);
  if (
    subresource !== undefined && !(subresource === "status" && resource.status)
  ) {
    if (resource.custom) throw notFound(resource, name ?? "");
    return notServed();
  }
  // All namespaces at once can be read, never written.
  const homeless = resource.namespaced && namespace === undefined;
  if (homeless && name !== undefined) return notServed();
  switch (verb) {
    case "get":
      return getObject(call);
    case "list":
      return listObjects(call);
    case "watch":
      return watchObjects(call);
    case "create":
      if (homeless && resource.custom) return notServed();
      if (name !== undefined || homeless) throw notSupported(verb, resource);
      return await createObject(call);
    case "update":
      if (name === undefined) throw nameless(resource);
      return await replaceObject(call);
    case "patch":
      if (name === undefined) throw nameless(resource);
      return await patchObject(call);
    case "delete":
      if (subresource !== undefined) throw notSupported(verb, resource);
      return await deleteObject(call);
    case "deletecollection":
      if (homeless) return notServed();
      return await deleteObjects(call);
    default:
      throw methodNotAllowed();
  }
}

const BUILT_IN: ReadonlySet<string> = new Set(
  RESOURCES.filter(({ custom }) => !custom).map(({ group }) => group),
);

function noResource(): StatusError {
  return new StatusError(
    404,
    "NotFound",
    "the server could not find the requested resource",
    { details: {} },
  );
}

function nameless(resource: Resource): StatusError {
  return resource.custom
    ? badRequest("name must be provided")
    : methodNotAllowed();
}

function describe(
  segments: readonly string[],
  options: {
    readonly served: readonly Resource[];
    readonly base: string;
    readonly accept: string;
  },
): Response {
  const [first, second] = segments;
  if (first === "version" && second === undefined) return json(SERVER_VERSION);
  if (["healthz", "livez", "readyz"].includes(first ?? "")) return text("ok");
  const found = discover(segments, options);
  return found === undefined ? notServed() : json(found.body, {
    headers: { "Content-Type": found.contentType, "Vary": "Accept" },
  });
}

function notServed(): Response {
  return text("404 page not found\n", 404);
}

/**
 * A page in a browser could reach a server on loopback: by a name that
 * resolves to it (the Host header tells), or straight (the Origin tells).
 */
function refuseForeigner(request: Request): Response | undefined {
  const host = new URL(request.url).hostname;
  if (!["127.0.0.1", "localhost", "[::1]"].includes(host)) {
    return text("the sandbox answers to 127.0.0.1 and localhost only\n", 403);
  }
  if (request.headers.has("origin")) {
    return text("the sandbox does not answer web pages\n", 403);
  }
  return undefined;
}

function failure(error: unknown): Response {
  if (error instanceof StatusError) {
    return json(error.toStatus(), {
      status: error.code,
      ...(error.options.headers === undefined
        ? {}
        : { headers: error.options.headers }),
    });
  }
  const { message } = error as Error;
  return json(
    new StatusError(500, "InternalError", `Internal error occurred: ${message}`)
      .toStatus(),
    { status: 500 },
  );
}

function servedResources(
  istioVersions: readonly string[] | undefined,
): readonly Resource[] {
  if (istioVersions === undefined) return RESOURCES;
  return RESOURCES.flatMap((resource) => {
    if (resource.group !== "networking.istio.io") return [resource];
    const versions = resource.versions.filter((version) =>
      istioVersions.includes(version)
    );
    return versions.length === 0 ? [] : [{ ...resource, versions }];
  });
}
