/**
 * Mode + resources + pods -> resources without what is dead, without
 * everything but the master and prefix rules, or without one build's
 * previews (section 7 of the rules).
 *
 * @module
 */

import { RefusedError, UsageError } from "../errors.ts";
import { clientsOf } from "../istio/client.ts";
import { witness } from "../istio/cover.ts";
import {
  effectiveDestinationRule,
  findSubset,
} from "../istio/destination_rules.ts";
import { resolveHost, serviceOf } from "../istio/hosts.ts";
import { podCount } from "../istio/pods.ts";
import type {
  DestinationRule,
  HTTPRoute,
  HTTPRouteDestination,
  VirtualService,
} from "../istio/types.ts";
import { whyUnknown, type World } from "../istio/world.ts";
import {
  buildOf,
  type Builds,
  findBuild,
  isKnownBuild,
  type Labels,
  readBuilds,
} from "./builds.ts";
import { type Life, lifeOf } from "./dead.ts";
import {
  add,
  type Fraction,
  fraction,
  isPositive,
  toPercent,
  ZERO,
} from "./fractions.ts";
import { type Graded, gradeShares, gravest } from "./grade.ts";
import {
  describeConditions,
  describeRequest,
  hasHeaderSet,
} from "./headers.ts";
import type { ClearIntent } from "./intents.ts";
import { marksOf } from "./journal.ts";
import { keyOf, listNames, namespaceOf, sameJson } from "./objects.ts";
import { refuseOwned } from "./owners.ts";
import { guardRises } from "./rising.ts";
import {
  classify,
  describeRule,
  isConditional,
  isMasterRule,
  isOurs,
  rulesOf,
} from "./routes.ts";
import { buildShares } from "./rule_weights.ts";
import { choose, scopeOf, selectVirtualServices } from "./select.ts";
import { removableSubsets, withObjects } from "./subset_references.ts";
import type { Decision, Guard, ObjectPair, ShareRow } from "./types.ts";
import { distribute, sharesOf, weightOf } from "./weights.ts";

interface Cleared {
  readonly before: VirtualService;
  readonly after: VirtualService;
  readonly rows: readonly ShareRow[];
  readonly summary: readonly string[];
  readonly notes: readonly string[];
  readonly severe: readonly string[];
}

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

/** 7.2: header rules and destinations that lead to nothing. */
function clearSoft(intent: ClearIntent, world: World): readonly Cleared[] {
  const scope = intent.destination
    ? scopeOf(world, intent.destination, intent.namespace)
    : undefined;
  const selected = scope && !intent.names?.length && !intent.selector?.length
    ? choose(world, intent).objects
    : selectVirtualServices(world, intent);
  return selected.map((object) => {
    const summary: string[] = [];
    const notes: string[] = [];
    const severe: string[] = [];
    const rows: ShareRow[] = [];
    const http: HTTPRoute[] = [];
    const rules = scope && rulesOf(object, { scope, mesh: world.mesh });
    (object.spec.http ?? []).forEach((route, index) => {
      const kind = classify(route);
      const destinations = route.route ?? [];
      const members = rules?.[index]?.members;
      const lives = destinations.map((each, place) =>
        members?.includes(place) === false
          ? undefined
          : lifeOfDestination(world, object, each)
      );
      const dead = lives.filter((life) => life?.state === "dead").length;
      if (dead === 0 || kind !== "header" && kind !== "base") {
        lives.forEach((life, place) => {
          if (life?.state !== "unknown") return;
          const subset = destinations[place]?.destination.subset;
          if (!subset) return;
          notes.push(
            `Subset "${subset}" in rule "${
              describeRule(route)
            }" is not known to be dead: ${life.reason}`,
          );
        });
        if (dead > 0) {
          notes.push(
            `Rule "${
              describeRule(route)
            }" leads to a dead destination and is kept: it is a ${kind} rule`,
          );
        }
        http.push(route);
        return;
      }
      if (kind === "header" && dead === destinations.length) {
        summary.push(
          `Header rule "${describeRule(route)}" goes: ${lives[0]?.reason}`,
        );
        if (!isOurs(route)) {
          severe.push(
            `header rule "${describeRule(route)}" was not made by istiops`,
          );
        }
        return;
      }
      // What is taken from one host would go to another (4.2).
      const isShared = rules?.[index]?.shared ??
        hostsOf(world, object, route).size > 1;
      if (isShared) {
        notes.push(
          `Rule "${
            describeRule(route)
          }" leads to a dead destination and is kept: it also leads to other hosts or ports`,
        );
        http.push(route);
        return;
      }
      const kept = dropDead(route, lives);
      if (!kept) {
        notes.push(
          `Rule "${
            describeRule(route)
          }" is kept as it is: nothing alive in it has a share`,
        );
        http.push(route);
        return;
      }
      http.push(kept);
      summary.push(
        `${dead} dead ${
          dead === 1 ? "destination goes" : "destinations go"
        } from rule "${describeRule(route)}"`,
      );
      rows.push(...splitRows(world, { object, index, route, kept, lives }));
    });
    return cleared(object, http, { summary, notes, severe, rows });
  });
}

