/**
 * Sections 7 to 9 and 12 of the rules (docs/changes.md), by number: clearing,
 * how grave a change is and who is asked, owners, rights.
 */
import { RefusedError } from "../../src/errors.ts";
import type {
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import type { World } from "../../src/istio/world.ts";
import {
  answerFor,
  type Asker,
  isAnswered,
} from "../../src/traffic/answers.ts";
import { whyProtected } from "../../src/traffic/protected.ts";
import type { ClearIntent } from "../../src/traffic/intents.ts";
import type { TrafficPlan } from "../../src/traffic/types.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import {
  clear,
  isNoop,
  rulesAfter,
  shift,
  split,
  subsetsAfter,
  type Town,
  town,
} from "../support/shifts.ts";
import { pod, to, virtualService } from "../istio/worlds.ts";

const when = (name: string, value: string) => ({
  match: [{ headers: { [name]: { exact: value } } }],
});
const PREVIEW = split("istiops-v2", { v2: 100 }, when("x-cid", "me"));
const BASE = split("every", { v1: 100 });

function refusal(
  of: Town | World,
  intent: Partial<ClearIntent> = {},
): { readonly code: string; readonly text: string } {
  const error = assertThrows(() => clear(of, intent));
  assertInstanceOf(error, RefusedError);
  return { code: error.code, text: `${error.message} ${error.hint}` };
}

/** A workload whose pods would have this version. */
function workload(kind: string, version: string, replicas: number): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: `a-${version}`, namespace: "default" },
    spec: {
      replicas,
      template: { metadata: { labels: { app: "a", version } } },
    },
  } as unknown as KubeObject;
}

// 7. clear

Deno.test("7.1 a header rule without pods is dead; the same with one pod of any phase is not", () => {
  const rules = [PREVIEW, BASE];
  assertEquals(rulesAfter(clear({ rules, pods: { v1: 1 } })), [
    "every: v1=100",
  ]);
  for (const phase of ["Pending", "Running", "Failed", "Succeeded"]) {
    const more = [
      pod("old", { app: "a", version: "v2" }, { status: { phase } } as object),
    ];
    assert(isNoop(clear({ rules, pods: { v1: 1 }, more })), phase);
  }
});

Deno.test("7.1 not ready is not dead", () => {
  assert(isNoop(clear({
    rules: [PREVIEW, BASE],
    pods: { v1: 1 },
    unready: { v2: 1 },
  })));
});

Deno.test.each([
  ["Deployment"],
  ["ReplicaSet"],
  ["StatefulSet"],
  ["Rollout"],
])("7.1 what a %s asks for is not dead", (kind) => {
  const rules = [PREVIEW, BASE];
  const asked = { rules, pods: { v1: 1 }, more: [workload(kind, "v2", 1)] };
  assert(isNoop(clear(asked)));
  const not = { rules, pods: { v1: 1 }, more: [workload(kind, "v2", 0)] };
  assertEquals(rulesAfter(clear(not)), ["every: v1=100"]);
});

Deno.test.each([
  ["Pod"],
  ["Deployment"],
  ["Rollout"],
])("7.1 where %s cannot be listed nothing is dead", (kind) => {
  const world = town({ rules: [PREVIEW, BASE], pods: { v1: 1 } });
  const blind = { ...world, gaps: [{ kind, reason: "forbidden" }] } as World;
  const decision = clear(blind);
  assert(isNoop(decision));
  assertStringIncludes(decision.notes.join("\n"), "forbidden");
});

Deno.test("7.1 a missing subset, a place and another cluster are unknown, so not dead", () => {
  const missing = split("istiops-v9", { v9: 100 }, when("x-cid", "me"));
  assert(isNoop(clear({ rules: [missing, BASE], pods: { v1: 1 } })));
  const world = town({ rules: [PREVIEW, BASE], pods: { v1: 1 } });
  const many = { ...world, mesh: { ...world.mesh, multiCluster: true } };
  assert(isNoop(clear(many)));
});

Deno.test("7.2 dead destinations of a split go, the others rise in ratio", () => {
  const rules = [split("every", { v1: 60, v2: 20, v3: 20 })];
  const subsets = ["v1", "v2", "v3"];
  const decision = clear({ rules, subsets, pods: { v1: 3, v2: 3 } });
  assertEquals(rulesAfter(decision), ["every: v1=75 v2=25"]);
});

Deno.test("7.2 the last destination with a share stays, and so what would make one at 0 the only one", () => {
  assert(isNoop(clear({ rules: [split("every", { v2: 100 })], pods: {} })));
  const rules = [split("every", { v1: 0, v2: 100 })];
  assert(isNoop(clear({ rules, pods: { v1: 1 } })));
});

Deno.test("7.2 a header rule that is not ours is severe", () => {
  const rules = [split("by-hand", { v2: 100 }, when("x-beta", "1")), BASE];
  const decision = clear({ rules, pods: { v1: 1 } });
  assertEquals(rulesAfter(decision), ["every: v1=100"]);
  assertEquals(decision.grade, "severe");
  assertEquals(
    clear({ rules: [PREVIEW, BASE], pods: { v1: 1 } }).grade,
    "mild",
  );
});

