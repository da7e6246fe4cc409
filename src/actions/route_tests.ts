/**
 * `test`: files of requests and expectations against a cluster or against
 * manifests; and such a file made from what is there.
 *
 * @module
 */

import type { CallOptions, Cluster, Target } from "../cluster/cluster.ts";
import { MANIFEST_LIMITS, textsOf } from "../cluster/manifest_files.ts";
import { type Manifest, objectsOf } from "../cluster/manifest_objects.ts";
import {
  type Found,
  type ManifestProblem,
  placed,
} from "../cluster/manifest_problems.ts";
import { documentsOf, ManifestSource } from "../cluster/manifest_source.ts";
import { TrafficError } from "../errors.ts";
import { namespaceOf } from "../istio/hosts.ts";
import { type RecordedTests, recordTests } from "../istio/record_tests.ts";
import {
  type RouteTestResult,
  testRoutes,
  type UncoveredRule,
} from "../istio/route_tests.ts";
import {
  type PlacedRouteTest,
  readRouteTests,
  type RouteTestProblem,
} from "../istio/route_tests_shape.ts";
import { readForMany } from "./explain.ts";

/** Tests of files, with what is wrong in the files. */
export interface TestFiles {
  readonly tests: readonly FileTest[];
  readonly problems: readonly ManifestProblem[];
}

/** A test and where it is written. */
export interface FileTest {
  readonly test: PlacedRouteTest;
  readonly manifest: Manifest;
}

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

/** How files of tests are read. */
export interface TestFilesOptions {
  /** Of clients, where neither test nor file says. */
  readonly namespace?: string;
  /** For `-`. */
  readonly readStdin?: (most: number) => Promise<string>;
}

/**
 * Reads files of tests. Of a folder only documents of kind `RouteTests` are
 * meant; a file that was named has to hold nothing else.
 *
 * @throws {TrafficError} `file`: what was named cannot be read.
 */
export async function readTestFiles(
  names: readonly string[],
  options: TestFilesOptions = {},
): Promise<TestFiles> {
  const found: Found[] = [];
  const tests: FileTest[] = [];
  const texts = textsOf(names, {
    totalBytes: MANIFEST_LIMITS.totalBytes,
    readStdin: options.readStdin,
  });
  for await (const source of texts) {
    if (!(source instanceof ManifestSource)) {
      found.push(source);
      continue;
    }
    for (const document of documentsOf(source)) {
      if (document.end - document.start > MANIFEST_LIMITS.documentSize) {
        found.push({
          severity: "error",
          code: "too-large",
          message: "The document is larger than 8 MiB",
          at: { document, offset: document.first },
        });
        continue;
      }
      const read = objectsOf(document);
      if (source.isNamed) found.push(...read.found);
      for (const manifest of read.manifests) {
        const isMeant = manifest.written.kind === "RouteTests";
        if (!isMeant && !source.isNamed) continue;
        const file = readRouteTests(manifest.written, options);
        found.push(...file.problems.map((one) => problemAt(manifest, one)));
        tests.push(...file.tests.map((test) => ({ test, manifest })));
      }
    }
  }
  const problems = await Promise.all(found.map((each) => placed(each)));
  const order = new Map(problems.map(({ file }, nth) => [file, nth]));
  problems.sort((a, b) =>
    order.get(a.file)! - order.get(b.file)! || a.line - b.line ||
    a.column - b.column
  );
  return { tests, problems };
}

function problemAt(
  manifest: Manifest,
  { path, message, isKey }: RouteTestProblem,
): Found {
  return {
    severity: "error",
    code: "invalid-test",
    message,
    at: {
      manifest,
      path,
      ...(isKey === undefined ? {} : { isKey }),
    },
  };
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
