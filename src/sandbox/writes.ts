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
  checkType,
  contentType,
  objectBody,
  optionalBody,
  parseJson,
  yamlBody,
} from "./body.ts";
import { type Call, isDryRun, isOn } from "./call.ts";
import { complete, removeDependents, settle } from "./controllers.ts";
import { inVersion } from "./kinds.ts";
import { applied } from "./managers.ts";
import { finalizersOf, timestamp } from "./metadata.ts";
import { APPLY_PATCH, applyPatch, checkPatchType } from "./patching.ts";
import { pruned } from "./prune.ts";
import { listOfSelected, storedOf } from "./reads.ts";
import {
  badRequest,
  detailsOf,
  invalid,
  invalidOptions,
  methodNotAllowed,
  notFound,
  StatusError,
  unprocessable,
} from "./status.ts";
import type { StoreWriteOptions } from "./store.ts";
import { validateObject } from "./validate.ts";

/** POST to a collection. */
export async function createObject(call: Call): Promise<Response> {
  const given = await objectBody(call);
  return await call.persistence.exclusively(async () => {
    const { resource } = call;
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
      // The real one forgets to say that this is the client's fault.
      throw new StatusError(
        500,
        "",
        "resourceVersion should not be set on objects to be created",
      );
    }
    return await insert(call, located(call, { ...given, metadata }));
  });
}

async function insert(
  call: Call,
  given: KubeObject,
  more: StoreWriteOptions = {},
): Promise<Response> {
  const { store, namespace } = call;
  const { object: known, unknown } = pruned(given);
  const object = complete(store, known);
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
  const warnings = await validate(call, object, unknown);
  const options = { ...writeOptions(call), ...more };
  const created = store.create(object, options);
  if (!options.dryRun) settle(store, created);
  return json(encodeObject(call, created), { status: 201, warnings });
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
      throw invalid({ ...resource, kind: resource.plural }, name, [{
        reason: "FieldValueInvalid",
        message: "Invalid value: 0: must be specified for an update",
        field: "metadata.resourceVersion",
      }]);
    }
    return await store(call, object);
  });
}

/** PATCH of one object, or of its status. */
export async function patchObject(call: Call): Promise<Response> {
  const type = contentType(call.request);
  checkPatchType(call, type);
  const text = await bodyText(call.request);
  if (type === APPLY_PATCH) return await applyObject(call, text);
  return await call.persistence.exclusively(async () => {
    const before = inVersion(storedOf(call), call.apiVersion);
    const after = applyPatch({
      type,
      patch: parseJson(text),
      document: before as unknown as Json,
    });
    if (typeof after !== "object" || after === null || Array.isArray(after)) {
      throw unprocessable();
    }
    const object = after as unknown as KubeObject;
    const { namespace, name, uid } = before.metadata;
    checkType(call, object);
    if (!object.metadata?.name) {
      throw badRequest(
        `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
      );
    }
    if (object.metadata.name !== name) throw wrongName(call, object);
    if (object.metadata.namespace !== namespace) throw wrongNamespace();
    if (object.metadata.uid !== uid) {
      const immutable = {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${
          JSON.stringify(object.metadata.uid ?? "")
        }: field is immutable`,
        field: "metadata.uid",
      };
      // Checked as any object, and once more as a custom one.
      throw invalid(
        call.resource,
        name,
        call.resource.custom ? [immutable, immutable] : [immutable],
      );
    }
    return await store(call, object);
  });
}

