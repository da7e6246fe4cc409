/**
 * Where rules lead: hosts that nobody knows, ports that are not there, subsets
 * that the clients' DestinationRule does not have, destinations without pods.
 * What cannot be seen is no finding of an error.
 *
 * @module
 */

import type { Client } from "../client.ts";
import type { ResolvedRule } from "../delegates.ts";
import { type EffectiveRule, findSubset } from "../destination_rules.ts";
import { type FieldPath, type Finding, nameOf } from "../findings.ts";
import {
  isWildcard,
  keyOf,
  namespaceOf,
  namespaceOfHost,
  resolveHost,
} from "../hosts.ts";
import { type PodCount, podCount, whyNoPod } from "../pods.ts";
import { isVisible, registryOf, type RegistryService } from "../registry.ts";
import { isRecord, numberOf, stringOf, strings } from "../shapes.ts";
import type { Destination, VirtualService } from "../types.ts";
import { whyUnknown, type World } from "../world.ts";
import { gatewayPorts, servicePorts } from "./asking.ts";
import { clientsIn, ruleInEffect } from "./effective.ts";

/** A destination of a rule and where it is written. */
export interface Use {
  /** The object that holds it. */
  readonly source: VirtualService;
  readonly path: FieldPath;
  readonly destination: Destination;
  readonly kind: "route" | "mirror" | "connections";
  /** It gets a share of the rule's requests. */
  readonly served: boolean;
}

/** How much of the cluster the world holds. */
export interface Seen {
  /** Not only what some rules lead to: what is not there is nowhere. */
  readonly whole: boolean;
}

/** Findings on the destinations and mirrors of an HTTP rule, as written. */
export function destinationFindings(
  world: World,
  { source, index }: Pick<ResolvedRule, "source" | "index">,
  seen: Seen,
): readonly Finding[] {
  const route: unknown = source.spec?.http?.[index];
  return isRecord(route)
    ? usesIn(source, route, ["spec", "http", index])
      .flatMap((use) => useFindings(world, use, seen))
    : [];
}

/** Findings on where connections go: `spec.tcp`, `spec.tls`. */
export function connectionFindings(
  world: World,
  source: VirtualService,
  seen: Seen,
): readonly Finding[] {
  return (["tcp", "tls"] as const).flatMap((kind) =>
    listOf(source.spec?.[kind]).flatMap((route, index) =>
      isRecord(route)
        ? usesIn(source, route, ["spec", kind, index])
          .flatMap((use) => useFindings(world, use, seen))
        : []
    )
  );
}

/** What a destination of a rule leads to, for the clients of the rule. */
export interface Behind {
  /** Full name. */
  readonly host: string;
  /** Labels of the subset for the first client that has it. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** Nothing where the subset is missing for every client. */
  readonly pods: PodCount | undefined;
}

/** Looks a destination up as the clients of the object do. */
export function behindDestination(
  world: World,
  source: VirtualService,
  { host: written, subset }: Destination,
): Behind {
  const host = resolveHost(written, namespaceOf(source), world.mesh);
  if (!subset) {
    return {
      host,
      labels: undefined,
      pods: podCount(world, { host, labels: {} }),
    };
  }
  const present = rulesInEffect(world, { host, source })
    .map(({ rule }) => findSubset(rule, subset))
    .find((found) => found !== undefined);
  if (present === undefined) {
    return { host, labels: undefined, pods: undefined };
  }
  const labels = isRecord(present.subset.labels)
    ? Object.fromEntries(
      Object.entries(present.subset.labels).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value) ?? "",
      ]),
    )
    : {};
  return { host, labels, pods: podCount(world, { host, labels }) };
}

