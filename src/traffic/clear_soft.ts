/**
 * `clear -m soft`: header rules and destinations of splits go whose builds are
 * dead (7.2); what is not known to be dead stays.
 *
 * @module
 */

import { clientsOf } from "../istio/client.ts";
import {
  effectiveDestinationRule,
  findSubset,
} from "../istio/destination_rules.ts";
import { resolveHost } from "../istio/hosts.ts";
import { podCount } from "../istio/pods.ts";
import type {
  HTTPRoute,
  HTTPRouteDestination,
  VirtualService,
} from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { Labels } from "./builds.ts";
import { type Cleared, cleared } from "./cleared.ts";
import { type Life, lifeOf } from "./dead.ts";
import { add, type Fraction, fraction, toPercent, ZERO } from "./fractions.ts";
import type { ClearIntent } from "./intents.ts";
import { namespaceOf } from "./objects.ts";
import { classify, describeRule, isOurs, rulesOf } from "./routes.ts";
import { choose, scopeOf, selectVirtualServices } from "./select.ts";
import type { ShareRow } from "./types.ts";
import { distribute, sharesOf, weightOf } from "./weights.ts";

/** 7.2: header rules and destinations that lead to nothing. */
export function clearSoft(
  intent: ClearIntent,
  world: World,
): readonly Cleared[] {
  const scope = intent.destination
    ? scopeOf(world, intent.destination, intent.namespace)
    : undefined;
  const selected = scope && !intent.names?.length && !intent.selector?.length
    ? choose(world, intent).objects
    : selectVirtualServices(world, intent);
  return selected.map((object) => {
    const summary: string[] = [];
    const notes: string[] = [];
    const severe: string[] = [];
    const rows: ShareRow[] = [];
    const http: HTTPRoute[] = [];
    const rules = scope && rulesOf(object, { scope, mesh: world.mesh });
    (object.spec.http ?? []).forEach((route, index) => {
      const kind = classify(route);
      const destinations = route.route ?? [];
      const members = rules?.[index]?.members;
      const lives = destinations.map((each, place) =>
        members?.includes(place) === false
          ? undefined
          : lifeOfDestination(world, object, each)
      );
      const dead = lives.filter((life) => life?.state === "dead").length;
      if (dead === 0 || kind !== "header" && kind !== "base") {
        lives.forEach((life, place) => {
          if (life?.state !== "unknown") return;
          const subset = destinations[place]?.destination.subset;
          if (!subset) return;
          notes.push(
            `Subset "${subset}" in rule "${
              describeRule(route)
            }" is not known to be dead: ${life.reason}`,
          );
        });
        if (dead > 0) {
          notes.push(
            `Rule "${
              describeRule(route)
            }" leads to a dead destination and is kept: it is a ${kind} rule`,
          );
        }
        http.push(route);
        return;
      }
      if (kind === "header" && dead === destinations.length) {
        summary.push(
          `Header rule "${describeRule(route)}" goes: ${lives[0]?.reason}`,
        );
        if (!isOurs(route)) {
          severe.push(
            `header rule "${describeRule(route)}" was not made by istiops`,
          );
        }
        return;
      }
      // What is taken from one host would go to another (4.2).
      const isShared = rules?.[index]?.shared ??
        hostsOf(world, object, route).size > 1;
      if (isShared) {
        notes.push(
          `Rule "${
            describeRule(route)
          }" leads to a dead destination and is kept: it also leads to other hosts or ports`,
        );
        http.push(route);
        return;
      }
      const kept = dropDead(route, lives);
      if (!kept) {
        notes.push(
          `Rule "${
            describeRule(route)
          }" is kept as it is: nothing alive in it has a share`,
        );
        http.push(route);
        return;
      }
      http.push(kept);
      summary.push(
        `${dead} dead ${
          dead === 1 ? "destination goes" : "destinations go"
        } from rule "${describeRule(route)}"`,
      );
      rows.push(...splitRows(world, { object, index, route, kept, lives }));
    });
    return cleared(object, http, { summary, notes, severe, rows });
  });
}

