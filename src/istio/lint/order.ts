/**
 * Rules and match blocks that no request gets to, since one above takes all
 * that they would take. What is said has been tried with a request.
 *
 * Istio compares prefixes and identical blocks only, and takes blocks for
 * different clients for the same; here each block is held against every one
 * above it, with the clients that it is sent to.
 *
 * @module
 */

import { type ResolvedRule, rulesFor } from "../delegates.ts";
import {
  type FieldPath,
  type Finding,
  type Fix,
  nameOf,
  pointerOf,
  type Witness,
} from "../findings.ts";
import { gatewaysOf } from "../client.ts";
import { keyOf, namespaceOf, resolveGateway } from "../hosts.ts";
import { isRecord, stringOf, strings } from "../shapes.ts";
import type { HTTPMatchRequest, Json, VirtualService } from "../types.ts";
import { effectOf } from "../virtual_services.ts";
import type { World } from "../world.ts";
import { Above } from "./above.ts";
import { triesOf, witnessOf } from "./asking.ts";

/** One block of a rule, in the order in which blocks are tried. */
interface Entry {
  readonly rule: ResolvedRule;
  /** Position of the rule among all. */
  readonly at: number;
  readonly block: HTTPMatchRequest;
  /** Index in the rule's `match`; absent for a rule without. */
  readonly matchIndex?: number;
  /** What takes all of its requests. */
  taker?: Entry;
}

/** Findings on the order of the rules of a VirtualService, delegates included. */
export function orderFindings(
  world: World,
  root: VirtualService,
): readonly Finding[] {
  const { rules } = rulesFor(world, root);
  const above = new Above<Entry>();
  const findings: Finding[] = [];
  rules.forEach((rule, at) => {
    const entries = entriesOf(rule, at);
    for (const entry of entries) {
      const block = rule.source === root
        ? withoutAll(root, entry.block)
        : entry.block;
      const taker = above.taking(block);
      if (taker !== undefined) entry.taker = taker.taker ?? taker;
      above.add(block, entry);
    }
    const taken = entries.filter(({ taker }) => taker !== undefined);
    if (taken.length === 0) return;
    const isDead = entries.every(({ taker }) =>
      taker !== undefined && taker.at !== at
    );
    findings.push(
      ...isDead
        ? unreachable(world, { root, entries })
        : taken.flatMap((entry) => ineffective(world, { root, entry })),
    );
  });
  return findings;
}

function entriesOf(rule: ResolvedRule, at: number): Entry[] {
  const { route } = rule;
  if (!isRecord(route)) return [];
  const blocks: unknown = route.match;
  if (!Array.isArray(blocks) || blocks.length === 0) {
    return [{ rule, at, block: {} }];
  }
  return blocks.map((block, matchIndex) => ({ rule, at, block, matchIndex }));
}

/** Gateways that are all that the object is bound to narrow nothing. */
function withoutAll(
  root: VirtualService,
  block: HTTPMatchRequest,
): HTTPMatchRequest {
  const names = isRecord(block) ? strings(block.gateways) : [];
  if (names.length === 0) return block;
  const named = names.map((name) => resolveGateway(name, namespaceOf(root)));
  if (!gatewaysOf(root).every((name) => named.includes(name))) return block;
  // Beside gateways the conditions on the source do not count.
  const { gateways: _, sourceLabels: __, sourceNamespace: ___, ...rest } =
    block;
  return rest;
}

function unreachable(
  world: World,
  of: { readonly root: VirtualService; readonly entries: readonly Entry[] },
): Finding[] {
  const { root, entries } = of;
  const { rule } = entries[0]!;
  const shown = shownFor(world, root, entries);
  if (shown === undefined) return [];
  const takers = [...new Set(entries.map(({ taker }) => taker!.rule))];
  const all = takers.length === 1 &&
    entries[0]!.taker!.matchIndex === undefined;
  const path = ["spec", "http", rule.index];
  return [{
    code: "IST0130",
    severity: "warning",
    message: `No request gets here: ${takers.length === 1 ? "rule" : "rules"} ${
      takers.slice(0, 3).map((each) => quote(each, rule)).join(", ")
    }${takers.length > 3 ? " and others" : ""} above ${
      takers.length === 1 ? "takes" : "take"
    } ${all ? "every request" : "all that it would take"}${
      asDelegate(root, rule)
    }`,
    object: nameOf(rule.source),
    path,
    means: sameAction(takers, rule)
      ? "Requests go to the same place as if the rule were reached"
      : "Its destinations get nothing from this rule",
    edit: `Move the rule above ${quote(takers[0]!, rule)}, or take it out`,
    ...shown,
    ...(rule.source === root
      ? { fix: removal(path, root.spec.http?.[rule.index]) }
      : {}),
  }];
}

