/**
 * Small questions to objects that every planner asks.
 *
 * @module
 */

import type { LabelRequirement } from "./intents.ts";

export { keyOf, namespaceOf } from "../istio/hosts.ts";

/** Does every requirement of a label selector hold? */
export function hasLabels(
  labels: Readonly<Record<string, string>> | undefined,
  requirements: readonly LabelRequirement[],
): boolean {
  return requirements.every((requirement) => {
    const value = labels && Object.hasOwn(labels, requirement.key)
      ? labels[requirement.key]
      : undefined;
    switch (requirement.operator) {
      case "exists":
        return value !== undefined;
      case "notexists":
        return value === undefined;
      case "in":
        return value !== undefined && requirement.values.includes(value);
      case "notin":
        return value === undefined || !requirement.values.includes(value);
    }
  });
}

/** A label selector as it is typed. */
export function printSelector(
  requirements: readonly LabelRequirement[],
): string {
  return requirements.map((requirement) => {
    const { key } = requirement;
    switch (requirement.operator) {
      case "exists":
        return key;
      case "notexists":
        return `!${key}`;
      case "in":
        return requirement.values.length === 1
          ? `${key}=${requirement.values[0]}`
          : `${key} in (${requirement.values.join(",")})`;
      case "notin":
        return requirement.values.length === 1
          ? `${key}!=${requirement.values[0]}`
          : `${key} notin (${requirement.values.join(",")})`;
    }
  }).join(",");
}

/** `a=1,b=2`. */
export function printLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Are two values the same JSON, whatever the order of their keys? */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) &&
      sameJson(
        (a as Record<string, unknown>)[key],
        (b as Record<string, unknown>)[key],
      )
    );
}

/** The same object without some fields. */
export function without<T extends object>(
  object: T,
  ...fields: readonly string[]
): Partial<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([key]) => !fields.includes(key)),
  ) as Partial<T>;
}

/** Names near a wrong one first, then the rest; at most ten. */
export function listNames(names: readonly string[]): string {
  const unique = [...new Set(names)];
  if (unique.length === 0) return "there are none";
  const shown = unique.slice(0, 10).map((name) => `"${name}"`).join(", ");
  return unique.length > 10 ? `${shown} and ${unique.length - 10} more` : shown;
}
