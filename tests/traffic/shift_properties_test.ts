/**
 * What holds for every shift, on generated worlds: rules of every sort, three
 * builds and a newcomer, with pods and without.
 */
import * as fc from "fast-check";
import { TrafficError } from "../../src/errors.ts";
import type {
  DestinationRule,
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import { applyEdits } from "../../src/traffic/edits.ts";
import { withUnchanged } from "../../src/traffic/entry.ts";
import type { ShiftIntent } from "../../src/traffic/intents.ts";
import { changesOf, makePlan } from "../../src/traffic/plan.ts";
import type { Decision } from "../../src/traffic/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { contextOf } from "../support/decisions.ts";
import { isNoop, shift, split, type Town, town } from "../support/shifts.ts";

const BUILDS = ["v1", "v2", "v3"] as const;

const weights = fc.record({
  v1: fc.nat(100),
  v2: fc.nat(100),
  v3: fc.nat(100),
}).filter(({ v1, v2, v3 }) => v1 + v2 + v3 > 0);

const match: fc.Arbitrary<HTTPRoute["match"]> = fc.constantFrom(
  [{ uri: { prefix: "/web" } }],
  [{ uri: { exact: "/login" } }, { uri: { regex: "/x.*" } }],
  [{ headers: { "x-beta": { exact: "1" } } }],
  [{ uri: { prefix: "/m" } }, { headers: { "x-m": { prefix: "a" } } }],
  [{ queryParams: { debug: { exact: "1" } } }],
);

const extras: fc.Arbitrary<Partial<HTTPRoute>> = fc.constantFrom(
  {},
  { timeout: "3s" },
  { fault: { abort: { httpStatus: 503, percentage: { value: 1 } } } },
  { unknownField: [{ a: 1 }] } as unknown as Partial<HTTPRoute>,
);

const ruleWith = (index: number) =>
  fc.record({ weights, match, extras, kind: fc.nat(5) }).map(
    ({ weights, match, extras, kind }): HTTPRoute =>
      kind === 0
        ? {
          name: `r${index}`,
          match: [{ uri: { exact: `/old-${index}` } }],
          redirect: { uri: "/" },
        }
        : split(`r${index}`, weights, { ...extras, match: match ?? [] }),
  );

const anyTown: fc.Arbitrary<Town> = fc.record({
  rules: fc.tuple(ruleWith(0), ruleWith(1), ruleWith(2)).chain((rules) =>
    fc.tuple(fc.subarray(rules), weights).map(([some, last]) => [
      ...some,
      split("every", last),
    ])
  ),
  pods: fc.record({
    v1: fc.nat(3),
    v2: fc.nat(3),
    v3: fc.nat(3),
    v4: fc.nat(3),
  }),
}).map((of) => ({ ...of, subsets: [...BUILDS] }));

const anyIntent: fc.Arbitrary<Partial<ShiftIntent>> = fc.record({
  build: fc.constantFrom("v1", "v2", "v3", "v4"),
  weight: fc.oneof(
    fc.integer({ min: 0, max: 100 }),
    fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 10),
  ),
  headers: fc.constantFrom(
    [{ name: "x-cid", kind: "exact", value: "me" } as const],
    [],
  ),
  by: fc.constantFrom("weight", "headers", "both"),
  force: fc.boolean(),
  allRoutes: fc.boolean(),
}).map(({ by, weight, headers, force, ...rest }) => ({
  ...rest,
  ...(by === "headers" ? {} : { weight }),
  ...(by === "weight" ? {} : { headers }),
  ...(force ? { force } : {}),
}));

/** The decision, or nothing where it is refused; anything else is a bug. */
function decide(
  of: Parameters<typeof shift>[0],
  intent: Partial<ShiftIntent>,
): Decision | undefined {
  try {
    return shift(of, intent);
  } catch (error) {
    if (error instanceof TrafficError) return undefined;
    throw error;
  }
}

const RUNS = { numRuns: 400 };

function holds(
  name: string,
  law: (
    of: Town,
    intent: Partial<ShiftIntent>,
    decision: Decision,
  ) => void | Promise<void>,
): void {
  Deno.test(name, async () => {
    let decided = 0;
    await fc.assert(
      fc.asyncProperty(anyTown, anyIntent, async (of, intent) => {
        const decision = decide(of, intent);
        if (decision === undefined) return;
        decided++;
        await law(of, intent, decision);
      }),
      RUNS,
    );
    // A law that nothing was held against says nothing.
    assert(decided > RUNS.numRuns / 10, `only ${decided} were decided`);
  });
}

const httpOf = (object: KubeObject | undefined) =>
  (object as VirtualService | undefined)?.spec.http ?? [];

function pairOf(decision: Decision, kind: string) {
  return decision.pairs.find(({ before, after }) =>
    (after ?? before)?.kind === kind
  );
}