/** The hosts that a rule leads to, in full. */
function hostsOf(
  world: World,
  object: VirtualService,
  route: HTTPRoute,
): ReadonlySet<string> {
  return new Set(
    (route.route ?? []).flatMap((each) =>
      typeof each.destination?.host === "string"
        ? [resolveHost(each.destination.host, namespaceOf(object), world.mesh)]
        : []
    ),
  );
}

function lifeOfDestination(
  world: World,
  object: VirtualService,
  each: HTTPRouteDestination,
): Life | undefined {
  if (typeof each.destination?.host !== "string") return undefined;
  const host = resolveHost(
    each.destination.host,
    namespaceOf(object),
    world.mesh,
  );
  if (!each.destination.subset) {
    return { state: "unknown", reason: "it names no subset" };
  }
  // Dead for every client, or not dead.
  const lives = clientsOf(world, object).map((client) => {
    const rule = effectiveDestinationRule(world, host, client);
    const found = rule &&
      findSubset(rule, each.destination.subset as string);
    return lifeOf(world, {
      host,
      labels: found && (found.subset.labels ?? {}),
    });
  });
  return lives.find((life) => life.state !== "dead") ?? lives[0] ??
    { state: "unknown", reason: "no client is known" };
}

function dropDead(
  route: HTTPRoute,
  lives: readonly (Life | undefined)[],
): HTTPRoute | undefined {
  const destinations = route.route ?? [];
  const left = destinations.filter((_, index) =>
    lives[index]?.state !== "dead"
  );
  const sum = left.reduce((all, each) => all + weightOf(each), 0);
  const gone = destinations.reduce(
    (all, each, index) =>
      all + (lives[index]?.state === "dead" ? weightOf(each) : 0),
    0,
  );
  // Never the last with a share, never one at 0 as the only one (7.2).
  if (left.length === 0 || sum === 0) return undefined;
  if (gone === 0 && left.length > 1) return { ...route, route: left };
  const before = sharesOf(destinations);
  const { weights } = distribute(
    left.map((each) => ({
      before: before[destinations.indexOf(each)] ?? ZERO,
      target: fraction(weightOf(each), sum),
      named: false,
      inner: [1],
    })),
    [100, 1000, 10_000],
  );
  return {
    ...route,
    route: left.map((each, index) => ({
      ...each,
      weight: weights[index]?.[0] ?? 0,
    })),
  };
}

function splitRows(
  world: World,
  change: {
    readonly object: VirtualService;
    readonly index: number;
    readonly route: HTTPRoute;
    readonly kept: HTTPRoute;
    readonly lives: readonly (Life | undefined)[];
  },
): readonly ShareRow[] {
  const { object, index, route, kept } = change;
  const before = shareBySubset(route);
  const after = shareBySubset(kept);
  const namespace = namespaceOf(object);
  return [...before].map(([key, { share, each }]) => {
    const host = resolveHost(each.destination.host, namespace, world.mesh);
    const [client] = clientsOf(world, object);
    const rule = client && effectiveDestinationRule(world, host, client);
    const found = rule && each.destination.subset
      ? findSubset(rule, each.destination.subset)
      : undefined;
    const labels: Labels = found?.subset.labels ?? {};
    const count = podCount(world, { host, labels });
    return {
      virtualService: { namespace, name: object.metadata.name },
      index,
      route: describeRule(route),
      host,
      build: each.destination.subset ?? "(all pods)",
      labels,
      ...(each.destination.subset ? { subset: each.destination.subset } : {}),
      before: toPercent(share),
      after: toPercent(after.get(key)?.share ?? ZERO),
      readyPods: count.known ? count.ready : null,
    };
  });
}

function shareBySubset(
  route: HTTPRoute,
): ReadonlyMap<
  string,
  { readonly share: Fraction; readonly each: HTTPRouteDestination }
> {
  const shares = sharesOf(route.route ?? []);
  const found = new Map<
    string,
    { share: Fraction; each: HTTPRouteDestination }
  >();
  (route.route ?? []).forEach((each, index) => {
    const key = `${each.destination.host}|${each.destination.subset ?? ""}`;
    found.set(key, {
      each,
      share: add(found.get(key)?.share ?? ZERO, shares[index] ?? ZERO),
    });
  });
  return found;
}