/** 7.3: everything but the master and prefix rules. */
function clearHard(intent: ClearIntent, world: World): readonly Cleared[] {
  const chosen = choose(world, intent);
  return chosen.objects.map((object) => {
    const rules = rulesOf(object, { scope: chosen.scope, mesh: world.mesh });
    const master = rules.find((rule) =>
      rule.members.length > 0 && isMasterRule(rule.route)
    );
    if (!master) {
      throw new RefusedError(
        "no-master-route",
        `Cannot clear "${object.metadata.name}" hard: it has no master rule, so requests would be left without any`,
        { hint: "Use -m soft, or -b for one build's previews" },
      );
    }
    const summary: string[] = [];
    const severe: string[] = [];
    const http = rules.filter((rule) => {
      const edited = rule.members.length > 0 && !rule.shared &&
        (rule.kind === "header" || rule.kind === "base" ||
          rule.kind === "mixed");
      const byPrefix = (rule.route.match ?? []).some((block) =>
        block.uri?.prefix !== undefined && !isConditional(block)
      );
      if (!edited || rule === master || byPrefix) return true;
      const example = (rule.route.match ?? []).map((block) => witness(block))
        .find((each) => each !== undefined);
      summary.push(
        `Rule "${describeRule(rule.route)}" goes${
          example ? `: ${describeRequest(example)} loses its own rule` : ""
        }`,
      );
      return false;
    }).map((rule) => rule.route);
    if (http.length < rules.length) {
      severe.push(
        `${
          rules.length - http.length
        } rules of "${object.metadata.name}" go, whatever they lead to`,
      );
    }
    return cleared(object, http, {
      summary,
      severe,
      notes: chosen.notes,
      rows: [],
    });
  });
}

/** 7.4: one build's previews, whatever its pods. */
function clearBuild(intent: ClearIntent, world: World): readonly Cleared[] {
  const chosen = choose(world, intent);
  const builds = readBuilds(world, {
    scope: chosen.scope,
    objects: chosen.objects,
    ...(intent.buildLabel === undefined
      ? {}
      : { buildLabel: intent.buildLabel }),
  });
  const build = findBuild(builds, { build: intent.build ?? "" });
  const conditions = intent.headers ?? [];
  const bases = chosen.rules.filter((rule) =>
    rule.kind === "base" && rule.members.length > 0
  );
  const share = bases.flatMap((rule) => buildShares(rule, builds))
    .find((each) => each.build.id === build.id && isPositive(each.share));
  if (share && conditions.length === 0) {
    throw new RefusedError(
      "has-share",
      `Cannot clear build "${build.value}": it has ${
        toPercent(share.share)
      } % of the requests`,
      {
        hint:
          "Take its share first with --weight 0, or name one preview with --header",
      },
    );
  }
  if (!isKnownBuild(builds, build)) {
    throw new RefusedError(
      "build-unknown",
      `Cannot clear build "${build.value}": no subset and no pod carries it; there are ${
        listNames(builds.subsets.map(({ subset }) => subset.name))
      }`,
      { hint: "istiops show lists the builds" },
    );
  }
  return chosen.objects.map((object) => {
    const summary: string[] = [];
    const rules = rulesOf(object, { scope: chosen.scope, mesh: world.mesh });
    const http = rules.flatMap((rule): readonly HTTPRoute[] => {
      const { route } = rule;
      const destinations = route.route ?? [];
      // Another host may have a subset of the same name.
      const isBuild = (each: HTTPRouteDestination, place: number): boolean =>
        rule.members.includes(place) &&
        buildOf(builds, each.destination).id === build.id;
      if (rule.members.length === 0) return [route];
      if (rule.kind === "header" && destinations.every(isBuild)) {
        const kept = conditions.length === 0
          ? []
          : (route.match ?? []).filter((block) =>
            !hasHeaderSet(block, conditions)
          );
        if (kept.length === (route.match ?? []).length) return [route];
        const what = conditions.length === 0
          ? `Header rule "${describeRule(route)}" goes`
          : `${describeConditions(conditions)} goes from header rule "${
            describeRule(route)
          }"`;
        summary.push(what);
        return kept.length === 0 ? [] : [{ ...route, match: kept }];
      }
      if (conditions.length > 0 || destinations.length < 2) return [route];
      const left = destinations.filter((each, place) =>
        !isBuild(each, place) || weightOf(each) > 0
      );
      const live = left.some((each) => weightOf(each) > 0);
      if (left.length === destinations.length || !live) return [route];
      summary.push(
        `Build "${build.value}" at 0 % goes from rule "${describeRule(route)}"`,
      );
      return [{ ...route, route: left }];
    });
    return cleared(object, http, {
      summary: summary.length > 0
        ? summary
        : [`Nothing of build "${build.value}" is in "${object.metadata.name}"`],
      notes: chosen.notes,
      severe: [],
      rows: [],
    });
  });
}

