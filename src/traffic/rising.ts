/**
 * Who gets more traffic, and may they (rules 5.6 and 5.7)? Unknown is never
 * zero, and lowering is never in the way.
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import { podCount } from "../istio/pods.ts";
import type { World } from "../istio/world.ts";
import { type Builds, idOf, type Labels } from "./builds.ts";
import type { Overrides } from "./intents.ts";
import { printLabels } from "./objects.ts";
import type { Guard, HistoryEntry, ShareRow } from "./types.ts";

/** What the guards came to. */
export interface Guarded {
  readonly guards: readonly Guard[];
  readonly notes: readonly string[];
}

/**
 * Refuses a rise without ready pods, and gives the guards that are checked
 * again just before the route is written.
 *
 * @param rows Shares before and after, header rules included.
 * @throws {RefusedError} `no-ready-pods`, `pods-unknown`.
 */
export function guardRises(
  world: World,
  rows: readonly ShareRow[],
  options: Overrides & {
    readonly builds: Builds;
    /** The change only lowers a build (5.7). */
    readonly lowering: boolean;
  },
): Guarded {
  const { builds, lowering } = options;
  const falling = rows.filter((row) => row.after < row.before);
  const guards: Guard[] = [];
  const notes: string[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    if (row.after <= row.before || seen.has(idOf(row.labels))) continue;
    seen.add(idOf(row.labels));
    const count = podCount(world, {
      host: builds.scope.host,
      labels: row.labels,
    });
    const guard = guardFor(row, {
      builds,
      lowering,
      falling: falling.map((each) => each.labels),
    });
    const who = `build "${row.build}" (${
      printLabels(row.labels) || "every pod of the service"
    })`;
    if (!count.known) {
      const sentence = `The pods of ${who} cannot be seen: ${count.reason}`;
      if (!lowering && !options.skipPodCheck) {
        throw new RefusedError(
          "pods-unknown",
          `Cannot raise ${who} from ${row.before} % to ${row.after} %: its pods cannot be seen: ${count.reason}`,
          {
            hint:
              "Look yourself, then go on with --skip-pod-check; or get the right to list pods",
            details: { build: row.build, labels: row.labels },
          },
        );
      }
      notes.push(sentence);
      guards.push({ ...guard, overridden: true });
      continue;
    }
    if (count.ready > 0) {
      guards.push(guard);
      continue;
    }
    const fallingReady = falling.some((each) => {
      const other = podCount(world, {
        host: builds.scope.host,
        labels: each.labels,
      });
      return other.known && other.ready > 0;
    });
    const stands = lowering && !fallingReady;
    if (!stands && !options.force) {
      throw new RefusedError(
        "no-ready-pods",
        `Cannot raise ${who} from ${row.before} % to ${row.after} %: ${
          count.existing === 0
            ? "no pod has these labels"
            : `none of its ${count.existing} pods is ready`
        }`,
        {
          hint:
            "Wait for them with --wait-ready 5m, or go on without them with --force",
          details: {
            build: row.build,
            labels: row.labels,
            ready: 0,
            pods: count.existing,
          },
        },
      );
    }
    notes.push(`${upper(who)} has no ready pods`);
    guards.push({ ...guard, overridden: true });
  }
  return { guards, notes };
}

/**
 * Does the change only lower (5.7)? Each build that rises has the largest
 * share now, or once had at least what it gets.
 */
export function isLowering(
  rows: readonly ShareRow[],
  options: {
    readonly named: string;
    readonly history: readonly HistoryEntry[];
  },
): boolean {
  const named = rows.filter((row) => idOf(row.labels) === options.named);
  if (named.length === 0 || named.some((row) => row.after >= row.before)) {
    return false;
  }
  return rows.filter((row) => row.after > row.before).every((row) =>
    rows.every((other) =>
      other.index !== row.index ||
      other.virtualService.name !== row.virtualService.name ||
      other.before <= row.before
    ) ||
    options.history.some((entry) =>
      entry.shares.some((share) =>
        idOf(share.labels) === idOf(row.labels) &&
        Math.max(share.before, share.after) >= row.after
      )
    )
  );
}

function guardFor(
  row: ShareRow,
  options: {
    readonly builds: Builds;
    readonly lowering: boolean;
    readonly falling: readonly Labels[];
  },
): Guard {
  const { service } = options.builds.scope;
  return {
    build: row.build,
    host: options.builds.scope.host,
    ...(service
      ? {
        service: {
          namespace: options.builds.namespace,
          name: service.metadata.name,
        },
      }
      : {}),
    labels: row.labels,
    rule: options.lowering ? "relative" : "required",
    ...(options.lowering ? { falling: options.falling } : {}),
  };
}

function upper(text: string): string {
  return text[0]?.toUpperCase() + text.slice(1);
}
