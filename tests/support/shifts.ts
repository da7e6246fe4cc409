/**
 * One service with builds, and what a shift or a clear makes of it: for tests
 * of the rules, where a world and its outcome should fit on a few lines.
 *
 * @module
 */

import type {
  DestinationRule,
  HTTPRoute,
  KubeObject,
  Subset,
  VirtualService,
} from "../../src/istio/types.ts";
import type { World } from "../../src/istio/world.ts";
import { planClear } from "../../src/traffic/clear.ts";
import type { ClearIntent, ShiftIntent } from "../../src/traffic/intents.ts";
import { planShift } from "../../src/traffic/shift.ts";
import type { Decision, HistoryEntry } from "../../src/traffic/types.ts";
import {
  destinationRule,
  mesh,
  pod,
  to,
  virtualService,
} from "../istio/worlds.ts";

/** What there is; service `a`, builds told apart by `version`. */
export interface Town {
  /** Rules of VirtualService `a`; `every` with all to v1 by default. */
  readonly rules?: readonly HTTPRoute[];
  /** Subsets, each with `version: <name>`; v1 and v2 by default. */
  readonly subsets?: readonly string[];
  /** Ready pods by version; two of each of v1, v2 and v3 by default. */
  readonly pods?: Readonly<Record<string, number>>;
  /** Pods that are not ready, by version. */
  readonly unready?: Readonly<Record<string, number>>;
  readonly more?: readonly KubeObject[];
  readonly rest?: Partial<World>;
}

/** A rule to builds by weight: `split("every", { v1: 90, v2: 10 })`. */
export function split(
  name: string,
  weights: Readonly<Record<string, number>>,
  rest: Partial<HTTPRoute> = {},
): HTTPRoute {
  return {
    name,
    ...rest,
    route: to(
      ...Object.entries(weights).map(([version, weight]): [string, number] => [
        `a:${version}`,
        weight,
      ]),
    ),
  };
}

/** The world of a town. */
export function town(of: Town = {}): World {
  const {
    rules = [split("every", { v1: 100 })],
    subsets = ["v1", "v2"],
    pods = { v1: 2, v2: 2, v3: 2 },
    unready = {},
    more = [],
    rest = {},
  } = of;
  const podsOf = (
    counts: Readonly<Record<string, number>>,
    ready: "True" | "False",
  ) =>
    Object.entries(counts).flatMap(([version, count]) =>
      Array.from(
        { length: count },
        (_, index) =>
          pod(`a-${version}-${ready}-${index}`, { app: "a", version }, {
            status: {
              phase: "Running",
              conditions: [{ type: "Ready", status: ready }],
            },
          }),
      )
    );
  const world = mesh([
    virtualService("a", rules),
    destinationRule("a", "a", subsets),
    ...podsOf(pods, "True"),
    ...podsOf(unready, "False"),
    ...more,
  ], rest);
  // The stock pod of `a` has no version.
  return {
    ...world,
    pods: world.pods.filter(({ metadata }) => metadata.name !== "a-1"),
  };
}

/** Decides a shift on VirtualService `a`, unless the intent says otherwise. */
export function shift(
  of: Town | World,
  intent: Partial<ShiftIntent>,
  history: readonly HistoryEntry[] = [],
): Decision {
  const chosen = intent.selector || intent.destination || intent.names
    ? {}
    : { names: ["a"] };
  return planShift(
    { namespace: "default", ...chosen, ...intent },
    worldFrom(of),
    { history: new Map([["default/a", history]]) },
  );
}

/** Decides a clear on VirtualService `a`, unless the intent says otherwise. */
export function clear(
  of: Town | World,
  intent: Partial<ClearIntent> = {},
): Decision {
  const chosen = intent.selector || intent.destination || intent.names
    ? {}
    : { names: ["a"] };
  return planClear(
    { namespace: "default", mode: "soft", ...chosen, ...intent },
    worldFrom(of),
  );
}

function worldFrom(of: Town | World): World {
  return "virtualServices" in of ? of : town(of);
}

/** The rules as a decision leaves them, in one line each. */
export function rulesAfter(decision: Decision, name = "a"): string[] {
  return (objectAfter(decision, "VirtualService", name) as
    | VirtualService
    | undefined)?.spec.http?.map(inWords) ?? [];
}

/** The subsets as a decision leaves them. */
export function subsetsAfter(decision: Decision, name = "a"): Subset[] {
  const object = objectAfter(decision, "DestinationRule", name) as
    | DestinationRule
    | undefined;
  return [...object?.spec.subsets ?? []];
}

/** An object as a decision leaves it. */
export function objectAfter(
  decision: Decision,
  kind: string,
  name: string,
): KubeObject | undefined {
  return decision.pairs.map(({ before, after }) => after ?? before)
    .find((each) => each?.kind === kind && each.metadata.name === name);
}

/** Does a decision write anything? */
export function isNoop(decision: Decision): boolean {
  return decision.pairs.every(({ before, after }) =>
    JSON.stringify(before) === JSON.stringify(after)
  );
}

/** `every: v1=80 v2=20`, with headers in front. */
export function inWords(rule: HTTPRoute): string {
  const headers = (rule.match ?? []).flatMap(({ headers = {} }) => [
    Object.entries(headers).map(([name, value]) =>
      `${name}=${Object.values(value ?? {}).join()}`
    ).join("&"),
  ]).filter(Boolean).join(" | ");
  const shares = (rule.route ?? []).map(({ destination, weight }) =>
    `${destination.subset ?? "(all)"}=${weight ?? "-"}`
  ).join(" ");
  return `${rule.name ?? "?"}: ${headers ? `[${headers}] ` : ""}${shares}`;
}
