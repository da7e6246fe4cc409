/**
 * Host names as Istio reads them: short names, wildcards, who may see what.
 *
 * @module
 */

import { strings } from "./shapes.ts";
import type { Service, ServiceEntry } from "./types.ts";
import type { MeshSettings, World } from "./world.ts";

/**
 * The full name behind a host of a rule. A name without a dot is a service of
 * the rule's own namespace; with any dot it is taken as it stands, so
 * `reviews.prod` names no service.
 *
 * @param namespace Namespace of the object that holds the host.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination
 */
export function resolveHost(
  host: string,
  namespace: string,
  mesh: MeshSettings,
): string {
  if (host === "" || /[.:*]/.test(host)) return host;
  return `${host}.${namespace}.svc.${mesh.clusterDomain}`;
}

/** The first label of a service's full name; other hosts as they are. */
export function shortHost(host: string, mesh: MeshSettings): string {
  return partsOf(host, mesh)?.name ?? host;
}

/** Namespace of a service's full name; nothing for other hosts. */
export function namespaceOfHost(
  host: string,
  mesh: MeshSettings,
): string | undefined {
  return partsOf(host, mesh)?.namespace;
}

function partsOf(
  host: string,
  mesh: MeshSettings,
): { readonly name: string; readonly namespace: string } | undefined {
  const suffix = `.svc.${mesh.clusterDomain}`;
  if (!host.endsWith(suffix)) return undefined;
  // Asked for each destination of thousands of rules, so nothing is split.
  const end = host.length - suffix.length;
  const dot = host.indexOf(".");
  const name = host.slice(0, dot);
  if (dot < 1 || dot >= end - 1 || name === "*") return undefined;
  const namespace = host.slice(dot + 1, end);
  return namespace.includes(".") ? undefined : { name, namespace };
}

const SERVICES = new WeakMap<
  readonly Service[],
  Map<string, Map<string, Service>>
>();

/** The Kubernetes Service with this full name. */
export function serviceOf(world: World, host: string): Service | undefined {
  const parts = partsOf(host, world.mesh);
  if (parts === undefined) return undefined;
  let index = SERVICES.get(world.services);
  if (index === undefined) {
    index = new Map();
    for (const service of world.services) {
      const { name, namespace = "default" } = service.metadata;
      let own = index.get(namespace);
      if (own === undefined) index.set(namespace, own = new Map());
      own.set(name, service);
    }
    SERVICES.set(world.services, index);
  }
  return index.get(parts.namespace)?.get(parts.name);
}

const ENTRIES = new WeakMap<
  readonly ServiceEntry[],
  Map<string, ServiceEntry[]>
>();

/** ServiceEntries that name this very host, in the world's order. */
export function serviceEntriesOf(
  world: World,
  host: string,
): readonly ServiceEntry[] {
  let index = ENTRIES.get(world.serviceEntries);
  if (index === undefined) {
    index = new Map();
    for (const entry of world.serviceEntries) {
      for (const name of new Set(strings(entry.spec?.hosts))) {
        const present = index.get(name);
        if (present === undefined) index.set(name, [entry]);
        else present.push(entry);
      }
    }
    ENTRIES.set(world.serviceEntries, index);
  }
  return index.get(host) ?? [];
}

/** Is it `*` or `*.suffix`? */
export function isWildcard(host: string): boolean {
  return host.startsWith("*");
}

/**
 * Does a pattern of a rule fit a host? `*.foo.com` does not fit `foo.com`; a
 * wildcard host is fitted by the same or a wider wildcard.
 */
export function matchesHost(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase();
  const actual = host.toLowerCase();
  if (!isWildcard(wanted)) return wanted === actual;
  const suffix = wanted.slice(1);
  const rest = isWildcard(actual) ? actual.slice(1) : actual;
  return rest.endsWith(suffix) &&
    (isWildcard(actual) || suffix === "" || rest.length > suffix.length);
}

/** Sorts the most specific host first: exact, long wildcards, short ones. */
export function compareHosts(a: string, b: string): number {
  if (isWildcard(a) !== isWildcard(b)) return isWildcard(a) ? 1 : -1;
  if (a.length !== b.length) return b.length - a.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Values by host pattern, found by the most specific one that fits. */
export class HostMap<T> {
  // Hosts do not mind case. Nearly all are no wildcards, and found at once.
  readonly #entries = new Map<string, Entry<T>>();
  #wildcards: readonly Entry<T>[] | undefined;

  /** The value of this very pattern; made where it is missing. */
  at(pattern: string, make: () => T): T {
    const key = pattern.toLowerCase();
    const known = this.#entries.get(key);
    if (known !== undefined) return known.value;
    const entry = { pattern, value: make() };
    this.#entries.set(key, entry);
    this.#wildcards = undefined;
    return entry.value;
  }

  /** What fits a host and is the most specific of all that do. */
  find(host: string): Entry<T> | undefined {
    this.#wildcards ??= [...this.#entries.values()]
      .filter(({ pattern }) => isWildcard(pattern))
      .sort((a, b) => compareHosts(a.pattern, b.pattern));
    return this.#entries.get(host.toLowerCase()) ??
      this.#wildcards.find(({ pattern }) => matchesHost(pattern, host));
  }
}

/** A value and its host pattern. */
interface Entry<T> {
  readonly pattern: string;
  readonly value: T;
}

/** The narrower of two host patterns, where they overlap. */
export function intersectHosts(a: string, b: string): string | undefined {
  if (matchesHost(a, b)) return b;
  return matchesHost(b, a) ? a : undefined;
}

/**
 * May clients of a namespace use an object? Unset is the mesh default, which
 * is everybody.
 */
export function visibleTo(
  exportTo: readonly string[] | undefined,
  ownNamespace: string,
  clientNamespace: string,
): boolean {
  const entries = strings(exportTo);
  if (entries.length === 0 || entries.includes("*")) return true;
  if (entries.includes("~")) return false;
  return entries.includes(clientNamespace) ||
    (entries.includes(".") && ownNamespace === clientNamespace);
}

/**
 * `namespace/name` of a Gateway as a VirtualService names it: `name`,
 * `./name`, `namespace/name`, or the old dotted form; `mesh` stays.
 */
export function resolveGateway(name: string, namespace: string): string {
  if (name === "mesh") return name;
  const slash = name.indexOf("/");
  if (slash >= 0) {
    return name.slice(0, slash) === "."
      ? `${namespace}${name.slice(slash)}`
      : name;
  }
  const [first = "", second] = name.split(".");
  return second === undefined ? `${namespace}/${name}` : `${second}/${first}`;
}

/** The namespace of an object; `default` where a file does not say. */
export function namespaceOf(
  object: { readonly metadata: { readonly namespace?: string } },
): string {
  return object.metadata?.namespace ?? "default";
}

/** `namespace/name`, the key of an object among its kind. */
export function keyOf(
  object: {
    readonly metadata: { readonly namespace?: string; readonly name: string };
  },
): string {
  return `${namespaceOf(object)}/${object.metadata.name}`;
}

/** Is it `NAME` or `NAMESPACE/NAME`, as a client names a Gateway? */
export function isGatewayName(text: string): boolean {
  return /^([a-z\d.-]+\/)?[a-z\d.-]+$/.test(text);
}

/** Names an object among its kind. */
export function fullNameOf(
  object: {
    readonly metadata: { readonly namespace?: string; readonly name: string };
  },
): { readonly namespace: string; readonly name: string } {
  return { namespace: namespaceOf(object), name: object.metadata.name };
}
