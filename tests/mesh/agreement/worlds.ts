/**
 * Random worlds: services, and rules about them, in all shapes that matter to
 * who gets a request. Each has hosts of its own, so that many live in one
 * mesh side by side.
 *
 * @module
 */

import { isReady } from "../../../src/istio/pods.ts";
import type { HTTPRoute, KubeObject } from "../../../src/istio/types.ts";
import type { Draw } from "./draw.ts";
import { anyMatch, oneCondition } from "./matches.ts";

/** One of many that do not touch each other. */
export interface RandomWorld {
  /** `w17`. */
  readonly id: string;
  /** VirtualServices and DestinationRules; istiod may refuse some. */
  readonly rules: readonly KubeObject[];
  /** What requests may have as Host. */
  readonly authorities: readonly string[];
  /** The same, for requests to a gateway. */
  readonly outside: readonly string[];
}

const NETWORKING = "networking.istio.io/v1";

/** Label of all that is drawn. */
export const DRAWN = { batch: "drawn" } as const;

/** Namespaces that services, rules and clients are in. */
export const NAMESPACES = ["default", "other"] as const;

/** The build whose pods are not ready. */
const UNREADY = 4;

/** Pods that all services share: build N of each namespace. */
export const PODS: readonly KubeObject[] = NAMESPACES.flatMap((namespace, at) =>
  [1, 2, 3, UNREADY].map((build): KubeObject => {
    const podIP = `10.77.${build + at * 10}.1`;
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `shared-${build}`,
        namespace,
        labels: { pool: "shared", build: `v${build}` },
      },
      spec: {
        nodeName: "node",
        containers: [{ name: "server", image: "server" }],
      },
      status: {
        phase: "Running",
        podIP,
        podIPs: [{ ip: podIP }],
        conditions: [{
          type: "Ready",
          status: build === UNREADY ? "False" : "True",
        }],
      },
    };
  })
);

interface Place {
  readonly name: string;
  readonly namespace: string;
  readonly pool: string;
  readonly ports: readonly number[];
  /** `.`: for its own namespace alone. */
  readonly exportTo?: string;
}

const PLACES: readonly Place[] = [
  { name: "a", namespace: "default", pool: "shared", ports: [5000] },
  { name: "b", namespace: "default", pool: "shared", ports: [5000, 6000] },
  { name: "c", namespace: "other", pool: "shared", ports: [5000] },
  { name: "d", namespace: "default", pool: "none", ports: [5000] },
  {
    ...{ name: "e", namespace: "other", pool: "shared", ports: [5000] },
    exportTo: ".",
  },
];

/** Services of the world with that id, whatever its rules are. */
export function servicesOf(id: string): KubeObject[] {
  return PLACES.flatMap((place) =>
    serviceAt({ ...place, name: `${id}${place.name}` })
  );
}

/** Draws the rules of one. */
export function anyWorld(draw: Draw, id: string): RandomWorld {
  const places = PLACES.map(({ name, namespace }) => ({
    name: `${id}${name}`,
    namespace,
  }));
  const full = places.map(({ name, namespace }) =>
    `${name}.${namespace}.svc.cluster.local`
  );
  const hosts = [...full, ...places.map(({ name }) => name), `${id}x.test`];
  const outside = [`${id}.gate.test`, `deep.${id}.gate.test`];
  const spellings = [
    ...hosts,
    ...full.map((host) => `${host}:5000`),
    `${id}a.default`,
    `${id}c.other.svc`,
    `${id}A:5000`,
    menuHost({ id }),
    `${menuHost({ id })}:80`,
  ];
  const of: Hosts = {
    id,
    // Rules of many objects for one host of a gateway are joined.
    isAtGate: draw.chance(25),
    hosts,
    full,
    outside,
    authorities: [...spellings, ...outside],
  };
  const rules: KubeObject[] = [
    ...draw.list(1, 4, (at) => anyVirtualService(draw, { ...of, at })),
    ...draw.list(1, 4, (at) => anyDestinationRule(draw, { ...of, at })),
    ...draw.chance(25) ? [aDelegate(draw, of)] : [],
    aMenu(draw, of),
  ].map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: DRAWN },
  }));
  // Hosts that rules are about, three times of four.
  const about = rules.flatMap(({ metadata, ...rule }) => {
    const spec = rule["spec"] as { readonly hosts?: readonly string[] };
    return (spec.hosts ?? []).map((host) =>
      host.includes(".")
        ? host.replace("*", "any")
        : `${host}.${metadata.namespace}.svc.cluster.local`
    );
  });
  const often = (hosts: readonly string[]): string[] => [
    ...hosts,
    ...Array.from({ length: 3 * hosts.length }, () => draw.one(about)),
  ];
  return {
    id,
    rules,
    authorities: often(spellings),
    outside: often([...outside, menuHost({ id }), full[0]!]),
  };
}