Deno.test("7.2 soft leaves rules that it does not edit", () => {
  const rules: HTTPRoute[] = [
    { name: "go", match: [{ uri: { exact: "/o" } }], redirect: { uri: "/" } },
    {
      name: "no",
      match: [{ uri: { exact: "/x" } }],
      directResponse: { status: 404 },
    } as unknown as HTTPRoute,
    {
      name: "sub",
      match: [{ uri: { prefix: "/s" } }],
      delegate: { name: "d" },
    },
    PREVIEW,
    BASE,
  ];
  assertEquals(
    rulesAfter(clear({ rules, pods: { v1: 1 } })).map((line) =>
      line.split(":")[0]
    ),
    ["go", "no", "sub", "every"],
  );
});

Deno.test("7.3 hard leaves the master rule, prefix rules and what it does not edit, with a witness for each", () => {
  const rules: HTTPRoute[] = [
    { name: "go", match: [{ uri: { exact: "/o" } }], redirect: { uri: "/" } },
    PREVIEW,
    split("web", { v1: 100 }, { match: [{ uri: { prefix: "/web" } }] }),
    split("login", { v1: 100 }, { match: [{ uri: { exact: "/login" } }] }),
    BASE,
  ];
  const decision = clear({ rules }, { mode: "hard" });
  assertEquals(
    rulesAfter(decision).map((line) => line.split(":")[0]),
    ["go", "web", "every"],
  );
  assertEquals(decision.grade, "severe");
  const said = decision.summary.join("\n");
  assertStringIncludes(said, "x-cid");
  assertStringIncludes(said, "/login");
});

Deno.test("7.3 hard is refused where no master rule exists", () => {
  const rules = [
    split("web", { v1: 100 }, { match: [{ uri: { prefix: "/web" } }] }),
    PREVIEW,
  ];
  assertEquals(refusal({ rules }, { mode: "hard" }).code, "no-master-route");
});

Deno.test("7.4 -b takes one build's header rules and its destinations at 0, whatever its pods", () => {
  const rules = [PREVIEW, split("every", { v1: 100, v2: 0 })];
  const decision = clear({ rules }, { build: "v2" });
  assertEquals(rulesAfter(decision), ["every: v1=100"]);
});

Deno.test("7.4 --header narrows -b to one set", () => {
  const rules: HTTPRoute[] = [{
    ...PREVIEW,
    match: [
      { headers: { "x-cid": { exact: "me" } } },
      { headers: { "x-cid": { exact: "you" } } },
    ],
  }, BASE];
  const decision = clear({ rules }, {
    build: "v2",
    headers: [{ name: "X-Cid", kind: "exact", value: "me" }],
  });
  assertEquals(rulesAfter(decision), [
    "istiops-v2: [x-cid=you] v2=100",
    "every: v1=100",
  ]);
});

Deno.test("7.4 a build with a share in a base rule is refused, nothing to do for a known one is no-op", () => {
  const rules = [PREVIEW, split("every", { v1: 90, v2: 10 })];
  assertEquals(refusal({ rules }, { build: "v2" }).code, "has-share");
  assert(isNoop(clear({}, { build: "v2" })));
  assertEquals(refusal({}, { build: "nobody" }).code, "build-unknown");
});

Deno.test("7.5 only subsets that are ours and that nothing names go", () => {
  const world = town({
    rules: [PREVIEW, BASE],
    subsets: ["v1", "v2", "v3"],
    pods: { v1: 1 },
  });
  const [rule] = world.destinationRules;
  assert(rule);
  const marked = {
    ...rule,
    metadata: {
      ...rule.metadata,
      annotations: { "istiops/subsets": "v2,v3" },
    },
  };
  const of = { ...world, destinationRules: [marked] };
  const names = (decision: ReturnType<typeof clear>) =>
    subsetsAfter(decision).map(({ name }) => name);
  assertEquals(names(clear(of)), ["v1"]);
  const elsewhere = virtualService("shop/z", [{
    route: to("a.default.svc.cluster.local:v2"),
  }], { hosts: ["z"] });
  const named = { ...of, virtualServices: [...of.virtualServices, elsewhere] };
  assertEquals(names(clear(named)), ["v1", "v2"]);
  // Without our mark all of them stay: the rule is not even written.
  assertEquals(names(clear(world)), []);
});

// 8. How grave, and who is asked

Deno.test.each([
  [{ v1: 100 }, { build: "v2", weight: 25 }, "mild"],
  [{ v1: 100 }, { build: "v2", weight: 26 }, "severe"],
  [{ v1: 20, v2: 80 }, { build: "v2", weight: 100 }, "severe"],
  [{ v1: 60, v2: 40 }, { build: "v2", weight: 10 }, "lowering"],
  [{ v1: 80, v2: 20 }, { build: "v2", weight: 20 }, "none"],
])("8 from %j by %j is graded %s", (weights, intent, grade) => {
  const decision = shift({
    rules: [split("every", weights)],
    pods: { v1: 4, v2: 4 },
  }, intent);
  assertEquals(decision.grade, grade);
  if (grade === "severe") assert(decision.reasons.length > 0);
});

