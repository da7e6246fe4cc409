/**
 * Intent + resources -> resources: requests sent to a build by header, by
 * weight, or both. `docs/changes.md` has the rules that the numbers name.
 *
 * @module
 */

import { RefusedError, TrafficError, UsageError } from "../errors.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  HTTPRouteDestination,
  KubeObject,
  VirtualService,
} from "../istio/types.ts";
import { podCount } from "../istio/pods.ts";
import type { World } from "../istio/world.ts";
import {
  type Build,
  buildOf,
  type Builds,
  findBuild,
  podsByBuild,
  readBuilds,
} from "./builds.ts";
import { fraction, isPositive, toPercent, ZERO } from "./fractions.ts";
import { type Graded, gradeShares, gravest } from "./grade.ts";
import {
  addHeaderRules,
  describeConditions,
  fitsEverybody,
  redundantRules,
} from "./headers.ts";
import { type Intended, largestOf, resolveIntended } from "./intended.ts";
import type { ShiftIntent } from "./intents.ts";
import { marksOf } from "./journal.ts";
import { keyOf, listNames, namespaceOf, sameJson } from "./objects.ts";
import { refuseOwned } from "./owners.ts";
import { guardRises, isLowering } from "./rising.ts";
import { describeRule, quoteRule, type Rule, rulesOf } from "./routes.ts";
import {
  type BuildShare,
  buildShares,
  reweigh,
  type Reweighed,
  sameShares,
} from "./rule_weights.ts";
import { choose, type Chosen } from "./select.ts";
import { addSubsets, type SubsetResult } from "./subsets.ts";
import type { Decision, HistoryEntry, ObjectPair, ShareRow } from "./types.ts";

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

