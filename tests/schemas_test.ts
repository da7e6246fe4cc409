import { checkTraffic } from "../src/actions/check.ts";
import { planClearOn } from "../src/actions/clear.ts";
import type { RunContext } from "../src/actions/context.ts";
import { executePlan } from "../src/actions/execute.ts";
import { diffStates } from "../src/actions/diff.ts";
import { explainTraffic } from "../src/actions/explain.ts";
import { drawTraffic } from "../src/actions/graph.ts";
import { historyOf } from "../src/actions/history.ts";
import { planShiftOn } from "../src/actions/shift.ts";
import { showTraffic } from "../src/actions/show.ts";
import { planUndoOn } from "../src/actions/undo.ts";
import { ClusterError, RefusedError, UsageError } from "../src/errors.ts";
import { errorDocument } from "../src/render/error.ts";
import { graphOf } from "../src/istio/graph.ts";
import { toJson } from "../src/render/json.ts";
import { startSandbox } from "../src/sandbox/mod.ts";
import type { ShiftIntent } from "../src/traffic/intents.ts";
import { assert, assertEquals, assertRejects } from "./support/assert.ts";
import { HOSTILE } from "./render/rig/hostile_worlds.ts";
import { documentChecker, type DocumentKind } from "./support/schemas.ts";
import { VirtualClock } from "./support/virtual_clock.ts";

type Document = Record<string, unknown>;

const SELECTOR = [{
  key: "app",
  operator: "in",
  values: ["api-domain"],
}] as const;
const PICK = { namespace: "default", selector: SELECTOR };

/** One real document of each kind, and more, by name. */
async function documents(): Promise<[DocumentKind, Document][]> {
  await using sandbox = await startSandbox();
  const { cluster } = sandbox;
  const clock = new VirtualClock();
  let last = 0;
  const run = (): RunContext => ({
    operation: `operation-${++last}`,
    time: clock.now(),
    command: "istiops test",
    settle: 2000,
    protectedContexts: [],
    clock,
  });
  const found: [DocumentKind, unknown][] = [];
  const options = { clock, overrides: {} };
  const shift = async (intent: Partial<ShiftIntent>) => {
    const plan = await planShiftOn(cluster, { ...PICK, ...intent }, run());
    found.push(["TrafficPlan", plan]);
    found.push(["TrafficOutcome", await executePlan(cluster, plan, options)]);
  };
  found.push(["TrafficShow", await showTraffic(cluster, {})]);
  await shift({
    build: "3",
    headers: [{ name: "x-cid", kind: "exact", value: "seu_madruga" }],
  });
  await shift({ build: "3", weight: 20 });
  await shift({ build: "3", weight: 20 });
  const undo = await planUndoOn(
    cluster,
    {
      verb: "undo",
      namespace: "default",
      names: ["api-domain-virtualservice"],
    },
    run(),
  );
  found.push(["TrafficPlan", undo]);
  found.push(["TrafficOutcome", await executePlan(cluster, undo, options)]);
  const clear = await planClearOn(cluster, { ...PICK, mode: "soft" }, run());
  found.push(["TrafficPlan", clear]);
  found.push(["TrafficOutcome", await executePlan(cluster, clear, options)]);
  for (const authority of ["api-domain:5000", "nowhere"]) {
    const asked = {
      request: {
        ...{ method: "GET", scheme: "http", authority, path: "/" },
        headers: [["x-a", "1"]] as const,
        port: 5000,
      },
      client: { kind: "sidecar", namespace: "default", labels: {} } as const,
    };
    const sample = { requests: 10, seed: 1 };
    const explained = await explainTraffic(cluster, asked, { sample });
    found.push(["TrafficExplanation", explained]);
  }
  const shifted = await planShiftOn(
    cluster,
    {
      ...PICK,
      build: "3",
      headers: [{ name: "x-a", kind: "exact", value: "1" }],
    },
    { ...run(), compares: true },
  );
  assert((shifted.elsewhere ?? []).length > 0);
  found.push(["TrafficPlan", shifted]);
  found.push([
    "TrafficDiff",
    await diffStates([
      { kind: "cluster", cluster },
      { kind: "plan", plan: shifted, name: "plan.json" },
    ]),
  ]);
  found.push(["TrafficCheck", await checkTraffic(cluster, {})]);
  const { graph } = await drawTraffic(cluster, {});
  found.push(["TrafficGraph", graph]);
  found.push(["TrafficGraph", { ...graph, ...graphOf(HOSTILE) }]);
  found.push(["TrafficHistory", await historyOf(cluster, PICK)]);
  found.push(["TrafficShow", await showTraffic(cluster, PICK)]);
  const refused = await assertRejects(
    () => planShiftOn(cluster, { ...PICK, build: "7", weight: 20 }, run()),
    RefusedError,
  );
  found.push(["Error", errorDocument(refused, 4)]);
  return found.map(([name, value]) => [name, JSON.parse(toJson(value))]);
}

Deno.test("every document that commands print fits its JSON Schema", async () => {
  const problemsOf = await documentChecker();
  for (const [name, document] of await documents()) {
    assertEquals(
      problemsOf(name, document),
      "",
      `${name}: ${toJson(document)}`,
    );
    assertEquals(document["kind"], name);
  }
});

Deno.test("a JSON Schema refuses a document that lacks a field or has one too many", async () => {
  const problemsOf = await documentChecker();
  for (const [name, document] of await documents()) {
    for (const key of Object.keys(document)) {
      const { [key]: value, ...rest } = document;
      const misspelt = { ...rest, [`${key}x`]: value };
      assert(problemsOf(name, misspelt) !== "", `${name}.${key} misspelt`);
    }
  }
});

Deno.test("a JSON Schema refuses a misspelt field of a route or a destination", async () => {
  const problemsOf = await documentChecker();
  const [, show] = (await documents()).find(([name]) =>
    name === "TrafficShow"
  )!;
  const misspellings: readonly [RegExp, string][] = [
    [/"readyPods":/g, '"readypods":'],
    [/"percent":/g, '"percentage":'],
    [/"findings":/g, '"finding":'],
    [/"kind":"header"/g, '"kind":"headers"'],
    [/"problems":/g, '"problem":'],
  ];
  for (const [from, to] of misspellings) {
    const text = JSON.stringify(show).replaceAll(from, to);
    assert(problemsOf("TrafficShow", JSON.parse(text)) !== "", to);
  }
});

Deno.test.each([
  { error: new UsageError("invalid-value", "Cannot read -w: 101"), exit: 2 },
  {
    error: new ClusterError("forbidden", "Cannot list Pod: forbidden", {
      status: 403,
      reason: "Forbidden",
      hint: "Ask for the right to list pods",
      details: { namespace: "default", skipped: undefined },
    }),
    exit: 1,
  },
  { error: new TypeError("no error of ours"), exit: 1 },
])(
  "an error document of $error.name fits its JSON Schema",
  async ({ error, exit }) => {
    const problemsOf = await documentChecker();
    assertEquals(
      problemsOf("Error", JSON.parse(toJson(errorDocument(error, exit)))),
      "",
    );
  },
);
