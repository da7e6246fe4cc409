/**
 * What was read of a cluster (or of files) at one moment: plain data that
 * every pure function here works on. What could not be read is said in
 * {@linkcode World.gaps}: unknown is never zero.
 *
 * @module
 */

import type {
  DestinationRule,
  Gateway,
  KubeObject,
  Pod,
  Service,
  ServiceEntry,
  Sidecar,
  VirtualService,
  Workload,
} from "./types.ts";

/** The kinds that istiops reads, spelled as in YAML. */
export type Kind =
  | "VirtualService"
  | "DestinationRule"
  | "Gateway"
  | "ServiceEntry"
  | "WorkloadEntry"
  | "Sidecar"
  | "Namespace"
  | "Service"
  | "Pod"
  | "EndpointSlice"
  | "Deployment"
  | "ReplicaSet"
  | "StatefulSet"
  | "DaemonSet"
  | "Rollout";

/** API group of each kind; `Gateway` and `Service` are kinds of others, too. */
export const GROUPS: Readonly<Record<Kind, string>> = {
  VirtualService: "networking.istio.io",
  DestinationRule: "networking.istio.io",
  Gateway: "networking.istio.io",
  ServiceEntry: "networking.istio.io",
  WorkloadEntry: "networking.istio.io",
  Sidecar: "networking.istio.io",
  Namespace: "",
  Service: "",
  Pod: "",
  EndpointSlice: "discovery.k8s.io",
  Deployment: "apps",
  ReplicaSet: "apps",
  StatefulSet: "apps",
  DaemonSet: "apps",
  Rollout: "argoproj.io",
};

/** A kind that could not be read in a namespace, and why. */
export interface Gap {
  /** What could not be read. */
  readonly kind: Kind;
  /** Absent: in every namespace but those of `except`. */
  readonly namespace?: string;
  /** Namespaces that were read one by one where the whole was refused. */
  readonly except?: readonly string[];
  /** One clause for people: `forbidden: cannot list pods in "default"`. */
  readonly reason: string;
}

/** Settings of the mesh that routing depends on. */
export interface MeshSettings {
  /** Namespace whose DestinationRules serve everybody; `istio-system`. */
  readonly rootNamespace: string;
  /** DNS suffix of services; `cluster.local`. */
  readonly clusterDomain: string;
  /** What a sidecar does with a host nobody knows. */
  readonly outboundTrafficPolicy: "ALLOW_ANY" | "REGISTRY_ONLY";
  /** Marked as having other clusters, whose pods cannot be seen from here. */
  readonly multiCluster: boolean;
  /**
   * What a header that comes more than once is compared as: all its values
   * joined by commas (Envoy up to 1.38), or each by itself (since 1.39).
   * Absent: it is not known, so where the two differ the answer is neither.
   */
  readonly repeatedHeaders?: "joined" | "each";
}

/** Istio's defaults. */
export const DEFAULT_MESH: MeshSettings = {
  rootNamespace: "istio-system",
  clusterDomain: "cluster.local",
  outboundTrafficPolicy: "ALLOW_ANY",
  multiCluster: false,
};

/** Everything that was read; lists in the order the server gave. */
export interface World {
  /** Delegates among them. */
  readonly virtualServices: readonly VirtualService[];
  /** Of all namespaces that were read. */
  readonly destinationRules: readonly DestinationRule[];
  /** Of `networking.istio.io`. */
  readonly gateways: readonly Gateway[];
  /** Hosts that are no Services. */
  readonly serviceEntries: readonly ServiceEntry[];
  /** What serves a host without a Pod. */
  readonly workloadEntries: readonly KubeObject[];
  /** Empty where nobody asked for them: then every client sees everything. */
  readonly sidecars: readonly Sidecar[];
  /** For their labels and annotations. */
  readonly namespaces: readonly KubeObject[];
  /** Of the core group. */
  readonly services: readonly Service[];
  /** With their status. */
  readonly pods: readonly Pod[];
  /** What makes pods. */
  readonly workloads: readonly Workload[];
  /** What is not known. */
  readonly gaps: readonly Gap[];
  /** What routing depends on beside objects. */
  readonly mesh: MeshSettings;
}

/** A world with nothing in it and nothing missing. */
export const EMPTY_WORLD: World = {
  virtualServices: [],
  destinationRules: [],
  gateways: [],
  serviceEntries: [],
  workloadEntries: [],
  sidecars: [],
  namespaces: [],
  services: [],
  pods: [],
  workloads: [],
  gaps: [],
  mesh: DEFAULT_MESH,
};

/**
 * Why a kind is not (wholly) known in a namespace.
 *
 * @param namespace Absent: is the kind known in the whole cluster?
 * @returns The reason of the first gap, or nothing where it is known.
 */
export function whyUnknown(
  world: World,
  kind: Kind,
  options: { readonly namespace?: string } = {},
): string | undefined {
  const { namespace } = options;
  return world.gaps.find((gap) =>
    gap.kind === kind &&
    (namespace === undefined || (gap.namespace === undefined
      ? !gap.except?.includes(namespace)
      : gap.namespace === namespace))
  )?.reason;
}

/** The CRD admits one without a spec: it has no hosts and no rules. */
function specified(object: VirtualService): VirtualService {
  const { spec } = object as { readonly spec?: VirtualService["spec"] | null };
  return spec === undefined || spec === null ? { ...object, spec: {} } : object;
}

/** Puts objects of any of the known kinds into a world, by their kind. */
export function worldOf(
  objects: Iterable<KubeObject>,
  rest: Partial<World> = {},
): World {
  const all = [...objects];
  const of = <T extends KubeObject>(...kinds: readonly Kind[]): T[] =>
    all.filter((object) =>
      (kinds as readonly string[]).includes(object.kind)
    ) as T[];
  return {
    ...EMPTY_WORLD,
    virtualServices: of<VirtualService>("VirtualService").map(specified),
    destinationRules: of<DestinationRule>("DestinationRule"),
    gateways: of<Gateway>("Gateway"),
    serviceEntries: of<ServiceEntry>("ServiceEntry"),
    workloadEntries: of("WorkloadEntry"),
    sidecars: of<Sidecar>("Sidecar"),
    namespaces: of("Namespace"),
    services: of<Service>("Service"),
    pods: of<Pod>("Pod"),
    workloads: of<Workload>(
      "Deployment",
      "ReplicaSet",
      "StatefulSet",
      "DaemonSet",
      "Rollout",
    ),
    ...rest,
  };
}

/** Label of the root namespace in a mesh of several networks. */
const NETWORK_LABEL = "topology.istio.io/network";

/** The settings that the namespaces of a world tell. */
export function withMeshSettings(world: World): World {
  const root = world.namespaces.find(({ metadata }) =>
    metadata.name === world.mesh.rootNamespace
  );
  const multiCluster = root?.metadata.labels !== undefined &&
    Object.hasOwn(root.metadata.labels, NETWORK_LABEL);
  return multiCluster
    ? { ...world, mesh: { ...world.mesh, multiCluster } }
    : world;
}