function checkIntent(intent: ShiftIntent): void {
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

/** The rules that a shift is about (4.2, 4.3). */
function touchedRules(
  intent: ShiftIntent,
  chosen: Chosen,
  options: { readonly builds: Builds; readonly weighs: boolean },
): readonly Rule[] {
  const bases = chosen.rules.filter((rule) =>
    rule.kind === "base" && rule.members.length > 0
  );
  if (intent.routes?.length) {
    return intent.routes.flatMap((name) =>
      namedRules(name, { intent, chosen, weighs: options.weighs })
    );
  }
  const shared = bases.filter((rule) => rule.shared);
  if (shared.length > 0 && options.weighs) {
    const own = bases.filter((rule) => !rule.shared);
    if (own.length === 0) {
      throw new RefusedError(
        "shared-route",
        `Cannot weigh rule ${
          quoteRule(shared[0] as Rule)
        }: it also leads to other hosts or ports`,
        { hint: `Name it: --route ${routeName(shared[0] as Rule)}` },
      );
    }
  }
  const rules = options.weighs ? bases.filter((rule) => !rule.shared) : bases;
  const [first] = rules;
  if (!first || !options.weighs || intent.allRoutes) return rules;
  const shares = buildShares(first, options.builds);
  const differ = rules.some((rule) =>
    !sameShares(shares, buildShares(rule, options.builds))
  );
  if (!differ) return rules;
  throw new RefusedError(
    "routes-differ",
    `Cannot weigh all base rules at once: their shares differ: ${
      rules.map((rule) =>
        `${quoteRule(rule)} of "${rule.object.metadata.name}" has ${
          printShares(buildShares(rule, options.builds))
        }`
      ).join("; ")
    }`,
    {
      hint: `Name one with --route ${
        routeName(first)
      }, or take them all with --all-routes`,
      details: {
        routes: rules.map((rule) => ({
          virtualService: keyOf(rule.object),
          index: rule.index,
          name: rule.route.name,
        })),
      },
    },
  );
}

function namedRules(
  name: string,
  options: {
    readonly intent: ShiftIntent;
    readonly chosen: Chosen;
    readonly weighs: boolean;
  },
): readonly Rule[] {
  const { intent, chosen } = options;
  const byIndex = /^\d+$/.test(name);
  if (byIndex && chosen.objects.length > 1) {
    throw new UsageError(
      "invalid-value",
      `Cannot take rule ${name}: ${chosen.objects.length} VirtualServices are selected, each with a rule of that index`,
      { hint: "Name the rule, or select one VirtualService" },
    );
  }
  const found = chosen.rules.filter((rule) =>
    rule.route.name === name || byIndex && rule.index === Number(name)
  );
  if (found.length === 0) {
    throw new TrafficError(
      "not-found",
      `Cannot find rule "${name}": there are ${
        chosen.rules.map(quoteRule).join(", ") || "none"
      }`,
      { hint: "Give a rule's name or its index, counted from 0" },
    );
  }
  for (const rule of found) {
    const editable = rule.members.length > 0 &&
      (rule.kind === "base" || rule.kind === "header" || rule.kind === "mixed");
    if (!editable) {
      throw new RefusedError(
        "no-route",
        `Cannot change rule ${
          quoteRule(rule)
        }: it does not lead to "${chosen.scope.host}"`,
        { hint: `Name one that does: ${ruleNames(chosen)}` },
      );
    }
    if (rule.kind !== "base" && (intent.headers?.length ?? 0) > 0) {
      throw new RefusedError(
        "no-route",
        `Cannot put a header rule before ${
          quoteRule(rule)
        }: it has header conditions itself`,
        { hint: `Name a base rule: ${ruleNames(chosen)}` },
      );
    }
  }
  return found;
}

interface EditContext {
  readonly intent: ShiftIntent;
  readonly world: World;
  readonly chosen: Chosen;
  readonly builds: Builds;
  readonly intended: Intended;
  readonly reweighed: readonly Reweighed[];
  readonly bases: readonly Rule[];
}

interface Edited {
  readonly before: VirtualService;
  readonly after: VirtualService;
  readonly rows: readonly ShareRow[];
  readonly notes: readonly string[];
}

function editObject(object: VirtualService, context: EditContext): Edited {
  const { intent, builds, intended, reweighed } = context;
  const routes = object.spec.http ?? [];
  const now = (index: number): HTTPRoute | undefined =>
    reweighed.find((each) => each.rule.index === index)?.route ?? routes[index];
  let rules = routes.map((route, index) => now(index) ?? route);
  const notes: string[] = [];
  const rows: ShareRow[] = [];
  const leadsHere = (route: HTTPRoute): boolean =>
    (route.route?.length ?? 0) > 0 &&
    (route.route ?? []).every((each) =>
      buildOf(builds, each.destination).id === intended.build?.id ||
      each.destination.subset === intended.build?.subset
    );
  if (intent.weight === 100 && intended.build) {
    const gone = redundantRules(rules, { leadsHere });
    rules = rules.filter((rule) => !gone.includes(rule));
    for (const rule of gone) {
      notes.push(
        `Header rule "${
          describeRule(rule)
        }" goes: the rule below gives its requests the same`,
      );
    }
    if ((intent.headers?.length ?? 0) > 0) {
      notes.push(
        "No header rule is made: with 100 % every request goes to the build anyway",
      );
    }
  }
  if (context.bases.length > 0 && intended.build) {
    const [firstBase] = context.bases;
    const result = addHeaderRules(rules, {
      conditions: intent.headers ?? [],
      bases: context.bases.map((rule) => now(rule.index) ?? rule.route),
      destination: {
        ...destinationFor(intended.build, {
          rule: firstBase as Rule,
          builds,
          intent,
          chosen: context.chosen,
        }),
        weight: 100,
      },
      buildValue: intended.build.value,
      leadsHere,
      objectName: object.metadata.name,
      namespace: namespaceOf(object),
      replace: intent.replace ?? false,
      force: intent.force ?? false,
    });
    rules = [...result.rules];
    notes.push(...result.notes);
    for (const rule of result.made) {
      rows.push({
        virtualService: {
          namespace: namespaceOf(object),
          name: object.metadata.name,
        },
        route: describeRule(rule),
        host: context.chosen.scope.host,
        build: intended.build.value,
        labels: intended.build.labels,
        ...(intended.build.subset === undefined
          ? {}
          : { subset: intended.build.subset }),
        before: 0,
        after: 100,
        readyPods: readyPods(intended.build, context),
      });
    }
  }
  const same = sameJson(rules, routes);
  return {
    before: object,
    after: same ? object : { ...object, spec: { ...object.spec, http: rules } },
    rows,
    notes,
  };
}

/** A destination for a build that a rule does not have yet (3.4). */
function destinationFor(
  build: Build,
  context: {
    readonly rule: Rule;
    readonly builds: Builds;
    readonly intent: ShiftIntent;
    readonly chosen: Chosen;
  },
): HTTPRouteDestination {
  const { rule, builds, intent, chosen } = context;
  const own = chosen.rules
    .filter((each) => each.object === rule.object)
    .flatMap((each) =>
      each.members.flatMap((at) => each.route.route?.[at] ?? [])
    )
    .find((each) => buildOf(builds, each.destination).id === build.id);
  if (own) {
    const { weight: _weight, ...rest } = own;
    return rest;
  }
  const members = rule.members.flatMap((at) => rule.route.route?.[at] ?? []);
  const pattern =
    [...members].sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0))[0];
  if (!pattern) {
    throw new RefusedError("no-route", `Cannot find a destination to follow`);
  }
  const { weight: _weight, headers, ...rest } = pattern;
  const destination = {
    ...rest,
    destination: { ...pattern.destination, subset: build.subset ?? "" },
  };
  if (headers === undefined || intent.destinationHeaders === "none") {
    return destination;
  }
  const source = buildOf(builds, pattern.destination).value;
  const held = holdsValue(headers, source);
  if (held !== undefined && intent.destinationHeaders !== "copy") {
    throw new RefusedError(
      "header-value-of-build",
      `Cannot copy the headers of build "${source}" to build "${build.value}": "${held}" names build "${source}"`,
      {
        hint:
          "Copy them as they are with --destination-headers copy, or leave them out with --destination-headers none",
      },
    );
  }
  return { ...destination, headers };
}

