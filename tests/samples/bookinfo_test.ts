/**
 * Bookinfo as its authors wrote it: no labels on the objects, builds told
 * apart by `version`. Stories are tables, and whoever can take a step can
 * tell them: the library and the command line do.
 */
import { runCli } from "../../src/cli/run.ts";
import { RefusedError, UsageError } from "../../src/errors.ts";
import type {
  DestinationRule,
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import { createMesh, requestTo, sidecarIn } from "../../src/sandbox/mesh.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { openState } from "../../src/sandbox/state.ts";
import type { Store } from "../../src/sandbox/store.ts";
import { type Plan, Traffic } from "../../mod.ts";
import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import {
  hasSamples,
  readSamples,
  sampleFiles,
  sandboxOf,
} from "../support/samples.ts";

const ignore = !hasSamples();
const PLATFORM = [
  "bookinfo/platform",
  "bookinfo/bookinfo-gateway",
  "bookinfo/destination-rule-all",
  "bookinfo/virtual-service-all-v1",
];
const REVIEWS = { name: "reviews", settleMs: 0 } as const;
const JASON = { "end-user": "jason" };
const REQUESTS = 2000;

/** Percent by version; what is not named gets none. */
type Shares = Readonly<Record<string, number>>;

/** One change, as each way in says it, and what is so afterwards. */
interface Step {
  readonly does: string;
  readonly library: (traffic: Traffic) => Promise<Plan>;
  readonly argv: readonly string[];
  /** Rules of `reviews`: `jason: v2=100`, then those without a match. */
  readonly rules: readonly string[];
  /** Where requests without the header go, and jason's. */
  readonly everybody: Shares;
  readonly jason: Shares;
}

interface Story {
  readonly title: string;
  readonly steps: readonly Step[];
}

const CANARY: Step = {
  does: "v3 gets 20 % of everybody's requests",
  library: (traffic) => traffic.shift({ ...REVIEWS, build: "v3", weight: 20 }),
  argv: ["shift", "reviews", "-b", "v3", "-w", "20"],
  rules: ["v1=80 v3=20"],
  everybody: { v1: 80, v3: 20 },
  jason: { v1: 80, v3: 20 },
};

const STORIES: readonly Story[] = [
  {
    title: "a preview of another build outlives a full rollout",
    steps: [
      CANARY,
      {
        does: "jason previews v2",
        library: (traffic) =>
          traffic.shift({ ...REVIEWS, build: "v2", headers: JASON }),
        argv: ["shift", "reviews", "-b", "v2", "-H", "end-user=jason"],
        rules: ["jason: v2=100", "v1=80 v3=20"],
        everybody: { v1: 80, v3: 20 },
        jason: { v2: 100 },
      },
      {
        does: "v3 gets everything else",
        library: (traffic) =>
          traffic.shift({ ...REVIEWS, build: "v3", weight: 100 }),
        argv: ["shift", "reviews", "-b", "v3", "-w", "100", "--yes"],
        rules: ["jason: v2=100", "v3=100"],
        everybody: { v3: 100 },
        jason: { v2: 100 },
      },
      {
        does: "that is taken back",
        library: (traffic) => traffic.undo(REVIEWS),
        argv: ["undo", "reviews"],
        rules: ["jason: v2=100", "v1=80 v3=20"],
        everybody: { v1: 80, v3: 20 },
        jason: { v2: 100 },
      },
      {
        does: "v2's preview is cleared away",
        library: (traffic) => traffic.clear({ ...REVIEWS, build: "v2" }),
        argv: ["clear", "reviews", "-b", "v2"],
        rules: ["v1=80 v3=20"],
        everybody: { v1: 80, v3: 20 },
        jason: { v1: 80, v3: 20 },
      },
    ],
  },
  {
    title: "a preview of the build that wins goes with the rollout",
    steps: [
      CANARY,
      {
        does: "jason previews v3",
        library: (traffic) =>
          traffic.shift({ ...REVIEWS, build: "v3", headers: JASON }),
        argv: ["shift", "reviews", "-b", "v3", "-H", "end-user=jason"],
        rules: ["jason: v3=100", "v1=80 v3=20"],
        everybody: { v1: 80, v3: 20 },
        jason: { v3: 100 },
      },
      {
        does: "v3 gets everything",
        library: (traffic) =>
          traffic.shift({ ...REVIEWS, build: "v3", weight: 100 }),
        argv: ["shift", "reviews", "-b", "v3", "-w", "100", "--yes"],
        rules: ["v3=100"],
        everybody: { v3: 100 },
        jason: { v3: 100 },
      },
      {
        does: "that is taken back, the preview too",
        library: (traffic) => traffic.undo(REVIEWS),
        argv: ["undo", "reviews", "--yes"],
        rules: ["jason: v3=100", "v1=80 v3=20"],
        everybody: { v1: 80, v3: 20 },
        jason: { v3: 100 },
      },
      {
        does: "the preview is cleared away by its header, v3 keeps its share",
        library: (traffic) =>
          traffic.clear({ ...REVIEWS, build: "v3", headers: JASON }),
        argv: ["clear", "reviews", "-b", "v3", "-H", "end-user=jason"],
        rules: ["v1=80 v3=20"],
        everybody: { v1: 80, v3: 20 },
        jason: { v1: 80, v3: 20 },
      },
      {
        does: "v3 gets nothing, and keeps its place",
        library: (traffic) =>
          traffic.shift({ ...REVIEWS, build: "v3", weight: 0 }),
        argv: ["shift", "reviews", "-b", "v3", "-w", "0"],
        rules: ["v1=100 v3=0"],
        everybody: { v1: 100 },
        jason: { v1: 100 },
      },
    ],
  },
];

/** Somebody who can take a step; the store is read anew for each look. */
interface Driver extends AsyncDisposable {
  take(step: Step): Promise<void>;
  look(see: (store: Store) => void): Promise<void>;
}

const DRIVERS: readonly {
  readonly way: string;
  readonly start: () => Promise<Driver>;
}[] = [
  { way: "library", start: startLibrary },
  { way: "command line", start: startCommandLine },
];

for (const { title, steps } of STORIES) {
  for (const { way, start } of DRIVERS) {
    Deno.test({
      name: `bookinfo by the ${way}: ${title}`,
      ignore,
      async fn(t) {
        await using driver = await start();
        const others = new Map<string, unknown>();
        await driver.look((store) => {
          for (const one of untouched(store)) others.set(...one);
        });
        for (const step of steps) {
          await t.step(step.does, async () => {
            await driver.take(step);
            await driver.look((store) => {
              assertEquals(rulesOf(reviewsIn(store)), step.rules);
              assertShares(requestsIn(store), step.everybody);
              assertShares(requestsIn(store, JASON), step.jason);
              assertEquals(new Map(untouched(store)), others);
            });
          });
        }
      },
    });
  }
}

Deno.test.each([
  { sample: "reviews-50-v3", build: "v3", weight: 20, gives: ["v1=80 v3=20"] },
  {
    sample: "reviews-80-20",
    build: "v3",
    weight: 10,
    gives: ["v1=72 v2=18 v3=10"],
  },
  { sample: "reviews-90-10", build: "v2", weight: 0, gives: ["v1=100 v2=0"] },
  {
    sample: "reviews-v2-v3",
    build: "v1",
    weight: 0.5,
    gives: ["v2=498 v3=497 v1=5"],
  },
  { sample: "reviews-v3", build: "v1", weight: 5, gives: ["v3=95 v1=5"] },
  {
    sample: "reviews-test-v2",
    build: "v3",
    weight: 25,
    gives: ["jason: v2=100", "v1=75 v3=25"],
  },
  {
    sample: "reviews-jason-v2-v3",
    build: "v2",
    weight: 10,
    gives: ["jason: v2=100", "v3=90 v2=10"],
  },
  { sample: "ratings-db", build: "v1", weight: 25, gives: ["v3=75 v1=25"] },
])(
  "virtual-service-$sample: $build to $weight %, and back to what it was",
  { ignore },
  async ({ sample, build, weight, gives }) => {
    await using sandbox = await sandboxOf(
      await readSamples([...PLATFORM, `bookinfo/virtual-service-${sample}`]),
    );
    const { store } = sandbox;
    const traffic = Traffic.on(sandbox.cluster);
    const before = reviewsIn(store).spec;
    const others = untouched(store);

    const plan = await traffic.shift({ ...REVIEWS, build, weight });
    assertEquals((await plan.apply()).status, "done");
    assertEquals(rulesOf(reviewsIn(store)), gives);
    const again = await traffic.shift({ ...REVIEWS, build, weight });
    assertEquals(again.changed, false);
    assertEquals(again.changes, []);

    const back = await traffic.undo(REVIEWS);
    assertEquals((await back.apply({ yes: true })).status, "done");
    assertEquals(reviewsIn(store).spec, before);
    assertEquals(untouched(store), others);
  },
);

Deno.test.each([
  { found: { name: "reviews" } },
  { found: { destination: "reviews" } },
  { found: { destination: "reviews:9080" } },
  { found: { destination: "reviews.default" } },
  { found: { destination: "reviews.default.svc.cluster.local:9080" } },
])("objects without labels are found by $found", { ignore }, async (of) => {
  await using sandbox = await sandboxOf(await readSamples(PLATFORM));
  const traffic = Traffic.on(sandbox.cluster);
  const shift = { build: "v3", weight: 20, settleMs: 0, ...of.found };
  await (await traffic.shift(shift)).apply();
  assertEquals(rulesOf(reviewsIn(sandbox.store)), ["v1=80 v3=20"]);
});

Deno.test.each([
  { sample: "reviews-80-20", weight: 40, gives: "v1=60 v2=40" },
  { sample: "reviews-90-10", weight: 0, gives: "v1=100 v2=0" },
  { sample: "reviews-50-v3", weight: 40, gives: "ambiguous-build" },
  { sample: "all-v1", weight: 10, gives: "ambiguous-build" },
])(
  "virtual-service-$sample: $weight % of a build that is not named gives $gives",
  { ignore },
  async ({ sample, weight, gives }) => {
    await using sandbox = await sandboxOf(
      await readSamples([...PLATFORM, `bookinfo/virtual-service-${sample}`]),
    );
    const traffic = Traffic.on(sandbox.cluster);
    const shift = () => traffic.shift({ ...REVIEWS, weight });
    if (gives === "ambiguous-build") {
      const error = await assertRejects(shift, UsageError);
      assertEquals(error.code, gives);
      for (const build of ["v1", "v3"]) {
        assertStringIncludes(error.message + error.hint, build);
      }
      return;
    }
    const plan = await shift();
    assertStringIncludes(plan.document.summary[0] ?? "", '"v2"');
    await plan.apply();
    assertEquals(rulesOf(reviewsIn(sandbox.store)), [gives]);
  },
);

Deno.test.each([
  {
    rules: "bookinfo/destination-rule-all-mtls",
    policy: { tls: { mode: "ISTIO_MUTUAL" } },
  },
  {
    rules: "bookinfo/destination-rule-reviews",
    policy: { loadBalancer: { simple: "RANDOM" } },
  },
])(
  "$rules stays as it is while its subsets are used",
  { ignore },
  async (of) => {
    await using sandbox = await sandboxOf(
      await readSamples([...PLATFORM, of.rules]),
    );
    const traffic = Traffic.on(sandbox.cluster);
    const ref = { kind: "DestinationRule", namespace: "default" } as const;
    const before = sandbox.store.get({ ...ref, name: "reviews" });
    assertEquals((before as DestinationRule).spec.trafficPolicy, of.policy);
    const plan = await traffic.shift({ ...REVIEWS, build: "v3", weight: 20 });
    await plan.apply();
    assertEquals(rulesOf(reviewsIn(sandbox.store)), ["v1=80 v3=20"]);
    assertEquals(sandbox.store.get({ ...ref, name: "reviews" }), before);
  },
);

Deno.test.each([
  {
    what: "a subset without pods",
    name: "details",
    shift: { build: "v2", weight: 10 },
    code: "no-ready-pods",
  },
  {
    what: "a subset whose Deployment was never installed",
    name: "ratings",
    shift: { build: "v2-mysql", headers: JASON },
    code: "no-ready-pods",
  },
  {
    what: "a build that nobody has heard of",
    name: "reviews",
    shift: { build: "v2-mysql", weight: 0 },
    code: "build-unknown",
  },
  {
    what: "a lower share of the only build",
    name: "reviews",
    shift: { build: "v1", weight: 50 },
    code: "only-build",
  },
  {
    what: "a weight on a route that names no subset",
    name: "bookinfo",
    shift: { build: "v1", weight: 50 },
    code: "base-without-subset",
  },
])("$what is refused, and nothing is written", { ignore }, async (of) => {
  await using sandbox = await sandboxOf(await readSamples(PLATFORM));
  const { store } = sandbox;
  const version = store.resourceVersion;
  const error = await assertRejects(
    () =>
      Traffic.on(sandbox.cluster).shift({
        name: of.name,
        settleMs: 0,
        ...of.shift,
      }),
    RefusedError,
  );
  assertEquals(error.code, of.code);
  assert(error.hint !== undefined);
  assertEquals(store.resourceVersion, version);
});

Deno.test({
  name: "soft clear takes away the preview whose Deployment was deleted",
  ignore,
  async fn() {
    await using sandbox = await sandboxOf(
      await readSamples([
        ...PLATFORM,
        "bookinfo/virtual-service-reviews-v3",
      ]),
    );
    const { store } = sandbox;
    const traffic = Traffic.on(sandbox.cluster);
    const preview = await traffic.shift({
      ...REVIEWS,
      build: "v2",
      headers: JASON,
    });
    await preview.apply();
    assertEquals(rulesOf(reviewsIn(store)), ["jason: v2=100", "v3=100"]);
    const early = await traffic.clear(REVIEWS);
    assertEquals(early.changed, false);

    for (const kind of ["Deployment", "ReplicaSet", "Pod"]) {
      for (const { metadata } of store.list(kind, "default")) {
        const isGone = metadata.labels?.version === "v2" &&
          metadata.labels.app === "reviews";
        if (!isGone) continue;
        const { namespace, name } = metadata;
        store.delete({ kind, namespace, name });
      }
    }
    assertShares(requestsIn(store, JASON), { "503 UH": 100 });
    const plan = await traffic.clear(REVIEWS);
    await plan.apply();
    assertEquals(rulesOf(reviewsIn(store)), ["v3=100"]);
    assertShares(requestsIn(store, JASON), { v3: 100 });
    assertEquals(
      (destinationRuleIn(store).spec.subsets ?? []).map(({ name }) => name),
      ["v1", "v2", "v3"],
    );
  },
});

async function startLibrary(): Promise<Driver> {
  const sandbox = await sandboxOf(await readSamples(PLATFORM));
  const traffic = Traffic.on(sandbox.cluster);
  return {
    async take({ library }) {
      const plan = await library(traffic);
      assert(plan.changed);
      const outcome = await plan.apply({ yes: true });
      assertEquals(outcome.status, "done");
    },
    look(see) {
      see(sandbox.store);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

async function startCommandLine(): Promise<Driver> {
  const home = await Deno.makeTempDir();
  const stateDir = `${home}/.local/state/istiops/sandbox`;
  const served = await serveSandbox({ stateDir, load: sampleFiles(PLATFORM) });
  await served[Symbol.asyncDispose]();
  return {
    async take({ argv }) {
      const process = new FakeProcess({ env: { HOME: home } });
      const status = await runCli(
        ["--sandbox", ...argv, "--settle", "0s", "-o", "json"],
        process.io,
      );
      assertEquals(status, 0, process.stderr + process.stdout);
      assertEquals(process.document["status"], "done");
    },
    async look(see) {
      using state = await openState(stateDir);
      see(state.store);
    },
    [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }),
  };
}

function reviewsIn(store: Store): VirtualService {
  const ref = { kind: "VirtualService", namespace: "default" };
  return store.get({ ...ref, name: "reviews" }) as VirtualService;
}

function destinationRuleIn(store: Store): DestinationRule {
  const ref = { kind: "DestinationRule", namespace: "default" };
  return store.get({ ...ref, name: "reviews" }) as DestinationRule;
}

/** What no story may touch. */
function untouched(store: Store): [string, unknown][] {
  return store.dump().objects
    .filter((object: KubeObject) =>
      object.kind === "DestinationRule" || object.kind === "Gateway" ||
      object.kind === "VirtualService" && object.metadata.name !== "reviews"
    )
    .map((object) => [`${object.kind} ${object.metadata.name}`, object.spec]);
}

/** `jason: v2=100`, `v1=80 v3=20`; a destination that stands alone has 100. */
function rulesOf(object: VirtualService): string[] {
  return (object.spec.http ?? []).map(({ match, route = [] }: HTTPRoute) => {
    const weights = route.map(({ destination, weight }) => {
      assertEquals(destination.host, "reviews");
      return `${destination.subset}=${
        weight ?? (route.length === 1 ? 100 : "?")
      }`;
    });
    if (match === undefined) return weights.join(" ");
    assertEquals(match, [{ headers: { "end-user": { exact: "jason" } } }]);
    return `jason: ${weights.join(" ")}`;
  });
}

/** Where the productpage's requests go, counted by version. */
function requestsIn(
  store: Store,
  headers: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, number> {
  using mesh = createMesh(store, { seed: 2026 });
  return mesh.sendMany(
    REQUESTS,
    requestTo("http://reviews:9080/reviews/0", headers),
    { client: sidecarIn("default"), label: "version" },
  );
}

/** None and all are exact; between them chance has four points. */
function assertShares(got: ReadonlyMap<string, number>, wanted: Shares): void {
  for (const name of new Set([...got.keys(), ...Object.keys(wanted)])) {
    const percent = 100 * (got.get(name) ?? 0) / REQUESTS;
    const asked = wanted[name] ?? 0;
    if (asked === 0 || asked === 100) assertEquals(percent, asked, name);
    else assertLess(Math.abs(percent - asked), 4, `${name}: ${percent} %`);
  }
}
