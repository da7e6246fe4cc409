import { executePlan } from "../../src/actions/execute.ts";
import { outcomeOf } from "../../src/actions/outcome.ts";
import { dryRunOnServer } from "../../src/actions/preflight.ts";
import {
  ClusterError,
  ConflictError,
  InterruptedError,
  OutcomeUnknownError,
  RefusedError,
  TrafficError,
} from "../../src/errors.ts";
import type { KubeObject, Subset } from "../../src/istio/types.ts";
import { readHistory } from "../../src/traffic/journal.ts";
import { makePlan } from "../../src/traffic/plan.ts";
import type { Guard, TrafficPlan } from "../../src/traffic/types.ts";
import {
  destinationRuleWith,
  virtualServiceWith,
} from "../support/arbitraries.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { contextOf, decisionOf } from "../support/decisions.ts";
import {
  type Call,
  type Fault,
  MemoryCluster,
  type MemoryClusterOptions,
} from "../support/memory_cluster.ts";

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

const subset = (name: string): Subset => ({ name, labels: { version: name } });
const rule = (name: string, ...subsets: string[]) => ({
  name,
  route: subsets.map((subset) => ({
    destination: { host: "reviews", subset },
  })),
});

function with_(object: KubeObject, spec: Record<string, unknown>): KubeObject {
  return { ...object, spec: { ...object["spec"] as object, ...spec } };
}

/** A cluster, and a plan that adds subset v2 and routes rule "main" to it. */
async function setUp(
  options: MemoryClusterOptions & { readonly guards?: readonly Guard[] } = {},
): Promise<{ cluster: MemoryCluster; plan: TrafficPlan }> {
  const cluster = new MemoryCluster([
    virtualServiceWith([rule("other", "v1"), rule("main", "v1")]),
    destinationRuleWith([subset("v1")]),
  ], options);
  cluster.clock.advance(3_600_000);
  const [service, object] = [cluster.read(SERVICE), cluster.read(RULE)];
  const plan = await makePlan(
    decisionOf([
      {
        before: service,
        after: with_(service, {
          http: [rule("other", "v1"), rule("main", "v1", "v2")],
        }),
      },
      {
        before: object,
        after: with_(object, { subsets: [subset("v1"), subset("v2")] }),
      },
    ], { guards: options.guards ?? [] }),
    contextOf({ time: cluster.clock.now(), target: cluster.target }),
  );
  return { cluster, plan };
}

function rules(cluster: MemoryCluster): unknown[] {
  return (cluster.read(SERVICE)["spec"] as { http: unknown[] }).http;
}

const written = (cluster: MemoryCluster) =>
  cluster.writes.filter(({ dryRun }) => !dryRun).map(({ ref }) => ref.kind);

/** Strikes at one call: `patch 2`. */
function strike(cluster: MemoryCluster, at: string, act: () => Fault | void) {
  cluster.onCall = ({ verb, nth, dryRun }: Call) =>
    !dryRun && `${verb} ${nth}` === at ? act() : undefined;
}

Deno.test("10.1 a plan is walked in its order, with its waits", async () => {
  const { cluster, plan } = await setUp();
  const steps: string[] = [];
  const outcome = await executePlan(cluster, plan, {
    clock: cluster.clock,
    onProgress: (progress) => steps.push(progress.type),
  });
  assertEquals(outcome.status, "done");
  assertEquals(steps, ["check", "write", "wait", "write", "wait"]);
  assertEquals(written(cluster), ["DestinationRule", "VirtualService"]);
  assertEquals(cluster.clock.slept, [2000, 2000]);
  assertEquals(rules(cluster), [rule("other", "v1"), rule("main", "v1", "v2")]);
  assertEquals(outcome.wayBack, plan.wayBack);
});

Deno.test("10.2 a plan without writes is unchanged and asks the server nothing", async () => {
  const { cluster } = await setUp();
  cluster.onCall = () => {
    throw new Error("No call expected");
  };
  const plan = await makePlan(decisionOf([]), contextOf());
  const outcome = await executePlan(cluster, plan, { clock: cluster.clock });
  assertEquals([outcome.status, outcome.changed], ["unchanged", false]);
});

