/**
 * Requests and what shall become of them: the tests of `istiops test`. A test
 * is one request of one client, held against the rules as a proxy has them.
 *
 * @module
 */

import type { Asked } from "./asked.ts";
import { isSame } from "./canonical.ts";
import type { Client } from "./client.ts";
import {
  compiledFor,
  type CompiledHosts,
  evaluate,
  hostFor,
  rulesOfHost,
  type Verdict,
} from "./explain.ts";
import { type Fate, type FateDestination, fateOf } from "./fate.ts";
import { resolveHost } from "./hosts.ts";
import { prepareRequest, type Request } from "./match.ts";
import { type UncoveredRule, uncoveredRules } from "./rule_coverage.ts";
import { takerOf } from "./seek.ts";
import type { MeshSettings, World } from "./world.ts";

export type { UncoveredRule } from "./rule_coverage.ts";

/** A destination that requests shall go to; what is absent may be anything. */
export interface ExpectedDestination {
  /** `reviews`, `reviews:9080`, `reviews.shop`, or a full name. */
  readonly destination?: string;
  /** Name of the subset; null: all pods of the service. */
  readonly subset?: string | null;
  /** A value among the labels of the subset: `build: "3"`. */
  readonly build?: string;
  /** Labels that its pods carry, among others. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Percent, of all that fit together; absent: more than nothing. */
  readonly share?: { readonly min: number; readonly max: number };
  /** What the proxy answers by itself in its place; `none`: nothing. */
  readonly flag?: "NC" | "UH" | "none";
}

/** What shall become of a request; what is absent may be anything. */
export interface Expectation {
  readonly outcome?: Verdict["outcome"];
  /** `namespace/name`, or a name in the client's namespace. */
  readonly object?: string;
  /** A rule by its name, or by its index in `spec.http`. */
  readonly rule?: string | number;
  readonly status?: number;
  /** Fields of the redirect; a text is its `uri`. */
  readonly redirect?: string | Readonly<Record<string, unknown>>;
  /** Each of them has to be there. */
  readonly destinations?: readonly ExpectedDestination[];
}

/** One test. */
export interface RouteTest extends Asked {
  readonly name: string;
  readonly expect: Expectation;
}

/** What came of a test. Plain JSON. */
export interface RouteTestResult {
  /** As the test has it; `test 3` where it has none. */
  readonly name: string;
  /** Is all as expected? */
  readonly passed: boolean;
  /** What is not as expected; sentences, empty where it passed. */
  readonly failures: readonly string[];
  /** What was sent. */
  readonly request: Request;
  /** Who sent it. */
  readonly client: Client;
  /** What does become of it. */
  readonly actual: Fate;
}

/** What came of all. Plain JSON. */
export interface RouteTestRun {
  /** In the order of the tests. */
  readonly results: readonly RouteTestResult[];
  /** Rules that no request reached; absent where nobody asked. */
  readonly uncovered?: readonly UncoveredRule[];
}

/** How tests are run. */
export interface RouteTestOptions {
  /** Say which rules no request reaches, of which objects. */
  readonly coverage?: {
    /** Only of this namespace; all by default. */
    readonly namespace?: string;
  };
}

/** Sends every request through the rules and compares. */
export function testRoutes(
  world: World,
  tests: readonly RouteTest[],
  options: RouteTestOptions = {},
): RouteTestRun {
  const verdicts: Verdict[] = [];
  const results = tests.map((test): RouteTestResult => {
    const { name, request, client, expect } = test;
    const hosts = compiledFor(world, client, request.port);
    const verdict = evaluate(hosts, request);
    verdicts.push(verdict);
    const actual = fateFor(world, hosts, { verdict, request });
    const failures = failuresOf(actual, expect, { client, mesh: world.mesh });
    return {
      name,
      passed: failures.length === 0,
      failures,
      request,
      client,
      actual,
    };
  });
  const { coverage } = options;
  return {
    results,
    ...(coverage === undefined
      ? {}
      : { uncovered: uncoveredRules(world, verdicts, coverage) }),
  };
}

/** What a verdict comes to, with what its rule says. */
export function fateFor(
  world: World,
  compiled: CompiledHosts,
  of: { readonly verdict: Verdict; readonly request: Request },
): Fate {
  const { verdict, request } = of;
  const host = hostFor(compiled, request.authority);
  const rules = host === undefined ? [] : rulesOfHost(compiled, host);
  const prepared = prepareRequest(request, world.mesh.repeatedHeaders);
  const rule = rules[takerOf(rules, prepared)];
  return fateOf(world, verdict, { client: compiled.client, rule }).fate;
}

/** What names in an expectation are relative to. */
export interface Judging {
  readonly client: Client;
  readonly mesh: MeshSettings;
  /** Where requests go: a name that is one of these means no other. */
  readonly hosts?: ReadonlySet<string>;
}

