import fc from "fast-check";
import type { KubeObject, Subset } from "../../src/istio/types.ts";
import {
  decodeHistory,
  HISTORY_ANNOTATION,
  marksOf,
} from "../../src/traffic/journal.ts";
import { changesOf, makePlan } from "../../src/traffic/plan.ts";
import type { Decision, TrafficPlan } from "../../src/traffic/types.ts";
import {
  anySubsets,
  destinationRuleWith,
  virtualServiceWith,
} from "../support/arbitraries.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { contextOf, decisionOf, stored } from "../support/decisions.ts";
import { applyPatch } from "../support/json_patch.ts";

const subset = (name: string, version = name): Subset => ({
  name,
  labels: { version },
});

const route = (...subsets: string[]) => ({
  route: subsets.map((name) => ({
    destination: { host: "reviews", subset: name },
    weight: 1,
  })),
});

const SERVICE = stored(virtualServiceWith([route("v1")]));
const RULE = stored(destinationRuleWith([subset("v1")]));

function changed(
  object: KubeObject,
  spec: Record<string, unknown>,
): KubeObject {
  return { ...object, spec: { ...object["spec"] as object, ...spec } };
}

const ADDING = decisionOf([
  { before: SERVICE, after: changed(SERVICE, { http: [route("v1", "v2")] }) },
  {
    before: RULE,
    after: changed(RULE, { subsets: [subset("v1"), subset("v2")] }),
  },
]);

function outline(plan: TrafficPlan): string[] {
  return plan.steps.map((step) =>
    step.step === "wait"
      ? `wait ${step.milliseconds}`
      : `${step.action} ${step.object.kind} ${step.role}`
  );
}

Deno.test("10.1 a new subset is written first, then a settle, then the route, then a settle", async () => {
  assertEquals(outline(await makePlan(ADDING, contextOf())), [
    "patch DestinationRule add-subsets",
    "wait 2000",
    "patch VirtualService route",
    "wait 2000",
  ]);
});

Deno.test("10.1 a subset goes after the route, with a settle between and after", async () => {
  const decision = decisionOf([
    { before: RULE, after: changed(RULE, { subsets: [subset("v2")] }) },
    { before: SERVICE, after: changed(SERVICE, { http: [route("v2")] }) },
  ], { verb: "clear" });
  assertEquals(outline(await makePlan(decision, contextOf())), [
    "patch DestinationRule add-subsets",
    "wait 2000",
    "patch VirtualService route",
    "wait 2000",
    "patch DestinationRule remove-subsets",
    "wait 2000",
  ]);
});

Deno.test("10.1 a subset that only the former routes name is redefined after them", async () => {
  const before = stored(destinationRuleWith([subset("v1"), subset("v2", "3")]));
  const decision = decisionOf([
    {
      before,
      after: changed(before, { subsets: [subset("v1"), subset("v2")] }),
    },
    {
      before: stored(virtualServiceWith([route("v1", "v2")])),
      after: stored(virtualServiceWith([route("v1")])),
    },
  ], { verb: "undo" });
  assertEquals(outline(await makePlan(decision, contextOf())), [
    "patch VirtualService route",
    "wait 2000",
    "patch DestinationRule remove-subsets",
    "wait 2000",
  ]);
});

const ROUTE_ONLY = (managedFields: unknown) =>
  decisionOf([
    ADDING.pairs[0]!,
    ((rule) => ({ before: rule, after: rule }))(
      stored(RULE, { managedFields }),
    ),
  ]);

Deno.test.each([
  { written: "long ago", fields: [{ time: "2026-11-23T11:00:00Z" }], waits: 1 },
  { written: "just now", fields: [{ time: "2026-11-23T11:59:59Z" }], waits: 2 },
  {
    written: "just now by one of two",
    fields: [{ time: "2020-01-01T00:00:00Z" }, {
      time: "2026-11-23T12:00:00Z",
    }],
    waits: 2,
  },
  { written: "at a time that cannot be read", fields: undefined, waits: 2 },
])(
  "10.1 a DestinationRule written $written gives $waits settles",
  async ({ fields, waits }) => {
    const plan = await makePlan(ROUTE_ONLY(fields), contextOf());
    assertEquals(
      plan.steps.filter(({ step }) => step === "wait").length,
      waits,
    );
    assertEquals(plan.steps[0]?.step, waits === 2 ? "wait" : "write");
  },
);

Deno.test("10.2 a decision that changes nothing has no steps and no way back", async () => {
  const plan = await makePlan(
    decisionOf([{ before: SERVICE, after: structuredClone(SERVICE) }]),
    contextOf(),
  );
  assertEquals([plan.changed, plan.grade, plan.steps, plan.wayBack], [
    false,
    "none",
    [],
    undefined,
  ]);
});

Deno.test("4.4 every patch sets the resourceVersion and tests what it touches", async () => {
  const plan = await makePlan(ADDING, contextOf());
  const patch = changesOf(plan).find(({ role }) => role === "route")!;
  assertEquals(patch.operations.slice(0, 3).map(({ op, path }) => [op, path]), [
    ["add", "/metadata/resourceVersion"],
    ["test", "/spec/http/0"],
    ["replace", "/spec/http/0/route"],
  ]);
});