Deno.test("I10 every write is sent as a dry run before the first one", async () => {
  const { cluster, plan } = await setUp();
  await executePlan(cluster, plan, { clock: cluster.clock });
  assertEquals(cluster.writes.map(({ dryRun }) => dryRun), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("F17 a denial of the last object is found before anything is written", async () => {
  const { cluster, plan } = await setUp();
  cluster.onCall = ({ dryRun, ref }) =>
    dryRun && ref.kind === "VirtualService"
      ? {
        error: new ClusterError("rejected", "Cannot patch: denied", {
          status: 400,
        }),
      }
      : undefined;
  const error = await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    ClusterError,
    "denied",
  );
  assertEquals(error.status, 400);
  assertEquals(written(cluster), []);
  assertEquals(outcomeOf(error)?.status, "failed");
});

Deno.test("12 a missing right is named before anything is written", async () => {
  const { cluster, plan } = await setUp({
    forbidden: ["patch VirtualService"],
  });
  const error = await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    ClusterError,
    'you may not patch VirtualService in "default"',
  );
  assertEquals(error.code, "forbidden");
  assertEquals(cluster.writes, []);
});

Deno.test("a server that cannot do dry runs is gone on with, and that is said", async () => {
  const { cluster, plan } = await setUp();
  cluster.onCall = ({ dryRun }) =>
    dryRun
      ? {
        error: new ClusterError(
          "rejected",
          "webhook does not support dry run",
          {
            status: 400,
          },
        ),
      }
      : undefined;
  const outcome = await executePlan(cluster, plan, { clock: cluster.clock });
  assertEquals(outcome.status, "done");
  assertEquals(outcome.warnings.length, 2);
  assertStringIncludes(outcome.warnings[0]!, "does not support dry run");
});

Deno.test.each([
  { what: "before the first write", at: "canI 1" },
  { what: "between check and write", at: "patch 1" },
  { what: "between two writes", at: "patch 2" },
])(
  "F09 an unrelated change $what is kept and the write goes on",
  async ({ at }) => {
    const { cluster, plan } = await setUp();
    strike(cluster, at, () => {
      cluster.change(SERVICE, (object) => ({
        ...with_(object, { http: [rule("new", "v1"), ...rules(cluster)] }),
        metadata: { ...object.metadata, labels: { by: "another" } },
      }));
    });
    const outcome = await executePlan(cluster, plan, { clock: cluster.clock });
    assertEquals(outcome.status, "done");
    assertEquals(rules(cluster), [
      rule("new", "v1"),
      rule("other", "v1"),
      rule("main", "v1", "v2"),
    ]);
    assertEquals(cluster.read(SERVICE).metadata.labels, { by: "another" });
  },
);

Deno.test("F10 a change of the same rule is a conflict with both versions, and nothing is written", async () => {
  const { cluster, plan } = await setUp();
  strike(cluster, "canI 1", () => {
    cluster.change(
      SERVICE,
      (object) =>
        with_(object, { http: [rule("other", "v1"), rule("main", "v9")] }),
    );
  });
  const error = await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    ConflictError,
    'spec.http[1] "main" was changed',
  );
  assertEquals(written(cluster), []);
  assertEquals(outcomeOf(error)?.status, "conflict");
  const [conflict] = error.details!["conflicts"] as Record<string, unknown>[];
  assertEquals(conflict?.["expected"], rule("main", "v1"));
  assertEquals(conflict?.["wanted"], rule("main", "v1", "v2"));
  assertEquals(conflict?.["found"], rule("main", "v9"));
});

Deno.test("10.2 a conflict half way says what was written and what was not", async () => {
  const { cluster, plan } = await setUp();
  strike(cluster, "patch 2", () => {
    cluster.change(
      SERVICE,
      (object) => with_(object, { http: [rule("main", "v9")] }),
    );
  });
  const error = await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    ConflictError,
  );
  assertEquals(error.details!["written"], [
    'DestinationRule "default/reviews"',
  ]);
  assertEquals(error.details!["notWritten"], [
    'VirtualService "default/reviews"',
  ]);
  assertEquals(outcomeOf(error)?.wayBack, plan.wayBack);
});

Deno.test("a write that always loses the race gives up with a conflict", async () => {
  const { cluster, plan } = await setUp();
  cluster.onCall = ({ verb, dryRun, ref }) => {
    if (verb !== "patch" || dryRun) return;
    cluster.change(ref, (object) => object);
  };
  const error = await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    ConflictError,
  );
  assertEquals(outcomeOf(error)?.written, []);
  assertEquals(cluster.clock.slept.length, 39);
});

Deno.test("10.4 an exact plan refuses any newer version", async () => {
  const { cluster, plan } = await setUp();
  cluster.change(SERVICE, (object) => object);
  await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock, exact: true }),
    ConflictError,
  );
  assertEquals(written(cluster), []);
});