/** The world as a decision leaves it. */
function worldAfter(of: Town, decision: Decision) {
  const world = town(of);
  const swap = <T extends KubeObject>(objects: readonly T[]): T[] =>
    objects.map((object) => {
      const pair = decision.pairs.find(({ before }) =>
        before?.kind === object.kind &&
        before.metadata.name === object.metadata.name
      );
      return (pair?.after ?? object) as T;
    });
  return {
    ...world,
    virtualServices: swap(world.virtualServices),
    destinationRules: swap(world.destinationRules),
  };
}

holds("a shift twice is a shift once", (of, intent, decision) => {
  const again = decide(worldAfter(of, decision), intent);
  assert(again === undefined || isNoop(again), JSON.stringify(again?.pairs));
  // Only a build that has come to be the only one may be refused now.
  if (again === undefined) assert((intent.weight ?? 100) < 100);
});

holds(
  "rules that are not touched are equal before and after",
  (of, _, decision) => {
    const pair = pairOf(decision, "VirtualService");
    const after = new Map(
      httpOf(pair?.after ?? pair?.before).map((rule) => [rule.name, rule]),
    );
    const touched = new Set(decision.shares.map(({ route }) => route));
    for (const rule of of.rules ?? []) {
      if (touched.has(rule.name ?? "")) {
        const { route: _before, ...rest } = rule;
        const now = after.get(rule.name);
        if (now === undefined) continue;
        const { route: _after, ...same } = now;
        assertEquals(same, rest);
      } else if (pair) assertEquals(after.get(rule.name), rule);
    }
  },
);

holds(
  "shares add up, in the object and in the plan",
  (_of, intent, decision) => {
    if (isNoop(decision)) return;
    const weighed = new Set(
      decision.shares.filter(({ index }) => index !== undefined)
        .map(({ route }) => route),
    );
    for (const rule of httpOf(pairOf(decision, "VirtualService")?.after)) {
      if (
        !weighed.has(rule.name ?? "") || intent.weight === undefined
      ) continue;
      const before = (pairOf(decision, "VirtualService")?.before as
        | VirtualService
        | undefined)?.spec.http?.find(({ name }) => name === rule.name);
      if (JSON.stringify(before) === JSON.stringify(rule)) continue;
      const route = rule.route ?? [];
      const sum = route.reduce((all, { weight = 0 }) => all + weight, 0);
      assert(
        route.length === 1 || [100, 1000, 10_000].includes(sum),
        `${rule.name}: ${sum}`,
      );
    }
    for (const route of weighed) {
      const rows = decision.shares.filter((row) => row.route === route);
      const sum = rows.reduce((all, { after }) => all + after, 0);
      assert(Math.abs(sum - 100) < 1e-2, `${route}: ${sum}`);
    }
  },
);

holds("no build rises without a guard", (_of, _intent, decision) => {
  if (isNoop(decision)) return;
  for (const { build, before, after } of decision.shares) {
    if (after <= before) continue;
    assert(
      decision.guards.some((guard) => guard.build === build),
      `${build} rises from ${before} to ${after}`,
    );
  }
});

holds(
  "on the way no route leads to a missing subset",
  async (_of, _intent, decision) => {
    const plan = await makePlan(decision, contextOf());
    const rule = pairOf(decision, "DestinationRule");
    const service = pairOf(decision, "VirtualService");
    let subsets = (rule?.before as DestinationRule | undefined)?.spec.subsets;
    let http = httpOf(service?.before);
    const check = () => {
      // Without a pair for it the DestinationRule stays as it is.
      if (subsets === undefined) return;
      const known = subsets.map(({ name }) => name);
      for (const { destination } of http.flatMap(({ route = [] }) => route)) {
        assert(
          destination.subset === undefined ||
            known.includes(destination.subset),
          `${destination.subset} is not among ${known}`,
        );
      }
    };
    for (const change of changesOf(plan)) {
      const kind = change.object.kind;
      const current = kind === "DestinationRule"
        ? { ...rule?.before, spec: { host: "a", subsets } }
        : { ...service?.before, spec: { hosts: ["a"], http } };
      const applied = applyEdits(current as KubeObject, change.edits);
      assert(applied.ok);
      if (kind === "DestinationRule") {
        subsets = (applied.after as DestinationRule).spec.subsets;
      } else http = httpOf(applied.after);
      check();
    }
  },
);

holds(
  "the plan of a decision, applied to what was, gives what was decided",
  async (of, _intent, decision) => {
    const plan = await makePlan(
      withUnchanged(decision, town(of)),
      contextOf(),
    );
    for (const { before, after } of decision.pairs) {
      if (before === undefined || after === undefined) continue;
      const edits = changesOf(plan).filter(({ object }) =>
        object.kind === before.kind
      ).flatMap((change) => change.edits);
      const applied = applyEdits(before, edits);
      assert(applied.ok);
      assertEquals(applied.after["spec"], after["spec"]);
    }
  },
);
