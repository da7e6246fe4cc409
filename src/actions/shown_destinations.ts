/**
 * The destinations of a rule: exact shares, labels of the subset in effect,
 * ready pods, and what is wrong with them.
 *
 * @module
 */

import { type Client, clientsOf } from "../istio/client.ts";
import type { ResolvedRule } from "../istio/delegates.ts";
import {
  effectiveDestinationRule,
  type EffectiveRule,
  findSubset,
} from "../istio/destination_rules.ts";
import {
  namespaceOf,
  namespaceOfHost,
  resolveHost,
  serviceOf,
} from "../istio/hosts.ts";
import { podCount } from "../istio/pods.ts";
import type {
  HTTPRoute,
  HTTPRouteDestination,
  VirtualService,
} from "../istio/types.ts";
import { whyUnknown, type World } from "../istio/world.ts";
import type { Fraction } from "../traffic/fractions.ts";
import { apportion, sharesOf } from "../traffic/weights.ts";
import { listOf } from "./behind.ts";
import type { Finding, ShownDestination } from "./show.ts";

/** Describes the destinations of a rule, in their order. */
export function describeDestinations(
  world: World,
  rule: ResolvedRule,
): readonly ShownDestination[] {
  // A delegate's rule is merged with its root's and has its hosts spelled
  // out; people are shown what they wrote.
  const { source, index } = rule;
  const route = destinationsOf(listOf(source.spec.http)[index] ?? rule.route);
  const percents = percentsOf(sharesOf(route));
  return route.map((each, place) =>
    describe(world, { each, percent: percents[place] ?? 0, source })
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

/** Weights that do not say what happens. */
export function findingsOnShares(
  route: HTTPRoute,
  shown: readonly ShownDestination[],
): readonly Finding[] {
  if (shown.length === 0) return [];
  const odd = shown.filter(({ weight }) =>
    weight !== null && (weight < 0 || !Number.isInteger(weight))
  );
  if (odd.length > 0) {
    return [{
      code: "IST0106",
      severity: "error",
      message: `A weight is no whole number of 0 or more: ${
        odd.map(({ weight }) => weight).join(", ")
      }`,
    }];
  }
  if (shown.length === 1) {
    const weight = shown[0]?.weight ?? null;
    return weight === null || weight === 100 ? [] : [{
      code: "share-differs",
      severity: "info",
      message:
        `The written weight ${weight} says nothing: a destination that stands alone gets every request`,
    }];
  }
  const sum = destinationsOf(route).reduce(
    (total, { weight = 0 }) =>
      total + (typeof weight === "number" ? weight : 0),
    0,
  );
  if (sum === 0) {
    return [{
      code: "IST0106",
      severity: "error",
      message: "No destination has a weight above 0: Istio refuses such a rule",
    }];
  }
  return sum === 100 ? [] : [{
    code: "share-differs",
    severity: "info",
    message:
      `The written weights add up to ${sum}, so they are no percentages: the shares shown are what happens`,
  }];
}

interface One {
  readonly each: HTTPRouteDestination;
  readonly percent: number;
  readonly source: VirtualService;
}

function describe(world: World, one: One): ShownDestination {
  const { each, percent, source } = one;
  const { host: written, port, subset: name } = each.destination;
  const host = resolveHost(written, namespaceOf(source), world.mesh);
  const effective = name ? rulesInEffect(world, { host, source }) : [];
  const found = name ? effective.map(({ rule }) => findSubset(rule, name)) : [];
  const present = found.find((subset) => subset !== undefined);
  const labels = textsOf(present?.subset.labels);
  const common = {
    host: written,
    port: typeof port?.number === "number" ? port.number : null,
    subset: typeof name === "string" && name !== "" ? name : null,
    weight: typeof each.weight === "number" ? each.weight : null,
    percent,
    labels,
  };
  const missing = effective.filter((_, index) => found[index] === undefined);
  const problems = [
    ...hostProblems(world, { host, port: common.port }),
    ...(name ? subsetProblems(world, { host, name, missing, effective }) : []),
  ];
  if (name && present === undefined) {
    return { ...common, readyPods: null, problems };
  }
  const pods = podCount(world, { host, labels });
  if (!pods.known) {
    const known = problems.some(({ code }) => code === "IST0101");
    return {
      ...common,
      readyPods: null,
      problems: known ? problems : [...problems, {
        code: "pods-unknown",
        severity: "info",
        message: `pods unknown: ${pods.reason}`,
      }],
    };
  }
  return {
    ...common,
    readyPods: pods.ready,
    problems: pods.ready > 0 ? problems : [
      ...problems,
      noPods({ existing: pods.existing, percent, name }),
    ],
  };
}

function noPods(
  of: {
    readonly existing: number;
    readonly percent: number;
    readonly name: string | undefined;
  },
): Finding {
  const served = of.percent > 0;
  return {
    code: of.existing === 0 && of.name ? "IST0173" : "no-ready-pods",
    severity: served ? "error" : "info",
    message: `${
      of.existing === 0
        ? "no pods"
        : `none of ${of.existing} ${
          of.existing === 1 ? "pod" : "pods"
        } is ready`
    }${served ? ": requests that go here fail with 503" : ""}`,
  };
}

function hostProblems(
  world: World,
  of: { readonly host: string; readonly port: number | null },
): readonly Finding[] {
  const namespace = namespaceOfHost(of.host, world.mesh);
  if (namespace === undefined) return [];
  const service = serviceOf(world, of.host);
  if (service === undefined) {
    return whyUnknown(world, "Service", { namespace }) === undefined
      ? [{
        code: "IST0101",
        severity: "error",
        message: `there is no Service "${of.host}"`,
      }]
      : [];
  }
  const ports = listOf(service.spec?.ports).map(({ port }) => port);
  return of.port === null || ports.length === 0 || ports.includes(of.port)
    ? []
    : [{
      code: "IST0101",
      severity: "error",
      message:
        `Service "${service.metadata.name}" has no port ${of.port}, only ${
          ports.join(", ")
        }`,
    }];
}

interface InEffect {
  readonly client: Client;
  readonly rule: EffectiveRule | undefined;
}

function subsetProblems(
  world: World,
  of: {
    readonly host: string;
    readonly name: string;
    readonly missing: readonly InEffect[];
    readonly effective: readonly InEffect[];
  },
): readonly Finding[] {
  const { missing, effective, name } = of;
  const namespace = namespaceOfHost(of.host, world.mesh);
  const gap = whyUnknown(
    world,
    "DestinationRule",
    namespace === undefined ? {} : { namespace },
  );
  return missing.map(({ client, rule }): Finding => {
    const whose = effective.length === 1 || client.kind === "sidecar"
      ? ""
      : ` for gateway "${client.gateway ?? ""}"`;
    if (rule === undefined && gap !== undefined) {
      return {
        code: "subset-unknown",
        severity: "warning",
        message: `subset "${name}" cannot be seen${whose}: ${gap}`,
      };
    }
    const where = rule === undefined
      ? `no DestinationRule for "${of.host}"`
      : `${
        rule.rules.map((each) =>
          `DestinationRule "${namespaceOf(each)}/${each.metadata.name}"`
        ).join(", ")
      } has ${
        rule.subsets.length === 0
          ? "no subsets"
          : `only ${
            rule.subsets.slice(0, 10).map(({ subset }) => `"${subset.name}"`)
              .join(", ")
          }`
      }`;
    return {
      code: "IST0101",
      severity: "error",
      message:
        `subset "${name}" is missing${whose} (${where}): requests that go here fail with 503`,
    };
  });
}

function rulesInEffect(
  world: World,
  of: { readonly host: string; readonly source: VirtualService },
): readonly InEffect[] {
  return clientsIn(world, of.source).map((client) => ({
    client,
    rule: ruleInEffect(world, of.host, client),
  }));
}

/** Remembered for as long as the world is: rules share clients and hosts. */
interface Memory {
  readonly clients: Map<VirtualService, readonly Client[]>;
  readonly rules: Map<Client, Map<string, EffectiveRule | undefined>>;
}

const MEMORIES = new WeakMap<World, Memory>();

function memoryOf(world: World): Memory {
  const known = MEMORIES.get(world);
  if (known !== undefined) return known;
  const fresh: Memory = { clients: new Map(), rules: new Map() };
  MEMORIES.set(world, fresh);
  return fresh;
}

function clientsIn(world: World, source: VirtualService): readonly Client[] {
  const { clients } = memoryOf(world);
  const known = clients.get(source) ?? clientsOf(world, source);
  clients.set(source, known);
  return known;
}

function ruleInEffect(
  world: World,
  host: string,
  client: Client,
): EffectiveRule | undefined {
  const { rules } = memoryOf(world);
  let own = rules.get(client);
  if (own === undefined) rules.set(client, own = new Map());
  if (!own.has(host)) {
    own.set(host, effectiveDestinationRule(world, host, client));
  }
  return own.get(host);
}

function destinationsOf(route: HTTPRoute): readonly HTTPRouteDestination[] {
  return listOf(route.route).filter((each) =>
    typeof each?.destination?.host === "string"
  );
}

function textsOf(
  labels: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels ?? {}).map(([key, value]) => [key, String(value)]),
  );
}
