/**
 * Which rules no request of some has reached.
 *
 * @module
 */

import { rulesOf } from "./delegates.ts";
import type { Verdict } from "./explain.ts";
import { keyOf, namespaceOf } from "./hosts.ts";
import { isRecord, stringOf, strings } from "./shapes.ts";
import type { World } from "./world.ts";

/** A block of a rule, or a rule without blocks, that no request reached. */
export interface UncoveredRule {
  /** `namespace/name`. */
  readonly object: string;
  /** Index in `spec.http`. */
  readonly rule: number;
  /** Index in the rule's `match`; absent for a rule without. */
  readonly match?: number;
  /** The rule's own name. */
  readonly name?: string;
}

/** Rules of all VirtualServices, or of those of a namespace. */
export function uncoveredRules(
  world: World,
  verdicts: readonly Verdict[],
  { namespace }: { readonly namespace?: string } = {},
): UncoveredRule[] {
  const reached = new Set(
    verdicts.flatMap(({ source, rule, match, outcome }) =>
      source === undefined || outcome === "unknown"
        ? []
        : [`${keyOf(source)} ${rule}`, `${keyOf(source)} ${rule} ${match}`]
    ),
  );
  return world.virtualServices.filter((object) =>
    namespace === undefined || namespaceOf(object) === namespace
  ).flatMap((object) => {
    const own = keyOf(object);
    // Blocks of a delegate are joined with those of its root.
    const isDelegate = strings(object.spec?.hosts).length === 0;
    return rulesOf(object).flatMap((route, rule): UncoveredRule[] => {
      if (!isRecord(route) || isRecord(route.delegate)) return [];
      const name = stringOf(route.name);
      const about = {
        object: own,
        rule,
        ...(name === "" ? {} : { name }),
      };
      const blocks = Array.isArray(route.match) && !isDelegate
        ? route.match.length
        : 0;
      if (blocks === 0) return reached.has(`${own} ${rule}`) ? [] : [about];
      return Array.from({ length: blocks }, (_, match) => match)
        .filter((match) => !reached.has(`${own} ${rule} ${match}`))
        .map((match) => ({ ...about, match }));
    });
  });
}
