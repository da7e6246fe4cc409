/**
 * Subsets that no rule names.
 *
 * @module
 */

import { type Finding, nameOf } from "../istio/findings.ts";
import {
  isWildcard,
  matchesHost,
  namespaceOf,
  resolveHost,
} from "../istio/hosts.ts";
import { hostUses } from "../istio/lint/uses.ts";
import { podCount } from "../istio/pods.ts";
import { isRecord, stringOf } from "../istio/shapes.ts";
import type { DestinationRule, Json } from "../istio/types.ts";
import { whyUnknown, type World } from "../istio/world.ts";

/** Findings on subsets that nothing names; none where not all rules are seen. */
export function subsetFindings(
  world: World,
  rule: DestinationRule,
): readonly Finding[] {
  const subsets: unknown = rule.spec?.subsets;
  if (!Array.isArray(subsets) || typeof rule.spec.host !== "string") return [];
  if (whyUnknown(world, "VirtualService") !== undefined) return [];
  const host = resolveHost(rule.spec.host, namespaceOf(rule), world.mesh);
  const named = namesBehind(world, host);
  return subsets.flatMap((subset, index): Finding[] => {
    const name = isRecord(subset) ? stringOf(subset["name"]) : "";
    if (name === "" || named.has(name)) return [];
    const pointer = `/spec/subsets/${index}`;
    const empty = isEmpty(world, { host, labels: subset.labels });
    return [{
      code: empty ? "IST0173" : "subset-unused",
      severity: "info",
      object: nameOf(rule),
      path: ["spec", "subsets", index],
      message: empty
        ? `No pod has the labels of subset "${name}", and no rule names it`
        : `No rule names subset "${name}"`,
      means: "No request goes there",
      edit: "Take it out, or let a rule name it",
      fix: {
        // It may be there for a build that is yet to come.
        safe: false,
        operations: [
          { op: "test", path: pointer, value: subset as Json },
          { op: "remove", path: pointer },
        ],
      },
    }];
  });
}

function namesBehind(world: World, host: string): ReadonlySet<string> {
  const uses = hostUses(world);
  const found = isWildcard(host)
    ? [...uses].flatMap(([one, list]) => matchesHost(host, one) ? list : [])
    : uses.get(host) ?? [];
  return new Set(found.map(({ subset }) => subset));
}

function isEmpty(
  world: World,
  of: { readonly host: string; readonly labels: unknown },
): boolean {
  const { host, labels } = of;
  if (isWildcard(host) || !isRecord(labels)) return false;
  const pods = podCount(world, {
    host,
    labels: labels as Record<string, string>,
  });
  return pods.known && pods.existing === 0;
}
