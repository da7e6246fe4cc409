/**
 * Two lists of rules laid beside each other: which ask for the same and stand
 * in the same order on both sides.
 *
 * @module
 */

import { canonicalJson } from "./canonical.ts";
import type { CompiledRule } from "./explain.ts";
import { isRecord } from "./shapes.ts";

/** Which rules of two lists belong together. */
export interface RuleAlignment {
  /** Indexes on both sides, rising on both. */
  readonly aligned: readonly (readonly [number, number])[];
  /** Indexes of rules without a partner, for each side. */
  readonly alone: readonly [readonly number[], readonly number[]];
}

/** What a block asks of a request; not of the client, which is settled. */
const ASKED = [
  "uri",
  "ignoreUriCase",
  "method",
  "scheme",
  "authority",
  "headers",
  "withoutHeaders",
  "queryParams",
] as const;

/**
 * Lays the lists beside each other. The rules that belong together are a
 * longest chain that rises on both sides, twins counted in order.
 */
export function alignRules(
  before: readonly CompiledRule[],
  after: readonly CompiledRule[],
): RuleAlignment {
  const places = new Map<string, number[]>();
  after.forEach((rule, at) => {
    const key = conditionsKey(rule);
    const list = places.get(key);
    if (list === undefined) places.set(key, [at]);
    else list.push(at);
  });
  const matched: (readonly [number, number])[] = [];
  before.forEach((rule, at) => {
    const other = places.get(conditionsKey(rule))?.shift();
    if (other !== undefined) matched.push([at, other]);
  });
  const aligned = risingChain(matched);
  const partners = [0, 1].map((side) =>
    new Set(aligned.map((pair) => pair[side]))
  );
  const aloneOf = (rules: readonly CompiledRule[], side: 0 | 1) =>
    rules.flatMap((_, at) => partners[side]!.has(at) ? [] : [at]);
  return { aligned, alone: [aloneOf(before, 0), aloneOf(after, 1)] };
}

const KEYS = new WeakMap<object, string>();

function conditionsKey({ entry }: CompiledRule): string {
  const block: unknown = entry?.matchIndex === undefined
    ? undefined
    : entry.block;
  if (!isRecord(block)) return block === undefined ? "{}" : "malformed";
  let key = KEYS.get(block);
  if (key === undefined) {
    const asked = ASKED.flatMap((field) =>
      block[field] === undefined || block[field] === null ||
        (isRecord(block[field]) && Object.keys(block[field]).length === 0)
        ? []
        : [[field, block[field]]]
    );
    KEYS.set(block, key = canonicalJson(Object.fromEntries(asked)));
  }
  return key;
}

/** A longest chain of pairs that rises on the second side, too. */
function risingChain(
  pairs: readonly (readonly [number, number])[],
): (readonly [number, number])[] {
  // The last pair of the best chain of each length, and what came before it.
  const ends: number[] = [];
  const former: number[] = [];
  pairs.forEach(([, other], at) => {
    let low = 0;
    for (let high = ends.length; low < high;) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]!]![1] < other) low = middle + 1;
      else high = middle;
    }
    former[at] = low === 0 ? -1 : ends[low - 1]!;
    ends[low] = at;
  });
  const chain: (readonly [number, number])[] = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = former[at]!) {
    chain.unshift(pairs[at]!);
  }
  return chain;
}
