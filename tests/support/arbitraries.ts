/**
 * Generators of rules, subsets and objects for property tests: few distinct
 * items, so that twins are common.
 *
 * @module
 */

import fc from "fast-check";
import type { KubeObject, Subset } from "../../src/istio/types.ts";

/** A rule out of a small stock: names, matches and routes repeat. */
export const anyRule: fc.Arbitrary<Record<string, unknown>> = fc.record({
  name: fc.constantFrom("a", "b", "c", "d/~e", ""),
  match: fc.constantFrom(
    [{ uri: { prefix: "/" } }],
    [{ headers: { "x-cid": { exact: "1" } } }],
    [{ uri: { regex: ".+" } }],
  ),
  route: fc.constantFrom(
    [{ destination: { host: "reviews" } }],
    [
      { destination: { host: "reviews", subset: "v1" }, weight: 90 },
      { destination: { host: "reviews", subset: "v2" }, weight: 10 },
    ],
    [{ destination: { host: "reviews", subset: "v2" } }],
  ),
  timeout: fc.constantFrom("1s", "2s"),
  "odd/~field": fc.constantFrom({ a: [1] }, { a: [2] }),
}, { requiredKeys: [] });

/** Lists of rules as a VirtualService has them. */
export const anyRules: fc.Arbitrary<Record<string, unknown>[]> = fc.array(
  anyRule,
  { maxLength: 8 },
);

/** Lists of subsets with unequal names. */
export const anySubsets: fc.Arbitrary<Subset[]> = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("v1", "v2", "v3", "v4", "v5"),
    labels: fc.constantFrom({ version: "v1" }, { version: "v2" }),
  }),
  { maxLength: 5, selector: (subset) => subset.name },
);

/** A VirtualService with these rules; no list where there are none. */
export function virtualServiceWith(
  http: readonly unknown[],
  name = "reviews",
): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "default" },
    spec: { hosts: ["reviews"], ...(http.length > 0 ? { http } : {}) },
  };
}

/** A DestinationRule with these subsets; no list where there are none. */
export function destinationRuleWith(
  subsets: readonly Subset[],
  name = "reviews",
): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name, namespace: "default" },
    spec: { host: "reviews", ...(subsets.length > 0 ? { subsets } : {}) },
  };
}

/** Runs a property; a failure prints its seed. */
export function holds<T extends [unknown, ...unknown[]]>(
  property: fc.IProperty<T>,
  runs = 300,
): void {
  fc.assert(property, { numRuns: runs });
}
