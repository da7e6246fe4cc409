import { planOf } from "../../src/traffic/elsewhere.ts";
import type { Decision, PlanContext } from "../../src/traffic/types.ts";
import { mesh, service, to, virtualService } from "../istio/worlds.ts";
import { assertEquals } from "../support/assert.ts";

const CONTEXT: PlanContext = {
  operation: "20260101000000-aaaa",
  time: new Date(0),
  target: {
    source: "sandbox",
    server: "sandbox",
    namespace: "default",
    flags: [],
  },
  command: "istiops shift",
  settle: 0,
};

/** From service `a` to another one. */
function decisionFor(host: string) {
  const before = virtualService("one", [{ route: to("a") }]);
  const after = virtualService("one", [{ route: to(host) }]);
  const world = mesh([
    before,
    service("gone"),
    service("other/far"),
  ]);
  const decision: Decision = {
    verb: "shift",
    namespace: "default",
    pairs: [{ before, after }],
    marks: {},
    grade: "mild",
    ...{ reasons: [], summary: [], notes: [], shares: [], untouched: [] },
    guards: [],
  };
  return { world, decision };
}

async function flagsFor(host: string) {
  const { world, decision } = decisionFor(host);
  const context = { ...CONTEXT, compares: true };
  const { elsewhere = [] } = await planOf(decision, { world, context });
  return elsewhere.map(({ after }) =>
    after.destinations.map(({ host, flag }) => [host.split(".")[0], flag])
  );
}

Deno.test("a plan says UH of pods that were looked for, and nothing of others", async () => {
  assertEquals(await flagsFor("gone"), [[["gone", "UH"]]]);
  assertEquals(await flagsFor("far.other.svc.cluster.local"), [
    [["far", undefined]],
  ]);
});

Deno.test("a plan that nobody looks at compares nothing", async () => {
  const { world, decision } = decisionFor("b");
  const plan = await planOf(decision, { world, context: CONTEXT });
  assertEquals([plan.changed, plan.elsewhere], [true, undefined]);
});
