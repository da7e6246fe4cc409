/**
 * What findings and rows say of their requests, to be held against what is
 * seen.
 *
 * @module
 */

import { rulesFor } from "../../../src/istio/delegates.ts";
import {
  diffTraffic,
  type TrafficDifference,
} from "../../../src/istio/differences.ts";
import type { Fate } from "../../../src/istio/fate.ts";
import type { Finding, Witness } from "../../../src/istio/findings.ts";
import type { World } from "../../../src/istio/world.ts";
import { checkWorld } from "../../../src/traffic/lint.ts";
import { fitsBlock } from "./trail.ts";

/** A request that something is said of. */
export interface ToldRequest extends Pick<Witness, "request" | "client"> {
  /** Code of a finding, or kind of a row. */
  readonly by: string;
  readonly says: Says;
}

/** What is said. */
export interface Says {
  readonly outcome: Fate["outcome"];
  readonly status?: number;
  /** The rule that takes it. */
  readonly rule?: {
    readonly namespace: string;
    readonly name: string;
    readonly rule: number;
  };
  /** Absent where nothing is said of them. */
  readonly destinations?: Fate["destinations"];
}

/** The codes of rules, and matches, that no request gets to. */
export const SHADOWED: readonly string[] = ["IST0130", "IST0131"];

/** Findings of a world that come with a request. */
export function witnessesIn(world: World): ToldRequest[] {
  return checkWorld(world).flatMap(({ code, witness }) => {
    if (witness === undefined) return [];
    const { request, client, outcome, status, takenBy } = witness;
    return [{
      ...{ by: code, request, client },
      says: {
        outcome,
        ...(status === undefined ? {} : { status }),
        ...(takenBy === undefined ? {} : { rule: takenBy }),
      },
    }];
  });
}

/** Rows between two worlds: what is said of each request before and after. */
export function rowsBetween(
  before: World,
  after: World,
): readonly (readonly [before: ToldRequest, after: ToldRequest])[] {
  return diffTraffic(before, after).differences.map((row) => [
    { ...toldOf(row), says: saysOf(row.before) },
    { ...toldOf(row), says: saysOf(row.after) },
  ]);
}

function toldOf({ kind, request, client }: TrafficDifference) {
  return { by: kind, request, client };
}

function saysOf({ outcome, status, object, rule, destinations }: Fate): Says {
  const [namespace = "", name = ""] = object?.split("/") ?? [];
  return {
    outcome,
    destinations,
    ...(status === undefined ? {} : { status }),
    ...(rule === undefined ? {} : { rule: { namespace, name, rule } }),
  };
}

/** Would the rule that no request gets to take this one? */
export function wouldTake(world: World, finding: Finding): boolean {
  const { object, path = [], witness } = finding;
  const [, , index, , match] = path;
  const blocks = world.virtualServices.flatMap((root) =>
    rulesFor(world, root).rules.filter(({ source, index: at }) =>
      source.metadata.name === object?.name &&
      source.metadata.namespace === object.namespace && at === index
    )
  ).flatMap(({ route }) => {
    const all = route.match ?? [{}];
    return match === undefined ? all : all[Number(match)] ?? [];
  });
  return blocks.some((block) => fitsBlock(block, witness!.request));
}
