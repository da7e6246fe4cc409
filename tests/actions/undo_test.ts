import fc from "fast-check";
import type { RunContext } from "../../src/actions/context.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { historyOf } from "../../src/actions/history.ts";
import { planUndoOn } from "../../src/actions/undo.ts";
import {
  ClusterError,
  ConflictError,
  RefusedError,
  TrafficError,
} from "../../src/errors.ts";
import type { KubeObject, Subset } from "../../src/istio/types.ts";
import type { UndoIntent } from "../../src/traffic/intents.ts";
import { HISTORY_ANNOTATION, marksOf } from "../../src/traffic/journal.ts";
import { makePlan } from "../../src/traffic/plan.ts";
import type {
  Decision,
  ShareRow,
  TrafficPlan,
} from "../../src/traffic/types.ts";
import {
  anyRule,
  destinationRuleWith,
  virtualServiceWith,
} from "../support/arbitraries.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { contextOf, decisionOf } from "../support/decisions.ts";
import { MemoryCluster } from "../support/memory_cluster.ts";

const SERVICE = {
  kind: "VirtualService",
  namespace: "default",
  name: "reviews",
} as const;
const RULE = {
  kind: "DestinationRule",
  namespace: "default",
  name: "reviews",
} as const;
const HOST = "reviews.default.svc.cluster.local";

const subset = (name: string, version = name): Subset => ({
  name,
  labels: { version },
});
const rule = (name: string, weights: Record<string, number>) => ({
  name,
  route: Object.entries(weights).map(([subset, weight]) => ({
    destination: { host: "reviews", subset },
    weight,
  })),
});

function start(...more: KubeObject[]): MemoryCluster {
  return new MemoryCluster([
    virtualServiceWith([rule("other", { v1: 100 }), rule("main", { v1: 100 })]),
    destinationRuleWith([subset("v1")]),
    ...more,
  ]);
}

const rules = (cluster: MemoryCluster) =>
  (cluster.read(SERVICE)["spec"] as { http?: unknown[] }).http ?? [];
const subsets = (cluster: MemoryCluster) =>
  (cluster.read(RULE)["spec"] as { subsets?: Subset[] }).subsets ?? [];

interface Doing {
  readonly rules?: readonly unknown[];
  readonly subsets?: readonly Subset[];
  readonly shares?: readonly Pick<ShareRow, "build" | "before" | "after">[];
  readonly decision?: Partial<Decision>;
  readonly user?: string;
}

/** Changes rules and subsets as a verb of istiops would. */
async function change(
  cluster: MemoryCluster,
  operation: string,
  doing: Doing,
): Promise<void> {
  cluster.clock.advance(60_000);
  const [service, object] = [cluster.read(SERVICE), cluster.read(RULE)];
  const set = (one: KubeObject, spec: Record<string, unknown>) => ({
    ...one,
    spec: { ...one["spec"] as object, ...spec },
  });
  const plan = await makePlan(
    decisionOf([
      {
        before: service,
        after: set(service, { http: doing.rules ?? rules(cluster) }),
      },
      {
        before: object,
        after: set(object, { subsets: doing.subsets ?? subsets(cluster) }),
      },
    ], {
      host: HOST,
      shares: (doing.shares ?? []).map((share) => ({
        ...share,
        virtualService: { namespace: "default", name: "reviews" },
        route: "main",
        host: HOST,
        labels: { version: share.build },
        readyPods: null,
      })),
      ...doing.decision,
    }),
    contextOf({
      operation,
      time: cluster.clock.now(),
      target: cluster.target,
      user: doing.user ?? "tester",
    }),
  );
  await executePlan(cluster, plan, { clock: cluster.clock });
}

/** Adds v2 with 20 %. */
const CANARY: Doing = {
  rules: [rule("other", { v1: 100 }), rule("main", { v1: 80, v2: 20 })],
  subsets: [subset("v1"), subset("v2")],
  shares: [
    { build: "v1", before: 100, after: 80 },
    { build: "v2", before: 0, after: 20 },
  ],
  decision: { build: "v2" },
};

