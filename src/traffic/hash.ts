/**
 * Content addresses: two values have the same hash if they are the same JSON,
 * whatever the order of their keys.
 *
 * @module
 */

import { sha256 } from "@noble/hashes/sha2";
import { canonicalJson } from "../istio/canonical.ts";

export { canonicalJson, isSame } from "../istio/canonical.ts";

/** The first 16 hexadecimal digits of the SHA-256 of the canonical JSON. */
export function hashOf(value: unknown): string {
  const digest = sha256(new TextEncoder().encode(canonicalJson(value)));
  return Array.from(
    digest.subarray(0, 8),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
