/**
 * Does a match block hold for a request? Every condition is turned into a
 * small test once, so that many requests are cheap; what cannot be known (JWT
 * claims, a broken pattern, a value of the wrong type) is "unknown", never
 * "no".
 *
 * @module
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest
 */

import { boundFor, type Client } from "./client.ts";
import { resolveGateway } from "./hosts.ts";
import { compileRe2 } from "./re2.ts";
import { isRecord, strings } from "./shapes.ts";
import type { HTTPMatchRequest, StringMatch } from "./types.ts";
import type { MeshSettings } from "./world.ts";

/** A request as the client sends it. */
export interface Request {
  /** As sent: `GET`. */
  readonly method: string;
  /** `http` or `https`, in lower case. */
  readonly scheme: string;
  /** The Host header, with `:port` if it was sent so. */
  readonly authority: string;
  /** Begins with `/`; may hold a query. */
  readonly path: string;
  /** As sent; a name may come more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The port that the client addressed. */
  readonly port: number;
}

/** A request with nothing special about it, to change what matters. */
export const PLAIN_REQUEST: Request = {
  method: "GET",
  scheme: "http",
  authority: "example.test",
  path: "/",
  headers: [],
  port: 80,
};

/** Yes, no, or cannot be known. */
export type Truth = boolean | "unknown";

/** Whether a block holds, and the first condition that does not. */
export type MatchResult =
  | { readonly holds: true }
  | Unmet
  | { readonly holds: "unknown"; readonly why: string };

/** A condition that does not hold. */
export interface Unmet {
  readonly holds: false;
  /** Path in the block: `uri`, `headers["x-user"]`, `sourceLabels`. */
  readonly field: string;
  readonly wanted: string;
  /** Absent: the request does not have it. */
  readonly actual?: string;
}

/** A request taken apart once for many conditions. */
export interface PreparedRequest {
  readonly request: Request;
  /** Normalised, without query and fragment. */
  readonly path: string;
  /** Lower-case names; repeated headers joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** Each value of the headers that came more than once. */
  readonly repeated: ReadonlyMap<string, readonly string[]>;
  /** {@linkcode MeshSettings.repeatedHeaders} */
  readonly repeatedHeaders: MeshSettings["repeatedHeaders"];
  /** First value of each key, as written. */
  readonly query: ReadonlyMap<string, string>;
}

/** One condition of a block on a request. */
export interface Condition {
  readonly field: string;
  readonly wanted: string;
  readonly test: (request: PreparedRequest) => Truth;
  readonly actual: (request: PreparedRequest) => string | undefined;
}

const HOLDS: MatchResult = { holds: true };

/**
 * Does one value fit? `{}` fits what is present; a missing value fits
 * nothing. Empty prefixes and patterns, two kinds at once and values that are
 * no strings are unknown: Istio refuses them.
 */
export function matchString(
  match: StringMatch | undefined,
  value: string | undefined,
): Truth {
  return stringTest(match)(value);
}

/**
 * A block against a request by a client: first what decides whether the block
 * is sent to that client at all, then the request itself.
 */
export function matchBlock(
  block: HTTPMatchRequest,
  request: Request,
  client: Client,
): MatchResult {
  const { port } = request;
  return whyNotFor(block, client, { port }) ??
    checkConditions(conditionsOf(block), prepareRequest(request));
}

/** A block against a request, whoever sends it. */
export function matchRequest(
  block: HTTPMatchRequest,
  request: Request,
): MatchResult {
  return checkConditions(conditionsOf(block), prepareRequest(request));
}

/** All conditions joined by AND: a plain no outweighs what is unknown. */
export function checkConditions(
  conditions: readonly Condition[],
  request: PreparedRequest,
): MatchResult {
  let unknown: MatchResult | undefined;
  for (const { field, wanted, test, actual } of conditions) {
    const truth = test(request);
    if (truth === true) continue;
    if (truth === "unknown") {
      unknown ??= { holds: "unknown", why: `${field} ${wanted}` };
      continue;
    }
    const value = actual(request);
    return {
      holds: false,
      field,
      wanted,
      ...(value === undefined ? {} : { actual: value }),
    };
  }
  return unknown ?? HOLDS;
}

/** Where and for whom a block is looked at. */
export interface BlockScope {
  /** Port that clients address; absent: any. */
  readonly port?: number;
  /** Namespace of the object that holds the block, for short gateway names. */
  readonly namespace?: string;
}

