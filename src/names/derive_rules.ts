/**
 * A VirtualService as somebody who types knows it: its rules by index, what
 * they take and where they lead.
 *
 * @module
 */

import { listOf } from "../actions/behind.ts";
import { percentsOf } from "../actions/shown_destinations.ts";
import { strings } from "../istio/shapes.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  StringMatch,
  VirtualService,
} from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { KnownRule, KnownVirtualService } from "../language/names.ts";
import { namespaceOf } from "../traffic/objects.ts";
import { classify, describeBlock, isMasterRule } from "../traffic/routes.ts";
import { sharesOf } from "../traffic/weights.ts";
import { type Bounds, MOST, shortened } from "./bounds.ts";
import { type HostBuilds, knownHost } from "./derive_builds.ts";

/** What a rule is looked at with. */
export interface RuleContext {
  readonly object: VirtualService;
  readonly builds: HostBuilds;
  readonly bounds: Bounds;
}

/** One VirtualService and its own rules. */
export function deriveVirtualService(
  world: World,
  of: RuleContext,
): KnownVirtualService {
  const { object, bounds } = of;
  const rules = bounds.list(listOf(object.spec?.http), MOST.rules);
  const master = rules.findIndex((route) =>
    isRoute(route) && isMasterRule(route)
  );
  return {
    name: object.metadata.name,
    labels: bounds.labels(object.metadata.labels),
    hosts: bounds.list(strings(object.spec?.hosts), MOST.hosts)
      .filter((host) => bounds.fits(host, MOST.name)),
    rules: rules.flatMap((route, index): readonly KnownRule[] =>
      isRoute(route)
        ? [{
          index,
          ...nameOf(route, bounds),
          kind: index === master ? "master" : classify(route),
          match: matchOf(route),
          headers: headersOf(route, bounds),
          destinations: destinationsOf(world, route, of),
        }]
        : []
    ),
  };
}

function destinationsOf(
  world: World,
  route: HTTPRoute,
  { object, builds, bounds }: RuleContext,
): KnownRule["destinations"] {
  const namespace = namespaceOf(object);
  const all = listOf(route.route).filter((each) =>
    typeof each?.destination?.host === "string"
  );
  const percents = percentsOf(sharesOf(all));
  return bounds.list(all, MOST.destinations).flatMap(
    ({ destination }, place) => {
      const { host, port, subset } = destination;
      if (!bounds.fits(host, MOST.name)) return [];
      const build = builds.buildOf(destination);
      return [{
        host: knownHost(world, host, namespace),
        ...(typeof port?.number === "number" ? { port: port.number } : {}),
        ...(typeof subset === "string" && subset !== "" &&
            bounds.fits(subset, MOST.name)
          ? { subset }
          : {}),
        ...(build === undefined ? {} : { build }),
        percent: percents[place] ?? 0,
      }];
    },
  );
}

function matchOf(route: HTTPRoute): string {
  const blocks = listOf(route.match);
  return blocks.length === 0
    ? "every request"
    : shortened(blocks.slice(0, MOST.headers).map(describeBlock).join(" or "));
}

/** As `--header` writes them. It writes no regex, so none is among them. */
function headersOf(route: HTTPRoute, bounds: Bounds): readonly string[] {
  const found = listOf(route.match).flatMap((block: HTTPMatchRequest) =>
    Object.entries(block?.headers ?? {}).flatMap(([name, match]) =>
      headerOf(name, match) ?? []
    )
  ).filter((text) => bounds.fits(text, MOST.header));
  return bounds.list([...new Set(found)], MOST.headers);
}

function headerOf(
  name: string,
  match: StringMatch | null,
): string | undefined {
  if (match?.exact !== undefined) {
    // A header without a value is not to be asked for.
    return match.exact === "" ? undefined : `${name}=${match.exact}`;
  }
  if (match?.prefix !== undefined) return `${name}^=${match.prefix}`;
  return match?.regex === undefined ? `${name}?` : undefined;
}

function nameOf(
  { name }: HTTPRoute,
  bounds: Bounds,
): { readonly name?: string } {
  return typeof name === "string" && name !== "" &&
      bounds.fits(name, MOST.name)
    ? { name }
    : {};
}

function isRoute(route: unknown): route is HTTPRoute {
  return typeof route === "object" && route !== null;
}
