/**
 * Destinations without a subset: they spread over the pods of every build, so
 * shares go by pods (3.7).
 *
 * @module
 */

import { podCount } from "../istio/pods.ts";
import type { World } from "../istio/world.ts";
import { type Build, type Builds, findBuild, podsByBuild } from "./builds.ts";
import { fraction } from "./fractions.ts";
import type { Rule } from "./routes.ts";
import { type BuildShare, buildShares } from "./rule_weights.ts";

/** Shares by ready pods where a destination spreads over all of them (3.7). */
export function unpinnedShares(
  rule: Rule,
  context: {
    readonly builds: Builds;
    readonly world: World;
    readonly base: Build | undefined;
  },
): { readonly unpinned?: readonly BuildShare[] } {
  const { builds, world, base } = context;
  const shares = buildShares(rule, builds);
  const open = shares.find(({ build }) => build.state === "all");
  if (!open || !base) return {};
  const groups = [...podsByBuild(builds)].map(([value]) => {
    const build = findBuild(builds, { build: value, largest: base.labels });
    const count = podCount(world, {
      host: builds.scope.host,
      labels: build.labels,
    });
    return { build, ready: count.known ? count.ready : 0 };
  });
  const total = groups.reduce((sum, { ready }) => sum + ready, 0);
  if (total === 0) return {};
  return {
    unpinned: [
      ...shares.filter((each) => each !== open),
      ...groups.filter(({ ready }) => ready > 0).map(({ build, ready }) => ({
        build,
        share: fraction(
          open.share.numerator * BigInt(ready),
          open.share.denominator * BigInt(total),
        ),
      })),
    ],
  };
}

/** Does a rule have such a destination, and its pods cannot be seen? */
export function unpinnedUnknown(
  rule: Rule,
  context: { readonly builds: Builds; readonly world: World },
): boolean {
  const { builds, world } = context;
  const open = buildShares(rule, builds).some(({ build }) =>
    build.state === "all"
  );
  return open &&
    !podCount(world, { host: builds.scope.host, labels: {} }).known;
}
