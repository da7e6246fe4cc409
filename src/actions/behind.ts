/**
 * What stands behind a VirtualService: the hosts its rules lead to, and the
 * objects whose rules stand in for its own.
 *
 * @module
 */

import { resolveHost } from "../istio/hosts.ts";
import { rulesFor } from "../istio/delegates.ts";
import type { Destination, HTTPRoute, VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { namespaceOf } from "../traffic/objects.ts";

/** A destination with its host in full. */
export interface Behind {
  readonly host: string;
  readonly port: number | undefined;
}

/** Where the rules of an object lead to, its delegates' too. */
export function destinationsBehind(
  world: World,
  object: VirtualService,
): readonly Behind[] {
  return rulesFor(world, object).rules.flatMap(({ route, source }) =>
    destinationsOf(route).map(({ host, port }) => ({
      host: resolveHost(host, namespaceOf(source), world.mesh),
      port: port?.number,
    }))
  );
}

/** The hosts of {@linkcode destinationsBehind}, each once. */
export function hostsBehind(
  world: World,
  object: VirtualService,
): readonly string[] {
  return [
    ...new Set(destinationsBehind(world, object).map(({ host }) => host)),
  ];
}

/** The objects that rules of a root name as their delegates. */
export function delegatesOf(
  root: VirtualService,
): readonly { readonly namespace: string; readonly name: string }[] {
  return listOf(root.spec?.http).flatMap((route) => {
    const found = delegateNamedBy(route, root);
    return found === undefined ? [] : [found];
  });
}

/** The object that a rule names as its delegate. */
export function delegateNamedBy(
  route: HTTPRoute,
  root: VirtualService,
): { readonly namespace: string; readonly name: string } | undefined {
  const { delegate } = route ?? {};
  if (typeof delegate !== "object" || delegate === null) return undefined;
  return {
    namespace: String(delegate.namespace || namespaceOf(root)),
    name: String(delegate.name ?? ""),
  };
}

/** A list, whatever was read. */
export function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}

function destinationsOf(route: HTTPRoute): readonly Destination[] {
  return listOf(route?.route).flatMap((each) =>
    typeof each?.destination?.host === "string" ? [each.destination] : []
  );
}
