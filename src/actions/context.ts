/**
 * Everything about a run that is not traffic: who, when, how long to wait,
 * and whether the target wants an answer first.
 *
 * @module
 */

import type { CallOptions, Clock, Cluster } from "../cluster/cluster.ts";
import { ClusterError, InterruptedError, RefusedError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import { PROTECTED_ANNOTATION, whyProtected } from "../traffic/protected.ts";
import type { PlanContext } from "../traffic/types.ts";

/** One run of a verb that changes something. */
export interface RunContext extends CallOptions {
  /** Operation id: unique, and safe in a command line. */
  readonly operation: string;
  readonly time: Date;
  /** The command line, header values redacted. */
  readonly command: string;
  /** Milliseconds between two dependent writes, and after the last. */
  readonly settle: number;
  /** Globs of context names, from the user's configuration. */
  readonly protectedContexts: readonly string[];
  readonly clock: Clock;
  /** The plan says which requests go elsewhere. */
  readonly compares?: boolean;
  /** Milliseconds to wait for ready pods. */
  readonly waitReady?: number;
  /** Told what is worth knowing only to who asks for more; sentences. */
  readonly onNote?: (text: string) => void;
}

/** Asks the server who the user is, and adds what protects the target. */
export async function planContext(
  cluster: Cluster,
  run: RunContext,
  namespace?: KubeObject,
): Promise<PlanContext> {
  const user = await userOf(cluster, run);
  const { context } = cluster.target;
  const reason = whyProtected({
    ...(namespace === undefined ? {} : { namespace }),
    ...(context === undefined ? {} : { context }),
    globs: run.protectedContexts,
  });
  return {
    operation: run.operation,
    time: run.time,
    ...(user === undefined ? {} : { user }),
    target: cluster.target,
    command: run.command,
    settle: run.settle,
    ...(reason === undefined ? {} : { protected: reason }),
    ...(run.compares === undefined ? {} : { compares: run.compares }),
  };
}

/** The Namespace, as far as it may be read: unread it protects nothing. */
export async function readNamespace(
  cluster: Cluster,
  name: string,
  run: Pick<RunContext, "signal" | "onNote"> = {},
): Promise<KubeObject | undefined> {
  const call = run.signal === undefined ? {} : { signal: run.signal };
  try {
    return await cluster.get({ kind: "Namespace", name }, call);
  } catch (error) {
    if (error instanceof ClusterError && error.code === "forbidden") {
      run.onNote?.(
        `Namespace "${name}" cannot be read: an annotation ${PROTECTED_ANNOTATION} on it protects nothing`,
      );
      return undefined;
    }
    throw error;
  }
}

/** Milliseconds between two looks at the pods. */
const LOOK = 2000;

/**
 * Tries until no build lacks ready pods, for as long as `waitReady` says.
 * Any other refusal ends it at once.
 */
export async function untilReady<T>(
  run: RunContext,
  attempt: () => Promise<T>,
): Promise<T> {
  const { clock, signal, waitReady = 0 } = run;
  const end = clock.now().getTime() + waitReady;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const left = end - clock.now().getTime();
      const waits = error instanceof RefusedError &&
        error.code === "no-ready-pods" && left > 0;
      if (!waits) throw error;
      await clock.sleep(Math.min(LOOK, left), signal).catch((cause) => {
        throw new InterruptedError(
          "interrupted",
          "Cannot wait for ready pods any longer: interrupted",
          { hint: "Nothing was written", cause },
        );
      });
    }
  }
}

async function userOf(
  cluster: Cluster,
  { signal }: RunContext,
): Promise<string | undefined> {
  try {
    return await cluster.whoAmI(signal === undefined ? {} : { signal });
  } catch (error) {
    // Older servers do not say; a record without a user is still a record.
    const isSilent = error instanceof ClusterError &&
      ["forbidden", "kind-not-served", "not-found"].includes(error.code);
    if (isSilent) return undefined;
    throw error;
  }
}