function cleared(
  object: VirtualService,
  http: readonly HTTPRoute[],
  rest: Omit<Cleared, "before" | "after">,
): Cleared {
  const same = sameJson(http, object.spec.http ?? []);
  return {
    before: object,
    after: same ? object : { ...object, spec: { ...object.spec, http } },
    ...rest,
  };
}

/** The hosts that a rule leads to, in full. */
function hostsOf(
  world: World,
  object: VirtualService,
  route: HTTPRoute,
): ReadonlySet<string> {
  return new Set(
    (route.route ?? []).flatMap((each) =>
      typeof each.destination?.host === "string"
        ? [resolveHost(each.destination.host, namespaceOf(object), world.mesh)]
        : []
    ),
  );
}

function lifeOfDestination(
  world: World,
  object: VirtualService,
  each: HTTPRouteDestination,
): Life | undefined {
  if (typeof each.destination?.host !== "string") return undefined;
  const host = resolveHost(
    each.destination.host,
    namespaceOf(object),
    world.mesh,
  );
  if (!each.destination.subset) {
    return { state: "unknown", reason: "it names no subset" };
  }
  // Dead for every client, or not dead.
  const lives = clientsOf(world, object).map((client) => {
    const rule = effectiveDestinationRule(world, host, client);
    const found = rule &&
      findSubset(rule, each.destination.subset as string);
    return lifeOf(world, {
      host,
      labels: found && (found.subset.labels ?? {}),
    });
  });
  return lives.find((life) => life.state !== "dead") ?? lives[0] ??
    { state: "unknown", reason: "no client is known" };
}

function dropDead(
  route: HTTPRoute,
  lives: readonly (Life | undefined)[],
): HTTPRoute | undefined {
  const destinations = route.route ?? [];
  const left = destinations.filter((_, index) =>
    lives[index]?.state !== "dead"
  );
  const sum = left.reduce((all, each) => all + weightOf(each), 0);
  const gone = destinations.reduce(
    (all, each, index) =>
      all + (lives[index]?.state === "dead" ? weightOf(each) : 0),
    0,
  );
  // Never the last with a share, never one at 0 as the only one (7.2).
  if (left.length === 0 || sum === 0) return undefined;
  if (gone === 0 && left.length > 1) return { ...route, route: left };
  const before = sharesOf(destinations);
  const { weights } = distribute(
    left.map((each) => ({
      before: before[destinations.indexOf(each)] ?? ZERO,
      target: fraction(weightOf(each), sum),
      named: false,
      inner: [1],
    })),
    [100, 1000, 10_000],
  );
  return {
    ...route,
    route: left.map((each, index) => ({
      ...each,
      weight: weights[index]?.[0] ?? 0,
    })),
  };
}

