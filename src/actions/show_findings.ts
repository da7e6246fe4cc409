/**
 * What is to be known about a VirtualService as a whole.
 *
 * @module
 */

import { strings } from "../istio/shapes.ts";
import type { VirtualService } from "../istio/types.ts";
import { effectOf, hostsOf } from "../istio/virtual_services.ts";
import type { World } from "../istio/world.ts";
import { keyOf } from "../traffic/objects.ts";
import { ownerOf } from "../traffic/owners.ts";
import type { Finding } from "./show.ts";

/** Findings on the object: without effect, kept by somebody else. */
export function findingsOnObject(
  world: World,
  object: VirtualService,
): readonly Finding[] {
  const owner = ownerOf(object);
  return [
    ...effectFindings(world, object),
    ...(owner === undefined ? [] : [
      {
        code: "owned",
        severity: "info",
        message:
          `Kept by ${owner.name} (${owner.mark}): it puts its own state back`,
      } as const,
    ]),
  ];
}

function effectFindings(
  world: World,
  object: VirtualService,
): readonly Finding[] {
  if (!mayBeWithoutEffect(world, object)) return [];
  const effect = effectOf(world, object);
  if (effect.effective) return [];
  return [{
    code: effect.owner === undefined ? "without-effect" : "IST0109",
    severity: "warning",
    message: `Without effect: ${effect.reason}`,
  }];
}

/**
 * Only an object that shares a host, or has none, is looked at closely: that
 * is dear where there are thousands.
 */
function mayBeWithoutEffect(world: World, object: VirtualService): boolean {
  const { spec } = object;
  const isOther = [spec?.tcp, spec?.tls].some((rules) =>
    Array.isArray(rules) && rules.length > 0
  );
  if (isOther && !Array.isArray(spec?.http)) return false;
  if (strings(spec?.hosts).length === 0) return true;
  const holders = holdersOf(world);
  return hostsOf(world, object).some((host) =>
    (holders.get(host) ?? []).some((key) => key !== keyOf(object))
  );
}

const HOLDERS = new WeakMap<
  readonly VirtualService[],
  Map<string, string[]>
>();

function holdersOf(world: World): ReadonlyMap<string, readonly string[]> {
  const known = HOLDERS.get(world.virtualServices);
  if (known !== undefined) return known;
  const index = new Map<string, string[]>();
  for (const object of world.virtualServices) {
    for (const host of hostsOf(world, object)) {
      const present = index.get(host);
      if (present === undefined) index.set(host, [keyOf(object)]);
      else present.push(keyOf(object));
    }
  }
  HOLDERS.set(world.virtualServices, index);
  return index;
}
