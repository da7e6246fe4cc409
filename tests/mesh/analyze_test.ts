import { assert, assertEquals } from "../support/assert.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import {
  hasSamples,
  readSamples,
  sampleNames,
  sandboxOf,
} from "../support/samples.ts";
import { Agreement } from "./analyze/compare.ts";
import { Istioctl } from "./analyze/istioctl.ts";
import { compareWorlds, TABLE } from "./analyze/run.ts";
import { CHECKS, rowsOf, tablesOf } from "./analyze/table.ts";
import { meshTest } from "./places.ts";

meshTest(
  "check and istioctl analyze: every difference on new worlds has a reason",
  async ({ parts }) => {
    // Of some thousand worlds one may show a difference that nobody has looked
    // at: by hand and by night with other seeds, not in somebody's way.
    const seed = Number(Deno.env.get("ISTIOPS_SEED") ?? 101);
    const count = Number(Deno.env.get("ISTIOPS_WORLDS") ?? 100);
    say(`ISTIOPS_WORLDS=${count} ISTIOPS_SEED=${seed}`);
    assertExplained(await compareWorlds(parts.istioctl, { seed, count }));
  },
);

meshTest(
  "check and istioctl analyze: the tables of docs/checks.md are what comes of it",
  async ({ parts }) => {
    const agreement = await compareWorlds(parts.istioctl, TABLE);
    assertExplained(agreement);
    for (const [code, { both }] of agreement.counts) {
      assert(both > 0, `both told ${code} in no world`);
    }
    const docs = await Deno.readTextFile(CHECKS);
    for (const [mark, table] of Object.entries(tablesOf(agreement))) {
      const [, rest = ""] = docs.split(`<!-- ${mark} -->`);
      const [written = ""] = rest.split(`<!-- /${mark} -->`);
      assertEquals(
        rowsOf(written),
        rowsOf(table),
        "deno run -A tests/mesh/analyze/main.ts writes it",
      );
    }
  },
);

/** Pods that the samples' Gateways select. */
const GATEWAYS = ["ingressgateway", "eastwestgateway"].map((istio) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: istio, namespace: "istio-system", labels: { istio } },
  status: {
    phase: "Running",
    conditions: [{ type: "Ready", status: "True" }],
  },
}));

/**
 * All that is told of the samples. Bookinfo defines builds in
 * `destination-rule-all` that its platform does not have.
 */
const BUILDS = ["IST0173", "IST0173", "IST0173 ours", "IST0173 ours"];
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  // One rule without match behind another one.
  "bookinfo/fault-injection-details-v1": [
    "IST0130",
    ...BUILDS.slice(0, -1),
  ],
  // Where they lead to is in no file.
  "others/helloworld-helloworld-gateway": ["IST0101"],
  "others/httpbin-httpbin-gateway": ["IST0101"],
  "others/multicluster-expose-istiod": ["IST0101"],
  "others/multicluster-expose-istiod-https": [
    ...["IST0101", "IST0101 theirs", "IST0174"],
  ],
  "others/tcp-echo-tcp-echo-20-v2": [
    ...["IST0101", "IST0101", "IST0101 theirs", "IST0101 theirs"],
    "IST0132 theirs",
  ],
  "others/tcp-echo-tcp-echo-all-v1": ["IST0101", "IST0174"],
  "others/websockets-route": ["IST0101"],
};

if (!hasSamples()) {
  Deno.test.ignore(
    "check and istioctl analyze say the same of the samples (skipped: no samples; ISTIOPS_SHARED)",
    () => {},
  );
} else {
  meshTest(
    "check and istioctl analyze say the same of the samples",
    async ({ parts }, test) => {
      await using program = await Istioctl.start(parts.istioctl);
      for (const name of sampleNames()) {
        await test.step(name, async () => {
          const objects = await clusterWith(name);
          const agreement = new Agreement();
          const told = await agreement.add(program, objects);
          assertExplained(agreement);
          assertEquals(told, SAMPLES[name] ?? BUILDS);
        });
      }
    },
  );
}

/** Files that are alternatives of one object are never there together. */
async function clusterWith(name: string): Promise<readonly KubeObject[]> {
  await using sandbox = await sandboxOf(
    await readSamples(
      name.startsWith("bookinfo/")
        ? ["bookinfo/platform", "bookinfo/destination-rule-all", name]
        : [name],
    ),
  );
  return [...sandbox.store.dump().objects, ...GATEWAYS];
}

function assertExplained({ unexplained }: Agreement): void {
  for (const one of unexplained.slice(0, 10)) say(one);
  assertEquals(unexplained.length, 0, "differences without a reason");
}

function say(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
