/**
 * What an entry of the history must look like before anything in it is used.
 *
 * @module
 */

import {
  type Check,
  fields,
  flag,
  json,
  jsonObject,
  kubeName,
  list,
  mapOf,
  number,
  optional,
  text,
} from "./shape.ts";

const version: Check = (value, path) =>
  typeof value === "string" &&
    /^networking\.istio\.io\/v1[a-z0-9]*$/.test(value)
    ? undefined
    : `${path}: is no version of networking.istio.io`;

/** {@linkcode ObjectName}. */
export const objectName: Check = fields({
  apiVersion: version,
  kind: text({ among: ["VirtualService", "DestinationRule"] }),
  namespace: kubeName,
  name: kubeName,
  uid: optional(text({ longest: 128 })),
  resourceVersion: optional(text({ longest: 128 })),
});

/** An operation id, safe to stand in a command line. */
export const operationId: Check = (value, path) =>
  typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(value)
    ? undefined
    : `${path}: is no operation id`;

const hash: Check = (value, path) =>
  typeof value === "string" && /^[0-9a-f]{16}$/.test(value)
    ? undefined
    : `${path}: is no hash`;

/** The verbs that change something. */
export const changeVerb: Check = text({
  among: ["shift", "clear", "undo", "redo", "fix"],
});

const place = {
  list: text({ among: ["/spec/http", "/spec/subsets"] }),
  before: optional(json),
  from: optional(number(0, 1e6)),
  to: optional(number(0, 1e6)),
  previous: optional(hash),
  next: optional(hash),
  whole: optional(hash),
  marked: optional(flag),
};

/** {@linkcode Edit}. */
export const edit: Check = fields({ ...place, after: optional(json) });

const recordedEdit: Check = fields({ ...place, left: optional(hash) });

const percent = number(0, 100);

/** What a share row of a plan and one of a record have in common. */
export const share = {
  route: text(),
  build: text({ longest: 512 }),
  labels: mapOf(text()),
  before: percent,
  after: percent,
};

/** ISO 8601, as `Date.toISOString()` writes it. */
export const isoTime: Check = (value, path) =>
  typeof value === "string" && value.length <= 40 &&
    !Number.isNaN(Date.parse(value))
    ? undefined
    : `${path}: is no time`;

/** {@linkcode HistoryEntry}. */
export const historyEntry: Check = fields({
  operation: operationId,
  verb: changeVerb,
  time: isoTime,
  user: optional(text()),
  command: text({ longest: 16_384 }),
  server: text(),
  namespace: kubeName,
  name: kubeName,
  uid: optional(text({ longest: 128 })),
  objects: list(objectName, 1000),
  reverts: optional(list(operationId, 1000)),
  host: optional(text()),
  build: optional(text({ longest: 512 })),
  asked: optional(text({ longest: 512 })),
  edits: list(recordedEdit),
  subsets: list(fields({
    destinationRule: fields({ namespace: kubeName, name: kubeName }),
    subset: jsonObject,
  })),
  shares: list(fields(share)),
  created: optional(flag),
  left: optional(hash),
  deleted: optional(list(jsonObject, 100)),
  incomplete: optional(flag),
  more: optional(flag),
});
