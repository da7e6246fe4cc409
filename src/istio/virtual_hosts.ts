/**
 * The table of hosts that a proxy gets for one port: which VirtualServices
 * speak for which names. On a sidecar the first one owns a name; on a gateway
 * their rules are joined.
 *
 * @module
 */

import { type Client, gatewayNamed, serversOf } from "./client.ts";
import type { HostPart } from "./host_parts.ts";
import {
  compareHosts,
  HostMap,
  intersectHosts,
  isWildcard,
  keyOf,
  matchesHost,
  namespaceOf,
} from "./hosts.ts";
import { compareAge } from "./order.ts";
import { includesLabels } from "./pods.ts";
import {
  domainsOf,
  isVisible,
  registryOf,
  type RegistryService,
} from "./registry.ts";
import { isRecord, stringOf, strings } from "./shapes.ts";
import type { SidecarScope } from "./sidecars.ts";
import type { Gateway, VirtualService } from "./types.ts";
import {
  candidates,
  type EmittedRule,
  emittedRules,
  hostsOf,
} from "./virtual_services.ts";
import { standsBefore, waypointRules } from "./waypoints.ts";
import type { World } from "./world.ts";

/** A rule of a virtual host and the VirtualService it came with. */
export interface HostRule extends EmittedRule {
  readonly root: VirtualService;
}

/** One entry of the table. */
export interface VirtualHost {
  /** In the order in which Envoy tries them. */
  readonly rules: readonly HostRule[];
  /** The service that gets everything where no VirtualService speaks. */
  readonly service?: RegistryService;
  /** A gateway answers everything with a redirect to HTTPS. */
  readonly isSentToHttps?: boolean;
}

/** The table; names are lower case, without port. */
export interface HostTable {
  readonly byDomain: ReadonlyMap<string, VirtualHost>;
  /** Names with a wildcard, the most specific first. */
  readonly wildcards: readonly string[];
  /** Names, or patterns, whose traffic on this port is not routed as HTTP. */
  readonly notHttp: ReadonlySet<string>;
}

type GatewayServer = NonNullable<Gateway["spec"]["servers"]>[number];

/** Whose table, for which port. */
export interface TableScope {
  readonly client: Client;
  readonly port: number;
  /** Only so much of the world, for the entry of one host. */
  readonly part?: HostPart;
  /** What a Sidecar leaves of it. */
  readonly sidecar?: SidecarScope | undefined;
}

/** Builds the table of a client for one port. */
export function hostTable(world: World, scope: TableScope): HostTable {
  const notHttp = new Set<string>();
  const { kind } = scope.client;
  const byDomain = kind === "gateway"
    ? gatewayHosts(world, scope, notHttp)
    : kind === "waypoint"
    ? waypointHosts(world, scope, notHttp)
    : sidecarHosts(world, scope, notHttp);
  return {
    byDomain,
    wildcards: [...byDomain.keys()].filter(isWildcard).sort(compareHosts),
    notHttp,
  };
}

/** Exact names first, then the longest wildcard. */
export function findHost(
  table: HostTable,
  authority: string,
): VirtualHost | undefined {
  const domain = domainFor(table, authority);
  return domain === undefined ? undefined : table.byDomain.get(domain);
}

/** The name in the table that takes a Host header. */
export function domainFor(
  table: HostTable,
  authority: string,
): string | undefined {
  const host = withoutPort(authority);
  return table.byDomain.has(host)
    ? host
    : table.wildcards.find((one) => matchesHost(one, host));
}

/** Lower case, without `:port`. */
export function withoutPort(authority: string): string {
  return authority.toLowerCase().replace(/:\d+$/, "");
}

