/**
 * Which subsets a clear takes along (7.5).
 *
 * @module
 */

import { clientsOf } from "../istio/client.ts";
import { effectiveDestinationRule } from "../istio/destination_rules.ts";
import { resolveHost } from "../istio/hosts.ts";
import type { DestinationRule } from "../istio/types.ts";
import { whyUnknown, type World } from "../istio/world.ts";
import type { Cleared } from "./cleared.ts";
import type { ClearIntent } from "./intents.ts";
import { marksOf } from "./journal.ts";
import { keyOf, listNames, namespaceOf } from "./objects.ts";
import { removableSubsets, withObjects } from "./subset_references.ts";
import type { ObjectPair } from "./types.ts";

/** 7.5: subsets of ours that nothing names any more. */
export function sweepSubsets(
  intent: ClearIntent,
  world: World,
  all: readonly Cleared[],
): {
  readonly pairs: readonly ObjectPair[];
  readonly marks: Readonly<Record<string, readonly string[]>>;
  readonly summary: readonly string[];
  readonly notes: readonly string[];
} {
  const after = withObjects(world, all.map((each) => each.after));
  const pairs: ObjectPair[] = [];
  const marks: Record<string, readonly string[]> = {};
  const summary: string[] = [];
  const notes: string[] = [];
  const blind = whyUnknown(world, "VirtualService") !== undefined;
  for (const [rule, host] of rulesBehind(world, all)) {
    const marked = marksOf(rule);
    const found = removableSubsets(after, rule, { host, marked });
    // That a rule still names a subset is plain to see; blindness is not.
    if (blind) notes.push(...found.notes);
    const gone = found.names.filter((name) =>
      intent.build === undefined ||
      rule.spec.subsets?.some((subset) =>
        subset.name === name &&
        Object.values(subset.labels ?? {}).includes(intent.build as string)
      )
    );
    if (gone.length === 0) continue;
    pairs.push({
      before: rule,
      after: {
        ...rule,
        spec: {
          ...rule.spec,
          subsets: (rule.spec.subsets ?? []).filter(({ name }) =>
            !gone.includes(name)
          ),
        },
      },
    });
    marks[keyOf(rule)] = marked.filter((name) => !gone.includes(name));
    summary.push(
      `Subset ${listNames(gone)} goes from DestinationRule "${
        keyOf(rule)
      }": nothing names it any more`,
    );
  }
  return { pairs, marks, summary, notes };
}

/** DestinationRules in effect for what the objects lead to. */
function rulesBehind(
  world: World,
  all: readonly Cleared[],
): ReadonlyMap<DestinationRule, string> {
  const found = new Map<DestinationRule, string>();
  for (const { before } of all) {
    for (const route of before.spec.http ?? []) {
      for (const each of route.route ?? []) {
        if (typeof each.destination?.host !== "string") continue;
        const host = resolveHost(
          each.destination.host,
          namespaceOf(before),
          world.mesh,
        );
        for (const client of clientsOf(world, before)) {
          const rule = effectiveDestinationRule(world, host, client);
          for (const one of rule?.rules ?? []) found.set(one, host);
        }
      }
    }
  }
  return found;
}
