/**
 * Shares of a rule before and after, build by build, with the pods behind them
 * (5.8).
 *
 * @module
 */

import { podCount } from "../istio/pods.ts";
import type { World } from "../istio/world.ts";
import { type Build, type Builds, unique } from "./builds.ts";
import { isPositive, toPercent, ZERO } from "./fractions.ts";
import { namespaceOf } from "./objects.ts";
import { describeRule } from "./routes.ts";
import type { BuildShare, Reweighed } from "./rule_weights.ts";
import type { ShareRow } from "./types.ts";

/** A row for each build that has a share before or after. */
export function rowsOf(
  each: Reweighed,
  context: { readonly builds: Builds; readonly world: World },
): readonly ShareRow[] {
  const { rule } = each;
  const builds = unique([
    ...each.before.map(({ build }) => build),
    ...each.after.map(({ build }) => build),
  ]);
  const share = (
    shares: readonly BuildShare[],
    build: Build,
  ): number =>
    toPercent(shares.find((one) => one.build.id === build.id)?.share ?? ZERO);
  return builds
    .filter((build) =>
      each.before.concat(each.after).some((one) =>
        one.build.id === build.id && isPositive(one.share)
      )
    )
    .map((build) => ({
      virtualService: {
        namespace: namespaceOf(rule.object),
        name: rule.object.metadata.name,
      },
      index: rule.index,
      route: describeRule(rule.route),
      host: context.builds.scope.host,
      build: build.value,
      labels: build.labels,
      ...(build.subset === undefined ? {} : { subset: build.subset }),
      before: share(each.before, build),
      after: share(each.after, build),
      readyPods: readyPods(build, context),
    }));
}

/** Ready pods of a build; null where they cannot be seen. */
export function readyPods(
  build: Build,
  context: { readonly builds: Builds; readonly world: World },
): number | null {
  if (build.state === "missing") return null;
  const count = podCount(context.world, {
    host: context.builds.scope.host,
    labels: build.labels,
  });
  return count.known ? count.ready : null;
}
