/**
 * `clear -b`: one build's header rules and its destinations at 0 go, whatever
 * its pods (7.4).
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import type { HTTPRoute, HTTPRouteDestination } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { buildOf, findBuild, isKnownBuild, readBuilds } from "./builds.ts";
import { type Cleared, cleared } from "./cleared.ts";
import { isPositive, toPercent } from "./fractions.ts";
import { describeConditions, hasHeaderSet } from "./headers.ts";
import type { ClearIntent } from "./intents.ts";
import { listNames } from "./objects.ts";
import { describeRule, rulesOf } from "./routes.ts";
import { buildShares } from "./rule_weights.ts";
import { choose } from "./select.ts";
import { weightOf } from "./weights.ts";

/** 7.4: one build's previews, whatever its pods. */
export function clearBuild(
  intent: ClearIntent,
  world: World,
): readonly Cleared[] {
  const chosen = choose(world, intent);
  const builds = readBuilds(world, {
    scope: chosen.scope,
    objects: chosen.objects,
    ...(intent.buildLabel === undefined
      ? {}
      : { buildLabel: intent.buildLabel }),
  });
  const build = findBuild(builds, { build: intent.build ?? "" });
  const conditions = intent.headers ?? [];
  const bases = chosen.rules.filter((rule) =>
    rule.kind === "base" && rule.members.length > 0
  );
  const share = bases.flatMap((rule) => buildShares(rule, builds))
    .find((each) => each.build.id === build.id && isPositive(each.share));
  if (share && conditions.length === 0) {
    throw new RefusedError(
      "has-share",
      `Cannot clear build "${build.value}": it has ${
        toPercent(share.share)
      } % of the requests`,
      {
        hint:
          "Take its share first with --weight 0, or name one preview with --header",
      },
    );
  }
  if (!isKnownBuild(builds, build)) {
    throw new RefusedError(
      "build-unknown",
      `Cannot clear build "${build.value}": no subset and no pod carries it; there are ${
        listNames(builds.subsets.map(({ subset }) => subset.name))
      }`,
      { hint: "istiops show lists the builds" },
    );
  }
  return chosen.objects.map((object) => {
    const summary: string[] = [];
    const rules = rulesOf(object, { scope: chosen.scope, mesh: world.mesh });
    const http = rules.flatMap((rule): readonly HTTPRoute[] => {
      const { route } = rule;
      const destinations = route.route ?? [];
      // Another host may have a subset of the same name.
      const isBuild = (each: HTTPRouteDestination, place: number): boolean =>
        rule.members.includes(place) &&
        buildOf(builds, each.destination).id === build.id;
      if (rule.members.length === 0) return [route];
      if (rule.kind === "header" && destinations.every(isBuild)) {
        const kept = conditions.length === 0
          ? []
          : (route.match ?? []).filter((block) =>
            !hasHeaderSet(block, conditions)
          );
        if (kept.length === (route.match ?? []).length) return [route];
        const what = conditions.length === 0
          ? `Header rule "${describeRule(route)}" goes`
          : `${describeConditions(conditions)} goes from header rule "${
            describeRule(route)
          }"`;
        summary.push(what);
        return kept.length === 0 ? [] : [{ ...route, match: kept }];
      }
      if (conditions.length > 0 || destinations.length < 2) return [route];
      const left = destinations.filter((each, place) =>
        !isBuild(each, place) || weightOf(each) > 0
      );
      const live = left.some((each) => weightOf(each) > 0);
      if (left.length === destinations.length || !live) return [route];
      summary.push(
        `Build "${build.value}" at 0 % goes from rule "${describeRule(route)}"`,
      );
      return [{ ...route, route: left }];
    });
    return cleared(object, http, {
      summary: summary.length > 0
        ? summary
        : [`Nothing of build "${build.value}" is in "${object.metadata.name}"`],
      notes: chosen.notes,
      severe: [],
      rows: [],
    });
  });
}