Deno.test.each(
  [
    { what: "was carried out", at: "patch 1", fault: { lost: true } },
    { what: "never arrived", at: "patch 1", fault: { neverArrived: true } },
    {
      what: "to the last object was carried out",
      at: "patch 2",
      fault: { lost: true },
    },
    {
      what: "to the last object never arrived",
      at: "patch 2",
      fault: { neverArrived: true },
    },
  ] as const,
)(
  "F03 F04 a write whose answer is lost and that $what is done once",
  async ({ at, fault }) => {
    const { cluster, plan } = await setUp();
    strike(cluster, at, () => fault);
    const outcome = await executePlan(cluster, plan, { clock: cluster.clock });
    assertEquals(outcome.status, "done");
    assertEquals(written(cluster), ["DestinationRule", "VirtualService"]);
    for (const ref of [SERVICE, RULE]) {
      const { entries } = await readHistory(cluster.read(ref), {
        server: cluster.target.server,
      });
      assertEquals(entries.length, 1);
    }
  },
);

Deno.test("F05 a lost answer, then a change by somebody else: the record tells that it was done", async () => {
  const { cluster, plan } = await setUp();
  cluster.onCall = ({ verb, nth, dryRun }) => {
    if (dryRun) return;
    if (`${verb} ${nth}` === "patch 2") return { lost: true };
    if (verb === "get") {
      cluster.change(SERVICE, (object) => with_(object, { http: [] }));
    }
  };
  const outcome = await executePlan(cluster, plan, { clock: cluster.clock });
  assertEquals(outcome.status, "done");
});

Deno.test("I7 a write that cannot be looked up is unknown, never failed", async () => {
  const { cluster, plan } = await setUp();
  cluster.onCall = ({ verb, nth, dryRun }) => {
    if (dryRun) return;
    if (`${verb} ${nth}` === "patch 2") return { lost: true };
    if (verb === "get") {
      return {
        error: new ClusterError("unreachable", "Cannot reach the server"),
      };
    }
  };
  const error = await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    OutcomeUnknownError,
  );
  const outcome = outcomeOf(error);
  assertEquals(outcome?.status, "unknown");
  assertEquals(outcome?.unknown?.kind, "VirtualService");
  assertEquals(outcome?.written.length, 1);
  assertEquals(outcome?.notWritten, []);
});

Deno.test("I6 an interruption stops between steps and says what was written", async () => {
  const { cluster, plan } = await setUp();
  const controller = new AbortController();
  strike(cluster, "patch 1", () => controller.abort());
  const error = await assertRejects(
    () =>
      executePlan(cluster, plan, {
        clock: cluster.clock,
        signal: controller.signal,
      }),
    InterruptedError,
  );
  assertEquals(written(cluster), ["DestinationRule"]);
  assertEquals(error.details!["notWritten"], [
    'VirtualService "default/reviews"',
  ]);
  assertStringIncludes(error.hint!, "istiops undo reviews --operation op-1");
});

Deno.test("I6 an interruption during a wait ends it", async () => {
  const { cluster, plan } = await setUp();
  const controller = new AbortController();
  cluster.clock.onSleep = () => controller.abort();
  const error = await assertRejects(
    () =>
      executePlan(cluster, plan, {
        clock: cluster.clock,
        signal: controller.signal,
      }),
    InterruptedError,
  );
  assertEquals(outcomeOf(error)?.status, "interrupted");
});

const pod = (ready: boolean): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "reviews-v2",
    namespace: "default",
    labels: { app: "reviews", version: "v2" },
  },
  status: {
    phase: "Running",
    podIP: "10.0.0.1",
    conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
  },
});

const BACKEND: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "reviews", namespace: "default" },
  spec: { selector: { app: "reviews" }, ports: [{ port: 9080 }] },
};

const GUARD: Guard = {
  build: "v2",
  host: "reviews.default.svc.cluster.local",
  service: { namespace: "default", name: "reviews" },
  labels: { version: "v2" },
  rule: "required",
};

Deno.test("5.6 pods that are not ready refuse the plan before anything is written", async () => {
  const { cluster, plan } = await setUp({ guards: [GUARD] });
  cluster.put(BACKEND);
  cluster.put(pod(false));
  const error = await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    RefusedError,
    'build "v2"',
  );
  assertEquals([error.code, written(cluster)], ["no-ready-pods", []]);
  const forced = await executePlan(cluster, plan, {
    clock: cluster.clock,
    overrides: { force: true },
  });
  assertEquals(forced.status, "done");
});

Deno.test("5.6 pods are looked at again just before the route is written", async () => {
  const { cluster, plan } = await setUp({ guards: [GUARD] });
  cluster.put(BACKEND);
  const object = cluster.put(pod(true));
  cluster.clock.onSleep = () => {
    cluster.put({ ...object, status: pod(false)["status"] });
  };
  const error = await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    RefusedError,
  );
  assertEquals(error.code, "no-ready-pods");
  assertEquals(written(cluster), ["DestinationRule"]);
});

