/**
 * Where does a request go? The rules of all objects are compiled for one
 * client and port, as istiod does for a proxy; then requests are walked
 * through them, as Envoy does.
 *
 * Not modelled: header operations, ports that hold one host only, Gateway API
 * routes, TLS but for what a gateway's servers do with it.
 *
 * @module
 */

import type { Client } from "./client.ts";
import {
  type ClusterAddress,
  type ClusterState,
  clusterState,
  inferPort,
  type RoutedDestination,
} from "./clusters.ts";
import { partFor } from "./host_parts.ts";
import { fullNameOf, matchesHost, namespaceOf, resolveHost } from "./hosts.ts";
import {
  checkConditions,
  type Condition,
  conditionsOf,
  prepareRequest,
  type Request,
} from "./match.ts";
import { domainsOf, registryOf, visibleService } from "./registry.ts";
import { isRecord, numberOf, stringOf } from "./shapes.ts";
import { type SidecarScope, sidecarScope } from "./sidecars.ts";
import type { HTTPRoute, VirtualService } from "./types.ts";
import {
  findHost,
  type HostRule,
  type HostTable,
  hostTable,
  type VirtualHost,
  withoutPort,
} from "./virtual_hosts.ts";
import { waypointOf } from "./waypoints.ts";
import { whyUnknown, type World } from "./world.ts";

export type { RoutedDestination } from "./clusters.ts";

/** What becomes of a request. */
export interface Verdict {
  /** How it ends. */
  readonly outcome:
    /** A rule sends it to `destinations`. */
    | "route"
    /** A rule answers with a redirect, or with a fixed response. */
    | "redirect"
    | "direct"
    /** No VirtualService speaks for the host: straight to the service. */
    | "default"
    /** Nobody knows the host: on to where the client meant it to go. */
    | "passthrough"
    /** 404, flag NR. */
    | "no-route"
    | "unknown";
  /** As Envoy logs it: `<rule>.<match>`, `<rule>`, `default`; may be empty. */
  readonly routeName?: string;
  /** The VirtualService that speaks for the host. */
  readonly virtualService?: {
    readonly namespace: string;
    readonly name: string;
  };
  /** The object that holds the rule: it differs for a delegate's rule. */
  readonly source?: VirtualService;
  /** Index in `spec.http` of `source`. */
  readonly rule?: number;
  /** Index in the rule's `match`; absent for a rule without. */
  readonly match?: number;
  /** Answer of a redirect, of a direct response, or of the proxy itself. */
  readonly status?: number;
  /** Those with a share; their fractions sum to 1. */
  readonly destinations: readonly RoutedDestination[];
  /** One clause: what is not known, or why there is no route. */
  readonly why?: string;
}

/** Rules made ready for one client and port. */
export interface CompiledHosts {
  readonly client: Client;
  readonly port: number;
  readonly world: World;
  /** What the rules were made of: `world`, before pods were read. */
  readonly rules: World;
  /** What a Sidecar leaves of it; nothing where no Sidecar speaks for it. */
  readonly sidecar: SidecarScope | undefined;
  /** Every host. It is made when somebody looks at it. */
  readonly table: HostTable;
  /** The same, where somebody has looked. */
  readonly whole: HostTable | undefined;
  /** Filled while requests come: hosts that nobody asks for cost nothing. */
  readonly near: Map<string, HostTable>;
  readonly compiled: WeakMap<VirtualHost, readonly CompiledRule[]>;
  /** What it has come to: about so many tables of one host. */
  readonly size: number;
}

/** One rule of a host, ready to be tried. */
export interface CompiledRule {
  /** Absent for the route that a service has by itself. */
  readonly entry?: HostRule;
  readonly conditions: readonly Condition[];
  readonly verdict: Verdict;
}

/** Makes the rules of all objects ready for a client and the port it calls. */
export function compileRoutes(
  world: World,
  client: Client,
  port: number,
): CompiledHosts {
  const sidecar = sidecarScope(world, client, port);
  let table: HostTable | undefined;
  return {
    client,
    port,
    world,
    rules: world,
    sidecar,
    get table() {
      return table ??= hostTable(world, { client, port, sidecar });
    },
    get whole() {
      return table;
    },
    near: new Map(),
    compiled: new WeakMap(),
    get size() {
      return this.near.size + (table === undefined ? 0 : WHOLE);
    },
  };
}

const COMPILED = new WeakMap<World, Map<string, CompiledHosts>>();

/**
 * The same, made once for each client and port of a world, where these are
 * few: they are kept as long as the world is.
 */
