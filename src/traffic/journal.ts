/**
 * The record that rides in the same write as the change (11.1): what was
 * replaced, by whom, and how to find it again. It lives in an annotation of
 * the object itself, compressed, so that the way back works on any machine
 * and no lock can be stranded.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import { historyEntry } from "./history_shape.ts";
import { hashOf } from "./hash.ts";
import type { HistoryEntry } from "./types.ts";

/** Annotation that holds the records, newest first. */
export const HISTORY_ANNOTATION = "istiops/history";
/** Annotation of a DestinationRule: names of the subsets that we made. */
export const MARKS_ANNOTATION = "istiops/subsets";

/** Records an object keeps. */
export const MOST_ENTRIES = 10;
/** Bytes of the annotation. */
export const LARGEST_RECORD = 64 * 1024;
/** Bytes of the records before compression: nothing larger is unpacked. */
const LARGEST_UNPACKED = 1024 * 1024;
/** Bytes that are unpacked at once: about as much as may come of all. */
const SLICE = 1024;
/** Bytes of all keys and values of annotations that Kubernetes takes. */
const LARGEST_ANNOTATIONS = 256 * 1024;
const PREFIX = "v1:";

/** The records that fit an object, newest first, and what was left out. */
export interface History {
  readonly entries: readonly HistoryEntry[];
  /** Sentences: why records were not used. */
  readonly problems: readonly string[];
}

/** Packs records; the hash in front tells an edited text from ours. */
export async function encodeHistory(
  entries: readonly HistoryEntry[],
): Promise<string> {
  const packed = new Response(
    new Blob([JSON.stringify(entries)]).stream().pipeThrough(
      new CompressionStream("deflate-raw"),
    ),
  );
  const text = toBase64(new Uint8Array(await packed.arrayBuffer()));
  return `${PREFIX}${hashOf(text)}:${text}`;
}

/**
 * Unpacks records. Entries of another shape than ours are left out.
 *
 * @throws {RangeError} If the text is not what {@linkcode encodeHistory} gave.
 */
export async function decodeHistory(text: string): Promise<History> {
  const [, hash, body] = /^v1:([0-9a-f]{16}):([A-Za-z0-9+/]*={0,2})$/
    .exec(text.length > 2 * LARGEST_RECORD ? "" : text) ?? [];
  if (hash === undefined || body === undefined || hashOf(body) !== hash) {
    throw new RangeError("it was edited or is not of this version");
  }
  const entries: unknown = JSON.parse(await unpack(body));
  if (!Array.isArray(entries)) throw new RangeError("it is no list");
  const problems = entries.map((entry) => historyEntry(entry, "entry"));
  return {
    entries: entries.filter((_, i) => problems[i] === undefined),
    problems: problems.flatMap((problem) => problem ?? []),
  };
}

/**
 * The records of an object that are its own. Those of a copy (another UID,
 * name, namespace, or server where no UID is known) and broken ones are left
 * out, and that is said.
 */
export async function readHistory(
  object: KubeObject,
  options: { readonly server: string },
): Promise<History> {
  const text = object.metadata.annotations?.[HISTORY_ANNOTATION];
  if (text === undefined || text === "") return { entries: [], problems: [] };
  const of = `the record of ${object.kind} "${object.metadata.name}"`;
  let read: History;
  try {
    read = await decodeHistory(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { entries: [], problems: [`Ignored ${of}: ${reason}`] };
  }
  const foreign = read.entries.filter((entry) =>
    !isOwn(entry, object, options.server)
  );
  return {
    entries: read.entries.filter((entry) => !foreign.includes(entry)),
    problems: [
      ...read.problems.map((problem) => `Ignored a part of ${of}: ${problem}`),
      ...(foreign.length === 0 ? [] : [
        `Ignored ${of}: ${foreign.length} of its entries belong to another object`,
      ]),
    ],
  };
}

/** What {@linkcode addEntry} could keep. */
export interface Kept {
  /** Value of the annotation; absent where not even a mark of it fits. */
  readonly value?: string;
  /** The entry can be taken back: all that it replaced is in it. */
  readonly complete: boolean;
}

/**
 * Puts an entry before the older ones; the oldest go where there are more
 * than 10, or more than the room that the other annotations leave. If the
 * entry alone is too large, its bare facts are kept, so that a lost answer
 * can still be looked up.
 */
export async function addEntry(
  entry: HistoryEntry,
  options: {
    readonly object: KubeObject;
    readonly older: readonly HistoryEntry[];
  },
): Promise<Kept> {
  const room = Math.min(LARGEST_RECORD, roomIn(options.object));
  const entries = [entry, ...options.older].slice(0, MOST_ENTRIES);
  for (let count = entries.length; count > 0; count--) {
    const value = await packedInto(room, entries.slice(0, count));
    if (value !== undefined) return { value, complete: true };
  }
  const { deleted: _, left: __, ...facts } = entry;
  const bare: HistoryEntry = {
    ...facts,
    command: entry.command.slice(0, 1024),
    objects: [],
    edits: [],
    subsets: [],
    shares: [],
    incomplete: true,
  };
  const value = await packedInto(room, [bare]);
  return { ...(value === undefined ? {} : { value }), complete: false };
}

/** Names of the subsets of a DestinationRule that carry our mark. */
export function marksOf(object: KubeObject): readonly string[] {
  const text = object.metadata.annotations?.[MARKS_ANNOTATION] ?? "";
  return text.split(",").map((name) => name.trim()).filter((name) =>
    name !== ""
  );
}

function isOwn(
  entry: HistoryEntry,
  object: KubeObject,
  server: string,
): boolean {
  const { namespace, name, uid } = object.metadata;
  if (entry.namespace !== namespace || entry.name !== name) return false;
  return entry.uid !== undefined && uid !== undefined
    ? entry.uid === uid
    : entry.server === server;
}

async function packedInto(
  room: number,
  entries: readonly HistoryEntry[],
): Promise<string | undefined> {
  if (bytesOf(JSON.stringify(entries)) > LARGEST_UNPACKED) return undefined;
  const value = await encodeHistory(entries);
  return value.length <= room ? value : undefined;
}

/** Bytes left for the record beside the other annotations and the marks. */
function roomIn(object: KubeObject): number {
  const others = Object.entries(object.metadata.annotations ?? {})
    .filter(([key]) => key !== HISTORY_ANNOTATION)
    .reduce((sum, [key, value]) => sum + bytesOf(key) + bytesOf(value), 0);
  return LARGEST_ANNOTATIONS - others - bytesOf(HISTORY_ANNOTATION);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

async function unpack(body: string): Promise<string> {
  const stream = inSlices(fromBase64(body)).pipeThrough(
    new DecompressionStream("deflate-raw"),
  );
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > LARGEST_UNPACKED) throw new RangeError("it is too large");
    chunks.push(chunk);
  }
  return await new Blob(chunks).text();
}

/**
 * What is packed, a little at a time: a chunk is unpacked whole before its
 * size is known, and may be a thousand times as large as it was.
 */
function inSlices(
  bytes: Uint8Array<ArrayBuffer>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at += SLICE));
    },
  });
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
