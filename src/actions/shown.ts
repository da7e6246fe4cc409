/**
 * A VirtualService as people and machines are shown it: delegates in their
 * place, shares exact, pods counted, findings beside what they concern.
 *
 * @module
 */

import type { DelegateProblem, ResolvedRule } from "../istio/delegates.ts";
import { isCatchAll } from "../istio/match.ts";
import { strings } from "../istio/shapes.ts";
import type {
  Destination,
  HTTPMatchRequest,
  HTTPRoute,
  VirtualService,
} from "../istio/types.ts";
import { rootsOf, rulesFor } from "../istio/delegates.ts";
import type { World } from "../istio/world.ts";
import { keyOf, namespaceOf } from "../traffic/objects.ts";
import { classify, isMasterRule } from "../traffic/routes.ts";
import { delegateNamedBy, listOf } from "./behind.ts";
import type {
  Finding,
  ShownKind,
  ShownMirror,
  ShownRoute,
  ShownVirtualService,
} from "./show.ts";
import { findingsOnObject } from "./show_findings.ts";
import {
  describeDestinations,
  findingsOnShares,
} from "./shown_destinations.ts";
import { findingsOnFault } from "./shown_faults.ts";

/** Describes one VirtualService of a world. */
export function describeVirtualService(
  world: World,
  object: VirtualService,
): ShownVirtualService {
  const { spec = {} as VirtualService["spec"], metadata } = object;
  const hosts = strings(spec.hosts);
  const gateways = strings(spec.gateways);
  return {
    name: metadata.name,
    namespace: namespaceOf(object),
    hosts,
    gateways: gateways.length === 0 && hosts.length > 0 ? ["mesh"] : gateways,
    delegateOf: hosts.length > 0 ? [] : rootsOf(world, object).map(keyOf),
    otherRules: {
      tcp: listOf(spec.tcp).length,
      tls: listOf(spec.tls).length,
    },
    findings: findingsOnObject(world, object),
    routes: describeRoutes(world, object),
  };
}

function describeRoutes(
  world: World,
  object: VirtualService,
): readonly ShownRoute[] {
  const { rules, problems } = rulesFor(world, object);
  const inlined = Map.groupBy(rules, ({ rootIndex }) => rootIndex);
  const state: Walk = { world, root: object };
  return listOf(object.spec?.http).flatMap((route, index): ShownRoute[] => {
    if (typeof route !== "object" || route === null) return [];
    const delegate = delegateNamedBy(route, object);
    const of = inlined.get(index) ?? [];
    if (delegate === undefined) {
      return of.map((rule) => describeRule(rule, state));
    }
    return [
      {
        index,
        name: nameOf(route),
        kind: "delegate",
        match: blocksOf(route),
        findings: problems.filter(({ rootIndex }) => rootIndex === index)
          .map(delegateFinding),
        destinations: [],
        delegate,
      },
      ...of.map((rule) => describeRule(rule, state)),
    ];
  });
}

/** What the rules above have settled. */
interface Walk {
  readonly world: World;
  readonly root: VirtualService;
  /** The first master rule was seen. */
  master?: boolean;
  /** A rule that takes every request of every client, in words. */
  takesAll?: string;
}

function describeRule(rule: ResolvedRule, walk: Walk): ShownRoute {
  const { route, source, index } = rule;
  const { world } = walk;
  const kind = kindOf(route, walk);
  const match = blocksOf(route);
  const isForeign = source !== walk.root;
  const destinations = describeDestinations(world, rule);
  const findings = [
    ...reachFindings(walk),
    ...actionFindings(route, kind),
    ...findingsOnFault(route),
    ...findingsOnShares(route, destinations),
  ];
  if (walk.takesAll === undefined && takesEverything(match)) {
    walk.takesAll = quote(rule);
  }
  const mirrors = mirrorsOf(route);
  return {
    index,
    name: nameOf(isForeign ? listOf(source.spec?.http)[index] ?? route : route),
    kind,
    match,
    findings,
    destinations,
    ...(isForeign
      ? {
        source: { namespace: namespaceOf(source), name: source.metadata.name },
      }
      : {}),
    ...(kind === "redirect" ? { redirect: route.redirect ?? {} } : {}),
    ...(kind === "direct"
      ? { directResponse: route.directResponse ?? {} }
      : {}),
    ...(mirrors.length === 0 ? {} : { mirrors }),
  };
}

function kindOf(route: HTTPRoute, walk: Walk): ShownKind {
  const kind = classify(route);
  if (kind !== "base" || walk.master === true || !isMasterRule(route)) {
    return kind;
  }
  walk.master = true;
  return "master";
}

function reachFindings({ takesAll }: Walk): readonly Finding[] {
  return takesAll === undefined ? [] : [{
    code: "IST0130",
    severity: "warning",
    message: `No request gets here: rule ${takesAll} above takes every request`,
  }];
}

function actionFindings(
  route: HTTPRoute,
  kind: ShownKind,
): readonly Finding[] {
  const isRouting = kind !== "redirect" && kind !== "direct" &&
    kind !== "delegate";
  return isRouting && listOf(route.route).length === 0
    ? [{
      code: "IST0106",
      severity: "error",
      message: "The rule leads nowhere: it has no destination",
    }]
    : [];
}

function delegateFinding(problem: DelegateProblem): Finding {
  const { delegate, index, kind, reason } = problem;
  const what = index === undefined
    ? `VirtualService "${delegate}"`
    : `Rule #${index} of VirtualService "${delegate}"`;
  return kind === "unknown"
    ? {
      code: "delegate-unknown",
      severity: "warning",
      message: `${what} cannot be seen: ${reason}`,
    }
    : {
      code: `delegate-${kind}`,
      severity: "error",
      message: `${what} is left out: ${reason}`,
    };
}

/** Every request of every client, whatever gateway or port it comes by. */
function takesEverything(match: readonly HTTPMatchRequest[]): boolean {
  return match.length === 0 ||
    match.some((block) =>
      isCatchAll(block) && !block.port && !block.sourceNamespace &&
      strings(block.gateways).length === 0 &&
      Object.keys(block.sourceLabels ?? {}).length === 0
    );
}

function mirrorsOf(route: HTTPRoute): readonly ShownMirror[] {
  const single = route.mirror
    ? [{
      destination: route.mirror,
      percentage: route["mirrorPercentage"],
      percent: route["mirrorPercent"],
    }]
    : [];
  const all: readonly Readonly<Record<string, unknown>>[] = [
    ...single,
    ...listOf(route.mirrors),
  ];
  return all.flatMap((each) => {
    const destination = each?.destination as Destination | undefined;
    if (typeof destination?.host !== "string") return [];
    const value = (each.percentage as { readonly value?: unknown } | undefined)
      ?.value ?? each.percent;
    return [{
      host: destination.host,
      port: numberOr(destination.port?.number),
      subset: destination.subset ?? null,
      percent: numberOr(value) ?? 100,
    }];
  });
}

function blocksOf(route: HTTPRoute): readonly HTTPMatchRequest[] {
  return listOf(route.match).filter((block) =>
    typeof block === "object" && block !== null
  );
}

function nameOf(route: HTTPRoute): string | null {
  return typeof route?.name === "string" && route.name !== ""
    ? route.name
    : null;
}

function quote({ route, index }: ResolvedRule): string {
  const name = nameOf(route);
  return name === null ? `#${index}` : `"${name}" (#${index})`;
}

function numberOr(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
