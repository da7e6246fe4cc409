/**
 * Where in a list each splice belongs: items are found by content, insertions
 * by their neighbours. An index decides only where the whole list is as it
 * was.
 *
 * @module
 */

import type { Json } from "../istio/types.ts";
import { groupBy } from "../istio/group.ts";
import { canonicalJson, hashOf } from "./hash.ts";
import type { Edit, ListPath } from "./types.ts";

/**
 * An {@linkcode Edit} to be applied. One that comes from a record knows what
 * it shall find by its hash only.
 */
export interface Splice extends Edit {
  /** `hashOf` the item to be found, where `before` is not at hand. */
  readonly expected?: string;
}

/** Why a splice cannot be applied: the versions that stand against each other. */
export interface EditConflict {
  readonly list: ListPath;
  /** One clause: `was changed`, `is there 2 times`, … */
  readonly reason: string;
  /** Position that was remembered. */
  readonly index?: number;
  /** What was to be found; only its hash where it comes from a record. */
  readonly expected?: Json;
  readonly expectedHash?: string;
  /** What was to stand there afterwards. */
  readonly wanted?: Json;
  /** What most probably is the same item now; absent if it is gone. */
  readonly found?: Json;
}

/** Which item each splice touches, and the list that results. */
export interface Placed {
  readonly after: readonly Json[];
  /** Index in the list as it is, and what becomes of it (nothing: removed). */
  readonly touched: readonly {
    readonly index: number;
    readonly after?: Json;
  }[];
  /** Index in the resulting list; ascending. */
  readonly inserted: readonly {
    readonly index: number;
    readonly item: Json;
  }[];
  readonly conflicts: readonly EditConflict[];
}

interface Slot {
  readonly item: Json;
  readonly hash: string;
  readonly isNew?: boolean;
}

/** Options of {@linkcode place}. */
export interface PlaceOptions {
  /** Go on at the likeliest place where an item is not found exactly once. */
  readonly force?: boolean;
  /** A new rule may stand below another with its match: it was there before. */
  readonly restore?: boolean;
}

/** Places splices of one list on its items. */
export function place(
  items: readonly Json[],
  splices: readonly Splice[],
  options: PlaceOptions = {},
): Placed {
  const hashes = items.map((item) => hashOf(item));
  const conflicts: EditConflict[] = [];
  const unchanged = splices.every((splice) => splice.whole !== undefined) &&
    splices[0]?.whole === hashOf(items);
  const finding = splices.filter((splice) => expectedOf(splice) !== undefined);
  const found = unchanged
    ? byIndex(finding, hashes)
    : byContent(finding, hashes);
  const touched = new Map<number, Splice>();
  for (const splice of finding) {
    let index = found.get(splice);
    if (index === undefined) {
      conflicts.push(conflictOf(splice, items, hashes));
      if (options.force !== true) continue;
      index = likeliest(splice, items, hashes);
    }
    if (index !== undefined && !touched.has(index)) touched.set(index, splice);
  }
  const slots: Slot[] = items.flatMap((item, index): Slot[] => {
    const splice = touched.get(index);
    if (splice === undefined) return [{ item, hash: hashes[index]! }];
    return splice.after === undefined
      ? []
      : [{ item: splice.after, hash: hashOf(splice.after) }];
  });
  const inserting = splices.filter((splice) =>
    expectedOf(splice) === undefined && splice.after !== undefined
  ).sort((a, b) => (a.to ?? 0) - (b.to ?? 0));
  if (unchanged) {
    for (const splice of inserting) {
      slots.splice(splice.to ?? slots.length, 0, slotOf(splice));
    }
  } else {
    const missing = inserting.filter((splice) => !isThere(splice, slots));
    for (const run of runsOf(missing).reverse()) {
      let gap = gapFor(run, slots);
      const others = run.flatMap((splice) =>
        (splice.list === "/spec/subsets"
          ? namesakeOf(splice, slots)
          : options.restore === true
          ? undefined
          : shadowOf(splice, slots.slice(0, gap))) ?? []
      );
      conflicts.push(...others);
      if (gap === undefined) {
        conflicts.push({
          ...factsOf(run[0]!),
          reason: "has lost both of its former neighbours",
        });
      }
      if (gap === undefined || others.length > 0) {
        if (options.force !== true) continue;
        gap ??= Math.min(run[0]!.to ?? slots.length, slots.length);
      }
      slots.splice(gap, 0, ...run.map(slotOf));
    }
  }
  return {
    after: slots.map((slot) => slot.item),
    touched: [...touched].map(([index, { after }]) => ({
      index,
      ...(after === undefined ? {} : { after }),
    })).sort((a, b) => a.index - b.index),
    inserted: slots.flatMap(({ item, isNew }, index) =>
      isNew === true ? [{ index, item }] : []
    ),
    conflicts,
  };
}

/** Has somebody else made the very same subset meanwhile? */
function isThere({ list, after }: Splice, slots: readonly Slot[]): boolean {
  return list === "/spec/subsets" &&
    slots.some(({ hash }) => hash === hashOf(after));
}

/** Another subset of the same name that somebody else has made meanwhile. */
function namesakeOf(
  splice: Splice,
  slots: readonly Slot[],
): EditConflict | undefined {
  const name = nameOf(splice.after);
  const other = slots.find(({ item }) => nameOf(item) === name);
  return other && {
    ...factsOf(splice),
    reason: "has the name of another that was made",
    found: other.item,
  };
}

/**
 * A rule that takes all of its requests, and that somebody else has made
 * meanwhile, directly above where it was to stand.
 */
