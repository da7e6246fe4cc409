/**
 * `check --fix`: the plan that mends findings without moving requests, shown
 * and saved. `apply` asks and carries it out.
 *
 * @module
 */

import { planFixOn } from "../actions/fix.ts";
import { dryRunOnServer } from "../actions/preflight.ts";
import { SYSTEM_CLOCK } from "../cluster/retry.ts";
import { renderPlan } from "../render/plan.ts";
import { safe } from "../render/safe.ts";
import { newOperationId } from "../traffic/operation_id.ts";
import { savedText, savePlan } from "./change.ts";
import type { Check } from "./check.ts";
import { readConfig } from "./config.ts";
import { EXIT } from "./exit.ts";
import type { LookContext, Looking } from "./looking.ts";

/** Milliseconds between writes that depend on each other. */
const SETTLE = 2000;

/** Plans, shows, and saves where it is told to. */
export async function runFix(
  invocation: Check,
  looking: Looking,
  { io, talk, command }: LookContext & { readonly command: string },
): Promise<number> {
  const { cluster, signal } = looking;
  const { protected: protectedContexts } = await readConfig(io);
  const time = SYSTEM_CLOCK.now();
  const home = cluster.target.namespace;
  const planned = await planFixOn(
    cluster,
    { namespace: home, ...invocation.intentFor(home) },
    {
      operation: newOperationId(
        time,
        crypto.getRandomValues(new Uint8Array(8)),
      ),
      ...{ time, command, protectedContexts, signal },
      settle: SETTLE,
      clock: SYSTEM_CLOCK,
      onNote: (text) => talk.detail(safe(text)),
    },
  );
  const planOut = invocation.fix?.planOut;
  const plan = planOut === undefined
    ? await dryRunOnServer(cluster, planned, { signal })
    : planned;
  if (planOut !== undefined) await savePlan(plan, planOut);
  looking.clear();
  await talk.result({
    document: plan,
    pretty: (options) => renderPlan(plan, options),
  });
  if (planOut !== undefined) talk.say(`${savedText(plan, planOut)}\n`);
  return EXIT.done;
}
