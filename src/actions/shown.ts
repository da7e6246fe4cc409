/**
 * A VirtualService as people and machines are shown it: delegates in their
 * place, shares exact, pods counted, findings beside what they concern.
 *
 * @module
 */

import { type Finding, sortFindings } from "../istio/findings.ts";
import type { Seen } from "../istio/lint/destinations.ts";
import { strings } from "../istio/shapes.ts";
import type {
  Destination,
  HTTPMatchRequest,
  HTTPRoute,
  VirtualService,
} from "../istio/types.ts";
import { type ResolvedRule, rootsOf, rulesFor } from "../istio/delegates.ts";
import type { World } from "../istio/world.ts";
import { keyOf, namespaceOf } from "../traffic/objects.ts";
import { classify, isMasterRule } from "../traffic/routes.ts";
import { inlinedFindings, virtualServiceFindings } from "../traffic/lint.ts";
import { suppressionsIn } from "../traffic/lint_suppressions.ts";
import { delegateNamedBy, listOf } from "./behind.ts";
import type {
  ShownKind,
  ShownMirror,
  ShownRoute,
  ShownVirtualService,
} from "./show.ts";
import { describeDestinations } from "./shown_destinations.ts";

/** Options of {@linkcode describeVirtualService}. */
export interface DescribeOptions extends Seen {
  /** Findings that somebody asked not to be told, in a file. */
  readonly isIgnored?: (finding: Finding) => boolean;
}

/** Describes one VirtualService of a world. */
export function describeVirtualService(
  world: World,
  object: VirtualService,
  { isIgnored = () => false, ...seen }: DescribeOptions,
): ShownVirtualService {
  const { spec = {} as VirtualService["spec"], metadata } = object;
  const hosts = strings(spec.hosts);
  const gateways = strings(spec.gateways);
  const isUnwanted = suppressionsIn(world);
  const found = new Places(
    sortFindings([
      ...virtualServiceFindings(world, object, seen),
      ...inlinedFindings(world, object, seen),
    ]).filter((finding) => !isUnwanted(finding) && !isIgnored(finding)),
  );
  const routes = describeRoutes(world, object, found);
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
    findings: found.rest(),
    routes,
  };
}

function describeRoutes(
  world: World,
  object: VirtualService,
  found: Places,
): readonly ShownRoute[] {
  const { rules } = rulesFor(world, object);
  const inlined = Map.groupBy(rules, ({ rootIndex }) => rootIndex);
  const walk: Walk = { world, root: object, found };
  return listOf(object.spec?.http).flatMap((route, index): ShownRoute[] => {
    if (typeof route !== "object" || route === null) return [];
    const delegate = delegateNamedBy(route, object);
    const of = inlined.get(index) ?? [];
    if (delegate === undefined) {
      return of.map((rule) => describeRule(rule, walk));
    }
    return [
      {
        index,
        name: nameOf(route),
        kind: "delegate",
        match: blocksOf(route),
        findings: found.at(object, index),
        destinations: [],
        delegate,
      },
      ...of.map((rule) => describeRule(rule, walk)),
    ];
  });
}

/** What the rules above have settled. */
interface Walk {
  readonly world: World;
  readonly root: VirtualService;
  readonly found: Places;
  /** The first master rule was seen. */
  master?: boolean;
}

function describeRule(rule: ResolvedRule, walk: Walk): ShownRoute {
  const { route, source, index } = rule;
  const { world, found } = walk;
  const kind = kindOf(route, walk);
  const match = blocksOf(route);
  const isForeign = source !== walk.root;
  const destinations = describeDestinations(
    world,
    rule,
    (place) => found.at(source, index, place),
  );
  const mirrors = mirrorsOf(route);
  return {
    index,
    name: nameOf(isForeign ? listOf(source.spec?.http)[index] ?? route : route),
    kind,
    match,
    findings: found.at(source, index),
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

/** Findings by the place that they are about; `check` says more of each. */
class Places {
  readonly #at: Map<string, Finding[]>;
  readonly #asked = new Set<string>();

  constructor(findings: readonly Finding[]) {
    this.#at = Map.groupBy(findings, placeOf);
  }

  /** Of a rule, or of one of its destinations. */
  at(
    object: VirtualService,
    rule: number,
    destination?: number,
  ): readonly Finding[] {
    return this.#take(keyFor(keyOf(object), rule, destination));
  }

  /** Of everything that was not asked for. */
  rest(): readonly Finding[] {
    return [...this.#at.keys()].filter((key) => !this.#asked.has(key))
      .flatMap((key) => this.#take(key));
  }

  #take(key: string): readonly Finding[] {
    this.#asked.add(key);
    return (this.#at.get(key) ?? []).map(
      ({ code, severity, message, object, path }) => ({
        ...{ code, severity, message },
        ...(object === undefined ? {} : { object }),
        ...(path === undefined ? {} : { path }),
      }),
    );
  }
}

function placeOf({ object, path = [] }: Finding): string {
  const [, kind, rule, field, destination] = path;
  if (kind !== "http" || typeof rule !== "number") return "";
  return keyFor(
    `${object?.namespace}/${object?.name}`,
    rule,
    field === "route" && typeof destination === "number"
      ? destination
      : undefined,
  );
}

function keyFor(object: string, rule: number, destination = -1): string {
  return `${object} ${rule} ${destination}`;
}

function kindOf(route: HTTPRoute, walk: Walk): ShownKind {
  const kind = classify(route);
  if (kind !== "base" || walk.master === true || !isMasterRule(route)) {
    return kind;
  }
  walk.master = true;
  return "master";
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

function numberOr(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
