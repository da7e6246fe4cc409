/**
 * What a shift may be asked for, before anything is looked up: which options go
 * together.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import type { ShiftIntent } from "./intents.ts";

/**
 * Refuses options that say two things, or nothing.
 *
 * @throws {UsageError} `missing-argument`, `conflicting-options`, `invalid-value`.
 */
export function checkIntent(intent: ShiftIntent): void {
  const weighs = intent.weight !== undefined || intent.split !== undefined;
  const headers = intent.headers ?? [];
  if (!weighs && headers.length === 0) {
    throw new UsageError(
      "missing-argument",
      "Cannot shift: neither a weight nor a header is given",
      { hint: "Add --weight N, --split A=N,B=N or --header NAME=VALUE" },
    );
  }
  if (intent.weight !== undefined && intent.split) {
    throw new UsageError(
      "conflicting-options",
      "Cannot take --weight and --split together: each sets the shares",
      { hint: "Use --split to name every build" },
    );
  }
  if (
    intent.split &&
    (intent.build !== undefined || intent.podLabels || headers.length > 0)
  ) {
    throw new UsageError(
      "conflicting-options",
      "Cannot take --split with --build, --pod-selector or headers: it names its builds itself",
      { hint: "Make two commands of it" },
    );
  }
  const { weight } = intent;
  if (
    weight !== undefined &&
    !(weight >= 0 && weight <= 100 &&
      Math.abs(weight * 10 - Math.round(weight * 10)) < 1e-9)
  ) {
    throw new UsageError(
      "invalid-value",
      `Cannot set a share of ${weight} %: it is not a number from 0 to 100 with at most one decimal`,
    );
  }
  const seen = new Set<string>();
  for (const { name } of headers) {
    const key = name.toLowerCase();
    if (seen.has(key)) {
      throw new UsageError(
        "invalid-value",
        `Cannot ask for header "${name}" twice: one condition a header`,
      );
    }
    seen.add(key);
  }
  if (
    !intent.names?.length && !intent.selector?.length && !intent.destination
  ) {
    throw new UsageError(
      "missing-argument",
      "Cannot choose what to shift: no name, no label selector and no destination is given",
      { hint: "Add -l, a name, or -d" },
    );
  }
}
