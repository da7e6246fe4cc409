import { planClearOn } from "../src/actions/clear.ts";
import { loadPlan, planFromFile } from "../src/actions/apply.ts";
import type { RunContext } from "../src/actions/context.ts";
import { executePlan } from "../src/actions/execute.ts";
import { planShiftOn } from "../src/actions/shift.ts";
import { RefusedError, TrafficError } from "../src/errors.ts";
import type { KubeObject } from "../src/istio/types.ts";
import { parseLine } from "../src/lines.ts";
import { startSandbox } from "../src/sandbox/mod.ts";
import { explain, requestTo } from "../src/insight.ts";
import { Snapshot } from "../src/snapshot.ts";
import type { TrafficPlan } from "../src/traffic/types.ts";
import { assert, assertEquals, assertThrows } from "./support/assert.ts";
import { objectsOf } from "./support/snapshots.ts";

const TIME = new Date("2026-11-24T12:00:00Z");
const CLIENT = { kind: "sidecar", namespace: "default", labels: {} } as const;

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TrafficError) return error.code;
    throw error;
  }
  return "none";
}

Deno.test.each([
  { line: "shift -l app=api-domain -b 3 -w 20" },
  { line: "shift -l app=api-domain -b 2 -w 100" },
  { line: "shift -l app=api-domain -b 3 -H x-cid=seu_madruga" },
  { line: "shift -l app=api-domain --split 1=60,2=30,3=10" },
  { line: "clear -l app=api-domain" },
  { line: "clear -l app=api-domain -m hard" },
])(
  "a snapshot plans `$line` as the cluster it is of",
  async ({ line }) => {
    await using sandbox = await startSandbox();
    const { cluster } = sandbox;
    const { target } = cluster;
    const snapshot = Snapshot.of(await objectsOf(cluster), { whole: true });
    const user = await cluster.whoAmI();
    const options = { time: TIME, target, ...user ? { user } : {} };
    const runOf = ({ operation }: TrafficPlan): RunContext => ({
      operation,
      time: TIME,
      command: "library",
      settle: 2000,
      protectedContexts: [],
      clock: { now: () => TIME, sleep: () => Promise.resolve() },
    });
    const { invocation } = parseLine(line);
    if (invocation?.verb === "shift") {
      const intent = invocation.intentFor("default");
      const plan = await snapshot.shift(intent, options);
      assert(plan.changed);
      assertEquals(plan, await planShiftOn(cluster, intent, runOf(plan)));
    } else if (invocation?.verb === "clear") {
      const intent = invocation.intentFor("default");
      const plan = await snapshot.clear(intent, options);
      assert(plan.changed);
      assertEquals(plan, await planClearOn(cluster, intent, runOf(plan)));
    } else throw new Error(line);
  },
);

Deno.test("`apply` carries out what a snapshot planned for its target, and nothing else", async () => {
  await using sandbox = await startSandbox();
  const { cluster } = sandbox;
  const snapshot = Snapshot.of(await objectsOf(cluster), { whole: true });
  const clock = { now: () => TIME, sleep: () => Promise.resolve() };
  const intent = {
    namespace: "default",
    names: ["api-domain-virtualservice"],
    build: "3",
    weight: 20,
  };
  const load = async (options: { readonly target?: typeof cluster.target }) => {
    const plan = await snapshot.shift(intent, { time: TIME, ...options });
    return await planFromFile(cluster, loadPlan(JSON.stringify(plan)), {
      operation: plan.operation,
      time: TIME,
      command: "apply",
      settle: 0,
      protectedContexts: [],
      clock,
    });
  };
  assertEquals(await codeOf(load({})), "invalid-plan");
  const outcome = await executePlan(
    cluster,
    await load({ target: cluster.target }),
    { clock, overrides: {}, exact: true },
  );
  assertEquals([outcome.status, outcome.written.length], ["done", 2]);
});

Deno.test("after() leaves what the plan says, and the snapshot as it was", async () => {
  await using sandbox = await startSandbox();
  const objects = await objectsOf(sandbox.cluster);
  const now = Snapshot.of(objects);
  const before = JSON.stringify(now.rules);
  const shift = {
    namespace: "default",
    selector: [{ key: "app", operator: "in", values: ["api-domain"] }],
    build: "3",
  } as const;
  const plan = await now.shift({ ...shift, weight: 20 }, { time: TIME });
  const after = await now.after(plan);
  const shares = (of: Snapshot) => {
    const request = requestTo("http://api-domain:5000/");
    const { destinations } = of.evaluate(request, CLIENT);
    return destinations.map(({ fraction }) => fraction);
  };
  assertEquals(shares(now), [0.9, 0.1]);
  assertEquals(shares(after), [0.72, 0.08, 0.2]);
  assertEquals(JSON.stringify(now.rules), before);
  // The same share again is nothing to do.
  const again = await after.shift({ ...shift, weight: 20 }, { time: TIME });
  assertEquals([again.changed, again.steps], [false, []]);
  // A plan of other objects leaves nothing that could be told.
  assertEquals(await codeOf(Snapshot.of([]).after(plan)), "conflict");
});

