/**
 * No false alarms on manifests that others wrote: each file by itself, and in
 * a cluster beside the platform it is for. Files that are alternatives of one
 * object are checked apart.
 */
import { checkTraffic } from "../../src/actions/check.ts";
import { openManifests } from "../../src/cluster/manifests_cluster.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { assertEquals } from "../support/assert.ts";
import {
  hasSamples,
  readSamples,
  sampleFiles,
  sampleNames,
  sandboxOf,
} from "../support/samples.ts";

const ignore = !hasSamples();
const NAMES = ignore ? [] : sampleNames();

/** What is true of a file by itself: faults on purpose, and what is behind one. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  "bookinfo/fault-injection-details-v1": [
    "warning fault-injected",
    "warning IST0130",
  ],
  "bookinfo/virtual-service-ratings-test-abort": ["warning fault-injected"],
  "bookinfo/virtual-service-ratings-test-delay": ["warning fault-injected"],
};
/** The platform has no pods of these builds: other files would bring them. */
const WITHOUT_PODS = [
  "bookinfo/virtual-service-details-v2",
  "bookinfo/virtual-service-ratings-db",
  "bookinfo/virtual-service-ratings-mysql",
  "bookinfo/virtual-service-ratings-mysql-vm",
];

Deno.test.each(NAMES.map((name) => ({ name })))(
  "$name: no alarm that is not true",
  { ignore },
  async ({ name }) => {
    await using alone = await openManifests(sampleFiles([name]));
    assertEquals(await alarms(alone), OWN[name] ?? []);
    if (!name.startsWith("bookinfo/")) return;
    const objects = await readSamples([
      "bookinfo/platform",
      "bookinfo/destination-rule-all",
      name,
    ]);
    await using sandbox = await sandboxOf(objects);
    assertEquals(
      await alarms(sandbox.cluster),
      WITHOUT_PODS.includes(name) ? ["error IST0173"] : OWN[name] ?? [],
    );
  },
);

async function alarms(cluster: Cluster): Promise<string[]> {
  const { findings } = await checkTraffic(cluster, {});
  return findings.filter(({ severity }) => severity !== "info")
    .map(({ severity, code }) => `${severity} ${code}`);
}
