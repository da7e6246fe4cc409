/**
 * The three kinds of patch, and what the API makes of their failures.
 *
 * @module
 */

import type { Json } from "../istio/types.ts";
import type { Call } from "./call.ts";
import { applyJsonPatch, applyMergePatch, PatchError } from "./json_patch.ts";
import {
  badRequest,
  tooLarge,
  unprocessable,
  unsupportedMediaType,
} from "./status.ts";

const OPERATIONS_LIMIT = 10_000;

/**
 * Applies a patch of the given media type.
 *
 * @throws {StatusError} 400, 413, 415, 422.
 */
export function applyPatch(
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
