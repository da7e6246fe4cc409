/**
 * Which requests go elsewhere? Two worlds are compared by what they do, not by
 * their lines: the rules of both are made ready for the clients that can see a
 * change, laid beside each other, and a request is looked for wherever one
 * side may hand it to another rule than the other. Each row has such a
 * request, which has been walked through both sides.
 *
 * What a row says is so. What no row says may still be: a request that has to
 * carry a header twice, a pattern that no guess fits, clients with labels of
 * two rules at once.
 *
 * @module
 */

import { canonicalJson } from "./canonical.ts";
import { type Changed, changedBetween, targetsOf } from "./changed.ts";
import type { Client } from "./client.ts";
import {
  type CompiledHosts,
  type CompiledRule,
  compileRoutes,
  evaluate,
  isApart,
  rulesOfHost,
} from "./explain.ts";
import {
  type ComparedFate,
  type Fate,
  fateOf,
  treatedOtherwise,
} from "./fate.ts";
import { keyOf } from "./hosts.ts";
import { PLAIN_REQUEST, prepareRequest, type Request } from "./match.ts";
import { registryOf } from "./registry.ts";
import { requestsInWords } from "./request_words.ts";
import { alignRules } from "./rule_alignment.ts";
import { type Goal, seekRequest, takerOf } from "./seek.ts";
import { authoritiesOf, compareSpellings, spellingOf } from "./spellings.ts";
import { type Viewpoint, viewpointsOf } from "./viewpoints.ts";
import { findHost, type VirtualHost } from "./virtual_hosts.ts";
import type { World } from "./world.ts";

export type { Fate, FateDestination } from "./fate.ts";

/** Requests that fare otherwise. Plain JSON. */
export interface TrafficDifference {
  /**
   * `elsewhere`: no destination of before gets any of them; `shares`: the same
   * destinations, in other shares, or more or fewer of them; `treatment`: they
   * go where they went, and something else is done with them.
   */
  readonly kind: "elsewhere" | "shares" | "treatment";
  /** Sets of requests in words; each by itself. */
  readonly requests: readonly string[];
  /** Hosts that they are sent to, as clients spell them. */
  readonly hosts: readonly string[];
  /** Who sends them; clients that are alike stand for each other. */
  readonly clients: readonly Client[];
  /** One of them, which was walked through both sides. */
  readonly request: Request;
  /** Its client. */
  readonly client: Client;
  /** What becomes of it now. */
  readonly before: Fate;
  /** What will become of it. */
  readonly after: Fate;
  /** Fields of the rule, beside its destinations, that differ. */
  readonly treatment: readonly string[];
}

/** How far to look. */
export interface DiffOptions {
  /**
   * Bound of the work: how often a request is held against a rule. Where it
   * is reached, {@linkcode TrafficComparison.unexamined} says so.
   */
  readonly effort?: number;
}

/** What was found, and what was not looked at. */
export interface TrafficComparison {
  /** A row for each set of requests. */
  readonly differences: readonly TrafficDifference[];
  /** Sentences; empty where everything was looked at. */
  readonly unexamined: readonly string[];
}

/** Some seconds of work. */
const EFFORT = 40_000_000;

/**
 * Finds the requests that fare otherwise after a change.
 *
 * @example A canary, as a reviewer should see it
 * ```ts
 * import { diffTraffic, explain, worldOf } from "@istiops/istiops/pure";
 *
 * const at = (weights: readonly number[]) =>
 *   worldOf([{
 *     apiVersion: "networking.istio.io/v1",
 *     kind: "VirtualService",
 *     metadata: { name: "api" },
 *     spec: {
 *       hosts: ["api"],
 *       http: [{
 *         route: weights.map((weight, nth) => ({
 *           destination: { host: "api", subset: `v${nth + 1}` },
 *           weight,
 *         })),
 *       }],
 *     },
 *   }]);
 * const [before, after] = [at([100]), at([90, 10])];
 * const { differences, unexamined } = diffTraffic(before, after);
 * const [row] = differences;
 * if (row?.kind !== "shares" || unexamined.length > 0) throw new Error();
 * // A row is a request and its client, too.
 * const percents = explain(after, row).destinations
 *   .map(({ fraction }) => 100 * fraction);
 * if (percents.join() !== "90,10") throw new Error(percents.join());
 * ```
 */
