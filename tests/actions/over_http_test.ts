/**
 * The walk on the sandbox's API server, through the real transport: what the
 * tests in memory take for granted about patches, versions and dry runs.
 */
import type { RunContext } from "../../src/actions/context.ts";
import { newOperationId } from "../../src/traffic/operation_id.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { historyOf } from "../../src/actions/history.ts";
import { outcomeOf } from "../../src/actions/outcome.ts";
import { dryRunOnServer } from "../../src/actions/preflight.ts";
import { planShiftOn } from "../../src/actions/shift.ts";
import { planUndoOn } from "../../src/actions/undo.ts";
import type { Cluster, ObjectRef } from "../../src/cluster/cluster.ts";
import { ConflictError } from "../../src/errors.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import type { ShiftIntent } from "../../src/traffic/intents.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

function runAt(clock: VirtualClock): RunContext {
  return {
    operation: newOperationId(
      new Date(),
      crypto.getRandomValues(new Uint8Array(4)),
    ),
    time: new Date(),
    command: "istiops shift -l app=api-domain -b 3 -w 20",
    settle: 2000,
    protectedContexts: [],
    clock,
  };
}

const SHIFT: ShiftIntent = {
  namespace: "default",
  selector: [{ key: "app", operator: "in", values: ["api-domain"] }],
  build: "3",
  weight: 20,
};

async function specs(cluster: Cluster): Promise<unknown[]> {
  const kinds = ["VirtualService", "DestinationRule"] as const;
  const lists = await Promise.all(
    kinds.map((kind) => cluster.list(kind, { namespace: "default" })),
  );
  return lists.flatMap(({ items }) =>
    items.map((object) => [object.kind, object.metadata.name, object["spec"]])
  );
}

Deno.test("over HTTP: a shift is written, recorded, undone and redone", async () => {
  await using sandbox = await startSandbox();
  const { cluster } = sandbox;
  const clock = new VirtualClock();
  const former = await specs(cluster);
  const plan = await planShiftOn(cluster, SHIFT, runAt(clock));
  assert(plan.changed);
  assertEquals(
    (await dryRunOnServer(cluster, plan)).unverified,
    plan.unverified,
  );
  assertEquals(await specs(cluster), former);
  const outcome = await executePlan(cluster, plan, { clock });
  assertEquals(outcome.status, "done");
  const shifted = await specs(cluster);
  const names = [
    plan.objects.find(({ kind }) => kind === "VirtualService")!.name,
  ];
  const undo = { verb: "undo", namespace: "default", names } as const;
  const back = await planUndoOn(cluster, undo, runAt(clock));
  assertEquals(back.grade, "mild");
  await executePlan(cluster, back, { clock });
  assertEquals(await specs(cluster), former);
  const redo = await planUndoOn(
    cluster,
    { ...undo, verb: "redo" },
    runAt(clock),
  );
  await executePlan(cluster, redo, { clock });
  assertEquals(await specs(cluster), shifted);
  const history = await historyOf(cluster, { namespace: "default", names });
  assertEquals(
    history.objects[0]?.entries.map(({ verb, undone }) => [verb, undone]),
    [
      ["redo", false],
      ["undo", true],
      ["shift", false],
    ],
  );
});

Deno.test("over HTTP: an unrelated change is kept, a related one is a conflict", async () => {
  await using sandbox = await startSandbox();
  const { cluster } = sandbox;
  const clock = new VirtualClock();
  const plan = await planShiftOn(cluster, SHIFT, runAt(clock));
  const { namespace, name } = plan.objects.find(({ kind }) =>
    kind === "VirtualService"
  )!;
  const ref: ObjectRef = { kind: "VirtualService", namespace, name };
  const first = { name: "first", redirect: { uri: "/" } };
  await cluster.patch(ref, [{ op: "add", path: "/spec/http/0", value: first }]);
  assertEquals((await executePlan(cluster, plan, { clock })).status, "done");
  const now = await cluster.get(ref);
  const { http } = now?.["spec"] as { http: { name?: string }[] };
  assertEquals(http[0], first);

  const next = await planShiftOn(
    cluster,
    { ...SHIFT, weight: 40 },
    runAt(clock),
  );
  const before = await specs(cluster);
  const master = http.length - 1;
  await cluster.patch(ref, [{
    op: "add",
    path: `/spec/http/${master}/timeout`,
    value: "9s",
  }]);
  const error = await assertRejects(
    () => executePlan(cluster, next, { clock }),
    ConflictError,
  );
  assertEquals(outcomeOf(error)?.written, []);
  assertEquals(before.length, (await specs(cluster)).length);
});
