/**
 * The library door: what importing it costs, what it gives, how it fails and
 * how it ends.
 */
import {
  ClusterError,
  ConflictError,
  type ErrorCode,
  InterruptedError,
  Plan,
  type Progress,
  RefusedError,
  Traffic,
  TrafficError,
  UsageError,
} from "../mod.ts";
import type { KubeObject, VirtualService } from "../src/istio/types.ts";
import { scenario } from "../src/sandbox/scenario.ts";
import { startSandbox } from "../src/sandbox/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "./support/assert.ts";
import {
  MemoryCluster,
  type MemoryClusterOptions,
} from "./support/memory_cluster.ts";
import { sandboxOf } from "./support/samples.ts";

const NAME = "api-domain-virtualservice";
const SHIFT = { name: NAME, build: "3", weight: 20, settleMs: 0 } as const;
const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: NAME,
} as const;

/** The verbs, each as a call that works on the demo world. */
const VERBS: readonly {
  readonly verb: string;
  readonly call: (traffic: Traffic, signal?: AbortSignal) => Promise<unknown>;
}[] = [
  { verb: "show", call: (traffic, signal) => traffic.show({ ...of(signal) }) },
  {
    verb: "shift",
    call: (traffic, signal) => traffic.shift({ ...SHIFT, ...of(signal) }),
  },
  {
    verb: "clear",
    call: (traffic, signal) => traffic.clear({ name: NAME, ...of(signal) }),
  },
  {
    verb: "undo",
    call: (traffic, signal) => traffic.undo({ name: NAME, ...of(signal) }),
  },
  {
    verb: "redo",
    call: (traffic, signal) => traffic.redo({ name: NAME, ...of(signal) }),
  },
  {
    verb: "history",
    call: (traffic, signal) => traffic.history({ name: NAME, ...of(signal) }),
  },
];

Deno.test.each([
  { what: "importing the library", root: "mod.ts", dynamic: false },
  { what: "a verb on a port of one's own", root: "src/actions", dynamic: true },
])("$what loads no network code", async ({ root, dynamic }) => {
  const graph = await moduleGraph();
  const roots = graph.keys().filter((path) => path.startsWith(root));
  const loaded = closureOf(graph, [...roots], { dynamic });
  assert(loaded.has("src/errors.ts"));
  const network = [...loaded].filter((path) =>
    /^src\/(sandbox|cluster\/(transport|wire|kubernetes|connect|watch))/
      .test(path) || /^(node|npm):.*(http|net|tls)/.test(path)
  );
  assertEquals(network, []);
});

Deno.test("the look at what is loaded would find network code", async () => {
  const graph = await moduleGraph();
  const all = closureOf(graph, ["mod.ts"], { dynamic: true });
  assert(all.has("src/cluster/transport.ts"));
  assert(all.has("src/sandbox/api_server.ts"));
  assert([...all].some((path) => path.startsWith("node:http")));
});

Deno.test("importing the library asks for no permission", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "mod.ts"],
    cwd: new URL("../", import.meta.url),
    stdout: "piped",
    stderr: "piped",
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(code, 0);
});

Deno.test("a sandbox is there until it is disposed of", async () => {
  let kept: Traffic;
  {
    await using traffic = await Traffic.sandbox({ namespace: "default" });
    kept = traffic;
    assertEquals(traffic.cluster.target.source, "sandbox");
    const show = await traffic.show({ name: NAME });
    assertEquals(show.virtualServices.map(({ name }) => name), [NAME]);
  }
  for (const { call } of VERBS) {
    const error = await assertRejects(() => call(kept), InterruptedError);
    assertStringIncludes(error.message, "the connection is closed");
  }
});

Deno.test("a kubeconfig leads to its context and namespace", async () => {
  await using sandbox = await startSandbox();
  await using file = await kubeconfigFor(sandbox.url);
  {
    await using traffic = await Traffic.connect({ kubeconfig: file.path });
    assertEquals(traffic.cluster.target.context, "first");
    assertEquals(traffic.cluster.target.namespace, "default");
    const plan = await traffic.shift(SHIFT);
    assertEquals((await plan.apply()).status, "done");
    assertStringIncludes(plan.document.wayBack ?? "", file.path);
  }
  assertEquals(sharesIn(sandbox.store.get(REF)), [72, 8, 20]);
  await using other = await Traffic.connect({
    kubeconfig: file.path,
    context: "second",
    namespace: "elsewhere",
    timeoutMs: 10_000,
  });
  assertEquals(other.cluster.target.context, "second");
  assertEquals(other.cluster.target.namespace, "elsewhere");
});

