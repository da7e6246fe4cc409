/**
 * One service whose traffic several VirtualServices share: a change of it is
 * a plan of several objects.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import { routing, service } from "../../mesh/town.ts";

/** The service; its DestinationRule has the same name. */
export const HOST = "api";

/** Builds that have pods. */
export const BUILDS = [1, 2, 3] as const;

/** Names of so many VirtualServices. */
export function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `front-${at + 1}`);
}

/** The service, and VirtualServices of these names with all to build 1. */
export function severalObjects(names: readonly string[]): KubeObject[] {
  const [rule, routes] = routing(HOST, 1);
  return [
    ...service(HOST, { builds: BUILDS, pods: 2 }),
    rule!,
    ...names.flatMap((name): KubeObject[] => [
      {
        ...routes!,
        metadata: { ...routes!.metadata, name },
        spec: { ...routes!["spec"] as object, hosts: [name] },
      },
      // Requests are sent to it, and its pods are those of the service.
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace: "default" },
        spec: {
          selector: { app: HOST },
          ports: [{ name: "http", port: 5000 }],
        },
      },
    ]),
  ];
}
