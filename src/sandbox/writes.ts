/**
 * POST, PUT, PATCH and DELETE: the new object is made, checked, stored, and
 * what hangs on it (pods of a Deployment, content of a Namespace) follows.
 *
 * @module
 */

import type { Json, KubeObject } from "../istio/types.ts";
import { encodeList, encodeObject, json } from "./answer.ts";
import { type Call, isDryRun } from "./call.ts";
import { complete, removeDependents, settle } from "./controllers.ts";
import { applyJsonPatch, applyMergePatch, PatchError } from "./json_patch.ts";
import { inVersion } from "./kinds.ts";
import { listOfSelected, storedOf } from "./reads.ts";
import {
  badRequest,
  detailsOf,
  invalid,
  StatusError,
  tooLarge,
  unprocessable,
  unsupportedMediaType,
} from "./status.ts";
import type { StoreWriteOptions } from "./store.ts";
import { validateObject } from "./validate.ts";

const BODY_LIMIT = 3 * 1024 * 1024;
const OPERATIONS_LIMIT = 10_000;

/** POST to a collection. */
export async function createObject(call: Call): Promise<Response> {
  const given = await objectBody(call);
  return await call.persistence.exclusively(async () => {
    const { store, resource, namespace } = call;
    const { generateName } = given.metadata;
    const metadata = { ...given.metadata };
    if (!metadata.name && typeof generateName === "string") {
      metadata.name = generateName + crypto.randomUUID().slice(0, 5);
    }
    if (!metadata.name) {
      throw invalid(resource, "", [{
        reason: "FieldValueRequired",
        message: "Required value: name or generateName is required",
        field: "metadata.name",
      }]);
    }
    if (metadata.resourceVersion) {
      throw badRequest(
        "resourceVersion should not be set on objects to be created",
      );
    }
    const object = complete(store, located(call, { ...given, metadata }));
    if (namespace !== undefined) {
      const home = store.get({ kind: "Namespace", name: namespace });
      if (home === undefined) {
        throw new StatusError(
          404,
          "NotFound",
          `namespaces "${namespace}" not found`,
          { details: { name: namespace, kind: "namespaces" } },
        );
      }
    }
    const warnings = await validate(call, object);
    const options = writeOptions(call);
    const created = store.create(object, options);
    if (!options.dryRun) settle(store, created);
    return json(encodeObject(call, created), { status: 201, warnings });
  });
}

/** PUT of one object, or of its status. */
export async function replaceObject(call: Call): Promise<Response> {
  const given = await objectBody(call);
  return await call.persistence.exclusively(async () => {
    const { resource, name = "" } = call;
    storedOf(call);
    const object = located(call, given);
    if (object.metadata.name !== name) throw wrongName(call, object);
    if (resource.custom && !object.metadata.resourceVersion) {
      throw invalid(resource, name, [{
        reason: "FieldValueInvalid",
        message: "Invalid value: 0x0: must be specified for an update",
        field: "metadata.resourceVersion",
      }]);
    }
    return await store(call, object);
  });
}

/** PATCH of one object, or of its status. */
export async function patchObject(call: Call): Promise<Response> {
  const type = contentType(call.request);
  const text = await bodyText(call.request);
  return await call.persistence.exclusively(async () => {
    const before = inVersion(storedOf(call), call.apiVersion);
    const after = applyPatch(call, {
      type,
      patch: parseJson(text),
      document: before as unknown as Json,
    });
    if (
      typeof after !== "object" || after === null || Array.isArray(after) ||
      typeof (after as { metadata?: unknown }).metadata !== "object"
    ) throw unprocessable();
    const object = after as unknown as KubeObject;
    const { namespace, name } = before.metadata;
    if (object.metadata?.name !== name) throw wrongName(call, object);
    if (object.metadata.namespace !== namespace) throw wrongNamespace();
    if (
      object.kind !== before.kind || object.apiVersion !== before.apiVersion
    ) {
      throw badRequest(
        `cannot change apiVersion or kind from ${before.apiVersion}, ${before.kind}`,
      );
    }
    return await store(call, object);
  });
}

/** DELETE of one object. */
export async function deleteObject(call: Call): Promise<Response> {
  const body = await optionalBody(call);
  const { preconditions, propagationPolicy, dryRun: asked } = body as {
    preconditions?: { uid?: string; resourceVersion?: string };
    propagationPolicy?: string;
    dryRun?: readonly unknown[];
  };
  const dryRun = isDryRun(call.query, asked ?? []);
  const policy = propagationPolicy ?? call.query.get("propagationPolicy");
  return await call.persistence.exclusively(() => {
    const { resource, namespace, name = "" } = call;
    const gone = call.store.delete({ kind: resource.kind, namespace, name }, {
      ...writeOptions(call),
      dryRun,
      uid: preconditions?.uid,
      resourceVersion: preconditions?.resourceVersion,
    });
    if (!dryRun && policy !== "Orphan") removeDependents(call.store, gone);
    if (!dryRun) settle(call.store, gone);
    return Promise.resolve(json({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { ...detailsOf(resource, name), uid: gone.metadata.uid },
    }));
  });
}

