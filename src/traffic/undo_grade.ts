/**
 * How grave a way back is (sections 8 and 11.2).
 *
 * @module
 */

import type { HTTPRoute, KubeObject, VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { EditConflict } from "./edits.ts";
import { gradeShares } from "./grade.ts";
import { groupBy } from "../istio/group.ts";
import type { UndoIntent } from "./intents.ts";
import type { Operation } from "./operations.ts";
import { hashOf } from "./hash.ts";
import { scopeOf } from "./select.ts";
import type { Decision, HistoryEntry, ObjectPair, ShareRow } from "./types.ts";
import { isRaise } from "./undo_shares.ts";

/** What {@linkcode gradeUndo} judges. */
export interface UndoFacts {
  readonly intent: UndoIntent;
  readonly operations: readonly Operation[];
  readonly entries: readonly HistoryEntry[];
  readonly shares: readonly ShareRow[];
  readonly forced: readonly EditConflict[];
  readonly pairs: readonly ObjectPair[];
  readonly time: Date;
  readonly user?: string;
}

const HOUR = 3_600_000;

/**
 * Taking back a raise is mild; a lowering, a clear or an undo taken back is
 * graded like a shift. What the user did not name and may not mean, what is
 * forced over another's change, and what no rule has now, is severe.
 */
export function gradeUndo(
  world: World,
  facts: UndoFacts,
): Pick<Decision, "grade" | "reasons"> {
  const { intent, operations, entries, shares, forced } = facts;
  const onlyRaises = intent.verb === "undo" &&
    operations.every(({ id }) =>
      isRaise(entries.filter(({ operation }) => operation === id))
    );
  const reasons = [
    ...(intent.operation === undefined
      ? operations.flatMap((operation) => strangeness(world, operation, facts))
      : []),
    ...forced.map(({ list, index, reason }) =>
      `Goes over ${list.slice(1).replaceAll("/", ".")}[${
        index ?? "?"
      }], which ${reason} since`
    ),
    ...(onlyRaises ? [] : steepRises(shares)),
    ...facts.pairs.flatMap(inventions),
  ];
  return { grade: reasons.length > 0 ? "severe" : "mild", reasons };
}

/** Why an operation that was not named may not be the one that is meant. */
function strangeness(
  world: World,
  operation: Operation,
  { intent, time, user }: UndoFacts,
): string[] {
  const { id, host } = operation;
  const age = time.getTime() - Date.parse(operation.time);
  const asked = intent.destination === undefined
    ? undefined
    : scopeOf(world, intent.destination, intent.namespace).host;
  return [
    ...(operation.user === user ? [] : [
      `Operation "${id}" was by ${operation.user ?? "an unknown user"}`,
    ]),
    ...(asked === undefined || host === undefined || asked === host ? [] : [
      `Operation "${id}" was for host "${host}"`,
    ]),
    ...(age > HOUR
      ? [`Operation "${id}" was over one hour ago, at ${operation.time}`]
      : []),
  ];
}

/**
 * A record is a text on the object: whoever may edit that may put a rule of
 * their own into it. istiops moves shares and takes rules out, so a host, a
 * redirect or a fault that no rule of the object has now wants a look.
 */
function inventions({ before, after }: ObjectPair): readonly string[] {
  if (before === undefined || after?.kind !== "VirtualService") return [];
  const now = new Set(traitsOf(before).map(([key]) => key));
  const fresh = new Set(
    traitsOf(after).filter(([key]) => !now.has(key)).map(([, words]) => words),
  );
  return [...fresh].map((words) =>
    `The record brings ${words} into VirtualService "${after.metadata.name}", where no rule has it now`
  );
}

/** What stays as it is, whatever istiops does to a rule. */
function traitsOf(
  object: KubeObject,
): readonly (readonly [key: string, words: string])[] {
  const rules = (object as VirtualService).spec.http ?? [];
  return rules.flatMap((rule: HTTPRoute) => {
    const { name: _, match: __, route = [], ...rest } = rule;
    return [
      ...Object.entries(rest).map(([field, value]) =>
        [`${field} ${hashOf(value)}`, `"${field}"`] as const
      ),
      ...(route ?? []).flatMap((each) =>
        [
          [
            `host ${each?.destination?.host}`,
            `host "${each?.destination?.host}"`,
          ],
          [`headers ${hashOf(each?.headers)}`, '"headers" of a destination'],
        ] as const
      ),
    ];
  });
}

/** Rules that come back whole, as header rules do, are not judged by points. */
function steepRises(shares: readonly ShareRow[]): readonly string[] {
  const rules = groupBy(
    shares,
    ({ virtualService, route }) => JSON.stringify([virtualService, route]),
  );
  return [...rules.values()].filter((rows) =>
    rows.some(({ before }) => before > 0)
  ).flatMap((rows) => gradeShares(rows).reasons);
}
