/**
 * Services whose pods nobody runs: one server answers for all of them, and
 * the address says which it would have been. Build N has 10.77.N.x.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import { apiOf, type Places } from "./places.ts";

/** Options of {@linkcode service}. */
export interface ServiceOptions {
  /** `default` by default. */
  readonly namespace?: string;
  /** Values of the label `build`. */
  readonly builds: readonly number[];
  /** Pods of each build; 1. */
  readonly pods?: number;
}

/** A Service on port 5000 with its pods and their EndpointSlice. */
export function service(name: string, options: ServiceOptions): KubeObject[] {
  const { namespace = "default", builds, pods = 1 } = options;
  const all = builds.flatMap((build) =>
    Array.from({ length: pods }, (_, nth): KubeObject => {
      const podIP = `10.77.${build}.${nth + 1}`;
      return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          name: `${name}-${build}-${nth + 1}`,
          namespace,
          labels: { app: name, build: String(build) },
        },
        spec: {
          nodeName: "node",
          containers: [{ name: "server", image: `${name}:${build}` }],
        },
        status: {
          phase: "Running",
          podIP,
          podIPs: [{ ip: podIP }],
          conditions: [{ type: "Ready", status: "True" }],
          containerStatuses: [{
            name: "server",
            image: `${name}:${build}`,
            imageID: "",
            ready: true,
            state: { running: {} },
            restartCount: 0,
          }],
        },
      };
    })
  );
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace, labels: { app: name } },
      spec: {
        selector: { app: name },
        ports: [{ name: "http", port: 5000, targetPort: 5000 }],
      },
    },
    ...all,
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name,
        namespace,
        labels: { "kubernetes.io/service-name": name },
      },
      addressType: "IPv4",
      ports: [{ name: "http", port: 5000, protocol: "TCP" }],
      endpoints: all.map(({ metadata, status }) => ({
        addresses: [(status as { readonly podIP: string }).podIP],
        conditions: { ready: true },
        targetRef: { kind: "Pod", name: metadata.name, namespace },
      })),
    },
  ];
}

/** A VirtualService of that service, all to one build, and its subset. */
export function routing(name: string, build: number): KubeObject[] {
  const apiVersion = "networking.istio.io/v1";
  const subset = `${name}-${build}`;
  return [
    {
      apiVersion,
      kind: "DestinationRule",
      metadata: { name, namespace: "default", labels: { app: name } },
      spec: {
        host: name,
        subsets: [{ name: subset, labels: { build: String(build) } }],
      },
    },
    {
      apiVersion,
      kind: "VirtualService",
      metadata: { name, namespace: "default", labels: { app: name } },
      spec: {
        hosts: [name],
        http: [{
          route: [{
            destination: { host: name, subset, port: { number: 5000 } },
          }],
        }],
      },
    },
  ];
}

/** What a mesh that is used by hand has at first: `curl -H 'host: …'`. */
export const TOWN_HOST = "api-domain:5000";

/** Puts a service with four builds into the mesh, all traffic to the first. */
export async function showTown(places: Places): Promise<void> {
  using api = apiOf(places);
  await api.create(
    ...service("api-domain", { builds: [1, 2, 3, 4], pods: 2 }),
    ...routing("api-domain", 1),
  );
}
