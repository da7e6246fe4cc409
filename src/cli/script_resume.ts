/**
 * Going on with a script that has stopped: what makes two runs the same one,
 * and whether what was done still stands.
 *
 * @module
 */

import { type Remembered, standingOf } from "../actions/standing.ts";
import type { Connections } from "../cluster/connections.ts";
import { absolute } from "../cluster/origin.ts";
import { ConflictError, RefusedError, TrafficError } from "../errors.ts";
import { OUTPUT_OPTIONS } from "../language/commands.ts";
import type { Statement } from "../language/document.ts";
import { wordsOf } from "../language/given.ts";
import type { TargetOptions } from "../language/invocation.ts";
import type { Session } from "../language/session.ts";
import type { ObjectName } from "../traffic/types.ts";
import { openCluster } from "./connect.ts";
import type { Io } from "./io.ts";
import type { ScriptFlags } from "./script_flags.ts";
import { digestOf, type Journal } from "./script_state.ts";

/** Verbs that talk to the cluster of their line. */
const REACHING = [
  "show",
  "explain",
  "check",
  "shift",
  "clear",
  "undo",
  "redo",
  "history",
  "apply",
];

/**
 * Finds the clusters of all lines; nothing is sent to any of them.
 *
 * @returns What tells them apart, or the first line whose cluster is not to be
 * found.
 */
export async function targetsOf(
  steps: readonly Statement[],
  io: Io,
  kept: Connections,
): Promise<
  | { readonly identities: readonly string[] }
  | { readonly error: unknown; readonly at: number }
> {
  const identities = new Map<string, string>();
  for (const [at, { invocation }] of steps.entries()) {
    if (!invocation || !REACHING.includes(invocation.verb)) continue;
    const key = targetKey(invocation.target);
    if (identities.has(key)) continue;
    try {
      identities.set(key, await identityOf(invocation.target, io, kept));
    } catch (error) {
      return { error, at };
    }
  }
  return { identities: [...identities.values()] };
}

async function identityOf(
  target: TargetOptions,
  ...[io, kept]: readonly [Io, Connections]
): Promise<string> {
  if (target.sandbox) return "sandbox";
  const { namespace: _, ...anywhere } = target;
  await using cluster = await openCluster(anywhere, io, kept);
  const { server, certificateAuthority, context, namespace } = cluster.target;
  return JSON.stringify([server, certificateAuthority, context, namespace]);
}

function targetKey(target: TargetOptions): string {
  const { sandbox, kubeconfig, context, execPolicy } = target;
  const { insecureSkipTlsVerify } = target;
  return JSON.stringify([
    ...[sandbox, kubeconfig, context, execPolicy, insecureSkipTlsVerify],
  ]);
}

/** The same file, values, clusters and namespace: the same run. */
export function keyOfRun(
  { file, values }: Pick<ScriptFlags, "file" | "values">,
  of: {
    readonly identities: readonly string[];
    readonly session: Session;
  },
): string {
  const { started } = of.session;
  return JSON.stringify([
    file === "-" ? file : absolute(file),
    [...values].sort(([a], [b]) => a < b ? -1 : 1),
    of.identities,
    started.find(({ option }) => option.long === "namespace")?.value ?? null,
  ]);
}

/** What a line does, however it is told, as a name that does not tell it. */
export async function wordsDigest({ whole }: Statement): Promise<string> {
  const options = whole.options.filter(({ option }) =>
    !OUTPUT_OPTIONS.includes(option) &&
    !["debug", "timeout"].includes(option.long)
  );
  return await digestOf(wordsOf({ ...whole, options }).join(" "));
}

/**
 * The lines that are done, by number among those that run: all up to the one
 * to go on with.
 *
 * @throws {RefusedError} `record-mismatch`: a line that was done reads
 * otherwise now.
 * @throws {ConflictError} `conflict`: what one has done does not stand.
 */
export async function doneBefore(
  journal: Journal | undefined,
  of: {
    readonly steps: readonly Statement[];
    readonly io: Io;
    readonly kept: Connections;
    readonly name: string;
    /** `FILE:LINE:COL`. */
    readonly place: (step: Statement | undefined) => string;
  },
): Promise<readonly number[]> {
  const { steps, name, place } = of;
  if (journal === undefined) {
    throw new TrafficError(
      "not-found",
      `Cannot resume "${name}": no run of it, with these values on these clusters, has stopped here`,
      { hint: "Run it without --resume" },
    );
  }
  const same = new Set<number>();
  for (const [at, { words, isDone }] of journal) {
    const step = steps[at];
    if (step && await wordsDigest(step) === words) same.add(at);
    else if (isDone) {
      throw new RefusedError(
        "record-mismatch",
        `Cannot resume "${name}": ${
          place(step)
        } was carried out and reads otherwise now`,
        { hint: "Put the lines that were done back, or run what is left" },
      );
    }
  }
  const whole = await wholeOf(
    new Map([...journal].filter(([at]) => same.has(at))),
    of,
  );
  const done = steps.findIndex((_, at) =>
    journal.get(at)?.isDone !== true && !whole.has(at)
  );
  return [...steps.keys()].slice(0, done < 0 ? steps.length : done);
}

/** Lines whose last change is there as a whole; those that are done must be. */
async function wholeOf(
  journal: Journal,
  { steps, io, kept, name, place }: Parameters<typeof doneBefore>[1],
): Promise<ReadonlySet<number>> {
  const whole = new Set<number>();
  const changes = [...journal].filter(([at, { begun }]) =>
    begun.length > 0 && steps[at]?.invocation !== undefined
  );
  const groups = Map.groupBy(
    changes,
    ([at]) => targetKey(steps[at]!.invocation!.target),
  );
  for (const group of groups.values()) {
    const operations: Remembered[] = group.flatMap(([, { begun }]) =>
      begun.map(({ operation, objects }) => ({
        id: operation,
        objects: objects as readonly ObjectName[],
      }))
    );
    const { target } = steps[group[0]![0]]!.invocation!;
    await using cluster = await openCluster(target, io, kept);
    const found = await standingOf(cluster, operations);
    let next = 0;
    for (const [at, { begun, isDone }] of group) {
      next += begun.length;
      const { extent, problem } = found[next - 1]!;
      if (extent === "whole") whole.add(at);
      if (extent === "whole" ? problem === undefined : !isDone) continue;
      throw new ConflictError(
        "conflict",
        `Cannot resume "${name}": what ${
          place(steps[at])
        } has done does not stand: ${
          problem ?? "its record is not on the objects any more"
        }`,
        {
          hint:
            "Look at istiops history, then run what is left, or all of it without --resume",
          details: { operation: begun.at(-1)?.operation },
        },
      );
    }
  }
  return whole;
}
