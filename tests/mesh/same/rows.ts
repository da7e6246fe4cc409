/**
 * What is asked: each row in a namespace of its own, its exchanges in order.
 *
 * @module
 */

import type { Exchange } from "./sides.ts";

/** Some exchanges that belong together. */
export interface Row {
  readonly name: string;
  readonly exchanges: readonly Exchange[];
}

export const ISTIO = "/apis/networking.istio.io/v1/namespaces/{ns}";
export const SERVICES = `${ISTIO}/virtualservices`;
export const RULES = `${ISTIO}/destinationrules`;
export const CORE = "/api/v1/namespaces/{ns}";
export const APPS = "/apis/apps/v1/namespaces/{ns}";

export const JSON_PATCH = "application/json-patch+json";
export const MERGE_PATCH = "application/merge-patch+json";
export const STRATEGIC = "application/strategic-merge-patch+json";
export const APPLY = "application/apply-patch+yaml";

const JSON_TYPE = "application/json";
export const TABLE =
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
export const PARTIAL =
  `${JSON_TYPE};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`;
export const PARTIAL_LIST =
  `${JSON_TYPE};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io`;

type Rest = Readonly<Record<string, unknown>>;

/** A VirtualService of one route. */
export function service(name: string, metadata: Rest = {}): Rest {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, ...metadata },
    spec: {
      hosts: [name],
      http: [{ route: [{ destination: { host: name } }] }],
    },
  };
}

/** A DestinationRule of one subset. */
export function rule(name: string, metadata: Rest = {}): Rest {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name, ...metadata },
    spec: {
      host: name,
      subsets: [{ name: "v1", labels: { version: "v1" } }],
    },
  };
}

/** A ConfigMap of two entries. */
export function config(name: string, metadata: Rest = {}): Rest {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ...metadata },
    data: { a: "1", b: "2" },
  };
}

/** A request of these parts. */
export function on(line: string, rest: Omit<Exchange, "line"> = {}): Exchange {
  return { line, ...rest };
}
