/**
 * What is to be looked up in a world to tell why two tell different things.
 *
 * @module
 */

import { rootsOf } from "../../../src/istio/delegates.ts";
import { gatewayNamed, gatewaysOf } from "../../../src/istio/client.ts";
import { namespaceOf, resolveHost } from "../../../src/istio/hosts.ts";
import { witness } from "../../../src/istio/cover.ts";
import { matchRequest } from "../../../src/istio/match.ts";
import { registryOf } from "../../../src/istio/registry.ts";
import { triesOf } from "../../../src/istio/lint/asking.ts";
import type {
  Destination,
  DestinationRule,
  Gateway,
  HTTPMatchRequest,
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../../src/istio/types.ts";
import {
  emittedRules,
  holdersOf,
  hostsOf,
  rivalsFor,
} from "../../../src/istio/virtual_services.ts";
import type { World } from "../../../src/istio/world.ts";
import type { OurTold } from "./ours.ts";
import { keyOfTold, type Told } from "./told.ts";
import { NAMESPACES } from "./worlds.ts";

/** What was told of one world. */
export interface Seen {
  readonly objects: readonly KubeObject[];
  readonly world: World;
  /** All codes, ours too. */
  readonly ours: readonly OurTold[];
  readonly theirs: readonly Told[];
}

/** Does `check` tell this? */
export function tells({ ours }: Seen, told: Told): boolean {
  const key = keyOfTold(told);
  return ours.some((one) => keyOfTold(one) === key);
}

/** Does `check` tell this code of the object, wherever in it? */
export function tellsOf({ ours }: Seen, code: string, object: string): boolean {
  return ours.some((one) => one.code === code && one.object === object);
}

function objectOf<T extends KubeObject>(
  list: readonly T[],
  object: string,
): T {
  const found = list.find(({ kind, metadata }) =>
    object === `${kind} ${metadata.namespace}/${metadata.name}`
  );
  if (found === undefined) throw new Error(`no ${object}`);
  return found;
}

/** The object that is told of. */
export function virtualServiceOf(object: string, seen: Seen): VirtualService {
  return objectOf(seen.world.virtualServices, object);
}

/** The object that is told of. */
export function destinationRuleOf(
  object: string,
  seen: Seen,
): DestinationRule {
  return objectOf(seen.world.destinationRules, object);
}

/** Its HTTP rules; none of one that is for connections. */
export function rulesOf(object: string, seen: Seen): readonly HTTPRoute[] {
  return virtualServiceOf(object, seen).spec.http ?? [];
}

/** `http[2].match[1]`. */
export function ruleOf(
  about: string,
): { readonly index: number; readonly match?: number } {
  const [, index, match] = /^http\[(\d+)\](?:\.match\[(\d+)\])?$/.exec(about)!;
  return {
    index: Number(index),
    ...(match === undefined ? {} : { match: Number(match) }),
  };
}

/** `mirror subset a+v1` and `port a:80` as `host a`. */
export function hostOnly(about: string): string {
  return about.replace(/^(?:mirror )?(?:subset|port) (.*)[+:].*$/, "host $1");
}

/** `gateway name.namespace`. */
export function isOldName(about: string): boolean {
  return /^gateway [^/]*\.[^/]*$/.test(about);
}

/** The Gateway that is told of, as istiod reads the name. */
export function gatewayOf(
  { about, object }: Told,
  seen: Seen,
): Gateway | undefined {
  const source = virtualServiceOf(object, seen);
  const [name = ""] = gatewaysOf({
    ...source,
    spec: { gateways: [about.slice("gateway ".length)] },
  });
  return gatewayNamed(seen.world, name);
}

/** The full host and the subset of `subset a+v1`, with or without `mirror`. */
export function subsetNamed(
  about: string,
  object: string,
  seen: Seen,
): { readonly host: string; readonly subset?: string } {
  const [, host = "", subset] = /^(?:mirror )?subset (.*)\+(.*)$/.exec(about) ??
    [];
  if (subset === undefined) return { host };
  const source = virtualServiceOf(object, seen);
  return {
    host: resolveHost(host, namespaceOf(source), seen.world.mesh),
    subset,
  };
}

/** Every destination that an object names, of whatever kind. */
export function namedDestinations(object: string, seen: Seen): Destination[] {
  const { http = [], tcp, tls } = virtualServiceOf(object, seen).spec;
  return ([http, tcp ?? [], tls ?? []].flat() as readonly HTTPRoute[])
    .flatMap(destinationsOf);
}

/** Those of one rule, mirrors too. */
export function destinationsOf(
  { route = [], mirror, mirrors = [] }: HTTPRoute,
): Destination[] {
  return [
    ...route.map(({ destination }) => destination),
    ...(mirror === undefined ? [] : [mirror]),
    ...mirrors.map(({ destination }) => destination),
  ];
}

/** Has it no hosts? */
export function isDelegate(object: string, seen: Seen): boolean {
  return (virtualServiceOf(object, seen).spec.hosts ?? []).length === 0;
}

/** Was a request found that a rule, or this very block of it, takes? */
export function takes(object: string, about: string, seen: Seen): boolean {
  const source = virtualServiceOf(object, seen);
  const { index, match } = ruleOf(about);
  const blocks = source.spec.http?.[index]?.match ?? [];
  const roots = (source.spec.hosts ?? []).length === 0
    ? rootsOf(seen.world, source)
    : [source];
  return roots.some((root) =>
    (blocks.length === 0 ? [{}] : blocks).some((block, at) =>
      (match === undefined || match === at) &&
      [...triesOf(seen.world, root, block)].some(({ verdict }) =>
        verdict.source === source && verdict.rule === index &&
        (match === undefined || verdict.match === match)
      )
    )
  );
}

/**
 * Is there a request that a block takes and none above it of the same object,
 * as far as those above are for the same clients?
 */
export function standsOut(object: string, about: string, seen: Seen): boolean {
  const { index, match } = ruleOf(about);
  const rules = rulesOf(object, seen).slice(0, index + 1);
  const blocks = rules.flatMap(({ match }) => match ?? [{}]);
  const own = rules.at(-1)!.match!;
  const block = own[match!]!;
  const above = blocks.slice(0, blocks.length - own.length + match!)
    .filter((one) => isForSame(one, block));
  const found = witness(block);
  if (found === undefined) return false;
  // As wide as the block lets it be: whoever is narrower lets one through.
  const headers = [[], ["other", "other"], ["1", "1"]].map((values) =>
    ["x-cid", "x-user"].flatMap((name, at) =>
      values[at] === undefined ? [] : [[name, values[at]] as const]
    )
  );
  const paths = [
    found.path,
    `${found.path}/more`,
    found.path.toUpperCase(),
  ];
  for (const method of [found.method, "PUT"]) {
    for (const authority of [found.authority, "other.test"]) {
      for (const path of paths) {
        for (const more of headers) {
          const request = {
            ...{ ...found, method, authority, path },
            headers: [...found.headers, ...more],
          };
          if (
            matchRequest(block, request).holds === true &&
            above.every((one) => matchRequest(one, request).holds === false)
          ) return true;
        }
      }
    }
  }
  return false;
}

/** Is the one for all clients and ports of the other? */
function isForSame(one: HTTPMatchRequest, other: HTTPMatchRequest): boolean {
  return (["port", "gateways", "sourceLabels", "sourceNamespace"] as const)
    .every((field) =>
      one[field] === undefined ||
      JSON.stringify(one[field]) === JSON.stringify(other[field])
    );
}

/** The other VirtualServices that name, in full, one of its hosts. */
export function sharers(object: string, seen: Seen): VirtualService[] {
  const { world } = seen;
  const source = virtualServiceOf(object, seen);
  return [
    ...new Set(
      hostsOf(world, source).flatMap((host) =>
        (holdersOf(world).get(host) ?? []).filter((one) => one !== source)
      ),
    ),
  ];
}

/** Have sidecars of its own namespace its hosts from no other object? */
export function keepsHosts(object: string, seen: Seen): boolean {
  const { world } = seen;
  const source = virtualServiceOf(object, seen);
  const client = {
    ...{ kind: "sidecar" as const, labels: {} },
    namespace: namespaceOf(source),
  };
  return hostsOf(world, source).every((host) => {
    const rivals = rivalsFor(world, client, host).filter((one) =>
      emittedRules(world, one, { client, port: 80 }).length > 0
    );
    return !rivals.includes(source) || rivals[0] === source;
  });
}

/** Ports that clients of a rule may ask for, as far as they are known. */
export function askedPorts(
  object: string,
  rule: HTTPRoute,
  { world, ...seen }: Seen,
): readonly number[] {
  const source = virtualServiceOf(object, { world, ...seen });
  const written = (rule.match ?? []).map(({ port }) => port ?? 0);
  if (written.length > 0 && written.every((port) => port > 0)) return written;
  return gatewaysOf(source).flatMap((name) =>
    name === "mesh"
      ? hostsOf(world, source).flatMap((host) =>
        registryOf(world).get(host)?.ports.flatMap(({ number, isHttp }) =>
          isHttp ? [number] : []
        ) ?? []
      )
      : gatewayNamed(world, name)?.spec.servers?.flatMap(({ port }) =>
        port?.number ?? []
      ) ?? []
  );
}

/** Has it rules for a sidecar without labels, wherever that is? */
export function isForAnybody(source: VirtualService, { world }: Seen): boolean {
  return NAMESPACES.some((namespace) =>
    emittedRules(world, source, {
      client: { kind: "sidecar", namespace, labels: {} },
      port: 80,
    }).length > 0
  );
}

/** As findings name it. */
export function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
