/**
 * Names of operations.
 *
 * @module
 */

/** A fresh operation id: the time, then something random. */
export function newOperationId(time: Date, random: Uint8Array): string {
  const stamp = time.toISOString().replace(/\D/g, "").slice(0, 14);
  const tail = Array.from(
    random.subarray(0, 4),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  return `${stamp}-${tail}`;
}
