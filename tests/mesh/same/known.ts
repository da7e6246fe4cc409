/**
 * Where the sandbox answers otherwise than a kube-apiserver, and why it may.
 * `docs/sandbox.md` has the same table.
 *
 * @module
 */

import { isWithin } from "./compare.ts";

/** One difference, or many of one sort. */
export interface Known {
  /** As the docs have it. */
  readonly what: string;
  readonly why: string;
  /** Rows, by their names; all where it is left out. */
  readonly rows?: readonly string[];
  /** Places in the answer: `body.metadata.managedFields`; `*` is one step. */
  readonly at: readonly string[];
}

export const KNOWN: readonly Known[] = [];

/** What is known about a place in the answers of a row. */
export function isKnown(row: string, at: string): string | undefined {
  return KNOWN.find((known) =>
    (known.rows?.includes(row) ?? true) &&
    known.at.some((path) => isWithin(at, path))
  )?.what;
}