/** Server-side apply: PATCH of what is there, or is to be. */
async function applyObject(call: Call, text: string): Promise<Response> {
  const { query, resource, name = "", apiVersion, subresource } = call;
  const manager = query.get("fieldManager");
  if (!manager) {
    throw invalidOptions("PatchOptions", {
      reason: "FieldValueRequired",
      message: "Required value: is required for apply patch",
      field: "fieldManager",
    });
  }
  checkOptions(call);
  const given = located(call, await yamlBody(call, text));
  if (given.metadata.managedFields !== undefined) {
    throw badRequest("metadata.managedFields must be nil");
  }
  return await call.persistence.exclusively(async () => {
    const stored = call.store.get({
      kind: resource.kind,
      namespace: call.namespace,
      name,
    });
    if (stored === undefined && subresource !== undefined) {
      throw notFound(resource, name);
    }
    if ((given.metadata.name ?? name) !== name) throw wrongName(call, given);
    const object = applied(
      stored && inVersion(stored, apiVersion),
      { ...given, metadata: { ...given.metadata, name } },
      {
        manager,
        apiVersion,
        subresource: subresource === "status" ? "status" : undefined,
        time: timestamp(call.store.now()),
        force: isOn(query, "force"),
      },
    );
    const { managedFields = [] } = object.metadata;
    return stored === undefined
      ? await insert(call, object, { managedFields })
      : await store(call, object, { managedFields });
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
  const dryRun = isDryRun(call.query, {
    kind: "DeleteOptions",
    fromBody: asked ?? [],
  });
  const policy = propagationPolicy ?? call.query.get("propagationPolicy");
  checkPropagation(policy, body);
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
    // What something holds is still there, and is told with its mark.
    if (finalizersOf(gone).length > 0) {
      return Promise.resolve(json(encodeObject(call, gone)));
    }
    return Promise.resolve(json({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { ...detailsOf(resource, name), uid: gone.metadata.uid },
    }));
  });
}

function checkPropagation(policy: unknown, body: object): void {
  if (policy === null || policy === undefined) return;
  const refuse = (reason: string, message: string) =>
    invalidOptions("DeleteOptions", {
      reason,
      message,
      field: "propagationPolicy",
    });
  const text = JSON.stringify(policy);
  if ("orphanDependents" in body) {
    throw refuse(
      "FieldValueInvalid",
      `Invalid value: ${text}: orphanDependents and deletionPropagation cannot be both set`,
    );
  }
  if (!["Foreground", "Background", "Orphan"].includes(String(policy))) {
    throw refuse(
      "FieldValueNotSupported",
      `Unsupported value: ${text}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
  }
}

/** DELETE of everything that is selected. */
export async function deleteObjects(call: Call): Promise<Response> {
  const body = await optionalBody(call);
  const dryRun = isDryRun(call.query, {
    kind: "DeleteOptions",
    fromBody: (body as { dryRun?: readonly unknown[] }).dryRun ?? [],
  });
  if (call.resource.kind === "Namespace") throw methodNotAllowed();
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
        ...(resource.custom ? { continue: "" } : {}),
      })),
    );
  });
}

async function store(
  call: Call,
  given: KubeObject,
  more: StoreWriteOptions = {},
): Promise<Response> {
  const { object, unknown } = pruned(given);
  const warnings = await validate(call, object, unknown);
  const options = { ...writeOptions(call), ...more };
  const written = call.store.update(object, options);
  if (!options.dryRun) settle(call.store, written);
  return json(encodeObject(call, written), { warnings });
}

async function validate(
  call: Call,
  object: KubeObject,
  unknown: readonly string[],
): Promise<readonly string[]> {
  // Of what is written to a status nothing else is taken, and nobody asked.
  if (call.subresource === "status") return [];
  const mode = call.query.get("fieldValidation");
  return await validateObject(call.resource, object, {
    pruned: unknown,
    ...(mode === "Strict" || mode === "Ignore"
      ? { fieldValidation: mode }
      : {}),
  });
}

function checkOptions({ query, request }: Call): void {
  const kind = OPTIONS[request.method] ?? "";
  const validation = query.get("fieldValidation") ?? "";
  if (!["", "Ignore", "Strict", "Warn"].includes(validation)) {
    throw invalidOptions(kind, {
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${
        JSON.stringify(validation)
      }: supported values: "", "Ignore", "Strict", "Warn"`,
      field: "fieldValidation",
    });
  }
  if ((query.get("fieldManager") ?? "").length > MANAGER_LIMIT) {
    throw invalidOptions(kind, {
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${MANAGER_LIMIT} bytes`,
      field: "fieldManager",
    });
  }
}

const MANAGER_LIMIT = 128;

const OPTIONS: Readonly<Record<string, string>> = {
  POST: "CreateOptions",
  PUT: "UpdateOptions",
  PATCH: "PatchOptions",
  DELETE: "DeleteOptions",
};

function writeOptions(call: Call): StoreWriteOptions {
  checkOptions(call);
  const agent = call.request.headers.get("user-agent") ?? "";
  return {
    manager: call.query.get("fieldManager") || agent.split("/")[0] || "unknown",
    apiVersion: call.apiVersion,
    dryRun: isDryRun(call.query, { kind: OPTIONS[call.request.method] ?? "" }),
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