Deno.test.each([
  { what: "no such file", context: undefined, path: "/nowhere/config" },
  { what: "no such context", context: "third", path: undefined },
])("connecting is refused where there is $what", async (wrong) => {
  await using file = await kubeconfigFor("http://127.0.0.1:1");
  const error = await assertRejects(
    () =>
      Traffic.connect({
        kubeconfig: wrong.path ?? file.path,
        ...(wrong.context ? { context: wrong.context } : {}),
      }),
    ClusterError,
  );
  assertEquals(error.code, "kubeconfig");
});

Deno.test("a server that is not there is unreachable", async () => {
  await using file = await kubeconfigFor("http://127.0.0.1:1");
  await using traffic = await Traffic.connect({
    kubeconfig: file.path,
    timeoutMs: 300,
  });
  const error = await assertRejects(() => traffic.show(), ClusterError);
  assert(["unreachable", "timeout"].includes(error.code), error.code);
});

Deno.test("a port of one's own is worked on, and left open", async () => {
  const cluster = memory();
  let closed = 0;
  Object.assign(cluster, {
    [Symbol.asyncDispose]: () => Promise.resolve(closed++),
  });
  {
    await using traffic = Traffic.on(cluster);
    assertStrictEquals(traffic.cluster, cluster);
    const plan = await traffic.shift(SHIFT);
    assertEquals(cluster.writes, []);
    const outcome = await plan.apply();
    assertEquals(outcome.status, "done");
    assertEquals(outcome.written.map(({ kind }) => kind), [
      "DestinationRule",
      "VirtualService",
    ]);
    assertEquals(sharesIn(cluster.read(REF)), [72, 8, 20]);
    const { objects } = await traffic.history({ name: NAME });
    const [first] = objects.find(({ name }) => name === NAME)?.entries ?? [];
    assertEquals(first?.command, "library");
    assertEquals(first?.user, "tester");

    await (await traffic.undo({ name: NAME, settleMs: 0 })).apply();
    assertEquals(sharesIn(cluster.read(REF)), [90, 10]);
    const redo = await traffic.redo({ name: NAME, settleMs: 0 });
    await redo.apply({ yes: true });
    assertEquals(sharesIn(cluster.read(REF)), [72, 8, 20]);
  }
  assertEquals(closed, 0);
});

Deno.test("a plan says what it would do, and its document is plain JSON", async () => {
  const traffic = Traffic.on(memory());
  const plan = await traffic.shift(SHIFT);
  assertInstanceOf(plan, Plan);
  assertEquals(plan.changed, true);
  assertEquals(plan.grade, "mild");
  assertEquals(
    plan.changes.map(({ object, role }) => [object.kind, role]),
    [["DestinationRule", "add-subsets"], ["VirtualService", "route"]],
  );
  assertEquals(JSON.parse(JSON.stringify(plan.document)), plan.document);
  const diff = plan.diff();
  assertStringIncludes(diff, NAME);
  assertStringIncludes(diff, "-    weight: 90");
  assertStringIncludes(diff, "+    weight: 72");
  assertStringIncludes(diff, "https://memory.test");
  const escape = String.fromCharCode(27);
  assert(!diff.includes(escape));
});

Deno.test("a plan that changes nothing writes nothing", async () => {
  const cluster = memory();
  const traffic = Traffic.on(cluster);
  const plan = await traffic.shift({ ...SHIFT, build: "2", weight: 10 });
  assertEquals(plan.changed, false);
  assertEquals(plan.grade, "none");
  assertEquals(plan.changes, []);
  const outcome = await plan.apply();
  assertEquals(outcome.status, "unchanged");
  assertEquals(outcome.changed, false);
  assertEquals(cluster.writes.filter(({ dryRun }) => !dryRun), []);
});

