/**
 * Sections 7 to 9 of the rules (docs/changes.md), clause by clause where
 * `rules_clear_test.ts` has the rule as a whole: what is unknown, what is not
 * edited, other hosts and ports, guards and grades of a clear.
 */
import { RefusedError } from "../../src/errors.ts";
import type {
  DestinationRule,
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import type { World } from "../../src/istio/world.ts";
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
  objectAfter,
  rulesAfter,
  shift,
  split,
  subsetsAfter,
  type Town,
  town,
} from "../support/shifts.ts";
import {
  destinationRule,
  pod,
  service,
  to,
  virtualService,
} from "../istio/worlds.ts";

const when = (name: string, value: string) => ({
  match: [{ headers: { [name]: { exact: value } } }],
});
const PREVIEW = split("istiops-v2", { v2: 100 }, when("x-cid", "me"));
const BASE = split("every", { v1: 100 });

function refusal(act: () => unknown): RefusedError {
  const error = assertThrows(act);
  assertInstanceOf(error, RefusedError);
  return error;
}

/** A workload whose pods would have version v2, unless `spec` says more. */
function workload(kind: string, rest: Record<string, unknown>): KubeObject {
  const { metadata = {}, spec = {} } = rest as Record<string, object>;
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "a-v2", namespace: "default", ...metadata },
    spec: {
      template: { metadata: { labels: { app: "a", version: "v2" } } },
      ...spec,
    },
  } as unknown as KubeObject;
}

/** The world with other labels on subset v2. */
function labelled(labels: Readonly<Record<string, string>>): World {
  const world = town({ rules: [PREVIEW, BASE], pods: { v1: 1 } });
  const [rule] = world.destinationRules as [DestinationRule];
  const subsets = (rule.spec.subsets ?? []).map((subset) =>
    subset.name === "v2" ? { ...subset, labels } : subset
  );
  return {
    ...world,
    destinationRules: [{ ...rule, spec: { ...rule.spec, subsets } }],
  };
}

/** The world with this mark on its DestinationRule. */
function marked(of: Town, names: string): World {
  const world = town(of);
  const [rule, ...rest] = world.destinationRules as [DestinationRule];
  const metadata = {
    ...rule.metadata,
    annotations: { "istiops/subsets": names },
  };
  return { ...world, destinationRules: [{ ...rule, metadata }, ...rest] };
}

// 7.1 dead, and what is only not known to be alive

Deno.test("7.1 a DaemonSet asks for pods though it has no number of them", () => {
  const more = [workload("DaemonSet", {})];
  assert(isNoop(clear({ rules: [PREVIEW, BASE], pods: { v1: 1 }, more })));
});

Deno.test("7.1 a workload that does not say how many asks for one", () => {
  const more = [workload("Deployment", {})];
  assert(isNoop(clear({ rules: [PREVIEW, BASE], pods: { v1: 1 }, more })));
});

Deno.test("7.1 pods and workloads of another namespace keep nothing alive", () => {
  const more = [
    pod("shop/a-v2", { app: "a", version: "v2" }),
    workload("Deployment", { metadata: { namespace: "shop" } }),
  ];
  const decision = clear({ rules: [PREVIEW, BASE], pods: { v1: 1 }, more });
  assertEquals(rulesAfter(decision), ["every: v1=100"]);
});

Deno.test.each([
  ["topology.istio.io/network"],
  ["topology.istio.io/cluster"],
  ["topology.kubernetes.io/region"],
  ["topology.kubernetes.io/zone"],
  ["topology.istio.io/subzone"],
  ["failure-domain.beta.kubernetes.io/zone"],
  ["kubernetes.io/hostname"],
  ["istio-locality"],
])("7.1 a subset by %s is unknown, so not dead", (key) => {
  const decision = clear(labelled({ version: "v2", [key]: "x" }));
  assert(isNoop(decision));
  assertStringIncludes(decision.notes.join("\n"), "told by place");
});

Deno.test("7.1 a subset without labels is every pod, so not dead", () => {
  assert(isNoop(clear(labelled({}))));
});

Deno.test("7.1 a Service without a selector is unknown, so not dead", () => {
  const world = town({ rules: [PREVIEW, BASE], pods: { v1: 1 } });
  const services = [service("a", { selector: null })];
  assert(isNoop(clear({ ...world, services })));
});

