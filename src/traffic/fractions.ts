/**
 * Exact shares. Weights are integers of up to 31 bits, and whether a share
 * changes is judged without rounding, so floating point will not do.
 *
 * @module
 */

/** A fraction in lowest terms; the denominator is above 0. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Nothing. */
export const ZERO: Fraction = { numerator: 0n, denominator: 1n };
/** The whole. */
export const ONE: Fraction = { numerator: 1n, denominator: 1n };

/** Makes a fraction; 0 where the denominator is 0. */
export function fraction(
  numerator: bigint | number,
  denominator: bigint | number = 1n,
): Fraction {
  let n = BigInt(numerator);
  let d = BigInt(denominator);
  if (d === 0n || n === 0n) return ZERO;
  if (d < 0n) [n, d] = [-n, -d];
  let [a, b] = [n < 0n ? -n : n, d];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: n / a, denominator: d / a };
}

/** A percentage with at most one decimal, as a share of 1. */
export function fromPercent(percent: number): Fraction {
  return fraction(Math.round(percent * 10), 1000);
}

/** Percent with at most four decimals, for people and JSON. */
export function toPercent(value: Fraction): number {
  const { numerator, denominator } = value;
  return Math.round(Number(numerator * 100_000_000n / denominator) / 100) /
    10_000;
}

/** The sum of any number of fractions. */
export function add(...terms: readonly Fraction[]): Fraction {
  return terms.reduce(
    (sum, term) =>
      fraction(
        sum.numerator * term.denominator + term.numerator * sum.denominator,
        sum.denominator * term.denominator,
      ),
    ZERO,
  );
}

/** a * b. */
export function multiply(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** a / b; 0 where b is 0. */
export function divide(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.denominator, a.denominator * b.numerator);
}

/** Negative, 0 or positive, as sorting wants it. */
export function compare(a: Fraction, b: Fraction): number {
  const difference = a.numerator * b.denominator -
    b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Are they the same share? */
export function equal(a: Fraction, b: Fraction): boolean {
  return compare(a, b) === 0;
}

/** Is it above 0? */
export function isPositive(value: Fraction): boolean {
  return value.numerator > 0n;
}
