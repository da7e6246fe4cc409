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

/** The strings of what should be a list of strings. */
export function strings(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return list.every((one) => typeof one === "string")
    ? list
    : list.filter((one) => typeof one === "string");
}