Deno.test("progress is told step by step", async () => {
  const traffic = Traffic.on(memory());
  const plan = await traffic.shift(SHIFT);
  const told: Progress[] = [];
  await plan.apply({ onProgress: (progress) => told.push(progress) });
  assert(told.length >= plan.changes.length);
});

Deno.test.each([
  {
    what: "a severe change",
    target: {},
    weight: 60,
    answers: { yes: true },
    not: {},
  },
  {
    what: "a mild change of a protected target",
    target: { context: "prod-eu" },
    weight: 10,
    answers: { yes: true },
    not: {},
  },
  {
    what: "a severe change of a protected target",
    target: { context: "prod-eu" },
    weight: 60,
    answers: { confirm: [NAME, "api-domain-destinationrule"] },
    not: { yes: true },
  },
])("$what wants an answer first", async (of) => {
  const cluster = memory({ target: of.target });
  const traffic = Traffic.on(cluster);
  const plan = await traffic.shift({ ...SHIFT, weight: of.weight });
  for (const answers of [undefined, {}, { yes: false }, of.not]) {
    const error = await assertRejects(() => plan.apply(answers), RefusedError);
    assertEquals(error.code, "confirmation-needed");
    assertMatch(error.hint ?? "", /Pass \{ (yes|confirm): /);
  }
  assertEquals(cluster.writes.filter(({ dryRun }) => !dryRun), []);
  assertEquals(sharesIn(cluster.read(REF)), [90, 10]);
  const outcome = await plan.apply({ ...of.answers });
  assertEquals(outcome.status, "done");
  assertEquals(sharesIn(cluster.read(REF)).at(-1), of.weight);
});

Deno.test("lowering is never asked about, not even in production", async () => {
  const cluster = memory({ target: { context: "production" } });
  const plan = await Traffic.on(cluster).shift({
    ...SHIFT,
    build: "2",
    weight: 0,
  });
  assertEquals(plan.grade, "lowering");
  assertEquals((await plan.apply()).status, "done");
});

Deno.test("a glob of protected contexts protects", async () => {
  const cluster = memory({ target: { context: "eu-live" } });
  const plan = await Traffic.on(cluster).shift({
    ...SHIFT,
    protectedContexts: ["*-live"],
  });
  assertStringIncludes(plan.document.protected ?? "", "eu-live");
  await assertRejects(() => plan.apply(), RefusedError);
});

for (const { verb, call } of VERBS) {
  Deno.test(`${verb} on a sandbox ends at once with an aborted signal`, async () => {
    await using sandbox = await startSandbox();
    const error = await assertRejects(
      () => call(Traffic.on(sandbox.cluster), AbortSignal.abort()),
      InterruptedError,
    );
    assertEquals(error.code, "interrupted");
  });

  Deno.test(`${verb} on a port of one's own ends at once with an aborted signal`, async () => {
    const cluster = memory();
    const calls: string[] = [];
    cluster.onCall = (made) => void calls.push(made.verb);
    const error = await assertRejects(
      () => call(Traffic.on(cluster), AbortSignal.abort()),
      InterruptedError,
    );
    assertEquals(error.code, "interrupted");
    assertEquals(calls, []);
  });

  Deno.test(`${verb} ends with a signal that aborts while it reads`, async () => {
    const cluster = memory();
    const controller = new AbortController();
    cluster.onCall = ({ verb }) => {
      if (verb === "list") controller.abort(new Error("enough"));
    };
    const error = await assertRejects(
      () => call(Traffic.on(cluster), controller.signal),
      InterruptedError,
    );
    assertEquals(error.code, "interrupted");
  });
}

Deno.test("apply ends with an aborted signal, and nothing is written", async () => {
  const cluster = memory();
  const plan = await Traffic.on(cluster).shift(SHIFT);
  const error = await assertRejects(
    () => plan.apply({ signal: AbortSignal.abort() }),
    InterruptedError,
  );
  assertEquals(error.code, "interrupted");
  assertEquals(cluster.writes.filter(({ dryRun }) => !dryRun), []);
});

Deno.test("apply that is interrupted says what was written and what was not", async () => {
  const cluster = memory();
  const plan = await Traffic.on(cluster).shift({
    ...SHIFT,
    settleMs: 3_600_000,
  });
  const controller = new AbortController();
  const error = await assertRejects(
    () =>
      plan.apply({
        signal: controller.signal,
        onProgress: () => {
          const isHalfWay = cluster.writes.some(({ dryRun }) => !dryRun);
          if (isHalfWay) controller.abort();
        },
      }),
    InterruptedError,
  );
  const { written, notWritten } = error.details ?? {};
  assertMatch(String(written), /^DestinationRule /);
  assertMatch(String(notWritten), /^VirtualService /);
  assertEquals(sharesIn(cluster.read(REF)), [90, 10]);
});

Deno.test("waiting for ready pods ends with the signal", async () => {
  const cluster = memory();
  for (const object of cluster.all()) {
    const isThird = object.kind === "Pod" &&
      object.metadata.labels?.["build"] === "3";
    if (isThird) cluster.put({ ...object, status: { phase: "Pending" } });
  }
  const controller = new AbortController();
  let pods = 0;
  cluster.onCall = ({ verb, ref }) => {
    if (verb !== "list" || ref.kind !== "Pod") return;
    // While it waits, not while it reads.
    if (++pods === 1) setTimeout(() => controller.abort(), 0);
  };
  await assertRejects(
    () =>
      Traffic.on(cluster).shift({
        ...SHIFT,
        waitReadyMs: 3_600_000,
        signal: controller.signal,
      }),
    InterruptedError,
  );
});

interface Failure {
  readonly what: string;
  readonly Class: typeof TrafficError | typeof ClusterError;
  readonly code: ErrorCode;
  readonly fail: (traffic: Traffic, cluster: MemoryCluster) => Promise<unknown>;
  readonly forbidden?: readonly string[];
}

const FAILURES: readonly Failure[] = [
  {
    what: "a destination that is none",
    Class: UsageError,
    code: "invalid-value",
    fail: (traffic) => traffic.show({ destination: "api-domain:99999" }),
  },
  {
    what: "a weight above 100",
    Class: UsageError,
    code: "invalid-value",
    fail: (traffic) => traffic.shift({ ...SHIFT, weight: 101 }),
  },
  {
    what: "a weight that is no number",
    Class: UsageError,
    code: "invalid-value",
    fail: (traffic) => traffic.shift({ ...SHIFT, weight: NaN }),
  },
  ...[
    { name: " " },
    { name: [NAME, ""] },
    { namespace: "" },
    { selector: { "": "x" } },
    { destination: " " },
    { build: "" },
    { buildLabel: " " },
    { routes: [""] },
    { headers: { "": "1" } },
    { headers: { "x y": "1" } },
    { headers: { "x-cid": "" } },
    { headers: { "x-cid": { regex: "(?=a)" } } },
    { podLabels: { "not a label": "1" } },
  ].map((wrong): Failure => ({
    what: `a shift with ${JSON.stringify(wrong)}`,
    Class: UsageError,
    code: "invalid-value",
    fail: (traffic, cluster) => {
      cluster.onCall = () => ({ error: new Error("it was asked") });
      return traffic.shift({ ...SHIFT, ...wrong });
    },
  })),
  {
    what: "an undo of the operation without a name",
    Class: UsageError,
    code: "invalid-value",
    fail: (traffic) => traffic.undo({ name: NAME, operation: "" }),
  },
  {
    what: "a change of nothing in particular",
    Class: UsageError,
    code: "missing-argument",
    fail: (traffic) => traffic.shift({ build: "3", weight: 20 }),
  },
  {
    what: "a split that does not add up",
    Class: UsageError,
    code: "invalid-value",
    fail: (traffic) => traffic.shift({ name: NAME, split: { 1: 50, 3: 20 } }),
  },
  {
    what: "a name that nothing has",
    Class: TrafficError,
    code: "not-found",
    fail: (traffic) => traffic.show({ name: "nothing" }),
  },
  {
    what: "a build that nobody has heard of",
    Class: RefusedError,
    code: "no-ready-pods",
    fail: (traffic) => traffic.shift({ ...SHIFT, build: "99" }),
  },
  {
    what: "the only thing to undo, which is not there",
    Class: TrafficError,
    code: "history-not-found",
    fail: (traffic) => traffic.undo({ name: NAME }),
  },
  {
    what: "a list that is forbidden",
    Class: ClusterError,
    code: "forbidden",
    forbidden: ["list VirtualService"],
    fail: (traffic) => traffic.show(),
  },
  {
    what: "pods that may not be seen",
    Class: RefusedError,
    code: "pods-unknown",
    forbidden: ["list Pod"],
    fail: (traffic) => traffic.shift(SHIFT),
  },
  {
    what: "a write that is forbidden",
    Class: ClusterError,
    code: "forbidden",
    forbidden: ["patch VirtualService"],
    fail: async (traffic) => await (await traffic.shift(SHIFT)).apply(),
  },
  {
    what: "a rule that somebody changed meanwhile",
    Class: ConflictError,
    code: "conflict",
    fail: async (traffic, cluster) => {
      const plan = await traffic.shift(SHIFT);
      cluster.change(REF, (object) => {
        const { spec } = structuredClone(object) as VirtualService;
        const http = spec.http?.map((rule) => ({ ...rule, timeout: "9s" }));
        return { ...object, spec: { ...spec, http } };
      });
      await plan.apply();
    },
  },
];

Deno.test.each(FAILURES)("$what gives the code $code", async (failure) => {
  const { Class, code, fail, forbidden = [] } = failure;
  const cluster = memory({ forbidden });
  const error = await assertRejects(
    () => fail(Traffic.on(cluster), cluster),
    Class,
  );
  assertInstanceOf(error, TrafficError);
  assertEquals(error.code, code);
  assertEquals(error.name, Class.name);
  assert(!error.message.endsWith("."), error.message);
  assert(!error.message.includes("\n"), error.message);
});

Deno.test.each([-1, NaN, Infinity, 86_400_001])(
  "a time of %d milliseconds is no time to wait",
  async (time) => {
    const traffic = Traffic.on(memory());
    for (const wrong of [{ settleMs: time }, { waitReadyMs: time }]) {
      await assertRejects(
        () => traffic.shift({ ...SHIFT, ...wrong }),
        RangeError,
      );
    }
    const plan = await traffic.shift(SHIFT);
    await assertRejects(() => plan.apply({ verifyMs: time }), RangeError);
    await assertRejects(
      () => Traffic.connect({ timeoutMs: time }),
      RangeError,
    );
  },
);

Deno.test.each([
  { given: "x", means: { exact: "x" } },
  { given: { prefix: "x" }, means: { prefix: "x" } },
  { given: { regex: "x|y" }, means: { regex: "x|y" } },
  { given: { present: true as const }, means: {} },
])("a header of $given is matched by $means", async ({ given, means }) => {
  const cluster = memory();
  const plan = await Traffic.on(cluster).shift({
    ...SHIFT,
    headers: { "X-Mine": given },
  });
  await plan.apply({ yes: true });
  const { spec } = cluster.read(REF) as VirtualService;
  const blocks = (spec.http ?? []).flatMap(({ match = [] }) => match);
  const mine = blocks.flatMap(({ headers }) => headers?.["x-mine"] ?? []);
  // One before each base rule.
  assertEquals(mine, [means, means]);
});

function of(
  signal: AbortSignal | undefined,
): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** The demo world in memory, Pods included. */
function memory(options: MemoryClusterOptions = {}): MemoryCluster {
  return new MemoryCluster(WORLD, options);
}

const WORLD: readonly KubeObject[] = await (async () => {
  const time = new Date("2026-11-23T12:00:00Z");
  await using sandbox = await sandboxOf(scenario(time));
  return sandbox.store.dump().objects.map((object) => {
    const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
    return { ...object, metadata };
  });
})();

function sharesIn(object: KubeObject | undefined): number[] {
  const { spec } = object as VirtualService;
  const master = spec.http?.find(({ name }) => name === "master");
  return (master?.route ?? []).map(({ weight = 0 }) => weight);
}

async function kubeconfigFor(
  server: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  const context = (name: string) => ({
    name,
    context: { cluster: "only", user: "only", namespace: "default" },
  });
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "first",
      clusters: [{ name: "only", cluster: { server } }],
      users: [{ name: "only", user: {} }],
      contexts: [context("first"), context("second")],
    }),
  );
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

