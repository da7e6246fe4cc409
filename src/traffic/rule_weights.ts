/**
 * New weights for one rule (sections 3.3, 3.4, 3.7 and 5 of the rules): the
 * named builds get their shares, the others keep theirs in ratio.
 *
 * @module
 */

import { RefusedError, UsageError } from "../errors.ts";
import type { HTTPRoute, HTTPRouteDestination } from "../istio/types.ts";
import { type Build, buildOf, type Builds } from "./builds.ts";
import {
  add,
  equal,
  type Fraction,
  fraction,
  isPositive,
  ONE,
  toPercent,
  ZERO,
} from "./fractions.ts";
import { listNames, sameJson, without } from "./objects.ts";
import { quoteRule, type Rule } from "./routes.ts";
import { distribute, retarget, sharesOf, weightOf } from "./weights.ts";

/** A build and its share in a rule. */
export interface BuildShare {
  readonly build: Build;
  readonly share: Fraction;
}

/** What a named build shall have. */
export interface Target {
  readonly build: Build;
  readonly share: Fraction;
}

/** How the destinations of a rule are rewritten. */
export interface ReweighOptions {
  readonly builds: Builds;
  readonly targets: readonly Target[];
  /** `-w 100`: builds that lose all go from the rule (5.4). */
  readonly drop: boolean;
  /** `--split`: every build with a share must be among the targets. */
  readonly complete: boolean;
  /** The destination for a build that the rule lacks. */
  readonly destinationFor: (build: Build, rule: Rule) => HTTPRouteDestination;
  /** Stands in for destinations without a subset (`--base-build`). */
  readonly base?: Build;
  /** Shares before by ready pods, for a rule with unpinned destinations. */
  readonly unpinned?: readonly BuildShare[];
}

/** A rule before and after. */
export interface Reweighed {
  readonly rule: Rule;
  readonly route: HTTPRoute;
  readonly changed: boolean;
  readonly before: readonly BuildShare[];
  readonly after: readonly BuildShare[];
}

interface Group {
  readonly build: Build;
  readonly destinations: HTTPRouteDestination[];
}

/** Shares by build of the destinations that lead to the scope (3.3, 5.1). */
export function buildShares(
  rule: Rule,
  builds: Builds,
): readonly BuildShare[] {
  const members = memberDestinations(rule);
  const shares = rule.shared
    ? members.map((each, _index, all) =>
      fraction(
        weightOf(each),
        all.reduce((sum, other) => sum + weightOf(other), 0),
      )
    )
    : sharesOf(members);
  const byId = new Map<string, BuildShare>();
  members.forEach((each, index) => {
    const build = buildOf(builds, each.destination);
    const known = byId.get(build.id);
    byId.set(build.id, {
      build: known?.build ?? build,
      share: add(known?.share ?? ZERO, shares[index] ?? ZERO),
    });
  });
  return [...byId.values()];
}

/** Are the shares of two rules equal, build by build, zeros ignored (4.3)? */
export function sameShares(
  a: readonly BuildShare[],
  b: readonly BuildShare[],
): boolean {
  const live = (shares: readonly BuildShare[]): readonly BuildShare[] =>
    shares.filter(({ share }) => isPositive(share));
  const [left, right] = [live(a), live(b)];
  return left.length === right.length &&
    left.every(({ build, share }) =>
      right.some((other) =>
        other.build.id === build.id && equal(other.share, share)
      )
    );
}

/**
 * Gives the named builds of a rule their shares.
 *
 * @throws {RefusedError} `only-build` (5.3), `base-without-subset` (3.7).
 * @throws {UsageError} `invalid-value`: a split leaves a build out (5.1).
 */
export function reweigh(rule: Rule, options: ReweighOptions): Reweighed {
  const { builds, targets } = options;
  const found = buildShares(rule, builds);
  refuseUnpinned(rule, found, options);
  const groups = groupsOf(rule, options);
  const before = options.unpinned ?? found;
  const beforeOf = (build: Build): Fraction =>
    before.find((each) => each.build.id === build.id)?.share ?? ZERO;
  const meetsAll = found.every(({ build }) => build.state !== "all") &&
    targets.every(({ build, share }) => equal(beforeOf(build), share));
  if (meetsAll) {
    return { rule, route: rule.route, changed: false, before, after: before };
  }
  for (const { build, share } of targets) {
    if (groups.some((group) => group.build.id === build.id)) continue;
    if (!isPositive(share)) continue;
    groups.push({ build, destinations: [options.destinationFor(build, rule)] });
  }
  const present = sharesNow(groups, rule);
  const set = new Map(
    targets.flatMap(({ build, share }) => {
      const index = groups.findIndex((group) => group.build.id === build.id);
      return index < 0 ? [] : [[index, share] as const];
    }),
  );
  if (options.complete) refuseIncomplete(rule, groups, { present, set });
  const wanted = retarget(present, set);
  if (!wanted) throw onlyBuild(rule, groups, targets);
  const kept = groups
    .map((group, index) => ({
      group,
      before: present[index] ?? ZERO,
      target: wanted[index] ?? ZERO,
      named: set.has(index),
    }))
    .filter(({ target, before, named }) =>
      !options.drop || named || isPositive(target) || !isPositive(before)
    );
  const weighed = distribute(
    kept.map(({ group, before, target, named }) => ({
      before,
      target,
      named,
      inner: group.destinations.length === 1
        ? [1]
        : group.destinations.map(weightOf),
    })),
    totalsFor(rule),
  );
  const members = kept.flatMap(({ group }, index) =>
    group.destinations.map((each, place) => ({
      ...each,
      weight: weighed.weights[index]?.[place] ?? 0,
    }))
  );
  const route = {
    ...rule.route,
    route: assemble(rule, members, weighed.total),
  };
  const after = kept.map(({ group }, index) => ({
    build: group.build,
    share: fraction(
      (weighed.weights[index] ?? []).reduce((sum, each) => sum + each, 0),
      weighed.total,
    ),
  }));
  return { rule, route, changed: !sameJson(route, rule.route), before, after };
}

