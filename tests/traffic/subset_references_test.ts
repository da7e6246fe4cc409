import type {
  DestinationRule,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import { EMPTY_WORLD, type World, worldOf } from "../../src/istio/world.ts";
import {
  referencesTo,
  removableSubsets,
} from "../../src/traffic/subset_references.ts";
import { destinationRuleWith } from "../support/arbitraries.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";

const HOST = "reviews.default.svc.cluster.local";

function virtualService(
  spec: Record<string, unknown>,
  namespace = "default",
): VirtualService {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "any", namespace },
    spec,
  };
}

const to = (host: string, subset = "v2") => ({ destination: { host, subset } });

Deno.test.each([
  {
    where: "an http route",
    spec: { http: [{ route: [to("reviews")] }] },
    path: "spec.http[0].route[0]",
  },
  {
    where: "a route at weight 0",
    spec: { http: [{ route: [{ ...to("reviews"), weight: 0 }] }] },
    path: "spec.http[0].route[0]",
  },
  {
    where: "a mirror",
    spec: { http: [{ mirror: to("reviews").destination }] },
    path: "spec.http[0].mirror",
  },
  {
    where: "one of several mirrors",
    spec: { http: [{ mirrors: [to("reviews", "v1"), to("reviews")] }] },
    path: "spec.http[0].mirrors[1]",
  },
  {
    where: "a tcp route",
    spec: { tcp: [{ route: [to("reviews")] }] },
    path: "spec.tcp[0].route[0]",
  },
  {
    where: "a tls route",
    spec: { tls: [{ route: [to("reviews")] }] },
    path: "spec.tls[0].route[0]",
  },
  {
    where: "a delegate, which has no hosts",
    spec: { http: [{}, { route: [to(HOST)] }] },
    path: "spec.http[1].route[0]",
  },
])("3.5 $where names a subset", ({ spec, path }) => {
  const world = worldOf([virtualService(spec)]);
  assertEquals(
    referencesTo(world, { host: HOST, subset: "v2" }).map((one) => one.path),
    [path],
  );
});

Deno.test("3.5 a short name is resolved in the namespace of its object", () => {
  const spec = { http: [{ route: [to("reviews")] }] };
  const world = worldOf([virtualService(spec, "shop")]);
  assertEquals(referencesTo(world, { host: HOST, subset: "v2" }), []);
  const host = "reviews.shop.svc.cluster.local";
  assertEquals(referencesTo(world, { host, subset: "v2" }).length, 1);
});

const RULE = destinationRuleWith([
  { name: "mine", labels: { version: "2" } },
  { name: "theirs", labels: { version: "3" } },
  { name: "reviews-4-default", labels: { version: "4" } },
]) as DestinationRule;

const removable = (world: World, rule: KubeObject = RULE) =>
  removableSubsets(world, rule as DestinationRule, {
    host: HOST,
    marked: ["mine"],
  });

Deno.test("7.5 only subsets with our mark or our exact name may go", () => {
  assertEquals(removable(worldOf([RULE])), {
    names: ["mine", "reviews-4-default"],
    notes: [],
  });
});

Deno.test("7.5 a subset that anything names stays, and that is said", () => {
  const world = worldOf([
    RULE,
    virtualService({ tcp: [{ route: [to(HOST, "mine")] }] }, "shop"),
  ]);
  const { names, notes } = removable(world);
  assertEquals(names, ["reviews-4-default"]);
  assertStringIncludes(
    notes[0]!,
    '"shop/any" names it at spec.tcp[0].route[0]',
  );
});

Deno.test("7.5 all subsets stay where a namespace cannot be listed", () => {
  const world: World = {
    ...EMPTY_WORLD,
    destinationRules: [RULE],
    gaps: [{
      kind: "VirtualService",
      except: ["default"],
      reason: "forbidden",
    }],
  };
  assertEquals(removable(world).names, []);
  assertEquals(removable(world).notes.length, 2);
});

Deno.test("7.5 a wildcard DestinationRule keeps what any of its hosts names", () => {
  const wildcard = {
    ...RULE,
    spec: { ...RULE.spec, host: "*.default.svc.cluster.local" },
  };
  const world = worldOf([
    wildcard,
    virtualService({ http: [{ route: [to("ratings", "mine")] }] }),
  ]);
  assertEquals(removable(world, wildcard).names, ["reviews-4-default"]);
});