/**
 * Is the block sent to this client at all? Port, gateways, source labels and
 * source namespace are settled when the proxy is configured.
 */
export function appliesTo(
  block: HTTPMatchRequest,
  client: Client,
  scope: BlockScope = {},
): boolean {
  return whyNotFor(block, client, scope) === undefined;
}

/** The first condition on the client or its port that does not hold. */
export function whyNotFor(
  block: HTTPMatchRequest,
  client: Client,
  scope: BlockScope,
): Unmet | undefined {
  if (!isRecord(block)) return undefined;
  const { port, namespace = client.namespace } = scope;
  const { sourceLabels, sourceNamespace } = block;
  if (block.port && port !== undefined && block.port !== port) {
    return fails("port", shown(block.port), shown(port));
  }
  if (client.kind === "waypoint" && isRecord(sourceLabels)) {
    // Whoever sends it, a waypoint drops the block, beside gateways as well.
    const [[key, value] = []] = Object.entries(sourceLabels);
    if (key !== undefined) {
      return fails(
        `sourceLabels[${JSON.stringify(key)}]`,
        shown(value),
        "a waypoint, which takes no block with source labels",
      );
    }
  }
  const gateways = strings(block.gateways);
  if (gateways.length > 0) {
    // Source conditions beside gateways are ignored, as Istio does.
    const own = boundFor(client);
    return gateways.some((name) => resolveGateway(name, namespace) === own)
      ? undefined
      : fails("gateways", gateways.join(", "), own);
  }
  if (isRecord(sourceLabels)) {
    for (const [key, value] of Object.entries(sourceLabels)) {
      const actual = Object.hasOwn(client.labels, key)
        ? client.labels[key]
        : undefined;
      if (actual !== value) {
        return fails(
          `sourceLabels[${JSON.stringify(key)}]`,
          shown(value),
          actual,
        );
      }
    }
  }
  return sourceNamespace && sourceNamespace !== client.namespace
    ? fails(
      "sourceNamespace",
      shown(sourceNamespace),
      client.namespace,
    )
    : undefined;
}

function fails(field: string, wanted: string, actual?: string): Unmet {
  return {
    holds: false,
    field,
    wanted,
    ...(actual === undefined ? {} : { actual }),
  };
}

/**
 * Does Istio itself see that nothing gets past this block, so that it sends no
 * later rule? Only path prefix `/`, no path or regex `.*`, and no other
 * condition on the request; `.+` is not seen.
 */
export function isCatchAll(block: HTTPMatchRequest): boolean {
  if (!isRecord(block)) return false;
  if (block.method || block.authority || block.scheme) return false;
  const maps = [block.headers, block.withoutHeaders, block.queryParams];
  if (maps.some((map) => isRecord(map) && Object.keys(map).length > 0)) {
    return false;
  }
  const uri: unknown = block.uri;
  if (uri === undefined || uri === null) return true;
  if (!isRecord(uri)) return false;
  const kinds = kindsOf(uri);
  if (kinds.length > 1) return false;
  return kinds.length === 0 || uri.prefix === "/" || uri.regex === ".*";
}

/** The conditions of a block on a request, ready to be tested. */
export function conditionsOf(block: HTTPMatchRequest): Condition[] {
  if (!isRecord(block)) return [malformed("match", block)];
  const conditions: Condition[] = [];
  const add = (
    field: string,
    match: StringMatch,
    parts: {
      readonly test: (request: PreparedRequest) => Truth;
      readonly actual: Condition["actual"];
    },
  ) => conditions.push({ field, wanted: inWords(match), ...parts });

  if (isSet(block.uri)) {
    const test = uriTest(block.uri, block.ignoreUriCase === true);
    add("uri", block.uri, {
      test: ({ path }) => test(path),
      actual: ({ path }) => path,
    });
  }
  for (const field of ["method", "scheme", "authority"] as const) {
    const match = block[field];
    if (!isSet(match)) continue;
    const test = stringTest(match);
    add(field, match, {
      test: ({ request }) => test(request[field]),
      actual: ({ request }) => request[field],
    });
  }
  for (const [name, match] of entriesOf(block.headers, "headers", conditions)) {
    const actual = (request: PreparedRequest) => headerOf(request, name);
    const test = isClaim(name) ? UNKNOWN : stringTest(match);
    add(at("headers", name), match, {
      test: (request) => headerTruth(request, { name, test, one: true }),
      actual,
    });
  }
  for (
    const [name, match] of entriesOf(
      block.withoutHeaders,
      "withoutHeaders",
      conditions,
    )
  ) {
    const actual = (request: PreparedRequest) => headerOf(request, name);
    const test = isClaim(name) ? UNKNOWN : withoutTest(match);
    add(at("withoutHeaders", name), match, {
      test: (request) => headerTruth(request, { name, test, one: false }),
      actual,
    });
  }
  for (
    const [name, match] of entriesOf(
      block.queryParams,
      "queryParams",
      conditions,
    )
  ) {
    // Envoy compares what was sent: it unescapes neither keys nor values.
    const actual = ({ query }: PreparedRequest) => query.get(name);
    const test = stringTest(match);
    add(at("queryParams", name), match, {
      test: (request) => test(actual(request)),
      actual,
    });
  }
  return conditions;
}

