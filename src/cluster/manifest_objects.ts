/**
 * A document to the objects in it: YAML as kubectl reads it or JSON, lists
 * taken apart, and limits, since a manifest may come from anybody.
 *
 * @module
 */

import { isRecord } from "../istio/shapes.ts";
import type { KubeObject } from "../istio/types.ts";
import { parseYaml, YamlSyntaxError } from "../yaml.ts";
import {
  type Found,
  type ManifestCode,
  TEMPLATE_HINT,
} from "./manifest_problems.ts";
import type { FieldPath } from "./manifest_place.ts";
import { type ManifestDocument, textOf } from "./manifest_source.ts";
import { withMerges } from "./merge_keys.ts";

/** An object and where it was written. */
export interface Manifest {
  readonly object: KubeObject;
  /** As the file has it, aliases and merge keys carried out. */
  readonly written: KubeObject;
  readonly document: ManifestDocument;
  /** Where in the document: empty, or `items`, 3 in a List. */
  readonly path: FieldPath;
}

/** What a document gives. */
export interface DocumentObjects {
  readonly manifests: readonly Manifest[];
  readonly found: readonly Found[];
}

/** Levels of nesting. */
export const DEPTH_LIMIT = 64;
/** Aliases of lists and mappings in one document. */
export const ALIAS_LIMIT = 100;
/** Values in one document, each alias counted with all that it stands for. */
const VALUES_LIMIT = 1_000_000;
/** Characters of a document of aliases, each text as often as it is meant. */
const CHARACTERS_LIMIT = 16 * 1024 * 1024;

/** Reads one document. */
export function objectsOf(document: ManifestDocument): DocumentObjects {
  let value: unknown;
  try {
    value = valueOf(textOf(document));
  } catch (error) {
    return { manifests: [], found: [brokenDocument(document, error)] };
  }
  const manifests: Manifest[] = [];
  const found: Found[] = [];
  takeApart(value, [], { document, manifests, found });
  return { manifests, found };
}

/** What a text holds, as JSON has it. */
function valueOf(text: string): unknown {
  const json = jsonOf(text);
  if (json !== undefined) {
    checkPlain(json, 0);
    return json;
  }
  // Merge keys and times are left as they are written, as kubectl has them.
  const value = parseYaml(text, { schema: "core" });
  if (!text.includes("&")) {
    checkPlain(value, 0);
    return text.includes("<<") ? withMerges(value) : value;
  }
  const written = writtenOut(value, 0, {
    values: VALUES_LIMIT,
    characters: CHARACTERS_LIMIT,
    aliases: ALIAS_LIMIT,
    seen: new Set(),
  });
  return text.includes("<<") ? withMerges(written) : written;
}

/** JSON is YAML, and read ten times as fast. */
function jsonOf(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A limit that a document goes past, or a value that JSON lacks. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ManifestCode;

  constructor(code: ManifestCode, message: string) {
    super(message);
    this.code = code;
  }
}

function tooDeep(): Refusal {
  return new Refusal(
    "too-deep",
    `The document has more than ${DEPTH_LIMIT} levels`,
  );
}

/** Looks at every value; nothing in it occurs twice. */
function checkPlain(value: unknown, depth: number): void {
  if (typeof value !== "object") return checkScalar(value);
  if (value === null) return;
  if (depth >= DEPTH_LIMIT) throw tooDeep();
  if (Array.isArray(value)) {
    for (const item of value) checkPlain(item, depth + 1);
    return;
  }
  for (const key in value) {
    checkPlain((value as Record<string, unknown>)[key], depth + 1);
  }
}

function checkScalar(value: unknown): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Refusal("not-json", `The number ${value} has no form in JSON`);
  }
}

interface Budget {
  values: number;
  characters: number;
  aliases: number;
  readonly seen: Set<object>;
}

