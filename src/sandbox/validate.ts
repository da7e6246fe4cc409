/**
 * What an object must pass before it is stored: the names and sizes that
 * Kubernetes insists on and the CRD's schema (422, with causes), then the
 * essentials of Istio's validating webhook (400, in its words).
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import type { Resource } from "./kinds.ts";
import { LABEL, QUALIFIED, VALUE } from "../istio/admission/names.ts";
import { webhookWarnings } from "../istio/admission/webhook.ts";
import { checkSchema } from "../istio/schema.ts";
import { badRequest, invalid, type StatusCause } from "./status.ts";
import { finalizersOf } from "./metadata.ts";
import { denied, webhookErrors } from "./webhook.ts";

const SUBDOMAIN =
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const ANNOTATIONS_LIMIT = 262_144;

/** How an object is checked. */
export interface ValidateOptions {
  /** What to do about unknown fields; `Warn` by default. */
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
  /** Paths of unknown fields that were dropped. */
  readonly pruned?: readonly string[];
}

/**
 * Checks an object.
 *
 * @returns Warnings for the user.
 * @throws {StatusError} 400 where a field is not what Go could decode, where
 * strict validation finds an unknown field, or where the webhook denies it;
 * 422 where names, sizes or the schema are wrong.
 */
export async function validateObject(
  resource: Resource,
  object: KubeObject,
  options: ValidateOptions = {},
): Promise<readonly string[]> {
  checkDecodable(resource, object);
  const schema = checkSchema(object);
  const { causes } = schema;
  const unknown = [...options.pruned ?? [], ...schema.unknown];
  const mode = options.fieldValidation ?? "Warn";
  if (mode === "Strict" && unknown.length > 0) {
    throw badRequest(
      `${resource.kind} in version "${
        object.apiVersion.split("/").at(-1)
      }" cannot be handled as a ${resource.kind}: strict decoding error: ${
        unknown.map(unknownField).join(", ")
      }`,
    );
  }
  const all = [...checkMetadata(resource, object), ...causes];
  if (all.length > 0) throw invalid(resource, object.metadata.name, all);
  const warnings = mode === "Warn" ? unknown.map(unknownField) : [];
  if (resource.custom) {
    const errors = await webhookErrors(object);
    if (errors.length > 0) throw denied(errors);
    warnings.push(...webhookWarnings(object));
  }
  return warnings;
}

function unknownField(path: string): string {
  return `unknown field "${path}"`;
}

/** What Go's decoder would choke on, whatever the schema. */
function checkDecodable(resource: Resource, object: KubeObject): void {
  const { metadata } = object;
  const check = (field: string, value: unknown, type: string) => {
    const given = Array.isArray(value)
      ? "array"
      : typeof value === "boolean"
      ? "bool"
      : typeof value;
    if (given === (type === "string" ? "string" : "object")) return;
    throw badRequest(
      `${resource.kind} in version "${
        object.apiVersion.split("/").at(-1)
      }" cannot be handled as a ${resource.kind}: json: cannot unmarshal ${given} into Go struct field ObjectMeta.${
        resource.custom ? "" : "metadata."
      }${field} of type ${type}`,
    );
  };
  for (const field of ["name", "namespace", "resourceVersion", "uid"]) {
    const value = metadata[field];
    if (value !== undefined && value !== null) check(field, value, "string");
  }
  for (const field of ["labels", "annotations"] as const) {
    const values: unknown = metadata[field];
    if (values === undefined || values === null) continue;
    check(field, values, "map[string]string");
    for (const value of Object.values(values as object)) {
      check(field, value, "string");
    }
  }
}

function checkMetadata(
  resource: Resource,
  object: KubeObject,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const add = (field: string, value: string, why: string) =>
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
      field,
    });
  const { name, labels, annotations } = object.metadata;
  const isLabel = resource.kind === "Service" || resource.kind === "Namespace";
  if (!(isLabel ? LABEL : SUBDOMAIN).test(name)) {
    add("metadata.name", name, isLabel ? NO_LABEL : NO_SUBDOMAIN);
  }
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (!QUALIFIED.test(key)) add("metadata.labels", key, noKey(key));
    if (!VALUE.test(value)) add("metadata.labels", value, NO_VALUE);
  }
  const encoder = new TextEncoder();
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    if (!QUALIFIED.test(key)) add("metadata.annotations", key, noKey(key));
    size += encoder.encode(key).length + encoder.encode(value).length;
  }
  if (size > ANNOTATIONS_LIMIT) {
    causes.push({
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${ANNOTATIONS_LIMIT} bytes`,
      field: "metadata.annotations",
    });
  }
  for (const one of finalizersOf(object)) {
    if (typeof one === "string" && !QUALIFIED.test(one)) {
      add("metadata.finalizers", one, noKey(one));
    }
  }
  return causes;
}

const PART = "must consist of alphanumeric characters, '-', '_' or '.', and " +
  "must start and end with an alphanumeric character (e.g. 'MyName',  or " +
  "'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const NO_VALUE = "a valid label must be an empty string or consist of " +
  "alphanumeric characters, '-', '_' or '.', and must start and end with an " +
  "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex " +
  "used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const NO_SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist of lower " +
  "case alphanumeric characters, '-' or '.', and must start and end with an " +
  "alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NO_LABEL = "a lowercase RFC 1123 label must consist of lower case " +
  "alphanumeric characters or '-', and must start and end with an " +
  "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for " +
  "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** Why a text is no key of a label. */
function noKey(key: string): string {
  return key.split("/").length > 2
    ? `a valid label key ${PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`
    : `name part ${PART}`;
}
