/**
 * `test`: files of requests and expectations against a cluster or against
 * manifests; and such a file made from what is there.
 *
 * @module
 */

import type { CallOptions, Cluster, Target } from "../cluster/cluster.ts";
import type { ManifestProblem } from "../cluster/manifest_problems.ts";
import { TrafficError } from "../errors.ts";
import { namespaceOf } from "../istio/hosts.ts";
import { type RecordedTests, recordTests } from "../istio/record_tests.ts";
import {
  type RouteTestResult,
  testRoutes,
  type UncoveredRule,
} from "../istio/route_tests.ts";
import { readForMany } from "./explain.ts";
import type { FileTest, TestFiles } from "./route_test_files.ts";

/** What came of a test, and where it is written. */
export interface TestedRoute extends RouteTestResult {
  /** As it was named; `<stdin>` for standard input. */
  readonly file: string;
  /** From 1; of tests that failed. */
  readonly line?: number;
}

/** What came of all tests. Plain JSON: `-o json`. */
export interface TrafficTest {
  readonly apiVersion: "istiops/v1";
  readonly kind: "TrafficTest";
  /** Where the rules were read. */
  readonly target: Target;
  readonly passed: number;
  readonly failed: number;
  readonly results: readonly TestedRoute[];
  /** Rules that no request reached; absent where nobody asked. */
  readonly uncovered?: readonly UncoveredRule[];
  /** What could not be read, and why; sentences. */
  readonly unread: readonly string[];
  /** What is wrong with the tests, and with the manifests. */
  readonly problems: readonly ManifestProblem[];
}

/**
 * Runs tests.
 *
 * @param options `coverage`: of the target's namespace, or of all files.
 * @throws {ClusterError} VirtualServices cannot be read.
 */
export async function testTraffic(
  cluster: Cluster,
  { tests, problems }: TestFiles,
  { coverage, ...options }: CallOptions & { readonly coverage?: boolean } = {},
): Promise<TrafficTest> {
  const world = await readForMany(cluster, options);
  const isFiles = cluster.problems !== undefined;
  const { namespace } = cluster.target;
  const run = testRoutes(world, tests.map(({ test }) => test), {
    ...(coverage === true ? { coverage: isFiles ? {} : { namespace } } : {}),
  });
  const results = await Promise.all(
    run.results.map((result, index) => withPlace(result, tests[index]!)),
  );
  const passed = results.filter((one) => one.passed).length;
  return {
    apiVersion: "istiops/v1",
    kind: "TrafficTest",
    target: cluster.target,
    passed,
    failed: results.length - passed,
    results,
    ...(run.uncovered === undefined ? {} : { uncovered: run.uncovered }),
    // That files are not all of a cluster is no news.
    unread: isFiles ? [] : [...new Set(world.gaps.map(({ reason }) => reason))],
    problems: [...problems, ...cluster.problems ?? []],
  };
}

/** A test that passed is nothing that anybody looks for. */
async function withPlace(
  result: RouteTestResult,
  { test, manifest }: FileTest,
): Promise<TestedRoute> {
  const { file } = manifest.document.source;
  if (result.passed) return { ...result, file };
  const { placeOf } = await import("../cluster/manifest_place.ts");
  return { ...result, file, line: placeOf(manifest, test.path).line };
}

/**
 * Makes a file of tests from a VirtualService.
 *
 * @throws {TrafficError} `not-found`: there is none of that name.
 */
export async function recordTraffic(
  cluster: Cluster,
  of: { readonly name: string; readonly namespace?: string },
  options: CallOptions = {},
): Promise<RecordedTests> {
  const world = await readForMany(cluster, options);
  const { name } = of;
  const named = world.virtualServices.filter((object) =>
    object.metadata.name === name
  );
  const here = of.namespace === undefined
    ? named
    : named.filter((object) => namespaceOf(object) === of.namespace);
  const [object, ...others] = here;
  if (object === undefined || others.length > 0) {
    const where = named.map((one) => `"${namespaceOf(one)}"`).join(", ");
    throw new TrafficError(
      "not-found",
      `Cannot record VirtualService "${name}": ${
        object === undefined
          ? "there is none of that name"
          : "there are several"
      }${of.namespace === undefined ? "" : ` in namespace "${of.namespace}"`}`,
      where === "" ? {} : { hint: `-n names the namespace: ${where}` },
    );
  }
  return recordTests(world, object);
}
