/**
 * What an API server would refuse, and what `kubectl apply` would do twice,
 * said of files: an object with an error here is not one that could be there.
 *
 * @module
 */

import { checkSchema } from "../istio/schema.ts";
import { isRecord } from "../istio/shapes.ts";
import type { KubeObject } from "../istio/types.ts";
import type { Kind } from "../istio/world.ts";
import { apiVersionOf, isName, type KindInfo, KINDS } from "./kinds.ts";
import type { Manifest } from "./manifest_objects.ts";
import type { FieldPath } from "./manifest_place.ts";
import {
  type Found,
  type ManifestCode,
  TEMPLATE_HINT,
} from "./manifest_problems.ts";

/** An object of a file, and what kind of ours it is. */
export interface CheckedManifest {
  readonly manifest: Manifest;
  /** As a server would keep it: a null in a mapping is a field left out. */
  readonly object: KubeObject;
  /** Absent: a kind that istiops does not read. */
  readonly kind?: Kind;
  readonly found: readonly Found[];
}

/** Groups in which istiops knows every kind that it reads. */
const GROUPS: ReadonlySet<string> = new Set(
  Object.values(KINDS).map(({ group }) => group),
);

/** Looks at one object by itself. */
export function checkManifest(manifest: Manifest): CheckedManifest {
  const object = withoutNulls(manifest.object);
  const found: Found[] = [];
  const add = (
    code: ManifestCode,
    path: FieldPath,
    message: string,
    rest: Partial<Found> & { readonly isKey?: boolean } = {},
  ): void => {
    const { isKey, ...more } = rest;
    found.push({
      severity: "error",
      code,
      message,
      at: { manifest, path, ...(isKey === true ? { isKey } : {}) },
      ...more,
    });
  };
  const version = versionOf(object);
  if (version === "other") {
    if (!hasName(object)) {
      add("missing-name", [], `A ${object.kind} has no name`);
    }
    return { manifest, object: manifest.object, found };
  }
  const info = KINDS[object.kind as Kind];
  if (version === "wrong") {
    add(
      "wrong-api-version",
      ["apiVersion"],
      `There is no ${object.kind} in "${object.apiVersion}"`,
      { hint: `Write ${versionsOf(info)}` },
    );
  }
  checkMetadata(object, info, add);
  const { spec } = object;
  if (spec !== undefined && spec !== null && !isRecord(spec)) {
    add("wrong-type", ["spec"], "spec is no mapping");
  } else if (found.length === 0) {
    const { causes, unknown } = checkSchema(object);
    const code = info.group.endsWith("istio.io") ? "IST0106" : "wrong-type";
    for (const { field, message } of causes) {
      const text = message.includes(field) ? message : `${field}: ${message}`;
      add(code, pathIn(object, field), text);
    }
    for (const field of unknown) {
      add("unknown-field", pathIn(object, field), `Unknown field "${field}"`, {
        severity: "warning",
        isKey: true,
      });
    }
  }
  for (const field of Object.keys(object)) {
    if (FIELDS.has(field) || info.kind === "EndpointSlice") continue;
    add("unknown-field", [field], `Unknown field "${field}"`, {
      severity: "warning",
      isKey: true,
    });
  }
  return { manifest, object, kind: info.kind, found };
}

/** What every kind of ours has, but one. */
const FIELDS: ReadonlySet<string> = new Set([
  ...["apiVersion", "kind", "metadata", "spec", "status"],
]);

/** The same value where there is nothing to leave out. */
function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) {
    const items = value.map(withoutNulls);
    return items.some((item, nth) => item !== value[nth]) ? items as T : value;
  }
  if (!isRecord(value)) return value;
  let copy: Record<string, unknown> | undefined;
  for (const key in value) {
    const before: unknown = value[key];
    const after = before === null ? undefined : withoutNulls(before);
    if (after === before) continue;
    copy ??= { ...value };
    if (after === undefined) delete copy[key];
    else copy[key] = after;
  }
  return (copy ?? value) as T;
}

type Add = (
  code: ManifestCode,
  path: FieldPath,
  message: string,
  rest?: Partial<Found> & { readonly isKey?: boolean },
) => void;

