/**
 * Rules for a build that is no more: everything they lead to is without pods,
 * and nothing asks for any.
 *
 * @module
 */

import { behindDestination } from "../istio/lint/destinations.ts";
import { type Finding, nameOf } from "../istio/findings.ts";
import { isRecord, stringOf } from "../istio/shapes.ts";
import type { HTTPRoute, VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { lifeOf } from "./dead.ts";
import { classify } from "./routes.ts";

/** A header rule that was left behind when its build went. */
export function canaryFindings(
  world: World,
  object: VirtualService,
  index: number,
): readonly Finding[] {
  const route: unknown = object.spec?.http?.[index];
  if (!isRecord(route) || kindOf(route) !== "header") return [];
  const list: unknown = (route as HTTPRoute).route;
  if (!Array.isArray(list) || list.length === 0) return [];
  const isDead = list.every((one) => {
    const destination: unknown = isRecord(one) ? one["destination"] : undefined;
    if (!isRecord(destination) || typeof destination["host"] !== "string") {
      return false;
    }
    const { host, labels, pods } = behindDestination(world, object, {
      ...destination,
      host: destination["host"],
    });
    // Where a pod is there it is not dead, and that is cheap to see.
    return pods?.known === true && pods.existing === 0 &&
      lifeOf(world, { host, labels }).state === "dead";
  });
  const name = stringOf(route["name"]);
  return !isDead ? [] : [{
    code: "canary-left-behind",
    severity: "warning",
    object: nameOf(object),
    path: ["spec", "http", index],
    message: `Rule ${
      name === "" ? `#${index}` : `"${name}" (#${index})`
    } is left behind: nothing that it leads to has pods, and nothing asks for any`,
    means: "Whoever still sends these headers gets 503 (UH)",
    edit: `Take the rule out: istiops clear -n ${
      nameOf(object).namespace
    } ${object.metadata.name} finds it`,
  }];
}

function kindOf(route: HTTPRoute): string | undefined {
  const blocks: unknown = route.match ?? [];
  return Array.isArray(blocks) && blocks.every(isRecord)
    ? classify(route)
    : undefined;
}