function sidecarHosts(
  world: World,
  scope: TableScope,
  notHttp: Set<string>,
): Map<string, VirtualHost> {
  const { client, port, part, sidecar } = scope;
  const table = new Map<string, VirtualHost>();
  const services = new Map<string, RegistryService>();
  const aliases: RegistryService[] = [];
  for (const service of part?.services ?? registryOf(world).values()) {
    const own = service.ports.find(({ number }) => number === port);
    if (!isVisible(service, client.namespace)) continue;
    if (sidecar?.imports(service) === false) continue;
    if (service.alias !== undefined) aliases.push(service);
    if (own === undefined) continue;
    if (own.isHttp) {
      services.set(service.host, service);
      continue;
    }
    for (const domain of domainsOf(service, client.namespace)) {
      notHttp.add(domain);
    }
  }
  const claim = (domain: string, host: VirtualHost, own = domain) => {
    // A short name must not take the full name of another service.
    if (domain !== own && services.has(domain)) return;
    if (!table.has(domain)) table.set(domain, host);
  };
  const objects = candidates(world, client, part?.virtualServices).filter(
    (object) => sidecar?.importsRules(object) !== false,
  );
  const served = new Set<string>();
  const owners = wildcardOwners(world, objects);
  for (const root of objects) {
    const split = splitHosts(hostsOf(world, root), { services, root, owners });
    // Names that nobody registered are served on port 80 only, or beside a
    // service of the same VirtualService.
    if (split.services.length === 0 && port !== 80) continue;
    const rules = emittedRules(world, root, scope).map((rule) => ({
      ...rule,
      root,
    }));
    if (rules.length === 0) continue;
    const beside: VirtualHost = { rules };
    for (const name of split.others) claim(name, beside);
    for (const service of split.services) {
      served.add(service.host);
      const host: VirtualHost = { rules, service };
      for (const domain of domainsOf(service, client.namespace)) {
        claim(domain, host, service.host);
      }
    }
  }
  for (const service of services.values()) {
    if (served.has(service.host) || service.alias !== undefined) continue;
    const host: VirtualHost = { rules: [], service };
    for (const domain of domainsOf(service, client.namespace)) {
      claim(domain, host, service.host);
    }
  }
  // Another name for a service is served as the service is.
  for (const { alias = "", ...service } of aliases) {
    const host = table.get(alias);
    if (host === undefined || served.has(service.host)) continue;
    for (const domain of domainsOf(service, client.namespace)) {
      claim(domain, host, service.host);
    }
  }
  return table;
}

/**
 * A waypoint has a table for each service that it stands before, found by the
 * address; the rules of all VirtualServices for it are joined by age, and no
 * catch-all is moved.
 */
function waypointHosts(
  world: World,
  scope: TableScope,
  notHttp: Set<string>,
): Map<string, VirtualHost> {
  const { client, port } = scope;
  const table = new Map<string, VirtualHost>();
  for (const service of registryOf(world).values()) {
    const own = service.ports.find(({ number }) => number === port);
    if (own === undefined || !standsBefore(world, client, service)) continue;
    const rules = waypointRules(world, client, service).flatMap((root) =>
      emittedRules(world, root, scope).map((rule) => ({ ...rule, root }))
    );
    for (const domain of domainsOf(service, client.namespace)) {
      if (!own.isHttp) notHttp.add(domain);
      else if (!table.has(domain)) table.set(domain, { rules, service });
    }
  }
  return table;
}

interface Split {
  readonly services: readonly RegistryService[];
  /** Names that are no service on this port. */
  readonly others: readonly string[];
}

function splitHosts(
  hosts: readonly string[],
  of: {
    readonly services: ReadonlyMap<string, RegistryService>;
    readonly root: VirtualService;
    readonly owners: (host: string) => VirtualService | undefined;
  },
): Split {
  const services: RegistryService[] = [];
  const others: string[] = [];
  for (const host of hosts) {
    const exact = of.services.get(host);
    if (exact !== undefined) services.push(exact);
    else if (!isWildcard(host)) others.push(host);
    else {
      const fitting = [...of.services.values()].filter((service) =>
        matchesHost(host, service.host)
      );
      if (fitting.length === 0) others.push(host);
      services.push(
        ...fitting.filter((service) => of.owners(service.host) === of.root),
      );
    }
  }
  return { services, others };
}

/** A wildcard takes only services for which nothing more specific speaks. */
function wildcardOwners(
  world: World,
  objects: readonly VirtualService[],
): (host: string) => VirtualService | undefined {
  const byHost = new HostMap<VirtualService>();
  for (const object of objects) {
    for (const host of hostsOf(world, object)) byHost.at(host, () => object);
  }
  return (host) => byHost.find(host)?.value;
}

/**
 * Rules are joined by age, and what Istio sees as catch-all goes last. A
 * server that redirects to HTTPS does so for its hosts without rules, too.
 */
function gatewayHosts(
  world: World,
  scope: TableScope,
  notHttp: Set<string>,
): Map<string, VirtualHost> {
  const joined = new Map<string, Map<unknown, HostRule>>();
  const sentToHttps = new Set<string>();
  for (const gateway of gatewaysBeside(world, scope.client)) {
    const client = { ...scope.client, gateway };
    addGateway(world, { ...scope, client }, { joined, sentToHttps, notHttp });
  }
  return new Map(
    [...joined].map(([domain, entries]) => {
      const rules = [...entries.values()];
      return [domain, {
        rules: [
          ...rules.filter((rule) => !rule.isCatchAll),
          ...rules.filter((rule) => rule.isCatchAll),
        ],
        ...(sentToHttps.has(domain) ? { isSentToHttps: true } : {}),
      }];
    }),
  );
}

