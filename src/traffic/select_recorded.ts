/**
 * Which objects an `undo`, a `redo` or a `history` is about.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import type {
  DestinationRule,
  KubeObject,
  VirtualService,
} from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { resolveHost } from "../istio/hosts.ts";
import type { Selection } from "./intents.ts";
import { HISTORY_ANNOTATION } from "./journal.ts";
import { namespaceOf } from "./objects.ts";
import {
  keyOfName,
  objectKey,
  readRecords,
  type RecordedObject,
} from "./operations.ts";
import { scopeOf, selectVirtualServices } from "./select.ts";
import type { HistoryEntry } from "./types.ts";

/**
 * The selected VirtualServices; by a name that no VirtualService has, the
 * DestinationRule of that name; by `-d` alone, all that lead to the host or
 * carry a record.
 *
 * @throws {UsageError} `missing-argument`: nothing says which.
 * @throws {TrafficError} `not-found`.
 */
export function selectRecorded(
  world: World,
  selection: Selection,
): readonly KubeObject[] {
  const { names = [], selector = [], destination, namespace } = selection;
  if (
    names.length === 0 && selector.length === 0 && destination === undefined
  ) {
    throw new UsageError(
      "missing-argument",
      "Cannot choose objects: neither a name, nor -l, nor -d is given",
      { hint: "istiops history NAME" },
    );
  }
  const only = names.filter((name) =>
    !world.virtualServices.some((object) => isNamed(object, namespace, name))
  );
  const rules = world.destinationRules.filter((object) =>
    only.some((name) => isNamed(object, namespace, name))
  );
  if (rules.length > 0 && rules.length === names.length) return rules;
  const selected = selectVirtualServices(world, {
    ...selection,
    names: names.filter((name) =>
      !rules.some((object) => object.metadata.name === name)
    ),
  });
  if (destination === undefined) return [...selected, ...rules];
  const { host } = scopeOf(world, destination, namespace);
  const leading = selected.filter((object) => leadsTo(object, { host, world }));
  return leading.length > 0
    ? leading
    : selected.filter((object) =>
      object.metadata.annotations?.[HISTORY_ANNOTATION] !== undefined
    );
}

function isNamed(object: KubeObject, ...[namespace, name]: string[]): boolean {
  return object.metadata.name === name &&
    namespaceOf(object) === namespace;
}

/**
 * The records that others hold of operations on these objects: one that
 * stopped half way is on some of its objects alone. Entries of other
 * operations are left out.
 */
export async function relatedRecords(
  world: World,
  of: { readonly selected: readonly RecordedObject[]; readonly server: string },
): Promise<RecordedObject[]> {
  const keys = new Set(of.selected.map(({ object }) => objectKey(object)));
  const peers = new Set(
    of.selected.flatMap(({ entries }) =>
      entries.flatMap(({ objects }) => objects.map(keyOfName))
    ),
  );
  const hosts = new Set(
    of.selected.flatMap(({ object }) =>
      object.kind === "VirtualService"
        ? hostsOf(object as VirtualService, world)
        : []
    ),
  );
  const isBehind = (object: DestinationRule): boolean =>
    hosts.has(resolveHost(object.spec.host, namespaceOf(object), world.mesh));
  const related = [
    ...world.virtualServices.filter((object) => peers.has(objectKey(object))),
    ...world.destinationRules.filter((object) =>
      peers.has(objectKey(object)) || isBehind(object)
    ),
  ].filter((object) =>
    object.metadata.annotations?.[HISTORY_ANNOTATION] !== undefined &&
    !keys.has(objectKey(object))
  );
  const recorded = await readRecords(related, of);
  return recorded.map(({ object, entries }) => ({
    object,
    entries: concerning(keys, entries),
    problems: [],
  })).filter(({ entries }) => entries.length > 0);
}

/**
 * Entries of operations on these objects, of those that took them back, and
 * of those that changed no route at all.
 */
function concerning(
  keys: ReadonlySet<string>,
  entries: readonly HistoryEntry[],
): HistoryEntry[] {
  const ids = new Set<string>();
  for (const { operation, objects, reverts = [] } of entries.toReversed()) {
    const isOn = objects.some((name) => keys.has(keyOfName(name))) ||
      objects.every(({ kind }) => kind === "DestinationRule");
    if (isOn || reverts.some((id) => ids.has(id))) ids.add(operation);
  }
  return entries.filter(({ operation }) => ids.has(operation));
}

function leadsTo(
  object: VirtualService,
  of: { readonly host: string; readonly world: World },
): boolean {
  return hostsOf(object, of.world).includes(of.host);
}

function hostsOf(object: VirtualService, world: World): string[] {
  return (object.spec.http ?? []).flatMap((rule) =>
    (rule.route ?? []).flatMap(({ destination }) =>
      typeof destination?.host === "string"
        ? [resolveHost(destination.host, namespaceOf(object), world.mesh)]
        : []
    )
  );
}
