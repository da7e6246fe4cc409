/**
 * Who owns which field: `metadata.managedFields` after an update, and the
 * whole of server-side apply.
 *
 * @module
 */

import type { Json, KubeObject, ManagedFields } from "../istio/types.ts";
import {
  changesOf,
  fieldsOf,
  fromFieldsV1,
  showField,
  toFieldsV1,
} from "./fields.ts";
import { sameJson } from "./json_patch.ts";
import { StatusError } from "./status.ts";

/** Who writes, and when. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource?: string | undefined;
  readonly time: string;
}

/** Options of {@linkcode applied}. */
export interface ApplyOptions extends Writer {
  /** Takes over what others own. */
  readonly force: boolean;
}

/** Entries after a write that is no apply. */
export function updated(
  before: KubeObject | undefined,
  after: KubeObject,
  writer: Writer,
): readonly ManagedFields[] {
  const options = { maps: true, only: writer.subresource };
  const was = before === undefined
    ? new Map<string, unknown>()
    : fieldsOf(before, options);
  const is = fieldsOf(after, options);
  const changed = changesOf(was, is);
  const gone = [...was.keys()].filter((path) => !is.has(path));
  const lost = new Set([...changed, ...gone]);
  const entries = before?.metadata.managedFields ?? [];
  const mine = entries.find((entry) => isOf(entry, writer, "Update"));
  const others = entries.filter((entry) => entry !== mine)
    .map((entry) => without(entry, lost));
  const own = new Set([
    ...fromFieldsV1(mine?.fieldsV1).difference(new Set(gone)),
    ...changed,
  ]);
  const time = changed.length > 0 ? writer.time : mine?.time as string;
  return ordered([...others, entryOf(own, "Update", { ...writer, time })]);
}

/**
 * Server-side apply.
 *
 * @param live What is stored; nothing where the object is to be made.
 * @returns The merged object, with its managedFields.
 * @throws {StatusError} 409 with the owners, unless forced.
 */
export function applied(
  live: KubeObject | undefined,
  given: KubeObject,
  options: ApplyOptions,
): KubeObject {
  const { subresource: only, force } = options;
  const wanted = fieldsOf(given, { maps: false, only });
  const has = live === undefined
    ? new Map<string, unknown>()
    : fieldsOf(live, { maps: false, only });
  const entries = live?.metadata.managedFields ?? [];
  const mine = entries.find((entry) => isOf(entry, options, "Apply"));
  const others = entries.filter((entry) => entry !== mine);
  const differing = new Set(changesOf(has, wanted));
  const conflicts = others.map((entry) => ({
    entry,
    paths: [...fromFieldsV1(entry.fieldsV1)].filter((path) =>
      differing.has(path)
    ),
  })).filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !force) throw refused(conflicts);

  const kept = others.map((entry) => without(entry, differing));
  const owned = new Set(kept.flatMap((entry) => [
    ...fromFieldsV1(entry.fieldsV1),
  ]));
  const dropped = [...fromFieldsV1(mine?.fieldsV1)].filter((path) =>
    !wanted.has(path) && !owned.has(path)
  );
  let merged =
    (live === undefined
      ? given
      : overlaid(live as unknown as Json, given as unknown as Json)) as Json;
  for (const path of dropped) merged = removed(merged, JSON.parse(path));
  const object = merged as unknown as KubeObject;
  const isSame = live !== undefined && sameJson(
    fieldsOf(object, { maps: true }).entries().toArray(),
    fieldsOf(live, { maps: true }).entries().toArray(),
  );
  const { time: former } = mine ?? {};
  const { time, ...writer } = options;
  const when = isSame ? former as string | undefined : time;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: ordered([
        ...kept,
        entryOf(new Set(wanted.keys()), "Apply", {
          ...writer,
          ...(when === undefined ? {} : { time: when }),
        }),
      ]),
    },
  };
}

type Operation = "Update" | "Apply";

function isOf(
  entry: ManagedFields,
  { manager, apiVersion, subresource }: Omit<Writer, "time">,
  operation: Operation,
): boolean {
  return entry.manager === manager && entry.operation === operation &&
    entry.subresource === subresource &&
    (operation === "Apply" || entry.apiVersion === apiVersion);
}

function entryOf(
  paths: ReadonlySet<string>,
  operation: Operation,
  writer: Omit<Writer, "time"> & { readonly time?: string },
): ManagedFields {
  const { manager, apiVersion, subresource, time } = writer;
  return {
    apiVersion,
    fieldsType: "FieldsV1",
    fieldsV1: toFieldsV1(paths),
    manager,
    operation,
    ...(subresource === undefined ? {} : { subresource }),
    ...(time === undefined ? {} : { time }),
  };
}

function without(
  entry: ManagedFields,
  lost: ReadonlySet<string>,
): ManagedFields {
  const left = fromFieldsV1(entry.fieldsV1).difference(lost);
  return { ...entry, fieldsV1: toFieldsV1(left) };
}

/** Those who own something: appliers first, then by time, then by name. */
function ordered(entries: readonly ManagedFields[]): readonly ManagedFields[] {
  const rank = ({ operation, time, manager }: ManagedFields) =>
    `${operation} ${time ?? ""} ${manager}`;
  return entries.filter(({ fieldsV1 }) =>
    Object.keys(fieldsV1 as object).length > 0
  ).sort((a, b) => rank(a) < rank(b) ? -1 : 1);
}

function refused(
  conflicts: readonly {
    readonly entry: ManagedFields;
    readonly paths: readonly string[];
  }[],
): StatusError {
  const causes = conflicts.flatMap(({ entry, paths }) =>
    paths.map((path) => ({
      reason: "FieldManagerConflict",
      message: `conflict with "${entry.manager}"${
        entry.subresource === undefined
          ? ""
          : ` with subresource "${entry.subresource}"`
      }${entry.operation === "Update" ? ` using ${entry.apiVersion}` : ""}`,
      field: showField(path),
    }))
  );
  const [first] = causes;
  const said = causes.length === 1
    ? `1 conflict: ${first!.message}: ${first!.field}`
    : `${causes.length} conflicts: ${
      [...Map.groupBy(causes, ({ message }) => message)].map((
        [message, group],
      ) =>
        `${message.replace("conflict", "conflicts")}:\n${
          group.map(({ field }) => `- ${field}`).join("\n")
        }`
      ).join("\n")
    }`;
  return new StatusError(409, "Conflict", `Apply failed with ${said}`, {
    details: { causes },
  });
}

/** What is given over what is there: maps merge, the rest is replaced. */
function overlaid(there: Json, given: Json): Json {
  if (!isMap(there) || !isMap(given)) return given;
  const merged = new Map(Object.entries(there));
  for (const [name, value] of Object.entries(given)) {
    const old = merged.get(name);
    merged.set(
      name,
      name === "finalizers" && Array.isArray(old) && Array.isArray(value)
        ? [...new Set([...old, ...value])]
        : old === undefined
        ? value
        : overlaid(old, value),
    );
  }
  return Object.fromEntries(merged);
}

/** Without the field; a map that it leaves empty goes, too. */
function removed(node: Json, [part = "", ...rest]: readonly string[]): Json {
  const name = part.slice(2);
  if (Array.isArray(node)) {
    return node.filter((one) => JSON.stringify(one) !== name);
  }
  if (!isMap(node) || !Object.hasOwn(node, name)) return node;
  const { [name]: below, ...others } = node;
  if (rest.length === 0) return others;
  const left = removed(below!, rest);
  return Object.keys(left as object).length === 0
    ? others
    : { ...node, [name]: left };
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