Deno.test("7.1 a host that is no Service is unknown, so not dead", () => {
  const world = town({ rules: [PREVIEW, BASE], pods: { v1: 1 } });
  assert(isNoop(clear({ ...world, services: [] })));
});

Deno.test("7.1 an owner of an unknown kind may ask again, a known one is asked itself", () => {
  const kept = (kind: string) =>
    clear({
      rules: [PREVIEW, BASE],
      pods: { v1: 1 },
      more: [
        workload("ReplicaSet", {
          metadata: {
            ownerReferences: [{
              apiVersion: "x/v1",
              kind,
              name: "up",
              uid: "u",
              controller: true,
            }],
          },
          spec: { replicas: 0 },
        }),
      ],
    });
  assert(isNoop(kept("CloneSet")));
  assertStringIncludes(kept("CloneSet").notes.join("\n"), 'CloneSet "up"');
  assertEquals(rulesAfter(kept("Deployment")), ["every: v1=100"]);
});

Deno.test("7.1 a Rollout that borrows a Deployment's template asks for its pods", () => {
  const rollout = (replicas: number) => ({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    metadata: { name: "up", namespace: "default" },
    spec: {
      replicas,
      workloadRef: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        name: "a-v2",
      },
    },
  } as unknown as KubeObject);
  const of = (replicas: number): Town => ({
    rules: [PREVIEW, BASE],
    pods: { v1: 1 },
    more: [
      workload("Deployment", { spec: { replicas: 0 } }),
      rollout(replicas),
    ],
  });
  assert(isNoop(clear(of(1))));
  assertEquals(rulesAfter(clear(of(0))), ["every: v1=100"]);
});

Deno.test("7.1 a Rollout with a template that was not read leaves nothing dead", () => {
  const rollout = {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    metadata: { name: "up", namespace: "default" },
    spec: { workloadRef: { kind: "PodTemplate", name: "a-v2" } },
  } as unknown as KubeObject;
  const decision = clear({
    rules: [PREVIEW, BASE],
    pods: { v1: 1 },
    more: [rollout],
  });
  assert(isNoop(decision));
  assertStringIncludes(decision.notes.join("\n"), 'PodTemplate "a-v2"');
});

// 7.2 soft

Deno.test("7.2 a dead destination at 0 goes and no weight changes", () => {
  const rules = [split("every", { v1: 90, v2: 10, v3: 0 })];
  const subsets = ["v1", "v2", "v3"];
  const decision = clear({ rules, subsets, pods: { v1: 1, v2: 1 } });
  assertEquals(rulesAfter(decision), ["every: v1=90 v2=10"]);
  assertEquals(decision.grade, "mild");
});

Deno.test("7.2 a header rule with one dead destination of two stays", () => {
  const rules = [
    split("istiops-v2", { v2: 50, v3: 50 }, when("x-cid", "me")),
    BASE,
  ];
  const subsets = ["v1", "v2", "v3"];
  const decision = clear({ rules, subsets, pods: { v1: 1, v2: 1 } });
  assertEquals(rulesAfter(decision), [
    "istiops-v2: [x-cid=me] v2=100",
    "every: v1=100",
  ]);
});

Deno.test("7.2 what rises because others are dead needs ready pods, unless forced", () => {
  const of: Town = {
    rules: [split("every", { v1: 90, v2: 10 })],
    pods: {},
    unready: { v1: 1 },
  };
  const error = refusal(() => clear(of));
  assertEquals(error.code, "no-ready-pods");
  assertStringIncludes(error.message, "v1");
  assertEquals(rulesAfter(clear(of, { force: true })), ["every: v1=100"]);
});

Deno.test.each([
  [{ v1: 70, v2: 10, v3: 20 }, "mild"],
  [{ v1: 40, v2: 20, v3: 40 }, "severe"],
])("7.2 a soft clear of v3 from %j is graded %s", (weights, grade) => {
  const decision = clear({
    rules: [split("every", weights)],
    subsets: ["v1", "v2", "v3"],
    pods: { v1: 4, v2: 4 },
  });
  assert(!isNoop(decision));
  assertEquals(decision.grade, grade);
});

Deno.test("7.2 a mixed rule that leads to what is dead stays, and that is said", () => {
  const mixed = split("mixed", { v2: 100 }, {
    match: [
      { headers: { "x-cid": { exact: "me" } } },
      { uri: { exact: "/beta" } },
    ],
  });
  const decision = clear({ rules: [mixed, BASE], pods: { v1: 1 } });
  assert(isNoop(decision));
  assertStringIncludes(decision.notes.join("\n"), '"mixed"');
});