function usesIn(
  source: VirtualService,
  route: Record<string, unknown>,
  path: FieldPath,
): Use[] {
  const uses: Use[] = [];
  const add = (
    destination: unknown,
    of: Omit<Use, "source" | "destination">,
  ) => {
    if (!isRecord(destination) || typeof destination["host"] !== "string") {
      return;
    }
    const { host, port } = destination;
    const subset = stringOf(destination["subset"]);
    uses.push({
      source,
      destination: {
        host,
        ...(subset === "" ? {} : { subset }),
        ...(isRecord(port) ? { port } : {}),
      },
      ...of,
    });
  };
  const list = listOf(route["route"]).map((one) => isRecord(one) ? one : {});
  list.forEach((one, place) =>
    add(one["destination"], {
      path: [...path, "route", place, "destination"],
      kind: path[1] === "http" ? "route" : "connections",
      served: list.length === 1 || numberOf(one["weight"] ?? 0) > 0,
    })
  );
  if (path[1] !== "http") return uses;
  add(route["mirror"], {
    path: [...path, "mirror"],
    kind: "mirror",
    served: mirrored(route["mirrorPercentage"] ?? route["mirrorPercent"]),
  });
  listOf(route["mirrors"]).forEach((one, place) => {
    if (!isRecord(one)) return;
    add(one["destination"], {
      path: [...path, "mirrors", place, "destination"],
      kind: "mirror",
      served: mirrored(one["percentage"]),
    });
  });
  return uses;
}

function mirrored(percentage: unknown): boolean {
  return (isRecord(percentage) ? percentage["value"] : percentage) !== 0;
}

function useFindings(world: World, use: Use, seen: Seen): Finding[] {
  const { source, destination } = use;
  const host = resolveHost(destination.host, namespaceOf(source), world.mesh);
  const hostProblem = hostFinding(world, { use, host }, seen);
  if (hostProblem !== undefined) return [hostProblem];
  const service = registryOf(world).get(host);
  const problems = [
    ...(service === undefined ? [] : portFindings(world, { use, service })),
    ...(destination.subset
      ? subsetFindings(world, { use, host, name: destination.subset })
      : []),
  ];
  const { labels = {}, pods } = behindDestination(
    world,
    source,
    destination,
  );
  if (pods === undefined) return problems;
  if (!pods.known) {
    return problems.length > 0 ? problems : [{
      ...placed(use),
      code: "pods-unknown",
      severity: "info",
      message: `pods unknown: ${pods.reason}`,
    }];
  }
  if (pods.ready > 0) return problems;
  return [
    ...problems,
    pods.existing > 0
      ? notReady(use, pods.existing)
      : noPods(use, whyNoPod(world, { host, labels })),
  ];
}

function placed(
  { source, path }: Use,
  ...more: readonly string[]
): Pick<Finding, "object" | "path"> {
  return { object: nameOf(source), path: [...path, ...more] };
}

const FAIL: Readonly<Record<Use["kind"], string>> = {
  route: "requests that go here fail with 503",
  mirror: "the copies are lost",
  connections: "connections that go here fail",
};

/** Copies are lost without anybody noticing; the requests themselves are well. */
function severityOf({ kind }: Use): "error" | "warning" {
  return kind === "mirror" ? "warning" : "error";
}

function hostFinding(
  world: World,
  of: { readonly use: Use; readonly host: string },
  seen: Seen,
): Finding | undefined {
  const { use, host } = of;
  if (host === "" || isWildcard(host)) return undefined;
  const service = registryOf(world).get(host);
  const about = {
    ...placed(use, "host"),
    code: "IST0101",
    severity: severityOf(use),
    means: sentence(FAIL[use.kind]),
  };
  if (service !== undefined) {
    const without = clientsIn(world, use.source).find(({ namespace }) =>
      !isVisible(service, namespace)
    );
    return without === undefined ? undefined : {
      ...about,
      message:
        `${service.kind} "${service.namespace}/${service.name}" is not exported to namespace "${without.namespace}"`,
      edit:
        `Export ${service.kind} "${service.name}" to namespace "${without.namespace}"`,
    };
  }
  if (world.mesh.multiCluster) return undefined;
  const namespace = namespaceOfHost(host, world.mesh);
  if (namespace !== undefined) {
    return whyUnknown(world, "Service", { namespace }) === undefined
      ? {
        ...about,
        message: `there is no Service "${host}"`,
        edit: "Name a Service that exists, or create this one first",
      }
      : undefined;
  }
  const { clusterDomain } = world.mesh;
  const full = `${host}.svc.${clusterDomain}`;
  if (registryOf(world).has(full)) {
    return {
      ...about,
      message:
        `nothing is named "${host}": a name with a dot is taken as it stands, and the Service is "${full}"`,
      edit: `Write "${full}"`,
    };
  }
  if (!seen.whole || whyUnknown(world, "ServiceEntry") !== undefined) {
    return undefined;
  }
  // `reviews.prod` may be meant for a Service that cannot be seen.
  if (whyUnknown(world, "Service") !== undefined) return undefined;
  return {
    ...about,
    message: `no ServiceEntry is for "${host}"`,
    edit:
      `Create a ServiceEntry for "${host}", or write the full name of a Service`,
  };
}