/** What a module imports, by path in the repository. */
type Graph = ReadonlyMap<
  string,
  readonly { readonly path: string; readonly dynamic: boolean }[]
>;

async function moduleGraph(): Promise<Graph> {
  const root = new URL("../", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL("mod.ts", root).href],
    cwd: new URL(root),
    stdout: "piped",
    stderr: "piped",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const { modules, redirects } = JSON.parse(new TextDecoder().decode(stdout));
  const pathOf = (specifier: string) =>
    (redirects[specifier] ?? specifier).replace(root, "");
  return new Map(
    (modules as readonly Module[]).map(({ specifier, dependencies = [] }) => [
      pathOf(specifier),
      dependencies.flatMap(({ code, isDynamic = false }) =>
        code?.specifier === undefined
          ? []
          : [{ path: pathOf(code.specifier), dynamic: isDynamic }]
      ),
    ]),
  );
}

/** As `deno info --json` has it; `code` is absent for types. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

function closureOf(
  graph: Graph,
  roots: readonly string[],
  options: { readonly dynamic: boolean },
): ReadonlySet<string> {
  const seen = new Set(roots);
  for (const path of seen) {
    for (const one of graph.get(path) ?? []) {
      if (options.dynamic || !one.dynamic) seen.add(one.path);
    }
  }
  return seen;
}

Deno.test("the first read that fails stops the others", async () => {
  const stopped: string[] = [];
  const cluster = memory();
  cluster.list = (kind, { signal } = {}) =>
    kind === "VirtualService"
      ? Promise.reject(new ClusterError("unreachable", "Cannot list"))
      : new Promise((_, reject) =>
        signal?.addEventListener("abort", () => {
          stopped.push(kind);
          reject(signal.reason);
        })
      );
  const traffic = Traffic.on(cluster);
  await assertRejects(() => traffic.show(), ClusterError, "Cannot list");
  assertEquals(stopped.includes("DestinationRule"), true);
});

Deno.test("clearing hard and one build at once is refused", async () => {
  const traffic = Traffic.on(memory());
  await assertRejects(
    () => traffic.clear({ name: "reviews", mode: "hard", build: "3" }),
    UsageError,
    "each says by itself",
  );
});

Deno.test.each([{ spec: undefined }, { spec: null }, { spec: {} }])(
  "one VirtualService without rules (spec: $spec) stops nobody's work",
  async ({ spec }) => {
    const empty = {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: "empty", namespace: "default" },
      ...(spec === undefined ? {} : { spec }),
    } as unknown as KubeObject;
    await using traffic = Traffic.on(
      new MemoryCluster([...WORLD, empty]),
    );
    const plan = await traffic.shift(SHIFT);
    assertEquals((await plan.apply()).status, "done");
    await traffic.clear({ name: NAME, mode: "hard" });
    const { virtualServices } = await traffic.show();
    assert(virtualServices.some(({ name }) => name === "empty"));
  },
);

Deno.test("a watch tells what is new until its signal, and ends without an error", async () => {
  await using traffic = await Traffic.sandbox();
  const stop = new AbortController();
  const shares: (readonly number[])[] = [];
  for await (const show of traffic.watch({ name: NAME, ...of(stop.signal) })) {
    const [shown] = show.virtualServices;
    const master = shown?.routes.find(({ kind }) => kind === "master");
    shares.push((master?.destinations ?? []).map(({ percent }) => percent));
    if (shares.length === 1) await (await traffic.shift(SHIFT)).apply();
    else stop.abort();
  }
  assertEquals(shares, [[90, 10], [72, 8, 20]]);

  let told = 0;
  for await (const _ of traffic.watch(of(stop.signal))) told++;
  assertEquals(told, 0);
});

Deno.test("a watch of what is not there fails, and so does one whose connection is closed", async () => {
  let kept: Traffic;
  {
    await using traffic = await Traffic.sandbox();
    kept = traffic;
    const nothing = traffic.watch({ name: "nothing" });
    const error = await assertRejects(() => Array.fromAsync(nothing));
    assertEquals((error as TrafficError).code, "not-found");
  }
  await assertRejects(() => Array.fromAsync(kept.watch()), InterruptedError);
});
