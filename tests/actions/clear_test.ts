/**
 * `clear` from its plan to the cluster and back: what is read, in which order
 * it is written, and that `undo` gives the former objects.
 */
import fc from "fast-check";
import { planClearOn } from "../../src/actions/clear.ts";
import type { RunContext } from "../../src/actions/context.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { outcomeOf } from "../../src/actions/outcome.ts";
import { planShiftOn } from "../../src/actions/shift.ts";
import { planUndoOn } from "../../src/actions/undo.ts";
import {
  ClusterError,
  ConflictError,
  RefusedError,
  UsageError,
} from "../../src/errors.ts";
import type {
  DestinationRule,
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import type { ClearIntent } from "../../src/traffic/intents.ts";
import { marksOf } from "../../src/traffic/journal.ts";
import type { TrafficPlan } from "../../src/traffic/types.ts";
import {
  destinationRule,
  pod,
  service,
  to,
  virtualService,
} from "../istio/worlds.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { MemoryCluster } from "../support/memory_cluster.ts";
import { split } from "../support/shifts.ts";

const SERVICE = {
  kind: "VirtualService",
  namespace: "default",
  name: "a",
} as const;
const RULE = { ...SERVICE, kind: "DestinationRule" } as const;

const when = (value: string) => ({
  match: [{ headers: { "x-cid": { exact: value } } }],
});
const PREVIEW = split("istiops-v2", { v2: 100 }, when("me"));
const REDIRECT: HTTPRoute = {
  name: "go",
  match: [{ uri: { exact: "/o" } }],
  redirect: { uri: "/", redirectCode: 308 },
};
const DELEGATE: HTTPRoute = {
  name: "sub",
  match: [{ uri: { prefix: "/s" } }],
  delegate: { name: "d", namespace: "shop" },
};
const BASE = split("every", { v1: 100 });

/** Service `a` with pods of v1 alone; the subsets v2 and v3 are ours. */
function start(
  rules: readonly HTTPRoute[] = [REDIRECT, DELEGATE, PREVIEW, BASE],
  ...more: readonly KubeObject[]
): MemoryCluster {
  const rule = destinationRule("a", "a", ["v1", "v2", "v3"]);
  return new MemoryCluster([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } },
    service("a"),
    virtualService("a", rules),
    {
      ...rule,
      metadata: {
        ...rule.metadata,
        annotations: { "istiops/subsets": "v2,v3" },
      },
    },
    pod("a-v1", { app: "a", version: "v1" }),
    ...more,
  ]);
}

function runOn(cluster: MemoryCluster): RunContext {
  // Later than the settle that a fresh DestinationRule would need.
  cluster.clock.advance(60_000);
  return {
    operation: crypto.randomUUID(),
    time: cluster.clock.now(),
    command: "istiops test",
    settle: 2000,
    protectedContexts: [],
    clock: cluster.clock,
  };
}

const rulesOf = (cluster: MemoryCluster) =>
  (cluster.read(SERVICE) as VirtualService).spec.http ?? [];
const subsetsOf = (cluster: MemoryCluster) =>
  ((cluster.read(RULE) as DestinationRule).spec.subsets ?? []).map(({ name }) =>
    name
  );

const plan = (cluster: MemoryCluster, intent: Partial<ClearIntent> = {}) =>
  planClearOn(cluster, {
    namespace: "default",
    names: ["a"],
    mode: "soft",
    ...intent,
  }, runOn(cluster));

async function clear(
  cluster: MemoryCluster,
  intent: Partial<ClearIntent> = {},
): Promise<TrafficPlan> {
  const made = await plan(cluster, intent);
  await executePlan(cluster, made, { clock: cluster.clock });
  return made;
}

async function goBack(
  cluster: MemoryCluster,
  verb: "undo" | "redo" = "undo",
): Promise<TrafficPlan> {
  const made = await planUndoOn(cluster, {
    namespace: "default",
    names: ["a"],
    verb,
    // v2 has no pods any more; those of v1 serve now.
    force: true,
  }, runOn(cluster));
  await executePlan(cluster, made, { clock: cluster.clock });
  return made;
}

Deno.test("7.5 soft takes the route, settles, takes the subset, and settles", async () => {
  const cluster = start();
  const made = await clear(cluster);
  assertEquals(rulesOf(cluster), [REDIRECT, DELEGATE, BASE]);
  assertEquals(subsetsOf(cluster), ["v1"]);
  assertEquals(marksOf(cluster.read(RULE)), []);
  assertEquals(
    made.steps.map((step) => step.step === "wait" ? "wait" : step.role),
    ["route", "wait", "remove-subsets", "wait"],
  );
  assertEquals(cluster.clock.slept, [2000, 2000]);
});

Deno.test("7.2 soft cleared twice writes once", async () => {
  const cluster = start();
  await clear(cluster);
  const writes = cluster.writes.length;
  const again = await clear(cluster);
  assertEquals([again.changed, again.grade, again.steps], [false, "none", []]);
  assertEquals(cluster.writes.length, writes);
});

