/**
 * The `scale` subresource, which `kubectl scale` reads and writes.
 *
 * @module
 */

import type { Json, KubeObject } from "../istio/types.ts";
import { json } from "./answer.ts";
import { type Call, isDryRun } from "./call.ts";
import { settle } from "./controllers.ts";
import { applyMergePatch } from "./json_patch.ts";
import { replicasOf } from "./pods_for.ts";
import { storedOf } from "./reads.ts";
import { badRequest, methodNotAllowed } from "./status.ts";
import { jsonBody } from "./body.ts";

/** GET, PUT and PATCH (merge) of a workload's scale. */
export async function answerScale(call: Call): Promise<Response> {
  const { method } = call.request;
  if (method === "GET") return json(scaleOf(storedOf(call)));
  if (method !== "PUT" && method !== "PATCH") throw methodNotAllowed();
  const body = await jsonBody(
    call.request,
    method === "PUT" ? "application/json" : "application/merge-patch+json",
  );
  return await call.persistence.exclusively(() => {
    const before = storedOf(call);
    const scale = method === "PUT"
      ? body
      : applyMergePatch(scaleOf(before) as Json, body as Json);
    const { spec, metadata } = scale as {
      spec?: { replicas?: unknown };
      metadata?: { resourceVersion?: string };
    };
    const replicas = spec?.replicas ?? 0;
    if (!Number.isInteger(replicas) || Number(replicas) < 0) {
      throw badRequest("spec.replicas must be a whole number of 0 or more");
    }
    const dryRun = isDryRun(call.query, { kind: "UpdateOptions" });
    const written = call.store.update({
      ...before,
      metadata: {
        ...before.metadata,
        resourceVersion: metadata?.resourceVersion ?? "",
      },
      spec: { ...before.spec as object, replicas },
    }, { manager: call.query.get("fieldManager") ?? "scale", dryRun });
    if (!dryRun) settle(call.store, written);
    return Promise.resolve(json(scaleOf(written)));
  });
}

function scaleOf(workload: KubeObject): Readonly<Record<string, unknown>> {
  const { name, namespace, uid, resourceVersion, creationTimestamp } =
    workload.metadata;
  const status = workload.status as { replicas?: number } | undefined;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: replicasOf(workload) },
    status: { replicas: status?.replicas ?? 0 },
  };
}
