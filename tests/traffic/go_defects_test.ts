/**
 * What the Go tool of the same name did wrong: each on an input on which its
 * way of doing it fails.
 */
import type { RunContext } from "../../src/actions/context.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { planShiftOn } from "../../src/actions/shift.ts";
import { showTraffic } from "../../src/actions/show.ts";
import { ConflictError } from "../../src/errors.ts";
import type {
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import { toInvocation } from "../../src/language/invocation.ts";
import { parseArguments } from "../../src/language/parse.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { MemoryCluster } from "../support/memory_cluster.ts";
import {
  clear,
  isNoop,
  objectAfter,
  rulesAfter,
  shift,
  split,
  subsetsAfter,
  town,
} from "../support/shifts.ts";
import {
  destinationRule,
  pod,
  service,
  to,
  virtualService,
} from "../istio/worlds.ts";

const VIRTUAL_SERVICE = {
  kind: "VirtualService",
  namespace: "default",
  name: "a",
} as const;

function cluster(...objects: readonly KubeObject[]): MemoryCluster {
  return new MemoryCluster([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } },
    service("a"),
    destinationRule("a", "a", ["v1"]),
    ...["v1", "v2"].map((version) =>
      pod(`a-${version}`, { app: "a", version })
    ),
    ...objects,
  ]);
}

function runOn(memory: MemoryCluster): RunContext {
  return {
    operation: crypto.randomUUID(),
    time: memory.clock.now(),
    command: "istiops test",
    settle: 2000,
    protectedContexts: [],
    clock: memory.clock,
  };
}

const CANARY = {
  namespace: "default",
  names: ["a"],
  build: "v2",
  weight: 20,
} as const;

const rulesOf = (memory: MemoryCluster) =>
  (memory.read(VIRTUAL_SERVICE) as VirtualService).spec.http ?? [];

/** A VirtualService without a header rule: the Go tool's shift failed on it. */
const PLAIN = virtualService("a", [split("every", { v1: 100 })]);

Deno.test("a first shift by weight needs no header rule before it", async () => {
  const memory = cluster(PLAIN);
  const plan = await planShiftOn(memory, CANARY, runOn(memory));
  const outcome = await executePlan(memory, plan, { clock: memory.clock });
  assertEquals(outcome.status, "done");
  assertEquals(
    rulesOf(memory)[0]?.route?.map(({ weight }) => weight),
    [80, 20],
  );
});

Deno.test("a shift that is refused leaves the DestinationRule as it was", async () => {
  const memory = cluster(PLAIN);
  const before = memory.read({ ...VIRTUAL_SERVICE, kind: "DestinationRule" });
  await assertRejects(() =>
    planShiftOn(memory, { ...CANARY, build: "v9" }, runOn(memory))
  );
  assertEquals(
    memory.read({ ...VIRTUAL_SERVICE, kind: "DestinationRule" }),
    before,
  );
});

Deno.test("weight 0 is taken, and shown as 0 %", async () => {
  const rules = [split("every", { v1: 90, v2: 10 })];
  assertEquals(rulesAfter(shift({ rules }, { build: "v2", weight: 0 })), [
    "every: v1=100 v2=0",
  ]);
  const memory = cluster(
    virtualService("a", [split("every", { v1: 100, v2: 0 })]),
  );
  const show = await showTraffic(memory, { namespace: "default" });
  assertEquals(
    show.virtualServices[0]?.routes[0]?.destinations.map(({ percent }) =>
      percent
    ),
    [100, 0],
  );
});

Deno.test("headers of a destination and a third destination outlive a shift", () => {
  const headers = { request: { add: { "x-team": "web" } } };
  const [first, second, third] = to(["a:v1", 50], ["a:v2", 30], ["a:v3", 20]);
  const rules = [{
    name: "every",
    route: [{ ...first, headers }, second, third],
  }] as HTTPRoute[];
  const decision = shift({ rules, subsets: ["v1", "v2", "v3"] }, {
    build: "v3",
    weight: 60,
  });
  const object = objectAfter(decision, "VirtualService", "a") as VirtualService;
  const route = object.spec.http?.[0]?.route ?? [];
  assertEquals(
    route.map(({ destination, weight }) => `${destination.subset} ${weight}`),
    ["v1 25", "v2 15", "v3 60"],
  );
  assertEquals(route[0]?.headers, headers);
});

Deno.test("after 100 % a second call changes nothing", () => {
  const once = shift({}, { build: "v2", weight: 100 });
  const object = objectAfter(once, "VirtualService", "a") as VirtualService;
  const rules = object.spec.http ?? [];
  assertEquals(rules[0]?.route?.length, 1);
  assert(isNoop(shift({ rules }, { build: "v2", weight: 100 })));
});

Deno.test.each([[80], [443], [1], [65535]])("port %d is a port", (port) => {
  const { invocation, diagnostics } = toInvocation(
    parseArguments(["shift", "-d", `a:${port}`, "-b", "2", "-w", "20"]),
  );
  assertEquals(diagnostics, []);
  assert(invocation?.verb === "shift");
  assertEquals(invocation.intentFor("default").destination?.port, port);
});

