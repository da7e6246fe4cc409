/**
 * Who sends something to a subset: by host, over all VirtualServices.
 *
 * @module
 */

import type { FieldPath } from "../findings.ts";
import { groupBy } from "../group.ts";
import { namespaceOf, resolveHost } from "../hosts.ts";
import { isRecord, numberOf, stringOf } from "../shapes.ts";
import type { VirtualService } from "../types.ts";
import type { World } from "../world.ts";

/** A destination that names a subset. */
export interface SubsetUse {
  readonly object: VirtualService;
  /** Of the subset's name. */
  readonly path: FieldPath;
  /** Full name. */
  readonly host: string;
  readonly subset: string;
  /** It gets a share; a mirror gets none. */
  readonly served: boolean;
}

/** Every subset that an object's rules name, mirrors and connections too. */
export function subsetUses(world: World, object: VirtualService): SubsetUse[] {
  const uses: SubsetUse[] = [];
  const add = (destination: unknown, path: FieldPath, served: boolean) => {
    if (!isRecord(destination)) return;
    const subset = stringOf(destination["subset"]);
    if (subset === "" || typeof destination["host"] !== "string") return;
    uses.push({
      object,
      path: [...path, "subset"],
      host: resolveHost(destination["host"], namespaceOf(object), world.mesh),
      subset,
      served,
    });
  };
  for (const kind of ["http", "tcp", "tls"] as const) {
    listOf(object.spec?.[kind]).forEach((rule, index) => {
      if (!isRecord(rule)) return;
      const path = ["spec", kind, index];
      const list = listOf(rule["route"]);
      list.forEach((one, place) => {
        if (!isRecord(one)) return;
        add(
          one["destination"],
          [...path, "route", place, "destination"],
          list.length === 1 || numberOf(one["weight"]) > 0,
        );
      });
      add(rule["mirror"], [...path, "mirror"], false);
      listOf(rule["mirrors"]).forEach((one, place) => {
        if (!isRecord(one)) return;
        add(
          one["destination"],
          [...path, "mirrors", place, "destination"],
          false,
        );
      });
    });
  }
  return uses;
}

const USES = new WeakMap<World, Map<string, SubsetUse[]>>();

/** The uses of all VirtualServices by host; those with a share come first. */
export function hostUses(world: World): ReadonlyMap<string, SubsetUse[]> {
  const known = USES.get(world);
  if (known !== undefined) return known;
  const all = world.virtualServices.flatMap((one) => subsetUses(world, one));
  const uses = groupBy(
    [
      ...all.filter(({ served }) => served),
      ...all.filter(({ served }) => !served),
    ],
    ({ host }) => host,
  );
  USES.set(world, uses);
  return uses;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
