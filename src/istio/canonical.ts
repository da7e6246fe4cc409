/**
 * JSON in one spelling: two values are the same if their texts are, whatever
 * the order of their keys.
 *
 * @module
 */

/** Rules and subsets are never changed in place, and asked about often. */
const KNOWN = new WeakMap<object, string>();

/** JSON with sorted keys and no spaces; absent (`undefined`) fields left out. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return print(value);
  let text = KNOWN.get(value);
  if (text === undefined) KNOWN.set(value, text = print(value));
  return text;
}

function print(value: unknown): string {
  if (typeof value !== "object" || value === null) {
    return JSON.stringify(value) ?? "null";
  }
  const known = KNOWN.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    return `[${value.map((item) => print(item ?? null)).join(",")}]`;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const parts = Object.keys(fields).sort()
    .filter((key) => fields[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${print(fields[key])}`);
  return `{${parts.join(",")}}`;
}

/** Are both the same JSON? */
export function isSame(one: unknown, other: unknown): boolean {
  return one === other || canonicalJson(one) === canonicalJson(other);
}
