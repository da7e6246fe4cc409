/**
 * Fields of an object and of its metadata that no Kubernetes object has: a
 * server drops them, and says so.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";

const OBJECT: ReadonlySet<string> = new Set([
  "apiVersion",
  "kind",
  "metadata",
  "spec",
  "status",
]);

/** Kinds with more, or with something else, than a spec and a status. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ["data", "binaryData", "immutable"],
  ServiceAccount: [
    "secrets",
    "imagePullSecrets",
    "automountServiceAccountToken",
  ],
  EndpointSlice: ["addressType", "endpoints", "ports"],
};

const METADATA: ReadonlySet<string> = new Set([
  "annotations",
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "finalizers",
  "generateName",
  "generation",
  "labels",
  "managedFields",
  "name",
  "namespace",
  "ownerReferences",
  "resourceVersion",
  "selfLink",
  "uid",
]);

/** An object, and the paths of what was taken from it. */
export interface Pruned {
  readonly object: KubeObject;
  readonly unknown: readonly string[];
}

/** The object without them, and without empty maps of labels and the like. */
export function pruned(object: KubeObject): Pruned {
  const more = MORE[object.kind];
  const wrongFields = Object.keys(object).filter((name) =>
    !OBJECT.has(name) && more?.includes(name) !== true
  );
  const wrongMetadata = Object.keys(object.metadata).filter((name) =>
    !METADATA.has(name)
  );
  const unknown = [
    ...wrongMetadata.map((name) => `metadata.${name}`),
    ...wrongFields,
  ];
  const empty = Object.entries(EMPTIED).filter(([name, isList]) =>
    isEmpty(object.metadata[name], isList)
  ).map(([name]) => name);
  if (unknown.length + empty.length === 0) return { object, unknown };
  return {
    object: {
      ...without(object, wrongFields),
      metadata: without(object.metadata, [...wrongMetadata, ...empty]),
    } as KubeObject,
    unknown,
  };
}

/** Metadata that is left out where it holds nothing; whether it is a list. */
const EMPTIED: Readonly<Record<string, boolean>> = {
  annotations: false,
  finalizers: true,
  labels: false,
  ownerReferences: true,
};

function isEmpty(value: unknown, isList: boolean): boolean {
  if (value === null) return true;
  return typeof value === "object" && Array.isArray(value) === isList &&
    Object.keys(value).length === 0;
}

function without(of: object, names: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(of).filter(([name]) => !names.includes(name)),
  );
}
