/**
 * Match blocks of every kind, and requests that fit them, or nearly.
 *
 * @module
 */

import type { Request } from "../../../src/istio/match.ts";
import type {
  HTTPMatchRequest,
  StringMatch,
} from "../../../src/istio/types.ts";
import type { Draw } from "./draw.ts";

/** What both sides draw from: so a match and a request often meet. */
const PATHS = [
  "/",
  "/v1",
  "/v1/",
  "/v1/x",
  "/V1/x",
  "/v10",
  "/login",
  "/a%2Fb",
];
const VALUES = ["1", "1", "2", "12", "alpha", "Alpha", "a,b", ""];
const PATTERNS = ["1|2", "[0-9]+", "a.*", ".*", ".+", "(?i)alpha"];
/** What istiod refuses, in some places. */
const ODD_PATTERNS = ["", "*", "(?=a)"];
const HEADERS = ["x-cid", "x-user", "X-Mixed", "cookie", "accept"];
const KEYS = ["k", "q"];
/** A query is compared as it was sent. */
const QUERY_VALUES = ["1", "2", "a b", "a%20b", "a+b", ""];
const SENT_VALUES = ["1", "1", "2", "12", "alpha", "a%20b", "a+b", ""];
const METHODS = ["GET", "POST", "PUT", "get"];

/** One block; `authorities` are Host headers that somebody may send. */
export function anyMatch(
  draw: Draw,
  of: { readonly name: string; readonly authorities: readonly string[] },
): HTTPMatchRequest {
  const uri = (): StringMatch =>
    draw.one<() => StringMatch>([
      () => ({ exact: draw.one(PATHS) }),
      () => ({ prefix: draw.one([...PATHS, ""]) }),
      () => ({
        regex: draw.one([
          "/v1.*",
          "/v[0-9]+/x",
          ".+",
          ".*",
          "/.*",
          "(?i)/v1/x",
        ]),
      }),
    ])();
  return {
    ...(draw.chance(90) ? { name: of.name } : {}),
    ...draw.fields<HTTPMatchRequest>(10, {
      ignoreUriCase: () => true,
      scheme: () => ({ exact: draw.one(["http", "https", "https", "HTTP"]) }),
      method: () => ({ exact: draw.one(METHODS) }),
      authority: () =>
        draw.one<() => StringMatch>([
          () => ({ exact: draw.one(of.authorities) }),
          () => ({ exact: draw.one(of.authorities.slice(0, 3)) }),
          () => ({ prefix: draw.one(of.authorities).slice(0, 3) }),
          () => ({ regex: ".*5000" }),
        ])(),
      withoutHeaders: () => ({ [draw.one(HEADERS)]: anyString(draw) }),
      port: () => draw.one([5000, 5000, 6000, 80]),
      sourceLabels: () => ({ app: draw.one(["client", "other"]) }),
      sourceNamespace: () => draw.one(["default", "other"]),
      gateways:
        () => [draw.one(["mesh", "default/gate", "gate", "default/none"])],
    }),
    ...draw.fields<HTTPMatchRequest>(50, { uri }),
    ...draw.fields<HTTPMatchRequest>(15, {
      queryParams: () => ({
        [draw.one(KEYS)]: draw.chance(50)
          ? { exact: draw.one(QUERY_VALUES) }
          : anyString(draw),
      }),
    }),
    ...draw.fields<HTTPMatchRequest>(35, {
      headers: () =>
        Object.fromEntries(
          draw.list(1, 2, () => [draw.one(HEADERS), anyString(draw)] as const),
        ),
    }),
  } as HTTPMatchRequest;
}

/** A block with one condition, of a kind that others seldom come down to. */
export function oneCondition(
  draw: Draw,
  of: { readonly name: string; readonly authorities: readonly string[] },
): HTTPMatchRequest {
  const header = draw.one(HEADERS);
  const kinds: readonly (() => HTTPMatchRequest)[] = [
    () => ({ queryParams: { [draw.one(KEYS)]: anyString(draw) } }),
    () => ({ queryParams: { [draw.one(KEYS)]: anyString(draw) } }),
    () => ({ headers: { [header]: anyString(draw) } }),
    () => ({ withoutHeaders: { [header]: anyString(draw) } }),
    () => ({
      authority: draw.one([
        { exact: draw.one(of.authorities) },
        { prefix: of.authorities[0]!.slice(0, 4) },
        { regex: draw.one([".*:80", ".*[.]test"]) },
      ]),
    }),
    () => ({ method: { exact: draw.one(METHODS) } }),
    () => ({ scheme: { exact: draw.one(["http", "https"]) } }),
  ];
  return { name: of.name, ...draw.one(kinds)() };
}

/** `{}`, exact, prefix or a pattern. */
function anyString(draw: Draw): StringMatch {
  return draw.one<() => StringMatch>([
    () => ({}),
    () => ({ exact: draw.one(VALUES) }),
    () => ({ exact: draw.one(VALUES) }),
    () => ({ prefix: draw.chance(3) ? "" : draw.one(["1", "a", "al"]) }),
    () => ({ regex: draw.one(draw.chance(3) ? ODD_PATTERNS : PATTERNS) }),
  ])();
}

/** One request to one of these hosts. */
export function anyRequest(
  draw: Draw,
  of: { readonly authorities: readonly string[]; readonly port: number },
): Request {
  const query = draw.chance(50)
    ? `?${
      draw.list(1, 2, () =>
        draw.chance(20)
          ? draw.one(KEYS)
          : `${draw.one(KEYS)}=${draw.one(SENT_VALUES)}`)
        .join("&")
    }`
    : "";
  const names = HEADERS.filter(() => draw.chance(50));
  const twice = names.length > 0 && draw.chance(10) ? [names[0]!] : [];
  return {
    method: draw.one(["GET", "GET", "GET", "POST", "PUT"]),
    scheme: draw.chance(95) ? "http" : "https",
    authority: draw.one(of.authorities),
    path: draw.one([...PATHS, "/v1/../v1/x", "/v1//x", "/%76%31/x"]) + query,
    headers: [...names, ...twice].map((name) =>
      [draw.chance(20) ? name.toUpperCase() : name, draw.one(VALUES)] as const
    ),
    port: of.port,
  };
}