Deno.test("8 too few pods for the share are severe", () => {
  const rules = [split("every", { v1: 100 })];
  const graded = (v1: number, v2: number) =>
    shift({ rules, pods: { v1, v2 } }, { build: "v2", weight: 20 }).grade;
  // v1 had 20 pods for 100 points, so 20 points want 2 of v2.
  assertEquals(graded(20, 2), "mild");
  assertEquals(graded(20, 1), "severe");
});

Deno.test.each([
  ["production", true],
  ["eu-prod-1", true],
  ["prd", true],
  ["product-team", false],
  ["staging", false],
])("8 the context %s is protected by its name: %s", (context, is) => {
  assertEquals(whyProtected({ context, globs: [] }) !== undefined, is);
});

Deno.test("8 an annotation of the namespace and a glob of the configuration protect", () => {
  const namespace = (value: string): KubeObject => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "default", annotations: { "istiops/protected": value } },
  });
  assert(whyProtected({ namespace: namespace("true"), globs: [] }));
  assertEquals(
    whyProtected({ namespace: namespace("false"), globs: [] }),
    undefined,
  );
  assert(whyProtected({ context: "eu-live", globs: ["*-live"] }));
  assertEquals(
    whyProtected({ context: "live-eu", globs: ["*-live"] }),
    undefined,
  );
});

Deno.test.each(
  [
    ["lowering", true, "nothing", "nothing", "nothing"],
    ["none", true, "nothing", "nothing", "nothing"],
    ["mild", false, "nothing", "yes", "nothing"],
    ["severe", false, "names", "names", "yes"],
    ["mild", true, "yes", "names", "yes"],
    ["severe", true, "names", "names", "names"],
  ] as const,
)(
  "8 %s, protected %s: terminal %s, shell %s, no terminal %s",
  (grade, isProtected, terminal, shell, none) => {
    const plan = {
      grade,
      confirm: ["a", "b"],
      ...(isProtected ? { protected: "why" } : {}),
    } as unknown as TrafficPlan;
    const askers: readonly [Asker, string][] = [
      ["terminal", terminal],
      ["shell", shell],
      ["none", none],
    ];
    for (const [asker, answer] of askers) {
      assertEquals(answerFor(plan, asker), answer);
    }
    assertEquals(isAnswered(plan, {}), none === "nothing");
    assertEquals(isAnswered(plan, { yes: true }), none !== "names");
    assertEquals(isAnswered(plan, { confirm: ["a"] }), none === "nothing");
    assertEquals(isAnswered(plan, { confirm: ["b", "a"] }), true);
  },
);

Deno.test("8 --force goes past a guard and answers no question", () => {
  const decision = shift({ pods: { v1: 2 } }, {
    build: "v2",
    weight: 60,
    force: true,
  });
  assertEquals(decision.grade, "severe");
});

// 9. Owners

Deno.test.each([
  [
    "Argo CD",
    { annotations: { "argocd.argoproj.io/tracking-id": "app:x/y:z" } },
  ],
  ["Flux", { labels: { "kustomize.toolkit.fluxcd.io/name": "apps" } }],
  [
    "Flagger",
    {
      ownerReferences: [{ kind: "Canary", apiVersion: "flagger.app/v1beta1" }],
    },
  ],
  [
    "Argo CD",
    {
      labels: { "app.kubernetes.io/instance": "x" },
      managedFields: [{ manager: "argocd-controller" }],
    },
  ],
])("9 what %s keeps is refused until --override-owner", (owner, metadata) => {
  const world = town();
  const [object] = world.virtualServices;
  assert(object);
  const owned: VirtualService = {
    ...object,
    metadata: {
      ...object.metadata,
      ...metadata as Partial<KubeObject["metadata"]>,
    },
  };
  const of = { ...world, virtualServices: [owned] };
  const intent = { build: "v2", weight: 20 };
  const error = assertThrows(() => shift(of, intent));
  assertInstanceOf(error, RefusedError);
  assertEquals(error.code, "owned");
  assertStringIncludes(error.message, owner);
  const forced = shift(of, { ...intent, overrideOwner: true });
  assertEquals(rulesAfter(forced), ["every: v1=80 v2=20"]);
});

Deno.test("9 Helm's label alone owns nothing", () => {
  const world = town();
  const [object] = world.virtualServices;
  assert(object);
  const helm = {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { "app.kubernetes.io/instance": "x" },
    },
  };
  assertEquals(
    rulesAfter(shift({ ...world, virtualServices: [helm] }, {
      build: "v2",
      weight: 20,
    })),
    ["every: v1=80 v2=20"],
  );
});