function portFindings(
  world: World,
  of: { readonly use: Use; readonly service: RegistryService },
): Finding[] {
  const { use, service } = of;
  const { port } = use.destination;
  const ports = [...new Set(service.ports.map(({ number }) => number))];
  if (ports.length === 0) return [];
  const written = port?.number;
  const short = `${service.kind} "${service.name}"`;
  if (typeof written === "number" && written > 0) {
    return ports.includes(written) ? [] : [{
      ...placed(use, "port", "number"),
      code: "IST0101",
      severity: severityOf(use),
      message: `${short} has no port ${written}, only ${ports.join(", ")}`,
      means: sentence(FAIL[use.kind]),
      edit: ports.length === 1
        ? `Write port ${ports[0]}`
        : `Write one of the ports ${ports.join(", ")}`,
    }];
  }
  if (use.kind === "connections") return [];
  const wrong = wrongPort(world, { use, ports, service });
  if (wrong === undefined) return [];
  const { client, asked } = wrong;
  return [{
    ...placed(use),
    code: ports.length > 1 ? "IST0112" : "port-not-inferred",
    severity: severityOf(use),
    message:
      `no port is written, so requests to port ${asked} go to port ${asked} of ${short}, which has only ${
        ports.join(", ")
      }`,
    means: `${sentence(FAIL[use.kind])}${
      client.kind === "gateway" ? ` by gateway "${client.gateway}"` : ""
    }`,
    edit: `Write port.number: ${ports.join(" or ")}`,
    ...(ports.length === 1
      ? {
        fix: {
          safe: false,
          operations: [{
            op: "add",
            path: `/${[...use.path, "port"].join("/")}`,
            value: { number: ports[0]! },
          }],
        },
      }
      : {}),
  }];
}

/** A port that is asked for and that the destination does not have. */
function wrongPort(
  world: World,
  of: {
    readonly use: Use;
    readonly ports: readonly number[];
    readonly service: RegistryService;
  },
): { readonly client: Client; readonly asked: number } | undefined {
  const { use, ports } = of;
  const { source } = use;
  // A delegate is asked for by what its roots are asked for.
  if (strings(source.spec?.hosts).length === 0) return undefined;
  const own = namespaceOf(source);
  const fixed = blockPorts(source, use.path);
  for (const client of clientsIn(world, source)) {
    if (client.kind === "gateway" && ports.length === 1) continue;
    const asked = fixed ??
      (client.kind === "gateway"
        ? knownGatewayPorts(world, client)
        : knownServicePorts(world, source, own));
    const wrong = asked.find((port) => !ports.includes(port));
    if (wrong !== undefined) return { client, asked: wrong };
  }
  return undefined;
}

/** Ports that every match block of the rule asks for. */
function blockPorts(
  source: VirtualService,
  path: FieldPath,
): number[] | undefined {
  const rule: unknown = source.spec?.http?.[path[2] as number];
  const blocks = isRecord(rule) ? listOf(rule["match"]) : [];
  const ports = blocks.map((block) =>
    isRecord(block) ? numberOf(block["port"]) : NaN
  );
  return ports.length > 0 && ports.every((port) => port > 0)
    ? ports
    : undefined;
}

function knownGatewayPorts(world: World, { gateway = "" }: Client): number[] {
  return world.gateways.some((one) => keyOf(one) === gateway)
    ? gatewayPorts(world, gateway)
    : [];
}

