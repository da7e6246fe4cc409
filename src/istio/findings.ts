/**
 * What is to be known about objects: a finding says what, where, what it means
 * for requests and how it is mended. The same ones are seen in `show`,
 * `explain`, `check` and in editors, at the same places.
 *
 * @module
 */

import type { Client } from "./client.ts";
import type { Verdict } from "./explain.ts";
import { namespaceOf } from "./hosts.ts";
import type { Request } from "./match.ts";
import type { Json, KubeObject } from "./types.ts";

/**
 * `error`: requests fail; `warning`: something is not as it seems; `info`:
 * worth knowing.
 */
export type Severity = "error" | "warning" | "info";

/** Keys and indices from an object to a value in it. */
export type FieldPath = readonly (string | number)[];

/** Names the object that a finding is about. */
export interface FoundObject {
  /** As in YAML. */
  readonly kind: string;
  /** `metadata.namespace`. */
  readonly namespace: string;
  /** `metadata.name`. */
  readonly name: string;
}

/** Something to know about an object, a rule or a destination. */
export interface Finding {
  /** Istio's analyzer code where the check is the same, else one of ours. */
  readonly code: string;
  /** `error`: requests fail; `warning`: something is not as it seems. */
  readonly severity: Severity;
  /** One sentence without a final period. */
  readonly message: string;
  /** What it is about. */
  readonly object?: FoundObject;
  /** `["spec", "http", 3, "route", 0, "destination", "subset"]`. */
  readonly path?: FieldPath;
  /** What it does to requests; one sentence without a final period. */
  readonly means?: string;
  /** The edit that mends it, in words. */
  readonly edit?: string;
  /** The same as operations, where that is clear. */
  readonly fix?: Fix;
  /** A request that shows it. */
  readonly witness?: Witness;
}

/** What mends a finding. */
export interface Fix {
  /** JSON Patch on the object as it was read; it tests what it removes. */
  readonly operations: readonly FixOperation[];
  /** No request goes anywhere else because of it. */
  readonly safe: boolean;
}

/** One operation of RFC 6902. */
export type FixOperation =
  | {
    readonly op: "test" | "add" | "replace";
    readonly path: string;
    readonly value: Json;
  }
  | { readonly op: "remove"; readonly path: string };

/** A request that was tried, and what became of it. */
export interface Witness {
  /** What is sent. */
  readonly request: Request;
  /** Who sends it. */
  readonly client: Client;
  /** What becomes of it. */
  readonly outcome: Verdict["outcome"];
  /** The rule that takes it. */
  readonly takenBy?: {
    readonly namespace: string;
    readonly name: string;
    /** Index in `spec.http`. */
    readonly rule: number;
  };
  /** What the proxy answers by itself. */
  readonly status?: number;
}

/** The name of an object, for a finding. */
export function nameOf(object: KubeObject): FoundObject {
  return {
    kind: object.kind,
    namespace: namespaceOf(object),
    name: object.metadata.name,
  };
}

/** The key of an object among all. */
export function keyOfFound({ kind, namespace, name }: FoundObject): string {
  return `${kind}/${namespace}/${name}`;
}

/** `spec.http[3].route[0].destination.subset`. */
export function printPath(path: FieldPath): string {
  return path.map((part, index) =>
    typeof part === "number"
      ? `[${part}]`
      : /^[\w-]+$/.test(part)
      ? `${index === 0 ? "" : "."}${part}`
      : `[${JSON.stringify(part)}]`
  ).join("");
}

/** `/spec/http/3`, as JSON Patch writes it. */
export function pointerOf(path: FieldPath): string {
  return path.map((part) =>
    `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`
  ).join("");
}

/** By object, then by place in it, then by code; each once. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const sorted = findings.toSorted((a, b) =>
    compareObjects(a.object, b.object) ||
    comparePaths(a.path ?? [], b.path ?? []) ||
    compare(a.code, b.code) || compare(a.message, b.message)
  );
  return sorted.filter((one, index) => {
    const last = sorted[index - 1];
    return last === undefined || last.code !== one.code ||
      last.message !== one.message ||
      compareObjects(last.object, one.object) !== 0 ||
      comparePaths(last.path ?? [], one.path ?? []) !== 0;
  });
}

function compareObjects(
  a: FoundObject | undefined,
  b: FoundObject | undefined,
): number {
  if (a === undefined || b === undefined) {
    return a === b ? 0 : a === undefined ? -1 : 1;
  }
  return compare(a.namespace, b.namespace) || compare(a.kind, b.kind) ||
    compare(a.name, b.name);
}

function comparePaths(a: FieldPath, b: FieldPath): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [one, other] = [a[index]!, b[index]!];
    const order = typeof one === "number" && typeof other === "number"
      ? one - other
      : compare(String(one), String(other));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
