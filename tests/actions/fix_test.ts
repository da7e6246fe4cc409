import { checkTraffic } from "../../src/actions/check.ts";
import type { RunContext } from "../../src/actions/context.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { planFixOn } from "../../src/actions/fix.ts";
import { planUndoOn } from "../../src/actions/undo.ts";
import { RefusedError } from "../../src/errors.ts";
import type { HTTPRoute, VirtualService } from "../../src/istio/types.ts";
import { service, to, virtualService } from "../istio/worlds.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { sandboxOf } from "../support/samples.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const RULES: readonly HTTPRoute[] = [
  { match: [{ uri: { prefix: "/a" } }], route: to("a") },
  {
    name: "dead",
    match: [{ uri: { prefix: "/a/b" } }],
    route: to("a"),
  },
  {
    match: [{ uri: { exact: "/c" } }, { uri: { exact: "/a/c" } }],
    route: to("a"),
  },
  { route: to(["a", 7]) },
  { name: "later", route: to("a") },
];
const MENDED: readonly HTTPRoute[] = [
  RULES[0]!,
  { match: [{ uri: { exact: "/c" } }], route: to("a") },
  { route: to(["a", 100]) },
];
const INTENT = { namespace: "default" };

Deno.test("what is dead goes in one write, and undo brings it back", async () => {
  await using sandbox = await sandboxOf([
    service("a"),
    virtualService("x", RULES),
  ]);
  const { cluster } = sandbox;
  const { run, clock } = runs();
  const http = async () =>
    (await cluster.get({
      kind: "VirtualService",
      namespace: "default",
      name: "x",
    }) as VirtualService).spec.http;
  const plan = await planFixOn(cluster, INTENT, run());
  assertEquals(plan.verb, "fix");
  assertEquals(plan.grade, "severe");
  assertEquals(plan.summary.length, 4);
  await executePlan(cluster, plan, { clock });
  assertEquals(await http(), MENDED);
  const { findings } = await checkTraffic(cluster, INTENT);
  assertEquals(findings.filter(({ fix }) => fix?.safe), []);
  const again = await planFixOn(cluster, INTENT, run());
  assertEquals([again.changed, again.grade], [false, "none"]);
  const undo = await planUndoOn(
    cluster,
    { verb: "undo", ...INTENT, names: ["x"] },
    run(),
  );
  await executePlan(cluster, undo, { clock });
  assertEquals(await http(), RULES);
});

Deno.test("what somebody else keeps is left alone", async () => {
  const object = virtualService("x", RULES);
  await using sandbox = await sandboxOf([
    service("a"),
    {
      ...object,
      metadata: {
        ...object.metadata,
        annotations: { "argocd.argoproj.io/tracking-id": "x" },
      },
    },
  ]);
  const { run } = runs();
  const error = await assertRejects(
    () => planFixOn(sandbox.cluster, INTENT, run()),
    RefusedError,
  );
  assertEquals(error.code, "owned");
});

Deno.test("weights that say nothing are written right without a question", async () => {
  await using sandbox = await sandboxOf([
    service("a"),
    virtualService("x", [{ route: to(["a", 7]) }]),
  ]);
  const { run } = runs();
  const plan = await planFixOn(sandbox.cluster, INTENT, run());
  assertEquals([plan.changed, plan.grade], [true, "mild"]);
});

function runs() {
  const clock = new VirtualClock();
  let last = 0;
  const run = (): RunContext => ({
    operation: `operation-${++last}`,
    time: clock.now(),
    command: "istiops check --fix",
    settle: 0,
    protectedContexts: [],
    clock,
  });
  return { run, clock };
}
