/**
 * What is wrong in files, as values: found by offset or by field, and given
 * the place that people read only when it is told.
 *
 * @module
 */

import type { Manifest } from "./manifest_objects.ts";
import type { FieldPath } from "./manifest_place.ts";
import type { FilePlace, ManifestDocument } from "./manifest_source.ts";

/** Kinds of problems; never reworded. */
export type ManifestCode =
  // the file
  | "unreadable-file"
  | "outside-folder"
  | "too-large"
  | "too-many"
  // the document
  | "invalid-yaml"
  | "too-deep"
  | "too-many-aliases"
  | "not-json"
  | "yaml-boolean"
  | "not-a-manifest"
  // the object
  | "missing-name"
  | "invalid-name"
  | "wrong-api-version"
  | "wrong-type"
  | "unknown-field"
  | "duplicate-object"
  // a file of tests
  | "invalid-test"
  // the same check as Istio's analyzer has
  | "IST0106";

/** Something wrong in a file. Plain JSON: `-o json`. */
export interface ManifestProblem {
  /** `error`: it cannot be what somebody meant; `warning`: it may be. */
  readonly severity: "error" | "warning";
  /** What it is; stays the same from version to version. */
  readonly code: ManifestCode;
  /** One sentence without a final period. */
  readonly message: string;
  /** The next thing to try. */
  readonly hint?: string;
  /** As it was named; `<stdin>` for standard input. */
  readonly file: string;
  /** From 1; 1 for the file as a whole. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** The line of the end. */
  readonly endLine: number;
  /** Just behind the end; in UTF-16 code units. */
  readonly endColumn: number;
}

/** What a check says; its place is still to be worked out. */
export interface Found
  extends Pick<ManifestProblem, "severity" | "code" | "message" | "hint"> {
  readonly at: FoundAt;
}

/** A place in words that cost nothing. */
export type FoundAt =
  | { readonly file: string }
  | {
    readonly document: ManifestDocument;
    /** From the beginning of the file. */
    readonly offset: number;
  }
  | {
    readonly manifest: Manifest;
    /** Within the object. */
    readonly path: FieldPath;
    /** The key itself, not what it holds. */
    readonly isKey?: boolean;
  };

/** For `{{ … }}`, which is a mapping in YAML. */
export const TEMPLATE_HINT =
  "A template has to be rendered first: helm template … | istiops … -f -";

/** Works the place out; what parses positions is loaded only now. */
export async function placed({ at, ...rest }: Found): Promise<ManifestProblem> {
  return { ...rest, ...withoutOffsets(await placeFor(at)) };
}

async function placeFor(at: FoundAt): Promise<FilePlace> {
  if ("file" in at) return { ...WHOLE, file: at.file };
  if ("document" in at) return at.document.source.placeOf(at.offset);
  if (at.path.length === 0) return await placeOfManifest(at.manifest);
  const { keyPlaceOf, placeOf } = await import("./manifest_place.ts");
  return at.isKey === true
    ? keyPlaceOf(at.manifest, at.path)
    : placeOf(at.manifest, at.path);
}

/** Where an object begins; nothing is parsed for one that is a document. */
export async function placeOfManifest(manifest: Manifest): Promise<FilePlace> {
  const { document: { source, first }, path } = manifest;
  if (path.length === 0) return source.placeOf(first);
  const { placeOf } = await import("./manifest_place.ts");
  const { offset } = placeOf(manifest, []);
  return source.placeOf(offset);
}

const WHOLE = {
  ...{ line: 1, column: 1, endLine: 1, endColumn: 1 },
  ...{ offset: 0, endOffset: 0 },
};

function withoutOffsets(
  { offset: _, endOffset: __, ...place }: FilePlace,
): Omit<FilePlace, "offset" | "endOffset"> {
  return place;
}