export function compiledFor(
  world: World,
  client: Client,
  port: number,
): CompiledHosts {
  let known = COMPILED.get(world);
  if (known === undefined) COMPILED.set(world, known = new Map());
  const key = JSON.stringify([client, port]);
  let compiled = known.get(key);
  if (compiled === undefined) {
    known.set(key, compiled = compileRoutes(world, client, port));
  }
  return compiled;
}

/**
 * The same rules where more is known of what stands behind them.
 *
 * @param world That of the rules, with pods and with what serves beside them.
 */
export function withBehind(
  compiled: CompiledHosts,
  world: World,
): CompiledHosts {
  const { client, port, rules, sidecar, near } = compiled;
  return {
    ...{ client, port, world, rules, sidecar, near },
    compiled: new WeakMap(),
    get table() {
      return compiled.table;
    },
    get whole() {
      return compiled.whole;
    },
    get size() {
      return compiled.size;
    },
  };
}

/** What a table of every host takes, in tables of one host. */
const WHOLE = 200;

/** A log of names that nobody knows must not fill the memory. */
const MOST_HOSTS = 10_000;

/** A table for a Host header: that of every host says the same about it. */
export function tableFor(
  compiled: CompiledHosts,
  authority: string,
): HostTable {
  const { rules, sidecar, client, port, near, whole } = compiled;
  if (whole !== undefined) return whole;
  const host = withoutPort(authority);
  const known = near.get(host);
  if (known !== undefined) return known;
  // A waypoint has few hosts, and what it has for one is told otherwise.
  const part = client.kind === "waypoint" ? undefined : partFor(rules, host);
  if (part === undefined) return compiled.table;
  const table = hostTable(rules, { client, port, part, sidecar });
  if (near.size === MOST_HOSTS) near.clear();
  near.set(host, table);
  return table;
}

/** What a Host header leads to; nothing where nobody has it. */
export function hostFor(
  compiled: CompiledHosts,
  authority: string,
): VirtualHost | undefined {
  return findHost(tableFor(compiled, authority), authority);
}

/**
 * Walks one request through compiled rules. `request.port` is not looked at:
 * the port is part of what was compiled.
 */
export function evaluate(compiled: CompiledHosts, request: Request): Verdict {
  const { sidecar } = compiled;
  if (sidecar !== undefined && isApart(compiled)) {
    return apart(sidecar, compiled.port);
  }
  const host = hostFor(compiled, request.authority);
  if (host === undefined) return forUnknownHost(compiled, request);
  const prepared = prepareRequest(
    request,
    compiled.world.mesh.repeatedHeaders,
  );
  for (const { conditions, verdict } of rulesOfHost(compiled, host)) {
    const result = checkConditions(conditions, prepared);
    if (result.holds === true) return verdict;
    if (result.holds === "unknown") return undecided(verdict, result.why);
  }
  return NO_ROUTE;
}

/** Is the port's listener one of which no rule is known? */
export function isApart({ sidecar }: CompiledHosts): boolean {
  return sidecar?.listener === "not-modelled";
}

/** The rules of a host in the order in which they are tried. */
export function rulesOfHost(
  compiled: CompiledHosts,
  host: VirtualHost,
): readonly CompiledRule[] {
  let rules = compiled.compiled.get(host);
  if (rules === undefined) {
    compiled.compiled.set(host, rules = compileHost(compiled, host));
  }
  return rules;
}

function undecided(verdict: Verdict, condition: string): Verdict {
  const why = `whether it matches cannot be known: ${condition}`;
  const { status: _, ...about } = verdict;
  return { ...about, outcome: "unknown", destinations: [], why };
}

/** The proxy answers so before it looks at any rule. */
const SENT_TO_HTTPS: Verdict = {
  outcome: "redirect",
  status: 301,
  destinations: [],
  why: "the gateway's server sends every request to HTTPS (httpsRedirect)",
};

const NO_ROUTE: Verdict = {
  outcome: "no-route",
  status: 404,
  destinations: [],
  why: "no rule matches",
};

function apart({ name }: SidecarScope, port: number): Verdict {
  const why =
    `Sidecar "${name}" has a listener of its own for port ${port}: at another address, or not for HTTP`;
  return { outcome: "unknown", destinations: [], why };
}

/** Why a waypoint has no table for a host. */
function beyondWaypoint(
  { client, port, world }: CompiledHosts,
  host: string,
): string {
  const waypoint = `waypoint "${client.gateway}"`;
  for (const service of registryOf(world).values()) {
    if (!domainsOf(service, client.namespace).includes(host)) continue;
    const { waypoint: other, why } = waypointOf(world, service);
    return other === client.gateway
      ? `"${service.host}" has no port ${port}`
      : `${waypoint} does not get requests to "${service.host}": ${
        other === undefined ? why : `they go to waypoint "${other}"`
      }`;
  }
  return `no service is named "${host}", and ${waypoint} gets requests to services only`;
}

