/**
 * One document of a YAML file, read once for as long as its text stays what it
 * is: its objects, what is wrong with them, and where.
 *
 * @module
 */

import { type FileTest, testsIn } from "../../actions/route_test_files.ts";
import {
  type CheckedManifest,
  checkManifest,
} from "../../cluster/manifest_checks.ts";
import { doubtsOf, isDoubtful } from "../../cluster/manifest_doubts.ts";
import { objectsOf } from "../../cluster/manifest_objects.ts";
import {
  booleanAt,
  type FieldPath,
  keyPlaceOf,
  type Misread,
  misreadIn,
  placeOf,
} from "../../cluster/manifest_place.ts";
import type { Found, ManifestCode } from "../../cluster/manifest_problems.ts";
import {
  type ManifestDocument,
  ManifestSource,
} from "../../cluster/manifest_source.ts";
import type { Manifest } from "../../cluster/manifests.ts";
import type { Span } from "../../language/diagnose.ts";
import { childOf, type Sketch, valueSpanOf } from "./sketch.ts";
import { sketchOf } from "./sketch_lines.ts";

/** The kinds whose documents are looked at. */
export const OUR_KINDS: ReadonlySet<string> = new Set([
  "VirtualService",
  "DestinationRule",
  "Gateway",
]);

/** Where it is wrong, in the chunk. */
export interface PlacedProblem
  extends Pick<Found, "severity" | "message" | "hint"> {
  readonly code: ManifestCode;
  readonly span: Span;
  /** Of the object, where there is one. */
  readonly manifest?: Manifest;
  readonly path?: FieldPath;
}

/** An object of a document. */
export interface ReadObject extends Pick<CheckedManifest, "manifest" | "kind"> {
  readonly object: CheckedManifest["object"];
  /** It could not be in a cluster. */
  readonly hasError: boolean;
}

/** One document; offsets in it begin at 0. */
export interface Chunk {
  readonly text: string;
  readonly document: ManifestDocument;
  /** It holds a kind of ours, or was meant to. */
  readonly isOurs: boolean;
  readonly checked: readonly ReadObject[];
  /** Those about kinds of ours. */
  readonly problems: readonly PlacedProblem[];
  /** It holds tests of routes, or was meant to. */
  readonly isTests: boolean;
  /** Those that can be run, of clients in a namespace by default. */
  readonly tests: (namespace: string) => readonly FileTest[];
  readonly sketch: () => Sketch;
}

