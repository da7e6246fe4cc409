/**
 * What `kubectl get` prints: the server's `Table` with the columns of each
 * kind.
 *
 * @module
 */

import type { Json, KubeObject, Pod, Service } from "../istio/types.ts";
import type { Resource } from "./kinds.ts";

/** One column, as the API describes it. */
interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  /** 1 is shown by `-o wide` only. */
  readonly priority: 0 | 1;
  readonly cell: (object: KubeObject, now: Date) => Json;
}

/** How a table is wanted. */
export interface TableOptions {
  readonly now: Date;
  readonly resourceVersion: string;
  readonly includeObject: "None" | "Metadata" | "Object";
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The objects as a `meta.k8s.io/v1` Table. */
export function tableOf(
  resource: Resource,
  objects: readonly KubeObject[],
  options: TableOptions,
): Readonly<Record<string, unknown>> {
  const columns = resource.kind === "WorkloadEntry"
    ? [NAME, AGE, ...COLUMNS[resource.kind]!]
    : [NAME, ...COLUMNS[resource.kind] ?? [], AGE];
  const ordered = [
    ...columns.filter(({ priority }) => priority === 0),
    ...columns.filter(({ priority }) => priority === 1),
  ];
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: options.resourceVersion, ...options.metadata },
    columnDefinitions: ordered.map(({ name, type, priority }) => ({
      name,
      // The age is a date where a CRD has the column, and text elsewhere.
      type: resource.custom || type !== "date" ? type : "string",
      format: name === "Name" ? "name" : "",
      description: "",
      priority,
    })),
    rows: objects.map((object) => ({
      cells: ordered.map(({ cell }) => {
        const value = cell(object, options.now);
        return resource.custom && value === "" ? null : value;
      }),
      ...rowObject(object, options.includeObject),
    })),
  };
}

/** `5d`, `3h12m`: a duration as Kubernetes prints it. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  if (!Number.isFinite(seconds)) return "<unknown>";
  if (seconds < -1) return "<invalid>";
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  const two = (big: number, unit: string, small: number, other: string) =>
    small === 0 ? `${big}${unit}` : `${big}${unit}${small}${other}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return two(days, "d", hours % 24, "h");
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? two(years, "y", days % 365, "d") : `${years}y`;
}

function rowObject(
  object: KubeObject,
  include: TableOptions["includeObject"],
): Readonly<Record<string, unknown>> {
  if (include === "None") return { object: null };
  if (include === "Object") return { object };
  return {
    object: {
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: object.metadata,
    },
  };
}

function column(
  name: string,
  cell: (object: KubeObject, now: Date) => Json,
  rest: Partial<Column> = {},
): Column {
  return { name, type: "string", priority: 0, cell, ...rest };
}

/** A cell that holds the value at a path, as a CRD's printer column does. */
function at(...path: readonly string[]): (object: KubeObject) => Json {
  return (object) => {
    let here: unknown = object;
    for (const part of path) {
      here = typeof here === "object" && here !== null &&
          Object.hasOwn(here, part)
        ? (here as Record<string, unknown>)[part]
        : undefined;
    }
    if (here === undefined || here === null) return "";
    return typeof here === "string" || typeof here === "number"
      ? here
      : JSON.stringify(here);
  };
}

function number(...path: readonly string[]): (object: KubeObject) => Json {
  const read = at(...path);
  return (object) => Number(read(object)) || 0;
}

const NAME = column("Name", (object) => object.metadata.name);

const AGE = column("Age", (object, now) => {
  const { creationTimestamp } = object.metadata;
  return creationTimestamp === undefined
    ? "<unknown>"
    : humanDuration(now.getTime() - Date.parse(creationTimestamp));
}, { type: "date" });

const wide = { priority: 1 } as const;
const whole = { type: "integer" } as const;