interface Hosts {
  readonly id: string;
  readonly isAtGate: boolean;
  readonly hosts: readonly string[];
  readonly full: readonly string[];
  readonly outside: readonly string[];
  readonly authorities: readonly string[];
}

/** The host of {@linkcode aMenu}. */
function menuHost({ id }: Pick<Hosts, "id">): string {
  return `${id}.menu.test`;
}

/** One condition a rule, for sidecars and the gateway, at destinations of all kinds. */
function aMenu(draw: Draw, of: Hosts): KubeObject {
  const host = menuHost(of);
  const [a = "", , , d = ""] = of.full;
  const destination = () =>
    draw.one([
      { host: a, port: { number: 5000 } },
      { host: a, subset: "v1", port: { number: 5000 } },
      { host: a, subset: "v4", port: { number: 5000 } },
      { host: d, port: { number: 5000 } },
    ]);
  return {
    apiVersion: NETWORKING,
    kind: "VirtualService",
    metadata: { name: `${of.id}-vs9`, namespace: "default" },
    spec: {
      hosts: [host],
      gateways: ["mesh", "default/gate"],
      http: draw.list(3, 6, (nth) => ({
        name: `vs9-r${nth}`,
        match: [
          oneCondition(draw, { name: "m0", authorities: [host, `${host}:80`] }),
        ],
        ...draw.chance(10)
          ? { directResponse: { status: 418 } }
          : draw.chance(10)
          ? { redirect: { uri: "/elsewhere" } }
          : {
            route: [10, 70].slice(draw.below(2)).map((weight) => ({
              destination: destination(),
              weight,
            })),
          },
      })),
    },
  };
}

function anyVirtualService(
  draw: Draw,
  of: Hosts & { readonly at: number },
): KubeObject {
  const { id, at } = of;
  const isAtGate = of.isAtGate && draw.chance(80);
  const gateways = isAtGate
    ? draw.one([["default/gate"], ["mesh", "default/gate"]])
    : draw.chance(30)
    ? draw.one([
      ["gate"],
      ["default/gate"],
      ["mesh", "default/gate"],
      ["mesh"],
      ["default/none"],
    ])
    : undefined;
  const bound = gateways?.some((name) => name.endsWith("gate")) ?? false;
  const host = () =>
    isAtGate && draw.chance(70)
      ? of.outside[0]!
      : bound && draw.chance(70)
      ? draw.one([...of.outside, `*.${id}.gate.test`])
      : draw.one([...of.full, ...of.full, ...of.full, ...of.hosts]);
  return {
    apiVersion: NETWORKING,
    kind: "VirtualService",
    metadata: { name: `${id}-vs${at}`, namespace: draw.one(NAMESPACES) },
    spec: {
      hosts: [...new Set(draw.list(1, 3, host))],
      ...(gateways === undefined ? {} : { gateways }),
      ...exportTo(draw),
      http: draw.list(
        1,
        5,
        (nth) => anyRule(draw, { ...of, nth, owner: `vs${at}` }),
      ),
    },
  };
}

/** Rules of a VirtualService without hosts, for roots that name it. */
function aDelegate(draw: Draw, of: Hosts): KubeObject {
  return {
    apiVersion: NETWORKING,
    kind: "VirtualService",
    metadata: { name: `${of.id}-${DELEGATE}`, namespace: draw.one(NAMESPACES) },
    spec: {
      ...exportTo(draw),
      http: draw.list(
        1,
        3,
        (nth) => anyRule(draw, { ...of, nth, owner: DELEGATE }),
      ),
    },
  };
}

/** Builds with pods, one whose pods are not ready, and one without pods. */
const SUBSETS = ["v1", "v2", "v3", "v4", "ghost"];
const NAMED_SUBSETS = [...SUBSETS, "v4", "missing"];

/** Owner of rules that others name. */
const DELEGATE = "delegate";

/**
 * What a route that Envoy logs says of its rule: `vs1-r2.m0` is match 0 of
 * rule 2 of `w17-vs1`, and `vs1-r2-delegate-r0.m0-m1` is rule 0 of a delegate.
 */
