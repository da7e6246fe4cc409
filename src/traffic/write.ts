/**
 * One patch of one object: the guard, the splices and the record, computed on
 * the version at hand. A plan uses it on the version it has read, the
 * executor on a newer one.
 *
 * @module
 */

import type { JsonPatchOperation } from "../cluster/cluster.ts";
import type { KubeObject } from "../istio/types.ts";
import {
  applyEdits,
  diffObjects,
  type EditConflict,
  itemsOf,
  nameOf,
  recordEdits,
} from "./edits.ts";
import {
  addEntry,
  HISTORY_ANNOTATION,
  MARKS_ANNOTATION,
  marksOf,
  readHistory,
} from "./journal.ts";
import { pointerToken } from "./splice_operations.ts";
import type { Edit, HistoryEntry } from "./types.ts";

/** A patch that is ready to be sent. */
export interface PreparedPatch {
  readonly ok: true;
  /** Sets the resourceVersion, tests, splices, then writes the annotations. */
  readonly operations: readonly JsonPatchOperation[];
  /** The object as the patch leaves it, resourceVersion unchanged. */
  readonly after: KubeObject;
  /** The edits as they are on this version. */
  readonly edits: readonly Edit[];
  readonly record: HistoryEntry;
  /** The record holds all that is needed to go back. */
  readonly recorded: boolean;
  /** Records of the object that were not used; sentences. */
  readonly problems: readonly string[];
}

/** What {@linkcode preparePatch} shall write. */
export interface PatchRequest {
  readonly edits: readonly Edit[];
  /** `edits` of it are worked out anew. */
  readonly record: HistoryEntry;
}

/** Computes the patch on this version of the object, or says what is in the way. */
export async function preparePatch(
  object: KubeObject,
  request: PatchRequest,
): Promise<
  PreparedPatch | {
    readonly ok: false;
    readonly conflicts: readonly EditConflict[];
  }
> {
  const applied = applyEdits(object, request.edits);
  if (!applied.ok) return applied;
  const edits = withMarks(diffObjects(object, applied.after), {
    before: marksOf(object),
    after: markedBy(request.edits),
  });
  const { uid } = object.metadata;
  const record: HistoryEntry = {
    ...request.record,
    ...(uid === undefined ? {} : { uid }),
    edits: recordEdits(edits, applied.after),
  };
  const marks = marksAfter(object, applied.after, edits);
  const marked = annotate(applied.after, { [MARKS_ANNOTATION]: marks });
  const history = await readHistory(object, { server: record.server });
  const kept = await addEntry(record, {
    object: marked,
    older: history.entries,
  });
  const values = {
    [MARKS_ANNOTATION]: marks,
    [HISTORY_ANNOTATION]: kept.value,
  };
  return {
    ok: true,
    operations: [
      {
        op: "add",
        path: "/metadata/resourceVersion",
        value: object.metadata.resourceVersion ?? "",
      },
      ...applied.operations,
      ...annotationOperations(object, values),
    ],
    after: annotate(applied.after, values),
    edits,
    record,
    recorded: kept.complete,
    problems: history.problems,
  };
}

/** Says of each edit whether the subset it makes or takes carries our mark. */
export function withMarks(
  edits: readonly Edit[],
  marks: {
    readonly before: readonly string[];
    readonly after: readonly string[];
  },
): Edit[] {
  return edits.map((edit) => {
    const { marked: _, ...rest } = edit;
    const names = edit.after === undefined ? marks.before : marks.after;
    const name = nameOf(edit.after ?? edit.before);
    return edit.list === "/spec/subsets" && name !== undefined &&
        names.includes(name)
      ? { ...rest, marked: true }
      : rest;
  });
}

/** The object with annotations set; those without a value are taken off. */
export function annotate(
  object: KubeObject,
  values: Readonly<Record<string, string | undefined>>,
): KubeObject {
  const annotations = new Map(
    Object.entries(object.metadata.annotations ?? {}),
  );
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) annotations.delete(key);
    else annotations.set(key, value);
  }
  const { annotations: _, ...metadata } = object.metadata;
  return {
    ...object,
    metadata:
      annotations.size === 0 && object.metadata.annotations === undefined
        ? metadata
        : { ...metadata, annotations: Object.fromEntries(annotations) },
  };
}

/** Names of the subsets that edits make and mark as ours. */
export function markedBy(edits: readonly Edit[]): string[] {
  return edits.flatMap(({ marked, after }) =>
    marked === true ? nameOf(after) ?? [] : []
  );
}

function marksAfter(
  before: KubeObject,
  after: KubeObject,
  edits: readonly Edit[],
): string | undefined {
  const present = new Set(itemsOf(after, "/spec/subsets").map(nameOf));
  const marks = [...new Set([...marksOf(before), ...markedBy(edits)])]
    .filter((name) => present.has(name));
  return marks.length === 0 ? undefined : marks.join(",");
}

function annotationOperations(
  object: KubeObject,
  values: Readonly<Record<string, string | undefined>>,
): JsonPatchOperation[] {
  const present = object.metadata.annotations;
  const wanted = Object.entries(values);
  if (present === undefined) {
    const set = wanted.filter((entry): entry is [string, string] =>
      entry[1] !== undefined
    );
    return set.length === 0 ? [] : [{
      op: "add",
      path: "/metadata/annotations",
      value: Object.fromEntries(set),
    }];
  }
  return wanted.flatMap(([key, value]): JsonPatchOperation[] => {
    const path = `/metadata/annotations/${pointerToken(key)}`;
    if (value !== undefined) {
      return present[key] === value ? [] : [{ op: "add", path, value }];
    }
    return Object.hasOwn(present, key) ? [{ op: "remove", path }] : [];
  });
}
