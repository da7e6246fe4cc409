import { executePlan } from "../../src/actions/execute.ts";
import { planShiftOn } from "../../src/actions/shift.ts";
import { planUndoOn } from "../../src/actions/undo.ts";
import { InterruptedError } from "../../src/errors.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/mod.ts";
import type { TrafficPlan } from "../../src/traffic/types.ts";
import { HOST, namesOf, severalObjects } from "../fault/rig/several.ts";
import { runAt, specsIn } from "../fault/rig/shifting.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const NAMES = namesOf(3);

/** What the plan does, in words: `wait`, `route front-1`. */
function wordsOf({ steps }: TrafficPlan): string[] {
  return steps.map((step) =>
    step.step === "wait" ? "wait" : `${step.role} ${step.object.name}`
  );
}

/** Gives a build shares in turn; the undo of the last stops after writes. */
async function stopUndo(
  sandbox: Sandbox,
  of: { readonly weights: readonly number[]; readonly writes: number },
): Promise<{ readonly clock: VirtualClock; readonly former: unknown }> {
  const { cluster } = sandbox;
  const { weights, writes } = of;
  const clock = new VirtualClock();
  let former: unknown;
  for (const weight of weights) {
    former = specsIn(sandbox);
    const shift = await planShiftOn(cluster, {
      namespace: "default",
      names: NAMES,
      destination: { host: HOST, port: 5000 },
      build: "2",
      weight,
    }, runAt(clock));
    await executePlan(cluster, shift, { clock });
  }
  const undo = await planUndo(sandbox, NAMES[0]!);
  const stop = new AbortController();
  await assertRejects(
    () =>
      executePlan(cluster, undo, {
        clock,
        signal: stop.signal,
        onProgress: (progress) => {
          if (progress.type === "write" && progress.nth === writes) {
            stop.abort();
          }
        },
      }),
    InterruptedError,
  );
  return { clock, former };
}

const planUndo = ({ cluster }: Sandbox, name: string): Promise<TrafficPlan> =>
  planUndoOn(
    cluster,
    { verb: "undo", namespace: "default", names: [name] },
    runAt(new VirtualClock()),
  );

Deno.test("F25 an undo of several VirtualServices that stopped half way is finished by the same again, by whichever name", async () => {
  for (const writes of [1, 2]) {
    for (const name of NAMES) {
      await using sandbox = await startSandbox({
        objects: severalObjects(NAMES),
      });
      const { clock, former } = await stopUndo(sandbox, {
        weights: [20, 50],
        writes,
      });
      const rest = await planUndo(sandbox, name);
      await executePlan(sandbox.cluster, rest, { clock });
      assertEquals(specsIn(sandbox), former, `${name} after ${writes}`);
    }
  }
});

Deno.test("10.1 a subset waits for routes that were written a moment before", async () => {
  await using sandbox = await startSandbox({ objects: severalObjects(NAMES) });
  await stopUndo(sandbox, { weights: [20], writes: NAMES.length });
  const rest = await planUndo(sandbox, NAMES[0]!);
  assertEquals(wordsOf(rest), ["wait", `remove-subsets ${HOST}`, "wait"]);
});