let runs = 0;

async function plan(
  cluster: MemoryCluster,
  intent: Partial<UndoIntent> = {},
): Promise<TrafficPlan> {
  cluster.clock.advance(60_000);
  const run: RunContext = {
    operation: `back-${++runs}`,
    time: cluster.clock.now(),
    command: "istiops undo reviews",
    settle: 2000,
    protectedContexts: [],
    clock: cluster.clock,
  };
  return await planUndoOn(cluster, {
    verb: "undo",
    namespace: "default",
    names: ["reviews"],
    ...intent,
  }, run);
}

async function go(
  cluster: MemoryCluster,
  intent: Partial<UndoIntent> = {},
): Promise<TrafficPlan> {
  const made = await plan(cluster, intent);
  await executePlan(cluster, made, { clock: cluster.clock });
  return made;
}

Deno.test("11.2 undo takes back the newest change on all its objects, routes first", async () => {
  const cluster = start();
  const former = [rules(cluster), subsets(cluster)];
  await change(cluster, "op-a", CANARY);
  const made = await go(cluster);
  assertEquals([rules(cluster), subsets(cluster)], former);
  assertEquals(
    made.steps.map((step) => step.step === "wait" ? "wait" : step.role),
    ["route", "wait", "remove-subsets", "wait"],
  );
  assertEquals(
    made.wayBack?.startsWith(
      `istiops redo reviews --operation ${made.operation} -n default`,
    ),
    true,
  );
});

Deno.test("11.2 two undos are two steps, and two redos bring both back", async () => {
  const cluster = start();
  const states = [rules(cluster)];
  await change(cluster, "op-a", CANARY);
  states.push(rules(cluster));
  await change(cluster, "op-b", {
    rules: [rule("other", { v1: 100 }), rule("main", { v1: 50, v2: 50 })],
  });
  states.push(rules(cluster));
  await go(cluster);
  assertEquals(rules(cluster), states[1]);
  await go(cluster);
  assertEquals(rules(cluster), states[0]);
  await assertRejects(() => plan(cluster), TrafficError, "nothing to undo");
  await go(cluster, { verb: "redo" });
  assertEquals(rules(cluster), states[1]);
  assertEquals(subsets(cluster), [subset("v1"), subset("v2")]);
  await go(cluster, { verb: "redo" });
  assertEquals(rules(cluster), states[2]);
  await assertRejects(() => plan(cluster, { verb: "redo" }), TrafficError);
  await go(cluster);
  assertEquals(rules(cluster), states[1]);
});

Deno.test("11.2 an operation that is taken back already changes nothing", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  await go(cluster, { operation: "op-a" });
  const again = await plan(cluster, { operation: "op-a" });
  assertEquals([again.changed, again.grade, again.steps], [false, "none", []]);
});

Deno.test("11.2 an operation that was redone can be undone by its own id", async () => {
  const cluster = start();
  const former = rules(cluster);
  await change(cluster, "op-a", CANARY);
  await go(cluster, { operation: "op-a" });
  await go(cluster, { verb: "redo", operation: "op-a" });
  assertEquals(rules(cluster), CANARY.rules);
  await go(cluster, { operation: "op-a" });
  assertEquals(rules(cluster), former);
});

Deno.test("11.2 an unknown operation is named with those that are known", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  const error = await assertRejects(
    () => plan(cluster, { operation: "op-z" }),
    TrafficError,
  );
  assertEquals([error.code, error.details], [
    "history-not-found",
    { known: ["op-a"] },
  ]);
});

