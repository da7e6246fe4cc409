/**
 * `clear -m hard`: every rule goes but the master rule, those that match by
 * prefix alone, and those that are never edited (7.3).
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import { witness } from "../istio/cover.ts";
import type { World } from "../istio/world.ts";
import { type Cleared, cleared } from "./cleared.ts";
import { describeRequest } from "./headers.ts";
import type { ClearIntent } from "./intents.ts";
import {
  describeRule,
  isConditional,
  isMasterRule,
  rulesOf,
} from "./routes.ts";
import { choose } from "./select.ts";

/** 7.3: everything but the master and prefix rules. */
export function clearHard(
  intent: ClearIntent,
  world: World,
): readonly Cleared[] {
  const chosen = choose(world, intent);
  return chosen.objects.map((object) => {
    const rules = rulesOf(object, { scope: chosen.scope, mesh: world.mesh });
    const master = rules.find((rule) =>
      rule.members.length > 0 && isMasterRule(rule.route)
    );
    if (!master) {
      throw new RefusedError(
        "no-master-route",
        `Cannot clear "${object.metadata.name}" hard: it has no master rule, so requests would be left without any`,
        { hint: "Use -m soft, or -b for one build's previews" },
      );
    }
    const summary: string[] = [];
    const severe: string[] = [];
    const http = rules.filter((rule) => {
      const edited = rule.members.length > 0 && !rule.shared &&
        (rule.kind === "header" || rule.kind === "base" ||
          rule.kind === "mixed");
      const byPrefix = (rule.route.match ?? []).some((block) =>
        block.uri?.prefix !== undefined && !isConditional(block)
      );
      if (!edited || rule === master || byPrefix) return true;
      const example = (rule.route.match ?? []).map((block) => witness(block))
        .find((each) => each !== undefined);
      summary.push(
        `Rule "${describeRule(rule.route)}" goes${
          example ? `: ${describeRequest(example)} loses its own rule` : ""
        }`,
      );
      return false;
    }).map((rule) => rule.route);
    if (http.length < rules.length) {
      severe.push(
        `${
          rules.length - http.length
        } rules of "${object.metadata.name}" go, whatever they lead to`,
      );
    }
    return cleared(object, http, {
      summary,
      severe,
      notes: chosen.notes,
      rows: [],
    });
  });
}
