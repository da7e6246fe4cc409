/**
 * Sets of fields, as `metadata.managedFields` has them: which fields an
 * object sets, which of them a write has changed, and the form `FieldsV1`.
 *
 * A list is one field, as it is in Istio's kinds; the finalizers are a set.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import { sameJson } from "./json_patch.ts";

/** Paths such as `["f:metadata","f:labels","f:app"]`, as JSON, with values. */
export type Fields = ReadonlyMap<string, unknown>;

/** Metadata that somebody can own; the rest is the server's. */
const OWNED = ["annotations", "finalizers", "labels", "ownerReferences"];

/** Options of {@linkcode fieldsOf}. */
export interface FieldsOptions {
  /** The maps, too, not only what is in them: so an update owns them. */
  readonly maps: boolean;
  /** Only these members of the object: `status`. */
  readonly only?: string | undefined;
}

/** All fields that an object sets. */
export function fieldsOf(object: KubeObject, options: FieldsOptions): Fields {
  const found = new Map<string, unknown>();
  const { apiVersion: _, kind: __, metadata, ...rest } = object;
  if (options.only === undefined) {
    for (const name of OWNED) {
      const value: unknown = metadata[name];
      if (value === undefined || value === null) continue;
      const path = ["f:metadata", `f:${name}`];
      if (name === "finalizers") {
        collectSet(value as readonly unknown[], { path, found, ...options });
      } else collect(value, { path, found, ...options });
    }
  }
  for (const [name, value] of Object.entries(rest)) {
    if (
      options.only === undefined ? name === "status" : name !== options.only
    ) {
      continue;
    }
    collect(value, { path: [`f:${name}`], found, ...options });
  }
  return found;
}

/** Fields that are new, or have another value. */
export function changesOf(before: Fields, after: Fields): readonly string[] {
  return [...after].filter(([path, value]) =>
    !before.has(path) || !sameJson(before.get(path), value)
  ).map(([path]) => path);
}

/** As it stands in `fieldsV1`, members in order. */
export function toFieldsV1(paths: Iterable<string>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  const parsed = [...paths].map((path) => JSON.parse(path) as string[]);
  const inner = new Set(
    parsed.flatMap((path) => path.slice(1).map((_, at) => key(path, at + 1))),
  );
  for (const path of parsed) {
    let here = root;
    for (const part of path) {
      here = (here[part] ??= {}) as Record<string, unknown>;
    }
    if (inner.has(JSON.stringify(path))) here["."] = {};
  }
  return root;
}

/** The paths of a `fieldsV1`. */
export function fromFieldsV1(fields: unknown): Set<string> {
  const found = new Set<string>();
  const walk = (node: unknown, path: readonly string[]): void => {
    const members = Object.entries(node as Record<string, unknown> ?? {});
    if (members.length === 0 && path.length > 0) {
      found.add(JSON.stringify(path));
    }
    for (const [part, below] of members) {
      if (part === ".") found.add(JSON.stringify(path));
      else walk(below, [...path, part]);
    }
  };
  walk(fields, []);
  return found;
}

/** `.metadata.labels.app`, as messages have it. */
export function showField(path: string): string {
  return (JSON.parse(path) as string[]).map((part) =>
    part.startsWith("v:") ? `[=${part.slice(2)}]` : `.${part.slice(2)}`
  ).join("");
}

interface Walk extends FieldsOptions {
  readonly path: readonly string[];
  readonly found: Map<string, unknown>;
}

function collect(value: unknown, walk: Walk): void {
  const { path, found, maps } = walk;
  const members = isMap(value) ? Object.entries(value) : [];
  if (members.length === 0) {
    found.set(JSON.stringify(path), value);
    return;
  }
  if (maps) found.set(JSON.stringify(path), MAP);
  for (const [name, below] of members) {
    collect(below, { ...walk, path: [...path, `f:${name}`] });
  }
}

function collectSet(values: readonly unknown[], walk: Walk): void {
  const { path, found, maps } = walk;
  if (maps) found.set(JSON.stringify(path), MAP);
  for (const value of values) {
    found.set(JSON.stringify([...path, `v:${JSON.stringify(value)}`]), value);
  }
}

/** Stands for a map, whose members are fields of their own. */
const MAP = "a map";

function key(path: readonly string[], length: number): string {
  return JSON.stringify(path.slice(0, length));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
