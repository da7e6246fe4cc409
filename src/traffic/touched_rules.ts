/**
 * Which rules a shift is about (4.2, 4.3): all base rules of equal shares, or
 * those that are named.
 *
 * @module
 */

import { RefusedError, TrafficError, UsageError } from "../errors.ts";
import type { Builds } from "./builds.ts";
import { toPercent } from "./fractions.ts";
import type { ShiftIntent } from "./intents.ts";
import { keyOf } from "./objects.ts";
import { quoteRule, type Rule } from "./routes.ts";
import { type BuildShare, buildShares, sameShares } from "./rule_weights.ts";
import type { Chosen } from "./select.ts";

/** The rules that a shift is about (4.2, 4.3). */
export function touchedRules(
  intent: ShiftIntent,
  chosen: Chosen,
  options: { readonly builds: Builds; readonly weighs: boolean },
): readonly Rule[] {
  const bases = chosen.rules.filter((rule) =>
    rule.kind === "base" && rule.members.length > 0
  );
  if (intent.routes?.length) {
    return intent.routes.flatMap((name) =>
      namedRules(name, { intent, chosen, weighs: options.weighs })
    );
  }
  const shared = bases.filter((rule) => rule.shared);
  if (shared.length > 0 && options.weighs) {
    const own = bases.filter((rule) => !rule.shared);
    if (own.length === 0) {
      throw new RefusedError(
        "shared-route",
        `Cannot weigh rule ${
          quoteRule(shared[0] as Rule)
        }: it also leads to other hosts or ports`,
        { hint: `Name it: --route ${routeName(shared[0] as Rule)}` },
      );
    }
  }
  const rules = options.weighs ? bases.filter((rule) => !rule.shared) : bases;
  const [first] = rules;
  if (!first || !options.weighs || intent.allRoutes) return rules;
  const shares = buildShares(first, options.builds);
  const differ = rules.some((rule) =>
    !sameShares(shares, buildShares(rule, options.builds))
  );
  if (!differ) return rules;
  throw new RefusedError(
    "routes-differ",
    `Cannot weigh all base rules at once: their shares differ: ${
      rules.map((rule) =>
        `${quoteRule(rule)} of "${rule.object.metadata.name}" has ${
          printShares(buildShares(rule, options.builds))
        }`
      ).join("; ")
    }`,
    {
      hint: `Name one with --route ${
        routeName(first)
      }, or take them all with --all-routes`,
      details: {
        routes: rules.map((rule) => ({
          virtualService: keyOf(rule.object),
          index: rule.index,
          name: rule.route.name,
        })),
      },
    },
  );
}

function namedRules(
  name: string,
  options: {
    readonly intent: ShiftIntent;
    readonly chosen: Chosen;
    readonly weighs: boolean;
  },
): readonly Rule[] {
  const { intent, chosen } = options;
  const byIndex = /^\d+$/.test(name);
  if (byIndex && chosen.objects.length > 1) {
    throw new UsageError(
      "invalid-value",
      `Cannot take rule ${name}: ${chosen.objects.length} VirtualServices are selected, each with a rule of that index`,
      { hint: "Name the rule, or select one VirtualService" },
    );
  }
  const found = chosen.rules.filter((rule) =>
    rule.route.name === name || byIndex && rule.index === Number(name)
  );
  if (found.length === 0) {
    throw new TrafficError(
      "not-found",
      `Cannot find rule "${name}": there are ${
        chosen.rules.map(quoteRule).join(", ") || "none"
      }`,
      { hint: "Give a rule's name or its index, counted from 0" },
    );
  }
  for (const rule of found) {
    const editable = rule.members.length > 0 &&
      (rule.kind === "base" || rule.kind === "header" || rule.kind === "mixed");
    if (!editable) {
      throw new RefusedError(
        "no-route",
        `Cannot change rule ${
          quoteRule(rule)
        }: it does not lead to "${chosen.scope.host}"`,
        { hint: `Name one that does: ${ruleNames(chosen)}` },
      );
    }
    if (rule.kind !== "base" && (intent.headers?.length ?? 0) > 0) {
      throw new RefusedError(
        "no-route",
        `Cannot put a header rule before ${
          quoteRule(rule)
        }: it has header conditions itself`,
        { hint: `Name a base rule: ${ruleNames(chosen)}` },
      );
    }
  }
  return found;
}

function routeName(rule: Rule): string {
  return rule.route.name ?? String(rule.index);
}

function ruleNames(chosen: Chosen): string {
  return chosen.rules
    .filter((rule) => rule.kind === "base" && rule.members.length > 0)
    .map(quoteRule).join(", ");
}

function printShares(shares: readonly BuildShare[]): string {
  return shares.map(({ build, share }) =>
    `${build.value}=${toPercent(share)} %`
  ).join(" ");
}
