/**
 * What the server owns of an object: its identity, its generation, who wrote
 * it last, and what holds it when it is deleted.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
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
      ...(resource.counted ? { generation: metadata.generation ?? 1 } : {}),
      resourceVersion: metadata.resourceVersion!,
      ...(metadata.managedFields === undefined
        ? {}
        : { managedFields: metadata.managedFields }),
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
