/**
 * Subsets on the way back (11.3): missing ones return before the routes that
 * name them, those that an operation made go after them, if they are as it
 * left them and nobody names them.
 *
 * @module
 */

import { ConflictError } from "../errors.ts";
import { matchesHost, resolveHost } from "../istio/hosts.ts";
import type {
  DestinationRule,
  Json,
  KubeObject,
  Subset,
  VirtualService,
} from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { applyEdits, itemsOf, nameOf, type Splice } from "./edits.ts";
import { groupBy } from "../istio/group.ts";
import { hashOf, isSame } from "./hash.ts";
import { keyOfName, objectKey } from "./operations.ts";
import {
  referencesIn,
  removableSubsets,
  withObjects,
} from "./subset_references.ts";
import type { TakenBack } from "./take_back.ts";
import type { RecordedEdit } from "./types.ts";

const LIST = "/spec/subsets";

/** Name of the subset that an edit made, if it is there as it was left. */
export function subsetAsLeft(
  items: readonly Json[],
  edit: RecordedEdit,
): string | undefined {
  return nameOf(items.find((item) => hashOf(item) === edit.left));
}

/**
 * The DestinationRule with the subset in its former place, or at the end
 * where that place is gone.
 *
 * @throws {ConflictError} `conflict`: the name has other labels now.
 */
export function putSubset(object: KubeObject, splice: Splice): KubeObject {
  const subset = splice.after as unknown as Subset;
  const present = itemsOf(object, LIST).find((item) =>
    nameOf(item) === subset.name
  ) as Subset | undefined;
  if (present === undefined) {
    const applied = applyEdits(object, [splice], { force: true });
    return applied.ok ? applied.after : object;
  }
  if (isSame(present.labels ?? {}, subset.labels ?? {})) return object;
  throw new ConflictError(
    "conflict",
    `Cannot put subset "${subset.name}" back into ${
      objectKey(object)
    }: it has other labels now`,
    {
      hint: "Give the present one another name first",
      details: { former: subset, now: present },
    },
  );
}

/**
 * Puts every subset back that the restored rules name and nobody defines any
 * more.
 *
 * @throws {ConflictError} `conflict`: other labels, or no DestinationRule.
 */
export function restoreSubsets(world: World, taken: TakenBack): void {
  for (const { key, entry } of taken.entries) {
    const rules = taken.after.get(key);
    if (rules?.kind !== "VirtualService") continue;
    const named = referencesIn(rules as VirtualService, world.mesh);
    for (const { destinationRule, subset } of entry.subsets) {
      const ruleKey = keyOfName({
        kind: "DestinationRule",
        ...destinationRule,
      });
      const object = taken.after.get(ruleKey);
      const isNamed = (host: string) =>
        named.some((reference) =>
          reference.subset === nameOf(subset) &&
          matchesHost(host, reference.host)
        );
      if (object === undefined) {
        if (named.some((one) => one.subset === nameOf(subset))) {
          refuseUnlessElsewhere(world, { subset, ruleKey });
        }
      } else if (isNamed(hostOf(object, world))) {
        taken.after.set(
          ruleKey,
          putSubset(object, {
            list: LIST,
            after: subset,
            to: itemsOf(object, LIST).length,
          }),
        );
      }
    }
  }
}

/** What the operation made and may go; and sentences on what stays. */
export interface Leaving {
  /** Subsets by key of the DestinationRule. */
  readonly subsets: ReadonlyMap<string, readonly string[]>;
  /** Keys of DestinationRules. */
  readonly objects: readonly string[];
  readonly notes: readonly string[];
}

/** Which of the made subsets and objects may go (7.5, 11.3). */
export function leavingAfter(world: World, taken: TakenBack): Leaving {
  const later = withObjects(world, [...taken.after.values()]);
  const subsets = new Map<string, readonly string[]>();
  const objects: string[] = [];
  const notes: string[] = [];
  for (const [key, made] of groupBy(taken.made, (one) => one.key)) {
    const object = taken.after.get(key) as DestinationRule | undefined;
    if (object === undefined) continue;
    const whole = made.find(({ subset }) => subset === undefined);
    const only = whole === undefined
      ? made.flatMap(({ subset }) => subset ?? [])
      : itemsOf(object, LIST).flatMap((item) => nameOf(item) ?? []);
    const found = removableSubsets(later, object, {
      host: hostOf(object, world),
      marked: only,
      only,
    });
    notes.push(...found.notes);
    if (whole === undefined) subsets.set(key, found.names);
    else if (hashOf(object.spec) !== whole.left) {
      notes.push(`${key} stays: it was changed since it was made`);
    } else if (found.names.length === only.length) objects.push(key);
  }
  return { subsets, objects, notes };
}

/** The object without some subsets. */
export function withoutSubsets(
  object: KubeObject,
  names: readonly string[],
): KubeObject {
  const { subsets: _, ...spec } = object["spec"] as Record<string, unknown>;
  const kept = itemsOf(object, LIST).filter((item) =>
    !names.includes(nameOf(item) ?? "")
  );
  return {
    ...object,
    spec: kept.length === 0 ? spec : { ...spec, subsets: kept },
  };
}

function hostOf(object: KubeObject, world: World): string {
  const { namespace = "default" } = object.metadata;
  const { host } = (object as DestinationRule).spec;
  return resolveHost(host, namespace, world.mesh);
}

function refuseUnlessElsewhere(
  world: World,
  of: { readonly subset: Json; readonly ruleKey: string },
): void {
  const wanted = of.subset as unknown as Subset;
  const isElsewhere = world.destinationRules.some((object) =>
    (object.spec.subsets ?? []).some((subset) =>
      subset.name === wanted.name &&
      isSame(subset.labels ?? {}, wanted.labels ?? {})
    )
  );
  if (isElsewhere) return;
  throw new ConflictError(
    "conflict",
    `Cannot put subset "${wanted.name}" back: ${of.ruleKey} is not there any more`,
    {
      hint: "Create it again, then go back",
      details: { subset: wanted },
    },
  );
}