Deno.test("a snapshot does not see what becomes of the objects it was made of, nor of those it gives", () => {
  const object: KubeObject = {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "api", namespace: "default" },
    spec: { hosts: ["api"], http: [] },
  };
  const snapshot = Snapshot.of([object]);
  const spec = object["spec"] as { hosts: string[] };
  spec.hosts.push("other");
  (snapshot.rules[0]!["spec"] as { hosts: string[] }).hosts.push("third");
  assertEquals(
    (snapshot.rules[0]!["spec"] as { hosts: string[] }).hosts,
    ["api"],
  );
});

Deno.test("pods that were not read are unknown, and not none", async () => {
  await using sandbox = await startSandbox();
  const objects = await objectsOf(sandbox.cluster);
  const rules = objects.filter(({ kind }) => kind !== "Pod");
  const intent = {
    namespace: "default",
    names: ["api-domain-virtualservice"],
    build: "2",
    weight: 20,
  };
  const plan = (snapshot: Snapshot) =>
    codeOf(snapshot.shift(intent, { time: TIME }));
  const gaps = [{ kind: "Pod", reason: "not read" }] as const;
  const whole = (more = {}) => Snapshot.of(rules, { whole: true, ...more });
  assertEquals(await plan(whole()), "no-ready-pods");
  assertEquals(await plan(whole({ gaps })), "pods-unknown");
  assertEquals(await plan(Snapshot.of(rules)), "pods-unknown");
});

Deno.test("the same question at the same time has the same id, another one another", async () => {
  await using sandbox = await startSandbox();
  const snapshot = Snapshot.of(await objectsOf(sandbox.cluster), {
    whole: true,
  });
  const ids = await Promise.all([20, 20, 30].map(async (weight) => {
    const { operation } = await snapshot.shift({
      namespace: "default",
      names: ["api-domain-virtualservice"],
      build: "3",
      weight,
    }, { time: TIME });
    return operation;
  }));
  assertEquals(ids[0], ids[1]);
  assert(ids[0] !== ids[2]);
});

Deno.test("a protected namespace or context is told by the plan", async () => {
  const sandbox = await startSandbox();
  const objects = await objectsOf(sandbox.cluster);
  await sandbox[Symbol.asyncDispose]();
  const marked = objects.map((object): KubeObject =>
    object.kind === "Namespace" && object.metadata.name === "default"
      ? {
        ...object,
        metadata: {
          ...object.metadata,
          annotations: { "istiops/protected": "true" },
        },
      }
      : object
  );
  const intent = {
    namespace: "default",
    names: ["api-domain-virtualservice"],
    build: "3",
    weight: 5,
  };
  const reason = async (of: readonly KubeObject[], context: string) => {
    const target = {
      source: "kubernetes",
      server: "https://cluster",
      context,
      namespace: "default",
      flags: ["--context", context],
    } as const;
    const plan = await Snapshot.of(of).shift(intent, { time: TIME, target });
    assert(plan.wayBack?.endsWith(`--context ${context}`), plan.wayBack);
    return plan.protected;
  };
  assertEquals(await reason(objects, "staging"), undefined);
  assertEquals(
    await reason(objects, "prod"),
    'context "prod" is named as production',
  );
  assertEquals(
    await reason(marked, "staging"),
    'namespace "default" is annotated istiops/protected',
  );
});

Deno.test("what is no request and no time is refused", async () => {
  assertThrows(() => requestTo("ftp://api/"), TypeError);
  const empty = Snapshot.of([]);
  const namespace = "default";
  assertThrows(() => empty.clients({ namespace, name: "api" }), TrafficError);
  const blank = { namespace, names: [" "], mode: "soft" } as const;
  assertEquals(
    await codeOf(empty.clear(blank, { time: TIME })),
    "invalid-value",
  );
  const late = { time: TIME, settleMs: 1e9 };
  const refused = await empty.clear({ ...blank, names: ["api"] }, late)
    .catch((error) => error);
  assert(refused instanceof RangeError);
  assert(!(refused instanceof RefusedError));
});

Deno.test("a header and a port decide where a request goes", () => {
  const route = (subset: string, match?: object) => ({
    ...(match ? { match: [match] } : {}),
    route: [{ destination: { host: "api", subset } }],
  });
  const snapshot = Snapshot.of([
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "api", namespace: "default" },
      spec: {
        ports: [{ name: "http", port: 80 }, { name: "http-b", port: 81 }],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: "api", namespace: "default" },
      spec: {
        hosts: ["api"],
        http: [
          route("new", { headers: { "x-cid": { exact: "me" } } }),
          route("other", { port: 81 }),
          route("old"),
        ],
      },
    },
  ]);
  const [client] = snapshot.clients({ namespace: "default", name: "api" });
  assert(client);
  const subset = (url: string, headers = {}) =>
    snapshot.evaluate(requestTo(url, { headers }), client)
      .destinations[0]?.subset;
  assertEquals(subset("http://api/", { "x-cid": "me" }), "new");
  assertEquals(subset("http://api:81/"), "other");
  assertEquals(subset("http://api/"), "old");
  const { rule, passed } = explain(snapshot.world, {
    request: requestTo("http://api/"),
    client,
  });
  assertEquals(
    [
      rule?.rule,
      passed.map(({ rule, field, settledBy }) => [rule, field, settledBy]),
    ],
    [2, [[0, 'headers["x-cid"]', "request"], [1, "port", "client"]]],
  );
});
