/**
 * The sandbox's own controllers: after a write they bring what hangs on the
 * object into line, at once and in the same process. A Deployment gets its
 * ReplicaSet and Pods, a Service its EndpointSlices, and what is owned goes
 * with its owner. A single Pod that is deleted stays gone.
 *
 * @module
 */

import type { KubeObject, Pod } from "../istio/types.ts";
import { resourceOfObject } from "./kinds.ts";
import {
  addressFor,
  completePod,
  endpointSlicesFor,
  hasLabels,
  isReady,
  podsFor,
  replicaSetFor,
  replicasOf,
  selectorOf,
} from "./pods_for.ts";
import { timestamp } from "./metadata.ts";
import type { Store } from "./store.ts";

const POD_OWNERS = ["ReplicaSet", "StatefulSet", "DaemonSet"];

/**
 * Puts objects into a store and lets the controllers see all of them.
 *
 * @returns Objects of kinds that the sandbox does not serve.
 */
export function populate(
  store: Store,
  objects: readonly KubeObject[],
): readonly KubeObject[] {
  const served = objects.filter((one) => resourceOfObject(one) !== undefined);
  const isHome = ({ kind }: KubeObject) => kind === "Namespace";
  for (const one of served.filter(isHome)) store.put(complete(store, one));
  const namespaces = new Set(
    served.map(({ metadata }) => metadata.namespace ?? "default"),
  );
  for (const name of namespaces) {
    if (store.get({ kind: "Namespace", name }) === undefined) {
      store.put(complete(store, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name },
      }));
    }
  }
  const stored = served.filter((one) => !isHome(one))
    .map((one) => store.put(complete(store, one)));
  for (const one of stored) {
    if (one.kind === "Deployment") settleDeployment(store, one);
    else if (POD_OWNERS.includes(one.kind)) settlePods(store, one);
  }
  for (const namespace of namespaces) settleEndpoints(store, namespace);
  return objects.filter((one) => resourceOfObject(one) === undefined);
}

/** Fills in what the API server's defaults would. */
export function complete(store: Store, object: KubeObject): KubeObject {
  const { name, namespace } = object.metadata;
  const spec = (object.spec ?? {}) as Readonly<Record<string, unknown>>;
  const resource = resourceOfObject(object);
  const home = resource?.namespaced === true && namespace === undefined
    ? { ...object, metadata: { ...object.metadata, namespace: "default" } }
    : object;
  switch (object.kind) {
    case "Namespace":
      return {
        ...object,
        metadata: {
          ...object.metadata,
          labels: {
            ...object.metadata.labels,
            "kubernetes.io/metadata.name": name,
          },
        },
        status: { phase: "Active" },
      };
    case "Service":
      return {
        ...home,
        spec: {
          type: "ClusterIP",
          ...(spec.type === "ExternalName"
            ? {}
            : { clusterIP: addressFor(`${namespace}/${name}`, "10.96") }),
          ...spec,
        },
      };
    case "Pod": {
      const { creationTimestamp } = object.metadata;
      return completePod(home, creationTimestamp ?? timestamp(store.now()));
    }
    default:
      return home;
  }
}

/** Lets the controllers see one object that was written or deleted. */
export function settle(store: Store, object: KubeObject): void {
  const { kind, metadata } = object;
  const { namespace, name } = metadata;
  if (store.get({ kind, namespace, name }) !== undefined) {
    if (kind === "Deployment") settleDeployment(store, object);
    else if (POD_OWNERS.includes(kind)) settlePods(store, object);
  }
  if (
    namespace !== undefined &&
    ["Service", "Pod", "Deployment", ...POD_OWNERS].includes(kind)
  ) settleEndpoints(store, namespace);
}

