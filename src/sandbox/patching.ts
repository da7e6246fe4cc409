/**
 * The three kinds of patch, and what the API makes of their failures.
 *
 * @module
 */

import type { Json } from "../istio/types.ts";
import type { Call } from "./call.ts";
import { applyJsonPatch, applyMergePatch, PatchError } from "./json_patch.ts";
import { applyStrategicMerge } from "./strategic_merge.ts";
import {
  badRequest,
  tooLarge,
  unprocessable,
  unsupportedMediaType,
} from "./status.ts";

/** Server-side apply, which is more than a patch. */
export const APPLY_PATCH = "application/apply-patch+yaml";

const OPERATIONS_LIMIT = 10_000;

const JSON_PATCH = "application/json-patch+json";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";

/**
 * Says no to a kind of patch that this kind of object does not take.
 *
 * @throws {StatusError} 415.
 */
export function checkPatchType({ resource }: Call, type: string): void {
  if ([JSON_PATCH, MERGE, APPLY_PATCH].includes(type)) return;
  if (type === STRATEGIC && !resource.custom) return;
  throw unsupportedMediaType(
    resource.custom
      ? `the body of the request was in an unknown format - accepted media types include: ${JSON_PATCH}, ${MERGE}, ${APPLY_PATCH}`
      : "415: Unsupported Media Type",
  );
}

/**
 * Applies a patch of the given media type.
 *
 * @throws {StatusError} 400, 413, 422.
 */
export function applyPatch(
  { type, patch, document }: {
    readonly type: string;
    readonly patch: unknown;
    readonly document: Json;
  },
): Json {
  try {
    if (type === JSON_PATCH) {
      if (Array.isArray(patch) && patch.length > OPERATIONS_LIMIT) {
        throw tooLarge(
          `Request entity too large: The allowed maximum operations in a JSON patch is ${OPERATIONS_LIMIT}, got ${patch.length}`,
        );
      }
      return applyJsonPatch(document, patch);
    }
    if (type === MERGE || type === STRATEGIC) {
      if (patch === null) throw badRequest("Invalid JSON Patch");
      if (Array.isArray(patch)) {
        throw new PatchError(
          "malformed",
          "json: cannot unmarshal array into Go value of type map[string]interface {}",
        );
      }
      return type === MERGE
        ? applyMergePatch(document, patch as Json)
        : applyStrategicMerge(document, patch as Json);
    }
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (error.kind === "malformed") {
      throw badRequest(`error decoding patch: ${error.message}`);
    }
    throw unprocessable();
  }
  throw new TypeError(`"${type}" is no kind of patch`);
}
