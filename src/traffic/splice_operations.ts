/**
 * Splices as JSON Patch (RFC 6902): what is touched is tested as a whole, and
 * of an item that changes only the top-level fields that differ are sent.
 *
 * @module
 */

import type { JsonPatchOperation } from "../cluster/cluster.ts";
import type { Json } from "../istio/types.ts";
import { isSame } from "./hash.ts";
import type { Placed } from "./placement.ts";

/**
 * Tests first, replacements next, removals from last to first, insertions
 * from first to last: so every index holds when its turn comes.
 */
export function spliceOperations(
  list: string,
  items: readonly Json[],
  placed: Placed,
): JsonPatchOperation[] {
  if (placed.touched.length === 0 && placed.inserted.length === 0) return [];
  const at = (index: number) => `${list}/${index}`;
  const tests = placed.touched.map(({ index }): JsonPatchOperation => ({
    op: "test",
    path: at(index),
    value: items[index]!,
  }));
  if (items.length === 0) {
    return [{ op: "add", path: list, value: placed.after }];
  }
  if (placed.after.length === 0) {
    return [...tests, { op: "remove", path: list }];
  }
  return [
    ...tests,
    ...placed.touched.flatMap(({ index, after }) =>
      after === undefined ? [] : replacing(at(index), items[index]!, after)
    ),
    ...placed.touched.filter(({ after }) => after === undefined).reverse()
      .map(({ index }): JsonPatchOperation => ({
        op: "remove",
        path: at(index),
      })),
    ...placed.inserted.map(({ index, item }): JsonPatchOperation => ({
      op: "add",
      path: at(index),
      value: item,
    })),
  ];
}

/** One token of a JSON Pointer (RFC 6901). */
export function pointerToken(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function replacing(
  path: string,
  before: Json,
  after: Json,
): JsonPatchOperation[] {
  if (!isFields(before) || !isFields(after)) {
    return [{ op: "replace", path, value: after }];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key): JsonPatchOperation[] => {
    const field = `${path}/${pointerToken(key)}`;
    if (!Object.hasOwn(after, key) || after[key] === undefined) {
      return Object.hasOwn(before, key) ? [{ op: "remove", path: field }] : [];
    }
    if (!Object.hasOwn(before, key)) {
      return [{ op: "add", path: field, value: after[key]! }];
    }
    return isSame(before[key], after[key])
      ? []
      : [{ op: "replace", path: field, value: after[key]! }];
  });
}

function isFields(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