Deno.test.each([
  {
    what: "by another user",
    user: "somebody",
    wait: 0,
    named: false,
    grade: "severe",
  },
  {
    what: "over one hour old",
    user: "tester",
    wait: 3_600_001,
    named: false,
    grade: "severe",
  },
  {
    what: "over one hour old but named",
    user: "somebody",
    wait: 3_600_001,
    named: true,
    grade: "mild",
  },
  {
    what: "fresh and one's own",
    user: "tester",
    wait: 0,
    named: false,
    grade: "mild",
  },
])(
  "11.2 undo of an operation $what is $grade",
  async ({ user, wait, named, grade }) => {
    const cluster = start();
    await change(cluster, "op-a", { ...CANARY, user });
    cluster.clock.advance(wait);
    const made = await plan(cluster, named ? { operation: "op-a" } : {});
    assertEquals(made.grade, grade);
  },
);

Deno.test("8 undo of a lowering and redo are graded like a shift", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  await change(cluster, "op-b", {
    rules: [rule("other", { v1: 100 }), rule("main", { v1: 100, v2: 0 })],
    shares: [
      { build: "v1", before: 20, after: 100 },
      { build: "v2", before: 80, after: 0 },
    ],
    decision: { build: "v2", grade: "lowering" },
  });
  assertEquals((await go(cluster)).grade, "severe");
  assertEquals((await plan(cluster, { verb: "redo" })).grade, "severe");
});

Deno.test("11.3 undo keeps what others changed since: rules, subsets, labels", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  cluster.change(SERVICE, (object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { team: "a" } },
    spec: {
      ...object["spec"] as object,
      http: [
        rule("first", { v1: 1 }),
        ...rules(cluster),
        rule("last", { v1: 1 }),
      ],
    },
  }));
  cluster.change(RULE, (object) => ({
    ...object,
    spec: {
      ...object["spec"] as object,
      subsets: [subset("v0"), ...subsets(cluster)],
    },
  }));
  await go(cluster);
  assertEquals(rules(cluster), [
    rule("first", { v1: 1 }),
    rule("other", { v1: 100 }),
    rule("main", { v1: 100 }),
    rule("last", { v1: 1 }),
  ]);
  assertEquals(subsets(cluster), [subset("v0"), subset("v1")]);
  assertEquals(cluster.read(SERVICE).metadata.labels, { team: "a" });
});

Deno.test("11.3 a touched rule that differs is a conflict with three versions; --force goes on", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  cluster.change(SERVICE, (object) => ({
    ...object,
    spec: {
      ...object["spec"] as object,
      http: [rule("other", { v1: 100 }), rule("main", { v1: 10, v2: 90 })],
    },
  }));
  const error = await assertRejects(
    () => plan(cluster),
    ConflictError,
    'spec.http[1] "main" of VirtualService default/reviews was changed since',
  );
  const [conflict] = error.details!["conflicts"] as Record<string, unknown>[];
  assertEquals(conflict?.["former"], rule("main", { v1: 100 }));
  assertEquals(conflict?.["now"], rule("main", { v1: 10, v2: 90 }));
  assert(conflict?.["left"] !== undefined);
  const forced = await go(cluster, { force: true });
  assertEquals(forced.grade, "severe");
  assertEquals(rules(cluster)[1], rule("main", { v1: 100 }));
});

Deno.test("11.3 an older operation is refused, and --to takes the newer ones back in turn", async () => {
  const cluster = start();
  const former = rules(cluster);
  await change(cluster, "op-a", CANARY);
  await change(cluster, "op-b", {
    rules: [rule("other", { v1: 100 }), rule("main", { v1: 50, v2: 50 })],
    shares: [
      { build: "v1", before: 80, after: 50 },
      { build: "v2", before: 20, after: 50 },
    ],
  });
  await assertRejects(
    () => plan(cluster, { operation: "op-a" }),
    ConflictError,
    'was changed since by "op-b"',
  );
  const made = await go(cluster, { to: "op-a" });
  assertEquals(rules(cluster), former);
  assertEquals(
    made.shares.map(({ build, before, after }) => [build, before, after]),
    [
      ["v1", 50, 100],
      ["v2", 50, 0],
    ],
  );
  const history = await historyOf(cluster, {
    namespace: "default",
    names: ["reviews"],
  });
  assertEquals(
    history.objects[0]?.entries.map((
      { operation, undone },
    ) => [operation, undone]),
    [[made.operation, false], ["op-b", true], ["op-a", true]],
  );
});

