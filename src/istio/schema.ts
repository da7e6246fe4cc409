/**
 * The shape of objects: what a CRD's schema asks for, or Kubernetes of its own
 * kinds, as far as routing goes. A wrong type is refused; a field that is not known is only
 * named, since a newer Istio may know it.
 *
 * @module
 */

import type { KubeObject } from "./types.ts";
import { ruleCauses, type SchemaCause } from "./schema_rules.ts";

/** What one value must look like. */
type Shape =
  | { readonly is: "any" | "string" | "boolean" | "integer" | "number" }
  | { readonly is: "duration" }
  | { readonly is: "enum"; readonly of: readonly string[] }
  | { readonly is: "list"; readonly of: Shape }
  | { readonly is: "map"; readonly of: Shape }
  | {
    readonly is: "object";
    readonly fields: Readonly<Record<string, Shape>>;
    readonly required: readonly string[];
    /** At most one of these. */
    readonly oneOf: readonly string[];
    /** There are more fields than these. */
    readonly open: boolean;
  };

/** What a schema has to say about an object. */
export interface SchemaReport {
  readonly causes: readonly SchemaCause[];
  /** Paths of fields that the schema does not know. */
  readonly unknown: readonly string[];
}

/** Checks `spec` and `status` by the kind; what has no schema passes. */
export function checkSchema(object: KubeObject): SchemaReport {
  const causes: SchemaCause[] = [];
  const unknown: string[] = [];
  for (
    const [part, shapes] of [["spec", SPECS], ["status", STATUSES]] as const
  ) {
    const shape = shapes[object.kind];
    if (shape === undefined || object[part] === undefined) continue;
    check(object[part], shape, part, { causes, unknown });
  }
  // Like a real one, it looks at the rules when the shape is right.
  if (causes.length === 0) causes.push(...ruleCauses(object));
  return { causes, unknown };
}

/** What the schema has at a path. */
export interface SchemaField {
  /** Keys and `*` for a key of a map, indices left out: `spec.http.match`. */
  readonly name: string;
  readonly type:
    | "any"
    | "string"
    | "boolean"
    | "integer"
    | "number"
    | "duration"
    | "enum"
    | "list"
    | "map"
    | "object";
  /** Of an object: the fields that it can have, as far as they are known. */
  readonly fields: readonly {
    readonly key: string;
    readonly type: SchemaField["type"];
  }[];
  /** Of an enum. */
  readonly values: readonly string[];
}

/** Looks a path of a kind up, `spec` included; nothing where none is known. */
export function schemaField(
  kind: string,
  path: readonly (string | number)[],
): SchemaField | undefined {
  let shape = path[0] === "spec" && Object.hasOwn(SPECS, kind)
    ? SPECS[kind]
    : undefined;
  const names = ["spec"];
  for (const step of path.slice(1)) {
    if (shape?.is === "list" && typeof step === "number") shape = shape.of;
    else if (shape?.is === "map") {
      shape = shape.of;
      names.push("*");
    } else if (shape?.is === "object") {
      names.push(String(step));
      shape = Object.hasOwn(shape.fields, step)
        ? shape.fields[step]
        : undefined;
    } else return undefined;
  }
  return shape && {
    name: names.join("."),
    type: shape.is,
    fields: shape.is === "object"
      ? Object.entries(shape.fields).map(([key, { is }]) => ({ key, type: is }))
      : [],
    values: shape.is === "enum" ? shape.of : [],
  };
}

/** `1h2m3.5s` in milliseconds, or nothing where it is no duration. */
export function durationOf(text: string): number | undefined {
  if (!/^([0-9]+(\.[0-9]+)?(h|m|s|ms|us|ns))+$/.test(text)) return undefined;
  const units: Readonly<Record<string, number>> = {
    h: 3_600_000,
    m: 60_000,
    s: 1_000,
    ms: 1,
    us: 0.001,
    ns: 0.000001,
  };
  let sum = 0;
  for (
    const [, count, , unit] of text.matchAll(/([0-9]+(\.[0-9]+)?)([a-z]+)/g)
  ) {
    sum += Number(count) * units[unit!]!;
  }
  return sum;
}

/** As many as anybody reads of one object; a hostile one could have millions. */
const MOST = 1_000;

interface Findings {
  readonly causes: SchemaCause[];
  readonly unknown: string[];
}

