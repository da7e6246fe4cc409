/**
 * Could so many of so many be chance?
 *
 * @module
 */

/** What is held to be no chance any more: one in a million. */
const LEVEL = 1e-6;

/**
 * The exact test: whether so few, or so many, come at least once in a million
 * such draws.
 *
 * @param hits Of `draws`.
 * @param share 0 to 1.
 */
export function isPlausible(
  hits: number,
  { draws, share }: { readonly draws: number; readonly share: number },
): boolean {
  if (share <= 0) return hits === 0;
  if (share >= 1) return hits === draws;
  const few = tail({ from: 0, to: hits, draws, share });
  const many = tail({ from: hits, to: draws, draws, share });
  return Math.min(few, many) >= LEVEL / 2;
}

/** P(from <= X <= to). */
function tail(
  of: {
    readonly from: number;
    readonly to: number;
    readonly draws: number;
    readonly share: number;
  },
): number {
  const { from, to, draws, share } = of;
  let sum = 0;
  let choose = 0; // log of (draws over k)
  for (let k = 0; k <= to; k++) {
    if (k > 0) choose += Math.log(draws - k + 1) - Math.log(k);
    if (k < from) continue;
    sum += Math.exp(
      choose + k * Math.log(share) + (draws - k) * Math.log1p(-share),
    );
  }
  return Math.min(sum, 1);
}