/** 3.4: header operations that a new destination got from another one. */
function headerNotes(
  { before, after }: Edited,
  builds: Builds,
): readonly string[] {
  const known = new Set(before.spec.http ?? []);
  return (after.spec.http ?? []).filter((route) => !known.has(route))
    .flatMap((route) => {
      const former = (before.spec.http ?? []).find((each) =>
        each.name === route.name && sameJson(each.match, route.match)
      );
      const present = (former?.route ?? []).map(({ destination }) =>
        buildOf(builds, destination).id
      );
      return (route.route ?? []).flatMap(({ destination, headers }) => {
        const build = buildOf(builds, destination);
        if (headers === undefined || present.includes(build.id)) return [];
        return [
          `The destination of build "${build.value}" copies header operations: ${
            listOperations(headers)
          }`,
        ];
      });
    });
}

/** `request set x-team, response remove server`. */
function listOperations(headers: unknown): string {
  const fields = (value: unknown): [string, unknown][] =>
    typeof value === "object" && value !== null ? Object.entries(value) : [];
  return fields(headers).flatMap(([direction, operations]) =>
    fields(operations).map(([operation, names]) =>
      `${direction} ${operation} ${
        (Array.isArray(names) ? names : Object.keys(Object(names))).join(", ")
      }`
    )
  ).join("; ");
}

/** The first text in a value that has the build's value as a word. */
function holdsValue(value: unknown, build: string): string | undefined {
  if (typeof value === "string") {
    const words = value.split(/[^A-Za-z0-9._-]+/);
    const parts = value.split(/[^A-Za-z0-9]+/);
    return build !== "" && (words.includes(build) || parts.includes(build))
      ? value
      : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const each of Object.values(value)) {
    const held = holdsValue(each, build);
    if (held !== undefined) return held;
  }
  return undefined;
}