function shadowOf(
  splice: Splice,
  above: readonly Slot[],
): EditConflict | undefined {
  const conditions = conditionsOf(splice.after);
  if (conditions === undefined) return undefined;
  const from = above.findLastIndex(({ hash }) => hash === splice.previous);
  const other = above.slice(from + 1)
    .find(({ item }) => conditionsOf(item) === conditions);
  return other && {
    ...factsOf(splice),
    reason: "would stand below another with the same match",
    found: other.item,
  };
}

function conditionsOf(item: Json | undefined): string | undefined {
  const { match } = fieldsOf(item);
  return Array.isArray(match) && match.length > 0 ? matchOf(item) : undefined;
}

function expectedOf(splice: Splice): string | undefined {
  return splice.expected ??
    (splice.before === undefined ? undefined : hashOf(splice.before));
}

function slotOf(splice: Splice): Slot {
  return { item: splice.after!, hash: hashOf(splice.after), isNew: true };
}

function byIndex(
  splices: readonly Splice[],
  hashes: readonly string[],
): ReadonlyMap<Splice, number> {
  return new Map(splices.flatMap((splice): [Splice, number][] => {
    const { from } = splice;
    return from !== undefined && hashes[from] === expectedOf(splice)
      ? [[splice, from]]
      : [];
  }));
}

function byContent(
  splices: readonly Splice[],
  hashes: readonly string[],
): ReadonlyMap<Splice, number> {
  const found = new Map<Splice, number>();
  for (const group of groupBy(splices, expectedOf).values()) {
    const hash = expectedOf(group[0]!);
    const candidates = hashes.flatMap((one, index) =>
      one === hash ? [index] : []
    );
    if (candidates.length === group.length) {
      // All twins are touched, or there is no twin: order tells them apart.
      const inOrder = group.toSorted((a, b) => (a.from ?? 0) - (b.from ?? 0));
      inOrder.forEach((splice, i) => found.set(splice, candidates[i]!));
      continue;
    }
    for (const splice of group) {
      const between = candidates.filter((index) =>
        hashes[index - 1] === splice.previous &&
        hashes[index + 1] === splice.next
      );
      if (between.length === 1) found.set(splice, between[0]!);
    }
  }
  return found;
}

/** Insertions that stand directly behind each other move as one. */
function runsOf(inserting: readonly Splice[]): Splice[][] {
  const runs: Splice[][] = [];
  for (const splice of inserting) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1)!.to === (splice.to ?? -1) - 1) {
      run.push(splice);
    } else runs.push([splice]);
  }
  return runs;
}

function gapFor(
  run: readonly Splice[],
  slots: readonly Slot[],
): number | undefined {
  const previous = run[0]!.previous;
  const next = run.at(-1)!.next;
  const gaps = Array.from({ length: slots.length + 1 }, (_, gap) => gap);
  const before = gaps.filter((gap) => slots[gap]?.hash === next);
  const after = gaps.filter((gap) => slots[gap - 1]?.hash === previous);
  const between = before.filter((gap) => after.includes(gap));
  for (const places of [between, before, after]) {
    if (places.length === 1) return places[0];
  }
  return undefined;
}

/**
 * Under `force`: the item of the same name or match, else the one between the
 * former neighbours, else (only to replace) the one at the remembered place.
 * An item that is to go is never guessed by its place alone: another may have
 * moved there.
 */
function likeliest(
  splice: Splice,
  items: readonly Json[],
  hashes: readonly string[],
): number | undefined {
  const known = splice.before ?? splice.after;
  const name = nameOf(known);
  const namesakes = items.flatMap((item, index) =>
    name !== undefined && nameOf(item) === name ? [index] : []
  );
  if (namesakes.length === 1) return namesakes[0];
  const matching = items.flatMap((item, index) =>
    splice.list === "/spec/http" && known !== undefined &&
      matchOf(item) === matchOf(known) &&
      (name === undefined || nameOf(item) === undefined)
      ? [index]
      : []
  );
  if (matching.length === 1) return matching[0];
  const framed = items.flatMap((_, index) =>
    hashes[index - 1] === splice.previous && hashes[index + 1] === splice.next
      ? [index]
      : []
  );
  if (framed.length === 1) return framed[0];
  const { from } = splice;
  return splice.after !== undefined && from !== undefined && from < items.length
    ? from
    : undefined;
}

function conflictOf(
  splice: Splice,
  items: readonly Json[],
  hashes: readonly string[],
): EditConflict {
  const hash = expectedOf(splice)!;
  const times = hashes.filter((one) => one === hash).length;
  const index = likeliest(splice, items, hashes);
  return {
    ...factsOf(splice),
    expectedHash: hash,
    reason: times > 1
      ? `is there ${times} times`
      : index === undefined
      ? "is gone"
      : "was changed",
    ...(index === undefined ? {} : { found: items[index]! }),
  };
}

function factsOf(splice: Splice): Omit<EditConflict, "reason"> {
  const index = splice.from ?? splice.to;
  return {
    list: splice.list,
    ...(index === undefined ? {} : { index }),
    ...(splice.before === undefined ? {} : { expected: splice.before }),
    ...(splice.after === undefined ? {} : { wanted: splice.after }),
  };
}

/** The name of a rule or a subset; nothing where it has none. */
export function nameOf(item: Json | undefined): string | undefined {
  const name = fieldsOf(item)["name"];
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** The match of a rule in canonical form; the same text is the same match. */
export function matchOf(item: Json | undefined): string | undefined {
  return canonicalJson(fieldsOf(item)["match"]);
}

function fieldsOf(item: Json | undefined): Readonly<Record<string, unknown>> {
  return typeof item === "object" && item !== null && !Array.isArray(item)
    ? item as Readonly<Record<string, unknown>>
    : {};
}