function failuresOf(
  actual: Fate,
  expect: Expectation,
  of: Judging,
): readonly string[] {
  if (actual.outcome === "unknown" && expect.outcome !== "unknown") {
    return [`It is not known what becomes of it: ${actual.why ?? "no reason"}`];
  }
  const failures: string[] = [];
  const compare = (
    what: string,
    wanted: string | number | undefined,
    found: string | number | undefined,
  ) => {
    if (wanted === undefined || wanted === found) return;
    failures.push(`The ${what} is ${print(found)}, not ${print(wanted)}`);
  };
  compare("outcome", expect.outcome, actual.outcome);
  compare("object", fullObject(expect.object, of.client), actual.object);
  compare(
    "rule",
    expect.rule,
    typeof expect.rule === "number" ? actual.rule : actual.name ?? actual.rule,
  );
  compare("status", expect.status, actual.status);
  failures.push(
    ...redirectFailures(expect.redirect, actual),
    ...(expect.destinations ?? []).flatMap((one) =>
      destinationFailures(one, actual.destinations, of)
    ),
  );
  return failures;
}

/** `namespace/name` of an object that is expected. */
export function fullObject(
  object: string | undefined,
  { namespace }: Client,
): string | undefined {
  return object === undefined || object.includes("/")
    ? object
    : `${namespace}/${object}`;
}

function redirectFailures(
  wanted: Expectation["redirect"],
  { redirect }: Fate,
): string[] {
  if (wanted === undefined) return [];
  if (redirect === undefined) {
    return [`It is no redirect, and ${print(wanted)} is expected`];
  }
  const fields = typeof wanted === "string" ? { uri: wanted } : wanted;
  return Object.entries(fields).flatMap(([field, value]) =>
    isSame(redirect[field], value) ? [] : [
      `The redirect has ${field} ${print(redirect[field])}, not ${
        print(value)
      }`,
    ]
  );
}

function destinationFailures(
  wanted: ExpectedDestination,
  actual: readonly FateDestination[],
  of: Judging,
): string[] {
  const hosts = new Set(actual.map(({ host }) => host));
  const fitting = actual.filter((one) => fits(wanted, one, { ...of, hosts }));
  const named = inWords(wanted);
  const share = Math.round(
    fitting.reduce((sum, { percent }) => sum + percent, 0) * 1e4,
  ) / 1e4;
  const goes = actual.length === 0
    ? "it goes nowhere"
    : `it goes to ${actual.map(destinationInWords).join(", ")}`;
  if (wanted.share === undefined && fitting.length === 0) {
    return [`Nothing goes to ${named}: ${goes}`];
  }
  const failures: string[] = [];
  if (wanted.share !== undefined) {
    const { min, max } = wanted.share;
    if (share < min || share > max) {
      // What is allowed for rounding is not told.
      const bound = max - min < 0.2
        ? `${(min + max) / 2} %`
        : `${min} to ${max} %`;
      failures.push(
        `${share} % goes to ${named}, not ${bound}: ${goes}`,
      );
    }
  }
  if (wanted.flag !== undefined) {
    for (const { cluster, flag = "none" } of fitting) {
      if (flag !== wanted.flag) {
        failures.push(`The flag of ${cluster} is ${flag}, not ${wanted.flag}`);
      }
    }
  }
  return failures;
}

/** Is it what is expected, but for its share and flag? */
export function fits(
  wanted: ExpectedDestination,
  one: Pick<FateDestination, "host" | "port" | "subset" | "labels">,
  of: Judging,
): boolean {
  const { destination, subset, build, labels } = wanted;
  const carried = one.labels ?? {};
  return (destination === undefined || isAt(destination, one, of)) &&
    (subset === undefined || (one.subset ?? null) === subset) &&
    (build === undefined ||
      one.subset !== undefined && Object.values(carried).includes(build)) &&
    Object.entries(labels ?? {}).every(([key, value]) =>
      Object.hasOwn(carried, key) && carried[key] === value
    );
}

/** `reviews:9080`, `reviews.shop`, `reviews.shop.svc.cluster.local`. */
function isAt(
  destination: string,
  { host, port }: Pick<FateDestination, "host" | "port">,
  { client, mesh, hosts }: Judging,
): boolean {
  const [, name = "", digits] = /^(.*?)(?::(\d+))?$/.exec(destination) ?? [];
  if (digits !== undefined && Number(digits) !== port) return false;
  const own = resolveHost(name, client.namespace, mesh);
  if (host === own || hosts?.has(own)) return host === own;
  const suffix = `.svc.${mesh.clusterDomain}`;
  return [
    `${name}${suffix}`,
    `${name}.${mesh.clusterDomain}`,
  ].includes(host);
}

function inWords(wanted: ExpectedDestination): string {
  const { destination, subset, build, labels } = wanted;
  const words = [
    ...(destination === undefined ? [] : [destination]),
    ...(subset === undefined
      ? []
      : [subset === null ? "all its pods" : `subset ${subset}`]),
    ...(build === undefined ? [] : [`build ${build}`]),
    ...Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`),
  ];
  return words.length === 0 ? "any destination" : words.join(", ");
}

function destinationInWords(
  { percent, host, port, subset, flag }: FateDestination,
): string {
  return `${host}:${port}${
    subset === undefined ? "" : ` subset ${subset}`
  } (${percent} %${flag === undefined ? "" : `, 503 ${flag}`})`;
}

function print(value: unknown): string {
  return value === undefined ? "absent" : JSON.stringify(value);
}
