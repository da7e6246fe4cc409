/**
 * YAML manifests into objects: many documents in a file, `List` kinds, and
 * limits, since a manifest may come from anybody.
 *
 * @module
 */

import { ManifestError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import { parseYaml } from "../yaml.ts";
import { timestamp } from "./metadata.ts";

const BYTES_LIMIT = 8 * 1024 * 1024;
const DOCUMENTS_LIMIT = 1_000;
const DEPTH_LIMIT = 64;
/** Values in one document, each alias counted with all that it stands for. */
const VALUES_LIMIT = 1_000_000;

/** An object and where it was written. */
export interface Manifest {
  readonly object: KubeObject;
  readonly file: string;
  /** First line of its document, from 1. */
  readonly line: number;
}

/**
 * Reads files.
 *
 * @throws {ManifestError} `invalid-manifest` with file and line.
 */
export async function readManifests(
  files: readonly string[],
): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  let bytes = 0;
  for (const file of files) {
    const text = await readText(file);
    bytes += text.length;
    if (bytes > BYTES_LIMIT) throw tooBig(file);
    manifests.push(...parseManifests(text, file));
    if (manifests.length > DOCUMENTS_LIMIT * 10) throw tooMany(file);
  }
  return manifests;
}

/**
 * The objects in a text.
 *
 * @param file How errors call it.
 * @throws {ManifestError} `invalid-manifest`.
 */
export function parseManifests(
  text: string,
  file: string,
): readonly Manifest[] {
  const documents = splitDocuments(text);
  if (documents.length > DOCUMENTS_LIMIT) throw tooMany(file);
  return documents.flatMap((document) => {
    const value = parseDocument(document, file);
    return objectsIn(value, { file, line: document.line });
  });
}

interface Document {
  readonly text: string;
  /** Line of the first text in it, from 1. */
  readonly line: number;
  /** Lines of the file before it. */
  readonly offset: number;
}

interface Place {
  readonly file: string;
  readonly line: number;
}

/** `---` at the start of a line ends a document, wherever it stands. */
function splitDocuments(text: string): readonly Document[] {
  const documents: Document[] = [];
  let lines: string[] = [];
  let offset = 0;
  const isText = (line: string) => !/^\s*(#.*|%.*|\.\.\.\s*)?$/.test(line);
  const end = () => {
    const first = lines.findIndex(isText);
    if (first >= 0) {
      documents.push({
        text: lines.map((line) => line.startsWith("%") ? "" : line).join("\n"),
        line: offset + first + 1,
        offset,
      });
    }
  };
  text.replace(/^\uFEFF/, "").split(/\r?\n/).forEach((line, index) => {
    if (!/^---(\s|$)/.test(line)) {
      lines.push(line);
      return;
    }
    end();
    lines = [line.slice(3)];
    offset = index;
  });
  end();
  return documents;
}

function parseDocument(document: Document, file: string): unknown {
  let value: unknown;
  try {
    value = parseYaml(document.text);
  } catch (error) {
    const { message } = error as Error;
    const found = /line (\d+)/.exec(message);
    const line = document.offset + Number(found?.[1] ?? 1);
    const [what] = message.split("\n");
    throw broken({ file, line }, `is not valid YAML: ${what}`, error);
  }
  const budget = { left: VALUES_LIMIT };
  return plain(value, { file, line: document.line, budget, depth: 0 });
}

/** Plain JSON of what YAML gave, each alias written out. */
function plain(
  value: unknown,
  at: Place & { readonly budget: { left: number }; readonly depth: number },
): unknown {
  if (--at.budget.left < 0 || at.depth > DEPTH_LIMIT) {
    throw broken(at, "is too deeply nested, or its aliases stand for too much");
  }
  const inner = { ...at, depth: at.depth + 1 };
  if (Array.isArray(value)) return value.map((item) => plain(item, inner));
  if (value instanceof Date) return timestamp(value);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw broken(at, `holds the number ${value}, which JSON lacks`);
  }
  if (typeof value !== "object" || value === null) {
    if (["string", "number", "boolean"].includes(typeof value)) return value;
    if (value === null || value === undefined) return null;
    throw broken(at, `holds a ${typeof value}, which JSON lacks`);
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw broken(at, "holds a value that JSON lacks");
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, plain(item, inner)]),
  );
}

function objectsIn(value: unknown, at: Place): readonly Manifest[] {
  if (value === null) return [];
  const object = value as Partial<KubeObject>;
  if (typeof value !== "object" || Array.isArray(value)) {
    throw broken(at, "is not a Kubernetes object");
  }
  for (const field of ["apiVersion", "kind"] as const) {
    if (typeof object[field] !== "string" || object[field] === "") {
      throw broken(at, `has no "${field}"`);
    }
  }
  if (object.kind!.endsWith("List") && Array.isArray(object.items)) {
    return object.items.flatMap((item) => objectsIn(item, at));
  }
  const { metadata } = object;
  if (
    typeof metadata !== "object" || metadata === null ||
    typeof metadata.name !== "string" || metadata.name === ""
  ) throw broken(at, `is a ${object.kind} without "metadata.name"`);
  return [{ object: object as KubeObject, file: at.file, line: at.line }];
}

async function readText(file: string): Promise<string> {
  const attempt = `Cannot read "${file}"`;
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(file);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new ManifestError("invalid-manifest", `${attempt}: ${why}`, {
      details: { file },
      cause: error,
    });
  }
  if (!info.isFile) {
    throw new ManifestError(
      "invalid-manifest",
      `${attempt}: it is not a regular file`,
      { details: { file } },
    );
  }
  if (info.size > BYTES_LIMIT) throw tooBig(file);
  const bytes = await Deno.readFile(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ManifestError("invalid-manifest", `${attempt}: it is not UTF-8`, {
      details: { file },
      cause: error,
    });
  }
}

/** The error for something wrong at a place. */
export function broken(
  { file, line }: Place,
  obstacle: string,
  cause?: unknown,
): ManifestError {
  return new ManifestError(
    "invalid-manifest",
    `Cannot load "${file}": the document at line ${line} ${obstacle}`,
    { details: { file, line }, cause },
  );
}

function tooBig(file: string): ManifestError {
  return new ManifestError(
    "invalid-manifest",
    `Cannot load "${file}": all files together may have 8 MiB`,
    { details: { file } },
  );
}

function tooMany(file: string): ManifestError {
  return new ManifestError(
    "invalid-manifest",
    `Cannot load "${file}": a file may have ${DOCUMENTS_LIMIT} documents`,
    { details: { file } },
  );
}