/** Takes a request apart, as Envoy does before it matches. */
export function prepareRequest(
  request: Request,
  repeatedHeaders?: MeshSettings["repeatedHeaders"],
): PreparedRequest {
  const target = request.path.split("#", 1)[0] ?? "";
  const mark = target.indexOf("?");
  const headers = new Map<string, string>();
  let repeated: Map<string, string[]> | undefined;
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase();
    const former = headers.get(key);
    if (former === undefined) {
      headers.set(key, value);
      continue;
    }
    headers.set(key, `${former},${value}`);
    repeated ??= new Map();
    const values = repeated.get(key);
    if (values === undefined) repeated.set(key, [former, value]);
    else values.push(value);
  }
  return {
    request,
    path: normalizePath(mark < 0 ? target : target.slice(0, mark)),
    headers,
    repeated: repeated ?? NONE_REPEATED,
    repeatedHeaders,
    query: mark < 0 ? NO_QUERY : queryOf(target.slice(mark + 1)),
  };
}

/**
 * Headers that Envoy keeps as one value, joined by commas but for empty ones,
 * however often they come; what it does not know it keeps apart (seen with
 * Envoy 1.40).
 */
const KEPT_AS_ONE: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "access-control-request-headers",
  "access-control-request-method",
  "authorization",
  "cache-control",
  "content-encoding",
  "content-type",
  "expect",
  "grpc-accept-encoding",
  "grpc-timeout",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "origin",
  "pragma",
  "referer",
  "user-agent",
  "via",
  "x-client-trace-id",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-request-id",
]);

const NO_QUERY: ReadonlyMap<string, string> = new Map();
const NONE_REPEATED: PreparedRequest["repeated"] = new Map();

/**
 * A header that came more than once: where it is not known how a proxy looks
 * at it, and that matters, the answer is unknown.
 *
 * @param of `one`: it is enough if one value passes; else all have to.
 */
function headerTruth(
  request: PreparedRequest,
  of: {
    readonly name: string;
    readonly test: StringTest;
    readonly one: boolean;
  },
): Truth {
  const { name, test, one } = of;
  const key = name.toLowerCase();
  const values = request.repeated.get(key);
  if (values !== undefined && KEPT_AS_ONE.has(key)) {
    return test(values.filter((value) => value !== "").join(","));
  }
  const joined = test(headerOf(request, name));
  if (values === undefined || joined === "unknown") return joined;
  const each = values.some((value) => test(value) === one) ? one : !one;
  if (request.repeatedHeaders === "joined") return joined;
  return request.repeatedHeaders === "each" || each === joined
    ? each
    : "unknown";
}

function queryOf(text: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const key = equals < 0 ? part : part.slice(0, equals);
    // Only the first value of a repeated key counts.
    if (!query.has(key)) {
      query.set(key, equals < 0 ? "" : part.slice(equals + 1));
    }
  }
  return query;
}

/** The mesh default: dot segments go, unreserved characters are unescaped. */
function normalizePath(path: string): string {
  if (!path.startsWith("/") || !/%|\\|\/\./.test(path)) return path;
  const plain = path.replaceAll("\\", "/").replace(
    /%([0-9a-f]{2})/gi,
    (escaped, hex) => {
      const character = String.fromCharCode(parseInt(hex, 16));
      return /[\w.~-]/.test(character) ? character : escaped;
    },
  );
  const kept: string[] = [];
  const segments = plain.slice(1).split("/");
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment === "..") kept.pop();
    else if (segment !== ".") return void kept.push(segment);
    if (isLast) kept.push("");
  });
  return `/${kept.join("/")}`;
}

