/**
 * Bodies of requests: bounded, of a known type, JSON.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import type { Call } from "./call.ts";
import {
  badRequest,
  invalid,
  tooLarge,
  unsupportedMediaType,
} from "./status.ts";

const BODY_LIMIT = 3 * 1024 * 1024;

/**
 * The body as JSON.
 *
 * @throws {StatusError} 413, 415, 400.
 */
export async function jsonBody(
  request: Request,
  type = "application/json",
): Promise<unknown> {
  if (contentType(request) !== type) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${type}`,
    );
  }
  return parseJson(await bodyText(request));
}

/** The body as an object of the kind and version that the path names. */
export async function objectBody(call: Call): Promise<KubeObject> {
  return checked(call, await jsonBody(call.request));
}

/** The same of YAML, which JSON is, too: server-side apply. */
export async function yamlBody(call: Call, text: string): Promise<KubeObject> {
  const { parseYaml } = await import("../yaml.ts");
  let body: unknown;
  try {
    body = parseYaml(text);
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message}`);
  }
  const type = (body ?? {}) as Partial<KubeObject>;
  if (typeof type.kind === "string" && type.kind !== call.resource.kind) {
    throw badRequest(
      `cannot apply an object of kind ${type.kind} to a ${call.resource.kind}`,
    );
  }
  if (typeof type.apiVersion !== "string" || typeof type.kind !== "string") {
    throw badRequest(
      `invalid object type: /, Kind=${type.kind ?? ""}`,
    );
  }
  return checked(call, body);
}

function checked(call: Call, given: unknown): KubeObject {
  const body = given as Partial<KubeObject> | null;
  const { resource, apiVersion } = call;
  if (
    typeof body !== "object" || body === null || Array.isArray(body) ||
    typeof body.kind !== "string" || typeof body.apiVersion !== "string"
  ) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind})`,
    );
  }
  if (resource.custom && body.apiVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${body.apiVersion}) does not match the expected API version (${apiVersion})`,
    );
  }
  const object = { ...body, metadata: body.metadata ?? {} } as KubeObject;
  checkType(call, object);
  return object;
}

/**
 * That it is of the kind and version that the path names.
 *
 * @throws {StatusError} 422 for a custom resource, 400 for others.
 */
export function checkType(
  { resource, apiVersion }: Call,
  object: KubeObject,
): void {
  for (
    const [field, wanted] of [
      ["apiVersion", apiVersion],
      ["kind", resource.kind],
    ] as const
  ) {
    const given = object[field];
    if (given === wanted) continue;
    if (!resource.custom) {
      throw badRequest(
        `${object.kind} in version "${
          object.apiVersion.split("/").at(-1)
        }" cannot be handled as a ${resource.kind}`,
      );
    }
    throw invalid(
      { ...resource, kind: object.kind },
      object.metadata?.name ?? "",
      [{
        reason: "FieldValueInvalid",
        message: `Invalid value: ${JSON.stringify(given)}: must be ${wanted}`,
        field,
      }],
    );
  }
}

/** DeleteOptions, or nothing at all. */
export async function optionalBody(call: Call): Promise<object> {
  const text = await bodyText(call.request);
  if (text.trim() === "") return {};
  if (contentType(call.request) !== "application/json") {
    throw unsupportedMediaType(
      "the body of the request was in an unknown format - accepted media types include: application/json",
    );
  }
  const body = parseJson(text);
  if (typeof body !== "object" || body === null) {
    throw badRequest("the body is not an object");
  }
  return body;
}

/** The media type, without parameters. */
export function contentType(request: Request): string {
  const header = request.headers.get("content-type") ?? "";
  return header.split(";")[0]!.trim().toLowerCase();
}

/** The body as text. */
export async function bodyText(request: Request): Promise<string> {
  return new TextDecoder().decode(await bodyBytes(request));
}

/** The body, 3 MiB of it at most. */
export async function bodyBytes(request: Request): Promise<Uint8Array> {
  const tooBig = () =>
    tooLarge(`Request entity too large: limit is ${BODY_LIMIT}`);
  if (Number(request.headers.get("content-length") ?? 0) > BODY_LIMIT) {
    throw tooBig();
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw tooBig();
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** JSON, or 400. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("the body of the request is not valid JSON");
  }
}