function memberDestinations(rule: Rule): readonly HTTPRouteDestination[] {
  return rule.members.flatMap((index) => rule.route.route?.[index] ?? []);
}

/** 3.7: all pods includes the canary's, so a share cannot be told. */
function refuseUnpinned(
  rule: Rule,
  found: readonly BuildShare[],
  options: ReweighOptions,
): void {
  const open = found.some(({ build }) => build.state === "all");
  if (!open || options.base || options.drop) return;
  throw new RefusedError(
    "base-without-subset",
    `Cannot weigh rule ${
      quoteRule(rule)
    } of VirtualService "${rule.object.metadata.name}": a destination names no subset, so it spreads over the pods of every build`,
    { hint: "Pin it to the build that it shall mean with --base-build BUILD" },
  );
}

function groupsOf(rule: Rule, options: ReweighOptions): Group[] {
  const groups: Group[] = [];
  for (const each of memberDestinations(rule)) {
    const found = buildOf(options.builds, each.destination);
    const pinned = found.state === "all" && options.base;
    const build = pinned || found;
    const destination = pinned
      ? {
        ...each,
        destination: { ...each.destination, subset: pinned.subset ?? "" },
      }
      : each;
    const group = groups.find((other) => other.build.id === build.id);
    if (!group) {
      groups.push({ build, destinations: [destination] });
      continue;
    }
    // Equal in all but weight: one destination (3.3).
    const twin = group.destinations.findIndex((other) =>
      sameJson(without(other, "weight"), without(destination, "weight"))
    );
    const known = group.destinations[twin];
    if (known) {
      group.destinations[twin] = {
        ...known,
        weight: weightOf(known) + weightOf(destination),
      };
    } else group.destinations.push(destination);
  }
  return groups;
}

function sharesNow(
  groups: readonly Group[],
  rule: Rule,
): readonly Fraction[] {
  const members = memberDestinations(rule);
  const alone = members.length === 1 && !rule.shared;
  const weights = groups.map((group, index) =>
    alone
      ? Number(index === 0)
      : group.destinations.reduce((sum, each) => sum + weightOf(each), 0)
  );
  const sum = weights.reduce((all, each) => all + each, 0);
  return weights.map((weight) => fraction(weight, sum));
}

function totalsFor(rule: Rule): readonly number[] {
  const sum = memberDestinations(rule).reduce(
    (all, each) => all + weightOf(each),
    0,
  );
  if (rule.shared) return [sum, sum * 10, sum * 100].filter((each) => each > 0);
  return sum === 1000 ? [1000, 10_000] : [100, 1000, 10_000];
}

/** Destinations elsewhere keep their weights, scaled where ours had to be. */
function assemble(
  rule: Rule,
  members: readonly HTTPRouteDestination[],
  total: number,
): readonly HTTPRouteDestination[] {
  if (!rule.shared) return members;
  const sum = memberDestinations(rule).reduce(
    (all, each) => all + weightOf(each),
    0,
  );
  const scale = sum === 0 ? 1 : total / sum;
  // The others keep their place; all of ours stand where the first one stood.
  const [first] = rule.members;
  return (rule.route.route ?? []).flatMap((each, index) => {
    if (index === first) return members;
    if (rule.members.includes(index)) return [];
    return [scale === 1 ? each : { ...each, weight: weightOf(each) * scale }];
  });
}

function onlyBuild(
  rule: Rule,
  groups: readonly Group[],
  targets: readonly Target[],
): RefusedError {
  const [target] = targets;
  const name = target?.build.value ?? "";
  const other = groups.find((group) =>
    !targets.some(({ build }) => build.id === group.build.id)
  );
  const percent = toPercent(target?.share ?? ZERO);
  return new RefusedError(
    "only-build",
    `Cannot set build "${name}" to ${percent} % in rule ${
      quoteRule(rule)
    } of VirtualService "${rule.object.metadata.name}": it is the only build with a share, so nobody is named to take the rest`,
    {
      hint: `Say who does: --split ${name}=${percent},${
        other?.build.value ?? "BUILD"
      }=${
        toPercent(
          add(ONE, {
            numerator: -(target?.share ?? ZERO).numerator,
            denominator: (target?.share ?? ZERO).denominator,
          }),
        )
      }`,
    },
  );
}

function refuseIncomplete(
  rule: Rule,
  groups: readonly Group[],
  shares: {
    readonly present: readonly Fraction[];
    readonly set: ReadonlyMap<number, Fraction>;
  },
): void {
  const left = groups.filter((_, index) =>
    isPositive(shares.present[index] ?? ZERO) && !shares.set.has(index)
  );
  if (left.length === 0) return;
  throw new UsageError(
    "invalid-value",
    `Cannot split rule ${quoteRule(rule)}: ${
      listNames(left.map((group) => group.build.value))
    } ${left.length === 1 ? "has" : "have"} a share and no number`,
    {
      hint: "Name every build that has a share, with 0 where it shall lose it",
    },
  );
}