/** Documents in which one of the kinds that make up the world may be. */
const KINDS =
  /kind["']?[ \t]*:[ \t]*["']?(?:VirtualService|DestinationRule|Gateway|ServiceEntry|WorkloadEntry|Namespace|Service|Pod|List)\b/;
/** A document that is broken is ours by these words. */
const OURS =
  /kind["']?[ \t]*:[ \t]*["']?(?:VirtualService|DestinationRule|Gateway)\b/;
const OUR_GROUP = /apiVersion["']?[ \t]*:[ \t]*["']?[\w.]*istio\.io\//;

const TESTS = /kind["']?[ \t]*:[ \t]*["']?RouteTests\b/;
/** By another name, they are still meant. */
const MEANT_AS_TESTS = [
  /apiVersion["']?[ \t]*:[ \t]*["']?istiops\//,
  /^["']?tests["']?[ \t]*:/m,
];

/** Problems of one document that anybody reads. */
const MOST = 1_000;

/** Could a text hold a kind of ours? */
export function mayBeOurs(text: string): boolean {
  return OURS.test(text) && OUR_GROUP.test(text) || mayBeTests(text);
}

function mayBeTests(text: string): boolean {
  return TESTS.test(text) || MEANT_AS_TESTS.every((each) => each.test(text));
}

/** Reads a document that begins at an offset of its text. */
export function readChunk(
  text: string,
  of: { readonly first: number },
): Chunk {
  const source = new ManifestSource("", text);
  const document = { source, start: 0, first: of.first, end: text.length };
  let drawn: Sketch | undefined;
  const sketch = (): Sketch =>
    text.length < LONG ? drawn ??= sketchOf(text) : longSketchOf(text);
  const nothing = {
    ...{ text, document, sketch, isTests: false },
    ...{ checked: [], problems: [], tests: () => [] },
  };
  // A template says nothing before it is rendered.
  if (text.includes("{{")) return { ...nothing, isOurs: false };
  if (mayBeTests(text)) {
    const { found, tests } = testsIn(document);
    return {
      ...nothing,
      ...{ isOurs: true, isTests: true, tests: testsBy(document, tests) },
      problems: found.slice(0, MOST).map((one) =>
        placedProblem({ document, sketch }, one)
      ),
    };
  }
  if (!KINDS.test(text)) return { ...nothing, isOurs: false };
  const { manifests, found } = objectsOf(document);
  const all = manifests.map(checkManifest);
  const ours = new Set(
    all.flatMap(({ kind, manifest }) =>
      kind !== undefined && OUR_KINDS.has(kind) ? [manifest] : []
    ),
  );
  const isOurs = ours.size > 0 || (found.length > 0 && mayBeOurs(text));
  const checked = all.map((one) => withoutFound(one));
  if (!isOurs) return { ...nothing, checked, isOurs };
  const doubts = manifests.length > 0 && isDoubtful(document)
    ? doubtsOf(document, misread(document, sketch()))
    : [];
  if (doubts.some(({ severity }) => severity === "error")) checked.length = 0;
  const told = [found, doubts, ...all.map((each) => each.found)]
    .flatMap((each) => each.slice(0, MOST)).slice(0, MOST);
  return {
    ...nothing,
    isOurs,
    checked,
    problems: told.filter(({ at, code }) =>
      !("manifest" in at) || code === "not-a-manifest" || ours.has(at.manifest)
    ).map((one) => placedProblem({ document, sketch }, one)),
  };
}

/** Tests as they are in the namespace that was asked for last. */
function testsBy(
  document: ManifestDocument,
  tests: readonly FileTest[],
): Chunk["tests"] {
  let last = { namespace: "default", tests };
  return (namespace) => {
    if (namespace !== last.namespace) {
      last = { namespace, tests: testsIn(document, { namespace }).tests };
    }
    return last.tests;
  };
}

/** Gives what was found in a chunk its place there. */
export function placedProblem(
  chunk: Pick<Chunk, "document" | "sketch">,
  { at, code, severity, message, hint }: Found,
): PlacedProblem {
  const about = {
    ...{ code, severity, message },
    ...hint === undefined ? {} : { hint },
  };
  if (!("manifest" in at)) {
    const offset = "document" in at ? at.offset : 0;
    return { ...about, span: { start: offset, end: offset } };
  }
  const { manifest, path, isKey = false } = at;
  const span = spanIn(chunk, [...manifest.path, ...path], { manifest, isKey });
  return { ...about, span, manifest, path };
}

/** What was found is told, and takes more than the object. */
function withoutFound(
  { manifest, object, kind, found }: CheckedManifest,
): ReadObject {
  return {
    ...{ manifest, object },
    ...kind === undefined ? {} : { kind },
    hasError: found.some(({ severity }) => severity === "error"),
  };
}

let latest: Sketch | undefined;

/** Of long documents only the last sketch is kept: it is many times its text. */
function longSketchOf(text: string): Sketch {
  if (latest?.text !== text) latest = sketchOf(text);
  return latest;
}

function misread(document: ManifestDocument, drawn: Sketch): Misread {
  const { isSure, text } = drawn;
  if (!isSure && document.end < LONG) return misreadIn(document);
  const words: Misread["words"][number][] = [];
  for (const { kind, start, end } of drawn.entries()) {
    const word = kind === "plain" && end - start < 6
      ? booleanAt(text.slice(start, end), start)
      : undefined;
    if (word !== undefined) words.push(word);
    if (words.length === MOST) break;
  }
  return { tab: undefined, words };
}

/** Below that many characters the whole of YAML is asked where it must be. */
const LONG = 64 * 1024;

/** Where a value stands, or its key; as `check -f` has it. */
export function spanIn(
  { document, sketch }: Pick<Chunk, "document" | "sketch">,
  path: FieldPath,
  of: { readonly manifest: Manifest; readonly isKey?: boolean },
): Span {
  const { manifest, isKey = false } = of;
  const drawn = sketch();
  if (!drawn.isSure && document.end < LONG) {
    const within = path.slice(manifest.path.length);
    const place = isKey
      ? keyPlaceOf(manifest, within)
      : placeOf(manifest, within);
    return { start: place.offset, end: place.endOffset };
  }
  let entry = drawn.root;
  let depth = 0;
  for (const step of path) {
    const next = childOf(drawn, entry, step);
    if (next === undefined) break;
    entry = next;
    depth++;
  }
  const isField = !entry.isItem && entry.id !== 0;
  const value = valueSpanOf(drawn, entry);
  const first = document.first;
  return isField && (isKey || depth < path.length || value === undefined)
    ? { start: entry.at, end: entry.keyEnd }
    : value ?? { start: first, end: first };
}