function check(
  value: unknown,
  shape: Shape,
  path: string,
  found: Findings,
): void {
  if (shape.is === "any" || found.causes.length >= MOST) return;
  const wanted = TYPE_NAMES[shape.is] ?? shape.is;
  const type = typeOf(value);
  if (type !== wanted && !(wanted === "number" && type === "integer")) {
    found.causes.push({
      reason: "FieldValueTypeInvalid",
      message:
        `Invalid value: "${type}": ${path} in body must be of type ${wanted}: "${type}"`,
      field: path,
    });
    return;
  }
  if (shape.is === "duration") {
    if ((durationOf(value as string) ?? 0) >= 1) return;
    found.causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${
        JSON.stringify(value)
      }: must be a valid duration greater than 1ms`,
      field: path,
    });
  } else if (shape.is === "enum") {
    if (shape.of.includes(value as string)) return;
    found.causes.push({
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${
        JSON.stringify(value)
      }: supported values: ${
        shape.of.map((one) => JSON.stringify(one)).join(", ")
      }`,
      field: path,
    });
  } else if (shape.is === "list") {
    (value as readonly unknown[]).forEach((item, index) =>
      check(item, shape.of, `${path}[${index}]`, found)
    );
  } else if (shape.is === "map") {
    for (const [key, item] of Object.entries(value as object)) {
      check(item, shape.of, `${path}.${key}`, found);
    }
  } else if (shape.is === "object") {
    checkObject(value as Readonly<Record<string, unknown>>, shape, path, found);
  }
}

function checkObject(
  value: Readonly<Record<string, unknown>>,
  shape: Extract<Shape, { is: "object" }>,
  path: string,
  found: Findings,
): void {
  for (const [key, item] of Object.entries(value)) {
    if (Object.hasOwn(shape.fields, key)) {
      check(item, shape.fields[key]!, `${path}.${key}`, found);
    } else if (!shape.open && found.unknown.length < MOST) {
      found.unknown.push(`${path}.${key}`);
    }
  }
  for (const key of shape.required) {
    if (Object.hasOwn(value, key)) continue;
    found.causes.push({
      reason: "FieldValueRequired",
      message: "Required value",
      field: `${path}.${key}`,
    });
  }
  const given = shape.oneOf.filter((key) => Object.hasOwn(value, key));
  if (given.length > 1) {
    found.causes.push({
      reason: "FieldValueInvalid",
      message:
        `Invalid value: "object": "${path}" must validate one and only one schema (oneOf). Found ${given.length} valid alternatives`,
      field: path,
    });
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  duration: "string",
  enum: "string",
  list: "array",
  map: "object",
};

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") {
    return Number.isInteger(value) ? "integer" : "number";
  }
  return typeof value;
}

const any: Shape = { is: "any" };
const string: Shape = { is: "string" };
const boolean: Shape = { is: "boolean" };
const integer: Shape = { is: "integer" };
const number: Shape = { is: "number" };
const duration: Shape = { is: "duration" };
const list = (of: Shape): Shape => ({ is: "list", of });
const map = (of: Shape): Shape => ({ is: "map", of });
const object = (
  fields: Readonly<Record<string, Shape>>,
  rest: {
    required?: readonly string[];
    oneOf?: readonly string[];
    open?: boolean;
  } = {},
): Shape => ({
  is: "object",
  fields,
  open: rest.open ?? false,
  required: rest.required ?? [],
  oneOf: rest.oneOf ?? [],
});

/** Of which only some fields are looked at. */
const part = (
  fields: Readonly<Record<string, Shape>>,
  rest: { required?: readonly string[]; oneOf?: readonly string[] } = {},
): Shape => object(fields, { ...rest, open: true });
const oneOf = (...of: readonly string[]): Shape => ({ is: "enum", of });

const stringMatch = object(
  { exact: string, prefix: string, regex: string },
  { oneOf: ["exact", "prefix", "regex"] },
);
const port = object({ number: integer });
const destination = object(
  { host: string, subset: string, port },
  { required: ["host"] },
);
const headerOperations = object({
  set: map(string),
  add: map(string),
  remove: list(string),
});
const headers = object({
  request: headerOperations,
  response: headerOperations,
});
const percent = object({ value: number });

const httpMatch = object({
  name: string,
  uri: stringMatch,
  scheme: stringMatch,
  method: stringMatch,
  authority: stringMatch,
  headers: map(stringMatch),
  withoutHeaders: map(stringMatch),
  queryParams: map(stringMatch),
  port: integer,
  sourceLabels: map(string),
  sourceNamespace: string,
  gateways: list(string),
  ignoreUriCase: boolean,
  statPrefix: string,
});

