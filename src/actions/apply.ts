/**
 * `apply FILE`: a saved plan, carried out as it is or not at all (10.4). What
 * the file says is not believed where it can be worked out: the writes are
 * computed anew from its edits on the objects at the versions it names, and
 * must come out the same.
 *
 * @module
 */

import type { Cluster, JsonPatchOperation } from "../cluster/cluster.ts";
import { ConflictError, ManifestError, type TrafficError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import { applyEdits } from "../traffic/edits.ts";
import { planOf } from "../traffic/elsewhere.ts";
import { objectNameOf } from "../traffic/entry.ts";
import { isSame } from "../traffic/hash.ts";
import {
  HISTORY_ANNOTATION,
  MARKS_ANNOTATION,
  marksOf,
} from "../traffic/journal.ts";
import { keyOf } from "../traffic/objects.ts";
import { keyOfName } from "../traffic/operations.ts";
import { changesOf } from "../traffic/plan.ts";
import { problemOfPlan } from "../traffic/plan_shape.ts";
import type {
  Change,
  Decision,
  ObjectPair,
  TrafficPlan,
} from "../traffic/types.ts";
import { annotate, markedBy } from "../traffic/write.ts";
import { planContext, readNamespace, type RunContext } from "./context.ts";
import { labelOf } from "./outcome.ts";
import { readWorld } from "./read.ts";
import { readChangeWorld } from "./read_change.ts";
import { refOf } from "./write_attempt.ts";

/** Characters of a plan file. */
const LARGEST_PLAN = 16 * 1024 * 1024;

/**
 * Reads a saved plan and checks that it is one that istiops would make.
 *
 * @throws {ManifestError} `invalid-plan`.
 */
export function loadPlan(source: string): TrafficPlan {
  const refuse = (why: string, cause?: unknown) =>
    new ManifestError("invalid-plan", `Cannot read the plan: ${why}`, {
      hint: "Save a plan with --plan-out FILE",
      ...(cause === undefined ? {} : { cause }),
    });
  if (source.length > LARGEST_PLAN) throw refuse("it is larger than 16 MiB");
  let plan: unknown;
  try {
    plan = JSON.parse(source);
  } catch (cause) {
    throw refuse("it is no JSON", cause);
  }
  const problem = problemOfPlan(plan);
  if (problem !== undefined) throw refuse(problem);
  return plan as TrafficPlan;
}

/**
 * The plan of a file, made anew on the cluster at hand for the user who
 * carries it out: same objects, versions, edits and operation id. Give it to
 * `executePlan` with `exact`.
 *
 * @throws {ManifestError} `invalid-plan`: of another server, or its writes do
 * not follow from its edits.
 * @throws {ConflictError} `conflict`: an object is at another version.
 */
export async function planFromFile(
  cluster: Cluster,
  saved: TrafficPlan,
  run: RunContext,
): Promise<TrafficPlan> {
  refuseOtherTarget(cluster, saved);
  const call = run.signal === undefined ? {} : { signal: run.signal };
  const namespace = await readNamespace(cluster, saved.namespace, run);
  const context = await planContext(cluster, run, namespace);
  const pairs: ObjectPair[] = [];
  const groups = Map.groupBy(
    changesOf(saved),
    ({ object }) => keyOfName(object),
  );
  for (const changes of groups.values()) {
    pairs.push(await pairOf(changes, { cluster, ...call }));
  }
  // Its writes need no more than rules; what it does to requests does.
  const world = run.compares === true
    ? await readChangeWorld(cluster, { namespace: saved.namespace }, call)
    : await readWorld(cluster, {
      namespaces: "all",
      kinds: ["VirtualService", "DestinationRule", "Gateway"],
      ...call,
    });
  const waits = saved.steps.flatMap((step) =>
    step.step === "wait" ? step.milliseconds : []
  );
  const plan = await planOf(decisionOf(saved, pairs), {
    world,
    context: {
      ...context,
      operation: saved.operation,
      command: saved.command,
      settle: Math.max(run.settle, ...waits),
    },
  });
  const differs = changesOf(saved).length !== changesOf(plan).length ||
    changesOf(plan).some((change, i) =>
      !isSameWrite(change, changesOf(saved)[i]!)
    );
  if (differs) {
    throw new ManifestError(
      "invalid-plan",
      "Cannot carry out the plan: its writes do not follow from its edits",
      { hint: "The file was changed since it was saved; plan again" },
    );
  }
  return plan;
}

function refuseOtherTarget(cluster: Cluster, { target }: TrafficPlan): void {
  const { source, server } = cluster.target;
  // The embedded cluster listens on another port each time.
  const isSameServer = source === target.source &&
    (source === "sandbox" || server === target.server);
  if (isSameServer) return;
  throw new ManifestError(
    "invalid-plan",
    `Cannot carry out the plan: it is for "${target.server}", and this is "${server}"`,
    { hint: "Name its target: --context, --kubeconfig or --sandbox" },
  );
}

/** An object as it is, and as the file's edits leave it. */
async function pairOf(
  changes: readonly Change[],
  of: { readonly cluster: Cluster; readonly signal?: AbortSignal },
): Promise<ObjectPair> {
  const { cluster, ...call } = of;
  const [first] = changes;
  const { object, action, body } = first!;
  const now = await cluster.get(refOf(object), call);
  if (action === "create") {
    if (now !== undefined) throw moved(first!, "it exists already");
    return {
      after: annotate(body!, {
        [HISTORY_ANNOTATION]: undefined,
        [MARKS_ANNOTATION]: undefined,
      }),
    };
  }
  if (now === undefined) throw moved(first!, "it was deleted");
  if (!isSame(objectNameOf(now), object)) {
    throw moved(first!, "its resourceVersion has changed");
  }
  let after: KubeObject | undefined = now;
  for (const change of changes) {
    if (change.action === "delete") after = undefined;
    else if (after !== undefined) after = editedBy(change, after);
  }
  return { before: now, ...(after === undefined ? {} : { after }) };
}

function editedBy(change: Change, object: KubeObject): KubeObject {
  const applied = applyEdits(object, change.edits);
  if (applied.ok) return applied.after;
  throw new ManifestError(
    "invalid-plan",
    `Cannot carry out the plan: its edits do not fit ${
      labelOf(change.object)
    }, though its version does`,
    { hint: "The file was changed since it was saved; plan again" },
  );
}

function moved(change: Change, why: string): TrafficError {
  return new ConflictError(
    "conflict",
    `Cannot carry out the plan on ${labelOf(change.object)}: ${why}`,
    { hint: "Plan again on what is there now" },
  );
}

/** What the planner decided, as far as the file tells. */
function decisionOf(
  saved: TrafficPlan,
  pairs: readonly ObjectPair[],
): Decision {
  const [record] = changesOf(saved).map((change) => change.record);
  const { reverts, host, build, asked } = record ?? {};
  const marks = new Map<string, readonly string[]>();
  const mark = (key: string, subsets: readonly string[]) =>
    marks.set(key, [...marks.get(key) ?? [], ...subsets]);
  for (const { object, edits } of changesOf(saved)) {
    if (object.kind !== "DestinationRule") continue;
    mark(`${object.namespace}/${object.name}`, markedBy(edits));
  }
  for (const { before } of pairs) {
    if (before?.kind === "DestinationRule") {
      mark(keyOf(before), marksOf(before));
    }
  }
  return {
    verb: saved.verb,
    namespace: saved.namespace,
    pairs,
    marks: Object.fromEntries(marks),
    grade: saved.grade,
    reasons: saved.reasons,
    summary: saved.summary,
    notes: saved.notes,
    shares: saved.shares,
    untouched: saved.untouched,
    guards: saved.guards,
    ...(reverts === undefined ? {} : { reverts }),
    ...(host === undefined ? {} : { host }),
    ...(build === undefined ? {} : { build }),
    ...(asked === undefined ? {} : { asked }),
  };
}

/** The same write, records apart: they say who and when. */
function isSameWrite(one: Change, other: Change): boolean {
  return one.action === other.action && one.role === other.role &&
    isSame(one.object, other.object) &&
    isSame(one.edits, other.edits) &&
    isSame(
      one.operations.filter(isNoRecord),
      other.operations.filter(isNoRecord),
    );
}

function isNoRecord({ path }: JsonPatchOperation): boolean {
  return path !== "/metadata/annotations" &&
    path !== "/metadata/annotations/istiops~1history";
}