/** Service `b` beside `a`, alive. */
const OTHER: readonly KubeObject[] = [
  service("b"),
  destinationRule("b", "b", ["v1", "v2"]),
  pod("b-v1", { app: "b", version: "v1" }),
  pod("b-v2", { app: "b", version: "v2" }),
];

Deno.test.each([
  { why: "without a destination", intent: {} },
  {
    why: "with one",
    intent: { destination: { host: "a" } },
  },
])(
  "7.2 soft $why leaves a rule over several hosts: no request changes host",
  ({ intent }) => {
    const rules: HTTPRoute[] = [
      { name: "both", route: to(["a:v3", 50], ["b:v1", 50]) },
    ];
    const subsets = ["v1", "v3"];
    const decision = clear({ rules, subsets, pods: {}, more: OTHER }, intent);
    assert(isNoop(decision), JSON.stringify(rulesAfter(decision)));
    assertStringIncludes(decision.notes.join("\n"), '"both"');
  },
);

Deno.test("7.2 soft with a port leaves what leads to another port", () => {
  const at = (subset: string, port: number, weight: number) => ({
    destination: { host: "a", subset, port: { number: port } },
    weight,
  });
  const rules: HTTPRoute[] = [
    {
      name: "istiops-x",
      ...when("x-cid", "me"),
      route: [at("v2", 81, 100)],
    },
    { name: "admin", match: [{ port: 81 }], route: [at("v1", 81, 100)] },
    { name: "every", route: [at("v1", 80, 100)] },
  ];
  const world = town({ rules, pods: { v1: 1 } });
  const of = { ...world, services: [service("a", { ports: [80, 81] })] };
  const on = (port: number) =>
    clear(of, { names: ["a"], destination: { host: "a", port } });
  assert(isNoop(on(80)));
  assertEquals(rulesAfter(on(81)).map((line) => line.split(":")[0]), [
    "admin",
    "every",
  ]);
});

// 7.3 hard

Deno.test("7.3 a prefix saves a rule only in a block without header conditions", () => {
  const headed = split("headed", { v2: 100 }, {
    match: [{
      uri: { prefix: "/a" },
      headers: { "x-cid": { exact: "me" } },
    }],
  });
  const mixed = split("mixed", { v2: 100 }, {
    match: [
      { headers: { "x-cid": { exact: "you" } } },
      { uri: { prefix: "/b" } },
    ],
  });
  const queried = split("queried", { v2: 100 }, {
    match: [{ uri: { prefix: "/c" }, queryParams: { q: { exact: "1" } } }],
  });
  const decision = clear({ rules: [headed, mixed, queried, BASE] }, {
    mode: "hard",
  });
  assertEquals(
    rulesAfter(decision).map((line) => line.split(":")[0]),
    ["mixed", "every"],
  );
});

Deno.test("7.3 hard leaves rules to other hosts, alone or beside this one", () => {
  const only: HTTPRoute = {
    name: "other",
    match: [{ uri: { exact: "/b" } }],
    route: to("b:v1"),
  };
  const both: HTTPRoute = {
    name: "both",
    match: [{ uri: { exact: "/ab" } }],
    route: to(["a:v2", 50], ["b:v1", 50]),
  };
  const decision = clear({ rules: [only, both, PREVIEW, BASE], more: OTHER }, {
    mode: "hard",
    destination: { host: "a" },
  });
  assertEquals(
    rulesAfter(decision).map((line) => line.split(":")[0]),
    ["other", "both", "every"],
  );
});

Deno.test("7.3 hard with nothing to take is no change and not severe", () => {
  const decision = clear({ rules: [BASE] }, { mode: "hard" });
  assert(isNoop(decision));
  assertEquals(decision.grade, "none");
});

// 7.4 one build

Deno.test("7.4 -b leaves the rules of another host whose subset has the same name", () => {
  const rules: HTTPRoute[] = [
    { name: "istiops-b", ...when("x-b", "1"), route: to("b:v2") },
    {
      name: "istiops-ab",
      ...when("x-ab", "1"),
      route: to(["a:v2", 50], ["b:v2", 50]),
    },
    PREVIEW,
    {
      name: "split",
      match: [{ uri: { exact: "/s" } }],
      route: to(["a:v1", 100], ["b:v2", 0]),
    },
    BASE,
  ];
  const decision = clear({ rules, more: OTHER }, {
    build: "v2",
    destination: { host: "a" },
  });
  const object = objectAfter(decision, "VirtualService", "a") as VirtualService;
  assertEquals(object.spec.http, rules.filter((rule) => rule !== PREVIEW));
});

