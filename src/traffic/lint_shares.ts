/**
 * Weights that do not say what happens.
 *
 * @module
 */

import { percentOf } from "../istio/clusters.ts";
import { type Finding, nameOf } from "../istio/findings.ts";
import { isRecord } from "../istio/shapes.ts";
import type { VirtualService } from "../istio/types.ts";
import { fraction } from "./fractions.ts";
import { apportion } from "./weights.ts";

/** Findings on the weights of an HTTP rule as it is written. */
export function shareFindings(
  object: VirtualService,
  index: number,
): readonly Finding[] {
  const route: unknown = object.spec?.http?.[index];
  const list: unknown = isRecord(route) ? route["route"] : undefined;
  if (!Array.isArray(list) || list.length === 0) return [];
  const weights = list.map((one) => isRecord(one) ? one["weight"] : undefined);
  // What is no weight at all is refused, which is told apart.
  if (!weights.every(isWeight)) return [];
  const path = ["spec", "http", index, "route"];
  const about = {
    code: "share-differs",
    severity: "info" as const,
    object: nameOf(object),
  };
  if (weights.length === 1) {
    const [weight] = weights;
    if (weight === undefined || weight === null || weight === 100) return [];
    const pointer = `/spec/http/${index}/route/0/weight`;
    return [{
      ...about,
      ...(weight === 0 ? { severity: "warning" as const } : {}),
      path,
      message:
        `The written weight ${weight} says nothing: a destination that stands alone gets every request`,
      means: `Requests go there as if it were 100`,
      edit: weight === 0
        ? "Take the rule out, or write 100 if it is meant"
        : "Write 100, or no weight",
      fix: {
        safe: true,
        operations: [
          { op: "test", path: pointer, value: weight },
          { op: "replace", path: pointer, value: 100 },
        ],
      },
    }];
  }
  const sum = weights.reduce<number>((total, one) => total + (one ?? 0), 0);
  if (sum === 0 || sum === 100) return [];
  const written = weights.map((one) => one ?? 0);
  const shares = written.map((one) => percentOf(one / sum));
  const whole = apportion(written.map((one) => fraction(one, sum)), 100);
  // What gets something must not end with nothing.
  const isKept = whole.every((one, nth) => one > 0 || written[nth] === 0);
  return [{
    ...about,
    path,
    message: `The weights ${
      written.join(", ")
    } add up to ${sum}, so they are no percentages: the shares are ${
      shares.join(", ")
    } %`,
    means: "A share is the weight of the sum of all weights",
    edit: `Write weights that add up to 100${
      isKept ? `: ${whole.join(", ")} are the shares of now` : ""
    }`,
  }];
}

function isWeight(weight: unknown): weight is number | undefined | null {
  return weight === undefined || weight === null ||
    (Number.isInteger(weight) && (weight as number) >= 0);
}
