import { loadPlan, planFromFile } from "../../src/actions/apply.ts";
import type { RunContext } from "../../src/actions/context.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { ConflictError, ManifestError } from "../../src/errors.ts";
import type { KubeObject, Subset } from "../../src/istio/types.ts";
import { readHistory } from "../../src/traffic/journal.ts";
import { makePlan } from "../../src/traffic/plan.ts";
import type { TrafficPlan } from "../../src/traffic/types.ts";
import {
  destinationRuleWith,
  virtualServiceWith,
} from "../support/arbitraries.ts";
import {
  assertEquals,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
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

const subset = (name: string): Subset => ({ name, labels: { version: name } });
const rule = (...subsets: string[]) => ({
  name: "main",
  route: subsets.map((subset) => ({
    destination: { host: "reviews", subset },
  })),
});

function set(object: KubeObject, spec: Record<string, unknown>): KubeObject {
  return { ...object, spec: { ...object["spec"] as object, ...spec } };
}

/** A cluster, and the file of a plan that moves "main" from v1 to v2. */
async function saved(): Promise<{ cluster: MemoryCluster; plan: TrafficPlan }> {
  const cluster = new MemoryCluster([
    virtualServiceWith([rule("v1")]),
    destinationRuleWith([subset("v1")]),
  ]);
  const [service, object] = [cluster.read(SERVICE), cluster.read(RULE)];
  const plan = await makePlan(
    decisionOf([
      { before: service, after: set(service, { http: [rule("v2")] }) },
      { before: object, after: set(object, { subsets: [subset("v2")] }) },
    ]),
    contextOf({
      time: cluster.clock.now(),
      target: cluster.target,
      user: "planner",
    }),
  );
  return { cluster, plan };
}

function runOn(cluster: MemoryCluster): RunContext {
  return {
    operation: "unused",
    time: cluster.clock.now(),
    command: "istiops apply plan.json",
    settle: 0,
    protectedContexts: [],
    clock: cluster.clock,
  };
}

async function apply(cluster: MemoryCluster, plan: TrafficPlan) {
  const made = await planFromFile(cluster, plan, runOn(cluster));
  return await executePlan(cluster, made, {
    clock: cluster.clock,
    exact: true,
  });
}

Deno.test("10.4 a saved plan is carried out unchanged, by the user at hand", async () => {
  const { cluster, plan } = await saved();
  const outcome = await apply(cluster, loadPlan(JSON.stringify(plan)));
  assertEquals(outcome.status, "done");
  assertEquals(outcome.operation, plan.operation);
  assertEquals(cluster.read(SERVICE)["spec"], {
    hosts: ["reviews"],
    http: [rule("v2")],
  });
  assertEquals(cluster.read(RULE)["spec"], {
    host: "reviews",
    subsets: [subset("v2")],
  });
  const { entries } = await readHistory(cluster.read(SERVICE), {
    server: cluster.target.server,
  });
  assertEquals([entries[0]?.operation, entries[0]?.user], ["op-1", "tester"]);
  assertEquals(entries[0]?.subsets.length, 1);
});

Deno.test("10.4 a saved creation is carried out", async () => {
  const cluster = new MemoryCluster([virtualServiceWith([rule("v1")])]);
  const plan = await makePlan(
    decisionOf([{ after: destinationRuleWith([subset("v1")]) }]),
    contextOf({ target: cluster.target }),
  );
  assertEquals(
    (await apply(cluster, loadPlan(JSON.stringify(plan)))).status,
    "done",
  );
  assertEquals(cluster.read(RULE)["spec"], {
    host: "reviews",
    subsets: [subset("v1")],
  });
});

Deno.test("10.4 a plan is refused when a resourceVersion has changed", async () => {
  const { cluster, plan } = await saved();
  cluster.change(RULE, (object) => object);
  await assertRejects(
    () => apply(cluster, plan),
    ConflictError,
    "its resourceVersion has changed",
  );
  assertEquals(cluster.writes, []);
});

Deno.test("10.4 a plan is refused when it changes between check and write", async () => {
  const { cluster, plan } = await saved();
  const made = await planFromFile(cluster, plan, runOn(cluster));
  cluster.change(RULE, (object) => object);
  await assertRejects(
    () => executePlan(cluster, made, { clock: cluster.clock, exact: true }),
    ConflictError,
  );
});

Deno.test("10.4 a plan for another server is refused", async () => {
  const { plan } = await saved();
  const other = new MemoryCluster([], {
    target: { server: "https://other.test" },
  });
  const error = await assertRejects(
    () => planFromFile(other, plan, runOn(other)),
    ManifestError,
    'it is for "https://memory.test", and this is "https://other.test"',
  );
  assertEquals(error.code, "invalid-plan");
});

/** Replaces a value at a path of the plan's JSON. */
function forged(plan: TrafficPlan, path: string, value: unknown): string {
  const copy = structuredClone(plan) as unknown as Record<string, unknown>;
  const tokens = path.split(".");
  const last = tokens.pop()!;
  const parent = tokens.reduce<Record<string, unknown>>(
    (at, token) => at[token] as Record<string, unknown>,
    copy,
  );
  parent[last] = value;
  return JSON.stringify(copy);
}

Deno.test.each([
  { path: "kind", value: "Plan" },
  { path: "apiVersion", value: "istiops/v9" },
  { path: "operation", value: "--yes" },
  { path: "operation", value: "op-2" },
  { path: "surprise", value: true },
  { path: "steps.0.object.name", value: "../secrets" },
  { path: "steps.0.object.kind", value: "Secret" },
  { path: "steps.0.object.name", value: "other" },
  { path: "steps.0.operations.1.path", value: "/metadata/finalizers" },
  { path: "steps.0.operations.1.path", value: "/spec/hosts" },
  { path: "steps.0.operations.1.path", value: "/metadata/annotations/other" },
  { path: "steps.0.operations.0.value", value: "1" },
  { path: "steps.0.operations.0.path", value: "/spec/http" },
  { path: "steps.0.body", value: { kind: "Secret" } },
  { path: "steps.1.milliseconds", value: 1e12 },
  { path: "steps.1.step", value: "run" },
  { path: "guards", value: [{ rule: "none" }] },
  { path: "shares", value: null },
])("10.4 a plan with $value at $path is no plan", async ({ path, value }) => {
  const { plan } = await saved();
  const error = assertThrows(
    () => loadPlan(forged(plan, path, value)),
    ManifestError,
  );
  assertEquals(error.code, "invalid-plan");
});

Deno.test.each([
  { what: "no JSON", text: "istiops" },
  { what: "a list", text: "[]" },
  { what: "null", text: "null" },
  { what: "a huge text", text: " ".repeat(16 * 1024 * 1024 + 1) },
])("10.4 $what is no plan", ({ text }) => {
  assertThrows(() => loadPlan(text), ManifestError);
});

Deno.test.each([
  {
    what: "writes that its edits do not show",
    path: "steps.2.operations.2.value",
    value: [{ destination: { host: "evil" } }],
  },
  {
    what: "edits that its writes do not make",
    path: "steps.2.edits.0.after",
    value: rule("v1", "v2"),
  },
  {
    what: "a former rule that is not there",
    path: "steps.2.edits.0.before",
    value: rule("v9"),
  },
])("10.4 a plan with $what is refused", async ({ path, value }) => {
  const { cluster, plan } = await saved();
  await assertRejects(
    () => apply(cluster, loadPlan(forged(plan, path, value))),
    ManifestError,
  );
  assertEquals(cluster.writes, []);
});
