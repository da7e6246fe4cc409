/**
 * The destinations of a rule: exact shares, labels of the subset in effect,
 * ready pods.
 *
 * @module
 */

import type { ResolvedRule } from "../istio/delegates.ts";
import type { Finding } from "../istio/findings.ts";
import { behindDestination } from "../istio/lint/destinations.ts";
import type {
  HTTPRoute,
  HTTPRouteDestination,
  VirtualService,
} from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { Fraction } from "../traffic/fractions.ts";
import { apportion, sharesOf } from "../traffic/weights.ts";
import { listOf } from "./behind.ts";
import type { ShownDestination } from "./show.ts";

/**
 * Describes the destinations of a rule, in their order.
 *
 * @param problemsAt What is known about the destination at a place of the
 * rule's list, as written.
 */
export function describeDestinations(
  world: World,
  { source, index, route: merged }: ResolvedRule,
  problemsAt: (place: number) => readonly Finding[],
): readonly ShownDestination[] {
  // A delegate's rule is merged with its root's and has its hosts spelled
  // out; people are shown what they wrote.
  const written = listOf((listOf(source.spec.http)[index] ?? merged)?.route);
  const places = [...written.keys()].filter((place) =>
    isDestination(written[place])
  );
  const route = places.map((place) => written[place] as HTTPRouteDestination);
  const percents = percentsOf(sharesOf(route));
  return route.map((each, at) =>
    describe(world, {
      each,
      source,
      percent: percents[at] ?? 0,
      problems: problemsAt(places[at]!),
    })
  );
}

/**
 * Shares as percent with at most four decimals that add up to 100, by the
 * largest remainder; all 0 where nothing has a share.
 */
export function percentsOf(shares: readonly Fraction[]): readonly number[] {
  if (shares.every(({ numerator }) => numerator === 0n)) {
    return shares.map(() => 0);
  }
  return apportion(shares, 1_000_000).map((units) => units / 10_000);
}

interface One {
  readonly each: HTTPRouteDestination;
  readonly percent: number;
  readonly source: VirtualService;
  readonly problems: readonly Finding[];
}

function describe(world: World, one: One): ShownDestination {
  const { each, percent, source, problems } = one;
  const { host, port, subset } = each.destination;
  const { labels = {}, pods } = behindDestination(
    world,
    source,
    each.destination,
  );
  return {
    host,
    port: typeof port?.number === "number" ? port.number : null,
    subset: typeof subset === "string" && subset !== "" ? subset : null,
    weight: typeof each.weight === "number" ? each.weight : null,
    percent,
    labels,
    readyPods: pods?.known ? pods.ready : null,
    problems,
  };
}

function isDestination(
  each: NonNullable<HTTPRoute["route"]>[number] | undefined,
) {
  return typeof each?.destination?.host === "string";
}