function forUnknownHost(compiled: CompiledHosts, request: Request): Verdict {
  const { client, port, world, sidecar } = compiled;
  const host = withoutPort(request.authority);
  const { notHttp } = tableFor(compiled, request.authority);
  const isNoHttp = client.kind === "gateway"
    ? [...notHttp].some((pattern) => matchesHost(pattern, host))
    : notHttp.has(host);
  if (isNoHttp) {
    const why = `port ${port} of "${host}" is not HTTP`;
    return { outcome: "unknown", destinations: [], why };
  }
  if (client.kind === "gateway") {
    const why = `no VirtualService has host "${host}" on this gateway and port`;
    return { ...NO_ROUTE, why };
  }
  if (client.kind === "waypoint") {
    const why = beyondWaypoint(compiled, host);
    return { outcome: "unknown", destinations: [], why };
  }
  const policy = sidecar?.outboundTrafficPolicy ??
    world.mesh.outboundTrafficPolicy;
  if (sidecar?.listener === "none") return withoutListener(compiled, policy);
  const unseen = whyNoService(compiled, host);
  if (unseen !== undefined) {
    return { outcome: "unknown", destinations: [], why: unseen };
  }
  const known = `service or VirtualService has host "${host}" on port ${port}`;
  const why = sidecar === undefined
    ? `no ${known}`
    : `no ${known} that Sidecar "${sidecar.name}" imports`;
  // The mesh's settings are no resource: Istio's default is assumed.
  const isAssumed = sidecar?.outboundTrafficPolicy === undefined;
  return policy === "ALLOW_ANY"
    ? {
      outcome: "passthrough",
      routeName: "allow_any",
      destinations: [],
      why: isAssumed ? `${why}; a mesh of REGISTRY_ONLY answers 502` : why,
    }
    : {
      outcome: "direct",
      routeName: "block_all",
      status: 502,
      destinations: [],
      why,
    };
}

/** Nobody looks at requests on such a port. */
function withoutListener(
  { sidecar, port }: CompiledHosts,
  policy: World["mesh"]["outboundTrafficPolicy"],
): Verdict {
  const why =
    `Sidecar "${sidecar?.name}" has no egress listener for port ${port}`;
  return policy === "ALLOW_ANY"
    ? { outcome: "passthrough", destinations: [], why }
    : {
      outcome: "unknown",
      destinations: [],
      why: `${why}, so the connection is closed`,
    };
}

/**
 * A name that only a Service can have, where Services cannot be seen. One with
 * a single dot may be of the outside; it is not where somebody speaks of that
 * namespace.
 */
function whyNoService(
  { client, port, world }: CompiledHosts,
  host: string,
): string | undefined {
  const [name = "", own, svc, ...rest] = host.split(".");
  const namespace = own ?? client.namespace;
  const gap = whyUnknown(world, "Service", { namespace });
  if (gap === undefined) return undefined;
  const isService = own === undefined ||
    (svc === undefined
      ? world.virtualServices.some((one) => namespaceOf(one) === own)
      : svc === "svc" &&
        ["", world.mesh.clusterDomain].includes(rest.join(".")));
  return isService
    ? `whether Service "${name}" in namespace "${namespace}" has port ${port} cannot be known: ${gap}`
    : undefined;
}

function compileHost(
  compiled: CompiledHosts,
  host: VirtualHost,
): readonly CompiledRule[] {
  const { port } = compiled;
  if (host.isSentToHttps === true) {
    return [{ conditions: [], verdict: SENT_TO_HTTPS }];
  }
  if (host.rules.length === 0 && host.service !== undefined) {
    const address = { host: host.service.host, port };
    const destination = {
      ...stateFor(compiled, address),
      weight: 1,
      fraction: 1,
    };
    const verdict: Verdict = {
      outcome: "default",
      routeName: "default",
      destinations: [destination],
    };
    return [{ conditions: [], verdict }];
  }
  return host.rules.map((rule) => {
    let verdict: Verdict | undefined;
    return {
      entry: rule,
      conditions: rule.matchIndex === undefined
        ? []
        : conditionsOf(rule.block ?? {}),
      // Of many rules one takes the request.
      get verdict() {
        return verdict ??= verdictOf(compiled, rule);
      },
    };
  });
}