Deno.test("11.3 another's later subset in a shared DestinationRule is not in the way", async () => {
  const cluster = start(virtualServiceWith([rule("x", { v1: 1 })], "another"));
  await change(cluster, "op-a", CANARY);
  const object = cluster.read(RULE);
  const another = { ...SERVICE, name: "another" };
  const service = cluster.read(another);
  const made = await makePlan(
    decisionOf([
      {
        before: object,
        after: {
          ...object,
          spec: {
            ...object["spec"] as object,
            subsets: [...subsets(cluster), subset("v3")],
          },
        },
      },
      {
        before: service,
        after: { ...service, spec: { http: [rule("x", { v3: 1 })] } },
      },
    ].map((pair) => ({
      ...pair,
      after: {
        ...pair.after,
        spec: { ...pair.before["spec"] as object, ...pair.after.spec },
      },
    }))),
    contextOf({
      operation: "op-b",
      time: cluster.clock.now(),
      target: cluster.target,
    }),
  );
  await executePlan(cluster, made, { clock: cluster.clock });
  await go(cluster);
  assertEquals(rules(cluster)[1], rule("main", { v1: 100 }));
  assertEquals(subsets(cluster), [subset("v1"), subset("v3")]);
});

Deno.test("11.3 a subset that came and went again since is not in the way", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  await change(cluster, "op-b", {
    rules: [rule("other", { v1: 100 }), rule("main", { v1: 100 })],
  });
  await change(cluster, "op-c", {
    subsets: [subset("v1")],
    decision: { verb: "clear" },
  });
  await change(cluster, "op-d", CANARY);
  await go(cluster, { operation: "op-d" });
  await go(cluster, { operation: "op-c" });
  assertEquals(subsets(cluster), [subset("v1"), subset("v2")]);
});

Deno.test("11.2 a change of subsets alone can be taken back by the name of its routes", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  await change(cluster, "op-b", {
    rules: [rule("other", { v1: 100 }), rule("main", { v1: 100 })],
  });
  await change(cluster, "op-c", {
    subsets: [subset("v1")],
    decision: { verb: "clear" },
  });
  await go(cluster, { operation: "op-c" });
  assertEquals(subsets(cluster), [subset("v1"), subset("v2")]);
});

Deno.test("F25 wherever a shift is cut off, undo leads back and nothing dangles on the way", async () => {
  const former = start();
  for (const at of ["patch 1", "patch 2"]) {
    for (const fault of ["before", "after"]) {
      const cluster = start();
      cluster.onCall = ({ verb, nth, dryRun }) => {
        if (dryRun || `${verb} ${nth}` !== at) return;
        return fault === "before"
          ? { error: new ClusterError("unreachable", "cut off") }
          : { lost: true };
      };
      const lost = cluster.get;
      if (fault === "after") {
        // Killed: the answer is lost and nobody looks it up.
        cluster.get = () =>
          Promise.reject(new ClusterError("unreachable", "cut off"));
      }
      await assertRejects(() => change(cluster, "op-a", CANARY), TrafficError);
      cluster.onCall = undefined;
      cluster.get = lost;
      if (at === "patch 1" && fault === "before") {
        await assertRejects(() => plan(cluster), TrafficError, "no record");
      } else await go(cluster, { operation: "op-a" });
      assertEquals([rules(cluster), subsets(cluster)], [
        rules(former),
        subsets(former),
      ]);
    }
  }
});

/** Replaces v1 by v2, whose subset was not there: its undo has three writes. */
const REPLACED: Doing = {
  rules: [rule("other", { v2: 100 }), rule("main", { v2: 100 })],
  subsets: [subset("v2")],
};

