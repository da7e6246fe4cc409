/**
 * What the server owns of an object: its identity, its generation, who wrote
 * it last, and what holds it when it is deleted.
 *
 * @module
 */

import type { KubeObject, ManagedFields } from "../istio/types.ts";
import { sameJson } from "./json_patch.ts";
import type { Resource } from "./kinds.ts";

/** RFC 3339 to the second, as Kubernetes writes it. */
export function timestamp(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

/** The new object with everything that the server owns taken from the stored one. */
export function merged(
  resource: Resource,
  stored: KubeObject,
  object: KubeObject,
  subresource: "status" | undefined,
): KubeObject {
  if (subresource === "status") {
    return { ...stored, status: object.status };
  }
  const { metadata } = stored;
  const { status: _, ...rest } = object;
  const body = resource.status
    ? { ...rest, ...("status" in stored ? { status: stored.status } : {}) }
    : object;
  return {
    ...body,
    apiVersion: stored.apiVersion,
    kind: stored.kind,
    metadata: {
      ...object.metadata,
      ...(metadata.namespace === undefined
        ? {}
        : { namespace: metadata.namespace }),
      ...(metadata.deletionTimestamp === undefined
        ? {}
        : { deletionTimestamp: metadata.deletionTimestamp }),
      uid: metadata.uid!,
      creationTimestamp: metadata.creationTimestamp!,
      generation: metadata.generation ?? 1,
      resourceVersion: metadata.resourceVersion!,
      managedFields: metadata.managedFields ?? [],
    },
  };
}

/** Marked for deletion, and nothing holds it any more. */
export function isFinished(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined &&
    finalizersOf(object).length === 0;
}

/** What holds an object that is being deleted. */
export function finalizersOf(object: KubeObject): readonly unknown[] {
  const { finalizers } = object.metadata;
  return Array.isArray(finalizers) ? finalizers : [];
}

/** Everything but metadata and status: what a generation counts. */
export function specOf(object: KubeObject): unknown {
  const { metadata: _, status: __, ...rest } = object;
  return rest;
}

/** What tells whether a write changes anything. */
export function withoutBookkeeping(object: KubeObject): unknown {
  const { resourceVersion: _, managedFields: __, ...metadata } =
    object.metadata;
  return { ...object, metadata };
}

/** The top-level fields in which two objects differ. */
export function changedFields(
  before: KubeObject,
  after: KubeObject,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(after).filter(([key, value]) =>
      !sameJson(value, before[key])
    ),
  );
}

/** One entry for each manager, with the time of its newest write. */
export function managed(
  entries: readonly ManagedFields[],
  written: Readonly<Record<string, unknown>>,
  options: {
    readonly manager?: string | undefined;
    readonly subresource?: "status" | undefined;
    readonly time: string;
  },
): readonly ManagedFields[] {
  const { manager = "sandbox", subresource, time } = options;
  const mine = (entry: ManagedFields) =>
    entry.manager === manager && entry.subresource === subresource;
  const former = entries.find(mine)?.fieldsV1 as
    | Record<string, unknown>
    | undefined;
  const fields = Object.keys(written)
    .filter((key) => key !== "apiVersion" && key !== "kind")
    .map((key) => [`f:${key}`, {}]);
  return [...entries.filter((entry) => !mine(entry)), {
    manager,
    operation: "Update",
    ...(subresource === undefined ? {} : { subresource }),
    time,
    fieldsType: "FieldsV1",
    fieldsV1: { ...former, ...Object.fromEntries(fields) },
  }];
}
