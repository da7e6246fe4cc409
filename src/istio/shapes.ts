/**
 * Objects from a cluster or a file have the shape somebody gave them: look
 * before reading.
 *
 * @module
 */

/** Is it an object with fields, not null and not a list? */
export function isRecord<T>(value: T): value is T & Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of what should be a string, and nothing else. */
export function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value of what should be a number; NaN for anything else. */
export function numberOf(value: unknown): number {
  return typeof value === "number" ? value : NaN;
}

/** The strings of what should be a list of strings. */
export function strings(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return list.every((one) => typeof one === "string")
    ? list
    : list.filter((one) => typeof one === "string");
}
