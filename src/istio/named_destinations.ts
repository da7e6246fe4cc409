/**
 * Every destination that a VirtualService names, as istiod gathers them to
 * know which clusters a proxy needs.
 *
 * @module
 */

import { rulesFor } from "./delegates.ts";
import { namespaceOf, resolveHost } from "./hosts.ts";
import { isRecord, numberOf, stringOf } from "./shapes.ts";
import type { VirtualService } from "./types.ts";
import type { World } from "./world.ts";

/** A host that a rule leads to. */
export interface NamedDestination {
  /** Full name. */
  readonly host: string;
  /** 0 where none is written. */
  readonly port: number;
}

/**
 * Destinations and mirrors of all http rules, delegates' among them, and of
 * the tcp and tls rules.
 *
 * @param client Leaves out rules that istiod takes for those of another
 * namespace than this client's.
 */
export function* namedDestinations(
  world: World,
  object: VirtualService,
  client?: { readonly namespace: string },
): Iterable<NamedDestination> {
  for (const { route, source } of rulesFor(world, object).rules) {
    if (!isRecord(route)) continue;
    if (client !== undefined && isForOthers(route, client.namespace)) continue;
    const { mirror } = route as Record<string, unknown>;
    for (
      const one of [
        ...inside(route["route"]),
        mirror,
        ...inside(route["mirrors"]),
      ]
    ) yield* resolved(world, source, one);
  }
  for (const rules of [object.spec?.tcp, object.spec?.tls]) {
    for (const rule of listOf(rules)) {
      if (!isRecord(rule)) continue;
      for (const one of inside(rule["route"])) {
        yield* resolved(world, object, one);
      }
    }
  }
}

function* resolved(
  world: World,
  source: VirtualService,
  destination: unknown,
): Iterable<NamedDestination> {
  if (!isRecord(destination)) return;
  const { port } = destination;
  const host = stringOf(destination["host"]);
  if (host === "") return;
  yield {
    host: resolveHost(host, namespaceOf(source), world.mesh),
    port: isRecord(port) ? numberOf(port["number"]) || 0 : 0,
  };
}

function inside(list: unknown): unknown[] {
  return listOf(list).map((one) =>
    isRecord(one) ? one["destination"] : undefined
  );
}

function listOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : [];
}

/**
 * Does istiod take the rule for one of another namespace? It looks at the
 * blocks with a `sourceNamespace` only, as if those without were not there.
 */
function isForOthers(
  route: Readonly<Record<string, unknown>>,
  namespace: string,
): boolean {
  const named = listOf(route["match"]).flatMap((block) => {
    const own = isRecord(block) ? stringOf(block["sourceNamespace"]) : "";
    return own === "" ? [] : [own];
  });
  return named.length > 0 && !named.includes(namespace);
}
