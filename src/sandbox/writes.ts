/**
 * POST, PUT, PATCH and DELETE: the new object is made, checked, stored, and
 * what hangs on it (pods of a Deployment, content of a Namespace) follows.
 *
 * @module
 */

import type { Json, KubeObject } from "../istio/types.ts";
import { encodeList, encodeObject, json } from "./answer.ts";
import {
  bodyText,
  contentType,
  objectBody,
  optionalBody,
  parseJson,
} from "./body.ts";
import { type Call, isDryRun } from "./call.ts";
import { complete, removeDependents, settle } from "./controllers.ts";
import { inVersion } from "./kinds.ts";
import { applyPatch } from "./patching.ts";
import { listOfSelected, storedOf } from "./reads.ts";
import {
  badRequest,
  detailsOf,
  invalid,
  StatusError,
  unprocessable,
} from "./status.ts";
import type { StoreWriteOptions } from "./store.ts";
import { validateObject } from "./validate.ts";

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
