/**
 * Where findings stand in files, and which of them a comment there asks not
 * to be told: `# istiops-ignore: CODE, CODE` on the line, alone on the line
 * above, or above the object for all of it.
 *
 * @module
 */

import { placeOf } from "../cluster/manifest_place.ts";
import type {
  FilePlace,
  ManifestDocument,
  ManifestSource,
} from "../cluster/manifest_source.ts";
import type { Manifests, ReadManifest } from "../cluster/manifests.ts";
import {
  type Finding,
  type FoundObject,
  keyOfFound,
} from "../istio/findings.ts";
import { codesIn } from "../traffic/lint_suppressions.ts";
import type { CheckedFinding } from "./check.ts";

/** Which findings do comments in the files ask not to be told? */
export function ignoredIn(read: Manifests): (finding: Finding) => boolean {
  const manifests = manifestsByKey(read);
  return ({ code, object, path = [] }) => {
    const manifest = object && manifests.get(keyOfFound(object));
    return manifest !== undefined && hasComments(manifest.document.source) &&
      isIgnoredAt(code, manifest.document, placeOf(manifest, path).offset);
  };
}

function manifestsByKey(read: Manifests): ReadonlyMap<string, ReadManifest> {
  return new Map(
    read.manifests.map((manifest) => [keyOfFound(nameOf(manifest)), manifest]),
  );
}

/** Gives each finding its place; leaves out those that nobody wants. */
export async function placeFindings(
  findings: readonly Finding[],
  read: Manifests,
): Promise<{
  readonly findings: readonly CheckedFinding[];
  readonly suppressed: number;
}> {
  const manifests = manifestsByKey(read);
  const placed: CheckedFinding[] = [];
  let suppressed = 0;
  for (const finding of findings) {
    const { object, path = [] } = finding;
    const manifest = object && manifests.get(keyOfFound(object));
    if (manifest === undefined) {
      placed.push(finding);
      continue;
    }
    const place = await placeOf(manifest, path);
    if (isIgnoredAt(finding.code, manifest.document, place.offset)) {
      suppressed++;
    } else placed.push({ ...finding, place: withoutOffsets(place) });
  }
  return { findings: placed, suppressed };
}

const COMMENT = /#\s*istiops-ignore:\s*([^#\r\n]*)/;

/** Looked up once, however many findings a file has. */
const COMMENTED = new WeakMap<ManifestSource, boolean>();

function hasComments(source: ManifestSource): boolean {
  let known = COMMENTED.get(source);
  if (known === undefined) {
    COMMENTED.set(source, known = source.text.includes("istiops-ignore"));
  }
  return known;
}

/** Does a comment at an offset of the file ask not to be told a code? */
export function isIgnoredAt(
  code: string,
  { source, start, first }: ManifestDocument,
  offset: number,
): boolean {
  const { text } = source;
  // Most files have none.
  if (!hasComments(source)) return false;
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const above = text.slice(
    text.lastIndexOf("\n", lineStart - 2) + 1,
    Math.max(0, lineStart - 1),
  );
  const lineEnd = text.indexOf("\n", offset);
  const comments = [
    text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd),
    ...(/^\s*#/.test(above) ? [above] : []),
    ...text.slice(start, first).split("\n"),
  ];
  return comments.some((comment) =>
    codesIn(COMMENT.exec(comment)?.[1]).some((one) =>
      one === code || one === "*"
    )
  );
}

function withoutOffsets(
  { file, line, column, endLine, endColumn }: FilePlace,
): NonNullable<CheckedFinding["place"]> {
  return { file, line, column, endLine, endColumn };
}

function nameOf({ object, namespace }: ReadManifest): FoundObject {
  return { kind: object.kind, namespace, name: object.metadata.name };
}
