/**
 * Several VirtualServices: which ones a client gets, in which order, and
 * whether one has any effect at all.
 *
 * @module
 */

import { boundFor, type Client, clientsOf, gatewaysOf } from "./client.ts";
import { covers } from "./cover.ts";
import { type ResolvedRule, rootsOf, rulesFor } from "./delegates.ts";
import {
  keyOf,
  namespaceOf,
  resolveHost,
  serviceOf,
  visibleTo,
} from "./hosts.ts";
import { appliesTo, type BlockScope, isCatchAll } from "./match.ts";
import { compareAge } from "./order.ts";
import { isRecord, strings } from "./shapes.ts";
import type { HTTPMatchRequest, VirtualService } from "./types.ts";
import type { World } from "./world.ts";

/** One match block of a rule as a client gets it; no block fits everything. */
export interface EmittedRule {
  readonly rule: ResolvedRule;
  readonly block?: HTTPMatchRequest;
  /** Index in the rule's `match`. */
  readonly matchIndex?: number;
  /** Nothing after it in the same VirtualService is sent. */
  readonly isCatchAll: boolean;
}

/** Whether any request can notice a VirtualService. */
export type Effect =
  | { readonly effective: true }
  | {
    readonly effective: false;
    /** One clause for people. */
    readonly reason: string;
    /** The object that has what this one wants. */
    readonly owner?: VirtualService;
  };

/**
 * VirtualServices that a client gets, in Istio's order: private ones, those
 * exported to its namespace by name, public ones; each by age.
 *
 * @param among Only of these, which have hosts.
 */
export function candidates(
  world: World,
  client: Client,
  among?: ReadonlySet<VirtualService>,
): VirtualService[] {
  const own = boundFor(client);
  const bound = among === undefined
    ? byGateway(world).get(own) ?? []
    : [...among].filter((object) => gatewaysOf(object).includes(own));
  return inOrder(bound, client);
}

/** Those that name a host, of those that a client gets, in the same order. */
export function rivalsFor(
  world: World,
  client: Client,
  host: string,
): VirtualService[] {
  const own = boundFor(client);
  return inOrder(
    (holdersOf(world).get(host) ?? []).filter((object) =>
      gatewaysOf(object).includes(own)
    ),
    client,
  );
}

function inOrder(
  objects: readonly VirtualService[],
  client: Client,
): VirtualService[] {
  return objects
    .filter((object) =>
      visibleTo(object.spec.exportTo, namespaceOf(object), client.namespace)
    )
    .map((object) => ({ object, group: groupOf(object, client) }))
    .sort((a, b) => a.group - b.group || compareAge(a.object, b.object))
    .map(({ object }) => object);
}

const HOLDERS = new WeakMap<
  readonly VirtualService[],
  Map<string, VirtualService[]>
>();

/** The VirtualServices that name a host (full name, lower case), by host. */
export function holdersOf(
  world: World,
): ReadonlyMap<string, readonly VirtualService[]> {
  const known = HOLDERS.get(world.virtualServices);
  if (known !== undefined) return known;
  const index = new Map<string, VirtualService[]>();
  for (const object of world.virtualServices) {
    for (const host of new Set(hostsOf(world, object))) {
      const present = index.get(host);
      if (present === undefined) index.set(host, [object]);
      else present.push(object);
    }
  }
  HOLDERS.set(world.virtualServices, index);
  return index;
}

/** Hosts of a VirtualService as full names, lower case. */
export function hostsOf(world: World, object: VirtualService): string[] {
  return strings(object.spec?.hosts).map((host) =>
    resolveHost(host, namespaceOf(object), world.mesh).toLowerCase()
  );
}

/**
 * What a client is sent of a VirtualService on a port: one entry for each
 * match block, up to the first that Istio sees as a catch-all.
 */
export function emittedRules(
  world: World,
  object: VirtualService,
  of: { readonly client: Client; readonly port?: number },
): EmittedRule[] {
  const emitted: EmittedRule[] = [];
  const scope: BlockScope = {
    ...(of.port === undefined ? {} : { port: of.port }),
    namespace: namespaceOf(object),
  };
  for (const rule of rulesFor(world, object).rules) {
    const blocks: unknown = isRecord(rule.route) ? rule.route.match : undefined;
    if (!Array.isArray(blocks) || blocks.length === 0) {
      emitted.push({ rule, isCatchAll: true });
      return emitted;
    }
    for (const [matchIndex, block] of blocks.entries()) {
      if (!appliesTo(block, of.client, scope)) continue;
      const last = isCatchAll(block);
      emitted.push({ rule, block, matchIndex, isCatchAll: last });
      if (last) return emitted;
    }
  }
  return emitted;
}

/**
 * Has a VirtualService any effect (2.3)? Not if its hosts belong to older ones
 * for every client that one of its rules is for, or if no rule is sent to any.
 */
export function effectOf(world: World, object: VirtualService): Effect {
  if (hostsOf(world, object).length === 0) return delegateEffect(world, object);
  if (rulesFor(world, object).rules.length === 0) {
    return { effective: false, reason: "it has no http rule that is used" };
  }
  let owner: VirtualService | undefined;
  for (const client of audienceOf(world, object)) {
    for (const port of portsOf(world, object)) {
      const found = client.kind === "gateway"
        ? gatewayOwner(world, object, { client, port })
        : sidecarOwner(world, object, { client, port });
      if (found === object) return { effective: true };
      owner ??= found;
    }
  }
  if (owner === undefined) {
    return { effective: false, reason: "none of its rules is for any client" };
  }
  const name = keyOf(owner);
  return {
    effective: false,
    reason: `VirtualService "${name}" comes first for its hosts`,
    owner,
  };
}

