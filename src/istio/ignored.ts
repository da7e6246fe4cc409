/**
 * VirtualServices that name a host and have no part in its requests: the
 * answer to "but I wrote a rule for it".
 *
 * @module
 */

import { boundFor, type Client, gatewaysOf } from "./client.ts";
import {
  keyOf,
  matchesHost,
  namespaceOf,
  resolveHost,
  shortHost,
  visibleTo,
} from "./hosts.ts";
import type { Request } from "./match.ts";
import {
  domainsOf,
  isVisible,
  registryOf,
  type RegistryService,
} from "./registry.ts";
import { strings } from "./shapes.ts";
import type { SidecarScope } from "./sidecars.ts";
import type { VirtualService } from "./types.ts";
import { type VirtualHost, withoutPort } from "./virtual_hosts.ts";
import { emittedRules, hostsOf } from "./virtual_services.ts";
import { isNearby } from "./waypoints.ts";
import type { World } from "./world.ts";

/** A VirtualService without a part in the matter. */
export interface Ignored {
  /** Of the VirtualService. */
  readonly namespace: string;
  /** Of the VirtualService. */
  readonly name: string;
  /** One clause. */
  readonly why: string;
}

/** Those that name the host of a request, or seem to, and why they do not count. */
export function ignoredFor(
  world: World,
  of: {
    readonly client: Client;
    readonly request: Request;
    /** Those that do have a part. */
    readonly roots: readonly VirtualService[];
    readonly host: VirtualHost | undefined;
    readonly sidecar: SidecarScope | undefined;
  },
): Ignored[] {
  const asked = withoutPort(of.request.authority);
  const service = of.host?.service ?? serviceCalled(world, asked, of.client);
  const names = new Set([
    asked,
    ...(service === undefined ? [] : [service.host]),
  ]);
  return world.virtualServices.flatMap((object): Ignored[] => {
    if (of.roots.includes(object)) return [];
    const why = whyIgnored(world, object, { ...of, names, asked });
    if (why === undefined) return [];
    return [{
      namespace: namespaceOf(object),
      name: object.metadata.name,
      why,
    }];
  });
}

/** The service that a client means by a name, whether or not it is routed. */
function serviceCalled(
  world: World,
  name: string,
  { namespace }: Client,
): RegistryService | undefined {
  for (const service of registryOf(world).values()) {
    if (
      isVisible(service, namespace) &&
      domainsOf(service, namespace).includes(name)
    ) return service;
  }
  return undefined;
}

function whyIgnored(
  world: World,
  object: VirtualService,
  of: {
    readonly client: Client;
    readonly request: Request;
    readonly roots: readonly VirtualService[];
    readonly names: ReadonlySet<string>;
    readonly asked: string;
    readonly host: VirtualHost | undefined;
    readonly sidecar: SidecarScope | undefined;
  },
): string | undefined {
  const { client, request, roots, names, asked, sidecar } = of;
  const hosts = hostsOf(world, object);
  const fits = hosts.some((host) =>
    [...names].some((name) => matchesHost(host, name))
  );
  if (!fits) {
    // Written as it was asked for, and yet another host.
    const other = hosts.find((host) =>
      shortHost(host, world.mesh) === asked && !names.has(host)
    ) ?? hosts.find((host) =>
      !names.has(host) &&
      [...names].some((name) =>
        name.startsWith(`${host}.svc.`)
      )
    );
    if (other === undefined) return undefined;
    const isMeant = client.kind === "sidecar" &&
      resolveHost(asked, client.namespace, world.mesh) === other;
    return isMeant
      ? `no Service was read that has its host "${other}"`
      : `its host is "${other}", which is not the host of this request`;
  }
  const own = boundFor(client);
  const gateways = gatewaysOf(object);
  if (!gateways.includes(own)) {
    return `it is bound to ${
      gateways.map((name) => `"${name}"`).join(", ")
    }, not to "${own}"`;
  }
  if (
    !visibleTo(object.spec.exportTo, namespaceOf(object), client.namespace)
  ) {
    return `it is exported to ${
      strings(object.spec.exportTo).map((one) => `"${one}"`).join(", ")
    }, not to namespace "${client.namespace}"`;
  }
  const { service } = of.host ?? {};
  if (
    client.kind === "waypoint" && service !== undefined &&
    !isNearby(object, client, service)
  ) {
    return `a waypoint takes the rules of its own namespace and of "${service.namespace}", where the service is`;
  }
  if (sidecar?.importsRules(object) === false) {
    return `Sidecar "${sidecar.name}" does not import it on port ${request.port}`;
  }
  if (
    emittedRules(world, object, { client, port: request.port }).length === 0
  ) {
    return `none of its rules is for this client and port ${request.port}`;
  }
  const [owner] = roots;
  if (owner !== undefined) {
    const name = keyOf(owner);
    const isWider = hosts.every((host) => host.startsWith("*"));
    return isWider
      ? `"${name}" names the host more closely`
      : `"${name}" comes first for the host`;
  }
  if (of.host?.isSentToHttps === true) {
    return "the gateway's server sends every request of this port to HTTPS";
  }
  if (client.kind === "gateway") {
    return "the gateway has no server for its hosts on this port";
  }
  if (client.kind === "waypoint") {
    return "this waypoint does not stand before a service of its hosts";
  }
  return sidecar !== undefined
    ? `the host is no HTTP service on port ${request.port} that Sidecar "${sidecar.name}" imports`
    : `the host is no HTTP service on port ${request.port}`;
}
