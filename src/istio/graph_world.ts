/**
 * What a page needs of a world to explain requests by itself, and nothing
 * else of it: fields that routing looks at, the objects that have to do with
 * the ones drawn, pods as numbers. Annotations, environments of containers and
 * header operations stay where they are.
 *
 * @module
 */

import { gatewaysOf, serversOf } from "./client.ts";
import { rootsOf, rulesFor } from "./delegates.ts";
import { leadsTo, listOf } from "./graph_leads.ts";
import {
  intersectHosts,
  isWildcard,
  keyOf,
  matchesHost,
  namespaceOf,
  resolveHost,
  shortHost,
} from "./hosts.ts";
import { includesLabels, isReady, podsIn } from "./pods.ts";
import { isRecord, stringOf, strings } from "./shapes.ts";
import type {
  HTTPRoute,
  KubeObject,
  Pod,
  Service,
  VirtualService,
} from "./types.ts";
import { gatewaysBeside } from "./virtual_hosts.ts";
import { hostsOf } from "./virtual_services.ts";
import { EMPTY_WORLD, type World } from "./world.ts";

/** A world in which pods are counted. Plain JSON. */
export interface PortableWorld extends Omit<World, "pods" | "workloads"> {
  readonly pods: readonly CountedPods[];
}

/** Pods that are alike as far as routing goes. */
export interface CountedPods {
  readonly namespace: string;
  /** Those that a selector or a subset asks for. */
  readonly labels: Readonly<Record<string, string>>;
  readonly ready: number;
  readonly existing: number;
}

/** Takes out of a world what requests to the hosts of some objects depend on. */
export function portableWorld(
  world: World,
  objects: readonly VirtualService[],
): PortableWorld {
  const services = relatedTo(world, objects);
  const hosts = new Set(services.flatMap((one) => [
    ...hostsOf(world, one),
    ...rulesFor(world, one).rules.flatMap((rule) =>
      leadsTo(rule).map(({ destination }) =>
        resolveHost(
          stringOf(destination["host"]),
          namespaceOf(rule.source),
          world.mesh,
        )
      )
    ),
  ]));
  for (const { metadata, spec } of world.services) {
    // Either way: another name of such a host, and what such a name stands for.
    const own = `${metadata.name}.${
      namespaceOf({ metadata })
    }.svc.${world.mesh.clusterDomain}`;
    const other = stringOf(spec?.externalName).toLowerCase();
    if (other === "") continue;
    if (hosts.has(own)) hosts.add(other);
    else if (hosts.has(other)) hosts.add(own);
  }
  const isAsked = hostTest(hosts);
  // Gateways of one workload are one table.
  const gateways = new Set(
    services.flatMap(gatewaysOf).flatMap((gateway) =>
      gatewaysBeside(world, { gateway, labels: {} })
    ),
  );
  const kept = world.services.filter(({ metadata, ...object }) =>
    isAsked(
      `${metadata.name}.${
        namespaceOf({ ...object, metadata })
      }.svc.${world.mesh.clusterDomain}`,
    )
  );
  const destinationRules = world.destinationRules.filter((rule) =>
    typeof rule.spec?.host === "string" &&
    isAsked(resolveHost(rule.spec.host, namespaceOf(rule), world.mesh))
  ).map((rule) => ({
    ...plain(rule),
    spec: {
      ...pick(rule.spec, ["host", "exportTo", "workloadSelector"]),
      host: rule.spec.host,
      subsets: listOf(rule.spec.subsets).filter(isRecord).map((subset) =>
        pick(subset, ["name", "labels"])
      ) as never,
    },
  }));
  const selectors = kept.map((service) => selectorOf(service) ?? {});
  const keys = new Set([
    ...selectors.flatMap((selector) => Object.keys(selector)),
    ...destinationRules.flatMap(({ spec }) =>
      (spec.subsets as readonly { readonly labels?: unknown }[]).flatMap((
        { labels },
      ) => isRecord(labels) ? Object.keys(labels) : [])
    ),
  ]);
  return {
    virtualServices: services.map(plainRoute),
    destinationRules,
    gateways: world.gateways.filter((gateway) => gateways.has(keyOf(gateway)))
      .map((gateway) => ({
        ...plain(gateway),
        spec: {
          ...pick(gateway.spec, ["selector"]),
          servers: serversOf(gateway).map((
            server,
          ) => ({
            ...pick(server, ["port", "hosts"]),
            // Whether it is HTTP, and no more: certificates stay away.
            ...(isRecord(server["tls"])
              ? { tls: pick(server["tls"], ["httpsRedirect", "mode"]) }
              : {}),
          })) as never,
        },
      })),
    serviceEntries: world.serviceEntries.filter((entry) =>
      strings(entry.spec?.hosts).some(isAsked)
    ).map((entry) => ({
      ...plain(entry),
      spec: pick(entry.spec, ["hosts", "addresses", "ports", "exportTo"]),
    })),
    workloadEntries: world.workloadEntries.filter((entry) =>
      kept.some((service) =>
        namespaceOf(service) === namespaceOf(entry) &&
        includesLabels(labelsOf(entry), selectorOf(service) ?? { "": "" })
      )
    ).map((entry) => ({
      ...plain(entry),
      spec: { labels: labelsOf(entry) },
    })),
    sidecars: world.sidecars.map((sidecar) => ({
      ...plain(sidecar),
      spec: pick(sidecar.spec, [
        "workloadSelector",
        "egress",
        "outboundTrafficPolicy",
      ]),
    })),
    namespaces: [],
    services: kept.map(plainService),
    pods: countPods(world, kept, keys),
    gaps: world.gaps,
    mesh: world.mesh,
  };
}

