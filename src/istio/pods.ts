/**
 * Pods behind a host. Unknown is never zero: where pods cannot be seen, or
 * where something else serves the host, there is a reason and no number.
 *
 * @module
 */

import { namespaceOf, namespaceOfHost, serviceOf } from "./hosts.ts";
import type { Pod } from "./types.ts";
import { whyUnknown, type World } from "./world.ts";

/** Labels by name. */
type Labels = Readonly<Record<string, string>>;

/** How many pods a host has with some labels, or why nobody can tell. */
export type PodCount =
  | {
    readonly known: true;
    readonly ready: number;
    /** In any phase. */
    readonly existing: number;
    readonly pods: readonly Pod[];
  }
  | {
    readonly known: false;
    readonly ready: null;
    readonly existing: null;
    readonly reason: string;
  };

/** Can the pod be sent requests: Ready, running, not on its way out? */
export function isReady(pod: Pod): boolean {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined) return false;
  const phase = status?.phase ?? "Running";
  return phase === "Running" && Array.isArray(status?.conditions) &&
    status.conditions.some((condition) =>
      condition?.type === "Ready" && condition.status === "True"
    );
}

/**
 * Counts the pods that the Service behind a host selects and that carry the
 * labels of a subset; no labels are all of them.
 */
export function podCount(
  world: World,
  of: { readonly host: string; readonly labels: Labels },
): PodCount {
  const { host, labels } = of;
  if (world.mesh.multiCluster) {
    return unknown("the mesh has other clusters, whose pods cannot be seen");
  }
  const service = serviceOf(world, host);
  if (service === undefined) {
    const namespace = namespaceOfHost(host, world.mesh);
    const gap = namespace === undefined
      ? undefined
      : whyUnknown(world, "Service", { namespace });
    return unknown(gap ?? `"${host}" is no Service that can be seen`);
  }
  const selector = service.spec?.selector ?? {};
  if (Object.keys(selector).length === 0) {
    return unknown(`Service "${service.metadata.name}" has no selector`);
  }
  const namespace = namespaceOf(service);
  const gap = whyUnknown(world, "Pod", { namespace });
  if (gap !== undefined) return unknown(gap);
  const setByMesh = Object.keys(labels).find(isSetByMesh);
  if (setByMesh !== undefined) {
    return unknown(`label "${setByMesh}" is set by the mesh, not by pods`);
  }
  const entry = world.workloadEntries.find((one) =>
    namespaceOf(one) === namespace &&
    includesLabels(
      (one.spec as { readonly labels?: Labels } | undefined)?.labels,
      selector,
    )
  );
  if (entry !== undefined) {
    return unknown(`WorkloadEntry "${entry.metadata.name}" serves it too`);
  }
  const pods = podsWith(world, namespace, selector).filter(({ metadata }) =>
    includesLabels(metadata.labels, labels)
  );
  return {
    known: true,
    ready: pods.filter(isReady).length,
    existing: pods.length,
    pods,
  };
}

/** Values that are named. */
const MOST_VALUES = 4;

/** What no pod behind a host carries, and what they carry instead; one clause. */
export function whyNoPod(
  world: World,
  of: { readonly host: string; readonly labels: Labels },
): string {
  const service = serviceOf(world, of.host);
  const selector = service?.spec?.selector ?? {};
  const all = service === undefined
    ? []
    : podsWith(world, namespaceOf(service), selector);
  if (all.length === 0) return `no pod has ${pairs(selector)}`;
  for (const [key, value] of Object.entries(of.labels)) {
    const values = [
      ...new Set(all.flatMap(({ metadata }) => {
        const { labels = {} } = metadata;
        const own: unknown = Object.hasOwn(labels, key) ? labels[key] : null;
        return typeof own === "string" ? own : [];
      })),
    ].sort();
    if (values.includes(value)) continue;
    const more = values.length > MOST_VALUES ? ", …" : "";
    return `no pod of the service has ${pairs({ [key]: value })}: they have ${
      values.length === 0
        ? `no label "${key}"`
        : values.slice(0, MOST_VALUES).join(", ") + more
    }`;
  }
  return `no pod of the service has ${pairs(of.labels)} together`;
}

function pairs(labels: Labels): string {
  return Object.entries(labels).map(([key, value]) =>
    // In a file there may be anything.
    `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
  ).join(", ");
}

const PODS = new WeakMap<readonly Pod[], Map<string, Pod[]>>();

/** The pods of a namespace. */
export function podsIn(world: World, namespace: string): readonly Pod[] {
  let index = PODS.get(world.pods);
  if (index === undefined) {
    index = new Map();
    for (const pod of world.pods) {
      const own = index.get(namespaceOf(pod));
      if (own === undefined) index.set(namespaceOf(pod), [pod]);
      else own.push(pod);
    }
    PODS.set(world.pods, index);
  }
  return index.get(namespace) ?? NO_PODS;
}

const NO_PODS: readonly Pod[] = [];

const BY_LABEL = new WeakMap<
  readonly Pod[],
  Map<string, readonly Pod[]>
>();

/** The pods of a namespace that carry all of some labels, at least one. */
export function podsWith(
  world: World,
  namespace: string,
  labels: Labels,
): readonly Pod[] {
  const own = podsIn(world, namespace);
  let index = BY_LABEL.get(own);
  if (index === undefined) {
    const built = new Map<string, Pod[]>();
    for (const pod of own) {
      for (const [key, value] of Object.entries(pod.metadata.labels ?? {})) {
        const present = built.get(`${key}=${value}`);
        if (present === undefined) built.set(`${key}=${value}`, [pod]);
        else present.push(pod);
      }
    }
    BY_LABEL.set(own, index = built);
  }
  const rarest = Object.entries(labels)
    .map(([key, value]) => index.get(`${key}=${value}`) ?? [])
    .reduce((a, b) => b.length < a.length ? b : a, own);
  return rarest.filter(({ metadata }) =>
    includesLabels(metadata.labels, labels)
  );
}

/** Are all of these labels among those? */
export function includesLabels(
  labels: Labels | undefined,
  wanted: Labels,
): boolean {
  for (const key of Object.keys(wanted)) {
    if (!labels || !Object.hasOwn(labels, key)) return false;
    if (labels[key] !== wanted[key]) return false;
  }
  return true;
}

/** Istio adds locality, network and cluster to the labels of endpoints. */
export function isSetByMesh(key: string): boolean {
  return key.startsWith("topology.istio.io/") ||
    key.startsWith("topology.kubernetes.io/") ||
    key.startsWith("failure-domain.beta.kubernetes.io/") ||
    key === "istio-locality" || key === "kubernetes.io/hostname";
}

function unknown(reason: string): PodCount {
  return { known: false, ready: null, existing: null, reason };
}
