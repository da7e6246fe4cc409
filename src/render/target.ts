/**
 * Where a change goes, said first (rule 1.3).
 *
 * @module
 */

import type { Target } from "../cluster/cluster.ts";
import type { ObjectName } from "../traffic/types.ts";
import { safe } from "./safe.ts";

/** `Target: https://…  context staging  namespace default  VirtualService a, DestinationRule b`. */
export function targetLine(
  target: Target,
  of: { readonly namespace: string; readonly objects: readonly ObjectName[] },
): string {
  const isSandbox = target.source === "sandbox" && target.server !== "sandbox";
  const sandbox = isSandbox ? "sandbox " : "";
  const context = target.context === undefined
    ? ""
    : `, context ${safe(target.context)}`;
  const objects = of.objects.length === 0
    ? "no object changes"
    : of.objects.map((object) => objectText(object, of.namespace)).join(", ");
  return `Target: ${sandbox}${safe(target.server)}${context}, namespace ${
    safe(of.namespace)
  }, ${objects}`;
}

/** `VirtualService reviews`; with its namespace where that is another one. */
export function objectText(object: ObjectName, namespace?: string): string {
  return `${object.kind} ${
    object.namespace === namespace ? "" : `${safe(object.namespace)}/`
  }${safe(object.name)}`;
}
