/**
 * Changes under load: what the requests got, before, while and after each.
 *
 * @module
 */

import { isSame } from "../../../src/traffic/hash.ts";
import { randomOf } from "../../../src/istio/draw.ts";
import type { World } from "../../../src/istio/world.ts";
import { apiOf, type Places } from "../places.ts";
import { isPlausible } from "./binomial.ts";
import { type Expected, expectedOf, readWorld } from "./expected.ts";
import { type Load, type Sort, startLoad, type Window } from "./load.ts";
import type { Operator, Outcome } from "./operators.ts";
import { anyStep, type Step, wordsOf } from "./steps.ts";
import { buildAt, openTown, SORTS, type Town } from "./town.ts";

/** Options of {@linkcode campaign}. */
export interface CampaignOptions {
  readonly places: Places;
  /** Who carries out what is asked for. */
  readonly operator: Operator;
  /** How many changes. */
  readonly steps: number;
  readonly seed: number;
  /** Which changes; {@linkcode anyStep}. */
  readonly draw?: (random: () => number) => Step;
  /** Requests in a second; 1,200. */
  readonly rate?: number;
  /** A pattern that the last rule matches paths by; it has no match else. */
  readonly master?: string;
  /** Milliseconds until new pods are with every proxy; 700. */
  readonly propagated?: number;
  /** Milliseconds after each change, for those that do not wait themselves. */
  readonly rest?: number;
  /** Told about each change, and of all so far. */
  readonly watch?: (line: string, tally: Tally) => void;
}

/** What came of it. */
export interface Tally {
  steps: number;
  /** Those that changed what routes. */
  changed: number;
  refused: number;
  /** Subsets that came, and that went. */
  subsetsAdded: number;
  subsetsRemoved: number;
  /** Those that ended with an error, or left something half done. */
  broken: number;
  requests: number;
  /** Answers other than 200. */
  failed: number;
  /** Went to a build that neither the state before nor the one after allows. */
  astray: number;
  /** Those of them that a rule with a header was to send. */
  headersAstray: number;
  /** Shares that are no chance. */
  shares: number;
  /** Changes that were done, and are not what was asked for. */
  notAsAsked: number;
  /** Changes after which requests of others got something else. */
  othersLost: number;
  /** Milliseconds of each change that was carried out. */
  readonly times: number[];
  /** What went wrong, in words. */
  readonly details: string[];
}

/** How many requests shares are judged by. */
const JUDGED = 2000;

/** Carries out changes one after the other while requests go on. */
export async function campaign(options: CampaignOptions): Promise<Tally> {
  const { places, operator, seed, rate = 1200, watch = () => {} } = options;
  const random = randomOf(seed);
  using api = apiOf(places);
  await using town = await openTown(api, {
    wait: options.propagated ?? 700,
    master: options.master,
  });
  await using load = startLoad(places.parts.load, {
    targets: [places.sidecar],
    rate,
    connections: 8,
    sorts: SORTS,
  });
  const tally = emptyTally();
  let world = await readWorld(api);
  for (let n = 0; n < options.steps; n++) {
    const step = (options.draw ?? anyStep)(random);
    note(tally, await load.mark(), [world], `before step ${n}`);
    if (step.do === "retire" || step.do === "return") {
      await movePods(town, step, world);
      world = await readWorld(api);
      const where = `step ${n}: ${wordsOf(step)}`;
      note(tally, await load.mark(), [world], where);
      watch(where, tally);
      continue;
    }
    const began = performance.now();
    const outcome = await operator(step, places);
    const took = performance.now() - began;
    await new Promise((done) => setTimeout(done, options.rest ?? 0));
    const after = await readWorld(api);
    const where = `step ${n}: ${wordsOf(step)}`;
    note(tally, await load.mark(), [world, after], where);
    const changed = weigh(tally, {
      ...{ step, outcome, took, world, after, where },
    });
    const why = outcome.kind === "done" ? "" : `: ${outcome.text}`;
    watch(
      `${where}: ${outcome.kind}${changed ? "" : ", as it was"}${why}`,
      tally,
    );
    world = after;
    if (changed) await judge(tally, load, { world, where });
  }
  note(tally, await load.mark(), [world], "at the end");
  return tally;
}

function emptyTally(): Tally {
  return {
    steps: 0,
    changed: 0,
    refused: 0,
    subsetsAdded: 0,
    subsetsRemoved: 0,
    broken: 0,
    requests: 0,
    failed: 0,
    astray: 0,
    headersAstray: 0,
    shares: 0,
    notAsAsked: 0,
    othersLost: 0,
    times: [],
    details: [],
  };
}

