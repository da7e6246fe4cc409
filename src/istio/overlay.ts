/**
 * A world with other objects in it, as if somebody had applied them.
 *
 * @module
 */

import { keyOf } from "./hosts.ts";
import type { KubeObject, Service } from "./types.ts";
import type { World } from "./world.ts";

/** An object before and after; absent where it is not there. */
export interface Replacement {
  readonly before?: KubeObject;
  readonly after?: KubeObject;
}

/** Lists of a world that rules are made of, by kind. */
const LISTS = {
  VirtualService: "virtualServices",
  DestinationRule: "destinationRules",
  Gateway: "gateways",
  ServiceEntry: "serviceEntries",
  WorkloadEntry: "workloadEntries",
  Sidecar: "sidecars",
  Service: "services",
  Namespace: "namespaces",
} as const satisfies Readonly<Record<string, keyof World>>;

/** Age decides between objects; what is new is younger than all. */
const YOUNGEST = "9999-12-31T23:59:59Z";

/** The world with objects put in, replaced and taken out. */
export function withReplaced(
  world: World,
  replacements: readonly Replacement[],
): World {
  const changed: Record<string, readonly KubeObject[]> = {};
  for (const { before, after } of replacements) {
    const { kind } = (after ?? before)!;
    const field = (LISTS as Readonly<Record<string, keyof World>>)[kind];
    if (field === undefined) continue;
    const list = changed[field] ?? world[field] as readonly KubeObject[];
    const key = keyOf((after ?? before)!);
    const present = list.some((object) => keyOf(object) === key);
    changed[field] = after === undefined
      ? list.filter((object) => keyOf(object) !== key)
      : present
      ? list.map((object) => keyOf(object) === key ? after : object)
      : [...list, withAge(after, YOUNGEST)];
  }
  return { ...world, ...changed };
}

/**
 * The world after all rules, services and gateways of another one have been
 * applied to it; what the other does not have stays. Pods are the first's.
 */
export function withApplied(world: World, other: World): World {
  const lists = Object.values(LISTS).map((field) => {
    const applied = new Map<string, KubeObject>(
      (other[field] as readonly KubeObject[]).map((one) => [keyOf(one), one]),
    );
    const present = (world[field] as readonly KubeObject[]).map((object) => {
      const after = applied.get(keyOf(object));
      applied.delete(keyOf(object));
      return after === undefined ? object : merged(object, after);
    });
    const made = [...applied.values()].map((one) => withAge(one, YOUNGEST));
    return [field, [...present, ...made]] as const;
  });
  return { ...world, ...Object.fromEntries(lists) };
}

/** What the server keeps to itself stays: when it was made, addresses. */
function merged(before: KubeObject, after: KubeObject): KubeObject {
  const { creationTimestamp } = before.metadata;
  const aged = creationTimestamp === undefined
    ? after
    : withAge(after, creationTimestamp);
  if (after.kind !== "Service") return aged;
  const spec = { ...(before as Service).spec, ...(after as Service).spec };
  return { ...aged, spec };
}

function withAge(object: KubeObject, creationTimestamp: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, creationTimestamp } };
}