Deno.test("soft clear keeps redirect and delegate rules", () => {
  const rules: HTTPRoute[] = [
    { name: "go", match: [{ uri: { exact: "/o" } }], redirect: { uri: "/" } },
    {
      name: "sub",
      match: [{ uri: { prefix: "/s" } }],
      delegate: { name: "d" },
    },
    split("istiops-v2", { v2: 100 }, {
      match: [{ headers: { "x-cid": { exact: "me" } } }],
    }),
    split("every", { v1: 100 }),
  ];
  const decision = clear({ rules, pods: { v1: 1 } });
  const object = objectAfter(decision, "VirtualService", "a") as VirtualService;
  assertEquals(object.spec.http, [rules[0]!, rules[1]!, rules[3]!]);
});

Deno.test("soft clear leaves a split that lives as one rule", () => {
  const rules = [split("every", { v1: 50, v2: 50 })];
  assert(isNoop(clear({ rules })));
});

Deno.test("soft clear keeps a rule whose pods come from two Deployments", () => {
  const deployment = (name: string) =>
    ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: "default" },
      spec: {
        replicas: 1,
        template: { metadata: { labels: { app: "a", version: "v2" } } },
      },
    }) as unknown as KubeObject;
  const rules = [
    split("istiops-v2", { v2: 100 }, {
      match: [{ headers: { "x-cid": { exact: "me" } } }],
    }),
    split("every", { v1: 100 }),
  ];
  const more = [deployment("one"), deployment("two")];
  assert(isNoop(clear({ rules, more })));
  assert(isNoop(clear({ rules, more, pods: { v1: 1 } })));
});

Deno.test("subsets of one DestinationRule stay out of the next", () => {
  const world = town({
    more: [
      destinationRule("b", "b", ["b1"]),
      virtualService("b", [{ name: "b", route: to("b:b1") }], { hosts: ["b"] }),
    ],
  });
  const decision = shift(world, { build: "v3", weight: 20 });
  assertEquals(subsetsAfter(decision).map(({ name }) => name), [
    "v1",
    "v2",
    "a-v3-default",
  ]);
  assertEquals(objectAfter(decision, "DestinationRule", "b"), undefined);
});

Deno.test("a subset that another VirtualService names is not deleted", () => {
  const rules = [
    split("istiops-v2", { v2: 100 }, {
      match: [{ headers: { "x-cid": { exact: "me" } } }],
    }),
    split("every", { v1: 100 }),
  ];
  const more = [
    virtualService("shop/z", [{
      route: to("a.default.svc.cluster.local:v2"),
    }], { hosts: ["z"] }),
  ];
  const world = town({ rules, more, pods: { v1: 1 } });
  const [rule] = world.destinationRules;
  assert(rule);
  const marked = {
    ...rule,
    metadata: { ...rule.metadata, annotations: { "istiops/subsets": "v2" } },
  };
  const decision = clear({ ...world, destinationRules: [marked] });
  assertEquals(rulesAfter(decision), ["every: v1=100"]);
  assertEquals(objectAfter(decision, "DestinationRule", "a"), undefined);
});

Deno.test.each([
  ["session=a=b,c=d"],
  ["gzip, br"],
  ["=="],
])("the header value %s is taken whole", (value) => {
  const { invocation } = toInvocation(
    parseArguments(["shift", "a", "-b", "v2", "--header", `cookie=${value}`]),
  );
  assert(invocation?.verb === "shift");
  const { headers } = invocation.intentFor("default");
  const decision = shift({}, { build: "v2", headers: headers ?? [] });
  const object = objectAfter(decision, "VirtualService", "a") as VirtualService;
  assertEquals(object.spec.http?.[0]?.match, [
    { headers: { cookie: { exact: value } } },
  ]);
});

Deno.test.each([["PR-10"], ["2026.11.23"], ["v2_final"], ["3"]])(
  "the build %s need not be a number",
  (build) => {
    const decision = shift({ pods: { v1: 2, [build]: 2 } }, {
      build,
      weight: 20,
    });
    assertEquals(subsetsAfter(decision).at(-1)?.labels, { version: build });
  },
);

Deno.test("fields that nobody here knows outlive a write", async () => {
  const unknown = {
    ...PLAIN,
    apiVersion: "networking.istio.io/v1beta1",
    spec: {
      ...PLAIN.spec,
      futureField: { deep: [1, { two: 3 }] },
      http: [{
        ...split("every", { v1: 100 }),
        newInIstio: { enabled: true },
      }],
    },
  } as unknown as KubeObject;
  const memory = cluster(unknown);
  const plan = await planShiftOn(memory, CANARY, runOn(memory));
  await executePlan(memory, plan, { clock: memory.clock });
  const after = memory.read(VIRTUAL_SERVICE);
  assertEquals(after.apiVersion, "networking.istio.io/v1beta1");
  const spec = after["spec"] as Record<string, unknown>;
  assertEquals(spec["futureField"], { deep: [1, { two: 3 }] });
  assertEquals(
    (rulesOf(memory)[0] as unknown as Record<string, unknown>)["newInIstio"],
    { enabled: true },
  );
});

Deno.test("somebody else's change of the same rule is a conflict, and stays", async () => {
  const memory = cluster(PLAIN);
  const plan = await planShiftOn(memory, CANARY, runOn(memory));
  await memory.patch(VIRTUAL_SERVICE, [
    { op: "replace", path: "/spec/http/0/route/0/weight", value: 1 },
  ]);
  const error = await assertRejects(
    () => executePlan(memory, plan, { clock: memory.clock }),
    ConflictError,
  );
  assertStringIncludes(error.message, "was changed");
  assertEquals(rulesOf(memory)[0]?.route?.[0]?.weight, 1);
});