/** The same value with each alias written out, within bounds. */
function writtenOut(value: unknown, depth: number, left: Budget): unknown {
  if (typeof value === "string") left.characters -= value.length;
  if (--left.values < 0 || left.characters < 0) {
    throw new Refusal(
      "too-many-aliases",
      "The aliases of the document stand for too much",
    );
  }
  if (typeof value !== "object") {
    checkScalar(value);
    return value;
  }
  if (value === null) return null;
  if (depth >= DEPTH_LIMIT) throw tooDeep();
  if (left.seen.has(value) && --left.aliases < 0) {
    throw new Refusal(
      "too-many-aliases",
      `The document has more than ${ALIAS_LIMIT} aliases`,
    );
  }
  left.seen.add(value);
  if (Array.isArray(value)) {
    return value.map((item) => writtenOut(item, depth + 1, left));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      left.characters -= key.length;
      return [key, writtenOut(item, depth + 1, left)];
    }),
  );
}

function brokenDocument(document: ManifestDocument, error: unknown): Found {
  const hint = textOf(document).includes("{{") ? { hint: TEMPLATE_HINT } : {};
  const at = { document, offset: document.first };
  if (error instanceof Refusal) {
    const { code, message } = error;
    return { severity: "error", code, message, at };
  }
  if (error instanceof RangeError) {
    const { code, message } = tooDeep();
    return { severity: "error", code, message, at };
  }
  if (error instanceof YamlSyntaxError) {
    const [what = ""] = error.message.split("\n");
    return {
      severity: "error",
      code: "invalid-yaml",
      message: `Not valid YAML: ${
        what.replace(/ at line \d+, column \d+:?$/, "").replace(
          /^Cannot /,
          "cannot ",
        )
      }`,
      ...hint,
      at: {
        document,
        // Before what is read: the line that the parser had come to.
        offset: Math.min(document.start + error.offset, document.end),
      },
    };
  }
  return {
    severity: "error",
    code: "invalid-yaml",
    message: `Not valid YAML: ${(error as Error).message}`,
    ...hint,
    at,
  };
}

interface Collected {
  readonly document: ManifestDocument;
  readonly manifests: Manifest[];
  readonly found: Found[];
}

/** `kubectl get` prints a List of objects, or a `PodList` whose items say less. */
function takeApart(
  value: unknown,
  path: FieldPath,
  into: Collected,
  inherited: { readonly apiVersion?: unknown; readonly kind?: unknown } = {},
): void {
  if (value === null || value === undefined) return;
  const { document, manifests, found } = into;
  const manifest = (object: unknown): Manifest => ({
    object: object as KubeObject,
    written: object as KubeObject,
    document,
    path,
  });
  if (!isRecord(value)) {
    found.push({
      severity: "error",
      code: "not-a-manifest",
      message: `${
        Array.isArray(value) ? "A list" : `A ${typeof value}`
      } is no Kubernetes object`,
      at: { manifest: manifest(value), path: [] },
    });
    return;
  }
  const { apiVersion, kind, items } = value;
  if (typeof kind === "string" && kind.endsWith("List") && isItems(value)) {
    const item = kind === "List"
      ? {}
      : { apiVersion, kind: kind.slice(0, -"List".length) };
    (items as readonly unknown[] | null)?.forEach((each, index) =>
      takeApart(each, [...path, "items", index], into, item)
    );
    return;
  }
  const object = { ...inherited, ...value };
  const missing = (["apiVersion", "kind"] as const).filter((field) =>
    typeof object[field] !== "string" || object[field] === ""
  );
  if (missing.length === 0) {
    manifests.push(manifest(apiVersion && kind ? value : object));
    return;
  }
  // Folders hold other YAML, too; what is half an object was meant as one.
  const isOther = missing.length === 2 && !document.source.isNamed &&
    apiVersion === undefined && kind === undefined;
  found.push({
    severity: isOther ? "warning" : "error",
    code: "not-a-manifest",
    message: `No Kubernetes object: it has no ${missing.join(" and no ")}`,
    at: { manifest: manifest(value), path: [] },
  });
}

function isItems(value: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(value.items) || value.items === null;
}