Deno.test("1.3 the way back carries the operation, the namespace and the target", async () => {
  const context = contextOf();
  const target = { ...context.target, flags: ["--context", "my cluster's"] };
  const plan = await makePlan(ADDING, { ...context, target });
  assertEquals(
    plan.wayBack,
    `istiops undo reviews --operation op-1 -n default --context 'my cluster'\\''s'`,
  );
});

Deno.test("11.1 the record holds what was replaced, its subsets, and a hash of what is left", async () => {
  const plan = await makePlan(ADDING, contextOf());
  const patch = changesOf(plan).find(({ role }) => role === "route")!;
  const after = applyPatch(SERVICE, patch.operations);
  const { entries } = await decodeHistory(
    after.metadata.annotations![HISTORY_ANNOTATION]!,
  );
  const [entry] = entries;
  assertEquals(entry?.operation, "op-1");
  assertEquals(entry?.uid, "uid-VirtualService-reviews");
  assertEquals(entry?.objects.map(({ kind }) => kind), [
    "VirtualService",
    "DestinationRule",
  ]);
  assertEquals(entry?.edits[0]?.before, route("v1"));
  assert(entry?.edits[0]?.left !== undefined);
  assertEquals(entry?.subsets, [{
    destinationRule: { namespace: "default", name: "reviews" },
    subset: { name: "v1", labels: { version: "v1" } },
  }]);
});

Deno.test("3.4 subsets that we made are marked on the DestinationRule", async () => {
  const plan = await makePlan(ADDING, contextOf());
  const patch = changesOf(plan).find(({ role }) => role === "add-subsets")!;
  assertEquals(marksOf(applyPatch(RULE, patch.operations)), ["v2"]);
});

Deno.test.each(
  [
    { grade: "mild", gives: "severe" },
    { grade: "lowering", gives: "lowering" },
  ] as const,
)(
  "11.1 where no record can be kept a $grade change is $gives",
  async ({ grade, gives }) => {
    const full = stored(virtualServiceWith([route("v1")]), {
      annotations: { other: "x".repeat(256 * 1024 - 200) },
    });
    const decision: Decision = {
      ...decisionOf([
        { before: full, after: changed(full, { http: [route("v1", "v2")] }) },
      ]),
      grade,
    };
    const plan = await makePlan(decision, contextOf());
    assertEquals(plan.grade, gives);
    const said = gives === "severe" ? plan.reasons : plan.notes;
    assertEquals(said, [
      'No record can be kept on "reviews", so this cannot be undone',
    ]);
  },
);

Deno.test("10.1 every pair of versions on the way leaves no route to a missing subset", async () => {
  const routesOf = (subsets: readonly Subset[]) =>
    fc.array(
      subsets.length === 0
        ? fc.constant(route())
        : fc.subarray(subsets.map(({ name }) => name), { minLength: 1 })
          .map((names) => route(...names)),
      { maxLength: 3 },
    );
  const world = anySubsets.chain((subsets) =>
    fc.tuple(fc.constant(subsets), routesOf(subsets))
  );
  await fc.assert(fc.asyncProperty(world, world, async ([s1, r1], [s2, r2]) => {
    const service = stored(virtualServiceWith(r1));
    const rule = stored(destinationRuleWith(s1));
    const versions = { service: [service], rule: [rule] };
    const plan = await makePlan(
      decisionOf([
        { before: service, after: stored(virtualServiceWith(r2)) },
        { before: rule, after: stored(destinationRuleWith(s2)) },
      ]),
      contextOf(),
    );
    // Between two settles every proxy may hold either version of what was
    // written since the first; older versions have been replaced everywhere.
    const check = () => {
      for (const one of versions.service) {
        for (const other of versions.rule) assertNothingDangles(one, other);
      }
    };
    check();
    for (const step of plan.steps) {
      if (step.step === "wait") {
        versions.service = versions.service.slice(-1);
        versions.rule = versions.rule.slice(-1);
        continue;
      }
      const list = step.object.kind === "VirtualService"
        ? versions.service
        : versions.rule;
      list.push(applyPatch(list.at(-1)!, step.operations));
      check();
    }
    const rules = versions.rule.at(-1)!["spec"] as { subsets?: Subset[] };
    assertEquals(rules.subsets ?? [], s2);
  }));
});

function assertNothingDangles(service: KubeObject, rule: KubeObject): void {
  const { http = [] } = service["spec"] as {
    http?: { route: { destination: { subset: string } }[] }[];
  };
  const { subsets = [] } = rule["spec"] as { subsets?: Subset[] };
  const names = subsets.map(({ name }) => name);
  for (const { route } of http) {
    for (const { destination } of route) {
      assert(
        names.includes(destination.subset),
        `${destination.subset} dangles`,
      );
    }
  }
}

Deno.test("makePlan() leaves its objects as they are and touches only its paths", async () => {
  const kept = structuredClone(ADDING);
  const plan = await makePlan(ADDING, contextOf());
  assertEquals(ADDING, kept);
  for (const change of changesOf(plan)) {
    for (const { path } of change.operations) {
      assert(
        /^\/(spec\/(http|subsets)|metadata\/(annotations(\/istiops~1(history|subsets))?|resourceVersion))/
          .test(path),
        path,
      );
    }
  }
});
