/**
 * Whom going back gives requests to, told by the rules themselves and not by
 * the records: a rule that comes back whole takes requests from whatever
 * catches them now, and no record of its own has a share that falls.
 *
 * @module
 */

import { clientsOf } from "../istio/client.ts";
import {
  effectiveDestinationRule,
  findSubset,
} from "../istio/destination_rules.ts";
import { resolveHost, serviceOf } from "../istio/hosts.ts";
import type { HTTPRoute, VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { idOf, type Labels } from "./builds.ts";
import { diffObjects, itemsOf } from "./edits.ts";
import { add, compare, type Fraction, isPositive, ZERO } from "./fractions.ts";
import { namespaceOf } from "./objects.ts";
import { withObjects } from "./subset_references.ts";
import type { Guard, ObjectPair } from "./types.ts";
import { sharesOf } from "./weights.ts";

/** A build of a host, with the labels of its pods and its share. */
interface Target {
  readonly host: string;
  readonly build: string;
  readonly labels: Labels;
  readonly share: Fraction;
}

/** A relative guard for every build that rises in a rule (11.4). */
export function guardsOf(
  pairs: readonly ObjectPair[],
  of: { readonly world: World; readonly force: boolean },
): Guard[] {
  const { world, force } = of;
  const guards = new Map<string, Guard>();
  for (const { target, falling } of risesOf(pairs, world)) {
    const { host, build, labels } = target;
    const key = `${host} ${idOf(labels)}`;
    const service = serviceOf(world, host);
    guards.set(key, {
      build,
      host,
      ...(service === undefined ? {} : {
        service: {
          namespace: namespaceOf(service),
          name: service.metadata.name,
        },
      }),
      labels,
      rule: "relative",
      falling: [...guards.get(key)?.falling ?? [], ...falling],
      ...(force ? { overridden: true } : {}),
    });
  }
  return [...guards.values()];
}

/** Who gets more of a rule's requests, and who serves these now. */
function risesOf(
  pairs: readonly ObjectPair[],
  world: World,
): { readonly target: Target; readonly falling: readonly Labels[] }[] {
  const later = withObjects(world, pairs.flatMap(({ after }) => after ?? []));
  return pairs.flatMap(({ before, after }) => {
    if (before?.kind !== "VirtualService" || after === undefined) return [];
    const object = before as VirtualService;
    const targetsNow = (rule: unknown) => targetsOf(rule, { object, world });
    const serving = itemsOf(object, "/spec/http").flatMap(targetsNow)
      .filter(({ share }) => isPositive(share));
    return diffObjects(before, after).flatMap((edit) => {
      const now = targetsNow(edit.before);
      return targetsOf(edit.after, {
        object: after as VirtualService,
        world: later,
      }).flatMap((target) => {
        const isRise =
          compare(target.share, now.find(isOf(target))?.share ?? ZERO) > 0;
        const falling = (edit.before === undefined ? serving : now)
          .filter((one) => one.host === target.host && !isOf(target)(one));
        return isRise
          ? [{ target, falling: falling.map(({ labels }) => labels) }]
          : [];
      });
    });
  });
}

function isOf(target: Target): (other: Target) => boolean {
  const id = idOf(target.labels);
  return ({ host, labels }) => host === target.host && idOf(labels) === id;
}

/** Builds of a rule whose pods can be told apart, each with its share. */
function targetsOf(
  rule: unknown,
  of: { readonly object: VirtualService; readonly world: World },
): Target[] {
  const { object, world } = of;
  const route: unknown = (rule as HTTPRoute | undefined)?.route;
  const destinations = Array.isArray(route)
    ? (route as HTTPRoute["route"] & object).filter((each) =>
      typeof each?.destination?.host === "string"
    )
    : [];
  const shares = sharesOf(destinations);
  const [client] = clientsOf(world, object);
  const found = new Map<string, Target>();
  for (const [at, { destination }] of destinations.entries()) {
    const { subset } = destination;
    const host = resolveHost(destination.host, namespaceOf(object), world.mesh);
    const known = client !== undefined && subset !== undefined
      ? findSubset(effectiveDestinationRule(world, host, client), subset)
      : undefined;
    if (subset !== undefined && known === undefined) continue;
    const labels = known?.subset.labels ?? {};
    const key = `${host} ${idOf(labels)}`;
    found.set(key, {
      host,
      build: subset ?? "(all pods)",
      labels,
      share: add(found.get(key)?.share ?? ZERO, shares[at] ?? ZERO),
    });
  }
  return [...found.values()];
}
