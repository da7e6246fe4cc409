/**
 * Which builds a shift means, and the share each shall have (rules 3.2, 3.6,
 * 5.1 and 5.5).
 *
 * @module
 */

import { RefusedError, UsageError } from "../errors.ts";
import { isReady } from "../istio/pods.ts";
import {
  type Build,
  type Builds,
  findBuild,
  isKnownBuild,
  podsByBuild,
  requireKey,
} from "./builds.ts";
import { compare, fromPercent, isPositive, toPercent } from "./fractions.ts";
import type { ShiftIntent } from "./intents.ts";
import { listNames } from "./objects.ts";
import type { BuildShare, Target } from "./rule_weights.ts";
import type { HistoryEntry } from "./types.ts";

/** The builds a shift names, and what it asks for them. */
export interface Intended {
  /** The build of `-b`, of `-p`, or the one that was derived. */
  readonly build?: Build;
  /** Shares by weight; empty for a shift by headers alone. */
  readonly targets: readonly Target[];
  /** How it was derived; sentences. */
  readonly summary: readonly string[];
  /** The value of `-b` where `-p` gave other labels (3.2). */
  readonly asked?: string;
}

/** What a shift is read against. */
export interface IntendedOptions {
  readonly builds: Builds;
  /** Shares of the rules that a weight touches, or of the first base rule. */
  readonly shares: readonly BuildShare[];
  readonly history: readonly HistoryEntry[];
}

/**
 * Resolves the builds of an intent.
 *
 * @throws {UsageError} `ambiguous-build`, `invalid-value`.
 * @throws {RefusedError} `build-unknown`, and those of `findBuild`.
 */
export function resolveIntended(
  intent: ShiftIntent,
  options: IntendedOptions,
): Intended {
  const { builds, shares } = options;
  const largest = largestOf(shares)?.build.labels;
  const find = (build: string): Build =>
    findBuild(builds, { build, ...(largest ? { largest } : {}) });
  if (intent.split) {
    const total = intent.split.reduce(
      (sum, { percent }) => sum + Math.round(percent * 10),
      0,
    );
    if (total !== 1000) {
      throw new UsageError(
        "invalid-value",
        `Cannot split by ${
          intent.split.map(({ build, percent }) => `${build}=${percent}`)
            .join(",")
        }: the shares sum to ${total / 10}, not to 100`,
      );
    }
    const targets = intent.split.map(({ build, percent }) => ({
      build: find(build),
      share: fromPercent(percent),
    }));
    for (const [index, { build, share }] of targets.entries()) {
      if (targets.findIndex((each) => each.build.id === build.id) !== index) {
        throw new UsageError(
          "invalid-value",
          `Cannot split: build "${build.value}" is named twice`,
        );
      }
      if (!isPositive(share)) refuseUnknown(build, options);
    }
    return { targets, summary: [] };
  }
  const derived = intent.build === undefined && !intent.podLabels
    ? derive(intent, options)
    : undefined;
  const build = derived?.build ?? findBuild(builds, {
    ...(intent.build === undefined ? {} : { build: intent.build }),
    ...(intent.podLabels ? { podLabels: intent.podLabels } : {}),
    ...(largest ? { largest } : {}),
  });
  const summary = derived ? [derived.sentence] : [];
  const mismatch = intent.podLabels && intent.build !== undefined &&
    build.value !== intent.build;
  if (mismatch) {
    summary.push(
      `The pod labels of -p say build "${build.value}", not "${intent.build}": they decide`,
    );
  }
  if (intent.weight === 0 && !intent.podLabels) {
    refuseUnknown(build, {
      ...options,
      ...(intent.build === undefined ? {} : { asked: intent.build }),
    });
  }
  return {
    build,
    targets: intent.weight === undefined
      ? []
      : [{ build, share: fromPercent(intent.weight) }],
    summary,
    ...(mismatch ? { asked: intent.build } : {}),
  };
}

/** The build with the largest share; the first of equals. */
export function largestOf(
  shares: readonly BuildShare[],
): BuildShare | undefined {
  return [...shares]
    .filter(({ build }) => build.state !== "all")
    .sort((a, b) => compare(b.share, a.share))[0];
}

/** 5.5: 0 for a build that nothing carries is a slip, not a no-op. */
function refuseUnknown(
  build: Build,
  options: IntendedOptions & { readonly asked?: string },
): void {
  const { builds, shares, history, asked } = options;
  const tied = asked === undefined
    ? undefined
    : history.find((entry) => entry.asked === asked && entry.build !== asked);
  if (!tied && isKnownBuild(builds, build)) return;
  throw new RefusedError(
    "build-unknown",
    tied
      ? `Cannot set build "${asked}" to 0 %: operation ${tied.operation} gave it the labels of build "${tied.build}"`
      : `Cannot set build "${build.value}" to 0 %: no subset and no pod carries it; there are ${
        shares.map((each) =>
          `"${each.build.value}" (${toPercent(each.share)} %)`
        ).join(", ")
      }`,
    {
      hint: tied
        ? `Name that one: -b ${tied.build}`
        : `Builds with pods: ${listNames([...podsByBuild(builds).keys()])}`,
      details: {
        builds: shares.map((each) => ({
          build: each.build.value,
          percent: toPercent(each.share),
        })),
      },
    },
  );
}

/** 3.6: the build that is meant when none is named. */
function derive(
  intent: ShiftIntent,
  options: IntendedOptions,
): { readonly build: Build; readonly sentence: string } {
  const { builds, shares, history } = options;
  requireKey(builds);
  const live = shares.filter(({ share }) => isPositive(share));
  const last = history.find((entry) => entry.build !== undefined);
  const recorded = live.find(({ build }) => build.value === last?.build);
  if (last && recorded) {
    return {
      build: recorded.build,
      sentence:
        `Build "${recorded.build.value}": the one that operation ${last.operation} (${last.time}) was about`,
    };
  }
  const [first, second, ...others] = [...live].sort((a, b) =>
    compare(b.share, a.share)
  );
  if (first && second && others.length === 0 && toPercent(first.share) > 50) {
    return {
      build: second.build,
      sentence:
        `Build "${second.build.value}": the only one with a share besides the largest`,
    };
  }
  const pods = podsByBuild(builds);
  if (first && !second && (intent.weight ?? 1) > 0) {
    const ready = [...pods].filter(([value, group]) =>
      value !== first.build.value && group.some(isReady)
    );
    const [only] = ready;
    if (only && ready.length === 1) {
      return {
        build: findBuild(builds, {
          build: only[0],
          largest: first.build.labels,
        }),
        sentence: `Build "${only[0]}": the only other one with ready pods`,
      };
    }
  }
  const seen = new Set([
    ...shares.map(({ build }) => build.value),
    ...pods.keys(),
  ]);
  throw new UsageError(
    "ambiguous-build",
    `Cannot choose a build for "${builds.scope.host}": ${
      [...seen].map((value) => {
        const share = shares.find(({ build }) => build.value === value)?.share;
        const group = pods.get(value) ?? [];
        return `"${value}" (${share ? toPercent(share) : 0} %, ${
          group.filter(isReady).length
        } of ${group.length} pods ready)`;
      }).join(", ") || "none is known"
    }`,
    { hint: "Name it with -b", details: { builds: [...seen] } },
  );
}
