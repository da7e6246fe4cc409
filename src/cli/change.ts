/**
 * A verb that changes something: plan, show, ask, carry out, say what became
 * of it.
 *
 * @module
 */

import type { RunContext } from "../actions/context.ts";
import { executePlan } from "../actions/execute.ts";
import { outcomeOf } from "../actions/outcome.ts";
import { dryRunOnServer } from "../actions/preflight.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Connections } from "../cluster/connections.ts";
import { SYSTEM_CLOCK } from "../cluster/retry.ts";
import { TrafficError } from "../errors.ts";
import type { Invocation, RunOptions } from "../language/invocation.ts";
import { renderOutcome } from "../render/outcome.ts";
import { renderPlan } from "../render/plan.ts";
import { safe } from "../render/safe.ts";
import type { Overrides } from "../traffic/intents.ts";
import { type Asker, isAnswered } from "../traffic/answers.ts";
import { newOperationId } from "../traffic/operation_id.ts";
import type { TrafficOutcome, TrafficPlan } from "../traffic/types.ts";
import { shellLine } from "../shell_line.ts";
import { openAudit } from "./audit.ts";
import { confirmPlan } from "./confirm.ts";
import { readConfig } from "./config.ts";
import { openCluster } from "./connect.ts";
import { EXIT } from "./exit.ts";
import { Interrupts } from "./interrupts.ts";
import { type Io, whyUnread } from "./io.ts";
import type { Talk } from "./output.ts";
import type { Prompts } from "./prompts.ts";
import { ProgressLine, tellProgress, withListProgress } from "./progress.ts";

/** An invocation that may write. */
export type ChangeInvocation = Extract<
  Invocation,
  { readonly run: RunOptions }
>;

/** Runs it and gives the status to end with. */
export async function runChange(
  invocation: ChangeInvocation,
  of: {
    readonly io: Io;
    readonly talk: Talk;
    readonly command: string;
    readonly asker?: Asker;
    readonly confirm?: (plan: TrafficPlan) => Promise<void>;
    readonly prompts?: Prompts;
    readonly onOutcome?: (outcome: TrafficOutcome) => void;
    /** Told the plan that was agreed to, before its first write. */
    readonly onPlan?: (plan: TrafficPlan) => Promise<void>;
    /** What commands before have opened. */
    readonly kept?: Connections;
  },
): Promise<number> {
  const { io, talk, command } = of;
  const { run, output } = invocation;
  using line = new ProgressLine(io, output);
  let isWriting = false;
  using interrupts = new Interrupts(io, () => {
    line.clear();
    talk.say(
      isWriting
        ? "Stopping after the write under way; Ctrl-C again ends at once\n"
        : "Stopping\n",
    );
  });
  const { signal } = interrupts;
  const config = await readConfig(io);
  await using target = await openCluster(invocation.target, io, of.kept);
  const cluster = withListProgress(target, line);
  const time = SYSTEM_CLOCK.now();
  const plan = await planOf(invocation, cluster, {
    io,
    run: {
      operation: newOperationId(
        time,
        crypto.getRandomValues(new Uint8Array(8)),
      ),
      time,
      command,
      settle: run.settleMs,
      protectedContexts: config.protected,
      clock: SYSTEM_CLOCK,
      signal,
      compares: run.dryRun || run.planOut !== undefined,
      onNote: (text) => talk.detail(safe(text)),
      ...(run.waitReadyMs === undefined ? {} : { waitReady: run.waitReadyMs }),
    },
  });

  if (run.planOut !== undefined) {
    await savePlan(plan, run.planOut);
    line.clear();
    await talk.result({
      document: plan,
      pretty: (options) => renderPlan(plan, options),
    });
    talk.say(`${savedText(plan, run.planOut)}\n`);
    return statusOf(plan, run);
  }
  if (run.dryRun) {
    const checked = await dryRunOnServer(cluster, plan, { signal });
    line.clear();
    await talk.result({
      document: checked,
      pretty: (options) => renderPlan(checked, options),
    });
    return statusOf(plan, run);
  }

  line.clear();
  const text = (options: Parameters<typeof renderPlan>[1]) =>
    `${renderPlan(plan, options)}\n`;
  if (output.output === "pretty" && !output.quiet) {
    await talk.result({ document: plan, pretty: text });
  } else if (!isAnswered(plan, run) && io.stderr.isTerminal) {
    // Who is asked has to see what about; the one document comes last.
    io.stderr.write(text(talk.aside));
  }
  if (of.confirm !== undefined) await of.confirm(plan);
  else {
    await confirmPlan(plan, io, {
      given: run,
      signal,
      ...(of.asker === undefined ? {} : { asker: of.asker }),
      ...(of.prompts === undefined ? {} : { prompts: of.prompts }),
    });
  }
  const log = config.audit
    ? openAudit(io)
    : { why: "no audit log: switched off" };
  if ("why" in log) talk.detail(safe(log.why));
  await of.onPlan?.(plan);
  isWriting = true;
  const outcome = await executePlan(cluster, plan, {
    clock: SYSTEM_CLOCK,
    signal,
    exact: invocation.verb === "apply",
    overrides: overridesOf(invocation),
    onProgress: (progress) => tellProgress(line, progress),
    ...("audit" in log ? { onAttempt: log.audit } : {}),
    ...(run.verifyMs === undefined ? {} : { verify: run.verifyMs }),
  }).catch((error) => {
    const reached = outcomeOf(error);
    if (reached !== undefined) of.onOutcome?.(reached);
    throw error;
  });
  of.onOutcome?.(outcome);
  line.clear();
  await talk.result({
    document: outcome,
    pretty: (options) => renderOutcome(outcome, options),
  });
  return EXIT.done;
}

