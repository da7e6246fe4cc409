/**
 * What a line is about, as far as names are known: the VirtualServices and
 * builds that it chooses, and the shares they have now.
 *
 * @module
 */

import { hasLabels } from "../traffic/objects.ts";
import { givenOf } from "./given.ts";
import type {
  KnownBuild,
  KnownRule,
  KnownVirtualService,
  PlaceNames,
} from "./names.ts";
import type { Parsed } from "./parse.ts";
import { parseDestination, parseSelector } from "./values.ts";

/** What a line chooses. */
export interface Chosen {
  readonly virtualServices: readonly KnownVirtualService[];
  /** Hosts that their rules lead to, or the one that the line names. */
  readonly hosts: readonly string[];
  readonly builds: readonly KnownBuild[];
}

/** Reads a whole line against what is known. */
export function chosenBy(whole: Parsed, known: PlaceNames): Chosen {
  const names = whole.positionals.map(({ value }) => value);
  const selector = givenOf(whole, "label-selector")?.value;
  const destination = givenOf(whole, "destination")?.value;
  const requirements = selector === undefined
    ? undefined
    : parseSelector(selector);
  const host = destination === undefined ? undefined : hostOf(destination);
  const virtualServices = known.virtualServices.filter((each) =>
    (names.length === 0 || names.includes(each.name)) &&
    (requirements?.ok !== true || hasLabels(each.labels, requirements.value)) &&
    (host === undefined || leadsTo(each, host))
  );
  const hosts = host !== undefined
    ? [host]
    : [...new Set(virtualServices.flatMap(hostsOf))];
  return {
    virtualServices,
    hosts,
    builds: known.builds.filter((build) => hosts.includes(build.host)),
  };
}

/** The short name of a destination as it is typed. */
export function hostOf(destination: string): string | undefined {
  const parsed = parseDestination(destination);
  return parsed.ok ? parsed.value.host.split(".")[0] : undefined;
}

/** Rules that a weight would touch: those without header conditions. */
export function baseRulesOf(
  { rules }: KnownVirtualService,
): readonly KnownRule[] {
  return rules.filter(({ kind }) => kind === "base" || kind === "master");
}

/** A share of a build, and the rules that have it. */
export interface Share {
  readonly percent: number;
  readonly rules: number;
}

/** Shares of a build in the base rules that a line chooses; largest first. */
export function sharesOf(chosen: Chosen, build: string): readonly Share[] {
  const found = new Map<number, number>();
  for (const object of chosen.virtualServices) {
    for (const rule of baseRulesOf(object)) {
      const here = rule.destinations.filter(({ host }) =>
        chosen.hosts.includes(host)
      );
      if (here.length === 0) continue;
      const percent = here.filter((each) => each.build === build)
        .reduce((sum, each) => sum + each.percent, 0);
      const rounded = Math.round(percent * 10) / 10;
      found.set(rounded, (found.get(rounded) ?? 0) + 1);
    }
  }
  return [...found].map(([percent, rules]) => ({ percent, rules }))
    .toSorted((a, b) => b.percent - a.percent);
}

/** `10 %`, or `10 % on 2 rules, 0 % on 1`; nothing where no rule is known. */
export function sharesText(shares: readonly Share[]): string | undefined {
  const [first] = shares;
  if (first === undefined) return undefined;
  return shares.length === 1
    ? `${first.percent} %`
    : shares.map(({ percent, rules }) =>
      `${percent} % on ${rules} ${rules === 1 ? "rule" : "rules"}`
    ).join(", ");
}

/**
 * The build that a shift is about where it names none, as far as it is plain:
 * the only one with a share besides the largest.
 */
export function buildMeant(whole: Parsed, chosen: Chosen): string | undefined {
  const given = givenOf(whole, "build")?.value;
  if (given !== undefined) return given;
  const shares = chosen.builds.map(({ build }) => ({
    build,
    percent: Math.max(0, ...sharesOf(chosen, build).map((one) => one.percent)),
  })).filter(({ percent }) => percent > 0)
    .toSorted((a, b) => b.percent - a.percent);
  const [largest, second, ...more] = shares;
  return largest && second && more.length === 0 && largest.percent > 50
    ? second.build
    : undefined;
}

function leadsTo(object: KnownVirtualService, host: string): boolean {
  return hostsOf(object).includes(host);
}

function hostsOf({ rules }: KnownVirtualService): readonly string[] {
  return [
    ...new Set(
      rules.flatMap(({ destinations }) => destinations.map(({ host }) => host)),
    ),
  ];
}
