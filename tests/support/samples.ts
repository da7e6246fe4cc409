/**
 * Manifests that others wrote, for tests. They lie outside the repository:
 * `ISTIOPS_SHARED` says where, `../shared` beside the repository by default.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import { populate } from "../../src/sandbox/controllers.ts";
import { readManifests } from "../../src/sandbox/load.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/mod.ts";

/** `PATH/samples`, whether it is there or not. */
export const SAMPLES: string = `${
  Deno.env.get("ISTIOPS_SHARED") ?? `${import.meta.dirname}/../../../shared`
}/samples`;

/** Whether the samples are there; says on the console why tests are skipped. */
export function hasSamples(): boolean {
  try {
    if (Deno.statSync(SAMPLES).isDirectory) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  // deno-lint-ignore no-console
  console.error(
    `Tests on samples are skipped: there is no folder ${SAMPLES} (ISTIOPS_SHARED)`,
  );
  return false;
}

/** The paths of files, given without folder and ending: `bookinfo/platform`. */
export function sampleFiles(names: readonly string[]): readonly string[] {
  return names.map((name) => `${SAMPLES}/${name}.yaml`);
}

/** The objects of files, in order; a later one of the same name stands. */
export async function readSamples(
  names: readonly string[],
): Promise<readonly KubeObject[]> {
  const manifests = await readManifests(sampleFiles(names));
  return manifests.map(({ object }) => object);
}

/** All samples, as {@linkcode sampleFiles} takes them, in a fixed order. */
export function sampleNames(): readonly string[] {
  const names = ["bookinfo", "others"].flatMap((folder) =>
    [...Deno.readDirSync(`${SAMPLES}/${folder}`)].flatMap(({ name }) =>
      name.endsWith(".yaml") ? [`${folder}/${name.slice(0, -5)}`] : []
    )
  );
  return names.sort();
}

/** A sandbox with these objects, and with Pods for their Deployments. */
export async function sandboxOf(
  objects: readonly KubeObject[],
): Promise<Sandbox> {
  const sandbox = await startSandbox({ objects: [] });
  populate(sandbox.store, objects);
  return sandbox;
}