/** Counts the change itself; was there one? */
function weigh(
  tally: Tally,
  of: {
    readonly step: Step;
    readonly outcome: Outcome;
    readonly took: number;
    readonly world: World;
    readonly after: World;
    readonly where: string;
  },
): boolean {
  const { outcome, world, after, where } = of;
  const routes = (of: World) =>
    [...of.virtualServices, ...of.destinationRules].map(({ spec }) => spec);
  const changed = !isSame(routes(world), routes(after));
  tally.steps++;
  if (outcome.kind === "refused") tally.refused++;
  else if (changed) tally.times.push(of.took);
  if (changed) tally.changed++;
  if (
    outcome.kind === "broken" || (outcome.kind === "refused" && changed)
  ) {
    tally.broken++;
    tally.details.push(`${where}: ${outcome.kind}: ${outcome.text}`);
  }
  const [had, has] = [subsetsOf(world), subsetsOf(after)];
  tally.subsetsAdded += has.difference(had).size;
  tally.subsetsRemoved += had.difference(has).size;
  if (outcome.kind === "done" && !isAsAsked(of.step, after)) {
    tally.notAsAsked++;
    tally.details.push(`${where}: done, but not as asked`);
  }
  const others = SORTS.find(({ name }) => name === "others")!;
  if (!isSame(sharesOf(world, others), sharesOf(after, others))) {
    tally.othersLost++;
    tally.details.push(`${where}: others get something else`);
  }
  return changed;
}

/** Counts what a window's requests got; any of the worlds may have sent them. */
function note(
  tally: Tally,
  window: Window,
  worlds: readonly World[],
  where: string,
): void {
  tally.requests += window.sent;
  for (const sort of SORTS) {
    const expected = worlds.map((world) => expectedOf(world, sort));
    for (const { sort: name, status, pod, count, sample } of window.counts) {
      if (name !== sort.name) continue;
      const build = buildAt(pod);
      const told = `${where}: ${count} of ${name} got ${status} ${build}`;
      if (status !== 200) {
        tally.failed += count;
        tally.details.push(`${told} ${(sample ?? "").trim()}`);
      } else if (!expected.some(({ shares }) => shares.has(build))) {
        tally.astray += count;
        if (expected.every(({ byHeader }) => byHeader)) {
          tally.headersAstray += count;
        }
        tally.details.push(`${told}, not one of ${inWords(expected)}`);
      }
    }
  }
}

/** Are the shares what the weights say? */
async function judge(
  tally: Tally,
  load: Load,
  of: { readonly world: World; readonly where: string },
): Promise<void> {
  const { world, where } = of;
  for (const sort of SORTS) {
    const { shares } = expectedOf(world, sort);
    // One build: every request of the load shows it.
    if (shares.size < 2) continue;
    const window = await load.burst(sort.name, JUDGED);
    note(tally, window, [world], `${where}, after it`);
    const hits = new Map([...shares.keys()].map((build) => [build, 0]));
    for (const { status, pod, count } of window.counts) {
      const build = buildAt(pod);
      if (status === 200) hits.set(build, (hits.get(build) ?? 0) + count);
    }
    for (const [build, hit] of hits) {
      const share = shares.get(build) ?? 0;
      if (isPlausible(hit, { draws: window.sent, share })) continue;
      tally.shares++;
      tally.details.push(
        `${where}: ${hit} of ${window.sent} ${sort.name} went to ${build},` +
          ` which has ${share * 100} %`,
      );
    }
  }
}

/** Pods go where no request goes, and come back whenever. */
async function movePods(
  town: Town,
  step: Step & { readonly do: "retire" | "return" },
  world: World,
): Promise<void> {
  const used = SORTS.some((sort) =>
    expectedOf(world, sort).shares.has(String(step.build))
  );
  if (step.do === "return") await town.bring(step.build);
  else if (!used) await town.take(step.build);
}

/** Do requests get what was asked for? Where that can be told from the words. */
function isAsAsked(step: Step, world: World): boolean {
  const share = (name: string, build: number): number =>
    expectedOf(world, SORTS.find((sort) => sort.name === name)!)
      .shares.get(String(build)) ?? 0;
  const is = (name: string, build: number, percent: number): boolean =>
    Math.abs(share(name, build) - percent / 100) < 1e-9;
  switch (step.do) {
    case "weight":
      return is("plain", step.build, step.weight);
    case "header":
      // With all requests there is no need of a rule for some.
      return (step.weight === 100 || is(`cid-${step.cid}`, step.build, 100)) &&
        (step.weight === undefined || is("plain", step.build, step.weight));
    case "split":
      return step.shares.every(([build, weight]) => is("plain", build, weight));
    default:
      return true;
  }
}

function subsetsOf(world: World): Set<string> {
  return new Set(
    world.destinationRules.flatMap(({ spec }) =>
      (spec.subsets ?? []).map(({ name }) => `${spec.host}/${name}`)
    ),
  );
}

function sharesOf(world: World, sort: Sort): [string, number][] {
  return [...expectedOf(world, sort).shares];
}

function inWords(expected: readonly Expected[]): string {
  return expected.map(({ shares }) =>
    [...shares].map(([build, share]) => `${build}: ${share * 100} %`).join(", ")
  ).join("; or ");
}
