/**
 * What a cluster's controllers and kubelets would make of a workload and of a
 * Service: ReplicaSets, Pods that are Ready at once, EndpointSlices.
 *
 * @module
 */

import type { KubeObject, Pod, Service, Workload } from "../istio/types.ts";

/**
 * Annotation on a pod template: `"false"` makes Pods that never become ready,
 * so that a broken build can be tried out.
 */
export const READY_ANNOTATION = "sandbox.istiops.io/ready";

/** How Pods are made. */
export interface PodsOptions {
  /** How many; by default what the workload asks for. */
  readonly count?: number;
  /** RFC 3339: when they were created and became ready. */
  readonly time: string;
  /** Names that are taken. */
  readonly taken?: ReadonlySet<string>;
}

/** Whether all the labels are there. */
export function hasLabels(
  object: KubeObject,
  wanted: Readonly<Record<string, string>> | undefined,
): boolean {
  const labels = object.metadata.labels ?? {};
  const pairs = Object.entries(wanted ?? {});
  return pairs.length > 0 &&
    pairs.every(([key, value]) =>
      Object.hasOwn(labels, key) && labels[key] === value
    );
}

/** `spec.selector.matchLabels` of a workload. */
export function selectorOf(
  workload: KubeObject,
): Readonly<Record<string, string>> | undefined {
  const spec = workload.spec as
    | { selector?: { matchLabels?: Record<string, string> } }
    | undefined;
  return spec?.selector?.matchLabels;
}

/** How many Pods a workload asks for: 1 where it does not say. */
export function replicasOf(workload: KubeObject): number {
  const replicas = (workload as Workload).spec?.replicas;
  return typeof replicas === "number" ? Math.max(0, replicas) : 1;
}

/** The ReplicaSet that stands for a Deployment's present pod template. */
export function replicaSetFor(
  deployment: KubeObject,
  options: PodsOptions,
): KubeObject {
  const { spec } = deployment as Workload;
  const hash = shortHash(JSON.stringify(spec?.template ?? {}), 9);
  const labels = {
    ...spec?.template?.metadata?.labels,
    "pod-template-hash": hash,
  };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? "default",
      labels,
      creationTimestamp: options.time,
      ownerReferences: [ownedBy(deployment)],
    },
    spec: {
      replicas: replicasOf(deployment),
      selector: {
        matchLabels: { ...selectorOf(deployment), "pod-template-hash": hash },
      },
      template: {
        ...spec?.template,
        metadata: { ...spec?.template?.metadata, labels },
      },
    },
  };
}

/** Pods for a ReplicaSet, StatefulSet or DaemonSet: named, scheduled, Ready. */
export function podsFor(
  workload: KubeObject,
  options: PodsOptions,
): readonly KubeObject[] {
  const template = (workload as Workload).spec?.template as
    | { metadata?: Record<string, unknown>; spec?: Record<string, unknown> }
    | undefined;
  const { name, namespace = "default" } = workload.metadata;
  const taken = new Set(options.taken);
  const pods: KubeObject[] = [];
  const count = options.count ?? replicasOf(workload);
  for (let ordinal = 0; pods.length < count; ordinal++) {
    const podName = workload.kind === "StatefulSet"
      ? `${name}-${ordinal}`
      : `${name}-${shortHash(`${name}/${ordinal}`, 5)}`;
    if (taken.has(podName)) continue;
    taken.add(podName);
    pods.push(completePod({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        ...template?.metadata,
        name: podName,
        namespace,
        creationTimestamp: options.time,
        ownerReferences: [ownedBy(workload)],
      },
      spec: { ...template?.spec },
    }, options.time));
  }
  return pods;
}