/** Shares by ready pods where a destination spreads over all of them (3.7). */
function unpinnedShares(
  rule: Rule,
  context: {
    readonly builds: Builds;
    readonly world: World;
    readonly base: Build | undefined;
  },
): { readonly unpinned?: readonly BuildShare[] } {
  const { builds, world, base } = context;
  const shares = buildShares(rule, builds);
  const open = shares.find(({ build }) => build.state === "all");
  if (!open || !base) return {};
  const groups = [...podsByBuild(builds)].map(([value]) => {
    const build = findBuild(builds, { build: value, largest: base.labels });
    const count = podCount(world, {
      host: builds.scope.host,
      labels: build.labels,
    });
    return { build, ready: count.known ? count.ready : 0 };
  });
  const total = groups.reduce((sum, { ready }) => sum + ready, 0);
  if (total === 0) return {};
  return {
    unpinned: [
      ...shares.filter((each) => each !== open),
      ...groups.filter(({ ready }) => ready > 0).map(({ build, ready }) => ({
        build,
        share: fraction(
          open.share.numerator * BigInt(ready),
          open.share.denominator * BigInt(total),
        ),
      })),
    ],
  };
}

function unpinnedUnknown(
  rule: Rule,
  context: { readonly builds: Builds; readonly world: World },
): boolean {
  const { builds, world } = context;
  const open = buildShares(rule, builds).some(({ build }) =>
    build.state === "all"
  );
  return open &&
    !podCount(world, { host: builds.scope.host, labels: {} }).known;
}

function rowsOf(
  each: Reweighed,
  context: { readonly builds: Builds; readonly world: World },
): readonly ShareRow[] {
  const { rule } = each;
  const builds = unique([
    ...each.before.map(({ build }) => build),
    ...each.after.map(({ build }) => build),
  ]);
  const share = (
    shares: readonly BuildShare[],
    build: Build,
  ): number =>
    toPercent(shares.find((one) => one.build.id === build.id)?.share ?? ZERO);
  return builds
    .filter((build) =>
      each.before.concat(each.after).some((one) =>
        one.build.id === build.id && isPositive(one.share)
      )
    )
    .map((build) => ({
      virtualService: {
        namespace: namespaceOf(rule.object),
        name: rule.object.metadata.name,
      },
      index: rule.index,
      route: describeRule(rule.route),
      host: context.builds.scope.host,
      build: build.value,
      labels: build.labels,
      ...(build.subset === undefined ? {} : { subset: build.subset }),
      before: share(each.before, build),
      after: share(each.after, build),
      readyPods: readyPods(build, context),
    }));
}

