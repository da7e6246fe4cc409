/**
 * Steps back and forth over whole texts.
 *
 * @module
 */

import type { Buffer } from "./buffer.ts";

/** Texts before and after the present one, the nearest last. */
export interface Steps {
  readonly past: readonly Buffer[];
  readonly future: readonly Buffer[];
  /** What the last edit was; the next of its kind belongs to the same step. */
  readonly group?: string;
}

/** Nothing was done yet. */
export const NO_STEPS: Steps = { past: [], future: [] };

const MOST_STEPS = 1000;

/**
 * Remembers the text before an edit.
 *
 * @param group Edits of one group that follow each other are one step; without
 * a group each edit is a step of its own.
 */
export function remember(
  steps: Steps,
  before: Buffer,
  group: string | undefined,
): Steps {
  const isSameStep = group !== undefined && group === steps.group;
  return {
    past: isSameStep
      ? steps.past
      : [...steps.past.slice(1 - MOST_STEPS), before],
    future: [],
    ...group !== undefined && { group },
  };
}

/** Ends the step: the next edit is a new one. */
export function endStep({ past, future }: Steps): Steps {
  return { past, future };
}

/** One step back; undefined at the first text. */
export function undo(
  steps: Steps,
  now: Buffer,
): { readonly steps: Steps; readonly buffer: Buffer } | undefined {
  const buffer = steps.past.at(-1);
  if (buffer === undefined) return undefined;
  return {
    buffer,
    steps: {
      past: steps.past.slice(0, -1),
      future: [...steps.future, now],
    },
  };
}

/** One step forth; undefined at the last text. */
export function redo(
  steps: Steps,
  now: Buffer,
): { readonly steps: Steps; readonly buffer: Buffer } | undefined {
  const buffer = steps.future.at(-1);
  if (buffer === undefined) return undefined;
  return {
    buffer,
    steps: {
      past: [...steps.past, now],
      future: steps.future.slice(0, -1),
    },
  };
}
