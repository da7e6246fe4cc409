/**
 * The kinds that the sandbox serves: one table from which discovery, paths,
 * storage, scopes and short names are read.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";

/** One kind as the API serves it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  /** Served versions, preferred first. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  /** Defined by a CRD: no strategic merge, PUT wants a resourceVersion. */
  readonly custom: boolean;
  /** Has a `status` subresource, so a write to the object leaves it alone. */
  readonly status: boolean;
  /** Counts its changes in `metadata.generation`. */
  readonly counted: boolean;
  /** Has a `scale` subresource. */
  readonly scale?: boolean;
}

const ISTIO_VERSIONS = ["v1", "v1beta1", "v1alpha3"];

/** Every kind that is served. */
export const RESOURCES: readonly Resource[] = [
  core("Namespace", "namespaces", ["ns"], {
    namespaced: false,
    counted: false,
  }),
  core("Service", "services", ["svc"], {
    categories: ["all"],
    counted: false,
  }),
  core("Pod", "pods", ["po"], { categories: ["all"] }),
  core("ConfigMap", "configmaps", ["cm"], { status: false, counted: false }),
  core("ServiceAccount", "serviceaccounts", ["sa"], {
    status: false,
    counted: false,
  }),
  {
    ...core("EndpointSlice", "endpointslices", [], { status: false }),
    group: "discovery.k8s.io",
  },
  apps("Deployment", "deployments", ["deploy"]),
  apps("ReplicaSet", "replicasets", ["rs"]),
  apps("StatefulSet", "statefulsets", ["sts"]),
  { ...apps("DaemonSet", "daemonsets", ["ds"]), scale: false },
  istio("VirtualService", "virtualservices", ["vs"]),
  istio("DestinationRule", "destinationrules", ["dr"]),
  istio("Gateway", "gateways", ["gw"]),
  istio("ServiceEntry", "serviceentries", ["se"]),
  istio("WorkloadEntry", "workloadentries", ["we"]),
  istio("Sidecar", "sidecars", []),
];

const BY_KIND = new Map(RESOURCES.map((found) => [found.kind, found]));

/** The resource of a kind, or nothing where the sandbox lacks it. */
export function resourceOf(kind: string): Resource | undefined {
  return BY_KIND.get(kind);
}

/** The resource an object belongs to, judged by `apiVersion` and `kind`. */
export function resourceOfObject(
  object: { readonly apiVersion: string; readonly kind: string },
): Resource | undefined {
  const resource = BY_KIND.get(object.kind);
  if (resource === undefined) return undefined;
  const { group, version } = splitVersion(object.apiVersion);
  return group === resource.group && resource.versions.includes(version)
    ? resource
    : undefined;
}

/** `networking.istio.io/v1` in parts; the core group is empty. */
export function splitVersion(
  apiVersion: string,
): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? { group: "", version: apiVersion } : {
    group: apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
  };
}

/** `networking.istio.io/v1`, or `v1` for the core group. */
export function apiVersionOf(resource: Resource, version?: string): string {
  const asked = version ?? resource.versions[0]!;
  return resource.group === "" ? asked : `${resource.group}/${asked}`;
}

/** The same object in another served version: one schema, so only its label changes. */
export function inVersion<T extends KubeObject>(
  object: T,
  apiVersion: string,
): T {
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

function core(
  kind: string,
  plural: string,
  shortNames: readonly string[],
  rest: Partial<Resource> = {},
): Resource {
  return {
    group: "",
    versions: ["v1"],
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames,
    namespaced: true,
    custom: false,
    status: true,
    counted: true,
    ...rest,
  };
}

function apps(
  kind: string,
  plural: string,
  shortNames: readonly string[],
): Resource {
  return {
    ...core(kind, plural, shortNames, { categories: ["all"] }),
    group: "apps",
    scale: true,
  };
}

function istio(
  kind: string,
  plural: string,
  shortNames: readonly string[],
): Resource {
  return {
    ...core(kind, plural, shortNames, {
      categories: ["istio-io", "networking-istio-io"],
    }),
    group: "networking.istio.io",
    versions: ISTIO_VERSIONS,
    custom: true,
  };
}