function ineffective(
  world: World,
  of: { readonly root: VirtualService; readonly entry: Entry },
): Finding[] {
  const { root, entry } = of;
  const { rule, matchIndex = 0, taker } = entry;
  const shown = shownFor(world, root, [entry]);
  if (taker === undefined || shown === undefined) return [];
  const isOwn = rule.source === root;
  const path = [
    ...["spec", "http", rule.index],
    // Blocks of a delegate are joined with its root's: one place for all.
    ...(isOwn ? ["match", matchIndex] : []),
  ];
  const place = taker.rule === rule
    ? `match ${taker.matchIndex ?? 0} of the same rule`
    : `rule ${quote(taker.rule, rule)} above`;
  return [{
    code: "IST0131",
    severity: "info",
    message:
      `Match ${matchIndex} takes no request: ${place} takes all that it would take${
        asDelegate(root, rule)
      }`,
    object: nameOf(rule.source),
    path,
    means: "The rule works without this match as it does with it",
    edit: "Take the match out, or make the one above narrower",
    ...shown,
    ...(isOwn
      ? {
        fix: removal(path, root.spec.http?.[rule.index]?.match?.[matchIndex]),
      }
      : {}),
  }];
}

/**
 * A request that the rule would take and another one gets, where one is known.
 * Nothing where the whole object has no part in the requests to its hosts:
 * that is told apart.
 */
function shownFor(
  world: World,
  root: VirtualService,
  entries: readonly Entry[],
): { readonly witness?: Witness } | undefined {
  let isElsewhere = false;
  for (const { rule, at, block } of entries.slice(0, MOST_TRIED)) {
    for (const tried of triesOf(world, root, block)) {
      const { virtualService, source, rule: index, outcome } = tried.verdict;
      if (outcome === "unknown") continue;
      const isOurs = virtualService?.name === root.metadata.name &&
        virtualService.namespace === namespaceOf(root);
      if (!isOurs) {
        isElsewhere = true;
        continue;
      }
      if (source === rule.source && index === rule.index) {
        // A match that an earlier one of the same rule stands in for.
        if (entries.length === 1 && entries[0]!.taker?.at === at) {
          return { witness: witnessOf(tried) };
        }
        return undefined;
      }
      return { witness: witnessOf(tried) };
    }
  }
  return isElsewhere && !effectOf(world, root).effective ? undefined : {};
}

const MOST_TRIED = 5;

function removal(path: FieldPath, value: unknown): Fix {
  const pointer = pointerOf(path);
  return {
    operations: [
      { op: "test", path: pointer, value: value as Json },
      { op: "remove", path: pointer },
    ],
    safe: true,
  };
}

function sameAction(
  takers: readonly ResolvedRule[],
  rule: ResolvedRule,
): boolean {
  const own = actionOf(rule);
  return takers.every((taker) => actionOf(taker) === own);
}

function actionOf({ route, source }: ResolvedRule): string {
  const { match: _, name: _name, ...action } = route as Record<string, unknown>;
  return JSON.stringify([namespaceOf(source), action]);
}

function quote(rule: ResolvedRule, from: ResolvedRule): string {
  const written: unknown = rule.source.spec?.http?.[rule.index];
  const name = isRecord(written) ? stringOf(written["name"]) : "";
  const place = name === "" ? `#${rule.index}` : `"${name}" (#${rule.index})`;
  return rule.source === from.source
    ? place
    : `${place} of "${keyOf(rule.source)}"`;
}

function asDelegate(root: VirtualService, rule: ResolvedRule): string {
  return rule.source === root ? "" : `, as "${keyOf(root)}" uses it`;
}