const CONTAINERS = [
  column("Containers", (object) => containers(object, "name"), wide),
  column("Images", (object) => containers(object, "image"), wide),
  column("Selector", (object) => {
    const spec = object.spec as
      | { selector?: { matchLabels?: Record<string, string> } }
      | undefined;
    return pairs(spec?.selector?.matchLabels);
  }, wide),
];

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  VirtualService: [
    column("Gateways", at("spec", "gateways")),
    column("Hosts", at("spec", "hosts")),
  ],
  DestinationRule: [column("Host", at("spec", "host"))],
  ServiceEntry: [
    column("Hosts", at("spec", "hosts")),
    column("Location", at("spec", "location")),
    column("Resolution", at("spec", "resolution")),
  ],
  WorkloadEntry: [column("Address", at("spec", "address"))],
  Namespace: [column("Status", at("status", "phase"))],
  Pod: [
    column("Ready", (pod) => {
      const all = containerStatuses(pod);
      return `${
        all.filter(({ ready }) => ready === true).length
      }/${all.length}`;
    }),
    column("Status", podStatus),
    column("Restarts", (pod) =>
      String(
        containerStatuses(pod).reduce(
          (sum, { restartCount }) => sum + (Number(restartCount) || 0),
          0,
        ),
      )),
    column("IP", (pod) => at("status", "podIP")(pod) || "<none>", wide),
    column("Node", (pod) => at("spec", "nodeName")(pod) || "<none>", wide),
    column("Nominated Node", () => "<none>", wide),
    column("Readiness Gates", () => "<none>", wide),
  ],
  Service: [
    column("Type", at("spec", "type")),
    column(
      "Cluster-IP",
      (object) => at("spec", "clusterIP")(object) || "<none>",
    ),
    column("External-IP", () => "<none>"),
    column("Port(s)", (object) =>
      ((object as Service).spec?.ports ?? [])
        .map(({ port, protocol }) => `${port}/${protocol ?? "TCP"}`)
        .join(",") || "<none>"),
    column(
      "Selector",
      (object) => pairs((object as Service).spec?.selector),
      wide,
    ),
  ],
  Deployment: [
    column("Ready", readyOf),
    column("Up-to-date", number("status", "updatedReplicas")),
    column("Available", number("status", "availableReplicas")),
    ...CONTAINERS,
  ],
  StatefulSet: [column("Ready", readyOf), ...CONTAINERS.slice(0, 2)],
  ReplicaSet: [
    column("Desired", number("spec", "replicas"), whole),
    column("Current", number("status", "replicas"), whole),
    column("Ready", number("status", "readyReplicas"), whole),
    ...CONTAINERS,
  ],
  DaemonSet: [
    column("Desired", number("status", "desiredNumberScheduled"), whole),
    column("Current", number("status", "currentNumberScheduled"), whole),
    column("Ready", number("status", "numberReady"), whole),
    column("Up-to-date", number("status", "updatedNumberScheduled"), whole),
    column("Available", number("status", "numberAvailable"), whole),
    column("Node Selector", (object) => {
      const { template } = object.spec as {
        template?: { spec?: { nodeSelector?: Record<string, string> } };
      };
      return pairs(template?.spec?.nodeSelector);
    }),
    ...CONTAINERS,
  ],
  EndpointSlice: [
    column("AddressType", at("addressType")),
    column("Ports", (object) =>
      listOf<{ port?: number }>(object.ports)
        .map(({ port }) => String(port ?? "")).join(",") || "<unset>"),
    column("Endpoints", (object) =>
      brief(
        listOf<{ addresses?: readonly string[] }>(object.endpoints)
          .flatMap(({ addresses }) => addresses ?? []),
      )),
  ],
  ConfigMap: [
    column("Data", (object) => Object.keys(object.data ?? {}).length),
  ],
};

function podStatus(object: KubeObject): Json {
  const pod = object as Pod;
  if (pod.metadata.deletionTimestamp !== undefined) return "Terminating";
  const waiting = containerStatuses(pod)
    .map(({ state }) =>
      (state as { waiting?: { reason?: string } } | undefined)?.waiting?.reason
    )
    .find((reason) => reason !== undefined);
  return waiting ?? pod.status?.phase ?? "Unknown";
}

function containerStatuses(
  pod: KubeObject,
): readonly Readonly<Record<string, unknown>>[] {
  return listOf((pod as Pod).status?.containerStatuses);
}

function readyOf(object: KubeObject): Json {
  return `${number("status", "readyReplicas")(object)}/${
    number("spec", "replicas")(object)
  }`;
}

function containers(object: KubeObject, field: "name" | "image"): Json {
  const spec = object.spec as
    | { template?: { spec?: { containers?: unknown } } }
    | undefined;
  return listOf<Record<string, string>>(spec?.template?.spec?.containers)
    .map((container) => container[field] ?? "").join(",");
}

function pairs(labels: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
    .join(",") || "<none>";
}

function brief(all: readonly string[]): string {
  if (all.length === 0) return "<unset>";
  return all.length <= 3
    ? all.join(",")
    : `${all.slice(0, 3).join(",")} + ${all.length - 3} more...`;
}

function listOf<T = unknown>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value : [];
}