Deno.test.each([
  { overrides: {}, gives: "pods-unknown" },
  { overrides: { force: true }, gives: "pods-unknown" },
  { overrides: { skipPodCheck: true }, gives: "done" },
])(
  "5.6 pods that may not be listed are unknown: $overrides gives $gives",
  async ({ overrides, gives }) => {
    const { cluster, plan } = await setUp({
      guards: [GUARD],
      forbidden: ["list Pod"],
    });
    cluster.put(BACKEND);
    const result = await executePlan(cluster, plan, {
      clock: cluster.clock,
      overrides,
    }).catch((error) => error);
    assertEquals(result.code ?? result.status, gives);
  },
);

Deno.test("5.7 a relative guard refuses only while a falling build has ready pods", async () => {
  const relative: Guard = {
    ...GUARD,
    rule: "relative",
    falling: [{ version: "v1" }],
  };
  for (const serving of [true, false]) {
    const { cluster, plan } = await setUp({ guards: [relative] });
    cluster.put(BACKEND);
    cluster.put({
      ...pod(serving),
      metadata: {
        ...pod(true).metadata,
        name: "reviews-v1",
        labels: { app: "reviews", version: "v1" },
      },
    });
    const result = await executePlan(cluster, plan, { clock: cluster.clock })
      .catch((error) => error);
    assertEquals(
      result.code ?? result.status,
      serving ? "no-ready-pods" : "done",
    );
  }
});

Deno.test("9 --verify fails when the change was reverted, and not when it stands", async () => {
  const kept = await setUp();
  const outcome = await executePlan(kept.cluster, kept.plan, {
    clock: kept.cluster.clock,
    verify: 180_000,
  });
  assertEquals(outcome.status, "done");
  assertEquals(kept.cluster.clock.slept.at(-1), 180_000);

  const { cluster, plan } = await setUp();
  cluster.clock.onSleep = (milliseconds) => {
    if (milliseconds !== 180_000) return;
    cluster.change(
      SERVICE,
      (object) =>
        with_(object, { http: [rule("other", "v1"), rule("main", "v1")] }),
    );
  };
  const error = await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock, verify: 180_000 }),
    TrafficError,
  );
  assertEquals(error.code, "reverted");
});

Deno.test("10.2 dryRunOnServer() writes nothing and says what was not verified", async () => {
  const { cluster, plan } = await setUp({
    forbidden: ["patch VirtualService"],
  });
  const checked = await dryRunOnServer(cluster, plan);
  assertEquals(written(cluster), []);
  assertEquals(checked.unverified.length, 1);
  assertStringIncludes(checked.unverified[0]!, "forbidden");
  assertEquals({ ...checked, unverified: plan.unverified }, plan);
});

/** Creates the DestinationRule, or deletes it. */
async function lifePlan(
  cluster: MemoryCluster,
  create: boolean,
): Promise<TrafficPlan> {
  const body = destinationRuleWith([subset("v1")], "made");
  return await makePlan(
    decisionOf([
      create ? { after: body } : {
        before: cluster.read({ ...RULE, name: "made" }),
      },
    ]),
    contextOf({ target: cluster.target }),
  );
}

Deno.test.each(
  [
    { fault: { lost: true } },
    { fault: { neverArrived: true } },
  ] as const,
)("a creation and a deletion survive $fault", async ({ fault }) => {
  const { cluster } = await setUp();
  strike(cluster, "create 1", () => fault);
  const created = await executePlan(cluster, await lifePlan(cluster, true), {
    clock: cluster.clock,
  });
  assertEquals(created.status, "done");
  strike(cluster, "delete 1", () => fault);
  const deleted = await executePlan(cluster, await lifePlan(cluster, false), {
    clock: cluster.clock,
  });
  assertEquals(deleted.status, "done");
  assert(!cluster.all().some(({ metadata }) => metadata.name === "made"));
});

Deno.test("F11 a creation that somebody else was faster with is a conflict", async () => {
  const { cluster } = await setUp();
  const plan = await lifePlan(cluster, true);
  strike(cluster, "create 1", () => {
    cluster.put(destinationRuleWith([subset("v9")], "made"));
  });
  await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    ConflictError,
    "somebody else created it",
  );
});

Deno.test("a deletion of what was changed meanwhile is a conflict", async () => {
  const { cluster } = await setUp();
  cluster.put(destinationRuleWith([subset("v1")], "made"));
  const plan = await lifePlan(cluster, false);
  strike(cluster, "delete 1", () => {
    cluster.put(destinationRuleWith([subset("v9")], "made"));
  });
  await assertRejects(
    () => executePlan(cluster, plan, { clock: cluster.clock }),
    ConflictError,
  );
});
