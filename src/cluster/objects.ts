/**
 * Whether what came back is what was asked for. A proxy, a login page or a
 * broken server must never be the ground of a decision.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import { isRecord, plain } from "./answers.ts";
import { isName } from "./kinds.ts";

/** What the server calls objects of which it sends the metadata only. */
export const PARTIAL = "PartialObjectMetadata";
const PARTIAL_VERSION = "meta.k8s.io/v1";

/** What an object is to be. */
export interface Expected {
  readonly kind: string;
  readonly apiVersion: string;
  /** Absent: any. */
  readonly namespace?: string | undefined;
  /** Absent: any. */
  readonly name?: string | undefined;
  /** The metadata are enough: both what holds only them and the whole is fine. */
  readonly metadataOnly?: boolean | undefined;
}

/** One page of a list. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** The token of the next page; empty at the end. */
  readonly resume: string;
}

/** What is wrong with an object, or nothing. */
export function checkObject(
  body: unknown,
  expected: Expected,
): string | undefined {
  if (!isRecord(body)) return `the answer is not a ${expected.kind}`;
  const { kind, apiVersion, metadata } = body;
  if (kind !== expected.kind || apiVersion !== expected.apiVersion) {
    return `the answer is ${sortOf(body)}, not ${sortOf(expected)}`;
  }
  return checkMetadata(metadata, expected);
}

/** What is wrong with a page of a list, or nothing. */
export function checkList(
  body: unknown,
  expected: Expected,
): string | undefined {
  const { kind, apiVersion } = expected;
  if (!isRecord(body)) return `the answer is not a list of ${kind}`;
  if (isPartialList(body, expected)) {
    return checkItems(body, {
      ...expected,
      kind: PARTIAL,
      apiVersion: PARTIAL_VERSION,
    });
  }
  if (body.kind !== `${kind}List` || body.apiVersion !== apiVersion) {
    return `the answer is ${sortOf(body)}, not ${
      sortOf({ apiVersion, kind: `${kind}List` })
    }`;
  }
  return checkItems(body, expected);
}

function isPartialList(
  body: Readonly<Record<string, unknown>>,
  { metadataOnly }: Expected,
): boolean {
  return metadataOnly === true && body.kind === `${PARTIAL}List` &&
    body.apiVersion === PARTIAL_VERSION;
}

function checkItems(
  { metadata, items }: Readonly<Record<string, unknown>>,
  expected: Expected,
): string | undefined {
  const { kind } = expected;
  if (!isRecord(metadata) || !(Array.isArray(items) || items === null)) {
    return `the list of ${kind} has no metadata or no items`;
  }
  for (const item of items ?? []) {
    const wrong = isRecord(item)
      ? checkMetadata(item.metadata, expected) ?? checkLabel(item, expected)
      : "an item is not an object";
    if (wrong !== undefined) return `in the list of ${kind}, ${wrong}`;
  }
  return undefined;
}

/**
 * The items of a page that was checked. Items of built-in kinds come without
 * `apiVersion` and `kind`; here they have them.
 */
export function objectsOf(
  body: unknown,
  { kind, apiVersion, metadataOnly }: Expected,
): Page {
  const { metadata, items } = body as {
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly items: readonly Readonly<Record<string, unknown>>[] | null;
  };
  return {
    items: (items ?? []).map((item) =>
      (metadataOnly === true
        ? { apiVersion, kind, metadata: item.metadata }
        : item.kind === undefined || item.apiVersion === undefined
        ? { ...item, apiVersion, kind }
        : item) as KubeObject
    ),
    resourceVersion: typeof metadata.resourceVersion === "string"
      ? metadata.resourceVersion
      : "",
    resume: typeof metadata.continue === "string" ? metadata.continue : "",
  };
}

function checkLabel(
  item: Readonly<Record<string, unknown>>,
  { kind, apiVersion }: Expected,
): string | undefined {
  return (item.kind ?? kind) === kind &&
      (item.apiVersion ?? apiVersion) === apiVersion
    ? undefined
    : `an item is ${sortOf({ apiVersion, kind, ...item })}`;
}

function checkMetadata(
  metadata: unknown,
  expected: Expected,
): string | undefined {
  if (
    !isRecord(metadata) || typeof metadata.name !== "string" ||
    metadata.name === ""
  ) return `a ${expected.kind} has no name`;
  const { name, namespace } = metadata;
  // It would be asked for by that name some time, or written to.
  for (const each of [name, namespace]) {
    if (each === undefined || (typeof each === "string" && isName(each))) {
      continue;
    }
    return `a ${expected.kind} is ${
      shown(each)
    }, and no object can be called that`;
  }
  if (expected.name !== undefined && name !== expected.name) {
    return `the answer is ${shown(name)}, not ${shown(expected.name)}`;
  }
  if (expected.namespace !== undefined && namespace !== expected.namespace) {
    return `the answer is from namespace ${shown(namespace)}, not ${
      shown(expected.namespace)
    }`;
  }
  return ["labels", "annotations"].every((field) => isTexts(metadata[field]))
    ? undefined
    : `${shown(name)} has labels or annotations that are not text`;
}

function isTexts(value: unknown): boolean {
  return value === undefined || value === null ||
    (isRecord(value) &&
      Object.values(value).every((each) => typeof each === "string"));
}

/** `"v1" "Pod"`, as an object says of itself. */
function sortOf(
  body: { readonly apiVersion?: unknown; readonly kind?: unknown },
): string {
  const { apiVersion, kind } = body;
  return apiVersion === undefined && kind === undefined
    ? "something without apiVersion and kind"
    : `${shown(apiVersion)} ${shown(kind)}`;
}

function shown(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(plain(value, 80))
    : "something without a name";
}