/** Gives a subset that nothing names other labels, and another's place. */
const RELABELLED: Doing = {
  rules: [rule("other", { v1: 100 }), rule("main", { spare: 100 })],
  subsets: [subset("v1"), subset("spare", "v3")],
};

/** Runs it and is cut off after some of its writes. */
async function cutOff(
  cluster: MemoryCluster,
  of: { readonly verb: "undo" | "redo"; readonly after: number },
): Promise<number> {
  const { steps } = await plan(cluster, { verb: of.verb });
  const writes = steps.filter(({ step }) => step === "write").length;
  let left = of.after;
  cluster.onCall = ({ verb, dryRun }) =>
    !dryRun && ["patch", "create", "delete"].includes(verb) && left-- === 0
      ? { error: new ClusterError("rejected", "cut off", { status: 403 }) }
      : undefined;
  const ended = go(cluster, { verb: of.verb });
  await (of.after < writes ? assertRejects(() => ended) : ended);
  cluster.onCall = undefined;
  return writes;
}

Deno.test.each([
  ["adds a subset", CANARY, 2],
  ["replaces a subset", REPLACED, 3],
  ["gives a subset other labels", RELABELLED, 2],
])(
  "F25 an undo or redo of what $0 that was cut off is finished by the same again, and taken back by the other",
  async (_, doing, writes) => {
    for (const cut of ["undo", "redo"] as const) {
      for (let after = 0; after <= writes; after++) {
        for (const next of ["undo", "redo"] as const) {
          const cluster = start();
          const states = { undo: specs(cluster), redo: "" };
          await change(cluster, "op-a", doing);
          states.redo = specs(cluster);
          if (cut === "redo") await go(cluster);
          assertEquals(await cutOff(cluster, { verb: cut, after }), writes);
          const where = `${cut} cut after ${after}, then ${next}`;
          // What was never begun cannot be taken back, nor the whole be finished.
          const isOver = next === cut ? after === writes : after === 0;
          if (isOver) {
            await assertRejects(() => plan(cluster, { verb: next }));
          } else await go(cluster, { verb: next });
          const stands = isOver ? (next === "undo" ? "undo" : "redo") : next;
          assertEquals(specs(cluster), states[stands], where);
          const other = stands === "undo" ? "redo" : "undo";
          await go(cluster, { verb: other });
          assertEquals(specs(cluster), states[other], `${where}, ${other}`);
          await go(cluster, { verb: stands });
          assertEquals(specs(cluster), states[stands], `${where}, ${stands}`);
        }
      }
    }
  },
);

Deno.test("F25 history tells an undo that stopped half way, until it is finished", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  await cutOff(cluster, { verb: "undo", after: 1 });
  const states = async () =>
    (await historyOf(cluster, { namespace: "default", names: ["reviews"] }))
      .objects.flatMap(({ kind, entries }) =>
        entries.map(({ verb, undone, unfinished }) =>
          `${kind} ${verb} ${undone} ${unfinished}`
        )
      );
  assertEquals(await states(), [
    "VirtualService undo false true",
    "VirtualService shift false false",
    "DestinationRule shift false false",
  ]);
  const { notes } = await go(cluster);
  assert(
    notes.includes(
      'Operation "op-a" was taken back half way: this is the rest',
    ),
  );
  assertEquals(await states(), [
    "VirtualService undo false false",
    "VirtualService shift true false",
    "DestinationRule undo false false",
    "DestinationRule shift true false",
  ]);
});

const specs = (cluster: MemoryCluster): string =>
  JSON.stringify([rules(cluster), subsets(cluster)]);

