/**
 * The kinds that istiops reads and writes, and where an API server keeps
 * them: one table from which every path is made.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import { GROUPS, type Kind } from "../istio/world.ts";

/** Where a kind lives in the API. */
export interface KindInfo {
  readonly kind: Kind;
  /** Empty for the core group. */
  readonly group: string;
  readonly plural: string;
  /** Versions that istiops can work with, best first. */
  readonly versions: readonly [string, ...string[]];
  readonly namespaced: boolean;
}

/** Which collection or object a path is for. */
export interface PathOptions {
  readonly version: string;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** Absent: the collection. */
  readonly name?: string | undefined;
}

/** Every {@linkcode Kind} by its name. */
export const KINDS: Readonly<Record<Kind, KindInfo>> = {
  VirtualService: istio("VirtualService", "virtualservices"),
  DestinationRule: istio("DestinationRule", "destinationrules"),
  Gateway: istio("Gateway", "gateways"),
  ServiceEntry: istio("ServiceEntry", "serviceentries"),
  WorkloadEntry: istio("WorkloadEntry", "workloadentries"),
  Sidecar: istio("Sidecar", "sidecars"),
  Namespace: { ...builtIn("Namespace", "namespaces"), namespaced: false },
  Service: builtIn("Service", "services"),
  Pod: builtIn("Pod", "pods"),
  EndpointSlice: builtIn("EndpointSlice", "endpointslices"),
  Deployment: builtIn("Deployment", "deployments"),
  ReplicaSet: builtIn("ReplicaSet", "replicasets"),
  StatefulSet: builtIn("StatefulSet", "statefulsets"),
  DaemonSet: builtIn("DaemonSet", "daemonsets"),
  Rollout: {
    ...builtIn("Rollout", "rollouts"),
    versions: ["v1alpha1"],
  },
};

/** `networking.istio.io/v1`, or `v1` for the core group. */
export function apiVersionOf(info: KindInfo, version: string): string {
  return info.group === "" ? version : `${info.group}/${version}`;
}

/**
 * The path of a collection or of one object, below the server's URL.
 *
 * @throws {ClusterError} `rejected` for a name that no object can have: it is
 * refused before any request, since it could lead to another path.
 */
export function pathOf(info: KindInfo, options: PathOptions): string {
  const { namespace, name } = options;
  const root = info.group === "" ? "/api" : `/apis/${info.group}`;
  const scope = info.namespaced && namespace !== undefined
    ? `/namespaces/${segment("namespace", namespace)}`
    : "";
  const end = name === undefined ? "" : `/${segment(info.kind, name)}`;
  return `${root}/${options.version}${scope}/${info.plural}${end}`;
}

/** A DNS-1123 subdomain, as Kubernetes wants names of all these kinds to be. */
export function isName(text: string): boolean {
  return text.length <= 253 && !text.includes("..") &&
    /^[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/.test(text);
}

function segment(what: string, text: string): string {
  if (!isName(text)) {
    throw new ClusterError(
      "rejected",
      `Cannot ask for ${what} ${
        JSON.stringify(text.slice(0, 80))
      }: no object can have that name`,
      {
        hint: 'Names are lower case letters, digits, "-" and ".", at most 253',
      },
    );
  }
  return text;
}

function istio(kind: Kind, plural: string): KindInfo {
  return {
    kind,
    group: GROUPS[kind],
    plural,
    versions: ["v1", "v1beta1", "v1alpha3"],
    namespaced: true,
  };
}

function builtIn(kind: Kind, plural: string): KindInfo {
  const group = GROUPS[kind];
  return { kind, group, plural, versions: ["v1"], namespaced: true };
}
