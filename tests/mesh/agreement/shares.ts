/**
 * Do the shares that are told come out? Over many draws, each by itself.
 *
 * @module
 */

interface Share {
  readonly draws: number;
  readonly hits: number;
  readonly expected: number;
  readonly variance: number;
}

/** Draws by told share, in tenths. */
export class Shares {
  readonly #byTenth = new Map<number, Share>();

  /** One request: did the destination that was told this share get it? */
  add(fraction: number, isHit: boolean): void {
    const tenth = Math.min(9, Math.floor(fraction * 10));
    const { draws, hits, expected, variance } = this.#byTenth.get(tenth) ??
      { draws: 0, hits: 0, expected: 0, variance: 0 };
    this.#byTenth.set(tenth, {
      draws: draws + 1,
      hits: hits + (isHit ? 1 : 0),
      expected: expected + fraction,
      variance: variance + fraction * (1 - fraction),
    });
  }

  get draws(): number {
    return this.#byTenth.values().reduce((sum, { draws }) => sum + draws, 0);
  }

  /** The greatest distance from what was told, in standard deviations. */
  get worst(): number {
    return Math.max(
      0,
      ...[...this.#byTenth.values()].filter(({ variance }) => variance > 5)
        .map(({ hits, expected, variance }) =>
          Math.abs(hits - expected) / Math.sqrt(variance)
        ),
    );
  }
}