export function diffTraffic(
  before: World,
  after: World,
  options: DiffOptions = {},
): TrafficComparison {
  const changed = changedBetween(before, after);
  if (changed.isNothing) return { differences: [], unexamined: [] };
  const comparison = new Comparison(
    [before, after],
    changed,
    options.effort ?? EFFORT,
  );
  return comparison.run();
}

/** A host of one viewpoint: the rules of both sides, and the names it has. */
interface Case {
  readonly sides: readonly [Side, Side];
  readonly client: Client;
  readonly port: number;
  /** A side does not know the host. */
  readonly isUnknown: boolean;
  readonly authorities: string[];
  /** Do requests with this Host header come to these rules? */
  readonly leads: (authority: string) => boolean;
}

type Hosts = readonly [VirtualHost | undefined, VirtualHost | undefined];

interface Side {
  readonly world: World;
  readonly compiled: CompiledHosts;
  readonly rules: readonly CompiledRule[];
}

type Row =
  & {
    -readonly [K in keyof TrafficDifference]: TrafficDifference[K];
  }
  & {
    readonly requests: string[];
    readonly hosts: string[];
    readonly clients: Client[];
  };

class Comparison {
  readonly #worlds: readonly [World, World];
  readonly #changed: Changed;
  readonly #rows = new Map<string, Row>();
  /** What namespaces that are there see, whatever is known of the pods. */
  readonly #seen = new Set<string>();
  #effort: number;

  constructor(
    worlds: readonly [World, World],
    changed: Changed,
    effort: number,
  ) {
    this.#worlds = worlds;
    this.#changed = changed;
    this.#effort = effort;
  }

  run(): TrafficComparison {
    let skipped = 0;
    const viewpoints = viewpointsOf(this.#worlds, this.#changed);
    for (const viewpoint of viewpoints) {
      if (this.#effort <= 0) {
        skipped++;
        continue;
      }
      for (const one of this.#casesOf(viewpoint)) {
        this.#compare(one, viewpoint);
      }
    }
    const unexamined = this.#effort > 0 ? [] : [
      "There is more to compare than was looked at: rows may be missing" +
      (skipped === 0
        ? ""
        : `, and ${skipped} of ${viewpoints.length} clients and ports were left out`),
    ];
    return { differences: [...this.#rows.values()], unexamined };
  }

  /** Hosts that the change may have to do with; names of one host together. */
  #casesOf({ client, port }: Viewpoint): Case[] {
    const [before, after] = this.#worlds.map((world) =>
      compileRoutes(world, client, port)
    ) as [CompiledHosts, CompiledHosts];
    const domains = new Set([
      ...before.table.byDomain.keys(),
      ...after.table.byDomain.keys(),
      // A Sidecar has a say about hosts that nobody knows, too.
      ...(client.kind === "sidecar" ? ["*"] : []),
    ]);
    this.#effort -= domains.size;
    const cases = new Map<string, Case>();
    const ids = new Map<unknown, number>();
    const hostsOf = (name: string): Hosts => [
      hostIn(before, name),
      hostIn(after, name),
    ];
    /** Equal for names that share their rules, or are unknown alike. */
    const endsOf = (hosts: Hosts, authority: string) =>
      [before, after].map((compiled, side) => {
        const host = hosts[side];
        if (host === undefined) return endOfUnknown(compiled, authority);
        // The names of a VirtualService share its rules.
        const key = host.rules.length === 0 ? host : host.rules;
        if (!ids.has(key)) ids.set(key, ids.size);
        return ids.get(key);
      });
    for (const domain of domains) {
      if (client.kind === "sidecar" && this.#isNoPort(domain, port)) continue;
      const authority = spellingOf(domain);
      const hosts = hostsOf(authority);
      const isNobodys = hosts.every((host) => host === undefined);
      if (!isNobodys && !this.#isTouched(hosts)) continue;
      const ends = endsOf(hosts, authority);
      if (isNobodys && ends[0] === ends[1]) continue;
      const key = ends.join(" ");
      const known = cases.get(key);
      if (known !== undefined) known.authorities.push(authority);
      else {
        const side = (at: 0 | 1): Side => {
          const compiled = at === 0 ? before : after;
          const host = hosts[at];
          return {
            world: this.#worlds[at],
            compiled,
            rules: host === undefined ? [] : rulesOfHost(compiled, host),
          };
        };
        cases.set(key, {
          sides: [side(0), side(1)],
          client,
          port,
          isUnknown: hosts.includes(undefined),
          authorities: [authority],
          leads: (text) => endsOf(hostsOf(text), text).join(" ") === key,
        });
      }
    }
    return [...cases.values()];
  }

  /**
   * Nobody calls a service at a port that it does not have; another name is
   * in a table where what it stands for has the port.
   */
  #isNoPort(domain: string, port: number): boolean {
    const services = this.#worlds.flatMap((world) =>
      registryOf(world).get(domain) ?? []
    );
    return services.length > 0 &&
      services.every(({ alias, ports }) =>
        alias === undefined && !ports.some(({ number }) => number === port)
      );
  }