Deno.test("7.4 -b leaves a header rule that leads to another build too", () => {
  const rules = [
    split("istiops-x", { v1: 50, v2: 50 }, when("x-cid", "me")),
    BASE,
  ];
  assert(isNoop(clear({ rules }, { build: "v2" })));
});

Deno.test("7.4 --header takes a preview though the build has a share, and leaves the share", () => {
  const rules = [PREVIEW, split("every", { v1: 90, v2: 10 })];
  const decision = clear({ rules }, {
    build: "v2",
    headers: [{ name: "x-cid", kind: "exact", value: "me" }],
  });
  assertEquals(rulesAfter(decision), ["every: v1=90 v2=10"]);
});

Deno.test.each(
  [
    [{ name: "x-cid", kind: "exact", value: "you" }],
    [{ name: "x-cid", kind: "prefix", value: "me" }],
    [{ name: "x-cid", kind: "present" }],
  ] as const,
)("7.4 a header set that is not there changes nothing: %j", (set) => {
  const decision = clear({ rules: [PREVIEW, BASE] }, {
    build: "v2",
    headers: [set],
  });
  assert(isNoop(decision));
  assertEquals(decision.grade, "none");
});

Deno.test("7.4 --header leaves destinations at 0 where they are", () => {
  const rules = [PREVIEW, split("every", { v1: 100, v2: 0 })];
  const decision = clear({ rules }, {
    build: "v2",
    headers: [{ name: "x-cid", kind: "exact", value: "me" }],
  });
  assertEquals(rulesAfter(decision), ["every: v1=100 v2=0"]);
});

Deno.test("7.4 the refusal of a build with a share says how much it has", () => {
  const rules = [split("every", { v1: 90, v2: 10 })];
  const error = refusal(() => clear({ rules }, { build: "v2" }));
  assertEquals(error.code, "has-share");
  assertStringIncludes(error.message, "10 %");
  assertStringIncludes(error.hint ?? "", "--header");
});

// 7.5 subsets

Deno.test("7.5 a subset with our exact name goes without a mark", () => {
  const world = town({
    rules: [BASE],
    subsets: ["v1", "v2"],
    pods: { v1: 1 },
  });
  const [rule] = world.destinationRules as [DestinationRule];
  const ours = { name: "a-v3-default", labels: { version: "v3" } };
  const theirs = { name: "a-v4-default", labels: { version: "v9" } };
  const subsets = [...rule.spec.subsets ?? [], ours, theirs];
  const decision = clear({
    ...world,
    destinationRules: [{ ...rule, spec: { ...rule.spec, subsets } }],
  });
  assertEquals(subsetsAfter(decision).map(({ name }) => name), [
    "v1",
    "v2",
    "a-v4-default",
  ]);
});

Deno.test("7.5 -b takes the subset of that build and leaves those of others", () => {
  const of: Town = {
    rules: [PREVIEW, BASE],
    subsets: ["v1", "v2", "v3"],
  };
  const decision = clear(marked(of, "v2,v3"), { build: "v2" });
  assertEquals(subsetsAfter(decision).map(({ name }) => name), ["v1", "v3"]);
  assertEquals(decision.marks, { "default/a": ["v3"] });
});

Deno.test.each([
  ["mirror", { mirror: { host: "a", subset: "v2" } }],
  ["mirrors", { mirrors: [{ destination: { host: "a", subset: "v2" } }] }],
])("7.5 a subset that only a %s of a kept rule names stays", (_, mirror) => {
  const every = { ...BASE, ...mirror } as HTTPRoute;
  const decision = clear(marked({ rules: [PREVIEW, every] }, "v2"), {
    build: "v2",
  });
  assertEquals(rulesAfter(decision), ["every: v1=100"]);
  assertEquals(objectAfter(decision, "DestinationRule", "a"), undefined);
});

Deno.test.each(["tcp", "tls"])(
  "7.5 a subset that a %s route names stays",
  (kind) => {
    const world = marked({ rules: [PREVIEW, BASE] }, "v2");
    const other = virtualService("z", [], { hosts: ["z"] });
    const named = {
      ...other,
      spec: {
        hosts: ["z"],
        [kind]: [{ route: [{ destination: { host: "a", subset: "v2" } }] }],
      },
    } as unknown as VirtualService;
    const decision = clear({
      ...world,
      virtualServices: [...world.virtualServices, named],
    }, { build: "v2" });
    assertEquals(rulesAfter(decision), ["every: v1=100"]);
    assertEquals(objectAfter(decision, "DestinationRule", "a"), undefined);
  },
);