/** DELETE of everything that is selected. */
export async function deleteObjects(call: Call): Promise<Response> {
  const body = await optionalBody(call);
  const dryRun = isDryRun(
    call.query,
    (body as { dryRun?: readonly unknown[] }).dryRun ?? [],
  );
  return await call.persistence.exclusively(() => {
    const { store, resource } = call;
    const selected = listOfSelected(call);
    for (const { metadata: { namespace, name } } of selected) {
      const gone = store.delete({ kind: resource.kind, namespace, name }, {
        dryRun,
      });
      if (dryRun) continue;
      removeDependents(store, gone);
      settle(store, gone);
    }
    return Promise.resolve(
      json(encodeList(call, selected, {
        resourceVersion: store.resourceVersion,
      })),
    );
  });
}

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

async function store(call: Call, object: KubeObject): Promise<Response> {
  const warnings = await validate(call, object);
  const options = writeOptions(call);
  const written = call.store.update(object, options);
  if (!options.dryRun) settle(call.store, written);
  return json(encodeObject(call, written), { warnings });
}

async function validate(
  call: Call,
  object: KubeObject,
): Promise<readonly string[]> {
  const mode = call.query.get("fieldValidation");
  return await validateObject(call.resource, object, {
    ...(mode === "Strict" || mode === "Ignore"
      ? { fieldValidation: mode }
      : {}),
  });
}

function writeOptions(call: Call): StoreWriteOptions {
  const agent = call.request.headers.get("user-agent") ?? "";
  return {
    manager: call.query.get("fieldManager") || agent.split("/")[0] || "unknown",
    dryRun: isDryRun(call.query),
    subresource: call.subresource === "status" ? "status" : undefined,
  };
}

/** The object in the namespace of the path, which it may leave out. */
function located(call: Call, object: KubeObject): KubeObject {
  const { namespace, resource } = call;
  const own = object.metadata.namespace;
  if (!resource.namespaced) return object;
  if (own !== undefined && own !== "" && own !== namespace) {
    throw wrongNamespace();
  }
  return { ...object, metadata: { ...object.metadata, namespace: namespace! } };
}

function wrongNamespace(): StatusError {
  return badRequest(
    "the namespace of the provided object does not match the namespace sent on the request",
  );
}

function wrongName(call: Call, object: KubeObject): StatusError {
  return badRequest(
    `the name of the object (${object.metadata?.name}) does not match the name on the URL (${call.name})`,
  );
}

function applyPatch(
  call: Call,
  { type, patch, document }: {
    readonly type: string;
    readonly patch: unknown;
    readonly document: Json;
  },
): Json {
  const { resource } = call;
  try {
    if (type === "application/json-patch+json") {
      if (Array.isArray(patch) && patch.length > OPERATIONS_LIMIT) {
        throw tooLarge(
          `The allowed maximum operations in a JSON patch is ${OPERATIONS_LIMIT}, got ${patch.length}`,
        );
      }
      return applyJsonPatch(document, patch);
    }
    const strategic = type === "application/strategic-merge-patch+json" &&
      !resource.custom && isPlain(patch as Json);
    if (type === "application/merge-patch+json" || strategic) {
      return applyMergePatch(document, patch as Json);
    }
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (error.kind === "malformed") throw badRequest(error.message);
    throw unprocessable();
  }
  throw unsupportedMediaType(
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json",
  );
}

/**
 * Whether a strategic merge patch means the same as a merge patch: it has no
 * directives and no lists of objects, which would merge by a key.
 */
function isPlain(patch: Json): boolean {
  if (Array.isArray(patch)) {
    return patch.every((item) => typeof item !== "object" || item === null);
  }
  if (typeof patch !== "object" || patch === null) return true;
  return Object.entries(patch).every(([key, value]) =>
    !key.startsWith("$") && isPlain(value)
  );
}

async function objectBody(call: Call): Promise<KubeObject> {
  const body = await jsonBody(call.request) as Partial<KubeObject> | null;
  const { resource, apiVersion } = call;
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw badRequest("the body is not an object");
  }
  if (body.kind !== resource.kind || body.apiVersion !== apiVersion) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind} in ${apiVersion})`,
    );
  }
  const { metadata } = body;
  if (typeof metadata !== "object" || metadata === null) {
    throw badRequest("the object has no metadata");
  }
  return body as KubeObject;
}

async function optionalBody(call: Call): Promise<object> {
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

function contentType(request: Request): string {
  const header = request.headers.get("content-type") ?? "";
  return header.split(";")[0]!.trim().toLowerCase();
}

async function bodyText(request: Request): Promise<string> {
  const tooBig = () =>
    tooLarge(`Request entity too large: limit is ${BODY_LIMIT}`);
  if (Number(request.headers.get("content-length") ?? 0) > BODY_LIMIT) {
    throw tooBig();
  }
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw tooBig();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("the body of the request is not valid JSON");
  }
}
