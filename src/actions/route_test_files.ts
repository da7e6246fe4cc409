/**
 * Files of tests: which documents are meant, the tests in them, and what is
 * wrong with them.
 *
 * @module
 */

import { MANIFEST_LIMITS, textsOf } from "../cluster/manifest_files.ts";
import { type Manifest, objectsOf } from "../cluster/manifest_objects.ts";
import {
  type Found,
  type ManifestProblem,
  placed,
} from "../cluster/manifest_problems.ts";
import {
  documentsOf,
  type ManifestDocument,
  ManifestSource,
} from "../cluster/manifest_source.ts";
import {
  type PlacedRouteTest,
  readRouteTests,
  type RouteTestProblem,
} from "../istio/route_tests_shape.ts";

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
      const read = testsIn(document, options);
      found.push(...read.found);
      tests.push(...read.tests);
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

/** Tests of one document, and what is wrong in it; nothing of other kinds. */
export function testsIn(
  document: ManifestDocument,
  options: Pick<TestFilesOptions, "namespace"> = {},
): { readonly found: readonly Found[]; readonly tests: readonly FileTest[] } {
  const { isNamed } = document.source;
  const { manifests, found } = objectsOf(document);
  const files = manifests
    .filter(({ written }) => isNamed || written.kind === "RouteTests")
    .map((manifest) => ({
      manifest,
      ...readRouteTests(manifest.written, options),
    }));
  return {
    found: [
      ...isNamed ? found : [],
      ...files.flatMap(({ manifest, problems }) =>
        problems.map((one) => problemAt(manifest, one))
      ),
    ],
    tests: files.flatMap(({ manifest, tests }) =>
      tests.map((test) => ({ test, manifest }))
    ),
  };
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