Deno.test("7.5 the subset stays where a namespace cannot be listed, and that is said", () => {
  const world = marked({ rules: [PREVIEW, BASE] }, "v2");
  const decision = clear({
    ...world,
    gaps: [{
      kind: "VirtualService",
      except: ["default"],
      reason: "forbidden",
    }],
  }, { build: "v2" });
  assertEquals(rulesAfter(decision), ["every: v1=100"]);
  assertEquals(objectAfter(decision, "DestinationRule", "a"), undefined);
  assertStringIncludes(decision.notes.join("\n"), 'Subset "v2"');
});

// 8. How grave

Deno.test("8 the gravest touched rule decides", () => {
  const rules = [
    split("one", { v1: 50, v2: 50 }, { match: [{ uri: { exact: "/" } }] }),
    split("two", { v1: 90, v2: 10 }),
  ];
  const graded = (routes: readonly string[]) =>
    shift({ rules, pods: { v1: 4, v2: 4 } }, {
      build: "v2",
      weight: 60,
      routes,
    }).grade;
  assertEquals(graded(["one"]), "mild");
  assertEquals(graded(["two"]), "severe");
  assertEquals(graded(["one", "two"]), "severe");
});

Deno.test("8 a new header rule is not severe by its points", () => {
  const decision = shift({ pods: { v1: 2, v2: 2 } }, {
    build: "v2",
    headers: [{ name: "x-cid", kind: "exact", value: "me" }],
  });
  assertEquals(decision.grade, "mild");
});

// 9. Owners

Deno.test.each([
  ["Flux", { labels: { "helm.toolkit.fluxcd.io/name": "apps" } }],
  ["Argo Rollouts", { managedFields: [{ manager: "rollouts-controller" }] }],
  [
    "Argo Rollouts",
    {
      annotations: {
        "rollouts.argoproj.io/managed-by-rollouts": "a",
      },
    },
  ],
  ["Flagger", { managedFields: [{ manager: "flagger" }] }],
])(
  "9 a DestinationRule kept by %s refuses the whole change, and says that half would stay",
  (owner, metadata) => {
    const world = town({ subsets: ["v1"] });
    const [rule] = world.destinationRules as [DestinationRule];
    const of = {
      ...world,
      destinationRules: [{
        ...rule,
        metadata: {
          ...rule.metadata,
          ...metadata as Partial<KubeObject["metadata"]>,
        },
      }],
    } as World;
    const intent = { build: "v2", weight: 20 };
    const error = refusal(() => shift(of, intent));
    assertEquals(error.code, "owned");
    assertStringIncludes(error.message, owner);
    assertStringIncludes(error.message, "the other objects of this change");
    const forced = shift(of, { ...intent, overrideOwner: true });
    assertStringIncludes(forced.notes.join("\n"), owner);
  },
);

Deno.test("9 clear respects the owner of the DestinationRule that it would sweep", () => {
  const world = marked({ rules: [PREVIEW, BASE] }, "v2");
  const [rule] = world.destinationRules as [DestinationRule];
  const annotations = {
    ...rule.metadata.annotations,
    "argocd.argoproj.io/tracking-id": "x",
  };
  const of = {
    ...world,
    destinationRules: [{
      ...rule,
      metadata: { ...rule.metadata, annotations },
    }],
  };
  assertEquals(refusal(() => clear(of, { build: "v2" })).code, "owned");
  assertEquals(
    subsetsAfter(clear(of, { build: "v2", overrideOwner: true })).length,
    1,
  );
});

Deno.test("9 an owned object that the change does not write is nobody's obstacle", () => {
  const world = town();
  const [rule] = world.destinationRules as [DestinationRule];
  const annotations = { "argocd.argoproj.io/tracking-id": "x" };
  const of = {
    ...world,
    destinationRules: [{
      ...rule,
      metadata: { ...rule.metadata, annotations },
    }],
  };
  // Subset v2 is there already: only the VirtualService is written.
  assertEquals(rulesAfter(shift(of, { build: "v2", weight: 20 })), [
    "every: v1=80 v2=20",
  ]);
});
