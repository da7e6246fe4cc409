/**
 * JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386) on plain JSON. The
 * input is left untouched; unchanged parts are shared with the result.
 *
 * Only own members are ever read, and members are made with
 * `Object.defineProperty`, so a key such as `__proto__` is a key like others.
 *
 * @module
 */

import type { Json } from "../istio/types.ts";

/** A patch that cannot be applied. `test` tells a failed `test` from the rest. */
export class PatchError extends Error {
  override readonly name = "PatchError";
  readonly kind: "malformed" | "test" | "path";

  constructor(kind: "malformed" | "test" | "path", message: string) {
    super(message);
    this.kind = kind;
  }
}

interface Operation {
  readonly op: string;
  readonly path: readonly string[];
  readonly from?: readonly string[];
  readonly value?: Json;
}

/**
 * Applies operations in order; all or nothing.
 *
 * @param document Left untouched.
 * @param patch The operations as they came over the wire.
 * @throws {PatchError} `malformed` where the patch is no patch, `test` where a
 * test fails, `path` where a place does not exist.
 */
export function applyJsonPatch(document: Json, patch: unknown): Json {
  if (!Array.isArray(patch)) {
    throw new PatchError(
      "malformed",
      "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
    );
  }
  return patch.map(parseOperation).reduce(applyOperation, document);
}

/** Applies a merge patch: objects merge, null removes, the rest replaces. */
export function applyMergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, applyMergePatch(result.get(key) ?? null, value));
  }
  return objectOf(result);
}

/** Deep equality of JSON; the order of members does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length &&
      a.every((item, index) => sameJson(item, b[index]));
  }
  if (!isObject(a as Json) || !isObject(b as Json)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const keys = Object.keys(left).filter((key) => left[key] !== undefined);
  const others = Object.keys(right).filter((key) => right[key] !== undefined);
  return keys.length === others.length &&
    keys.every((key) =>
      Object.hasOwn(right, key) && sameJson(left[key], right[key])
    );
}

function parseOperation(given: unknown): Operation {
  const raw = given as Record<string, unknown> | null;
  if (raw === null || typeof raw !== "object" || Array.isArray(raw)) {
    throw new PatchError(
      "malformed",
      `json: cannot unmarshal ${typeof given} into Go value of type handlers.jsonPatchOp`,
    );
  }
  const op = Object.hasOwn(raw, "op") ? raw.op : undefined;
  if (typeof op !== "string") {
    throw new PatchError("path", 'an operation needs "op"');
  }
  const path = parsePointer(Object.hasOwn(raw, "path") ? raw.path : undefined);
  switch (op) {
    case "add":
    case "replace":
    case "test":
      // An absent value counts as null, as it does on a real API server.
      return { op, path, value: (raw.value ?? null) as Json };
    case "remove":
      return { op, path };
    case "move":
    case "copy":
      return { op, path, from: parsePointer(raw.from) };
    default:
      throw new PatchError("path", `unknown operation "${op}"`);
  }
}

function parsePointer(pointer: unknown): readonly string[] {
  if (typeof pointer !== "string") {
    throw new PatchError("malformed", "a path is a string");
  }
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) {
    throw new PatchError(
      "malformed",
      `path "${pointer}" does not start with /`,
    );
  }
  return pointer.slice(1).split("/").map((part) => {
    if (/~(?![01])/.test(part)) {
      throw new PatchError("malformed", `path "${pointer}" has a bad escape`);
    }
    return part.replaceAll("~1", "/").replaceAll("~0", "~");
  });
}

function applyOperation(document: Json, operation: Operation): Json {
  const { op, path, from = [], value = null } = operation;
  switch (op) {
    case "add":
      return put(document, path, value, "add");
    case "replace":
      return put(document, path, value, "replace");
    case "remove":
      return remove(document, path);
    case "copy":
      return put(document, path, read(document, from), "add");
    case "move":
      if (from.every((part, index) => part === path[index])) {
        if (from.length === path.length) return read(document, from), document;
        throw new PatchError("path", "a value cannot move into itself");
      }
      return put(remove(document, from), path, read(document, from), "add");
    default: {
      const found = find(document, path);
      // Kubernetes lets `test` with null hold where there is nothing.
      if (!sameJson(found ?? null, value)) {
        throw new PatchError("test", `test of "${show(path)}" failed`);
      }
      return document;
    }
  }
}

function put(
  node: Json,
  path: readonly string[],
  value: Json,
  mode: "add" | "replace",
): Json {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (Array.isArray(node)) {
    const list: Json[] = [...node];
    if (rest.length > 0) {
      const index = indexIn(list, part, list.length - 1);
      list[index] = put(list[index]!, rest, value, mode);
    } else if (mode === "replace") {
      list[indexIn(list, part, list.length - 1)] = value;
    } else {
      const at = part === "-" ? list.length : indexIn(list, part, list.length);
      list.splice(at, 0, value);
    }
    return list;
  }
  if (!isObject(node)) throw missing(part);
  const known = Object.hasOwn(node, part);
  // The real one lets `replace` make a member that is not there.
  if (!known && rest.length > 0) throw missing(part);
  const members = new Map(Object.entries(node));
  members.set(
    part,
    rest.length === 0 ? value : put(members.get(part)!, rest, value, mode),
  );
  return objectOf(members);
}

function remove(node: Json, path: readonly string[]): Json {
  const [part, ...rest] = path;
  if (part === undefined) return null;
  if (Array.isArray(node)) {
    const index = indexIn(node, part, node.length - 1);
    return rest.length === 0
      ? node.toSpliced(index, 1)
      : node.with(index, remove(node[index], rest));
  }
  if (!isObject(node) || !Object.hasOwn(node, part)) throw missing(part);
  const members = new Map(Object.entries(node));
  if (rest.length === 0) members.delete(part);
  else members.set(part, remove(members.get(part)!, rest));
  return objectOf(members);
}

function read(node: Json, path: readonly string[]): Json {
  const found = find(node, path);
  if (found === undefined) throw missing(path.at(-1) ?? "");
  return found;
}

function find(node: Json, path: readonly string[]): Json | undefined {
  let here: Json | undefined = node;
  for (const part of path) {
    if (Array.isArray(here)) {
      here = here[indexIn(here, part, here.length - 1)];
    } else if (isObject(here) && Object.hasOwn(here, part)) {
      here = here[part];
    } else return undefined;
  }
  return here;
}

function indexIn(list: readonly Json[], part: string, last: number): number {
  const index = /^(0|[1-9][0-9]{0,8})$/.test(part) ? Number(part) : -1;
  if (index < 0 || index > last) {
    throw new PatchError(
      "path",
      `index "${part}" is not in a list of ${list.length}`,
    );
  }
  return index;
}

function missing(part: string): PatchError {
  return new PatchError("path", `there is no "${part}"`);
}

function show(path: readonly string[]): string {
  return path.map((part) =>
    "/" + part.replaceAll("~", "~0").replaceAll("/", "~1")
  ).join("");
}

function isObject(
  value: Json | undefined,
): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members in order; every key, `__proto__` too, becomes an own member. */
function objectOf(members: ReadonlyMap<string, Json>): Json {
  const object: { [key: string]: Json } = {};
  for (const [key, value] of members) {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}
