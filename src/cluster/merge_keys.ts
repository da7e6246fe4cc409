/**
 * YAML merge keys (`<<`) as kubectl's parser has them: a mapping is read from
 * top to bottom, and whatever comes later wins. By YAML's own rules a key of
 * the mapping would win wherever it stands, which is another user's token for
 * the same file.
 *
 * @module
 */

import { mapOf } from "./kubeconfig_fields.ts";

/**
 * The same value with its merge keys carried out.
 *
 * @param value Of a parser that leaves `<<` alone; bounded in size and depth.
 * @throws {SyntaxError} Where one leads to anything but mappings.
 */
export function withMerges(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMerges);
  const fields = mapOf(value);
  if (fields === undefined) return value;
  const merged = new Map<string, unknown>();
  for (const [key, inner] of fields) {
    if (key !== "<<") merged.set(key, withMerges(inner));
    else for (const [each, its] of mergedBy(inner)) merged.set(each, its);
  }
  return Object.fromEntries(merged);
}

/** Of several mappings the first one wins. */
function mergedBy(value: unknown): readonly (readonly [string, unknown])[] {
  const sources = Array.isArray(value) ? value.toReversed() : [value];
  return sources.flatMap((source) => {
    const fields = mapOf(withMerges(source));
    if (fields === undefined) throw new SyntaxError("a merge of no mapping");
    return [...fields];
  });
}
