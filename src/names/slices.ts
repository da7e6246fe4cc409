/**
 * Work in slices: somebody types in the same process, and a key must not wait
 * for thousands of pods.
 *
 * @module
 */

/** Milliseconds, a part of a frame. */
const SLICE_MS = 4;

/** Does all steps of some work, and lets others go first now and then. */
export async function inSlices<T>(
  work: Generator<void, T>,
  signal?: AbortSignal,
): Promise<T> {
  let end = performance.now() + SLICE_MS;
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() < end) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    end = performance.now() + SLICE_MS;
  }
}

/** Does all steps at once. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
