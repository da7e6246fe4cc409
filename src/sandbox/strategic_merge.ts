/**
 * Strategic merge patches of built-in kinds: lists of objects merge by a key,
 * and directives say what else is to happen.
 *
 * @module
 */

import type { Json } from "../istio/types.ts";
import { sameJson } from "./json_patch.ts";

type Members = { readonly [key: string]: Json };

/** By which member the items of a list are told apart; other lists are replaced. */
const KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["containers", ["name"]],
  ["initContainers", ["name"]],
  ["volumes", ["name"]],
  ["env", ["name"]],
  ["volumeMounts", ["mountPath"]],
  ["ports", ["containerPort", "port"]],
  ["imagePullSecrets", ["name"]],
  ["hostAliases", ["ip"]],
  ["conditions", ["type"]],
  ["ownerReferences", ["uid"]],
]);

/** Lists of words that merge as sets. */
const SETS: ReadonlySet<string> = new Set(["finalizers"]);

/** Applies the patch; the target is left untouched. */
export function applyStrategicMerge(target: Json, patch: Json): Json {
  if (!isMembers(patch)) return patch;
  if (patch.$patch === "replace") return plain(patch);
  if (patch.$patch === "delete") return {};
  const result = new Map(isMembers(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith("$")) continue;
    const old = result.get(name);
    if (value === null) result.delete(name);
    else if (Array.isArray(value)) {
      const order = patch[`$setElementOrder/${name}`];
      result.set(name, mergedList(name, { old, value, order }));
    } else result.set(name, applyStrategicMerge(old ?? {}, value));
  }
  for (const [name, gone] of Object.entries(patch)) {
    const [directive, list = ""] = name.split("/");
    const old = result.get(list);
    if (!Array.isArray(old) || !Array.isArray(gone)) continue;
    if (directive === "$deleteFromPrimitiveList") {
      result.set(list, old.filter((item) => !gone.includes(item)));
    } else if (
      directive === "$setElementOrder" && patch[list] === undefined
    ) {
      result.set(list, mergedList(list, { old, value: [], order: gone }));
    }
  }
  const { $retainKeys: kept } = patch;
  if (Array.isArray(kept)) {
    for (const name of [...result.keys()]) {
      if (!kept.includes(name)) result.delete(name);
    }
  }
  return Object.fromEntries(result);
}

function mergedList(
  name: string,
  { old, value, order }: {
    readonly old: Json | undefined;
    readonly value: readonly Json[];
    readonly order: Json | undefined;
  },
): Json {
  const there: readonly Json[] = Array.isArray(old) ? old : [];
  if (SETS.has(name)) return [...new Set([...there, ...value])];
  const key = KEYS.get(name)?.find((one) =>
    [...value, ...there].some((item) => isMembers(item) && one in item)
  );
  if (key === undefined) return [...value];
  const items = value.filter(isMembers);
  if (items.some(({ $patch, [key]: id }) => $patch === "replace" && !id)) {
    return items.filter(({ $patch }) => $patch === undefined);
  }
  const idOf = (item: Json) => isMembers(item) ? item[key] : undefined;
  const find = (list: readonly Json[], item: Json) =>
    list.findIndex((one) => sameJson(idOf(one), idOf(item)));
  const merged = there.filter((item) =>
    items[find(items, item)]?.$patch !== "delete"
  ).map((item) => {
    const change = items[find(items, item)];
    return change === undefined ? item : applyStrategicMerge(item, change);
  });
  for (const item of items) {
    if (item.$patch !== "delete" && find(there, item) < 0) {
      merged.push(plain(item));
    }
  }
  const wanted: readonly Json[] = Array.isArray(order)
    ? order
    : items.filter(({ $patch }) => $patch !== "delete");
  const mine = wanted.flatMap((item) => merged[find(merged, item)] ?? []);
  const others = merged.filter((item) => find(wanted, item) < 0);
  return interleaved(mine, others, (item) => find(there, item));
}

/** Two lists as one, each in its order, by where their items stood. */
function interleaved(
  left: readonly Json[],
  right: readonly Json[],
  place: (item: Json) => number,
): Json[] {
  const a = [...left];
  const b = [...right];
  const result: Json[] = [];
  while (a.length > 0 && b.length > 0) {
    const isFirst = place(a[0]!) < place(b[0]!);
    result.push((isFirst ? a : b).shift()!);
  }
  return [...result, ...a, ...b];
}

/** Without directives. */
function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (!isMembers(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([name, one]) =>
      !name.startsWith("$") && one !== null
    ).map(([name, one]) => [name, plain(one)]),
  );
}

function isMembers(value: Json | undefined): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
