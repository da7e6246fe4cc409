/**
 * What is dead (rule 7.1): a subset with no pod and nothing that asks for
 * one. Unknown is not dead.
 *
 * @module
 */

import { namespaceOfHost, serviceOf } from "../istio/hosts.ts";
import { isSetByMesh, podsWith } from "../istio/pods.ts";
import type { Workload } from "../istio/types.ts";
import { type Kind, whyUnknown, type World } from "../istio/world.ts";
import { includesLabels, type Labels } from "./builds.ts";
import { namespaceOf } from "./objects.ts";

/** Life or death of some labels behind a host. */
export interface Life {
  readonly state: "dead" | "alive" | "unknown";
  /** One clause: `2 pods have its labels`. */
  readonly reason: string;
}

const ASKERS: readonly Kind[] = [
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Rollout",
];

/**
 * Is anything behind a host with these labels, or asked for?
 *
 * @param subset The labels of the subset; nothing where it does not exist.
 */
export function lifeOf(
  world: World,
  subject: { readonly host: string; readonly labels: Labels | undefined },
): Life {
  const { host, labels } = subject;
  const unknown = (reason: string): Life => ({ state: "unknown", reason });
  if (!labels) return unknown("its subset does not exist");
  if (Object.keys(labels).length === 0) {
    return unknown("its subset has no labels");
  }
  if (Object.keys(labels).some(isSetByMesh)) {
    return unknown("its subset is told by place");
  }
  const service = serviceOf(world, host);
  const selector = service?.spec.selector ?? {};
  if (!service || Object.keys(selector).length === 0) {
    const home = namespaceOfHost(host, world.mesh);
    const gap = service || home === undefined
      ? undefined
      : whyUnknown(world, "Service", { namespace: home });
    return unknown(gap ?? `"${host}" is no Service with a selector`);
  }
  if (world.mesh.multiCluster) {
    return unknown("the mesh has other clusters");
  }
  const namespace = namespaceOf(service);
  for (const kind of ["Pod", "WorkloadEntry", ...ASKERS] as const) {
    const gap = whyUnknown(world, kind, { namespace });
    if (gap) return unknown(gap);
  }
  const pods = podsWith(world, namespace, labels);
  if (pods.length > 0) {
    return { state: "alive", reason: `${pods.length} pods have its labels` };
  }
  const entry = world.workloadEntries.find((one) =>
    namespaceOf(one) === namespace &&
    includesLabels(
      (one.spec as { readonly labels?: Labels } | undefined)?.labels,
      labels,
    )
  );
  if (entry) {
    return unknown(`WorkloadEntry "${entry.metadata.name}" has its labels`);
  }
  for (const workload of world.workloads) {
    if (namespaceOf(workload) !== namespace) continue;
    const name = `${workload.kind} "${workload.metadata.name}"`;
    const lender = lenderOf(workload);
    const source = lender === undefined
      ? workload
      : world.workloads.find((one) =>
        namespaceOf(one) === namespace && one.kind === lender.kind &&
        one.metadata.name === lender.name
      );
    if (source === undefined) {
      if (!asksForPods(workload)) continue;
      return unknown(
        `${name} has the template of ${lender?.kind} "${lender?.name}", which was not read`,
      );
    }
    const template = source.spec?.template?.metadata?.labels;
    if (!includesLabels(template, labels)) continue;
    if (asksForPods(workload)) {
      return { state: "alive", reason: `${name} asks for pods` };
    }
    const owner = (workload.metadata.ownerReferences ?? []).find((each) =>
      each.controller && !(ASKERS as readonly string[]).includes(each.kind)
    );
    if (owner) {
      return unknown(`${name} is kept by ${owner.kind} "${owner.name}"`);
    }
  }
  return {
    state: "dead",
    reason: "no pod has its labels and nothing asks for one",
  };
}

/** A Rollout may borrow its pod template from another object. */
function lenderOf(
  workload: Workload,
): { readonly kind: string; readonly name: string } | undefined {
  const { template, workloadRef } = workload.spec ?? {};
  if (template || typeof workloadRef !== "object" || workloadRef === null) {
    return undefined;
  }
  const { kind, name } = workloadRef as Readonly<Record<string, unknown>>;
  return { kind: String(kind), name: String(name) };
}

function asksForPods(workload: Workload): boolean {
  if (workload.kind === "DaemonSet") return true;
  return (workload.spec?.replicas ?? 1) > 0;
}
