/**
 * Objects that are not all of a cluster: what they do not hold is not known
 * to be missing there.
 *
 * @module
 */

import { namespaceOf } from "./hosts.ts";
import type { KubeObject, Pod } from "./types.ts";
import { type Gap, GROUPS, type Kind } from "./world.ts";

/**
 * Namespaces whose objects of a kind are known: those that there is any of.
 *
 * @param objects Of that kind.
 */
export function knownNamespaces(
  kind: Kind,
  objects: readonly KubeObject[],
): ReadonlySet<string> {
  const known = new Set(objects.map(namespaceOf));
  if (kind !== "Pod") return known;
  // A Pod before there is a status says what is wanted, not what is there.
  for (const pod of objects) {
    if (!hasStatus(pod)) known.delete(namespaceOf(pod));
  }
  return known;
}

/** What is not known of a cluster that some objects are of. */
export function gapsBeside(objects: readonly KubeObject[]): readonly Gap[] {
  return (Object.keys(GROUPS) as Kind[]).map((kind) => {
    const here = objects.filter((object) => object.kind === kind);
    return {
      kind,
      except: [...knownNamespaces(kind, here)],
      reason: kind === "Pod" && here.length > 0
        ? "the status of every Pod is not among the objects"
        : `no ${kind} of its namespace is among the objects`,
    };
  });
}

function hasStatus(object: KubeObject): boolean {
  const { status } = object as Pod;
  return status?.phase !== undefined || status?.conditions !== undefined;
}
