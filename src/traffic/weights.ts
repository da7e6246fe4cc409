/**
 * Shares to integer weights (rules 5.1 and 5.2 of docs/changes.md).
 *
 * @module
 */

import {
  add,
  compare,
  divide,
  equal,
  type Fraction,
  fraction,
  isPositive,
  multiply,
  ONE,
  ZERO,
} from "./fractions.ts";

/**
 * The share of each destination: one alone has everything whatever its
 * weight; of several, weight / sum of weights, an absent weight being 0.
 */
export function sharesOf(
  route: readonly { readonly weight?: number }[],
): readonly Fraction[] {
  if (route.length === 1) return [ONE];
  const sum = route.reduce((total, each) => total + weightOf(each), 0);
  return route.map((each) => fraction(weightOf(each), sum));
}

/** The weight as Istio reads it: absent, or not a number, is 0. */
export function weightOf(destination: { readonly weight?: number }): number {
  const { weight } = destination;
  return typeof weight === "number" && Number.isSafeInteger(weight) &&
      weight > 0
    ? weight
    : 0;
}

/** A build in a rule as {@linkcode distribute} sees it. */
export interface Part {
  /** The share it had. */
  readonly before: Fraction;
  /** The share it shall have; the parts' shares sum to 1. */
  readonly target: Fraction;
  /** The user named it: its share is met exactly. */
  readonly named: boolean;
  /** Present weights of its destinations: their ratio within the build stays. */
  readonly inner: readonly number[];
}

/**
 * Integer weights for parts, by largest remainder, ties in list order.
 *
 * The sum is the first of `totals` that meets every named share exactly,
 * rounds no share above 0 to nothing, and raises no unnamed build while a
 * named one rises; the last of them does what it can.
 *
 * @param totals Sums to try, ascending: normally 100, 1000, 10,000.
 * @returns Weights of each part's destinations, and their sum.
 */
export function distribute(
  parts: readonly Part[],
  totals: readonly number[],
): {
  readonly weights: readonly (readonly number[])[];
  readonly total: number;
} {
  const last = totals.at(-1) ?? 100;
  for (const total of totals) {
    const weights = weightsFor(parts, total);
    if (fits(parts, weights, total)) return { weights, total };
  }
  // Finer there is not: what would raise somebody is rounded down at least.
  const isRisen = (index: number, weight: number): boolean => {
    const part = parts[index];
    return part !== undefined && !part.named &&
      compare(fraction(weight, last), part.before) > 0;
  };
  return {
    weights: keepAboveZero(parts, weightsFor(parts, last, isRisen)),
    total: last,
  };
}

/**
 * Largest remainder: integers in proportion to shares, summing to total.
 *
 * @param isLast Who is rounded up only when nobody else is left.
 */
export function apportion(
  shares: readonly Fraction[],
  total: number,
  isLast: (index: number, rounded: number) => boolean = () => false,
): readonly number[] {
  const exact = shares.map((share) => multiply(share, fraction(total)));
  const floors = exact.map((each) => Number(each.numerator / each.denominator));
  const missing = total - floors.reduce((sum, each) => sum + each, 0);
  const order = exact
    .map((each, index) => ({
      index,
      // What needs no rounding gets none.
      rank: each.numerator % each.denominator === 0n
        ? 2
        : Number(isLast(index, (floors[index] ?? 0) + 1)),
      remainder: fraction(
        each.numerator % each.denominator,
        each.denominator,
      ),
    }))
    .sort((a, b) =>
      a.rank - b.rank || compare(b.remainder, a.remainder) || a.index - b.index
    );
  const chosen = new Set(order.slice(0, missing).map(({ index }) => index));
  return floors.map((floor, index) => floor + (chosen.has(index) ? 1 : 0));
}

function weightsFor(
  parts: readonly Part[],
  total: number,
  isLast?: (index: number, rounded: number) => boolean,
): readonly (readonly number[])[] {
  const byPart = apportion(parts.map((part) => part.target), total, isLast);
  return parts.map((part, index) => {
    const sum = part.inner.reduce((all, each) => all + each, 0);
    const ratio = sum === 0
      ? part.inner.map((_, place) => place === 0 ? ONE : ZERO)
      : part.inner.map((each) => fraction(each, sum));
    return apportion(ratio, byPart[index] ?? 0);
  });
}

function fits(
  parts: readonly Part[],
  weights: readonly (readonly number[])[],
  total: number,
): boolean {
  const rises = parts.some((part) =>
    part.named && compare(part.target, part.before) > 0
  );
  return parts.every((part, index) => {
    const given = weights[index] ?? [];
    const share = fraction(given.reduce((sum, each) => sum + each, 0), total);
    if (part.named && !equal(share, part.target)) return false;
    if (rises && !part.named && compare(share, part.before) > 0) return false;
    return !isPositive(part.target) ||
      given.every((weight, place) =>
          weight > 0 || (part.inner[place] ?? 0) === 0
        ) && given.some((weight) => weight > 0);
  });
}

function keepAboveZero(
  parts: readonly Part[],
  weights: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const result = weights.map((each) => [...each]);
  const flat = parts.flatMap((part, index) =>
    part.inner.map((inner, place) => ({ part, index, place, inner }))
  );
  for (const { part, index, place, inner } of flat) {
    const own = result[index];
    if (!own || own[place] !== 0 || !isPositive(part.target)) continue;
    if (inner === 0 && own.some((weight) => weight > 0)) continue;
    const giver = flat
      .filter((each) => (result[each.index]?.[each.place] ?? 0) > 1)
      .sort((a, b) =>
        Number(a.part.named) - Number(b.part.named) ||
        (result[b.index]?.[b.place] ?? 0) - (result[a.index]?.[a.place] ?? 0)
      )[0];
    if (!giver) continue;
    own[place] = 1;
    const from = result[giver.index];
    if (from) from[giver.place] = (from[giver.place] ?? 0) - 1;
  }
  return result;
}

/**
 * Target shares when some builds are set: the rest keep what is left in their
 * present ratio.
 *
 * @param before Shares now.
 * @param set Shares by index.
 * @returns Nothing where something is left but nobody has a share to take it.
 */
export function retarget(
  before: readonly Fraction[],
  set: ReadonlyMap<number, Fraction>,
): readonly Fraction[] | undefined {
  const rest = add(
    ...before.filter((_, index) => !set.has(index)),
  );
  const left = add(ONE, {
    numerator: -add(...set.values()).numerator,
    denominator: add(...set.values()).denominator,
  });
  if (isPositive(left) && !isPositive(rest)) return undefined;
  return before.map((share, index) =>
    set.get(index) ?? multiply(divide(share, rest), left)
  );
}
