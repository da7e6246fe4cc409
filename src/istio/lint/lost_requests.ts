/**
 * Requests that show a destination without a cluster: they take the rule, and
 * its share of them is answered with 503 (NC).
 *
 * @module
 */

import { rootsOf, rulesFor } from "../delegates.ts";
import type { Finding } from "../findings.ts";
import { namespaceOf, resolveHost } from "../hosts.ts";
import { isRecord, strings } from "../shapes.ts";
import type { HTTPMatchRequest, VirtualService } from "../types.ts";
import type { World } from "../world.ts";
import { triesWithClusters, witnessOf } from "./asking.ts";

/** The finding, with such a request where it is about one and one is known. */
export function withLostRequest(world: World, finding: Finding): Finding {
  const { object, path = [], witness } = finding;
  const [, field, index, list, place, destination] = path;
  if (
    object?.kind !== "VirtualService" || witness !== undefined ||
    field !== "http" || list !== "route" || destination !== "destination" ||
    typeof index !== "number" || typeof place !== "number"
  ) return finding;
  const source = world.virtualServices.find((one) =>
    one.metadata.name === object.name && namespaceOf(one) === object.namespace
  );
  if (source === undefined) return finding;
  const target = targetOf(world, source, { index, place });
  if (target === undefined) return finding;
  for (const { root, block } of waysTo(world, source, index)) {
    for (const tried of triesWithClusters(world, { root, block, target })) {
      const { verdict } = tried;
      const isLost = verdict.source === source && verdict.rule === index &&
        verdict.destinations.some(({ host, subset, flag }) =>
          flag === "NC" && host === target.host && subset === target.subset
        );
      if (isLost) return { ...finding, witness: witnessOf(tried) };
    }
  }
  return finding;
}

/** Where a rule leads. */
export interface Target {
  /** Full name. */
  readonly host: string;
  readonly subset?: string;
}

function targetOf(
  world: World,
  source: VirtualService,
  at: { readonly index: number; readonly place: number },
): Target | undefined {
  const destination: unknown = source.spec?.http?.[at.index]?.route
    ?.[at.place]?.destination;
  if (!isRecord(destination) || typeof destination["host"] !== "string") {
    return undefined;
  }
  const { host, subset } = destination;
  return {
    host: resolveHost(host, namespaceOf(source), world.mesh),
    ...(typeof subset === "string" && subset !== "" ? { subset } : {}),
  };
}

/** The blocks by which requests come to a rule, of every root that has it. */
function* waysTo(
  world: World,
  source: VirtualService,
  index: number,
): Iterable<
  { readonly root: VirtualService; readonly block: HTTPMatchRequest }
> {
  const roots = strings(source.spec?.hosts).length > 0
    ? [source]
    : rootsOf(world, source);
  for (const root of roots) {
    for (const rule of rulesFor(world, root).rules) {
      if (rule.source !== source || rule.index !== index) continue;
      const blocks: unknown = isRecord(rule.route)
        ? rule.route.match
        : undefined;
      const list = Array.isArray(blocks) && blocks.length > 0 ? blocks : [{}];
      for (const block of list) if (isRecord(block)) yield { root, block };
    }
  }
}