function verdictOf(compiled: CompiledHosts, entry: HostRule): Verdict {
  const { rule, block, matchIndex, root } = entry;
  const { route } = rule;
  const about = {
    routeName: routeName(route, block),
    virtualService: fullNameOf(root),
    source: rule.source,
    rule: rule.index,
    ...(matchIndex === undefined ? {} : { match: matchIndex }),
  };
  const unknown = (why: string): Verdict => ({
    ...about,
    outcome: "unknown",
    destinations: [],
    why,
  });
  if (!isRecord(route)) return unknown("the rule is not an object");
  if (isRecord(route.redirect)) {
    const status = numberOf(route.redirect["redirectCode"] || 301);
    return REDIRECTS.has(status)
      ? { ...about, outcome: "redirect", status, destinations: [] }
      : unknown("its redirect code is not served");
  }
  if (isRecord(route.directResponse)) {
    const status = numberOf(route.directResponse["status"]);
    if (!Number.isInteger(status)) return unknown("the response has no status");
    return { ...about, outcome: "direct", status, destinations: [] };
  }
  const destinations = destinationsOf(compiled, entry);
  return typeof destinations === "string"
    ? unknown(destinations)
    : { ...about, outcome: "route", destinations };
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function routeName(route: HTTPRoute, block: unknown): string {
  const own = isRecord(route) ? stringOf(route.name) : "";
  const name = isRecord(block) ? stringOf(block["name"]) : "";
  return name ? `${own}.${name}` : own;
}

/** Envoy refuses a table whose weights sum to more. */
const GREATEST_SUM = 2 ** 32 - 1;

/** The destinations that get a share, or why that is not known. */
function destinationsOf(
  compiled: CompiledHosts,
  { rule }: HostRule,
): readonly RoutedDestination[] | string {
  const { world, client, port } = compiled;
  const list: unknown = rule.route.route;
  if (!Array.isArray(list) || list.length === 0) {
    return "the rule has no action";
  }
  const weights = list.map((one) =>
    isRecord(one) ? one["weight"] ?? 0 : undefined
  );
  if (!weights.every(isWeight)) return "a weight is not a whole number";
  const sum = weights.reduce((total, weight) => total + weight, 0);
  // A destination on its own gets everything, whatever its weight.
  const isSingle = list.length === 1;
  if (!isSingle && sum === 0) return "all weights are 0";
  if (!isSingle && sum > GREATEST_SUM) return "the weights sum to too much";
  const routed: RoutedDestination[] = [];
  for (const [index, one] of list.entries()) {
    const weight = weights[index] ?? 0;
    if (!isSingle && weight === 0) continue;
    const destination: unknown = one.destination;
    if (!isRecord(destination) || typeof destination["host"] !== "string") {
      return "a destination has no host";
    }
    const { subset } = destination;
    const named = resolveHost(
      destination["host"],
      namespaceOf(rule.source),
      world.mesh,
    );
    const written: unknown = isRecord(destination["port"])
      ? destination["port"]["number"]
      : undefined;
    const address = {
      host: concreteHost(world, named, { client, port }),
      port: typeof written === "number" && written > 0
        ? written
        : inferPort(world, named, { client, port }),
      ...(typeof subset === "string" && subset !== "" ? { subset } : {}),
    };
    routed.push({
      ...stateFor(compiled, address),
      weight,
      fraction: isSingle ? 1 : weight / sum,
    });
  }
  return routed;
}

/**
 * What an ExternalName Service stands for. A sidecar knows it only where the
 * Service has the port that the request came to.
 */
function concreteHost(
  world: World,
  host: string,
  { client, port }: Pick<CompiledHosts, "client" | "port">,
): string {
  const service = visibleService(world, host, client.namespace);
  if (service?.alias === undefined) return host;
  const isKnown = client.kind === "gateway" ||
    service.ports.some(({ number }) => number === port);
  return isKnown ? service.alias : host;
}

/** What a cluster is like, where a Sidecar leaves it to the client. */
function stateFor(
  { world, client, sidecar }: CompiledHosts,
  address: ClusterAddress,
): ClusterState {
  const state = clusterState(world, address, client);
  const service = visibleService(world, address.host, client.namespace);
  if (
    sidecar === undefined || service === undefined || state.flag === "NC" ||
    sidecar.reaches(service, address.port)
  ) return state;
  const { endpoints: _, ...rest } = state;
  const why = `Sidecar "${sidecar.name}" does not import "${address.host}"`;
  return { ...rest, flag: "NC", why };
}

function isWeight(weight: unknown): weight is number {
  return Number.isSafeInteger(weight) && (weight as number) >= 0;
}
