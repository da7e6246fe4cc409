/**
 * A test of routes as it would end now, by the rules that are open.
 *
 * @module
 */

import type { FateDestination } from "../../istio/fate.ts";
import {
  type Expectation,
  type RouteTest,
  testRoutes,
} from "../../istio/route_tests.ts";
import { clientText, outcomeText, requestText } from "../../render/explain.ts";
import type { Chunk } from "./chunk.ts";
import { testField } from "./test_fields.ts";
import { assumedWorld, type Reach, reachOf } from "./test_reach.ts";
import type { Together } from "./world.ts";

/** What there is to say about a path of a document of tests. */
export function aboutTests(
  chunk: Chunk,
  path: readonly (string | number)[],
  of: {
    readonly all: Together;
    /** From the document to the object. */
    readonly base: readonly (string | number)[];
  },
): readonly string[] {
  const doc = testField(path)?.doc;
  const base = String(of.base);
  const [list, index] = path;
  const found = list !== "tests" || typeof index !== "number"
    ? undefined
    : chunk.tests(of.all.namespace).find(({ test, manifest }) =>
      test.path[1] === index && String(manifest.path) === base
    );
  return [
    ...doc === undefined ? [] : [doc],
    ...found === undefined ? [] : ["", ...nowOf(found.test, of.all)],
  ];
}

function nowOf(test: RouteTest, { world }: Together): readonly string[] {
  const about = [requestText(test), `From: ${clientText(test.client)}`];
  const reach = reachOf(world, test);
  if (reach === undefined) {
    return [...about, "No VirtualService that is open speaks for its host"];
  }
  const expect = knowable(test.expect, reach);
  const [result] = testRoutes(assumedWorld(world, test.request.port), [
    { ...test, expect },
  ]).results;
  if (result === undefined) return about;
  const { actual, failures } = result;
  const { object, rule, name } = actual;
  const place = object === undefined
    ? []
    : [`${object} rule ${rule}${name === undefined ? "" : ` "${name}"`}`];
  return [
    ...[...about, outcomeText(actual), ...place],
    ...actual.destinations.map(destinationText),
    "",
    ...failures.length > 0 ? failures : [
      expect === test.expect
        ? "As expected"
        : "As expected, as far as what is open says: pods are not looked at, nor files that are closed",
    ],
  ];
}

/** Pods are never seen here, and labels of a subset only where it is open. */
function knowable(expect: Expectation, { destinations }: Reach): Expectation {
  const wanted = expect.destinations ?? [];
  const isKnown = destinations.every((one) => one.isKnown);
  const left = wanted.filter(({ build, labels }) =>
    isKnown || build === undefined && labels === undefined
  ).map(({ flag: _, ...one }) => one);
  const isSame = left.length === wanted.length &&
    wanted.every(({ flag }) => flag === undefined);
  return isSame ? expect : { ...expect, destinations: left };
}

function destinationText(
  { percent, host, port, subset, labels = {} }: FateDestination,
): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return `${percent} % to ${host}:${port}${
    subset === undefined ? "" : `, subset "${subset}"`
  }${pairs.length === 0 ? "" : `: ${pairs.join(", ")}`}`;
}
