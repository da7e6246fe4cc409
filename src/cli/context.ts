/**
 * The verb `context`: where commands would go, why, and what they may do.
 *
 * @module
 */

import type { AccessReview } from "../cluster/cluster.ts";
import type { AccessRow, Contexts } from "../cluster/contexts.ts";
import type { Invocation } from "../language/invocation.ts";
import { connectOptions, openCluster } from "./connect.ts";
import { EXIT, exitCodeOf } from "./exit.ts";
import { Interrupts } from "./interrupts.ts";
import type { LookContext } from "./looking.ts";

type Context = Extract<Invocation, { readonly verb: "context" }>;

const QUESTIONS: readonly Omit<AccessReview, "namespace">[] = [
  { verb: "list", kind: "VirtualService" },
  { verb: "patch", kind: "VirtualService" },
  { verb: "list", kind: "DestinationRule" },
  { verb: "patch", kind: "DestinationRule" },
  { verb: "create", kind: "DestinationRule" },
  { verb: "list", kind: "Service" },
  { verb: "list", kind: "Pod" },
];

/** Runs `context`. */
export async function runContext(
  invocation: Context,
  { io, talk }: LookContext,
): Promise<number> {
  const { contexts, error } = invocation.target.sandbox
    ? { contexts: await sandboxContext(invocation, { io, talk }) }
    : await kubeconfigContexts(invocation, { io, talk });
  const access = invocation.check && error === undefined
    ? await ask(invocation, { io, talk })
    : null;
  const document: Contexts = { ...contexts, access };
  const { renderContexts } = await import("../render/contexts.ts");
  await talk.result({
    document,
    pretty: (options) => renderContexts(document, options),
  });
  if (error === undefined) return EXIT.done;
  if (invocation.output.output === "pretty") {
    const { reportFailure } = await import("./failure.ts");
    return await reportFailure(error, io, invocation.output);
  }
  return exitCodeOf(error);
}

async function kubeconfigContexts(
  { target }: Context,
  { io }: LookContext,
): Promise<{ readonly contexts: Contexts; readonly error?: Error }> {
  const { describeContexts } = await import("../cluster/contexts.ts");
  const { outsideOf } = await import("../cluster/connect.ts");
  const options = connectOptions(target, io);
  return await describeContexts(options, outsideOf(options));
}

async function sandboxContext(
  { target }: Context,
  { io }: LookContext,
): Promise<Contexts> {
  await using cluster = await openCluster(target, io);
  return {
    apiVersion: "istiops/v1",
    kind: "Contexts",
    current: null,
    contexts: [],
    chosen: {
      context: null,
      reason: "--sandbox",
      server: cluster.target.server,
      namespace: cluster.target.namespace,
      identity: "the sandbox",
      login: "none",
      plugin: null,
      authority: "none",
      tlsServerName: null,
      proxy: null,
      impersonates: [],
    },
    problem: null,
    access: null,
  };
}

/** One after another, so that the first failure is the one that is told. */
async function ask(
  { target }: Context,
  { io }: LookContext,
): Promise<readonly AccessRow[]> {
  using interrupts = new Interrupts(io, () => {});
  await using cluster = await openCluster(target, io);
  const { namespace } = cluster.target;
  const rows: AccessRow[] = [];
  for (const question of QUESTIONS) {
    const allowed = await cluster.canI(
      { ...question, namespace },
      { signal: interrupts.signal },
    );
    rows.push({ ...question, namespace, allowed });
  }
  return rows;
}
