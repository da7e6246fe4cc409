/**
 * RFC 6902 as far as the port sends it, written on its own so that tests do
 * not judge a patch by the code that made it.
 *
 * @module
 */

import type { JsonPatchOperation } from "../../src/cluster/cluster.ts";
import { assertEquals } from "./assert.ts";

/** Applies operations to a copy; throws an `Error` where one does not hold. */
export function applyPatch<T>(
  document: T,
  operations: readonly JsonPatchOperation[],
): T {
  const root = { root: structuredClone(document) } as Record<string, unknown>;
  for (const operation of operations) step(root, operation);
  return root["root"] as T;
}

function step(
  root: Record<string, unknown>,
  operation: JsonPatchOperation,
): void {
  const tokens = ["root", ...operation.path.split("/").slice(1)].map((token) =>
    token.replaceAll("~1", "/").replaceAll("~0", "~")
  );
  const last = tokens.pop()!;
  let parent: unknown = root;
  for (const token of tokens) parent = child(parent, token, operation.path);
  if (Array.isArray(parent)) return inList(parent, last, operation);
  if (typeof parent !== "object" || parent === null) {
    throw new Error(`No parent at ${operation.path}`);
  }
  const fields = parent as Record<string, unknown>;
  if (operation.op !== "add" && !Object.hasOwn(fields, last)) {
    throw new Error(`Nothing at ${operation.path}`);
  }
  if (operation.op === "remove") delete fields[last];
  else if (operation.op === "test") assertEquals(fields[last], operation.value);
  else fields[last] = structuredClone(operation.value);
}

function inList(
  list: unknown[],
  token: string,
  operation: JsonPatchOperation,
): void {
  const index = token === "-" ? list.length : Number(token);
  const end = operation.op === "add" ? list.length : list.length - 1;
  if (!Number.isInteger(index) || index < 0 || index > end) {
    throw new Error(`Nothing at ${operation.path}`);
  }
  if (operation.op === "remove") list.splice(index, 1);
  else if (operation.op === "test") assertEquals(list[index], operation.value);
  else {
    const value = structuredClone(operation.value);
    list.splice(index, operation.op === "add" ? 0 : 1, value);
  }
}

function child(parent: unknown, token: string, path: string): unknown {
  if (
    typeof parent !== "object" || parent === null ||
    !Object.hasOwn(parent, token)
  ) throw new Error(`Nothing on the way to ${path}`);
  return (parent as Record<string, unknown>)[token];
}