/** A Pod as it is once a kubelet has started it; a status it brings stays. */
export function completePod(pod: KubeObject, time: string): KubeObject {
  const spec: Readonly<Record<string, unknown>> = {
    nodeName: "sandbox",
    ...(pod as Pod).spec,
  };
  if (Object.keys((pod as Pod).status ?? {}).length > 0) {
    return { ...pod, spec };
  }
  const ready = pod.metadata.annotations?.[READY_ANNOTATION] !== "false";
  const { name, namespace = "default" } = pod.metadata;
  const containers = (Array.isArray(spec.containers) ? spec.containers : [
    { name: "app" },
  ]) as readonly { readonly name?: string; readonly image?: string }[];
  const ip = addressFor(`${namespace}/${name}`, "10.244");
  const condition = (type: string, holds: boolean) => ({
    type,
    status: holds ? "True" : "False",
    lastTransitionTime: time,
    ...(holds ? {} : { reason: "ContainersNotReady" }),
  });
  return {
    ...pod,
    spec,
    status: {
      phase: "Running",
      podIP: ip,
      podIPs: [{ ip }],
      hostIP: "10.0.0.1",
      startTime: time,
      conditions: [
        condition("PodScheduled", true),
        condition("Initialized", true),
        condition("ContainersReady", ready),
        condition("Ready", ready),
      ],
      containerStatuses: containers.map((container) => ({
        name: container.name ?? "app",
        image: container.image ?? "",
        ready,
        started: ready,
        restartCount: 0,
        state: { running: { startedAt: time } },
      })),
    },
  };
}

/** The EndpointSlices of a Service; none where it selects by nothing. */
export function endpointSlicesFor(
  service: KubeObject,
  pods: readonly KubeObject[],
): readonly KubeObject[] {
  const { selector, ports = [] } = (service as Service).spec ?? {};
  const { name, namespace = "default" } = service.metadata;
  if (selector === undefined || Object.keys(selector).length === 0) return [];
  const endpoints = pods
    .filter((pod) => hasLabels(pod, selector))
    .map((pod) => ({
      addresses: [(pod as Pod).status?.podIP ?? "0.0.0.0"],
      conditions: {
        ready: isReady(pod as Pod),
        serving: isReady(pod as Pod),
        terminating: pod.metadata.deletionTimestamp !== undefined,
      },
      nodeName: "sandbox",
      targetRef: {
        kind: "Pod",
        namespace,
        name: pod.metadata.name,
        uid: pod.metadata.uid,
      },
    }));
  return [{
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-${shortHash(name, 5)}`,
      namespace,
      labels: {
        "kubernetes.io/service-name": name,
        "endpointslice.kubernetes.io/managed-by":
          "endpointslice-controller.k8s.io",
      },
      ...(service.metadata.creationTimestamp === undefined
        ? {}
        : { creationTimestamp: service.metadata.creationTimestamp }),
      ownerReferences: [ownedBy(service)],
    },
    addressType: "IPv4",
    endpoints,
    ports: ports.map((port) => ({
      name: port.name ?? "",
      port: typeof port.targetPort === "number" ? port.targetPort : port.port,
      protocol: port.protocol ?? "TCP",
    })),
  }];
}

/** Whether a Pod takes requests. */
export function isReady(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined &&
    (pod.status?.conditions ?? []).some(({ type, status }) =>
      type === "Ready" && status === "True"
    );
}

/** An address that stays the same for the same name. */
export function addressFor(name: string, network: "10.244" | "10.96"): string {
  const hash = hashOf(name);
  return `${network}.${(hash >>> 8) & 0xff}.${1 + (hash & 0xff) % 254}`;
}

function ownedBy(owner: KubeObject) {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** FNV-1a: short, stable, and no secret depends on it. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/** The alphabet that Kubernetes takes for generated names. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

function shortHash(text: string, length: number): string {
  let name = "";
  for (let salt = 0; name.length < length; salt++) {
    let rest = hashOf(`${salt}/${text}`);
    for (let digit = 0; digit < 5 && name.length < length; digit++) {
      name += ALPHABET[rest % ALPHABET.length];
      rest = Math.floor(rest / ALPHABET.length);
    }
  }
  return name;
}