Deno.test("11.3 a missing subset comes back before the route that names it", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  await change(cluster, "op-b", {
    rules: [rule("other", { v1: 100 }), rule("main", { v1: 100 })],
    decision: { verb: "clear" },
  });
  cluster.change(RULE, (object) => ({
    ...object,
    spec: { ...object["spec"] as object, subsets: [subset("v1")] },
  }));
  const made = await go(cluster, { operation: "op-b" });
  assertEquals(
    made.steps.map((step) => step.step === "wait" ? "wait" : step.role),
    ["add-subsets", "wait", "route", "wait"],
  );
  assertEquals(subsets(cluster), [subset("v1"), subset("v2")]);
});

Deno.test("11.3 a subset of that name with other labels is a conflict", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  await change(cluster, "op-b", {
    rules: [rule("other", { v1: 100 }), rule("main", { v1: 100 })],
  });
  cluster.change(RULE, (object) => ({
    ...object,
    spec: {
      ...object["spec"] as object,
      subsets: [subset("v1"), subset("v2", "other")],
    },
  }));
  await assertRejects(
    () => plan(cluster, { operation: "op-b" }),
    ConflictError,
    "it has other labels now",
  );
});

Deno.test.each([
  {
    why: "somebody else's route names it",
    spoil: (cluster: MemoryCluster) =>
      void cluster.put({
        ...virtualServiceWith([rule("x", { v2: 1 })], "another"),
        metadata: { name: "another", namespace: "shop" },
        spec: {
          http: [{ route: [{ destination: { host: HOST, subset: "v2" } }] }],
        },
      }),
    says: 'VirtualService "shop/another" names it at spec.http[0].route[0]',
  },
  {
    why: "a mirror names it",
    spoil: (cluster: MemoryCluster) =>
      void cluster.put(
        virtualServiceWith([{
          ...rule("x", { v1: 1 }),
          mirror: { host: "reviews", subset: "v2" },
        }], "another"),
      ),
    says: "spec.http[0].mirror",
  },
  {
    why: "not all namespaces can be listed",
    spoil: (cluster: MemoryCluster) => {
      cluster.onCall = ({ verb, ref }) => {
        if (
          verb === "list" && ref.kind === "VirtualService" &&
          ref.namespace === ""
        ) {
          throw new FORBIDDEN();
        }
      };
    },
    says: "not every namespace can be seen",
  },
])(
  "7.5 a subset that undo would take stays where $why",
  async ({ spoil, says }) => {
    const cluster = start();
    await change(cluster, "op-a", CANARY);
    spoil(cluster);
    const made = await go(cluster);
    assertEquals(rules(cluster)[1], rule("main", { v1: 100 }));
    assertEquals(subsets(cluster), [subset("v1"), subset("v2")]);
    assert(
      made.notes.some((note) => note.includes(says)),
      made.notes.join("\n"),
    );
  },
);

class FORBIDDEN extends ClusterError {
  constructor() {
    super("forbidden", "Cannot list VirtualService: forbidden", {
      status: 403,
    });
  }
}

Deno.test("11.3 a subset that was changed since it was made stays", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  cluster.change(RULE, (object) => ({
    ...object,
    spec: {
      ...object["spec"] as object,
      subsets: [subset("v1"), { ...subset("v2"), trafficPolicy: {} }],
    },
  }));
  await go(cluster);
  assertEquals(subsets(cluster).length, 2);
});

Deno.test("7.5 a subset that clear removed comes back with its mark", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  assertEquals(marksOf(cluster.read(RULE)), ["v2"]);
  await change(cluster, "op-b", {
    rules: [rule("other", { v1: 100 }), rule("main", { v1: 100 })],
    subsets: [subset("v1")],
    decision: { verb: "clear" },
  });
  assertEquals(marksOf(cluster.read(RULE)), []);
  await go(cluster);
  assertEquals(marksOf(cluster.read(RULE)), ["v2"]);
  assertEquals(rules(cluster), CANARY.rules);
});

