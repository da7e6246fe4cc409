/**
 * Gateways that no proxy serves.
 *
 * @module
 */

import { type Finding, nameOf } from "../findings.ts";
import { includesLabels, podsIn } from "../pods.ts";
import { isRecord, stringOf } from "../shapes.ts";
import type { KubeObject } from "../types.ts";
import { whyUnknown, type World } from "../world.ts";

/** Findings on a Gateway among all. */
export function gatewayFindings(
  world: World,
  object: KubeObject,
): readonly Finding[] {
  const selector: unknown = isRecord(object.spec)
    ? object.spec["selector"]
    : undefined;
  // Without one it is for every gateway there is.
  if (!isRecord(selector) || Object.keys(selector).length === 0) return [];
  // Without Istio itself it is no whole cluster: the gateways are elsewhere.
  if (
    whyUnknown(world, "Pod") !== undefined ||
    podsIn(world, world.mesh.rootNamespace).length === 0
  ) return [];
  const labels = selector as Readonly<Record<string, string>>;
  if (
    world.pods.some(({ metadata }) => includesLabels(metadata.labels, labels))
  ) {
    return [];
  }
  return [{
    code: "IST0101",
    severity: "error",
    object: nameOf(object),
    path: ["spec", "selector"],
    message: `No pod has the labels ${
      Object.entries(labels).map(([key, value]) => `${key}=${stringOf(value)}`)
        .join(",")
    }`,
    means:
      "No proxy serves the Gateway: nothing that comes from outside is taken",
    edit: "Write the labels of the gateway's pods, or start them",
  }];
}
