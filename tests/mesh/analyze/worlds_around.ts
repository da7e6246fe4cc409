/**
 * What stands around rules: DestinationRules, Gateways and ServiceEntries.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import type { Draw } from "../agreement/draw.ts";
import { exportTo, NETWORKING } from "./worlds_parts.ts";

/** One for a host that is there, as a rule. */
export function anyDestinationRule(draw: Draw, at: number): KubeObject {
  return {
    apiVersion: NETWORKING,
    kind: "DestinationRule",
    metadata: {
      name: `dr${at}`,
      namespace: draw.one(["default", "default", "shop", "istio-system"]),
    },
    spec: {
      host: draw.one([
        ...["a", "b", "c"],
        ...[
          "a.default.svc.cluster.local",
          "a.default.svc.cluster.local",
          "b.default.svc.cluster.local",
          "c.shop.svc.cluster.local",
          "e.shop.svc.cluster.local",
          "ext.example.org",
          "*.local",
          "*.default.svc.cluster.local",
        ],
        ...(draw.chance(40) ? ["nobody", "a.default", "web.wild.test"] : []),
      ]),
      ...exportTo(draw),
      subsets: ["v1", "v2", "v3", "gone"].filter(() => draw.chance(50))
        .map((name) => ({
          name: draw.chance(97) ? name : "v1",
          labels: draw.chance(95)
            ? { version: name }
            : draw.one<Record<string, string>>([{}, { version: "-bad-" }]),
        })),
      ...draw.fields<Record<string, unknown>>(8, {
        trafficPolicy: () =>
          draw.one([
            { connectionPool: { tcp: { maxConnections: -1 } } },
            { outlierDetection: { consecutiveErrors: 3 } },
            { loadBalancer: { simple: "ROUND_ROBIN" } },
            {
              loadBalancer: {
                consistentHash: { minimumRingSize: 5, useSourceIp: true },
              },
            },
          ]),
        workloadSelector: () => ({ matchLabels: { app: "a" } }),
      }),
    },
  };
}

/** Of `default`: `gate0` and `gate1`. */
export function anyGateway(draw: Draw, at: number): KubeObject {
  const server = (nth: number) => ({
    port: {
      number: draw.chance(96) ? 80 + nth : 0,
      name: draw.chance(92) ? `http-${nth}` : "http",
      protocol: draw.chance(92) ? "HTTP" : draw.one(["TCP", "ODD"]),
    },
    hosts: draw.list(draw.chance(96) ? 1 : 0, 2, () =>
      draw.one([
        ...["*", "*.example.com", "web.example.com", "web.shop.test"],
        ...["./*", "shop/*", "*/web.example.com", "default/*.example.com"],
        ...(draw.chance(10) ? ["web.*"] : []),
      ])),
    ...draw.chance(5) ? { tls: { httpsRedirect: true } } : {},
  });
  return {
    apiVersion: NETWORKING,
    kind: "Gateway",
    metadata: { name: `gate${at}`, namespace: "default" },
    spec: {
      selector: { app: draw.chance(92) ? "ingress" : "nobody" },
      servers: draw.list(draw.chance(96) ? 1 : 0, 2, server),
    },
  };
}

/** Of the outside, or nearly so; the second is never for the first's host. */
export function anyServiceEntry(draw: Draw, at: number): KubeObject {
  const hosts = ["ext.example.org"];
  const spec = at === 0
    ? draw.one<Record<string, unknown>>([
      { hosts, resolution: "DNS" },
      { hosts, resolution: "NONE" },
      {
        ...{ hosts, resolution: "STATIC" },
        endpoints: [{ address: "10.9.9.9", labels: { version: "v1" } }],
      },
      {
        ...{ hosts, resolution: "STATIC" },
        workloadSelector: { labels: { app: "a" } },
      },
    ])
    : draw.one<Record<string, unknown>>([
      { hosts: ["*.wild.test"], resolution: "NONE" },
      { hosts: ["*.wild.test"], resolution: "DNS" },
      { hosts: ["a.default.svc.cluster.local"], resolution: "NONE" },
    ]);
  return {
    apiVersion: NETWORKING,
    kind: "ServiceEntry",
    metadata: { name: `entry${at}`, namespace: draw.one(["default", "shop"]) },
    spec: {
      ...spec,
      ...exportTo(draw),
      location: "MESH_EXTERNAL",
      ports: draw.list(1, 2, (nth) => ({
        number: 80 + nth,
        name: `p${nth}`,
        protocol: draw.chance(90) ? "HTTP" : draw.one(["TCP", "ODD"]),
      })),
    },
  };
}
