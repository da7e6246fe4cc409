/**
 * Which DestinationRule is in effect for a client. The first namespace with
 * any rule for the host wins and hides the others, subsets and all.
 *
 * @module
 * @see https://istio.io/latest/docs/ops/best-practices/traffic-management/
 */

import type { Client } from "./client.ts";
import {
  HostMap,
  isWildcard,
  namespaceOf,
  namespaceOfHost,
  resolveHost,
  serviceEntriesOf,
} from "./hosts.ts";
import { compareAge } from "./order.ts";
import { includesLabels } from "./pods.ts";
import { strings } from "./shapes.ts";
import type { DestinationRule, Subset } from "./types.ts";
import type { World } from "./world.ts";

/** A subset and the rule that holds it. */
export interface EffectiveSubset {
  readonly subset: Subset;
  readonly rule: DestinationRule;
}

/** What a client's proxy makes of all DestinationRules for a host. */
export interface EffectiveRule {
  /** Those that are merged, in order. */
  readonly rules: readonly DestinationRule[];
  /** By name the first one wins. */
  readonly subsets: readonly EffectiveSubset[];
  /** Where it was found: the client's namespace, the service's, the root. */
  readonly place: "client" | "service" | "root";
  /** Rules for this host in later places, which are not looked at. */
  readonly hidden: readonly DestinationRule[];
  /** Rules of the same place and host that are neither merged nor used. */
  readonly separate: readonly DestinationRule[];
  /** The rule names the very host. */
  readonly exactHost: boolean;
  readonly wildcard: boolean;
  /** Chosen by the labels of the client. */
  readonly byWorkloadSelector: boolean;
  /** Rules of one host disagree about `exportTo`, so they are not merged. */
  readonly unequalExportTo: boolean;
}

/**
 * The rule in effect for a host and a client, or nothing. Nothing is also the
 * answer where only rules for other workloads are found: the lookup stops
 * there all the same.
 *
 * @param host A full name.
 */
export function effectiveDestinationRule(
  world: World,
  host: string,
  client: Client,
): EffectiveRule | undefined {
  const places = placesOf(world, host, client);
  const at = places.findIndex(({ found }) => found.length > 0);
  const chosen = places[at];
  if (chosen === undefined) return undefined;
  const { found, place, pattern } = chosen;
  const used = select(found, client, chosen.namespace);
  if (used === undefined) return undefined;
  const general = found.filter(({ selector }) => selector === undefined);
  const here = distinct(found);
  return {
    rules: used.rules,
    subsets: unite(used.rules),
    place,
    // The service's place is the client's own for clients beside it.
    hidden: distinct(places.slice(at + 1).flatMap((later) => later.found))
      .filter((rule) => !here.includes(rule)),
    separate: here.filter((rule) => !used.rules.includes(rule)),
    exactHost: !isWildcard(pattern),
    wildcard: isWildcard(pattern),
    byWorkloadSelector: used.selector !== undefined,
    unequalExportTo: general.length > 1,
  };
}

/** A subset of that name, with the rule that holds it. */
export function findSubset(
  effective: EffectiveRule | undefined,
  name: string,
): EffectiveSubset | undefined {
  return effective?.subsets.find(({ subset }) => subset.name === name);
}

/** Rules that Istio merged into one. */
interface Merged {
  readonly rules: readonly DestinationRule[];
  readonly exportTo: readonly string[];
  readonly selector: Readonly<Record<string, string>> | undefined;
}

interface Place {
  readonly place: EffectiveRule["place"];
  readonly namespace: string;
  readonly pattern: string;
  readonly found: readonly Merged[];
}

function placesOf(world: World, host: string, client: Client): Place[] {
  const root = world.mesh.rootNamespace;
  const service = namespaceOfHost(host, world.mesh) ??
    serviceEntriesOf(world, host).map(namespaceOf)[0];
  const look = (
    place: Place["place"],
    namespace: string,
    which: "local" | "private" | "exported",
  ): Place => {
    const entry = indexOf(world).get(namespace)?.[which].find(host);
    const found = entry?.value ?? [];
    return {
      place,
      namespace,
      pattern: entry?.pattern ?? "",
      found: which === "exported"
        ? found.filter(({ exportTo }) => isExported(exportTo, client.namespace))
        : found,
    };
  };
  return [
    // Rules for everybody in the root namespace must not hide a service's own.
    client.namespace === root
      ? look("client", root, "private")
      : look("client", client.namespace, "local"),
    ...(service === undefined ? [] : [look("service", service, "exported")]),
    look("root", root, "exported"),
  ];
}