Deno.test.each(
  [
    { name: "soft", intent: {} },
    { name: "hard", intent: { mode: "hard" } },
    { name: "-b", intent: { build: "v2" } },
  ] as const,
)(
  "11.3 undo of a clear ($name) gives the former rules and subsets, redo clears again",
  async ({ intent }) => {
    const cluster = start();
    const former = [
      rulesOf(cluster),
      (cluster.read(RULE) as DestinationRule).spec,
    ];
    await clear(cluster, intent);
    const cleared = [rulesOf(cluster), subsetsOf(cluster)];
    assertEquals(cleared[0], [REDIRECT, DELEGATE, BASE]);
    const back = await goBack(cluster);
    assertEquals(
      [rulesOf(cluster), (cluster.read(RULE) as DestinationRule).spec],
      former,
    );
    const roles = back.steps.flatMap((step) =>
      step.step === "wait" ? [] : step.role
    );
    assertEquals(roles, ["add-subsets", "route"]);
    await goBack(cluster, "redo");
    assertEquals([rulesOf(cluster), subsetsOf(cluster)], cleared);
  },
);

Deno.test("7.3 hard refuses before anything is written where no master rule exists", async () => {
  const web = split("web", { v1: 100 }, {
    match: [{ uri: { prefix: "/web" } }],
  });
  const cluster = start([PREVIEW, web]);
  const error = await assertRejects(
    () => plan(cluster, { mode: "hard" }),
    RefusedError,
  );
  assertEquals(error.code, "no-master-route");
  assertEquals(cluster.writes, []);
});

Deno.test("7.4 --header without a build is wrong usage", async () => {
  const error = await assertRejects(
    () =>
      plan(start(), {
        headers: [{ name: "x-cid", kind: "exact", value: "me" }],
      }),
    UsageError,
  );
  assertEquals(error.code, "missing-argument");
});

Deno.test("7.1 an API group that the cluster lacks means none", async () => {
  const cluster = start();
  cluster.onCall = ({ verb, ref }) =>
    verb === "list" && (ref.kind === "Rollout" || ref.kind === "WorkloadEntry")
      ? { error: new ClusterError("kind-not-served", "no such kind") }
      : undefined;
  await clear(cluster);
  assertEquals(rulesOf(cluster), [REDIRECT, DELEGATE, BASE]);
});

Deno.test.each([
  "Pod",
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Rollout",
  "WorkloadEntry",
])(
  "7.1 where %s may not be listed nothing is dead, and that is said",
  async (kind) => {
    const cluster = start();
    cluster.forbidden.add(`list ${kind}`);
    const made = await clear(cluster);
    assertEquals(rulesOf(cluster), [REDIRECT, DELEGATE, PREVIEW, BASE]);
    assertStringIncludes(made.notes.join("\n"), "is not known to be dead");
  },
);

Deno.test("7.1 a WorkloadEntry with the labels is no pod, and not dead", async () => {
  const cluster = start(undefined, {
    apiVersion: "networking.istio.io/v1",
    kind: "WorkloadEntry",
    metadata: { name: "machine", namespace: "default" },
    spec: { address: "10.0.0.1", labels: { app: "a", version: "v2" } },
  });
  const made = await clear(cluster);
  assertEquals(rulesOf(cluster), [REDIRECT, DELEGATE, PREVIEW, BASE]);
  assertStringIncludes(made.notes.join("\n"), 'WorkloadEntry "machine"');
});

Deno.test("5.6 a WorkloadEntry makes pods unknown when the plan is made, not only when it is written", async () => {
  const cluster = start(
    [BASE],
    pod("a-v2", { app: "a", version: "v2" }),
    {
      apiVersion: "networking.istio.io/v1",
      kind: "WorkloadEntry",
      metadata: { name: "machine", namespace: "default" },
      spec: { address: "10.0.0.1", labels: { app: "a", version: "v2" } },
    },
  );
  const shift = (skipPodCheck: boolean) =>
    planShiftOn(cluster, {
      namespace: "default",
      names: ["a"],
      build: "v2",
      weight: 20,
      skipPodCheck,
    }, runOn(cluster));
  const error = await assertRejects(() => shift(false), RefusedError);
  assertEquals(error.code, "pods-unknown");
  assertStringIncludes(error.message, 'WorkloadEntry "machine"');
  assert((await shift(true)).changed);
});

Deno.test("7.5 where only one namespace may be listed the rule goes and the subsets stay", async () => {
  const cluster = start();
  cluster.onCall = ({ verb, ref }) =>
    verb === "list" && ref.kind === "VirtualService" && ref.namespace === ""
      ? {
        error: new ClusterError("forbidden", "may not list", { status: 403 }),
      }
      : undefined;
  const made = await clear(cluster);
  assertEquals(rulesOf(cluster), [REDIRECT, DELEGATE, BASE]);
  assertEquals(subsetsOf(cluster), ["v1", "v2", "v3"]);
  const said = made.notes.join("\n");
  assertStringIncludes(said, 'Subset "v2"');
  assertStringIncludes(said, "not every namespace can be seen");
});

