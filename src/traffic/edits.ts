/**
 * The one way to change a list of an object: find an item, put another in its
 * place. The same function carries out a fresh plan, carries it over to a
 * newer version of the object, and takes it back from the record, so all
 * three find and refuse by the same rules.
 *
 * @module
 */

import type { JsonPatchOperation } from "../cluster/cluster.ts";
import { TrafficError } from "../errors.ts";
import type { Json, KubeObject } from "../istio/types.ts";
import { align, type KeyOf } from "./alignment.ts";
import { canonicalJson, hashOf, isSame } from "./hash.ts";
import {
  type EditConflict,
  matchOf,
  nameOf,
  place,
  type PlaceOptions,
  type Splice,
} from "./placement.ts";

import { spliceOperations } from "./splice_operations.ts";
import type { Edit, ListPath, RecordedEdit } from "./types.ts";

export { type EditConflict, nameOf, type Splice } from "./placement.ts";

/** The lists that istiops splices, in the order it writes them. */
export const LIST_PATHS: readonly ListPath[] = ["/spec/http", "/spec/subsets"];

/** What became of {@linkcode applyEdits}. */
export type Applied =
  | {
    readonly ok: true;
    readonly after: KubeObject;
    /** Tests of what is touched, then the splices; indexes hold in this order. */
    readonly operations: readonly JsonPatchOperation[];
    /** What `force` went over. */
    readonly forced: readonly EditConflict[];
  }
  | { readonly ok: false; readonly conflicts: readonly EditConflict[] };

/** The items of a list; none where the list is absent. */
export function itemsOf(object: KubeObject, list: ListPath): readonly Json[] {
  const spec = object["spec"] as Readonly<Record<string, unknown>> | undefined;
  const value = spec?.[fieldOf(list)];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new TrafficError(
    "bad-answer",
    `Cannot read ${object.kind} "${object.metadata.name}": ${list} is no list`,
  );
}

/**
 * What turns one version of an object into another, as far as its lists go.
 *
 * @throws {TypeError} If the specs differ in anything else.
 */
export function diffObjects(before: KubeObject, after: KubeObject): Edit[] {
  if (before === after) return [];
  if (!isSame(withoutLists(before), withoutLists(after))) {
    throw new TypeError(
      `Only ${LIST_PATHS.join(" and ")} of ${before.kind} may change`,
    );
  }
  return LIST_PATHS.flatMap((list) =>
    diffLists(list, itemsOf(before, list), itemsOf(after, list))
  );
}

/** The edits that make up a whole list, for an object that is created. */
export function insertionsOf(object: KubeObject): Edit[] {
  return LIST_PATHS.flatMap((list) =>
    diffLists(list, [], itemsOf(object, list))
  );
}

/**
 * Carries out edits on an object, which is left as it is. Where a list is as
 * it was when the edits were made, indexes decide; else each touched item has
 * to be found exactly once by its content, twins told apart by neighbours.
 */
export function applyEdits(
  object: KubeObject,
  edits: readonly Splice[],
  options: PlaceOptions = {},
): Applied {
  const operations: JsonPatchOperation[] = [];
  const conflicts: EditConflict[] = [];
  const changed: Record<string, readonly Json[] | undefined> = {};
  for (const list of LIST_PATHS) {
    const own = edits.filter((edit) => edit.list === list);
    if (own.length === 0) continue;
    const items = itemsOf(object, list);
    const placed = place(items, own, options);
    conflicts.push(...placed.conflicts);
    if (placed.conflicts.length > 0 && options.force !== true) continue;
    operations.push(...spliceOperations(list, items, placed));
    changed[fieldOf(list)] = placed.after.length > 0 ? placed.after : undefined;
  }
  if (conflicts.length > 0 && options.force !== true) {
    return { ok: false, conflicts };
  }
  return {
    ok: true,
    after: withLists(object, changed),
    operations,
    forced: conflicts,
  };
}

/**
 * Is the object as these edits leave it? A glance, for where no record can
 * tell: each new item is there, each former one is not.
 */
export function isCarriedOut(
  object: KubeObject,
  edits: readonly Edit[],
): boolean {
  const present = new Map(LIST_PATHS.map((list) => [
    list,
    new Set(itemsOf(object, list).map(canonicalJson)),
  ]));
  const isThere = (list: ListPath, item: Json | undefined) =>
    present.get(list)?.has(canonicalJson(item)) === true;
  return edits.every(({ list, before, after }) =>
    (after === undefined || isThere(list, after)) &&
    (before === undefined || !isThere(list, before))
  );
}

/** What the record keeps of edits that turn one object into the other. */
export function recordEdits(
  edits: readonly Edit[],
  after: KubeObject,
): RecordedEdit[] {
  // Once for a list, not once for each of its items.
  const wholes = new Map(
    LIST_PATHS.map((list) => [list, hashOf(itemsOf(after, list))]),
  );
  return edits.map(({ after: item, whole: _, ...rest }) => ({
    ...rest,
    ...(item === undefined ? {} : { left: hashOf(item) }),
    whole: wholes.get(rest.list) ?? "",
  }));
}

/** What takes recorded edits back. */
export function reverseEdits(recorded: readonly RecordedEdit[]): Splice[] {
  return recorded.map(({ before, left, from, to, ...rest }) => ({
    ...rest,
    ...(left === undefined ? {} : { expected: left }),
    ...(before === undefined ? {} : { after: before }),
    ...(to === undefined ? {} : { from: to }),
    ...(from === undefined ? {} : { to: from }),
  }));
}

function diffLists(
  list: ListPath,
  before: readonly Json[],
  after: readonly Json[],
): Edit[] {
  const aligned = align(before, after, {
    keys: list === "/spec/http"
      ? [identity, nameOf, matchOf]
      : [identity, nameOf],
    ...(list === "/spec/http"
      ? {
        byPosition: (one: Json, other: Json) =>
          nameOf(one) === undefined && nameOf(other) === undefined,
      }
      : {}),
  });
  const touched = aligned.filter(({ from, to }) =>
    from === undefined || to === undefined || !isSame(before[from], after[to])
  );
  if (touched.length === 0) return [];
  const whole = hashOf(before);
  return touched.map(({ from, to }): Edit => {
    const [home, at] = to === undefined ? [before, from!] : [after, to];
    return {
      list,
      ...(from === undefined ? {} : { before: before[from]!, from }),
      ...(to === undefined ? {} : { after: after[to]!, to }),
      ...(at === 0 ? {} : { previous: hashOf(home[at - 1]) }),
      ...(at === home.length - 1 ? {} : { next: hashOf(home[at + 1]) }),
      whole,
    };
  });
}

const identity: KeyOf<Json> = (item) => canonicalJson(item);

function fieldOf(list: ListPath): "http" | "subsets" {
  return list === "/spec/http" ? "http" : "subsets";
}

function withoutLists(object: KubeObject): unknown {
  const { metadata: _, spec, ...rest } = object;
  const { http: _http, subsets: _subsets, ...fields } = (spec ?? {}) as Record<
    string,
    unknown
  >;
  return { ...rest, spec: fields };
}

function withLists(
  object: KubeObject,
  changed: Readonly<Record<string, readonly Json[] | undefined>>,
): KubeObject {
  const spec = { ...object["spec"] as Record<string, unknown>, ...changed };
  for (const field of Object.keys(changed)) {
    if (changed[field] === undefined) delete spec[field];
  }
  return { ...object, spec };
}