/** The world again, with a pod for each that was counted. */
export function worldFrom(portable: PortableWorld): World {
  const pods = portable.pods.flatMap((
    { namespace, labels, ready, existing },
    group,
  ) =>
    Array.from({ length: existing }, (_, index): Pod => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `pod-${group}-${index}`, namespace, labels },
      status: {
        phase: "Running",
        conditions: [{
          type: "Ready",
          status: index < ready ? "True" : "False",
        }],
      },
    }))
  );
  return { ...EMPTY_WORLD, ...portable, pods };
}

/** With their delegates and roots, and all that speak for one of their hosts. */
function relatedTo(
  world: World,
  objects: readonly VirtualService[],
): readonly VirtualService[] {
  const related = new Set(objects);
  for (const object of objects) {
    for (const root of rootsOf(world, object)) related.add(root);
  }
  const hosts = [
    ...new Set([...related].flatMap((one) => hostsOf(world, one))),
  ];
  const exact = new Set(hosts);
  const wild = hosts.filter(isWildcard);
  // A name that is written alike is told as no rival.
  const short = new Set(hosts.map((host) => shortHost(host, world.mesh)));
  for (const other of world.virtualServices) {
    const isRival = hostsOf(world, other).some((host) =>
      exact.has(host) || short.has(shortHost(host, world.mesh)) ||
      hosts.some((one) => one.startsWith(`${host}.svc.`)) ||
      (isWildcard(host) ? hosts : wild).some((one) =>
        intersectHosts(one, host) !== undefined
      )
    );
    if (isRival) related.add(other);
  }
  // Those that do not fit, too: they are why a rule is not there.
  const unfit = new Set<string>();
  for (const root of [...related]) {
    const { rules, problems } = rulesFor(world, root);
    for (const { source } of rules) related.add(source);
    for (const { delegate } of problems) unfit.add(delegate);
  }
  for (const other of world.virtualServices) {
    if (unfit.has(keyOf(other))) related.add(other);
  }
  // In the order of the world, on which ties depend.
  return world.virtualServices.filter((one) => related.has(one));
}

