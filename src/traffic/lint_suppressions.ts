/**
 * Findings that somebody has looked at and does not want to see again: named
 * in an annotation of the object, Istio's or ours.
 *
 * @module
 */

import { type Finding, keyOfFound, nameOf } from "../istio/findings.ts";
import { isRecord } from "../istio/shapes.ts";
import type { KubeObject } from "../istio/types.ts";
import type { World } from "../istio/world.ts";

/** Istio's annotation; `*` is all codes. */
export const SUPPRESS_ANNOTATION = "galley.istio.io/analyze-suppress";
/** Ours; the same syntax. */
export const IGNORE_ANNOTATION = "istiops/ignore";

const KNOWN = new WeakMap<World, (finding: Finding) => boolean>();

/** Tells which findings the objects of a world ask not to be told. */
export function suppressionsIn(world: World): (finding: Finding) => boolean {
  let known = KNOWN.get(world);
  if (known === undefined) KNOWN.set(world, known = readSuppressions(world));
  return known;
}

function readSuppressions(world: World): (finding: Finding) => boolean {
  const codes = new Map<string, ReadonlySet<string>>();
  const lists: readonly (readonly KubeObject[])[] = [
    world.virtualServices,
    world.destinationRules,
    world.gateways,
    world.serviceEntries,
  ];
  for (const object of lists.flat()) {
    const { annotations } = object.metadata;
    if (!isRecord(annotations)) continue;
    const own = [SUPPRESS_ANNOTATION, IGNORE_ANNOTATION].flatMap((key) =>
      codesIn(annotations[key])
    );
    if (own.length > 0) codes.set(keyOfFound(nameOf(object)), new Set(own));
  }
  return ({ code, object }) => {
    const own = object === undefined
      ? undefined
      : codes.get(keyOfFound(object));
    return own !== undefined && (own.has("*") || own.has(code));
  };
}

/** `code, code`. */
export function codesIn(text: unknown): readonly string[] {
  return typeof text === "string"
    ? text.split(/[\s,]+/).filter((code) => code !== "")
    : [];
}
