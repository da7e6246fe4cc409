/**
 * Is the routing sound? Everything that is to be known about the objects of a
 * world, at the place that it is about. What cannot be seen is no finding.
 *
 * @module
 */

import { type Finding, sortFindings } from "../istio/findings.ts";
import { admissionFindings } from "../istio/lint/admission.ts";
import { betweenFindings } from "../istio/lint/between.ts";
import {
  destinationRuleFindings,
  elsewhereFindings,
} from "../istio/lint/destination_rules.ts";
import {
  connectionFindings,
  destinationFindings,
  type Seen,
} from "../istio/lint/destinations.ts";
import { gatewayFindings } from "../istio/lint/gateways.ts";
import { hostFindings } from "../istio/lint/hosts.ts";
import { lastRuleFindings } from "../istio/lint/last_rule.ts";
import { withLostRequest } from "../istio/lint/lost_requests.ts";
import { orderFindings } from "../istio/lint/order.ts";
import { ruleFindings } from "../istio/lint/rules.ts";
import { subsetUses } from "../istio/lint/uses.ts";
import { type ResolvedRule, rulesFor } from "../istio/delegates.ts";
import { strings } from "../istio/shapes.ts";
import type {
  DestinationRule,
  KubeObject,
  VirtualService,
} from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { canaryFindings } from "./lint_canaries.ts";
import { ownerFindings } from "./lint_owners.ts";
import { shareFindings } from "./lint_shares.ts";
import { subsetFindings } from "./lint_subsets.ts";
import { suppressionsIn } from "./lint_suppressions.ts";

/** What is checked, and told. */
export interface CheckOptions {
  /** Only findings on these objects; on all of the world otherwise. */
  readonly only?: (object: KubeObject) => boolean;
  /** Called with what an annotation suppresses. */
  readonly onSuppressed?: (finding: Finding) => void;
}

/** Options of {@linkcode checkWorld}. */
export interface CheckWorldOptions extends CheckOptions {
  /** Does the world hold the whole cluster, but for its gaps? Yes by default. */
  readonly whole?: boolean;
}

/**
 * Checks the VirtualServices, DestinationRules, Gateways and ServiceEntries of
 * a world, by object and place.
 */
export function checkWorld(
  world: World,
  options: CheckWorldOptions = {},
): readonly Finding[] {
  const { only = () => true, whole = true } = options;
  const findings: Finding[] = [];
  const lists: readonly (readonly KubeObject[])[] = [
    world.virtualServices,
    world.destinationRules,
    world.gateways,
    world.serviceEntries,
  ];
  for (const object of lists.flat().filter(only)) {
    for (const finding of findingsOn(world, object, { whole })) {
      // What cannot be seen is told once, not at each place.
      if (finding.code.endsWith("-unknown")) continue;
      findings.push(withLostRequest(world, finding));
    }
  }
  const isUnwanted = suppressionsIn(world);
  return sortFindings(findings).filter((finding) => {
    if (!isUnwanted(finding)) return true;
    options.onSuppressed?.(finding);
    return false;
  });
}

function findingsOn(
  world: World,
  object: KubeObject,
  seen: Seen,
): readonly Finding[] {
  switch (object.kind) {
    case "VirtualService":
      return virtualServiceFindings(world, object as VirtualService, seen);
    case "DestinationRule":
      return [
        ...admissionFindings(object),
        ...destinationRuleFindings(world, object as DestinationRule, seen),
        ...subsetFindings(world, object as DestinationRule),
        ...ownerFindings(object),
      ];
    case "Gateway":
      return [
        ...admissionFindings(object),
        ...gatewayFindings(world, object),
      ];
    default:
      return admissionFindings(object);
  }
}

/**
 * Findings on a VirtualService: on its own rules, and on those of its
 * delegates as far as the two together make them.
 */
export function virtualServiceFindings(
  world: World,
  object: VirtualService,
  seen: Seen,
): readonly Finding[] {
  const http: unknown = object.spec?.http;
  const indexes = Array.isArray(http) ? [...http.keys()] : [];
  const isRoot = strings(object.spec?.hosts).length > 0;
  return [
    ...hostFindings(world, object),
    ...ownerFindings(object),
    ...admissionFindings(object),
    // A delegate is used as its roots have it.
    ...(isRoot ? orderFindings(world, object) : []),
    ...indexes.flatMap((index) =>
      writtenFindings(world, { source: object, index }, seen)
    ),
    ...connectionFindings(world, object, seen),
    ...(isRoot ? lastRuleFindings(world, object) : []),
    ...betweenFindings(world, object),
    ...elsewhereFindings(world, object, subsetUses(world, object)),
  ];
}

/** Findings on the rules of the delegates of a root, as they are written. */
export function inlinedFindings(
  world: World,
  root: VirtualService,
  seen: Seen,
): readonly Finding[] {
  return rulesFor(world, root).rules.flatMap(({ source, index }) =>
    source === root ? [] : writtenFindings(world, { source, index }, seen)
  );
}

function writtenFindings(
  world: World,
  { source, index }: Pick<ResolvedRule, "source" | "index">,
  seen: Seen,
): readonly Finding[] {
  const destinations = destinationFindings(world, { source, index }, seen);
  return [
    ...ruleFindings(source, index),
    ...shareFindings(source, index),
    // Only where a destination is without pods a whole rule may be.
    ...(destinations.some(({ code }) => WITHOUT_PODS.includes(code))
      ? canaryFindings(world, source, index)
      : []),
    ...destinations,
  ];
}

const WITHOUT_PODS = ["IST0173", "no-ready-pods"];
