/**
 * The clients of objects and the DestinationRules in effect for them,
 * remembered for as long as a world is: rules share clients and hosts.
 *
 * @module
 */

import { type Client, clientsOf } from "../client.ts";
import {
  effectiveDestinationRule,
  type EffectiveRule,
} from "../destination_rules.ts";
import type { VirtualService } from "../types.ts";
import type { World } from "../world.ts";

interface Memory {
  readonly clients: Map<VirtualService, readonly Client[]>;
  readonly rules: Map<string, Map<string, EffectiveRule | undefined>>;
}

const MEMORIES = new WeakMap<World, Memory>();

function memoryOf(world: World): Memory {
  const known = MEMORIES.get(world);
  if (known !== undefined) return known;
  const fresh: Memory = { clients: new Map(), rules: new Map() };
  MEMORIES.set(world, fresh);
  return fresh;
}

/** As {@linkcode clientsOf}. */
export function clientsIn(
  world: World,
  source: VirtualService,
): readonly Client[] {
  const { clients } = memoryOf(world);
  let known = clients.get(source);
  if (known === undefined) {
    clients.set(source, known = clientsOf(world, source));
  }
  return known;
}

/** As {@linkcode effectiveDestinationRule}. */
export function ruleInEffect(
  world: World,
  host: string,
  client: Client,
): EffectiveRule | undefined {
  const { rules } = memoryOf(world);
  const key = keyOf(client);
  let own = rules.get(key);
  if (own === undefined) rules.set(key, own = new Map());
  if (own.has(host)) return own.get(host);
  const rule = effectiveDestinationRule(world, host, client);
  own.set(host, rule);
  return rule;
}

/** Only the namespace and the labels of a client decide. */
function keyOf({ namespace, labels }: Client): string {
  for (const _ in labels) {
    return `${namespace} ${JSON.stringify(Object.entries(labels).sort())}`;
  }
  return namespace;
}