const httpRoute = object({
  name: string,
  match: list(httpMatch),
  route: list(object(
    { destination, weight: integer, headers },
    { required: ["destination"] },
  )),
  redirect: object({
    uri: string,
    authority: string,
    port: integer,
    derivePort: string,
    scheme: string,
    redirectCode: integer,
    prefixRewrite: string,
  }, { oneOf: ["port", "derivePort"] }),
  directResponse: object({
    status: integer,
    body: object({ string, bytes: string }, { oneOf: ["string", "bytes"] }),
  }, { required: ["status"] }),
  delegate: object({ name: string, namespace: string }),
  rewrite: object({
    uri: string,
    authority: string,
    uriRegexRewrite: object({ match: string, rewrite: string }),
  }),
  timeout: duration,
  retries: object({
    attempts: integer,
    perTryTimeout: duration,
    retryOn: string,
    retryRemoteLocalities: any,
    retryIgnorePreviousHosts: any,
    backoff: duration,
  }),
  fault: part({ delay: part({ fixedDelay: duration }) }),
  mirror: destination,
  mirrors: list(object(
    { destination, percentage: percent },
    { required: ["destination"] },
  )),
  mirrorPercent: any,
  mirror_percent: any,
  mirrorPercentage: percent,
  corsPolicy: object({
    allowOrigin: list(string),
    allowOrigins: list(stringMatch),
    allowMethods: list(string),
    allowHeaders: list(string),
    exposeHeaders: list(string),
    maxAge: duration,
    allowCredentials: any,
    unmatchedPreflights: string,
  }),
  headers,
});

const policyParts: Readonly<Record<string, Shape>> = {
  loadBalancer: part({
    simple: oneOf(
      "UNSPECIFIED",
      "LEAST_CONN",
      "RANDOM",
      "PASSTHROUGH",
      "ROUND_ROBIN",
      "LEAST_REQUEST",
    ),
    consistentHash: part({
      httpCookie: part({ name: string, ttl: string }, { required: ["name"] }),
    }),
  }, { oneOf: ["simple", "consistentHash"] }),
  connectionPool: part({
    tcp: part({ maxConnections: integer, connectTimeout: duration }),
    http: part({
      h2UpgradePolicy: oneOf("DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"),
    }),
  }),
  outlierDetection: part({
    interval: duration,
    baseEjectionTime: duration,
    maxEjectionPercent: integer,
    minHealthPercent: integer,
  }),
  tls: part({ mode: oneOf("DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL") }),
};

const trafficPolicy = part({
  ...policyParts,
  portLevelSettings: list(part({ port, ...policyParts })),
  tunnel: part({ protocol: string, targetHost: string, targetPort: integer }, {
    required: ["targetHost", "targetPort"],
  }),
});

const l4Route = (match: Shape) =>
  object({
    match: list(match),
    route: list(object(
      { destination, weight: integer },
      { required: ["destination"] },
    )),
  });

const workload = part({
  replicas: integer,
  template: part({ metadata: part({ labels: map(string) }) }),
});

const SPECS: Readonly<Record<string, Shape>> = {
  VirtualService: object({
    hosts: list(string),
    gateways: list(string),
    exportTo: list(string),
    http: list(httpRoute),
    tcp: list(l4Route(any)),
    tls: list(object({
      match: list(part({ sniHosts: list(string) }, {
        required: ["sniHosts"],
      })),
      route: list(object(
        { destination, weight: integer },
        { required: ["destination"] },
      )),
    }, { required: ["match"] })),
  }),
  DestinationRule: object({
    host: string,
    subsets: list(object(
      { name: string, labels: map(string), trafficPolicy },
      { required: ["name"] },
    )),
    trafficPolicy,
    exportTo: list(string),
    workloadSelector: object({ matchLabels: map(string) }),
  }, { required: ["host"] }),
  Gateway: object({
    selector: map(string),
    servers: list(part({
      hosts: list(string),
      port: part({ number: integer, name: string, protocol: string }, {
        required: ["number", "protocol", "name"],
      }),
    }, { required: ["port", "hosts"] })),
  }),
  ServiceEntry: part({
    hosts: list(string),
    addresses: list(string),
    exportTo: list(string),
    ports: list(part({ number: integer, name: string, protocol: string })),
    endpoints: list(part({ address: string, labels: map(string) })),
    workloadSelector: part({ labels: map(string) }),
    resolution: oneOf(
      "NONE",
      "STATIC",
      "DNS",
      "DNS_ROUND_ROBIN",
      "DYNAMIC_DNS",
    ),
    location: oneOf("MESH_EXTERNAL", "MESH_INTERNAL"),
  }, { required: ["hosts"] }),
  WorkloadEntry: part({ address: string, labels: map(string) }),
  // Of Kubernetes' own kinds only what is read.
  Service: part({
    selector: map(string),
    clusterIP: string,
    type: string,
    externalName: string,
    ports: list(
      part({
        name: string,
        port: integer,
        protocol: string,
        appProtocol: string,
      }, { required: ["port"] }),
    ),
  }),
  Deployment: workload,
  ReplicaSet: workload,
  StatefulSet: workload,
  DaemonSet: workload,
  Rollout: workload,
};

const STATUSES: Readonly<Record<string, Shape>> = {
  Pod: part({
    phase: string,
    conditions: list(
      part({ type: string, status: string }, { required: ["type", "status"] }),
    ),
  }),
};