function splitRows(
  world: World,
  change: {
    readonly object: VirtualService;
    readonly index: number;
    readonly route: HTTPRoute;
    readonly kept: HTTPRoute;
    readonly lives: readonly (Life | undefined)[];
  },
): readonly ShareRow[] {
  const { object, index, route, kept } = change;
  const before = shareBySubset(route);
  const after = shareBySubset(kept);
  const namespace = namespaceOf(object);
  return [...before].map(([key, { share, each }]) => {
    const host = resolveHost(each.destination.host, namespace, world.mesh);
    const [client] = clientsOf(world, object);
    const rule = client && effectiveDestinationRule(world, host, client);
    const found = rule && each.destination.subset
      ? findSubset(rule, each.destination.subset)
      : undefined;
    const labels: Labels = found?.subset.labels ?? {};
    const count = podCount(world, { host, labels });
    return {
      virtualService: { namespace, name: object.metadata.name },
      index,
      route: describeRule(route),
      host,
      build: each.destination.subset ?? "(all pods)",
      labels,
      ...(each.destination.subset ? { subset: each.destination.subset } : {}),
      before: toPercent(share),
      after: toPercent(after.get(key)?.share ?? ZERO),
      readyPods: count.known ? count.ready : null,
    };
  });
}

function shareBySubset(
  route: HTTPRoute,
): ReadonlyMap<
  string,
  { readonly share: Fraction; readonly each: HTTPRouteDestination }
> {
  const shares = sharesOf(route.route ?? []);
  const found = new Map<
    string,
    { share: Fraction; each: HTTPRouteDestination }
  >();
  (route.route ?? []).forEach((each, index) => {
    const key = `${each.destination.host}|${each.destination.subset ?? ""}`;
    found.set(key, {
      each,
      share: add(found.get(key)?.share ?? ZERO, shares[index] ?? ZERO),
    });
  });
  return found;
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

/** 7.5: subsets of ours that nothing names any more. */
function sweepSubsets(
  intent: ClearIntent,
  world: World,
  all: readonly Cleared[],
): {
  readonly pairs: readonly ObjectPair[];
  readonly marks: Readonly<Record<string, readonly string[]>>;
  readonly summary: readonly string[];
  readonly notes: readonly string[];
} {
  const after = withObjects(world, all.map((each) => each.after));
  const pairs: ObjectPair[] = [];
  const marks: Record<string, readonly string[]> = {};
  const summary: string[] = [];
  const notes: string[] = [];
  const blind = whyUnknown(world, "VirtualService") !== undefined;
  for (const [rule, host] of rulesBehind(world, all)) {
    const marked = marksOf(rule);
    const found = removableSubsets(after, rule, { host, marked });
    // That a rule still names a subset is plain to see; blindness is not.
    if (blind) notes.push(...found.notes);
    const gone = found.names.filter((name) =>
      intent.build === undefined ||
      rule.spec.subsets?.some((subset) =>
        subset.name === name &&
        Object.values(subset.labels ?? {}).includes(intent.build as string)
      )
    );
    if (gone.length === 0) continue;
    pairs.push({
      before: rule,
      after: {
        ...rule,
        spec: {
          ...rule.spec,
          subsets: (rule.spec.subsets ?? []).filter(({ name }) =>
            !gone.includes(name)
          ),
        },
      },
    });
    marks[keyOf(rule)] = marked.filter((name) => !gone.includes(name));
    summary.push(
      `Subset ${listNames(gone)} goes from DestinationRule "${
        keyOf(rule)
      }": nothing names it any more`,
    );
  }
  return { pairs, marks, summary, notes };
}

/** DestinationRules in effect for what the objects lead to. */
function rulesBehind(
  world: World,
  all: readonly Cleared[],
): ReadonlyMap<DestinationRule, string> {
  const found = new Map<DestinationRule, string>();
  for (const { before } of all) {
    for (const route of before.spec.http ?? []) {
      for (const each of route.route ?? []) {
        if (typeof each.destination?.host !== "string") continue;
        const host = resolveHost(
          each.destination.host,
          namespaceOf(before),
          world.mesh,
        );
        for (const client of clientsOf(world, before)) {
          const rule = effectiveDestinationRule(world, host, client);
          for (const one of rule?.rules ?? []) found.set(one, host);
        }
      }
    }
  }
  return found;
}