/** Deletes what an object owned, and all that lay in a Namespace. */
export function removeDependents(store: Store, owner: KubeObject): void {
  const inside = owner.kind === "Namespace";
  for (const object of store.dump().objects) {
    const { namespace, name, ownerReferences = [] } = object.metadata;
    const goes = inside
      ? namespace === owner.metadata.name
      : namespace === owner.metadata.namespace &&
        ownerReferences.some(({ uid }) => uid === owner.metadata.uid);
    if (!goes || store.get({ kind: object.kind, namespace, name }) !== object) {
      continue;
    }
    store.delete({ kind: object.kind, namespace, name });
    if (!inside) removeDependents(store, object);
  }
}

function settleDeployment(store: Store, deployment: KubeObject): void {
  const { namespace, creationTimestamp } = deployment.metadata;
  const time = timesOf(store, deployment);
  const wanted = replicaSetFor(deployment, { time });
  for (const former of store.list("ReplicaSet", namespace)) {
    const mine = former.metadata.ownerReferences?.some(({ uid }) =>
      uid === deployment.metadata.uid
    );
    if (!mine || former.metadata.name === wanted.metadata.name) continue;
    settlePods(
      store,
      store.put({ ...former, spec: { ...former.spec as object, replicas: 0 } }),
    );
  }
  const known = store.get({
    kind: "ReplicaSet",
    namespace,
    name: wanted.metadata.name,
  });
  const set = store.put({
    ...wanted,
    metadata: {
      ...wanted.metadata,
      creationTimestamp: known?.metadata.creationTimestamp ??
        creationTimestamp ?? time,
    },
    ...(known?.status === undefined ? {} : { status: known.status }),
  });
  const ready = settlePods(store, set);
  const replicas = replicasOf(deployment);
  store.put({
    ...deployment,
    status: {
      observedGeneration: deployment.metadata.generation ?? 1,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: ready,
      availableReplicas: ready,
    },
  });
}

/** Makes the Pods that are missing and takes its own surplus away. */
function settlePods(store: Store, workload: KubeObject): number {
  const { namespace, uid } = workload.metadata;
  const selector = selectorOf(workload);
  const all = store.list("Pod", namespace).filter((pod) =>
    hasLabels(pod, selector)
  );
  const count = replicasOf(workload);
  const own = all.filter((pod) =>
    pod.metadata.ownerReferences?.some((owner) => owner.uid === uid)
  );
  const surplus = Math.max(0, all.length - count);
  for (const { metadata: { name } } of own.slice(own.length - surplus)) {
    if (surplus > 0) store.delete({ kind: "Pod", namespace, name });
  }
  podsFor(workload, {
    count: Math.max(0, count - all.length),
    time: timesOf(store, workload),
    taken: new Set(all.map(({ metadata }) => metadata.name)),
  }).forEach((pod) => store.put(pod));
  const now = store.list("Pod", namespace).filter((pod) =>
    hasLabels(pod, selector)
  );
  const ready = now.filter((pod) => isReady(pod as Pod)).length;
  store.put({
    ...workload,
    status: workload.kind === "DaemonSet"
      ? {
        desiredNumberScheduled: count,
        currentNumberScheduled: now.length,
        numberReady: ready,
      }
      : {
        replicas: now.length,
        readyReplicas: ready,
        availableReplicas: ready,
      },
  });
  return ready;
}

function settleEndpoints(store: Store, namespace: string): void {
  const pods = store.list("Pod", namespace);
  const wanted = store.list("Service", namespace).flatMap((service) =>
    endpointSlicesFor(service, pods)
  );
  for (const slice of wanted) store.put(slice);
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  for (const { metadata } of store.list("EndpointSlice", namespace)) {
    if (names.has(metadata.name)) continue;
    // One that somebody wrote by hand is not ours to take away.
    if (!metadata.ownerReferences?.some(({ kind }) => kind === "Service")) {
      continue;
    }
    store.delete({ kind: "EndpointSlice", namespace, name: metadata.name });
  }
}

/** When the Pods of a workload began: with it, or now where it has changed. */
function timesOf(store: Store, workload: KubeObject): string {
  const { creationTimestamp, generation } = workload.metadata;
  return creationTimestamp !== undefined && Number(generation ?? 1) === 1
    ? creationTimestamp
    : timestamp(store.now());
}
