/**
 * From a decision to ordered, guarded, single-object writes.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import { diffObjects, insertionsOf, recordEdits } from "./edits.ts";
import { type Draft, draftOf, objectNameOf, recordOf } from "./entry.ts";
import { hashOf } from "./hash.ts";
import {
  addEntry,
  HISTORY_ANNOTATION,
  MARKS_ANNOTATION,
  marksOf,
} from "./journal.ts";
import { type Stage, stagesOf, withWaits } from "./stages.ts";
import type {
  Change,
  Decision,
  Edit,
  HistoryEntry,
  ObjectPair,
  PlanContext,
  TrafficPlan,
} from "./types.ts";
import { wayBackOf } from "./way_back.ts";
import { annotate, preparePatch, withMarks } from "./write.ts";

/** The writes of a plan, without the waits. */
export function changesOf(plan: Pick<TrafficPlan, "steps">): Change[] {
  return plan.steps.filter((step) => step.step === "write");
}

/**
 * Orders the writes of a decision. A decision that changes nothing gives a
 * plan without steps. The grade is the decision's, except that what cannot be
 * recorded is severe unless it only lowers (11.1).
 */
export async function makePlan(
  decision: Decision,
  context: PlanContext,
): Promise<TrafficPlan> {
  const pairs = decision.pairs.filter(isChange);
  const draft = draftOf(decision, { pairs, context });
  const written: Written = { changes: [], unrecorded: [], problems: [] };
  for (const stage of pairs.flatMap((pair) => stagesOf(pair, decision))) {
    await write(stage, { draft, written });
  }
  const { changes, unrecorded } = written;
  const names = draft.objects;
  const severe = unrecorded.length > 0 && decision.grade !== "lowering";
  const unkept = unrecorded.map((name) =>
    `No record can be kept on "${name}", so this cannot be undone`
  );
  const wayBack = wayBackOf({ decision, context, objects: names });
  return {
    apiVersion: "istiops/v1",
    kind: "TrafficPlan",
    operation: context.operation,
    verb: decision.verb,
    target: context.target,
    namespace: decision.namespace,
    command: context.command,
    time: context.time.toISOString(),
    ...(context.user === undefined ? {} : { user: context.user }),
    changed: changes.length > 0,
    grade: changes.length === 0 ? "none" : severe ? "severe" : decision.grade,
    reasons: [...decision.reasons, ...(severe ? unkept : [])],
    ...(context.protected === undefined
      ? {}
      : { protected: context.protected }),
    confirm: [...new Set(names.map(({ name }) => name))],
    objects: names,
    summary: decision.summary,
    notes: [
      ...decision.notes,
      ...(severe ? [] : unkept),
      ...new Set(written.problems),
    ],
    shares: decision.shares,
    untouched: decision.untouched,
    guards: decision.guards,
    steps: withWaits(changes, { decision, context }),
    ...(wayBack === undefined ? {} : { wayBack }),
    unverified: context.unverified ?? [],
  };
}

interface Written {
  readonly changes: Change[];
  readonly unrecorded: string[];
  readonly problems: string[];
  /** The object as the stage before left it. */
  last?: KubeObject;
}

function isChange({ before, after }: ObjectPair): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return diffObjects(before, after).length > 0;
}

async function write(
  stage: Stage,
  to: { readonly draft: Draft; readonly written: Written },
): Promise<void> {
  const { draft, written } = to;
  const object = objectNameOf((stage.before ?? stage.after)!);
  const record = recordOf(stage, { draft, object });
  if (stage.before === undefined) {
    written.changes.push(
      await creation(stage.after!, { stage, draft, record, written }),
    );
    return;
  }
  if (stage.after === undefined) {
    written.changes.push({
      step: "write",
      action: "delete",
      role: stage.role,
      object,
      edits: [],
      operations: [],
      record: { ...record, left: hashOf(stage.before["spec"]) },
    });
    return;
  }
  const edits = markedEdits(diffObjects(stage.before, stage.after), {
    draft,
    stage,
  });
  const base = stage.follows ? written.last! : stage.before;
  const prepared = await preparePatch(base, { edits, record });
  if (!prepared.ok) throw new TypeError("A plan must apply to its own objects");
  written.last = prepared.after;
  written.problems.push(...prepared.problems);
  if (!prepared.recorded) written.unrecorded.push(object.name);
  written.changes.push({
    step: "write",
    action: "patch",
    role: stage.role,
    object,
    edits: prepared.edits,
    operations: prepared.operations,
    record: prepared.record,
  });
}

async function creation(
  after: KubeObject,
  of: {
    readonly stage: Stage;
    readonly draft: Draft;
    readonly record: HistoryEntry;
    readonly written: Written;
  },
): Promise<Change> {
  const edits = markedEdits(insertionsOf(after), of);
  const record: HistoryEntry = {
    ...of.record,
    edits: recordEdits(edits, after),
    created: true,
    left: hashOf(after["spec"]),
  };
  const marks = edits.flatMap(({ marked, after }) =>
    marked === true ? [(after as { readonly name: string }).name] : []
  );
  const marked = annotate(after, {
    [MARKS_ANNOTATION]: marks.length === 0 ? undefined : marks.join(","),
  });
  const kept = await addEntry(record, { object: marked, older: [] });
  if (!kept.complete) of.written.unrecorded.push(after.metadata.name);
  return {
    step: "write",
    action: "create",
    role: of.stage.role,
    object: objectNameOf(after),
    edits,
    operations: [],
    body: annotate(marked, { [HISTORY_ANNOTATION]: kept.value }),
    record,
  };
}

function markedEdits(
  edits: readonly Edit[],
  of: { readonly draft: Draft; readonly stage: Stage },
): Edit[] {
  const { before, after } = of.stage;
  const { namespace = "default", name } = (before ?? after)!.metadata;
  const { marks } = of.draft.decision;
  const key = `${namespace}/${name}`;
  return withMarks(edits, {
    before: before === undefined ? [] : marksOf(before),
    after: Object.hasOwn(marks, key) ? marks[key]! : [],
  });
}
