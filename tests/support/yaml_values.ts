/**
 * Any value in YAML, in the ways in which people and tools write the same.
 *
 * @module
 */

import fc from "fast-check";
import { stringify } from "yaml";
import { stringifyYaml } from "../../src/yaml.ts";

/** Options of {@linkcode anyValue}. */
export interface AnyValueOptions {
  /** Odd texts and keys that are likely, beside those that are always. */
  readonly texts: readonly string[];
  readonly keys: readonly string[];
  /** Whether null may stand anywhere. */
  readonly nulls: boolean;
}

/** Texts, numbers, truth, lists and maps, odd ones among them. */
export function anyValue(
  { texts, keys, nulls }: AnyValueOptions,
): fc.Arbitrary<unknown> {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 8 }).filter((text) =>
      !/[\p{Cs}\p{Cc}\p{Cn}\u2028\u2029\ufeff]/u.test(text)
    ),
    fc.constantFrom(
      ...["yes", "a: b", "# no", "two\nlines", " x ", "", "0x1", ...texts],
    ),
  );
  const key = fc.oneof(
    fc.stringMatching(/^[a-z]{1,5}$/),
    fc.constantFrom("a.b/c", "a b", "é😀", "1", '"', ...keys),
  );
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      text,
      fc.integer(),
      fc.boolean(),
      ...(nulls ? [fc.constant(null)] : []),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
}

/** Writes a value. */
export type Style = (value: unknown) => string;

/** The ways, by name. */
export const STYLES: Readonly<Record<string, Style>> = {
  block: (value) => stringifyYaml(value, { useAnchors: false, lineWidth: -1 }),
  folded: (value) =>
    stringify(value, {
      lineWidth: 20,
      indentSeq: false,
      aliasDuplicateObjects: false,
    }),
  commented: (value) =>
    stringify(value, { lineWidth: 0, indent: 4, aliasDuplicateObjects: false })
      .replace(/^( *)([a-z]+:)/gm, "$1# about $2\n$1$2"),
  flow: (value) =>
    stringify(value, { collectionStyle: "flow", aliasDuplicateObjects: false }),
  json: (value) => JSON.stringify(value),
  "pretty json": (value) => JSON.stringify(value, undefined, 3),
};
