/**
 * Entries of a kubeconfig: typed reads of their fields, and refusals that
 * name file, entry and field without repeating a value.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";

/** An entry and the file it came from: paths in it are relative to that. */
export interface Entry {
  readonly file: string;
  readonly fields: ReadonlyMap<string, unknown>;
}

/** PEM text, in place (base64) or in a file. */
export type Material =
  | { readonly data: string }
  | { readonly file: string };

/**
 * A field that is a string; empty is unset, as in Go.
 *
 * @param where The entry, for messages: `user "alice"`.
 */
export function textIn(
  entry: Entry,
  field: string,
  where: string,
): string | undefined {
  const value = entry.fields.get(field);
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") {
    throw broken(entry.file, `${quoted(field)} of ${where} is not a string`);
  }
  return value;
}

/** A field that is true or false. */
export function flagIn(entry: Entry, field: string, where: string): boolean {
  const value = entry.fields.get(field) ?? false;
  if (typeof value !== "boolean") {
    throw broken(entry.file, `${quoted(field)} of ${where} is not a boolean`);
  }
  return value;
}

/** A field that is a list of strings. */
export function textsIn(
  entry: Entry,
  field: string,
  where: string,
): readonly string[] {
  const value = entry.fields.get(field) ?? [];
  if (
    !Array.isArray(value) || !value.every((item) => typeof item === "string")
  ) {
    throw broken(
      entry.file,
      `${quoted(field)} of ${where} is not a list of strings`,
    );
  }
  return value;
}

/** A field that is a mapping, as an entry of its own. */
export function entryIn(
  entry: Entry,
  field: string,
  where: string,
): Entry | undefined {
  const value = entry.fields.get(field);
  if (value === undefined || value === null) return undefined;
  const fields = mapOf(value);
  if (fields === undefined) {
    throw broken(entry.file, `${quoted(field)} of ${where} is no mapping`);
  }
  return { file: entry.file, fields };
}

/** Data comes before a file, as in kubectl. */
export function materialIn(
  entry: Entry,
  field: string,
  where: string,
): Material | undefined {
  const data = textIn(entry, `${field}-data`, where);
  if (data !== undefined) return { data };
  const file = textIn(entry, field, where);
  return file === undefined
    ? undefined
    : { file: besideFile(entry.file, file) };
}

/** A path in a kubeconfig is relative to the folder of that file. */
export function besideFile(file: string, path: string): string {
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(path)) return path;
  const folder = /^.*[/\\]/.exec(file)?.[0] ?? "";
  return folder + path;
}

/** A JSON or YAML mapping, whatever its keys are called. */
export function mapOf(
  value: unknown,
): ReadonlyMap<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : undefined;
}

/** Zero values mean unset, as in Go. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" &&
    value !== false && !(Array.isArray(value) && value.length === 0);
}

/** What cannot be used, by the name of its field. */
export function unsupported(
  entry: Entry,
  of: { readonly where: string; readonly field: string },
  why: { readonly obstacle: string; readonly hint: string },
): ClusterError {
  const { where, field } = of;
  return new ClusterError(
    "unsupported-kubeconfig",
    `Cannot use the kubeconfig ${quoted(entry.file)}: ${where} has the field ${
      quoted(field)
    }, ${why.obstacle}`,
    {
      hint: why.hint,
      details: { file: entry.file, entry: where, field },
    },
  );
}

/** A file, or an entry of it, that is not as it must be. */
export function broken(file: string, obstacle: string): ClusterError {
  return new ClusterError(
    "kubeconfig",
    `Cannot use the kubeconfig ${quoted(file)}: ${obstacle}`,
  );
}

/** A name in a message. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
