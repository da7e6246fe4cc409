/**
 * Requests to a Service that no rule takes: once a VirtualService speaks for
 * it, they get 404. Told only where such a request was found.
 *
 * @module
 */

import { gatewaysOf } from "../client.ts";
import { isMaster } from "../cover.ts";
import { rulesFor } from "../delegates.ts";
import { type Finding, nameOf } from "../findings.ts";
import { namespaceOf } from "../hosts.ts";
import { isRecord } from "../shapes.ts";
import type { HTTPMatchRequest, VirtualService } from "../types.ts";
import type { World } from "../world.ts";
import { servicesOf, triesOf, witnessOf } from "./asking.ts";

/** Paths that a rule for everything would take. */
const PATHS = ["/", "/no-rule-is-for-this"];

/** Finds a request that falls through the rules of a mesh VirtualService. */
export function lastRuleFindings(
  world: World,
  root: VirtualService,
): readonly Finding[] {
  if (!gatewaysOf(root).includes("mesh")) return [];
  const { rules } = rulesFor(world, root);
  if (rules.length === 0 || rules.some(({ route }) => takesAll(route))) {
    return [];
  }
  if (servicesOf(world, root).length === 0) return [];
  for (const path of PATHS) {
    for (const tried of triesOf(world, root, { uri: { exact: path } })) {
      const { client, verdict } = tried;
      if (client.kind !== "sidecar" || verdict.outcome !== "no-route") continue;
      return [{
        code: "requests-without-rule",
        severity: "warning",
        message: `No rule takes a request such as GET ${path} without headers`,
        object: nameOf(root),
        path: ["spec", "http"],
        means: `It gets 404 (NR), though the Service is there: "${
          namespaceOf(root)
        }/${root.metadata.name}" speaks for all requests to the host`,
        edit: "End the list with a rule without match",
        witness: witnessOf(tried),
      }];
    }
  }
  return [];
}

function takesAll(route: unknown): boolean {
  if (!isRecord(route)) return false;
  const blocks: unknown = route["match"];
  if (!Array.isArray(blocks) || blocks.length === 0) return true;
  return (blocks as readonly HTTPMatchRequest[]).some((block) =>
    isRecord(block) && isMaster(block) && !block.port &&
    !isRecord(block.sourceLabels) && !block.sourceNamespace &&
    !Array.isArray(block.gateways)
  );
}