Deno.test("7.5 a subset that was changed since the plan was made is a conflict before the route is written", async () => {
  const cluster = start();
  const made = await plan(cluster);
  cluster.change(RULE, (object) => {
    const { spec } = object as DestinationRule;
    const subsets = (spec.subsets ?? []).map((one) =>
      one.name === "v2" ? { ...one, labels: { version: "other" } } : one
    );
    return { ...object, spec: { ...spec, subsets } };
  });
  const error = await assertRejects(
    () => executePlan(cluster, made, { clock: cluster.clock }),
    ConflictError,
  );
  assertEquals(error.code, "conflict");
  assertEquals(rulesOf(cluster).length, 4);
  assertEquals(subsetsOf(cluster), ["v1", "v2", "v3"]);
});

Deno.test("10.2 a clear that stops between route and subset says so, and undo leads back", async () => {
  const cluster = start();
  const former = rulesOf(cluster);
  const made = await plan(cluster);
  cluster.onCall = ({ verb, nth, dryRun }) =>
    verb === "patch" && nth === 2 && !dryRun
      ? { error: new ClusterError("rejected", "denied", { status: 400 }) }
      : undefined;
  const error = await assertRejects(
    () => executePlan(cluster, made, { clock: cluster.clock }),
    ClusterError,
  );
  cluster.onCall = undefined;
  const outcome = outcomeOf(error);
  assertEquals(outcome?.written.map(({ kind }) => kind), ["VirtualService"]);
  assertEquals(outcome?.notWritten.map(({ kind }) => kind), [
    "DestinationRule",
  ]);
  assertEquals(subsetsOf(cluster), ["v1", "v2", "v3"]);
  await goBack(cluster);
  assertEquals(rulesOf(cluster), former);
});

Deno.test("4.4 a clear does not take a rule that was changed since it was shown", async () => {
  const cluster = start();
  const made = await plan(cluster);
  cluster.change(SERVICE, (object) => {
    const { spec } = object as VirtualService;
    const http = (spec.http ?? []).map((rule) =>
      rule.name === PREVIEW.name ? { ...rule, timeout: "3s" } : rule
    );
    return { ...object, spec: { ...spec, http } };
  });
  const error = await assertRejects(
    () => executePlan(cluster, made, { clock: cluster.clock }),
    ConflictError,
  );
  assertEquals(error.code, "conflict");
  assertEquals(rulesOf(cluster).length, 4);
  assertEquals(subsetsOf(cluster), ["v1", "v2", "v3"]);
});

Deno.test("8 undo of a clear is graded like a shift, since the build rises again", async () => {
  const cluster = start([split("every", { v1: 60, v2: 40 })]);
  await clear(cluster);
  assertEquals(rulesOf(cluster)[0]?.route?.length, 1);
  const back = await goBack(cluster);
  assertEquals(back.grade, "severe");
});

Deno.test("11.4 undo of a clear towards a build without ready pods is refused while the other serves", async () => {
  const cluster = start([split("every", { v1: 60, v2: 40 })]);
  await clear(cluster);
  const error = await assertRejects(() =>
    planUndoOn(cluster, {
      namespace: "default",
      names: ["a"],
      verb: "undo",
    }, runOn(cluster))
  );
  assertInstanceOf(error, RefusedError);
  assertEquals(error.code, "no-ready-pods");
});

Deno.test("7.2 whatever soft takes, redirects, delegates and living rules stay as they were, and undo gives all back", async () => {
  const living = fc.constantFrom<HTTPRoute>(
    REDIRECT,
    DELEGATE,
    split("istiops-v1", { v1: 100 }, when("you")),
    split("two", { v1: 100 }, { match: [{ uri: { exact: "/two" } }] }),
    { name: "b", match: [{ uri: { prefix: "/b" } }], route: to("b:x") },
  );
  const dead = fc.constantFrom<HTTPRoute>(
    PREVIEW,
    split("istiops-v3", { v3: 100 }, when("her")),
    split("by-hand", { v2: 50, v3: 50 }, when("him")),
  );
  const rules = fc.uniqueArray(fc.oneof(living, dead), {
    maxLength: 7,
    selector: ({ name }) => name,
  });
  await fc.assert(
    fc.asyncProperty(rules, async (some) => {
      const cluster = start([...some, BASE]);
      const former = [cluster.read(SERVICE), cluster.read(RULE)].map((object) =>
        object["spec"]
      );
      const made = await clear(cluster);
      const names = ["istiops-v2", "istiops-v3", "by-hand"];
      assertEquals(
        rulesOf(cluster),
        [...some, BASE].filter(({ name = "" }) => !names.includes(name)),
      );
      if (!made.changed) return;
      await goBack(cluster);
      assertEquals(
        [cluster.read(SERVICE), cluster.read(RULE)].map((object) =>
          object["spec"]
        ),
        former,
      );
    }),
    { numRuns: 40 },
  );
});
