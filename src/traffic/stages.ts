/**
 * The order of writes (10.1): what is added to a DestinationRule comes before
 * the routes, what is taken from it after them, with a pause between for
 * every proxy to follow.
 *
 * @module
 */

import type { Json, KubeObject, VirtualService } from "../istio/types.ts";
import { DEFAULT_MESH } from "../istio/world.ts";
import { diffObjects, itemsOf } from "./edits.ts";
import { isSame } from "./hash.ts";
import { referencesIn } from "./subset_references.ts";
import type {
  Change,
  Decision,
  ObjectPair,
  PlanContext,
  Wait,
} from "./types.ts";

/** One object from one state to the next; a pair has up to two of them. */
export interface Stage {
  readonly role: Change["role"];
  readonly before?: KubeObject;
  readonly after?: KubeObject;
  /** The state before is what an earlier stage of the plan leaves. */
  readonly follows: boolean;
  /** A later stage of the plan goes on from the state after. */
  readonly goesOn: boolean;
}

/** Splits a DestinationRule that gains and loses subsets into two writes. */
export function stagesOf(pair: ObjectPair, decision: Decision): Stage[] {
  const { before, after } = pair;
  const kind = (before ?? after)!.kind;
  if (kind !== "DestinationRule") {
    return [{ ...pair, role: "route", follows: false, goesOn: false }];
  }
  if (before === undefined || after === undefined) {
    const role = before === undefined ? "add-subsets" : "remove-subsets";
    return [{ ...pair, role, follows: false, goesOn: false }];
  }
  const between = afterAdditions(pair as Required<ObjectPair>, decision);
  const adds = !isSame(itemsOf(before, LIST), itemsOf(between, LIST));
  const removes = !isSame(itemsOf(between, LIST), itemsOf(after, LIST));
  return [
    ...(adds
      ? [
        {
          role: "add-subsets",
          before,
          after: between,
          follows: false,
          goesOn: removes,
        } as const,
      ]
      : []),
    ...(removes
      ? [
        {
          role: "remove-subsets",
          before: between,
          after,
          follows: adds,
          goesOn: false,
        } as const,
      ]
      : []),
  ];
}

const LIST = "/spec/subsets";

/**
 * The DestinationRule with all that is new and nothing yet gone. A subset
 * whose definition changes is changed at once, unless only the former routes
 * name it: then it waits for them to go.
 */
function afterAdditions(
  { before, after }: Required<ObjectPair>,
  decision: Decision,
): KubeObject {
  const edits = diffObjects(before, after);
  const removed = new Set(
    edits.flatMap(({ from, to }) =>
      from !== undefined && to === undefined ? [from] : []
    ),
  );
  const inserted = new Set(
    edits.flatMap(({ from, to }) =>
      to !== undefined && from === undefined ? [to] : []
    ),
  );
  const leaving = namesOnlyBefore(decision);
  const [old, next] = [itemsOf(before, LIST), itemsOf(after, LIST)];
  const items: Json[] = [];
  for (let i = 0, j = 0; i < old.length || j < next.length;) {
    if (removed.has(i)) items.push(old[i++]!);
    else if (inserted.has(j)) items.push(next[j++]!);
    else {
      const [was, is] = [old[i++]!, next[j++]!];
      const { name } = was as { readonly name: string };
      items.push(leaving.has(name) ? was : is);
    }
  }
  if (items.length === 0) return after;
  return {
    ...before,
    spec: { ...before["spec"] as Record<string, unknown>, subsets: items },
  };
}

/** Names of subsets that routes name before and no route names after. */
function namesOnlyBefore(decision: Decision): ReadonlySet<string> {
  const names = (objects: readonly (KubeObject | undefined)[]) =>
    objects.flatMap((object) =>
      object?.kind === "VirtualService"
        ? referencesIn(object as VirtualService, DEFAULT_MESH)
          .map(({ subset }) => subset)
        : []
    );
  const after = names(decision.pairs.map((pair) => pair.after));
  return new Set(
    names(decision.pairs.map((pair) => pair.before))
      .filter((name) => !after.includes(name)),
  );
}

/** Puts changes in their order, with the waits between. */
export function withWaits(
  changes: readonly Change[],
  of: { readonly decision: Decision; readonly context: PlanContext },
): (Change | Wait)[] {
  const { settle } = of.context;
  const wait = (reason: string): Wait[] =>
    settle > 0 ? [{ step: "wait", milliseconds: settle, reason }] : [];
  const inRole = (role: Change["role"]) =>
    changes.filter((change) => change.role === role);
  const adding = inRole("add-subsets");
  const routes = inRole("route");
  const removing = inRole("remove-subsets");
  // What this plan does not write itself may still be on its way.
  const fresh = adding.length > 0
    ? undefined
    : whyFresh(routes.length > 0 ? "DestinationRule" : "VirtualService", of);
  return [
    ...adding,
    ...(adding.length > 0 ? wait("until every proxy has the subsets") : []),
    ...(fresh === undefined || changes.length === 0 ? [] : wait(fresh)),
    ...routes,
    ...(routes.length > 0 ? wait("until every proxy has the routes") : []),
    ...removing,
    ...(removing.length > 0
      ? wait("until every proxy has let go of the subsets")
      : []),
  ];
}

/** Why objects of a kind may not have reached every proxy yet (10.1). */
function whyFresh(
  kind: "DestinationRule" | "VirtualService",
  { decision, context }: {
    readonly decision: Decision;
    readonly context: PlanContext;
  },
): string | undefined {
  for (const { before } of decision.pairs) {
    if (before?.kind !== kind) continue;
    const named = `${kind} "${before.metadata.name}"`;
    const times = (before.metadata.managedFields ?? []).map(({ time }) =>
      Date.parse(time ?? "")
    ).filter((time) => !Number.isNaN(time));
    if (times.length === 0) {
      return `since it cannot be read when ${named} was last written`;
    }
    const age = context.time.getTime() - Math.max(...times);
    // Kubernetes cuts times to seconds: the write may be one younger.
    if (age - 1000 < context.settle) return `since ${named} was just written`;
  }
  return undefined;
}
