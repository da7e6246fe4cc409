/**
 * What the tool says about routing, as functions of a {@linkcode World}: why a
 * request goes where it goes, what is wrong, whether it is as expected, what a
 * change does to requests, and a picture. They do no I/O and change nothing;
 * the same world gives the same answer. What cannot be known is said to be
 * unknown.
 *
 * @module
 */

import type { Asked } from "./istio/asked.ts";
import { explainRequest, type Explanation } from "./istio/explanation.ts";
import type { Finding } from "./istio/findings.ts";
import type { Graph } from "./istio/graph.ts";
import type { Request } from "./istio/match.ts";
import {
  type RouteTestOptions,
  type RouteTestRun,
  testRoutes as run,
} from "./istio/route_tests.ts";
import {
  readRouteTests,
  type RouteTestProblem,
} from "./istio/route_tests_shape.ts";
import type { VirtualService } from "./istio/types.ts";
import type { World } from "./istio/world.ts";
import { graphTraffic } from "./traffic/graph.ts";
import { type CheckOptions, checkWorld } from "./traffic/lint.ts";

export { diffTraffic } from "./istio/differences.ts";

/** Options of {@linkcode requestTo}. */
export interface RequestOptions {
  /** `GET` by default. */
  readonly method?: string;
  /** As sent; names in any case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A request as a client sends it to a URL: the host as it is written there,
 * with its port where it is not the scheme's own.
 *
 * @throws {TypeError} It is no URL of `http:` or `https:`.
 *
 * @example
 * ```ts
 * import { requestTo } from "@istiops/istiops/pure";
 *
 * const { authority, path, port } = requestTo("http://api:5000/docs?page=2");
 * if (`${authority} ${path} ${port}` !== "api:5000 /docs?page=2 5000") {
 *   throw new Error(authority);
 * }
 * ```
 */
export function requestTo(
  url: string,
  options: RequestOptions = {},
): Request {
  const { protocol, host, port, pathname, search } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") {
    throw new TypeError(`Cannot send a request to "${url}": not http or https`);
  }
  return {
    method: options.method ?? "GET",
    scheme: protocol.slice(0, -1),
    authority: host,
    path: pathname + search,
    headers: Object.entries(options.headers ?? {}),
    port: Number(port || (protocol === "https:" ? 443 : 80)),
  };
}

/**
 * Says where a request goes, as Istio and Envoy decide it, and why: the rule
 * that takes it, the rules passed over with the condition that failed in each,
 * the objects without a part in it, and for each destination its share, the
 * DestinationRule behind it, and the 503 that it meets.
 *
 * Not modelled: header operations, Gateway API routes, and of TLS all but what
 * a gateway's servers do with it. What cannot be known is `unknown`, with the reason in `why`.
 *
 * @param asked The request, and the client that sends it: rules differ from
 * proxy to proxy. A row of {@linkcode diffTraffic}, a witness of
 * {@linkcode check} and a result of {@linkcode testRoutes} are such, too.
 *
 * @example Why a header rule does not take a request
 * ```ts
 * import { explain, requestTo, worldOf } from "@istiops/istiops/pure";
 *
 * const to = (subset: string) => [{ destination: { host: "api", subset } }];
 * const world = worldOf([{
 *   apiVersion: "v1",
 *   kind: "Service",
 *   metadata: { name: "api" },
 *   spec: { ports: [{ name: "http", port: 80 }] },
 * }, {
 *   apiVersion: "networking.istio.io/v1",
 *   kind: "VirtualService",
 *   metadata: { name: "api" },
 *   spec: {
 *     hosts: ["api"],
 *     http: [
 *       { match: [{ headers: { "x-cid": { exact: "1" } } }], route: to("v2") },
 *       { route: to("v1") },
 *     ],
 *   },
 * }]);
 * const { rule, passed } = explain(world, {
 *   request: requestTo("http://api/", { headers: { "x-cid": "2" } }),
 *   client: { kind: "sidecar", namespace: "default", labels: {} },
 * });
 * if (rule?.rule !== 1) throw new Error(`rule ${rule?.rule}`);
 * const why = passed.map(({ field, wanted, actual }) =>
 *   `${field} wants ${wanted}, has ${actual}`
 * );
 * if (why[0] !== 'headers["x-cid"] wants exact "1", has 2') {
 *   throw new Error(why[0]);
 * }
 * ```
 */
export function explain(world: World, asked: Asked): Explanation {
  return explainRequest(world, asked.client, asked.request);
}