function knownServicePorts(
  world: World,
  source: VirtualService,
  own: string,
): number[] {
  const registry = registryOf(world);
  const isKnown = strings(source.spec?.hosts).some((host) =>
    registry.has(resolveHost(host, own, world.mesh))
  );
  return isKnown ? servicePorts(world, source) : [];
}

function subsetFindings(
  world: World,
  of: { readonly use: Use; readonly host: string; readonly name: string },
): Finding[] {
  const { use, host, name } = of;
  const { source } = use;
  const effective = rulesInEffect(world, { host, source });
  const gap = ruleGap(world, host);
  return effective.flatMap(({ client, rule }): Finding[] => {
    if (findSubset(rule, name) !== undefined) return [];
    const whose = effective.length === 1 || client.kind === "sidecar"
      ? ""
      : ` for gateway "${client.gateway ?? ""}"`;
    if (gap !== undefined && rule?.place !== "client") {
      return [{
        ...placed(use, "subset"),
        code: "subset-unknown",
        severity: "warning",
        message: `subset "${name}" cannot be seen${whose}: ${gap}`,
      }];
    }
    const where = rule === undefined
      ? `no DestinationRule for "${host}"`
      : `${rule.rules.map(quoted).join(", ")} has ${
        rule.subsets.length === 0
          ? "no subsets"
          : `only ${
            rule.subsets.slice(0, 10).map(({ subset }) => `"${subset.name}"`)
              .join(", ")
          }`
      }`;
    const hiding = rule?.hidden.find((one) => hasSubset(one, name));
    return [{
      ...placed(use, "subset"),
      code: "IST0101",
      severity: severityOf(use),
      message: `subset "${name}" is missing${whose} (${where}): ${
        FAIL[use.kind]
      }`,
      means: sentence(FAIL[use.kind]),
      edit: hiding === undefined
        ? `Define subset "${name}" first, and let rules name it some seconds later`
        : `Give ${quoted(rule!.rules[0]!)} the subset, too: it hides ${
          quoted(hiding)
        }, which has it`,
    }];
  });
}

function hasSubset(
  rule: EffectiveRule["rules"][number],
  name: string,
): boolean {
  return listOf(rule.spec?.subsets).some((subset) =>
    isRecord(subset) && subset["name"] === name
  );
}

function quoted(rule: EffectiveRule["rules"][number]): string {
  return `DestinationRule "${keyOf(rule)}"`;
}

/** A DestinationRule may be where nobody can look. */
function ruleGap(world: World, host: string): string | undefined {
  const namespace = namespaceOfHost(host, world.mesh);
  return whyUnknown(
    world,
    "DestinationRule",
    namespace === undefined ? {} : { namespace },
  );
}

function noPods(use: Use, why: string): Finding {
  const isSubset = Boolean(use.destination.subset);
  return {
    ...withoutPods(use, "no pods"),
    code: isSubset ? "IST0173" : "no-ready-pods",
    edit: `Start such pods, ${
      isSubset ? "correct the labels of the subset" : "correct the selector"
    }, or send the share elsewhere: ${why}`,
  };
}

function notReady(use: Use, existing: number): Finding {
  const pods = existing === 1 ? "pod" : "pods";
  return {
    ...withoutPods(use, `none of ${existing} ${pods} is ready`),
    code: "no-ready-pods",
    edit: "See why the pods are not ready, or send the share elsewhere",
  };
}

function withoutPods(use: Use, what: string): Omit<Finding, "code"> {
  const { served, destination, kind } = use;
  return {
    ...placed(use, ...(destination.subset ? ["subset"] : ["host"])),
    severity: served ? severityOf(use) : "info",
    message: `${what}${served ? `: ${FAIL[kind]}` : ""}`,
    means: served
      ? sentence(FAIL[kind])
      : "Nothing is sent here; it would fail if something were",
  };
}

interface InEffect {
  readonly client: Client;
  readonly rule: EffectiveRule | undefined;
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

function sentence(clause: string): string {
  return stringOf(clause.at(0)).toUpperCase() + clause.slice(1);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
