/**
 * What `test --record` writes of manifests that others wrote passes at once:
 * as files, and in a cluster beside the platform that they are for.
 */
import { readTestFiles } from "../../src/actions/route_test_files.ts";
import { recordTraffic, testTraffic } from "../../src/actions/route_tests.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { openManifests } from "../../src/cluster/manifests_cluster.ts";
import { namespaceOf } from "../../src/istio/hosts.ts";
import { renderRecorded } from "../../src/render/route_tests.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  hasSamples,
  readSamples,
  sampleFiles,
  sampleNames,
  sandboxOf,
} from "../support/samples.ts";

const ignore = !hasSamples();
const NAMES = ignore ? [] : sampleNames();

Deno.test("each sample passes the tests that were recorded of it", {
  ignore,
}, async () => {
  let tests = 0;
  for (const name of NAMES) {
    await using alone = await openManifests(sampleFiles([name]));
    tests += await recordedOf(alone);
    if (!name.startsWith("bookinfo/")) continue;
    const objects = await readSamples([
      "bookinfo/platform",
      "bookinfo/destination-rule-all",
      name,
    ]);
    await using sandbox = await sandboxOf(objects);
    tests += await recordedOf(sandbox.cluster);
  }
  assert(tests > 50, `only ${tests} tests`);
});

/** Records everything, runs it, and gives how many tests there were. */
async function recordedOf(cluster: Cluster): Promise<number> {
  const { items } = await cluster.list("VirtualService");
  let count = 0;
  for (const object of items) {
    const recorded = await recordTraffic(cluster, {
      name: object.metadata.name,
      namespace: namespaceOf(object),
    });
    if (recorded.file.tests.length === 0) continue;
    const text = renderRecorded(recorded);
    const files = await readTestFiles(["-"], {
      readStdin: () => Promise.resolve(text),
    });
    assertEquals(files.problems, [], text);
    const { results, passed } = await testTraffic(cluster, files);
    assertEquals(results.flatMap(({ failures }) => failures), [], text);
    count += passed;
  }
  return count;
}
