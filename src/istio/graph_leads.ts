/**
 * Where rules lead: destinations with their shares, and mirrors.
 *
 * @module
 */

import type { ResolvedRule } from "./delegates.ts";
import type { GraphEdge, RuleNode } from "./graph.ts";
import { registryOf } from "./registry.ts";
import { isRecord, numberOf } from "./shapes.ts";
import type { World } from "./world.ts";

/** What a rule does with its requests. */
export function actionOf(
  { route }: ResolvedRule,
): Pick<RuleNode, "action" | "status"> {
  if (isRecord(route) && isRecord(route.redirect)) {
    const code = route.redirect["redirectCode"] || 301;
    return { action: "redirect", status: statusOf(code) };
  }
  if (isRecord(route) && isRecord(route.directResponse)) {
    return {
      action: "direct",
      status: statusOf(route.directResponse["status"]),
    };
  }
  return { action: "route" };
}

function statusOf(value: unknown): number | null {
  const status = numberOf(value);
  return Number.isInteger(status) ? status : null;
}

/** A way from a rule to a destination. */
export interface Lead {
  readonly kind: GraphEdge["kind"];
  readonly destination: Readonly<Record<string, unknown>>;
  readonly fraction?: number;
  /** Below the rule. */
  readonly place: readonly string[];
}

/** Where a rule sends its requests, and copies of them. */
export function leadsTo(rule: ResolvedRule): Lead[] {
  const { route } = rule;
  if (!isRecord(route)) return [];
  const leads: Lead[] = [];
  if (actionOf(rule).action === "route") {
    const shares = sharesOf(route.route);
    listOf(route.route).forEach((one, index) => {
      const destination = isRecord(one) ? one["destination"] : undefined;
      if (!isRecord(destination)) return;
      const fraction = shares?.[index];
      leads.push({
        kind: "traffic",
        destination,
        ...(fraction === undefined ? {} : { fraction }),
        place: ["route", `${index}`],
      });
    });
  }
  const mirrors = [
    ...(isRecord(route.mirror)
      ? [{
        destination: route.mirror,
        percentage: route["mirrorPercentage"] ??
          { value: route["mirrorPercent"] ?? 100 },
      }]
      : []),
    ...listOf(route.mirrors),
  ];
  for (const one of mirrors) {
    if (!isRecord(one) || !isRecord(one["destination"])) continue;
    const { percentage } = one;
    const value = isRecord(percentage)
      ? numberOf(percentage["value"] ?? 0)
      : 100;
    leads.push({
      kind: "mirror",
      destination: one["destination"],
      ...(value >= 0 && value <= 100 ? { fraction: value / 100 } : {}),
      place: ["mirror"],
    });
  }
  return leads;
}

/** Shares of the destinations of a rule; nothing where Istio refuses them. */
function sharesOf(route: unknown): readonly number[] | undefined {
  const list = listOf(route);
  if (list.length === 1) return [1];
  const weights = list.map((one) => isRecord(one) ? one["weight"] ?? 0 : -1);
  const isWeight = (weight: unknown): weight is number =>
    Number.isSafeInteger(weight) && (weight as number) >= 0;
  if (!weights.every(isWeight)) return undefined;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum > 0 ? weights.map((weight) => weight / sum) : undefined;
}

/** A list, whatever was read. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** As written, or the only one that the service has. */
export function portOf(
  world: World,
  host: string,
  destination: Readonly<Record<string, unknown>>,
): number | null {
  const written = isRecord(destination["port"])
    ? numberOf(destination["port"]["number"])
    : NaN;
  if (written > 0) return written;
  const { ports = [] } = registryOf(world).get(host) ?? {};
  return ports.length === 1 ? ports[0]?.number ?? null : null;
}
