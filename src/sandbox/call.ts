/**
 * A request to the API, taken apart: user, resource, object, verb.
 *
 * @module
 */

import type { Resource } from "./kinds.ts";
import { badRequest, invalidOptions } from "./status.ts";
import type { Store } from "./store.ts";
import { type Attempt, DEFAULT_USER } from "./users.ts";

/** Keeps what the store holds somewhere that outlives the process. */
export interface Persistence {
  /** Brings the store up to date with what others wrote. */
  refresh(): Promise<void>;
  /** Runs a write alone, and keeps its result before it ends. */
  exclusively<T>(write: () => Promise<T>): Promise<T>;
}

/** What every handler is given. */
export interface Call {
  readonly store: Store;
  readonly persistence: Persistence;
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly user: string;
  readonly resource: Resource;
  /** `networking.istio.io/v1`: the version in the path. */
  readonly apiVersion: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  /** Ends open watches. */
  readonly signal: AbortSignal;
  /** Milliseconds between bookmarks. */
  readonly bookmarkEvery: number;
  readonly onWatch: (open: boolean) => void;
}

/** A path without the host: who asks, and for what. */
export interface Path {
  readonly user: string;
  /** `/as/viewer`, or empty. */
  readonly base: string;
  readonly segments: readonly string[];
}

/** Which object or objects a path names. */
export interface Place {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/**
 * Splits a path and takes `/as/USER` off its front.
 *
 * @throws {StatusError} 400 where it cannot be decoded.
 */
export function parsePath(pathname: string): Path {
  let segments: string[];
  try {
    segments = pathname.split("/").slice(1).map(decodeURIComponent);
  } catch {
    throw badRequest("the path is not valid percent-encoding");
  }
  if (segments.at(-1) === "") segments.pop();
  if (segments[0] !== "as" || segments[1] === undefined) {
    return { user: DEFAULT_USER, base: "", segments };
  }
  const user = segments[1];
  return {
    user,
    base: `/as/${encodeURIComponent(user)}`,
    segments: segments.slice(2),
  };
}

/** The place below `/api/v1` or `/apis/GROUP/VERSION`, or nothing. */
export function placeOf(segments: readonly string[]): Place | undefined {
  const [root, ...parts] = segments;
  if (root !== "api" && root !== "apis") return undefined;
  const group = root === "api" ? "" : parts.shift();
  const version = parts.shift();
  if (group === undefined || version === undefined) return undefined;
  let namespace: string | undefined;
  // `namespaces/x` alone is the Namespace; with more it is what lies in it.
  if (parts[0] === "namespaces" && parts.length > 2 && parts[2] !== "status") {
    namespace = parts[1]!;
    parts.splice(0, 2);
  }
  const [plural, name, subresource, ...rest] = parts;
  if (plural === undefined || rest.length > 0) return undefined;
  return {
    group,
    version,
    plural,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** What the authorizer is asked. */
export function attemptOf(
  place: Place,
  request: Request,
  query: URLSearchParams,
): Attempt {
  return {
    verb: verbOf(request.method, place.name !== undefined, query),
    group: place.group,
    resource: place.subresource === undefined
      ? place.plural
      : `${place.plural}/${place.subresource}`,
    namespace: place.plural === "namespaces" ? place.name : place.namespace,
    name: place.name,
  };
}

/** `?watch=true`. */
export function isOn(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== "false" && value !== "0";
}

/** Options of {@linkcode isDryRun}. */
export interface DryRunOptions {
  /** `CreateOptions`: what a refusal names. */
  readonly kind: string;
  readonly fromBody?: readonly unknown[];
}

/**
 * Whether nothing is to be kept.
 *
 * @param options.fromBody `dryRun` of DeleteOptions.
 * @throws {StatusError} 422 for anything but `All`.
 */
export function isDryRun(
  query: URLSearchParams,
  { kind: options, fromBody = [] }: DryRunOptions,
): boolean {
  const asked = [...query.getAll("dryRun"), ...fromBody];
  const other = asked.find((value) => value !== "All");
  if (other !== undefined) {
    throw invalidOptions(options, {
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${
        JSON.stringify(asked)
      }: supported values: "All"`,
      field: "dryRun",
    });
  }
  return asked.length > 0;
}

function verbOf(
  method: string,
  named: boolean,
  query: URLSearchParams,
): string {
  switch (method) {
    case "GET":
      return named ? "get" : isOn(query, "watch") ? "watch" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return named ? "delete" : "deletecollection";
    default:
      return method.toLowerCase();
  }
}
