/**
 * What becomes of the requests of a rule, in a form that two states can be
 * compared by: where they go, who answers, and what is done with them on the
 * way.
 *
 * @module
 */

import { canonicalJson, isSame } from "./canonical.ts";
import type { Client } from "./client.ts";
import { percentOf } from "./clusters.ts";
import { effectiveDestinationRule, findSubset } from "./destination_rules.ts";
import type { CompiledRule, Verdict } from "./explain.ts";
import { keyOf, serviceOf } from "./hosts.ts";
import { isRecord, stringOf } from "./shapes.ts";
import type { World } from "./world.ts";

/** A destination and its share. */
export interface FateDestination {
  /** `outbound|5000|v1|api.default.svc.cluster.local`. */
  readonly cluster: string;
  /** Full name. */
  readonly host: string;
  /** Of the service. */
  readonly port: number;
  /** Absent: all pods of the service. */
  readonly subset?: string;
  /** 0 to 100, with at most 4 decimals. */
  readonly percent: number;
  /** Labels that its pods carry: of the service's selector and the subset. */
  readonly labels?: Readonly<Record<string, string>>;
  /** 503 by the proxy itself: no such cluster, no healthy upstream. */
  readonly flag?: "NC" | "UH";
}

/** What becomes of requests. */
export interface Fate {
  /** How it ends. */
  readonly outcome: Verdict["outcome"];
  /** `namespace/name` of the object that holds the rule. */
  readonly object?: string;
  /** Index in `spec.http`. */
  readonly rule?: number;
  /** The rule's own name. */
  readonly name?: string;
  /** Answer of a redirect, of a direct response, or of the proxy itself. */
  readonly status?: number;
  /** As written, for a redirect. */
  readonly redirect?: Readonly<Record<string, unknown>>;
  /** As written, for a fixed response. */
  readonly directResponse?: Readonly<Record<string, unknown>>;
  /** Those with a share. */
  readonly destinations: readonly FateDestination[];
  /** One clause: what is not known, or why there is no route. */
  readonly why?: string;
}

/** A fate with what it is compared by. */
export interface ComparedFate {
  readonly fate: Fate;
  /** Equal for the same end, whatever rule leads there. */
  readonly key: string;
  /** Fields of the rule that say what is done with a request on the way. */
  readonly treatment: Readonly<Record<string, unknown>>;
}

/** Fields that say which requests, or are said by the fate itself. */
const NO_TREATMENT = new Set([
  "name",
  "match",
  "route",
  "redirect",
  "directResponse",
  "delegate",
]);

/** What a verdict comes to for a client. */
export function fateOf(
  world: World,
  verdict: Verdict,
  of: { readonly client: Client; readonly rule?: CompiledRule | undefined },
): ComparedFate {
  const { outcome, status, source, rule, why } = verdict;
  const route: unknown = of.rule?.entry?.rule.route;
  const written = isRecord(route) ? route : {};
  const name = stringOf(written["name"]);
  const { redirect, directResponse } = written;
  const destinations = joined(world, verdict, of.client);
  const end = {
    outcome,
    ...(status === undefined ? {} : { status }),
    ...(outcome === "redirect" && isRecord(redirect) ? { redirect } : {}),
    ...(outcome === "direct" && isRecord(directResponse)
      ? { directResponse }
      : {}),
  };
  const fate: Fate = {
    ...end,
    ...(source === undefined ? {} : { object: keyOf(source) }),
    ...(rule === undefined ? {} : { rule }),
    ...(name === "" ? {} : { name }),
    destinations,
    ...(why === undefined ? {} : { why }),
  };
  // Straight to a service, or by a rule, to the same pods: no difference.
  const goes = outcome === "default" ? { ...end, outcome: "route" } : end;
  const sorted = destinations.map((one) => canonicalJson(one)).sort();
  return {
    fate,
    key: canonicalJson([goes, sorted]),
    treatment: outcome === "route" ? treatmentOf(written) : {},
  };
}

/** Names of the fields that two rules treat a request differently by. */
export function treatedOtherwise(
  one: ComparedFate,
  other: ComparedFate,
): string[] {
  const isRouted = [one, other].every(({ fate: { outcome } }) =>
    outcome === "route" || outcome === "default"
  );
  if (!isRouted) return [];
  const names = new Set([
    ...Object.keys(one.treatment),
    ...Object.keys(other.treatment),
  ]);
  return [...names].filter((name) =>
    !isSame(one.treatment[name], other.treatment[name])
  ).sort();
}

function treatmentOf(
  route: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const own = Object.entries(route).filter(([field, value]) =>
    !NO_TREATMENT.has(field) && value !== undefined && value !== null
  );
  const list = Array.isArray(route["route"]) ? route["route"] : [];
  const headers = list.filter(isRecord).flatMap(({ destination, headers }) =>
    isRecord(headers) ? [{ destination, headers }] : []
  );
  return Object.fromEntries(
    headers.length === 0 ? own : [...own, ["route.headers", headers]],
  );
}

/** The same cluster named twice is one destination. */
function joined(
  world: World,
  { destinations }: Verdict,
  client: Client,
): FateDestination[] {
  const fractions = new Map<string, number>();
  for (const { cluster, fraction } of destinations) {
    fractions.set(cluster, (fractions.get(cluster) ?? 0) + fraction);
  }
  return [...fractions].flatMap(([cluster, fraction]): FateDestination[] => {
    const one = destinations.find((each) => each.cluster === cluster);
    if (one === undefined) return [];
    const { host, port, subset, flag } = one;
    const labels = labelsBehind(world, { host, subset }, client);
    return [{
      cluster,
      host,
      port,
      ...(subset === undefined ? {} : { subset }),
      percent: percentOf(fraction),
      ...(labels === undefined ? {} : { labels }),
      ...(flag === undefined ? {} : { flag }),
    }];
  });
}

/** Labels of a destination's pods; nothing where neither service nor subset says any. */
export function labelsBehind(
  world: World,
  { host, subset }: {
    readonly host: string;
    readonly subset: string | undefined;
  },
  client: Client,
): Readonly<Record<string, string>> | undefined {
  const selector: unknown = serviceOf(world, host)?.spec?.selector;
  const found = subset === undefined ? undefined : findSubset(
    effectiveDestinationRule(world, host, client),
    subset,
  )?.subset.labels;
  if (!isRecord(selector) && !isRecord(found)) return undefined;
  return {
    ...(isRecord(selector) ? selector as Record<string, string> : {}),
    ...(isRecord(found) ? found as Record<string, string> : {}),
  };
}