function isExported(exportTo: readonly string[], namespace: string): boolean {
  return exportTo.length === 0 || exportTo.includes("*") ||
    exportTo.includes(namespace);
}

/** A rule for the client's own labels, else the last general one. */
function select(
  found: readonly Merged[],
  client: Client,
  namespace: string,
): Merged | undefined {
  // A waypoint speaks for the service, so no rule is for its own labels.
  if (namespace === client.namespace && client.kind !== "waypoint") {
    const own = found.find(({ selector }) =>
      selector !== undefined && includesLabels(client.labels, selector)
    );
    if (own !== undefined) return own;
  }
  return found.findLast(({ selector }) => selector === undefined);
}

function unite(rules: readonly DestinationRule[]): EffectiveSubset[] {
  const byName = new Map<string, EffectiveSubset>();
  for (const rule of rules) {
    const subsets: unknown = rule.spec?.subsets;
    if (!Array.isArray(subsets)) continue;
    for (const subset of subsets as readonly Subset[]) {
      if (typeof subset?.name !== "string" || byName.has(subset.name)) continue;
      byName.set(subset.name, { subset, rule });
    }
  }
  return [...byName.values()];
}

type ByHost = HostMap<Merged[]>;

/** The rules of one namespace, by host pattern. */
interface Own {
  readonly local: ByHost;
  readonly private: ByHost;
  readonly exported: ByHost;
}

const INDEX = new WeakMap<readonly DestinationRule[], Map<string, Own>>();

function indexOf(world: World): Map<string, Own> {
  const known = INDEX.get(world.destinationRules);
  if (known !== undefined) return known;
  const index = new Map<string, Own>();
  const selectorsFirst = (rule: DestinationRule) =>
    selectorOf(rule) === undefined ? 1 : 0;
  const sorted = world.destinationRules.toSorted((a, b) =>
    selectorsFirst(a) - selectorsFirst(b) || compareAge(a, b)
  );
  for (const rule of sorted) {
    if (typeof rule.spec?.host !== "string") continue;
    const namespace = namespaceOf(rule);
    let own = index.get(namespace);
    if (own === undefined) {
      own = {
        local: new HostMap(),
        private: new HostMap(),
        exported: new HostMap(),
      };
      index.set(namespace, own);
    }
    const host = resolveHost(rule.spec.host, namespace, world.mesh);
    // One that is only for others is not for its own namespace.
    if (isPrivate(rule) || isExported(exportToOf(rule), namespace)) {
      merge(own.local, host, rule);
    }
    merge(isPrivate(rule) ? own.private : own.exported, host, rule);
  }
  INDEX.set(world.destinationRules, index);
  return index;
}

/** As istiod: into what has the same audience; a wider one also stands alone. */
function merge(byHost: ByHost, host: string, rule: DestinationRule): void {
  const exportTo = exportToOf(rule);
  const selector = selectorOf(rule);
  const alone: Merged = { rules: [rule], exportTo, selector };
  const present = byHost.at(host, () => []);
  let standsAlone = true;
  present.forEach((one, index) => {
    if (!sameLabels(one.selector, selector)) return;
    const includes = one.exportTo.every((entry) => exportTo.includes(entry));
    const equal = includes && one.exportTo.length === exportTo.length;
    if (!equal && (one.exportTo.length === 0 || !includes)) return;
    present[index] = { ...one, rules: [...one.rules, rule] };
    if (equal) standsAlone = false;
  });
  if (standsAlone) present.push(alone);
}

function isPrivate(rule: DestinationRule): boolean {
  const exportTo = exportToOf(rule);
  return selectorOf(rule) !== undefined ||
    (exportTo.length === 1 && exportTo[0] === namespaceOf(rule));
}

/** Without repetitions; `.` spelled out. */
function exportToOf(rule: DestinationRule): readonly string[] {
  return [
    ...new Set(
      strings(rule.spec.exportTo).map((entry) =>
        entry === "." ? namespaceOf(rule) : entry
      ),
    ),
  ];
}

function selectorOf(
  rule: DestinationRule,
): Readonly<Record<string, string>> | undefined {
  const selector = rule.spec?.workloadSelector;
  if (selector === undefined || selector === null) return undefined;
  return selector.matchLabels ?? {};
}

function sameLabels(
  a: Readonly<Record<string, string>> | undefined,
  b: Readonly<Record<string, string>> | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return includesLabels(a, b) && includesLabels(b, a);
}

function distinct(merged: readonly Merged[]): DestinationRule[] {
  return [...new Set(merged.flatMap(({ rules }) => rules))];
}
