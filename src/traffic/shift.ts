/**
 * Intent + resources -> resources: requests sent to a build by header, by
 * weight, or both. `docs/changes.md` has the rules that the numbers name.
 *
 * @module
 */

import type { VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { type Build, findBuild, readBuilds, unique } from "./builds.ts";
import { makeRoute } from "./create_route.ts";
import { editObject, headerNotes } from "./edit_rules.ts";
import { toPercent } from "./fractions.ts";
import { type Graded, gradeShares, gravest } from "./grade.ts";
import { describeConditions, fitsEverybody } from "./headers.ts";
import { type Intended, largestOf, resolveIntended } from "./intended.ts";
import type { ShiftIntent } from "./intents.ts";
import { marksOf } from "./journal.ts";
import { destinationFor } from "./new_destination.ts";
import { keyOf, listNames, sameJson } from "./objects.ts";
import { refuseOwned } from "./owners.ts";
import { guardRises, isLowering } from "./rising.ts";
import { buildShares, reweigh } from "./rule_weights.ts";
import { choose, type Chosen } from "./select.ts";
import { rowsOf } from "./share_rows.ts";
import { checkIntent } from "./shift_intent.ts";
import { addSubsets, type SubsetResult } from "./subsets.ts";
import { touchedRules } from "./touched_rules.ts";
import type { Decision, HistoryEntry, ObjectPair, ShareRow } from "./types.ts";
import { unpinnedShares, unpinnedUnknown } from "./unpinned.ts";

/** What is known besides the resources. */
export interface ShiftOptions {
  /** Records of the VirtualServices in the world, newest first, by "namespace/name". */
  readonly history: ReadonlyMap<string, readonly HistoryEntry[]>;
}

/**
 * Decides a shift.
 *
 * @throws {UsageError} for what the intent itself gets wrong.
 * @throws {RefusedError} for everything a guard is there for.
 * @throws {TrafficError} `not-found`.
 */
export function planShift(
  intent: ShiftIntent,
  world: World,
  options: ShiftOptions,
): Decision {
  checkIntent(intent);
  const made = makeRoute(intent, world);
  const chosen = choose(made.world, intent, {
    withoutRoute: intent.createRoute !== undefined,
  });
  const builds = readBuilds(made.world, {
    scope: chosen.scope,
    objects: chosen.objects,
    ...(intent.buildLabel === undefined
      ? {}
      : { buildLabel: intent.buildLabel }),
  });
  const history = chosen.objects.flatMap((object) =>
    options.history.get(keyOf(object)) ?? []
  ).sort((a, b) => a.time < b.time ? 1 : a.time > b.time ? -1 : 0);
  const weighs = intent.weight !== undefined || intent.split !== undefined;
  const touched = touchedRules(intent, chosen, { builds, weighs });
  const shares = touched[0] ? buildShares(touched[0], builds) : [];
  const intended = resolveIntended(intent, { builds, shares, history });
  const largest = largestOf(shares)?.build;
  const base = intent.baseBuild === undefined
    ? undefined
    : findBuild(builds, { build: intent.baseBuild });
  const reweighed = weighs
    ? touched.map((rule) =>
      reweigh(rule, {
        builds,
        targets: intended.targets,
        drop: intent.weight === 100,
        complete: intent.split !== undefined,
        destinationFor: (build) =>
          destinationFor(build, { rule, builds, intent, chosen }),
        ...(base ? { base } : {}),
        ...unpinnedShares(rule, { builds, world: made.world, base }),
      })
    )
    : [];
  const headers = intent.headers ?? [];
  const byHeader = headers.length > 0 && intent.weight !== 100;
  const edited = chosen.objects.map((object) =>
    editObject(object, {
      intent,
      world: made.world,
      chosen,
      builds,
      intended,
      reweighed: reweighed.filter((each) => each.rule.object === object),
      bases: byHeader ? touched.filter((rule) => rule.object === object) : [],
    })
  );
  const wanted = [...intended.targets.map(({ build }) => build)]
    .filter((build) => edited.some((each) => names(each.after, build)));
  if (byHeader && intended.build) wanted.push(intended.build);
  if (base && edited.some((each) => names(each.after, base))) wanted.push(base);
  const subsets = addSubsets(made.world, builds, {
    wanted: unique(wanted).filter((build) => build.subset !== undefined),
    ...(largest?.subset === undefined ? {} : { largest: largest.subset }),
    create: intent.create ?? false,
    replaceSubset: intent.replaceSubset ?? false,
    apiVersion: chosen.objects[0]?.apiVersion ?? "networking.istio.io/v1",
  });
  const pairs: ObjectPair[] = [
    ...subsets.pairs,
    ...edited.map(({ before, after }) => ({
      before: made.originals.get(before) ?? before,
      after,
    })),
  ].filter(({ before, after }) => !sameJson(before, after));
  const rows = [
    ...reweighed.flatMap((each) => rowsOf(each, { builds, world: made.world })),
    ...edited.flatMap((each) => each.rows),
    ...made.rows(intended, { builds, world: made.world }),
  ];
  const changed = pairs.length > 0;
  const lowering = changed && intent.weight !== undefined &&
    intended.build !== undefined && !byHeader &&
    isLowering(rows, { named: intended.build.id, history });
  const guarded = changed
    ? guardRises(made.world, rows, { ...intent, builds, lowering })
    : { guards: [], notes: [] };
  const owned = refuseOwned(
    pairs.flatMap(({ before }) => before ? [before] : []),
    { override: intent.overrideOwner ?? false },
  );
  const graded = grade({
    intent,
    rows,
    lowering,
    changed,
    unpinned: reweighed.some((each) =>
      each.changed && unpinnedUnknown(each.rule, { builds, world: made.world })
    ),
    replaced: subsets.replaced,
  });
  return {
    verb: "shift",
    namespace: intent.namespace,
    pairs,
    marks: marksAfter(subsets),
    ...graded,
    summary: [
      ...intended.summary,
      ...summarise({ intent, intended, rows, changed, byHeader, chosen }),
    ],
    notes: [
      ...chosen.notes,
      ...subsets.notes,
      ...edited.flatMap((each) => each.notes),
      ...new Set(edited.flatMap((each) => headerNotes(each, builds))),
      ...guarded.notes,
      ...owned,
    ],
    shares: rows,
    untouched: chosen.untouched,
    guards: guarded.guards,
    ...(intended.build ? { build: intended.build.value } : {}),
    ...(intended.asked === undefined ? {} : { asked: intended.asked }),
    host: chosen.scope.host,
  };
}

function grade(context: {
  readonly intent: ShiftIntent;
  readonly rows: readonly ShareRow[];
  readonly lowering: boolean;
  readonly changed: boolean;
  readonly unpinned: boolean;
  readonly replaced: boolean;
}): Graded {
  if (!context.changed) return { grade: "none", reasons: [] };
  if (context.lowering) return { grade: "lowering", reasons: [] };
  const everybody = (context.intent.headers ?? []).filter(fitsEverybody);
  const severe = (holds: boolean, reason: string): Graded =>
    holds
      ? { grade: "severe", reasons: [reason] }
      : { grade: "none", reasons: [] };
  return gravest(
    { grade: "mild", reasons: [] },
    gradeShares(context.rows.filter((row) => row.index !== undefined)),
    severe(
      everybody.length > 0 && context.intent.weight !== 100,
      `every client's requests match ${
        everybody.map((each) => `"${each.name}"`).join(", ")
      }`,
    ),
    severe(
      context.unpinned,
      "the shares before are unknown, since the pods cannot be seen",
    ),
    severe(context.replaced, "the labels of a subset are replaced in place"),
    severe(
      context.intent.createRoute !== undefined,
      "a route is made where there was none",
    ),
  );
}

function summarise(context: {
  readonly intent: ShiftIntent;
  readonly intended: Intended;
  readonly rows: readonly ShareRow[];
  readonly changed: boolean;
  readonly byHeader: boolean;
  readonly chosen: Chosen;
}): readonly string[] {
  if (!context.changed) {
    return ["Nothing to change: it is as asked already"];
  }
  const { intended, intent, chosen } = context;
  const host = chosen.scope.host.split(".")[0];
  const objects = listNames(chosen.objects.map((each) => each.metadata.name));
  return [
    ...intended.targets.map(({ build, share }) =>
      `Build "${build.value}" of "${host}" gets ${
        toPercent(share)
      } % of the requests in ${objects}`
    ),
    ...(context.byHeader && intended.build
      ? [
        `Requests with ${
          describeConditions(intent.headers ?? [])
        } go to build "${intended.build.value}" of "${host}" in ${objects}`,
      ]
      : []),
  ];
}

function names(object: VirtualService, build: Build): boolean {
  return build.subset !== undefined &&
    (object.spec.http ?? []).some((route) =>
      (route.route ?? []).some((each) =>
        each.destination?.subset === build.subset
      )
    );
}

/** Marks of the touched DestinationRules, the new subsets among them. */
function marksAfter(
  subsets: SubsetResult,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    subsets.pairs.map(({ before, after }) => {
      const key = keyOf(after);
      const known = before ? marksOf(before) : [];
      return [key, [...new Set([...known, ...(subsets.added[key] ?? [])])]];
    }),
  );
}