function hostTest(hosts: ReadonlySet<string>): (host: string) => boolean {
  const wild = [...hosts].filter(isWildcard);
  return (host) =>
    hosts.has(host) || wild.some((pattern) => matchesHost(pattern, host)) ||
    (isWildcard(host) &&
      [...hosts].some((one) => intersectHosts(one, host) !== undefined));
}

function countPods(
  world: World,
  services: readonly Service[],
  keys: ReadonlySet<string>,
): readonly CountedPods[] {
  const counted = new Map<string, CountedPods>();
  const seen = new Set<Pod>();
  for (const service of services) {
    const selector = selectorOf(service);
    if (selector === undefined) continue;
    const namespace = namespaceOf(service);
    for (const pod of podsIn(world, namespace)) {
      const all = pod.metadata.labels ?? {};
      if (seen.has(pod) || !includesLabels(all, selector)) continue;
      seen.add(pod);
      const labels = Object.fromEntries(
        Object.entries(all).filter(([key]) => keys.has(key)).sort(),
      );
      const key = JSON.stringify([namespace, labels]);
      const { ready = 0, existing = 0 } = counted.get(key) ?? {};
      counted.set(key, {
        namespace,
        labels,
        ready: ready + (isReady(pod) ? 1 : 0),
        existing: existing + 1,
      });
    }
  }
  return [...counted].sort(([a], [b]) => a < b ? -1 : 1).map(([, one]) => one);
}

function selectorOf(
  { spec }: Service,
): Readonly<Record<string, string>> | undefined {
  const selector: unknown = spec?.selector;
  return isRecord(selector) && Object.keys(selector).length > 0
    ? selector as Record<string, string>
    : undefined;
}

function labelsOf(entry: KubeObject): Readonly<Record<string, string>> {
  const spec = entry["spec"];
  return isRecord(spec) && isRecord(spec["labels"])
    ? spec["labels"] as Record<string, string>
    : {};
}

/** Name, namespace and age; of annotations only what routing looks at. */
function plain<T extends KubeObject>(object: T): T {
  const { apiVersion, kind, metadata } = object;
  const exportTo = metadata.annotations?.["networking.istio.io/exportTo"];
  return {
    apiVersion,
    kind,
    metadata: {
      ...pick(metadata, ["name", "namespace", "creationTimestamp"]),
      ...(exportTo === undefined
        ? {}
        : { annotations: { "networking.istio.io/exportTo": exportTo } }),
    },
  } as unknown as T;
}

function plainService(service: Service): Service {
  return {
    ...plain(service),
    spec: pick(service.spec, [
      ...["selector", "clusterIP", "ports", "type", "externalName"],
    ]),
  };
}

function plainRoute(object: VirtualService): VirtualService {
  const { http } = object.spec ?? {};
  return {
    ...plain(object),
    spec: {
      ...pick(object.spec, ["hosts", "gateways", "exportTo"]),
      ...(Array.isArray(http) ? { http: http.map(plainRule) } : {}),
    },
  };
}

/** Header operations and CORS decide about no rule, and may hold secrets. */
function plainRule(rule: HTTPRoute): HTTPRoute {
  if (!isRecord(rule)) return rule;
  const direct: unknown = rule.directResponse;
  return {
    ...pick(rule, [
      "name",
      "match",
      "redirect",
      "delegate",
      "rewrite",
      "mirror",
      "mirrors",
      "mirrorPercentage",
      "timeout",
      "retries",
      "fault",
    ]),
    ...(isRecord(direct) ? { directResponse: pick(direct, ["status"]) } : {}),
    ...(Array.isArray(rule.route)
      ? {
        route: rule.route.map((one) =>
          isRecord(one) ? pick(one, ["destination", "weight"]) : one
        ) as never,
      }
      : {}),
  };
}

function pick<T extends object, K extends keyof T>(
  object: T | undefined,
  keys: readonly K[],
): Pick<T, K> {
  const kept: Partial<T> = {};
  for (const key of keys) {
    if (object?.[key] !== undefined) kept[key] = object[key];
  }
  return kept as Pick<T, K>;
}