  #isTouched(hosts: Hosts): boolean {
    const [one, other] = hosts;
    if (one === undefined || other === undefined) return one !== other;
    if (
      one.rules.length !== other.rules.length ||
      one.service?.host !== other.service?.host ||
      one.isSentToHttps !== other.isSentToHttps
    ) return true;
    const { virtualServices, isBehind } = this.#changed;
    return hosts.some((host, at) =>
      (host!.rules.length === 0 && host!.service !== undefined &&
        isBehind(host!.service.host)) ||
      [...new Set(host!.rules.map(({ root }) => root))].some((root) =>
        virtualServices.has(keyOf(root)) ||
        targetsOf(this.#worlds[at]!, root).some(isBehind)
      )
    ) || one.rules.some((rule, at) => {
      const twin = other.rules[at]!;
      return keyOf(rule.root) !== keyOf(twin.root) ||
        rule.rule.index !== twin.rule.index ||
        rule.matchIndex !== twin.matchIndex;
    });
  }

  #compare(one: Case, { isMadeUp = false }: Viewpoint): void {
    const [before, after] = one.sides;
    const lists = [before.rules, after.rules] as const;
    const authorities = authoritiesOf(one.authorities, one.port);
    const [name = ""] = one.authorities.toSorted(compareSpellings);
    const view = new View(one, (row) => {
      // Who is made up, and comes last, is named where nobody else sees it.
      // Less may be known of what is there, so flags are no difference.
      if (!isMadeUp) this.#seen.add(row.alike);
      else if (this.#seen.has(row.alike)) return;
      this.#add(row, name);
    });
    const seek = (at: number, other: number) => {
      if (this.#effort <= 0 || view.isSeen(at, other)) return;
      this.#effort -= 2;
      const goals: readonly Goal[] = [
        { rules: lists[0], at },
        { rules: lists[1], at: other },
      ];
      seekRequest(goals, {
        authorities,
        leads: one.leads,
        port: one.port,
        onTry: (request) => {
          this.#effort -= lists[0].length + lists[1].length + 1;
          view.consider(request);
        },
      });
    };
    const { aligned, alone } = alignRules(...lists);
    for (const [at, other] of aligned) {
      if (!view.isSameEnd(at, other)) seek(at, other);
    }
    // Where both sides keep a rule in its order, no request changes between
    // two such rules: one of the two that take it stands alone.
    for (const at of alone[0]) {
      for (let other = 0; other <= lists[1].length; other++) seek(at, other);
    }
    for (const other of alone[1]) {
      for (let at = 0; at <= lists[0].length; at++) seek(at, other);
    }
    // What no rule takes is one thing where the host is known, and another
    // where it is not.
    if (one.isUnknown) seek(lists[0].length, lists[1].length);
  }

  #add({ key, row }: FoundRow, host: string): void {
    const known = this.#rows.get(key);
    if (known === undefined) {
      this.#rows.set(key, { ...row, hosts: [host] });
      return;
    }
    const add = <T>(list: T[], value: T) => {
      const text = canonicalJson(value);
      if (!list.some((each) => canonicalJson(each) === text)) list.push(value);
    };
    add(known.hosts, host);
    for (const text of row.requests) add(known.requests, text);
    for (const client of row.clients) add(known.clients, client);
  }
}

/** What rules are known of; nothing either where the listener is apart. */
function hostIn(
  compiled: CompiledHosts,
  authority: string,
): VirtualHost | undefined {
  return isApart(compiled) ? undefined : findHost(compiled.table, authority);
}

/** How a request to a host without rules ends: its name may decide. */
function endOfUnknown(compiled: CompiledHosts, authority: string): string {
  // Of a waypoint nothing is known then, and why would be dear.
  if (compiled.client.kind === "waypoint") return "unknown";
  const { outcome, status = "" } = evaluate(compiled, {
    ...PLAIN_REQUEST,
    authority,
  });
  return `${outcome} ${status}`;
}

