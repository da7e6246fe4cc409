/**
 * Mode + resources + pods -> resources without what is dead, without
 * everything but the master and prefix rules, or without one build's
 * previews (section 7 of the rules).
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { serviceOf } from "../istio/hosts.ts";
import type { World } from "../istio/world.ts";
import { type Builds, readBuilds } from "./builds.ts";
import { clearBuild } from "./clear_build.ts";
import { clearHard } from "./clear_hard.ts";
import { clearSoft } from "./clear_soft.ts";
import { type Graded, gradeShares, gravest } from "./grade.ts";
import type { ClearIntent } from "./intents.ts";
import { namespaceOf } from "./objects.ts";
import { refuseOwned } from "./owners.ts";
import { guardRises } from "./rising.ts";
import { sweepSubsets } from "./sweep_subsets.ts";
import type { Decision, Guard, ObjectPair, ShareRow } from "./types.ts";

/**
 * Decides a clear.
 *
 * @throws {UsageError} for what the intent itself gets wrong.
 * @throws {RefusedError} `no-master-route`, `has-share`, `build-unknown`,
 * `owned`, `no-ready-pods`, `pods-unknown`.
 */
export function planClear(intent: ClearIntent, world: World): Decision {
  if (
    !intent.names?.length && !intent.selector?.length && !intent.destination
  ) {
    throw new UsageError(
      "missing-argument",
      "Cannot choose what to clear: no name, no label selector and no destination is given",
      { hint: "Add -l, a name, or -d" },
    );
  }
  if (intent.headers?.length && intent.build === undefined) {
    throw new UsageError(
      "missing-argument",
      "Cannot clear a header set without its build",
      { hint: "Add --build" },
    );
  }
  const cleared = intent.build !== undefined
    ? clearBuild(intent, world)
    : intent.mode === "hard"
    ? clearHard(intent, world)
    : clearSoft(intent, world);
  const pairs: ObjectPair[] = cleared
    .filter(({ before, after }) => before !== after)
    .map(({ before, after }) => ({ before, after }));
  const swept = sweepSubsets(intent, world, cleared);
  pairs.push(...swept.pairs);
  const rows = cleared.flatMap((each) => each.rows);
  const guarded = guardAll(intent, world, rows);
  const owned = refuseOwned(
    pairs.flatMap(({ before }) => before ? [before] : []),
    { override: intent.overrideOwner ?? false },
  );
  const severe = cleared.flatMap((each) => each.severe);
  const graded: Graded = pairs.length === 0
    ? { grade: "none", reasons: [] }
    : gravest(
      { grade: "mild", reasons: [] },
      gradeShares(rows),
      severe.length > 0
        ? { grade: "severe", reasons: severe }
        : { grade: "none", reasons: [] },
    );
  const summary = cleared.flatMap((each) => each.summary);
  return {
    verb: "clear",
    namespace: intent.namespace,
    pairs,
    marks: swept.marks,
    ...graded,
    summary: pairs.length === 0
      ? ["Nothing to clear", ...summary]
      : [...summary, ...swept.summary],
    notes: [
      ...cleared.flatMap((each) => each.notes),
      ...swept.notes,
      ...guarded.notes,
      ...owned,
    ],
    shares: rows,
    untouched: [],
    guards: guarded.guards,
    ...(rows[0] ? { host: rows[0].host } : {}),
  };
}

function guardAll(
  intent: ClearIntent,
  world: World,
  rows: readonly ShareRow[],
): { readonly guards: readonly Guard[]; readonly notes: readonly string[] } {
  const hosts = [...new Set(rows.map((row) => row.host))];
  const guarded = hosts.map((host) => {
    const service = serviceOf(world, host);
    const builds: Builds = {
      ...readBuilds(world, {
        scope: { host, ...(service ? { service } : {}) },
        objects: [],
      }),
      namespace: service ? namespaceOf(service) : intent.namespace,
    };
    return guardRises(world, rows.filter((row) => row.host === host), {
      ...intent,
      builds,
      lowering: false,
    });
  });
  return {
    guards: guarded.flatMap((each) => each.guards),
    notes: guarded.flatMap((each) => each.notes),
  };
}
