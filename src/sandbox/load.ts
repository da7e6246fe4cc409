/**
 * Manifests to put into the sandbox: all of them or none, so the first thing
 * that is wrong is thrown.
 *
 * @module
 */

import {
  type Manifests,
  type ReadManifest,
  readManifests as readFiles,
} from "../cluster/manifests.ts";
import { ManifestError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";

/** They are kept in one file, which is written at each change. */
const LIMITS = { totalBytes: 8 * 1024 * 1024, documents: 10_000 };

/** An object and where it was written. */
export interface Manifest {
  /** As written: without a namespace where it names none. */
  readonly object: KubeObject;
  readonly file: string;
  /** First line of its document, from 1. */
  readonly line: number;
}

/**
 * Reads files and folders; of objects that are there twice the later one
 * stands in the sandbox.
 *
 * @throws {ManifestError} `invalid-manifest` with file and line.
 * @throws {TrafficError} `file`: what was named cannot be read.
 */
export async function readManifests(
  names: readonly string[],
): Promise<readonly Manifest[]> {
  const { manifests, problems } = await readFiles(names, { limits: LIMITS });
  throwFirst(problems);
  return manifests.map(placed);
}

function throwFirst(problems: Manifests["problems"]): void {
  const first = problems.find(({ severity, code }) =>
    severity === "error" && code !== "duplicate-object"
  );
  if (first === undefined) return;
  const { file, line, column, message, hint } = first;
  throw new ManifestError(
    "invalid-manifest",
    `Cannot load ${file}:${line}:${column}: ${message}`,
    {
      details: { file, line, column },
      ...(hint === undefined ? {} : { hint }),
    },
  );
}

function placed({ written, document }: ReadManifest): Manifest {
  const { source, first } = document;
  return { object: written, file: source.file, line: source.lineAt(first) };
}

/** The error for something wrong with a manifest. */
export function broken(
  { file, line }: Manifest,
  obstacle: string,
  cause?: unknown,
): ManifestError {
  return new ManifestError(
    "invalid-manifest",
    `Cannot load "${file}": the document at line ${line} ${obstacle}`,
    { details: { file, line }, cause },
  );
}
