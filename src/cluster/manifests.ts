/**
 * Manifests in files: their objects with their places, and what is wrong with
 * them as values. Nothing here throws for what is in a file.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import type { Kind } from "../istio/world.ts";
import { type CheckedManifest, checkManifest } from "./manifest_checks.ts";
import { doubtsAbout, isDoubtful } from "./manifest_doubts.ts";
import {
  MANIFEST_LIMITS,
  type ManifestLimits,
  textsOf,
} from "./manifest_files.ts";
import { type Manifest, objectsOf } from "./manifest_objects.ts";
import {
  type Found,
  type ManifestProblem,
  placed,
  placeOfManifest,
} from "./manifest_problems.ts";
import { documentsOf, ManifestSource } from "./manifest_source.ts";

export { type Manifest, type ManifestProblem, ManifestSource };

/** How manifests are read. */
export interface ManifestsOptions {
  /** Of objects that name none; `default`. */
  readonly namespace?: string | undefined;
  /** Bounds; those of the documentation by default. */
  readonly limits?: Partial<ManifestLimits>;
  /** For `-`; of this process by default. At most so many bytes. */
  readonly readStdin?: ((most: number) => Promise<string>) | undefined;
}

/** An object that could be in a cluster. */
export interface ReadManifest extends Manifest {
  /** With the namespace that it is in. */
  readonly object: KubeObject;
  /** Absent: a kind that istiops does not read. */
  readonly kind?: Kind;
  /** The object's own, or the one of the command; empty for a Namespace. */
  readonly namespace: string;
}

/** What files hold. */
export interface Manifests {
  /** In the order of the files; without those that have an error. */
  readonly manifests: readonly ReadManifest[];
  /** In the order of the files. */
  readonly problems: readonly ManifestProblem[];
  /** Documents and objects that an error keeps out: there may be more. */
  readonly unread: number;
}

/**
 * Reads files, folders and standard input (`-`).
 *
 * @throws {TrafficError} `file`: what was named cannot be read.
 * @throws {UsageError} `invalid-value`: a URL, or `-` twice.
 */
export async function readManifests(
  names: readonly string[],
  options: ManifestsOptions = {},
): Promise<Manifests> {
  const limits = { ...MANIFEST_LIMITS, ...options.limits };
  const reading = new Reading(limits, options.namespace);
  const texts = textsOf(names, {
    totalBytes: limits.totalBytes,
    readStdin: options.readStdin,
  });
  for await (const each of texts) {
    if (!(each instanceof ManifestSource)) reading.note(each);
    else if (!await reading.read(each)) break;
  }
  return await reading.end();
}

/** Reads texts that are there already, as an editor has them. */
export async function readManifestTexts(
  sources: readonly ManifestSource[],
  options: Omit<ManifestsOptions, "readStdin"> = {},
): Promise<Manifests> {
  const limits = { ...MANIFEST_LIMITS, ...options.limits };
  const reading = new Reading(limits, options.namespace);
  for (const source of sources) if (!await reading.read(source)) break;
  return await reading.end();
}

class Reading {
  readonly #limits: ManifestLimits;
  readonly #namespace: string;
  readonly #checked: CheckedManifest[] = [];
  readonly #found: Found[] = [];
  #documents = 0;

  constructor(limits: ManifestLimits, namespace = "default") {
    this.#limits = limits;
    this.#namespace = namespace;
  }

  note(found: Found): void {
    this.#found.push(found);
  }

