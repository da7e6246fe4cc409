/**
 * The world that `bench/insight.ts` asks about: as many VirtualServices and
 * DestinationRules as one likes, the way teams write them, and what stands
 * behind them. The same for the same size.
 *
 * @module
 */

import { randomOf } from "../src/istio/draw.ts";
import type { KubeObject } from "../src/istio/types.ts";

/** Objects of the world. */
export interface BenchWorld {
  /** A VirtualService and a DestinationRule for each service. */
  readonly rules: readonly KubeObject[];
  /** A Gateway, and a Service and two Pods for each service. */
  readonly behind: readonly KubeObject[];
  /** What a request can be sent to. */
  readonly services: readonly BenchService[];
}

/** A service of the world. */
export interface BenchService {
  readonly name: string;
  readonly namespace: string;
}

const NETWORKING = "networking.istio.io/v1";
const NAMESPACES = 50;
const PORT = 8080;
const AREAS = ["cart", "orders", "billing", "search", "users", "stock"];
const GATEWAY = { name: "public", namespace: "istio-system" };

/** Makes the world of so many services. */
export function benchWorld(count: number): BenchWorld {
  const random = randomOf(count);
  const services = Array.from({ length: count }, (_, nth): BenchService => ({
    name: `${AREAS[nth % AREAS.length]}-${nth}`,
    namespace: `team-${nth % NAMESPACES}`,
  }));
  return {
    services,
    rules: services.flatMap((service, nth) => [
      virtualService(service, { nth, random }),
      destinationRule(service, random),
    ]),
    behind: [gateway(), ...services.flatMap(standingBehind)],
  };
}

interface Drawn {
  readonly nth: number;
  readonly random: () => number;
}

/** Two to six rules; one in five is for the gateway, too. */
function virtualService(service: BenchService, drawn: Drawn): KubeObject {
  const { name, namespace } = service;
  const { nth, random } = drawn;
  const isPublic = random() < 0.2;
  return object(NETWORKING, "VirtualService", {
    metadata: metadataOf(service),
    spec: {
      hosts: [
        random() < 0.5 ? name : `${name}.${namespace}.svc.cluster.local`,
        ...(isPublic ? [`${name}.example.com`] : []),
      ],
      ...(isPublic
        ? { gateways: ["mesh", `${GATEWAY.namespace}/${GATEWAY.name}`] }
        : {}),
      http: [
        ...Array.from(
          { length: 1 + Math.floor(random() * 5) },
          (_, rule) => headerRule(service, { rule, nth, random }),
        ),
        {
          name: "base",
          timeout: "5s",
          retries: { attempts: 3, perTryTimeout: "2s" },
          // One in a hundred is what somebody has left half done.
          route: random() < 0.99
            ? [to(service, "v1", 90), to(service, "v2", 10)]
            : [to(service, "v1", 90), to(service, "v9", 20)],
        },
      ],
    },
  });
}

function headerRule(
  service: BenchService,
  { rule, nth, random }: Drawn & { readonly rule: number },
): object {
  const kind = random();
  const match = kind < 0.4
    ? [{ headers: { "x-cid": { exact: `user-${nth}-${rule}` } } }]
    : kind < 0.8
    ? [
      { uri: { prefix: `/v${rule}/` }, headers: { "x-beta": { exact: "1" } } },
      { uri: { exact: `/v${rule}` }, method: { exact: "POST" } },
    ]
    : kind < 0.997
    ? [{ uri: { regex: `/items/[0-9]+/part-${rule}` } }]
    : [{ uri: { prefix: "/" } }];
  return {
    name: `rule-${rule}`,
    match,
    ...(random() < 0.2 ? { timeout: "10s" } : {}),
    ...(random() < 0.1 ? { rewrite: { uri: "/" } } : {}),
    ...(random() < 0.05
      ? {
        mirror: to(service, "v1").destination,
        mirrorPercentage: { value: 5 },
      }
      : {}),
    route: [to(service, random() < 0.5 ? "v2" : "v3")],
  };
}

function to(
  { name }: BenchService,
  subset: string,
  weight?: number,
): { readonly destination: object } {
  return {
    destination: { host: name, subset, port: { number: PORT } },
    ...(weight === undefined ? {} : { weight }),
  };
}

function destinationRule(
  service: BenchService,
  random: () => number,
): KubeObject {
  return object(NETWORKING, "DestinationRule", {
    metadata: metadataOf(service),
    spec: {
      host: service.name,
      trafficPolicy: {
        connectionPool: {
          tcp: { maxConnections: 100 },
          http: { http1MaxPendingRequests: 50 },
        },
        ...(random() < 0.5
          ? { outlierDetection: { consecutive5xxErrors: 5, interval: "10s" } }
          : {}),
      },
      subsets: ["v1", "v2", "v3"].map((version) => ({
        name: version,
        labels: { version },
      })),
    },
  });
}

function standingBehind(service: BenchService): readonly KubeObject[] {
  const { name, namespace } = service;
  return [
    object("v1", "Service", {
      metadata: metadataOf(service),
      spec: {
        selector: { app: name },
        ports: [{ name: "http", port: PORT, targetPort: PORT }],
      },
    }),
    ...["v1", "v2", "v3"].map((version) =>
      object("v1", "Pod", {
        metadata: {
          name: `${name}-${version}`,
          namespace,
          labels: { app: name, version },
        },
        spec: { containers: [{ name: "app", image: `${name}:${version}` }] },
        status: {
          phase: "Running",
          conditions: [{ type: "Ready", status: "True" }],
        },
      })
    ),
  ];
}

function gateway(): KubeObject {
  return object(NETWORKING, "Gateway", {
    metadata: GATEWAY,
    spec: {
      selector: { istio: "ingressgateway" },
      servers: [{
        port: { number: 80, name: "http", protocol: "HTTP" },
        hosts: ["*.example.com"],
      }],
    },
  });
}

function metadataOf({ name, namespace }: BenchService): object {
  return {
    name,
    namespace,
    labels: { app: name, "app.kubernetes.io/part-of": "shop" },
  };
}

function object(
  apiVersion: string,
  kind: string,
  rest: Readonly<Record<string, unknown>>,
): KubeObject {
  return { apiVersion, kind, ...rest } as unknown as KubeObject;
}