/** How to go on with a plan that was saved. */
export function savedText(plan: TrafficPlan, path: string): string {
  return `Saved the plan; to carry it out: ${
    safe(shellLine(["istiops", "apply", path, ...plan.target.flags]))
  }`;
}

function statusOf(plan: TrafficPlan, run: RunOptions): number {
  return run.exitCode && plan.changed ? EXIT.wouldChange : EXIT.done;
}

async function planOf(
  invocation: ChangeInvocation,
  cluster: Cluster,
  of: { readonly run: RunContext; readonly io: Io },
): Promise<TrafficPlan> {
  const { namespace } = cluster.target;
  switch (invocation.verb) {
    case "shift": {
      const { planShiftOn } = await import("../actions/shift.ts");
      const intent = invocation.intentFor(namespace);
      return await planShiftOn(cluster, intent, of.run);
    }
    case "clear": {
      const { planClearOn } = await import("../actions/clear.ts");
      const intent = invocation.intentFor(namespace);
      return await planClearOn(cluster, intent, of.run);
    }
    case "undo":
    case "redo": {
      const { planUndoOn } = await import("../actions/undo.ts");
      const intent = invocation.intentFor(namespace);
      return await planUndoOn(cluster, intent, of.run);
    }
    case "apply": {
      const { loadPlan, planFromFile } = await import("../actions/apply.ts");
      const source = await readPlan(invocation.file, of.io);
      return await planFromFile(cluster, loadPlan(source), of.run);
    }
  }
}

function overridesOf(invocation: ChangeInvocation): Overrides {
  if (invocation.verb === "apply") return invocation.overrides;
  const { force, skipPodCheck, overrideOwner } = invocation.intentFor("");
  return {
    ...(force === undefined ? {} : { force }),
    ...(skipPodCheck === undefined ? {} : { skipPodCheck }),
    ...(overrideOwner === undefined ? {} : { overrideOwner }),
  };
}

async function readPlan(file: string, io: Io): Promise<string> {
  if (file === "-") return await io.stdin.readAll();
  try {
    return await io.readTextFile(file);
  } catch (cause) {
    throw new TrafficError(
      "file",
      `Cannot read the plan "${file}": ${whyUnread(cause)}`,
      { hint: "Save one with --plan-out FILE", cause },
    );
  }
}

/** Saves a plan so that only its owner can read it. */
export async function savePlan(plan: TrafficPlan, path: string): Promise<void> {
  const { writePrivate } = await import("../private_files.ts");
  const { toJson } = await import("../render/json.ts");
  await writePrivate(path, `${toJson(plan)}\n`);
}