  /** False once there is too much. */
  async read(source: ManifestSource): Promise<boolean> {
    const { documents, documentSize } = this.#limits;
    for (const document of documentsOf(source)) {
      const at = { document, offset: document.first };
      if (++this.#documents > documents) {
        this.note({
          severity: "error",
          code: "too-many",
          message: `There are more than ${documents} documents`,
          at,
        });
        return false;
      }
      if (document.end - document.start > documentSize) {
        this.note({
          severity: "error",
          code: "too-large",
          message: `The document is larger than ${
            documentSize / 1024 / 1024
          } MiB`,
          hint:
            "A List is one document: read namespaces apart, or its items (jq '.items[]')",
          at,
        });
        continue;
      }
      const { manifests, found } = objectsOf(document);
      this.#found.push(...found);
      if (manifests.length > 0 && isDoubtful(document)) {
        const doubts = await doubtsAbout(document);
        this.#found.push(...doubts);
        if (doubts.some(({ severity }) => severity === "error")) continue;
      }
      for (const manifest of manifests) {
        // Tests of routes, or a plan: no cluster has such an object.
        if (/^istiops\//.test(String(manifest.written.apiVersion))) continue;
        const checked = checkManifest(manifest);
        this.#checked.push(checked);
        this.#found.push(...checked.found);
      }
    }
    return true;
  }

  async end(): Promise<Manifests> {
    const errors = new Set<Manifest>();
    let unread = 0;
    for (const { severity, at } of this.#found) {
      if (severity !== "error") continue;
      if (!("manifest" in at)) unread++;
      else errors.add(at.manifest);
    }
    const manifests = this.#checked.flatMap((checked) =>
      errors.has(checked.manifest)
        ? []
        : [inNamespace(checked, this.#namespace)]
    );
    const problems: ManifestProblem[] = [];
    for (const each of this.#found) problems.push(await placed(each));
    for (const pair of duplicatesIn(manifests)) {
      problems.push(await placed(await duplicateOf(pair)));
    }
    const order = new Map(problems.map(({ file }, nth) => [file, nth]));
    problems.sort((a, b) =>
      order.get(a.file)! - order.get(b.file)! || a.line - b.line ||
      a.column - b.column
    );
    return { manifests, problems, unread: unread + errors.size };
  }
}

/** The object in the namespace that it is in, `default` or another, where it names none. */
export function inNamespace(
  { manifest, object, kind }: Omit<CheckedManifest, "found">,
  namespace: string,
): ReadManifest {
  const own = object.metadata?.namespace;
  const named = typeof own === "string" && own !== "" ? own : undefined;
  const at = {
    ...manifest,
    object,
    ...(kind === undefined ? {} : { kind }),
  };
  if (kind === "Namespace") return { ...at, namespace: "" };
  if (kind === undefined || named !== undefined) {
    return { ...at, namespace: named ?? namespace };
  }
  const metadata = { ...object.metadata, namespace };
  return { ...at, object: { ...object, metadata }, namespace };
}

/** `kubectl apply` would write the later one over the earlier one. */
export function duplicatesIn(
  manifests: readonly ReadManifest[],
): readonly (readonly [ReadManifest, ReadManifest])[] {
  const first = new Map<string, ReadManifest>();
  const found: [ReadManifest, ReadManifest][] = [];
  for (const manifest of manifests) {
    if (isTest(manifest)) continue;
    const key = keyOf(manifest);
    const before = first.get(key);
    if (before === undefined) first.set(key, manifest);
    else found.push([before, manifest]);
  }
  return found;
}

async function duplicateOf(
  [before, manifest]: readonly [ReadManifest, ReadManifest],
): Promise<Found> {
  const { object: { kind, metadata }, namespace } = manifest;
  const { file, line } = await placeOfManifest(before);
  return {
    severity: "error",
    code: "duplicate-object",
    message: `${kind} "${
      namespace === "" ? "" : `${namespace}/`
    }${metadata.name}" is there already, at ${file}:${line}`,
    hint: "Leave one of the two out, or read the files apart",
    at: { manifest, path: [] },
  };
}

/** What is one object for an API server, whatever its version. */
export function keyOf({ object, namespace }: ReadManifest): string {
  const [group] = object.apiVersion.split("/", 1);
  const isCore = !object.apiVersion.includes("/");
  return JSON.stringify([
    isCore ? "" : group,
    object.kind,
    namespace,
    object.metadata.name,
  ]);
}

/** A Helm hook that is there only while `helm test` runs. */
export function isTest({ object }: ReadManifest): boolean {
  const hook = object.metadata?.annotations?.["helm.sh/hook"];
  return typeof hook === "string" &&
    hook.split(",").every((each) => each.trim().startsWith("test"));
}