function delegateEffect(world: World, object: VirtualService): Effect {
  const roots = rootsOf(world, object);
  if (roots.length === 0) {
    return {
      effective: false,
      reason: "it has no hosts, and no VirtualService delegates to it",
    };
  }
  let reason: string | undefined;
  for (const root of roots) {
    const name = keyOf(root);
    if (hostsOf(world, root).length === 0) {
      reason ??= `"${name}", which delegates to it, is a delegate itself`;
      continue;
    }
    const { rules, problems } = rulesFor(world, root);
    if (!rules.some(({ source }) => source === object)) {
      const own = keyOf(object);
      const problem = problems.find(({ delegate }) => delegate === own);
      reason ??= `"${name}" delegates to it, but ${
        problem?.reason ?? "it has no http rule"
      }`;
      continue;
    }
    const effect = effectOf(world, root);
    if (effect.effective) return effect;
    reason ??= `"${name}", which delegates to it, has none: ${effect.reason}`;
  }
  return { effective: false, reason: reason ?? "no root uses it" };
}

/** Who serves the hosts for a sidecar: the first that has any rule there. */
function sidecarOwner(
  world: World,
  object: VirtualService,
  at: { readonly client: Client; readonly port: number },
): VirtualService | undefined {
  if (emittedRules(world, object, at).length === 0) return undefined;
  let owner: VirtualService | undefined;
  for (const host of hostsOf(world, object)) {
    const rivals = rivalsFor(world, at.client, host);
    if (!rivals.includes(object)) return undefined;
    const first = rivals.find((rival) =>
      emittedRules(world, rival, at).length > 0
    );
    if (first === object) return object;
    owner ??= first;
  }
  return owner;
}

/**
 * On a gateway rules are joined, catch-alls last: the object has an effect
 * unless each of its entries is behind one that takes all its requests.
 */
function gatewayOwner(
  world: World,
  object: VirtualService,
  at: { readonly client: Client; readonly port: number },
): VirtualService | undefined {
  const own = emittedRules(world, object, at);
  if (own.length === 0) return undefined;
  let owner: VirtualService | undefined;
  for (const host of hostsOf(world, object)) {
    const rivals = rivalsFor(world, at.client, host);
    if (!rivals.includes(object)) return undefined;
    const before = rivals.slice(0, rivals.indexOf(object)).flatMap((rival) =>
      emittedRules(world, rival, at).map((entry) => ({ rival, entry }))
    );
    const taker = own.map((mine) =>
      before.find(({ entry }) =>
        entry.isCatchAll
          ? mine.isCatchAll
          : covers(entry.block ?? {}, mine.block ?? {})
      )?.rival
    );
    if (taker.includes(undefined)) return object;
    owner ??= taker[0];
  }
  return owner;
}

/** Clients that some rule of the object names, and the plain ones. */
function audienceOf(world: World, object: VirtualService): Client[] {
  const own = namespaceOf(object);
  const exported = strings(object.spec.exportTo).filter((one) =>
    !["*", ".", "~", own].includes(one)
  );
  const blocks = rulesFor(world, object).rules.flatMap(({ route }) =>
    isRecord(route) && Array.isArray(route.match)
      ? (route.match as readonly HTTPMatchRequest[]).filter(isRecord)
      : []
  );
  return clientsOf(world, object).flatMap((client): Client[] => {
    if (client.kind === "gateway") return [client];
    const plain = [own, ...exported].map((namespace) => ({
      ...client,
      namespace,
    }));
    const named = blocks.filter((block) =>
      block.sourceLabels || block.sourceNamespace
    ).flatMap((block) =>
      plain.map(({ namespace }) => ({
        ...client,
        namespace: block.sourceNamespace || namespace,
        labels: block.sourceLabels ?? {},
      }))
    );
    return [...plain, ...named];
  });
}

/** Ports that clients may address: of the services, of the match blocks. */
function portsOf(world: World, object: VirtualService): number[] {
  const ports = new Set<number>();
  for (const host of hostsOf(world, object)) {
    const own: unknown = serviceOf(world, host)?.spec?.ports;
    for (const one of Array.isArray(own) ? own : []) {
      if (typeof one?.port === "number") ports.add(one.port);
    }
  }
  for (const { route } of rulesFor(world, object).rules) {
    const blocks: unknown = isRecord(route) ? route.match : undefined;
    if (!Array.isArray(blocks)) continue;
    for (const block of blocks) {
      if (isRecord(block) && typeof block.port === "number" && block.port) {
        ports.add(block.port);
      }
    }
  }
  if (ports.size === 0) ports.add(80);
  return [...ports];
}

/** 0 for the client's own private ones, 1 for exported by name, 2 for public. */
function groupOf(object: VirtualService, client: Client): number {
  const exportTo = strings(object.spec.exportTo);
  if (exportTo.length === 0 || exportTo.includes("*")) return 2;
  return namespaceOf(object) === client.namespace ? 0 : 1;
}

const BY_GATEWAY = new WeakMap<
  readonly VirtualService[],
  Map<string, VirtualService[]>
>();

function byGateway(world: World): Map<string, VirtualService[]> {
  const known = BY_GATEWAY.get(world.virtualServices);
  if (known !== undefined) return known;
  const index = new Map<string, VirtualService[]>();
  for (const object of world.virtualServices) {
    // Without hosts it is a delegate and never stands alone.
    if (strings(object.spec?.hosts).length === 0) continue;
    for (const name of new Set(gatewaysOf(object))) {
      const present = index.get(name);
      if (present === undefined) index.set(name, [object]);
      else present.push(object);
    }
  }
  BY_GATEWAY.set(world.virtualServices, index);
  return index;
}