function readyPods(
  build: Build,
  context: { readonly builds: Builds; readonly world: World },
): number | null {
  if (build.state === "missing") return null;
  const count = podCount(context.world, {
    host: context.builds.scope.host,
    labels: build.labels,
  });
  return count.known ? count.ready : null;
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

interface MadeRoute {
  readonly world: World;
  /** The object as it is, by the object with the route. */
  readonly originals: ReadonlyMap<KubeObject, VirtualService>;
  readonly rows: (
    intended: Intended,
    context: { readonly builds: Builds; readonly world: World },
  ) => readonly ShareRow[];
}

/**
 * 2.6: where a route is to be made, the shift is planned as if it were there
 * already, leading to the build, at the end of the list.
 */
function makeRoute(intent: ShiftIntent, world: World): MadeRoute {
  const untouched: MadeRoute = {
    world,
    originals: new Map(),
    rows: () => [],
  };
  const { createRoute, destination } = intent;
  if (createRoute === undefined) return untouched;
  if (!destination || !intent.names?.length && !intent.selector?.length) {
    throw new UsageError(
      "missing-argument",
      "Cannot make a route: --create-route needs the host (-d) and the VirtualService by name or -l",
    );
  }
  if (intent.weight !== 100 || intent.build === undefined) {
    throw new UsageError(
      "invalid-value",
      "Cannot make a route for a part of the requests: a new route leads to one build",
      { hint: "Use --build B --weight 100 with --create-route" },
    );
  }
  const match = parseMatch(createRoute);
  const chosen = choose(world, intent, { withoutRoute: true });
  const [object] = chosen.objects;
  if (!object || chosen.objects.length > 1) {
    throw new RefusedError(
      "ambiguous-object",
      `Cannot choose where to make the route: ${
        listNames(chosen.objects.map((each) => each.metadata.name))
      } are selected`,
      { hint: "Name one VirtualService" },
    );
  }
  if (
    chosen.rules.some((rule) => rule.kind === "base" && rule.members.length)
  ) {
    return untouched;
  }
  if (!chosen.scope.service) {
    throw new TrafficError(
      "not-found",
      `Cannot make a route to "${chosen.scope.host}": no Service of that name can be seen`,
    );
  }
  if (!object.spec.hosts?.length) {
    throw new RefusedError(
      "no-route",
      `Cannot make a route in "${object.metadata.name}": it is a delegate, whose root decides what reaches it`,
    );
  }
  const builds = readBuilds(world, {
    scope: chosen.scope,
    objects: [object],
    ...(intent.buildLabel === undefined
      ? {}
      : { buildLabel: intent.buildLabel }),
  });
  const build = findBuild(builds, {
    build: intent.build,
    ...(intent.podLabels ? { podLabels: intent.podLabels } : {}),
  });
  const port = destination.port ??
    (chosen.scope.service.spec.ports?.length === 1
      ? chosen.scope.service.spec.ports[0]?.port
      : undefined);
  const route: HTTPRoute = {
    ...(match ? { match: [match] } : {}),
    route: [{
      destination: {
        host: destination.host,
        subset: build.subset ?? "",
        ...(port === undefined ? {} : { port: { number: port } }),
      },
    }],
  };
  const grown: VirtualService = {
    ...object,
    spec: { ...object.spec, http: [...(object.spec.http ?? []), route] },
  };
  return {
    world: {
      ...world,
      virtualServices: world.virtualServices.map((each) =>
        each === object ? grown : each
      ),
    },
    originals: new Map([[grown, object]]),
    rows: (_intended, context) => {
      const rule = rulesOf(grown, { scope: chosen.scope, mesh: world.mesh })
        .at(-1);
      return rule
        ? rowsOf({
          rule,
          route,
          changed: true,
          before: [],
          after: buildShares(rule, context.builds),
        }, context).map((row) => ({ ...row, labels: build.labels }))
        : [];
    },
  };
}

function parseMatch(text: string): HTTPMatchRequest | undefined {
  if (text === "any") return undefined;
  const [, kind, value] = /^(prefix|exact|regex)=(.+)$/.exec(text) ?? [];
  if (!kind || !value) {
    throw new UsageError(
      "invalid-value",
      `Cannot read the match "${text}" of --create-route`,
      { hint: "Use any, prefix=/v1, exact=/login or regex=.+" },
    );
  }
  return { uri: { [kind]: value } };
}

function names(object: VirtualService, build: Build): boolean {
  return build.subset !== undefined &&
    (object.spec.http ?? []).some((route) =>
      (route.route ?? []).some((each) =>
        each.destination?.subset === build.subset
      )
    );
}

function unique(builds: readonly Build[]): readonly Build[] {
  return builds.filter((build, index) =>
    builds.findIndex((each) => each.id === build.id) === index
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

function routeName(rule: Rule): string {
  return rule.route.name ?? String(rule.index);
}

function ruleNames(chosen: Chosen): string {
  return chosen.rules
    .filter((rule) => rule.kind === "base" && rule.members.length > 0)
    .map(quoteRule).join(", ");
}

function printShares(shares: readonly BuildShare[]): string {
  return shares.map(({ build, share }) =>
    `${build.value}=${toPercent(share)} %`
  ).join(" ");
}