function checkMetadata(
  { kind, metadata }: KubeObject,
  { namespaced }: KindInfo,
  add: Add,
): void {
  if (!isRecord(metadata)) {
    if (metadata === undefined || metadata === null) {
      add("missing-name", [], `A ${kind} has no name`, {
        hint: "Add metadata with a name",
      });
    } else add("wrong-type", ["metadata"], "metadata is no mapping");
    return;
  }
  const { name, namespace, generateName } = metadata;
  if (typeof name === "string" && name !== "") {
    if (!isName(name)) {
      add("invalid-name", ["metadata", "name"], notAName(name));
    }
  } else if (name !== undefined && name !== null && name !== "") {
    add(
      "wrong-type",
      ["metadata", "name"],
      "metadata.name is no text",
      asText(name),
    );
  } else {
    add("missing-name", ["metadata"], `A ${kind} has no name`, {
      hint: typeof generateName === "string"
        ? "A generated name is not known before it is made: write one"
        : "Add metadata.name",
    });
  }
  if (
    namespaced && namespace !== undefined && namespace !== null &&
    namespace !== "" && !(typeof namespace === "string" && isName(namespace))
  ) {
    add("invalid-name", ["metadata", "namespace"], notAName(namespace));
  }
  for (const field of ["labels", "annotations"] as const) {
    const values: unknown = metadata[field];
    if (values === undefined || values === null) continue;
    if (!isRecord(values)) {
      add("wrong-type", ["metadata", field], `metadata.${field} is no mapping`);
      continue;
    }
    for (const [key, value] of Object.entries(values)) {
      if (typeof value === "string") continue;
      add(
        "wrong-type",
        ["metadata", field, key],
        `metadata.${field}.${key} is no text`,
        asText(value),
      );
    }
  }
}

/**
 * Is the kind one of ours, by its group? `Gateway` and `Service` are kinds of
 * others, too; a group that is nearly one of ours was meant to be it.
 */
function versionOf(object: KubeObject): "ours" | "wrong" | "other" {
  const { kind, apiVersion } = object;
  if (!Object.hasOwn(KINDS, kind)) return "other";
  const info = KINDS[kind as Kind];
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  if (group === info.group) {
    return info.versions.includes(apiVersion.slice(slash + 1))
      ? "ours"
      : "wrong";
  }
  const isNear = info.group.includes("istio") && group.includes("istio");
  return GROUPS.has(group) || isNear ? "wrong" : "other";
}

function versionsOf(info: KindInfo): string {
  return info.versions.map((version) => apiVersionOf(info, version))
    .join(" or ");
}

/** What to do about a value that should be text. */
function asText(value: unknown): { readonly hint?: string } {
  if (isRecord(value)) return { hint: TEMPLATE_HINT };
  return Array.isArray(value) || value === null
    ? {}
    : { hint: `Quote it: "${value}"` };
}

function hasName({ metadata }: KubeObject): boolean {
  const { name, generateName } = (metadata ?? {}) as unknown as Record<
    string,
    unknown
  >;
  return Boolean(name) || Boolean(generateName);
}

function notAName(text: unknown): string {
  return `${
    JSON.stringify(String(text).slice(0, 80))
  } is not a name that an object can have`;
}

/** `spec.http[0].match[1]` to keys and indices, by the keys that are there. */
export function pathIn(object: unknown, field: string): FieldPath {
  const path: (string | number)[] = [];
  let here = object;
  let rest = field;
  while (rest !== "") {
    const [index] = /^\[\d+\]/.exec(rest) ?? [];
    if (index !== undefined && Array.isArray(here)) {
      const nth = Number(index.slice(1, -1));
      path.push(nth);
      here = here[nth];
      rest = rest.slice(index.length);
      continue;
    }
    const text = rest.startsWith(".") ? rest.slice(1) : rest;
    const key = isRecord(here)
      ? Object.keys(here).filter((each) =>
        text.startsWith(each) && /^($|[.[])/.test(text.slice(each.length))
      ).sort((a, b) => b.length - a.length)[0]
      : undefined;
    if (key === undefined) {
      // A field that is missing, or a key in brackets: as far as it goes.
      const [first = ""] = /^[^.[\]]+/.exec(text) ?? [];
      return first === "" ? path : [...path, first];
    }
    path.push(key);
    here = (here as Record<string, unknown>)[key];
    rest = text.slice(key.length);
  }
  return path;
}