interface FoundRow {
  readonly key: string;
  /** The key without what is known of pods and clusters. */
  readonly alike: string;
  readonly row: Row;
}

/** One case, with the fates that its requests have met so far. */
class View {
  readonly #case: Case;
  readonly #found: (row: FoundRow) => void;
  readonly #seen = new Set<number>();
  readonly #fates: readonly [
    Map<string, ComparedFate>,
    Map<string, ComparedFate>,
  ] = [new Map(), new Map()];

  constructor(one: Case, found: (row: FoundRow) => void) {
    this.#case = one;
    this.#found = found;
  }

  isSeen(at: number, other: number): boolean {
    return this.#seen.has(this.#pair(at, other));
  }

  #pair(at: number, other: number): number {
    return at * (this.#case.sides[1].rules.length + 1) + other;
  }

  /** Do two rules do the same with the requests that they take? */
  isSameEnd(at: number, other: number): boolean {
    const [one, two] = this.#case.sides.map(({ world, rules }, side) => {
      const rule = rules[side === 0 ? at : other]!;
      const { client } = this.#case;
      return this.#remember(side as 0 | 1, side === 0 ? at : other, {
        isUnknown: rule.verdict.outcome === "unknown",
        make: () => fateOf(world, rule.verdict, { client, rule }),
      });
    }) as [ComparedFate, ComparedFate];
    return one.key === two.key && treatedOtherwise(one, two).length === 0;
  }

  consider(request: Request): void {
    const { sides, client } = this.#case;
    const takers = sides.map(({ rules, world }) =>
      takerOf(rules, prepareRequest(request, world.mesh.repeatedHeaders))
    ) as [number, number];
    const fates = sides.map((_, side) =>
      this.#fateOf(side as 0 | 1, takers[side]!, request)
    ) as [ComparedFate, ComparedFate];
    const [before, after] = fates;
    const isUnknown = fates.some(({ fate }) => fate.outcome === "unknown");
    const key = this.#pair(...takers);
    if (!isUnknown) {
      if (this.#seen.has(key)) return;
      this.#seen.add(key);
    }
    const treatment = treatedOtherwise(before, after);
    if (before.key === after.key && treatment.length === 0) return;
    if (fates.every(({ fate }) => fate.outcome === "unknown")) return;
    const blocks = sides.map(({ rules }, side) =>
      rules[takers[side]!]?.entry?.block
    );
    this.#found({
      key: canonicalJson([
        ...fates.map(({ fate, key }) => [fate.object, fate.rule, key]),
        treatment,
      ]),
      alike: canonicalJson([
        ...fates.map(({ fate }) => [
          ...[fate.object, fate.rule, fate.outcome, fate.status],
          fate.destinations.map(({ cluster, percent }) => [cluster, percent]),
        ]),
        treatment,
      ]),
      row: {
        kind: kindOf(before, after),
        requests: [requestsInWords(blocks, {
          isRest: takers.some((taker) => taker > 0),
        })],
        hosts: [],
        clients: [client],
        request,
        client,
        before: before.fate,
        after: after.fate,
        treatment,
      },
    });
  }

  #fateOf(side: 0 | 1, taker: number, request: Request): ComparedFate {
    const { world, compiled, rules } = this.#case.sides[side];
    const { client } = this.#case;
    const verdict = evaluate(compiled, request);
    return this.#remember(side, taker, {
      isUnknown: verdict.outcome === "unknown",
      make: () => fateOf(world, verdict, { client, rule: rules[taker] }),
    });
  }

  #remember(
    side: 0 | 1,
    taker: number,
    of: { readonly isUnknown: boolean; readonly make: () => ComparedFate },
  ): ComparedFate {
    const key = `${taker} ${of.isUnknown}`;
    const known = this.#fates[side].get(key);
    if (known !== undefined) return known;
    const fate = of.make();
    this.#fates[side].set(key, fate);
    return fate;
  }
}

function kindOf(
  before: ComparedFate,
  after: ComparedFate,
): TrafficDifference["kind"] {
  if (before.key === after.key) return "treatment";
  const place = ({ cluster, labels, flag }: Fate["destinations"][number]) =>
    canonicalJson([cluster, labels, flag]);
  const former = new Set(before.fate.destinations.map(place));
  return after.fate.destinations.some((one) => former.has(place(one)))
    ? "shares"
    : "elsewhere";
}