function addGateway(
  world: World,
  scope: TableScope,
  to: {
    readonly joined: Map<string, Map<unknown, HostRule>>;
    readonly sentToHttps: Set<string>;
    readonly notHttp: Set<string>;
  },
): void {
  const { joined, sentToHttps, notHttp } = to;
  const patterns: ServerHost[] = [];
  for (const pattern of serverHosts(world, scope)) {
    if (!pattern.isHttp) {
      notHttp.add(pattern.host);
      continue;
    }
    patterns.push(pattern);
    if (!pattern.isSentToHttps) continue;
    sentToHttps.add(pattern.host);
    if (!joined.has(pattern.host)) joined.set(pattern.host, new Map());
  }
  const { client, part } = scope;
  for (const root of candidates(world, client, part?.virtualServices)) {
    const own = namespaceOf(root);
    const domains = new Set<string>();
    for (const host of hostsOf(world, root)) {
      for (const pattern of patterns) {
        if (pattern.namespace !== "*" && pattern.namespace !== own) continue;
        const domain = intersectHosts(pattern.host, host);
        if (domain === undefined) continue;
        domains.add(domain);
        if (pattern.isSentToHttps) sentToHttps.add(domain);
      }
    }
    if (domains.size === 0) continue;
    const rules = emittedRules(world, root, scope);
    if (rules.length === 0) continue;
    for (const domain of domains) {
      const known = joined.get(domain) ?? new Map<unknown, HostRule>();
      joined.set(domain, known);
      for (const rule of rules) {
        // Bound to two of the Gateways it comes twice, and once will do.
        const key = rule.block ?? rule.rule;
        if (!known.has(key)) known.set(key, { ...rule, root });
      }
    }
  }
}

/**
 * The Gateways of the same workload, by age: their servers of one port are one
 * table. Known to be of the same one are those that ask for no label which the
 * workload is not known to have.
 */
export function gatewaysBeside(
  world: World,
  client: Pick<Client, "gateway" | "labels">,
): readonly string[] {
  const own = client.gateway ?? "";
  const gateway = gatewayNamed(world, own);
  if (gateway === undefined) return [own];
  const labels = { ...gateway.spec?.selector, ...client.labels };
  return world.gateways.filter((one) =>
    one === gateway || includesLabels(labels, one.spec?.selector ?? {})
  ).toSorted(compareAge).map(keyOf);
}

interface ServerHost {
  readonly namespace: string;
  readonly host: string;
  readonly isHttp: boolean;
  readonly isSentToHttps: boolean;
}

/**
 * Hosts that a gateway serves on a port. Of a Gateway that cannot be seen
 * every host is assumed: its VirtualServices say more than its absence.
 */
function serverHosts(world: World, { client, port }: TableScope): ServerHost[] {
  const name = client.gateway ?? "";
  const gateway = gatewayNamed(world, name);
  if (gateway === undefined) {
    return [{ namespace: "*", host: "*", isHttp: true, isSentToHttps: false }];
  }
  return serversOf(gateway).filter(({ port: own }) => own?.number === port)
    .flatMap(
      (server) =>
        strings(server.hosts).map((pattern) => {
          const slash = pattern.indexOf("/");
          const namespace = slash < 0 ? "*" : pattern.slice(0, slash);
          return {
            namespace: namespace === "." ? namespaceOf(gateway) : namespace,
            host: pattern.slice(slash + 1).toLowerCase(),
            isHttp: isHttpServer(server),
            isSentToHttps: isRecord(server["tls"]) &&
              server["tls"]["httpsRedirect"] === true,
          };
        }),
    );
}

/** Is what the server gets routed as HTTP, by itself or out of its TLS? */
function isHttpServer(server: GatewayServer): boolean {
  const { port, tls } = server;
  switch (stringOf(port?.protocol).toLowerCase()) {
    case "tcp":
    case "tls":
    case "mongo":
    case "mysql":
    case "redis":
      return false;
    case "https":
      return !isRecord(tls) ||
        !["PASSTHROUGH", "AUTO_PASSTHROUGH"].includes(stringOf(tls["mode"]));
    default:
      return true;
  }
}