/**
 * Says what is wrong with the VirtualServices, DestinationRules, Gateways and
 * ServiceEntries of a world, or about to be: by object and place, with what it
 * means for requests and the edit that mends it. The codes are Istio's where
 * the check is the same.
 *
 * What an annotation `istiops/ignore` suppresses is left out.
 *
 * @example A rule that no request can reach
 * ```ts
 * import { check, worldOf } from "@istiops/istiops/pure";
 *
 * const route = [{ destination: { host: "api" } }];
 * const [finding] = check(worldOf([{
 *   apiVersion: "networking.istio.io/v1",
 *   kind: "VirtualService",
 *   metadata: { name: "api" },
 *   spec: {
 *     hosts: ["api"],
 *     http: [{ route }, { match: [{ uri: { prefix: "/new" } }], route }],
 *   },
 * }]));
 * const { code, severity, path } = finding ?? {};
 * if (`${code} ${severity} ${path?.join(".")}` !== "IST0130 warning spec.http.1") {
 *   throw new Error(JSON.stringify(finding));
 * }
 * ```
 */
export function check(
  world: World,
  options: CheckOptions = {},
): readonly Finding[] {
  return checkWorld(world, options);
}

/** What came of a file of tests. Plain JSON. */
export interface RouteTestReport extends RouteTestRun {
  /** How many tests did. */
  readonly passed: number;
  /** How many tests did not. */
  readonly failed: number;
  /** What is wrong in the file: such tests are not run, and not counted. */
  readonly problems: readonly RouteTestProblem[];
}

/** Options of {@linkcode testRoutes}. */
export interface TestRoutesOptions extends RouteTestOptions {
  /** Of clients, where neither test nor file says; `default`. */
  readonly namespace?: string;
}

/**
 * Sends each request of a file of tests through the rules, and holds what
 * becomes of it against what is expected. All is well where neither `failed`
 * nor `problems` have any.
 *
 * @param file A document of kind `RouteTests`, as YAML or JSON has it; its
 * schema is `schemas/RouteTests.json`. Anything may be in it.
 *
 * @example A share that is not as expected
 * ```ts
 * import { testRoutes, worldOf } from "@istiops/istiops/pure";
 *
 * const to = (subset: string, weight: number) => ({
 *   destination: { host: "api", subset },
 *   weight,
 * });
 * const world = worldOf([{
 *   apiVersion: "v1",
 *   kind: "Service",
 *   metadata: { name: "api" },
 *   spec: { ports: [{ name: "http", port: 80 }] },
 * }, {
 *   apiVersion: "networking.istio.io/v1",
 *   kind: "VirtualService",
 *   metadata: { name: "api" },
 *   spec: { hosts: ["api"], http: [{ route: [to("v1", 90), to("v2", 10)] }] },
 * }]);
 * const { failed, problems, results } = testRoutes(world, {
 *   apiVersion: "istiops/v1",
 *   kind: "RouteTests",
 *   tests: [
 *     { request: "http://api/", expect: { subset: "v2", share: 10 } },
 *     { request: "http://api/", expect: { subset: "v1", share: 100 } },
 *   ],
 * });
 * if (failed !== 1 || problems.length > 0) throw new Error(`${failed} failed`);
 * console.log(results[1]?.failures);
 * ```
 */
export function testRoutes(
  world: World,
  file: unknown,
  { namespace, ...options }: TestRoutesOptions = {},
): RouteTestReport {
  const { tests, problems } = readRouteTests(
    file,
    namespace === undefined ? {} : { namespace },
  );
  const report = run(world, tests, options);
  const passed = report.results.filter((one) => one.passed).length;
  return {
    ...report,
    passed,
    failed: report.results.length - passed,
    problems,
  };
}

/** Options of {@linkcode graph}. */
export interface DrawOptions {
  /** Some of `world.virtualServices`; all of them by default. */
  readonly objects?: readonly VirtualService[];
  /** With more nodes than this it is a summary without rules; 300. */
  readonly mostDetailed?: number;
}

/**
 * Draws who asks, hosts, VirtualServices, rules, destinations and pods as
 * nodes, and the shares between them as edges; what {@linkcode check} finds is
 * at its node. `renderMermaid`, `renderDot` and `renderSvg` make text of it.
 *
 * @example A canary as Mermaid
 * ```ts
 * import { graph, renderMermaid, worldOf } from "@istiops/istiops/pure";
 *
 * const to = (subset: string, weight: number) => ({
 *   destination: { host: "api", subset },
 *   weight,
 * });
 * const { nodes, edges } = graph(worldOf([{
 *   apiVersion: "networking.istio.io/v1",
 *   kind: "VirtualService",
 *   metadata: { name: "api" },
 *   spec: { hosts: ["api"], http: [{ route: [to("v1", 90), to("v2", 10)] }] },
 * }]));
 * console.log(renderMermaid({ detail: "rules", nodes, edges }));
 * const shares = edges.flatMap(({ fraction }) => fraction ?? []);
 * if (!shares.includes(0.1)) throw new Error(shares.join());
 * ```
 */
export function graph(
  world: World,
  options: DrawOptions = {},
): Graph {
  return graphTraffic(world, options);
}
