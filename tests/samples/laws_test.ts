/**
 * Laws over every sample: whatever is asked ends in a plan or in an error of
 * ours; planning writes nothing; what is done can be undone to the letter;
 * and a command that is repeated changes nothing.
 */
import { type Plan, Traffic, TrafficError } from "../../mod.ts";
import type { Sandbox } from "../../src/sandbox/mod.ts";
import type { Store } from "../../src/sandbox/store.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import {
  hasSamples,
  readSamples,
  sampleNames,
  sandboxOf,
} from "../support/samples.ts";

const BEHIND: Readonly<Record<string, readonly string[]>> = {
  bookinfo: ["bookinfo/platform", "bookinfo/destination-rule-all"],
  others: [],
};
const SURE = { force: true, skipPodCheck: true } as const;

interface Ask {
  readonly asks: string;
  readonly ask: (traffic: Traffic, name: string) => Promise<Plan>;
}

const ASKS: readonly Ask[] = [
  {
    asks: "a tenth for v2",
    ask: (traffic, name) =>
      traffic.shift({ ...on(name), build: "v2", weight: 10 }),
  },
  {
    asks: "a tenth for v2, come what may",
    ask: (traffic, name) =>
      traffic.shift({
        ...on(name),
        ...SURE,
        build: "v2",
        weight: 10,
        allRoutes: true,
      }),
  },
  {
    asks: "everything for v3",
    ask: (traffic, name) =>
      traffic.shift({ ...on(name), ...SURE, build: "v3", weight: 100 }),
  },
  {
    asks: "halves",
    ask: (traffic, name) =>
      traffic.shift({ ...on(name), ...SURE, split: { v1: 50, v3: 50 } }),
  },
  {
    asks: "a preview of v2",
    ask: (traffic, name) =>
      traffic.shift({
        ...on(name),
        ...SURE,
        build: "v2",
        headers: { "end-user": "ann" },
      }),
  },
  {
    asks: "a preview of a build by its labels",
    ask: (traffic, name) =>
      traffic.shift({
        ...on(name),
        ...SURE,
        build: "v9",
        podLabels: { version: "v9" },
        buildLabel: "version",
        headers: { "end-user": "ann" },
        create: true,
      }),
  },
  {
    asks: "a tenth of pinned pods",
    ask: (traffic, name) =>
      traffic.shift({
        ...on(name),
        ...SURE,
        build: "v2",
        baseBuild: "v1",
        buildLabel: "version",
        weight: 10,
        create: true,
      }),
  },
  {
    asks: "away with what is dead",
    ask: (traffic, name) => traffic.clear({ ...on(name), ...SURE }),
  },
  {
    asks: "away with everything but the master rule",
    ask: (traffic, name) =>
      traffic.clear({ ...on(name), ...SURE, mode: "hard" }),
  },
  {
    asks: "away with v2's previews",
    ask: (traffic, name) => traffic.clear({ ...on(name), build: "v2" }),
  },
];

const SAMPLES = await Promise.all(
  (hasSamples() ? sampleNames() : []).map(async (name) => {
    const objects = await readSamples([name]);
    const behind = BEHIND[name.split("/")[0]!] ?? [];
    const names = objects.flatMap(({ kind, metadata }) =>
      kind === "VirtualService" ? [metadata.name] : []
    );
    return { name, behind, objects, names };
  }),
);

Deno.test({
  name: "what is asked of a sample is planned or refused, and can be undone",
  ignore: SAMPLES.length === 0,
  async fn(t) {
    let changes = 0;
    for (const { name, behind, objects, names } of SAMPLES) {
      if (names.length === 0) continue;
      await t.step(name, async () => {
        const all = [...await readSamples(behind), ...objects];
        for (const ask of ASKS) {
          for (const object of names) {
            await using sandbox = await sandboxOf(all);
            if (await holds(sandbox, { ...ask, object })) changes += 1;
          }
        }
      });
    }
    assert(changes >= 100, `only ${changes} changes`);
  },
});

/** Checks the laws for one question; true where it changes something. */
async function holds(
  { cluster, store }: Sandbox,
  { asks, ask, object }: Ask & { readonly object: string },
): Promise<boolean> {
  const where = `${asks}, ${object}`;
  const traffic = Traffic.on(cluster);
  const [version, before] = [store.resourceVersion, specsIn(store)];
  const plan = await planned(() => ask(traffic, object), where);
  assertEquals(store.resourceVersion, version, where);
  if (plan === undefined) return false;
  assertEquals(plan.changed, plan.changes.length > 0, where);
  assertEquals(JSON.parse(JSON.stringify(plan.document)), plan.document, where);
  const diff = plan.diff();
  if (!plan.changed) return false;

  assertStringIncludes(diff, object, where);
  await plan.apply({ yes: true });
  const after = specsIn(store);
  assertNotEquals(after, before, where);
  const again = await planned(() => ask(traffic, object), where);
  assertEquals(again?.changed ?? false, false, where);
  const undo = await traffic.undo({ ...on(object), ...SURE });
  await undo.apply({ yes: true });
  assertEquals(specsIn(store), before, where);
  const redo = await traffic.redo({ ...on(object), ...SURE });
  await redo.apply({ yes: true });
  assertEquals(specsIn(store), after, where);
  return true;
}

function on(name: string) {
  return { name, settleMs: 0 };
}

/** The plan, or nothing where an error of ours says why there is none. */
async function planned(
  ask: () => Promise<Plan>,
  where: string,
): Promise<Plan | undefined> {
  try {
    return await ask();
  } catch (error) {
    assert(error instanceof TrafficError, `${where}: ${error}`);
    assert(error.code !== "internal", `${where}: ${error}`);
    return undefined;
  }
}

function specsIn(store: Store): ReadonlyMap<string, unknown> {
  return new Map(
    store.dump().objects
      .filter(({ apiVersion }) => apiVersion.startsWith("networking.istio.io/"))
      .map(({ kind, metadata, spec }) => [`${kind} ${metadata.name}`, spec]),
  );
}