export function ruleNamed(
  route: string,
):
  | { readonly object: string; readonly rule: number; readonly match?: number }
  | undefined {
  const [, object, rule, match] =
    /(?:^|-)(vs\d|delegate)-r(\d)(?:\.m(\d))?(?:-m\d)?$/.exec(route) ?? [];
  if (object === undefined) return undefined;
  return {
    object,
    rule: Number(rule),
    // Blocks of a delegate are joined with its root's.
    ...(match === undefined || object === DELEGATE
      ? {}
      : { match: Number(match) }),
  };
}

function anyRule(
  draw: Draw,
  of: Hosts & { readonly nth: number; readonly owner: string },
): HTTPRoute {
  const match = draw.chance(85)
    ? draw.list(1, 3, (block) => anyMatch(draw, { name: `m${block}`, ...of }))
    : undefined;
  const isDelegate = of.owner === DELEGATE;
  const rule = {
    // A root's name would stand for that of a delegate without.
    ...(isDelegate || draw.chance(90)
      ? { name: `${of.owner}-r${of.nth}` }
      : {}),
    ...(match === undefined ? {} : { match }),
  };
  const what = draw.below(20);
  if (what === 0) {
    return {
      ...rule,
      redirect: {
        uri: "/elsewhere",
        ...draw.chance(50) ? { redirectCode: draw.one([302, 307, 308]) } : {},
      },
    };
  }
  if (what === 1) {
    return { ...rule, directResponse: { status: draw.one([200, 403, 418]) } };
  }
  if (what === 2 && !isDelegate) {
    return {
      ...rule,
      delegate: {
        name: `${of.id}-${DELEGATE}`,
        ...draw.chance(60) ? { namespace: draw.one(NAMESPACES) } : {},
      },
    };
  }
  // Three of five lead to where somebody is: only there are shares to be seen.
  const isWell = draw.chance(60);
  const destination = () =>
    isWell
      ? {
        host: draw.one(of.full.slice(0, 3)),
        ...draw.chance(30) ? { subset: draw.one(["v1", "v2", "v3"]) } : {},
        port: { number: 5000 },
      }
      : {
        host: draw.one([
          ...of.full,
          ...of.hosts,
          "nowhere.default.svc.cluster.local",
        ]),
        ...draw.chance(60) ? { subset: draw.one(NAMED_SUBSETS) } : {},
        ...draw.chance(75)
          ? { port: { number: draw.one([5000, 5000, 5000, 6000, 7000]) } }
          : {},
      };
  const route = draw.list(1, 3, () => ({
    destination: destination(),
    ...draw.chance(80) ? { weight: draw.one([0, 1, 10, 30, 70, 100]) } : {},
  }));
  return { ...rule, route };
}

function anyDestinationRule(
  draw: Draw,
  of: Hosts & { readonly at: number },
): KubeObject {
  return {
    apiVersion: NETWORKING,
    kind: "DestinationRule",
    metadata: {
      name: `${of.id}-dr${of.at}`,
      namespace: draw.one(["default", "default", "other", "istio-system"]),
    },
    spec: {
      host: draw.chance(60)
        ? draw.one(of.full.slice(0, 3))
        : draw.one(of.hosts),
      ...exportTo(draw),
      subsets: SUBSETS.filter(() => draw.chance(75))
        .map((name) => ({
          name,
          labels: { build: draw.chance(85) ? name : "v1" },
        })),
    },
  };
}

function exportTo(draw: Draw): { readonly exportTo?: readonly string[] } {
  return draw.chance(20)
    ? { exportTo: draw.one([["."], ["*"], ["default"], ["other"]]) }
    : {};
}

function serviceAt(of: Place): KubeObject[] {
  const { name, namespace, pool, ports, exportTo } = of;
  const pods = PODS.filter(({ metadata }) =>
    metadata.namespace === namespace && metadata.labels?.["pool"] === pool
  );
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name,
        namespace,
        ...(exportTo === undefined ? {} : {
          annotations: { "networking.istio.io/exportTo": exportTo },
        }),
      },
      spec: {
        selector: { pool },
        ports: ports.map((port) => ({
          name: `http-${port}`,
          port,
          targetPort: 5000,
        })),
      },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name,
        namespace,
        labels: { "kubernetes.io/service-name": name },
      },
      addressType: "IPv4",
      ports: ports.map((port) => ({
        name: `http-${port}`,
        port: 5000,
        protocol: "TCP",
      })),
      endpoints: pods.map((pod) => ({
        addresses: [(pod["status"] as { readonly podIP: string }).podIP],
        conditions: { ready: isReady(pod) },
        targetRef: { kind: "Pod", name: pod.metadata.name, namespace },
      })),
    },
  ];
}
