/**
 * The services that a mesh knows: Kubernetes Services and ServiceEntries, with
 * their ports and who may see them.
 *
 * @module
 */

import { namespaceOf, visibleTo } from "./hosts.ts";
import { compareAge } from "./order.ts";
import { isRecord, numberOf, stringOf, strings } from "./shapes.ts";
import type { KubeObject } from "./types.ts";
import type { World } from "./world.ts";

/** A port of a service, as clients address it. */
export interface RegistryPort {
  readonly number: number;
  /** HTTP by name, or detected by the proxy. */
  readonly isHttp: boolean;
}

/** A host of the mesh. */
export interface RegistryService {
  /** Full name; `*.suffix` for some ServiceEntries. */
  readonly host: string;
  readonly kind: "Service" | "ServiceEntry";
  /** Name of the object. */
  readonly name: string;
  readonly namespace: string;
  readonly ports: readonly RegistryPort[];
  /** Addresses that clients may use in place of the name. */
  readonly addresses: readonly string[];
  readonly exportTo: readonly string[];
  /** The host that an ExternalName Service is another name of. */
  readonly alias?: string;
  /** Of the object. */
  readonly labels: Readonly<Record<string, string>>;
}

/** By what it is made of: pods that come later change nothing. */
const KNOWN = new WeakMap<World["services"], {
  readonly serviceEntries: World["serviceEntries"];
  readonly clusterDomain: string;
  readonly registry: Map<string, RegistryService>;
}>();

/** Every host of the mesh; Services come before ServiceEntries. */
export function registryOf(
  world: World,
): ReadonlyMap<string, RegistryService> {
  const { services, serviceEntries, mesh: { clusterDomain } } = world;
  const known = KNOWN.get(services);
  if (
    known?.serviceEntries === serviceEntries &&
    known.clusterDomain === clusterDomain
  ) return known.registry;
  const registry = new Map<string, RegistryService>();
  for (const object of services.toSorted(compareAge)) {
    const namespace = namespaceOf(object);
    const { name, annotations, labels } = object.metadata;
    const { type, externalName } = object.spec ?? {};
    const clusterIP = stringOf(object.spec?.clusterIP);
    const alias = type === "ExternalName"
      ? stringOf(externalName).toLowerCase()
      : "";
    const host = `${name}.${namespace}.svc.${clusterDomain}`;
    registry.set(host, {
      host,
      kind: "Service",
      name,
      namespace,
      ports: portsOf(object),
      addresses: clusterIP === "" || clusterIP === "None" ? [] : [clusterIP],
      exportTo: (annotations?.["networking.istio.io/exportTo"] ?? "")
        .split(",").map((one) => one.trim()).filter((one) => one !== ""),
      ...(alias === "" ? {} : { alias }),
      labels: labels ?? {},
    });
  }
  for (const object of serviceEntries.toSorted(compareAge)) {
    for (const host of strings(object.spec?.hosts)) {
      if (registry.has(host)) continue;
      registry.set(host, {
        host,
        kind: "ServiceEntry",
        name: object.metadata.name,
        namespace: namespaceOf(object),
        ports: portsOf(object),
        addresses: strings(object.spec.addresses),
        exportTo: strings(object.spec.exportTo),
        labels: object.metadata.labels ?? {},
      });
    }
  }
  KNOWN.set(services, { serviceEntries, clusterDomain, registry });
  return registry;
}

/** The service of a host, where clients of a namespace may see it. */
export function visibleService(
  world: World,
  host: string,
  clientNamespace: string,
): RegistryService | undefined {
  const service = registryOf(world).get(host);
  return service !== undefined && isVisible(service, clientNamespace)
    ? service
    : undefined;
}

/** May clients of a namespace use the service? */
export function isVisible(
  service: RegistryService,
  clientNamespace: string,
): boolean {
  return visibleTo(service.exportTo, service.namespace, clientNamespace);
}

/**
 * Names under which a sidecar serves a service: its full name, its addresses,
 * and shorter names as far as DNS of the client's namespace allows.
 */
export function domainsOf(
  service: RegistryService,
  clientNamespace: string,
): string[] {
  const { host, name, namespace, addresses } = service;
  const short = `${name}.${namespace}`;
  return [
    host.toLowerCase(),
    ...(service.kind === "Service" ? [short, `${short}.svc`] : []),
    ...(service.kind === "Service" && namespace === clientNamespace
      ? [name]
      : []),
    ...addresses,
  ];
}

/** Protocols that keep a port from being routed as HTTP. */
const OTHERS = new Set([
  "tcp",
  "tls",
  "https",
  "udp",
  "mongo",
  "mysql",
  "redis",
]);

function portsOf(object: KubeObject): RegistryPort[] {
  const { spec } = object;
  const ports: unknown = isRecord(spec) ? spec["ports"] : undefined;
  if (!Array.isArray(ports)) return [];
  return ports.filter(isRecord).map((port) => {
    const number = numberOf(port["port"] ?? port["number"]);
    const protocol = object.kind === "ServiceEntry"
      ? stringOf(port["protocol"]).toLowerCase()
      : protocolOf(port, number);
    return { number, isHttp: !OTHERS.has(protocol) };
  });
}

/** Ports that are never looked into where nobody says what they speak. */
const NEVER_DETECTED: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

/** A Service says TCP or UDP in `protocol`, and the rest in words. */
function protocolOf(
  { protocol, appProtocol, name }: Readonly<Record<string, unknown>>,
  number: number,
): string {
  if (protocol === "UDP" || protocol === "SCTP") return "udp";
  const words = (stringOf(appProtocol) || stringOf(name)).toLowerCase();
  if (words === "kubernetes.io/wss") return "https";
  if (["kubernetes.io/h2c", "kubernetes.io/ws"].includes(words)) return "http";
  const [word = ""] = words.split("-");
  return NEVER_DETECTED.has(number) && !HTTP.has(word) ? "tcp" : word;
}

const HTTP: ReadonlySet<string> = new Set(["http", "http2", "grpc"]);