Deno.test("11.4 an operation that stopped half way is undone as far as it went", async () => {
  const cluster = start();
  const service = cluster.read(SERVICE);
  cluster.onCall = ({ verb, nth, dryRun }) =>
    `${verb} ${nth}` === "patch 2" && !dryRun
      ? { error: new ClusterError("rejected", "denied", { status: 400 }) }
      : undefined;
  await assertRejects(() => change(cluster, "op-a", CANARY), ClusterError);
  cluster.onCall = undefined;
  assertEquals(subsets(cluster).length, 2);
  assertEquals(cluster.read(SERVICE), service);
  const made = await go(cluster);
  assertEquals(subsets(cluster), [subset("v1")]);
  assertEquals(cluster.read(SERVICE), service);
  assert(
    made.notes.includes(
      'VirtualService default/reviews was not reached by operation "op-a"',
    ),
  );
  assertEquals((await plan(cluster, { operation: "op-a" })).changed, false);
});

async function addPods(cluster: MemoryCluster, ready: Record<string, boolean>) {
  cluster.put({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "reviews", namespace: "default" },
    spec: { selector: { app: "reviews" }, ports: [{ port: 9080 }] },
  });
  for (const [version, isReady] of Object.entries(ready)) {
    cluster.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `reviews-${version}`,
        namespace: "default",
        labels: { app: "reviews", version },
      },
      status: {
        phase: "Running",
        podIP: "10.0.0.1",
        conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
      },
    });
  }
  await Promise.resolve();
}

Deno.test.each([
  { v1: true, v2: true, gives: "mild" },
  { v1: false, v2: true, gives: "no-ready-pods" },
  { v1: false, v2: false, gives: "mild" },
])(
  "11.4 undo to v1 (ready: $v1) from v2 (ready: $v2) gives $gives",
  async ({ v1, v2, gives }) => {
    const cluster = start();
    await change(cluster, "op-a", CANARY);
    await addPods(cluster, { v1, v2 });
    const made = await plan(cluster).catch((error) => error);
    assertEquals(made.code ?? made.grade, gives);
    if (gives === "no-ready-pods") await go(cluster, { force: true });
  },
);

Deno.test.each([
  { v1: true, gives: "no-ready-pods" },
  { v1: false, gives: "mild" },
])(
  "11.4 undo that brings a whole rule back to v2 without pods, while v1 (ready: $v1) serves, gives $gives",
  async ({ v1, gives }) => {
    const cluster = start();
    const preview = {
      ...rule("preview", { v2: 100 }),
      match: [{ headers: { "x-cid": { exact: "1" } } }],
    };
    await change(cluster, "op-a", {
      rules: [preview, ...rules(cluster)],
      subsets: [subset("v1"), subset("v2")],
    });
    // As clear records a rule that went: none of its shares falls.
    await change(cluster, "op-b", {
      rules: rules(cluster).slice(1),
      decision: { verb: "clear" },
    });
    await addPods(cluster, { v1, v2: false });
    const made = await plan(cluster).catch((error) => error);
    assertEquals(made.code ?? made.grade, gives);
  },
);

Deno.test("11.4 pods that cannot be seen only warn", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  cluster.forbidden.add("list Pod");
  const made = await go(cluster);
  assert(made.notes.some((note) => note.includes("cannot be seen")));
});

Deno.test("11.3 a DestinationRule that was made goes, and redo makes it again", async () => {
  const cluster = new MemoryCluster([
    virtualServiceWith([{
      name: "main",
      route: [{ destination: { host: "reviews" } }],
    }]),
  ]);
  const former = rules(cluster);
  const service = cluster.read(SERVICE);
  const made = await makePlan(
    decisionOf([
      { after: destinationRuleWith([subset("v2")]) },
      {
        before: service,
        after: {
          ...service,
          spec: {
            ...service["spec"] as object,
            http: [rule("main", { v2: 100 })],
          },
        },
      },
    ], { host: HOST }),
    contextOf({ target: cluster.target, time: cluster.clock.now() }),
  );
  await executePlan(cluster, made, { clock: cluster.clock });
  const back = await go(cluster);
  assertEquals(rules(cluster), former);
  assertEquals(cluster.all().map((object) => object.kind), ["VirtualService"]);
  assertEquals(
    back.steps.map((step) => step.step === "wait" ? "wait" : step.action),
    [
      "patch",
      "wait",
      "delete",
      "wait",
    ],
  );
  await go(cluster, { verb: "redo" });
  assertEquals(subsets(cluster), [subset("v2")]);
  assertEquals(marksOf(cluster.read(RULE)), ["v2"]);
  assertEquals(rules(cluster), [rule("main", { v2: 100 })]);
});

