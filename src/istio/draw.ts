/**
 * Chance, the same for the same seed: which destination one request gets.
 *
 * @module
 */

import type { RoutedDestination } from "./clusters.ts";

/** By weight, over cumulative intervals, as Envoy does. */
export function drawDestination(
  destinations: readonly RoutedDestination[],
  random: () => number,
): RoutedDestination | undefined {
  if (destinations.length < 2) return destinations[0];
  let left = random();
  for (const destination of destinations) {
    left -= destination.fraction;
    if (left < 0) return destination;
  }
  return destinations.at(-1);
}

/**
 * Numbers from 0 to less than 1, the same for the same seed. Mulberry32:
 * small, fast, and the same everywhere.
 */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
