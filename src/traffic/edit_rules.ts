/**
 * The rules of one VirtualService as a shift leaves them: weights, header rules
 * made, header rules that have become the same as what is below.
 *
 * @module
 */

import type { HTTPRoute, VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { buildOf, type Builds } from "./builds.ts";
import { addHeaderRules, redundantRules } from "./headers.ts";
import type { Intended } from "./intended.ts";
import type { ShiftIntent } from "./intents.ts";
import { destinationFor, listOperations } from "./new_destination.ts";
import { namespaceOf, sameJson } from "./objects.ts";
import { describeRule, type Rule } from "./routes.ts";
import type { Reweighed } from "./rule_weights.ts";
import type { Chosen } from "./select.ts";
import { readyPods } from "./share_rows.ts";
import type { ShareRow } from "./types.ts";

/** What is known when the rules of an object are edited. */
export interface EditContext {
  readonly intent: ShiftIntent;
  readonly world: World;
  readonly chosen: Chosen;
  readonly builds: Builds;
  readonly intended: Intended;
  readonly reweighed: readonly Reweighed[];
  readonly bases: readonly Rule[];
}

/** An object before and after; the same one where nothing changes. */
export interface Edited {
  readonly before: VirtualService;
  readonly after: VirtualService;
  readonly rows: readonly ShareRow[];
  readonly notes: readonly string[];
}

/** Weights first, then header rules; every rule keeps its place. */
export function editObject(
  object: VirtualService,
  context: EditContext,
): Edited {
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

/** 3.4: header operations that a new destination got from another one. */
export function headerNotes(
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
