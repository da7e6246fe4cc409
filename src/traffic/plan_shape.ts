/**
 * What a plan in a file must look like before anything in it is used. A file
 * may come from anywhere, so it can touch nothing that a plan of ours would
 * not touch.
 *
 * @module
 */

import {
  changeVerb,
  edit,
  historyEntry,
  isoTime,
  objectName,
  operationId,
  share,
} from "./history_shape.ts";
import { isSame } from "./hash.ts";
import { HISTORY_ANNOTATION, MARKS_ANNOTATION } from "./journal.ts";
import {
  type Check,
  fields,
  flag,
  isFields,
  json,
  jsonObject,
  kubeName,
  list,
  mapOf,
  number,
  optional,
  text,
} from "./shape.ts";

const sentences = list(text({ longest: 16_384 }), 1000);

const target: Check = fields({
  source: text({ among: ["kubernetes", "sandbox", "custom"] }),
  server: text(),
  context: optional(text()),
  cluster: optional(text()),
  certificateAuthority: optional(text({ longest: 64 })),
  namespace: kubeName,
  flags: list(text(), 20),
});

const ALLOWED_PATHS = [
  /^\/metadata\/resourceVersion$/,
  /^\/metadata\/annotations$/,
  /^\/metadata\/annotations\/istiops~1(history|subsets)$/,
  /^\/spec\/(http|subsets)$/,
  /^\/spec\/(http|subsets)\/\d+(\/[^/]+)?$/,
];

/** One operation of a JSON Patch, on our paths only. */
const operation: Check = (value, path) => {
  const problem = fields({
    op: text({ among: ["add", "replace", "remove", "test"] }),
    path: text(),
    value: optional(json),
  })(value, path);
  if (problem !== undefined) return problem;
  const { path: pointer, value: set } = value as {
    readonly path: string;
    readonly value?: unknown;
  };
  if (!ALLOWED_PATHS.some((allowed) => allowed.test(pointer))) {
    return `${path}/path: "${pointer}" is not for a plan to touch`;
  }
  return pointer === "/metadata/annotations"
    ? annotations(set, `${path}/value`)
    : undefined;
};

const annotations: Check = fields({
  [HISTORY_ANNOTATION]: optional(text({ longest: 256 * 1024 })),
  [MARKS_ANNOTATION]: optional(text({ longest: 256 * 1024 })),
});

/** A DestinationRule that is made, and nothing else. */
const body: Check = fields({
  apiVersion: text(),
  kind: text({ among: ["DestinationRule"] }),
  metadata: fields({
    name: kubeName,
    namespace: kubeName,
    labels: optional(mapOf(text())),
    annotations: optional(annotations),
  }),
  spec: jsonObject,
});

const write: Check = (value, path) =>
  fields({
    step: text(),
    action: text({ among: ["patch", "create", "delete"] }),
    role: text({ among: ["add-subsets", "route", "remove-subsets"] }),
    object: objectName,
    edits: list(edit),
    operations: list(operation),
    body: optional(body),
    record: historyEntry,
  })(value, path) ?? wholeWrite(value as WriteFacts, path);

interface WriteFacts {
  readonly action: string;
  readonly object: { readonly [field: string]: unknown };
  readonly operations: readonly {
    readonly path: string;
    readonly value?: unknown;
  }[];
  readonly body?: {
    readonly apiVersion: string;
    readonly metadata: { readonly [field: string]: unknown };
  };
  readonly record: { readonly [field: string]: unknown };
}

function wholeWrite(value: WriteFacts, path: string): string | undefined {
  const { action, object, operations, body, record } = value;
  const isOfObject = (one: { readonly [field: string]: unknown }) =>
    one["namespace"] === object["namespace"] && one["name"] === object["name"];
  if (!isOfObject(record)) return `${path}/record: is of another object`;
  if (action === "create") {
    return body !== undefined && isOfObject(body.metadata) &&
        object["kind"] === "DestinationRule" &&
        object["apiVersion"] === body.apiVersion
      ? undefined
      : `${path}/body: is not the object to create`;
  }
  if (body !== undefined) return `${path}/body: is only for a creation`;
  if (typeof object["resourceVersion"] !== "string") {
    return `${path}/object/resourceVersion: is missing`;
  }
  if (action === "delete") {
    return object["kind"] === "DestinationRule"
      ? undefined
      : `${path}/action: only a DestinationRule may be deleted`;
  }
  const [first] = operations;
  return first?.path === "/metadata/resourceVersion" &&
      first.value === object["resourceVersion"]
    ? undefined
    : `${path}/operations/0: does not set the resourceVersion`;
}

const wait: Check = fields({
  step: text(),
  milliseconds: number(0, 86_400_000),
  reason: text(),
});

const step: Check = (value, path) =>
  isFields(value) && value["step"] === "write"
    ? write(value, path)
    : isFields(value) && value["step"] === "wait"
    ? wait(value, path)
    : `${path}/step: is neither write nor wait`;

const labels = mapOf(text());

const guard: Check = fields({
  build: text({ longest: 512 }),
  host: text(),
  service: optional(fields({ namespace: kubeName, name: kubeName })),
  labels,
  rule: text({ among: ["required", "relative"] }),
  falling: optional(list(labels, 1000)),
  overridden: optional(flag),
});

const readyPods: Check = (value, path) =>
  value === null ? undefined : number(0, 1e6)(value, path);

const shareRow: Check = fields({
  ...share,
  virtualService: fields({ namespace: kubeName, name: kubeName }),
  index: optional(number(0, 1e6)),
  host: text(),
  subset: optional(text()),
  readyPods,
});

const shape: Check = fields({
  apiVersion: text({ among: ["istiops/v1"] }),
  kind: text({ among: ["TrafficPlan"] }),
  operation: operationId,
  verb: changeVerb,
  target,
  namespace: kubeName,
  command: text({ longest: 16_384 }),
  time: isoTime,
  user: optional(text()),
  changed: flag,
  grade: text({ among: ["none", "lowering", "mild", "severe"] }),
  reasons: sentences,
  protected: optional(text()),
  confirm: list(text(), 1000),
  objects: list(objectName, 1000),
  summary: sentences,
  notes: sentences,
  shares: list(shareRow),
  // Worked out anew wherever it is shown.
  elsewhere: optional(list(jsonObject)),
  untouched: list(fields({
    namespace: kubeName,
    name: kubeName,
    gateways: list(text(), 1000),
    rules: list(text()),
  })),
  guards: list(guard, 1000),
  steps: list(step, 1000),
  wayBack: optional(text({ longest: 16_384 })),
  unverified: sentences,
});

/** The first thing that is wrong with a plan, as `path: what`; or nothing. */
export function problemOfPlan(plan: unknown): string | undefined {
  const problem = shape(plan, "");
  if (problem !== undefined) return problem;
  const { operation, steps, objects } = plan as {
    readonly operation: string;
    readonly objects: readonly unknown[];
    readonly steps: readonly {
      readonly object?: unknown;
      readonly record?: { readonly operation: string };
    }[];
  };
  const stray = steps.findIndex(({ record, object }) =>
    record !== undefined &&
    (record.operation !== operation ||
      !objects.some((one) => isSame(one, object)))
  );
  return stray < 0 ? undefined : `/steps/${stray}: is not of this operation`;
}
