/**
 * A service with two builds and as many rules as a load needs, each a base
 * rule of its own.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";

const NETWORKING = "networking.istio.io/v1";

/** Service, DestinationRule and one ready pod for each build. */
export function shopObjects(): KubeObject[] {
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "shop", namespace: "default" },
      spec: { selector: { app: "shop" }, ports: [{ name: "http", port: 80 }] },
    },
    {
      apiVersion: NETWORKING,
      kind: "DestinationRule",
      metadata: { name: "shop", namespace: "default" },
      spec: {
        host: "shop",
        subsets: ["1", "2"].map((build) => ({
          name: `b${build}`,
          labels: { app: "shop", build },
        })),
      },
    },
    ...["1", "2"].map((build): KubeObject => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `shop-${build}`,
        namespace: "default",
        labels: { app: "shop", build },
      },
      spec: { containers: [{ name: "shop", image: "shop" }] },
      status: {
        phase: "Running",
        podIP: `10.0.0.${build}`,
        conditions: [{ type: "Ready", status: "True" }],
      },
    })),
  ];
}

/** A VirtualService whose rules are named `r0`, `r1`, …; all at build 1. */
export function shopRoutes(name: string, rules: number): KubeObject {
  return {
    apiVersion: NETWORKING,
    kind: "VirtualService",
    metadata: { name, namespace: "default" },
    spec: {
      hosts: [name],
      http: Array.from({ length: rules }, (_, at) => ({
        name: `r${at}`,
        match: [{ uri: { prefix: `/${at}/` } }],
        route: [
          { destination: { host: "shop", subset: "b1" }, weight: 100 },
          { destination: { host: "shop", subset: "b2" }, weight: 0 },
        ],
      })),
    },
  };
}

/** Weight of build 2 in a rule of {@linkcode shopRoutes}. */
export function weightIn(object: KubeObject, rule: string): number {
  const { http } = object["spec"] as {
    http: {
      name: string;
      route: { destination: { subset: string }; weight?: number }[];
    }[];
  };
  const found = http.find(({ name }) => name === rule)!.route;
  return found.find(({ destination }) => destination.subset === "b2")
    ?.weight ?? 0;
}