function headerOf(request: PreparedRequest, name: string): string | undefined {
  const key = name.toLowerCase();
  switch (key) {
    case ":authority":
    case "host":
      return request.request.authority;
    case ":method":
      return request.request.method;
    case ":scheme":
      return request.request.scheme;
    case ":path":
      return request.request.path;
    default:
      return request.headers.get(key);
  }
}

/** A match as a test on one value. */
export type StringTest = (value: string | undefined) => Truth;

const PRESENT: StringTest = (value) => value !== undefined;
const UNKNOWN: StringTest = () => "unknown";

/** `*` is no RE2: Istio reads it as "present". */
function isPresence(match: StringMatch): boolean {
  return kindsOf(match).length === 0 || match.regex === "*";
}

/** A match on a header, a parameter, the method and the like. */
export function stringTest(match: unknown): StringTest {
  if (!isRecord(match)) return UNKNOWN;
  const kinds = kindsOf(match);
  if (kinds.length > 1) return UNKNOWN;
  const [kind] = kinds;
  const wanted = kind === undefined ? undefined : match[kind];
  if (isPresence(match)) return PRESENT;
  if (typeof wanted !== "string") return UNKNOWN;
  if (kind === "exact") return (value) => value === wanted;
  if (wanted === "") return UNKNOWN;
  if (kind === "prefix") return (value) => value?.startsWith(wanted) ?? false;
  return regexTest(wanted);
}

function regexTest(wanted: string): StringTest {
  let pattern: ReturnType<typeof compileRe2> | undefined;
  return (value) => {
    if (value === undefined) return false;
    pattern ??= compileRe2(wanted);
    return "error" in pattern ? "unknown" : pattern.matches(value);
  };
}

/** Inverted; since 1.22 a missing header counts as empty. */
export function withoutTest(match: StringMatch): StringTest {
  if (!isRecord(match) || kindsOf(match).length > 1) return UNKNOWN;
  if (isPresence(match)) return (value) => value === undefined;
  const test = stringTest(match);
  return (value) => {
    const truth = test(value ?? "");
    return truth === "unknown" ? truth : !truth;
  };
}

/** A path: no kind and prefix `""` fit all; case counts only for regex. */
export function uriTest(match: unknown, ignoreCase: boolean): StringTest {
  if (!isRecord(match)) return UNKNOWN;
  const kinds = kindsOf(match);
  if (kinds.length > 1) return UNKNOWN;
  const [kind] = kinds;
  if (kind === undefined || match.prefix === "") return () => true;
  const wanted = match[kind];
  if (typeof wanted !== "string") return UNKNOWN;
  if (kind === "regex") return wanted === "" ? UNKNOWN : regexTest(wanted);
  const fold = (text: string) => ignoreCase ? text.toLowerCase() : text;
  const folded = fold(wanted);
  return kind === "exact"
    ? (value) => fold(value ?? "") === folded
    : (value) => fold(value ?? "").startsWith(folded);
}

function entriesOf(
  map: unknown,
  field: string,
  conditions: Condition[],
): [string, StringMatch][] {
  if (map === undefined || map === null) return [];
  if (!isRecord(map)) {
    conditions.push(malformed(field, map));
    return [];
  }
  return Object.entries(map) as [string, StringMatch][];
}

function malformed(field: string, value: unknown): Condition {
  return {
    field,
    wanted: `is ${value === null ? "null" : typeof value}, not an object`,
    test: () => "unknown",
    actual: () => undefined,
  };
}

/** JWT claims: only a gateway knows them. */
function isClaim(name: string): boolean {
  return name.startsWith("@request.auth.");
}

function at(field: string, name: string): string {
  return `${field}[${JSON.stringify(name)}]`;
}

/** For people; never calls what a foreign object brings along. */
function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}

/** `exact "a"`, `present`. */
function inWords(match: unknown): string {
  if (!isRecord(match)) return "is malformed";
  const kinds = kindsOf(match);
  return kinds.length === 0
    ? "present"
    : kinds.map((kind) => `${kind} ${JSON.stringify(match[kind])}`).join(", ");
}

const KINDS = ["exact", "prefix", "regex"] as const;

/** Which of exact, prefix and regex a match sets. */
export function kindsOf(match: StringMatch): (typeof KINDS)[number][] {
  return KINDS.filter((kind) =>
    Object.hasOwn(match, kind) && isSet<unknown>(match[kind])
  );
}

function isSet<T>(value: T | undefined | null): value is T {
  return value !== undefined && value !== null;
}
