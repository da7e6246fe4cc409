/**
 * `check`: reads what decides about routing and says what is wrong with it,
 * or about to be.
 *
 * @module
 */

import type { CallOptions, Cluster, Target } from "../cluster/cluster.ts";
import type { Manifests } from "../cluster/manifests.ts";
import { TrafficError } from "../errors.ts";
import { type Finding, type FoundObject, nameOf } from "../istio/findings.ts";
import { namespaceOf } from "../istio/hosts.ts";
import type { KubeObject } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { CheckIntent } from "../traffic/intents.ts";
import { checkWorld } from "../traffic/lint.ts";
import { hasLabels, listNames, printSelector } from "../traffic/objects.ts";
import { BEHIND_KINDS, readRules } from "./read.ts";
import { NOT_ASKED, readBehind, withRulesBehind } from "./read_behind.ts";
import { type ReadingTold, tellReading } from "./unread.ts";

/** A finding, and where it stands in a file. */
export interface CheckedFinding extends Finding {
  /** Absent for a cluster. */
  readonly place?: {
    /** As it was named; `<stdin>` for standard input. */
    readonly file: string;
    /** From 1. */
    readonly line: number;
    /** From 1, in UTF-16 code units. */
    readonly column: number;
    /** Just behind the end. */
    readonly endLine: number;
    /** Just behind the end. */
    readonly endColumn: number;
  };
}

/** What is to be known about the routing. Plain JSON: `-o json`. */
export interface TrafficCheck extends ReadingTold {
  /** Version of the schema. */
  readonly apiVersion: "istiops/v1";
  /** Tells the documents of istiops apart. */
  readonly kind: "TrafficCheck";
  /** Where it was read. */
  readonly target: Target;
  /** Objects that were looked at, by namespace, kind and name. */
  readonly objects: readonly FoundObject[];
  /** By object and place. */
  readonly findings: readonly CheckedFinding[];
  /** How many findings an annotation or a comment asks not to be told. */
  readonly suppressed: number;
}

/** Options of {@linkcode checkTraffic}. */
export interface CheckTrafficOptions extends CallOptions {
  /** What the cluster was read from, where it is files: findings get a place. */
  readonly read?: Manifests;
}

/**
 * Checks the routing.
 *
 * @throws {TrafficError} `not-found`: nothing matches.
 * @throws {ClusterError} VirtualServices cannot be read.
 */
export async function checkTraffic(
  cluster: Cluster,
  intent: CheckIntent,
  { read, ...options }: CheckTrafficOptions = {},
): Promise<TrafficCheck> {
  const { world, chosen } = await readChecked(cluster, intent, options);
  let suppressed = 0;
  const only = new Set(chosen);
  const findings = checkWorld(world, {
    only: (object) => only.has(object),
    onSuppressed: () => suppressed++,
  });
  const placed = read === undefined
    ? { findings, suppressed: 0 }
    : await (await import("./check_places.ts")).placeFindings(findings, read);
  return {
    apiVersion: "istiops/v1",
    kind: "TrafficCheck",
    target: cluster.target,
    objects: chosen.map(nameOf),
    findings: placed.findings,
    suppressed: suppressed + placed.suppressed,
    ...tellReading(
      cluster,
      world.gaps.filter(({ reason }) => reason !== NOT_ASKED),
    ),
  };
}

/** Everything that a check needs, and the objects that it is about. */
export async function readChecked(
  cluster: Cluster,
  intent: CheckIntent,
  options: CallOptions = {},
): Promise<{ readonly world: World; readonly chosen: readonly KubeObject[] }> {
  if (intent.namespace === undefined) {
    const world = await readRules(cluster, BEHIND_KINDS, options);
    return { world, chosen: chooseChecked(world, intent) };
  }
  const first = await readRules(cluster, [], options);
  const chosen = chooseChecked(first, intent);
  const world = await readBehind(
    cluster,
    { rules: first, objects: chosen, kinds: BEHIND_KINDS },
    options,
  );
  return { world, chosen };
}

/** The objects to check: those that are chosen, and the DestinationRules behind them. */
function chooseChecked(world: World, intent: CheckIntent): KubeObject[] {
  const { namespace, names = [], selector = [] } = intent;
  const lists: readonly (readonly KubeObject[])[] = [
    world.virtualServices,
    world.destinationRules,
    world.gateways,
    world.serviceEntries,
  ];
  const here = lists.flat().filter((object) =>
    namespace === undefined || namespaceOf(object) === namespace
  );
  if (names.length === 0 && selector.length === 0) return here.sort(byPlace);
  const chosen = here.filter(({ metadata }) =>
    (names.length === 0 || names.includes(metadata.name)) &&
    hasLabels(metadata.labels, selector)
  );
  const missing = names.find((name) =>
    !chosen.some(({ metadata }) => metadata.name === name)
  );
  if (missing !== undefined || chosen.length === 0) {
    const looked = [...new Set(here.map(({ metadata }) => metadata.name))];
    throw new TrafficError(
      "not-found",
      `Cannot check ${
        missing === undefined
          ? `objects with labels "${printSelector(selector)}"`
          : `"${missing}"`
      } ${
        namespace === undefined
          ? "in any namespace"
          : `in namespace "${namespace}"`
      }: ${
        looked.length === 0
          ? "there is nothing to check"
          : `looked at ${listNames(looked)}`
      }`,
      {
        hint: "istiops check checks a namespace, istiops check -A all of them",
        details: { looked },
      },
    );
  }
  return withRulesBehind(world, chosen).sort(byPlace);
}

function byPlace(a: KubeObject, b: KubeObject): number {
  const [one, other] = [keyOf(a), keyOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function keyOf({ kind, metadata: { namespace = "", name } }: KubeObject) {
  return `${namespace}/${kind}/${name}`;
}