Deno.test("11.1 the record of a copy is never applied", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  const copy = cluster.read(SERVICE);
  cluster.drop(SERVICE);
  cluster.put({
    ...copy,
    metadata: { ...copy.metadata, uid: "uid-of-a-copy" },
  });
  const error = await assertRejects(() => plan(cluster), RefusedError);
  assertEquals(error.code, "record-mismatch");
});

Deno.test("9 undo respects owners", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  cluster.change(SERVICE, (object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      annotations: {
        ...object.metadata.annotations,
        "argocd.argoproj.io/tracking-id":
          "shop:networking.istio.io/VirtualService:default/reviews",
      },
    },
  }));
  const error = await assertRejects(() => plan(cluster), RefusedError);
  assertEquals(error.code, "owned");
  assert((await plan(cluster, { overrideOwner: true })).changed);
});

Deno.test("11.5 history says when, who, what, the shares, and whether it stands", async () => {
  const cluster = start();
  await change(cluster, "op-a", CANARY);
  await go(cluster);
  const { objects } = await historyOf(cluster, {
    namespace: "default",
    names: ["reviews"],
  });
  assertEquals(objects.map(({ kind }) => kind), [
    "VirtualService",
    "DestinationRule",
  ]);
  const [undo, shift] = objects[0]!.entries;
  assertEquals([undo?.verb, undo?.reverts, undo?.undone], [
    "undo",
    ["op-a"],
    false,
  ]);
  assertEquals([shift?.operation, shift?.user, shift?.undone], [
    "op-a",
    "tester",
    true,
  ]);
  assertEquals(
    shift?.shares.map(({ build, before, after }) => [build, before, after]),
    [
      ["v1", 100, 80],
      ["v2", 0, 20],
    ],
  );
});

Deno.test("11.3 undo after any change, and any unrelated one on top, gives the former rules and keeps the other", async () => {
  const distinct = fc.uniqueArray(anyRule, {
    minLength: 1,
    maxLength: 5,
    selector: (one) => JSON.stringify(one),
  });
  const label = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: { by: "another" },
      annotations: { ...object.metadata.annotations, by: "another" },
    },
  });
  await fc.assert(
    fc.asyncProperty(distinct, distinct, fc.boolean(), async (a, b, insert) => {
      const cluster = new MemoryCluster([
        virtualServiceWith(a),
        destinationRuleWith([subset("v1"), subset("v2")]),
      ]);
      const former = rules(cluster);
      await change(cluster, "op-a", { rules: b });
      if (
        cluster.read(SERVICE).metadata.annotations?.[HISTORY_ANNOTATION] ===
          undefined
      ) {
        return;
      }
      const foreign = { name: "foreign", redirect: { uri: "/" } };
      cluster.change(SERVICE, (object) => {
        const http = insert ? [foreign, ...rules(cluster)] : rules(cluster);
        return label({
          ...object,
          spec: { ...object["spec"] as object, http },
        });
      });
      await go(cluster);
      assertEquals(rules(cluster), insert ? [foreign, ...former] : former);
      assertEquals(cluster.read(SERVICE).metadata.labels, { by: "another" });
      assertEquals(
        cluster.read(SERVICE).metadata.annotations?.["by"],
        "another",
      );
    }),
    { numRuns: 60 },
  );
});
