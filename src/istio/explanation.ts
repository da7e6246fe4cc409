/**
 * Why does a request go where it goes? The verdict of {@linkcode evaluate}
 * with everything that led to it: the rules that were passed over and the
 * condition that failed in each, the objects that have no part in it, and the
 * DestinationRule that each destination is looked up in.
 *
 * @module
 */

import type { Client } from "./client.ts";
import type { RoutedDestination } from "./clusters.ts";
import { rulesFor } from "./delegates.ts";
import { effectiveDestinationRule, findSubset } from "./destination_rules.ts";
import {
  type CompiledHosts,
  compileRoutes,
  evaluate,
  rulesOfHost,
  tableFor,
  type Verdict,
} from "./explain.ts";
import { groupBy } from "./group.ts";
import { fullNameOf, keyOf, namespaceOf } from "./hosts.ts";
import { type Ignored, ignoredFor } from "./ignored.ts";
import {
  checkConditions,
  type Condition,
  conditionsOf,
  isCatchAll,
  type PreparedRequest,
  prepareRequest,
  type Request,
  type Unmet,
  whyNotFor,
} from "./match.ts";
import { isRecord, stringOf } from "./shapes.ts";
import type { HTTPMatchRequest, HTTPRoute, VirtualService } from "./types.ts";
import { domainFor, type HostRule } from "./virtual_hosts.ts";
import type { World } from "./world.ts";

export type { Ignored } from "./ignored.ts";

/** Where something is written. */
export interface RulePlace {
  /** The object that holds the rule: a delegate for a delegate's rule. */
  readonly object: { readonly namespace: string; readonly name: string };
  /** Index in `spec.http`. */
  readonly rule: number;
  /** Index in the rule's `match`; absent for a rule without. */
  readonly match?: number;
  /** The rule's own name; null where it has none. */
  readonly name: string | null;
  /** Field path in the object: `["spec", "http", 3, "match", 0]`. */
  readonly path: readonly (string | number)[];
}

/** A rule that was passed over. */
export interface PassedRule extends RulePlace {
  /** The first condition that does not hold: `uri`, `headers["x-cid"]`. */
  readonly field: string;
  /** What it asks for: `exact "1"`, `present`. */
  readonly wanted: string;
  /** What there is; null where there is nothing. */
  readonly actual: string | null;
  /**
   * `client`: the proxy of this client never gets the block; `request`: it
   * has it, and the request does not fit.
   */
  readonly settledBy: "client" | "request";
}

/** What is done with the requests of the rule that takes them. */
export interface RuleAction {
  /** As written. */
  readonly timeout?: unknown;
  /** As written. */
  readonly retries?: unknown;
  /** As written. */
  readonly rewrite?: unknown;
  /** As written: `mirror`, and `mirrors`. */
  readonly mirrors?: readonly unknown[];
  /** As written. */
  readonly fault?: unknown;
  /** As written, for a redirect. */
  readonly redirect?: unknown;
  /** As written, for a fixed response. */
  readonly directResponse?: unknown;
}

/** A destination, and where its subset is defined. */
export interface ExplainedDestination extends RoutedDestination {
  /** Labels of the subset; absent without a subset, or where it is missing. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The DestinationRule in effect for this client. */
  readonly destinationRule?: {
    readonly namespace: string;
    readonly name: string;
    /** Where it was found: the namespace of the client, of the service, or the root. */
    readonly place: "client" | "service" | "root";
    /** `namespace/name` of rules for the host that it hides. */
    readonly hides: readonly string[];
  };
}

/** Why a request goes where it goes. Plain JSON. */
export interface Explanation {
  /** As it was asked. */
  readonly request: Request;
  /** As it was asked. */
  readonly client: Client;
  /** What becomes of it. */
  readonly outcome: Verdict["outcome"];
  /** What the proxy answers by itself: a redirect, a fixed response, 404. */
  readonly status?: number;
  /** One clause: what is not known, or why there is no route. */
  readonly why?: string;
  /** As Envoy logs it. */
  readonly routeName?: string;
  /** The entry of the proxy's table that takes the Host header. */
  readonly domain?: string;
  /** Full name of the service that the Host header names. */
  readonly service?: string;
  /** The VirtualService that speaks for the host. */
  readonly virtualService?: {
    readonly namespace: string;
    readonly name: string;
  };
  /** The rule that takes it. */
  readonly rule?: RulePlace & RuleAction;
  /** Shares of the rule's requests. */
  readonly destinations: readonly ExplainedDestination[];
  /** The rules before it, in the order in which they were tried. */
  readonly passed: readonly PassedRule[];
  /**
   * Rules after it that would take the request, too, but never get it; those
   * that take everything are left out.
   */
  readonly later: readonly RulePlace[];
  /** Rules that are not there because their delegate is not. */
  readonly vanished: readonly {
    /** Index in `spec.http` of the root. */
    readonly rule: number;
    readonly object: { readonly namespace: string; readonly name: string };
    /** `namespace/name`. */
    readonly delegate: string;
    readonly why: string;
  }[];
  /** VirtualServices that name the host and have no part in it. */
  readonly ignored: readonly Ignored[];
}

/**
 * Explains one request of one client.
 *
 * @param world What is there.
 * @param client Who asks; rules are made for each proxy apart.
 * @param request What it sends; `request.port` is the port it addresses.
 */
export function explainRequest(
  world: World,
  client: Client,
  request: Request,
): Explanation {
  return explainCompiled(compileRoutes(world, client, request.port), request);
}

/** The same by rules that are ready. */
export function explainCompiled(
  compiled: CompiledHosts,
  request: Request,
): Explanation {
  const { world, client } = compiled;
  const verdict = evaluate(compiled, request);
  const table = tableFor(compiled, request.authority);
  const domain = domainFor(table, request.authority);
  const host = domain === undefined ? undefined : table.byDomain.get(domain);
  // Behind a listener of its own no rule of the table is looked at.
  const isApart = compiled.sidecar?.listener === "not-modelled";
  const tried = host === undefined || isApart
    ? []
    : rulesOfHost(compiled, host).flatMap(({ entry, conditions }): Tried[] =>
      entry === undefined ? [] : [{ ...entry, conditions }]
    );
  const prepared = prepareRequest(request, world.mesh.repeatedHeaders);
  const taken = tried.find(({ conditions }) =>
    checkConditions(conditions, prepared).holds !== false
  );
  const course = { prepared, tried, taken };
  const roots = [...new Set(tried.map(({ root }) => root))];
  const ignored = ignoredFor(compiled.rules, {
    ...{ client, request, roots, host },
    sidecar: compiled.sidecar,
  });
  // What has lost all of its rules has no part in it, and that is why.
  const emptied = world.virtualServices.filter((one) =>
    ignored.some(({ namespace, name }) =>
      name === one.metadata.name && namespace === namespaceOf(one)
    ) && rulesFor(compiled.rules, one).rules.length === 0
  );
  const { status, why, routeName, virtualService } = verdict;
  return {
    request,
    client,
    outcome: verdict.outcome,
    ...(status === undefined ? {} : { status }),
    ...(why === undefined ? {} : { why }),
    ...(routeName === undefined ? {} : { routeName }),
    ...(domain === undefined ? {} : { domain }),
    ...(host?.service === undefined ? {} : { service: host.service.host }),
    ...(virtualService === undefined ? {} : { virtualService }),
    ...(taken === undefined
      ? {}
      : { rule: { ...placeOf(taken), ...actionOf(taken.rule.route) } }),
    destinations: verdict.destinations.map((one) =>
      explainDestination(world, client, one)
    ),
    passed: passedBefore(compiled, course),
    later: fittingAfter(compiled, course),
    vanished: [...roots, ...emptied].flatMap((root) =>
      rulesFor(compiled.rules, root).problems.map((problem) => ({
        rule: problem.rootIndex,
        object: fullNameOf(root),
        delegate: problem.delegate,
        why: problem.reason,
      }))
    ),
    ignored,
  };
}

/** A rule of a host, with the conditions that it was compiled to. */
interface Tried extends HostRule {
  readonly conditions: readonly Condition[];
}

/** The way of a request through the rules of its host. */
interface Course {
  readonly prepared: PreparedRequest;
  readonly tried: readonly Tried[];
  readonly taken: Tried | undefined;
}

/**
 * Where somebody asks why a rule is ignored, it is one of these. Rules as they
 * are written: behind one that takes everything a proxy gets none.
 */
function fittingAfter(
  { rules, client, port }: CompiledHosts,
  { prepared, tried, taken }: Course,
): RulePlace[] {
  if (taken === undefined) return [];
  const before = tried.slice(0, tried.indexOf(taken) + 1);
  const roots = new Set(tried.map(({ root }) => root));
  return [...roots].flatMap((root): RulePlace[] => {
    const scope = { port, namespace: namespaceOf(root) };
    const fitting = blocksOf(rules, root).filter(({ rule, block }) =>
      isRecord(block) && !isCatchAll(block) &&
      !before.some((one) => one.rule === rule) &&
      whyNotFor(block, client, scope) === undefined &&
      checkConditions(conditionsOf(block), prepared).holds === true
    );
    return [...groupBy(fitting, ({ rule }) => rule).values()]
      .flatMap(([first]) => first === undefined ? [] : [placeOf(first)]);
  });
}

/**
 * The blocks before the one that is taken, those that the client never gets
 * among them, at the place where they are written.
 */
function passedBefore(
  { rules, client, port }: CompiledHosts,
  { prepared, tried, taken }: Course,
): PassedRule[] {
  const passed: PassedRule[] = [];
  const reached = new Map<VirtualService, Written[]>();
  const skipTo = (root: VirtualService, at?: HostRule) => {
    let rest = reached.get(root);
    if (rest === undefined) reached.set(root, rest = blocksOf(rules, root));
    for (let next; (next = rest.shift()) !== undefined;) {
      if (
        at !== undefined && next.rule === at.rule &&
        next.matchIndex === at.matchIndex
      ) return;
      const scope = { port, namespace: namespaceOf(root) };
      const unmet = whyNotFor(next.block ?? {}, client, scope);
      if (unmet !== undefined) passed.push(unmetAt(next, unmet, "client"));
    }
  };
  for (const entry of tried) {
    // A catch-all that a gateway puts last comes after what follows it.
    if (!(client.kind === "gateway" && entry.isCatchAll)) {
      skipTo(entry.root, entry);
    }
    if (entry === taken) return passed;
    const result = checkConditions(entry.conditions, prepared);
    if (result.holds === false) {
      passed.push(unmetAt(entry, result, "request"));
    }
  }
  for (const { root } of tried) skipTo(root);
  return passed;
}

/** A block of a rule as it is written, whoever gets it. */
type Written = Pick<HostRule, "rule" | "block" | "matchIndex">;

function blocksOf(world: World, root: VirtualService): Written[] {
  return rulesFor(world, root).rules.flatMap((rule): Written[] => {
    const blocks: unknown = isRecord(rule.route) ? rule.route.match : undefined;
    if (!Array.isArray(blocks) || blocks.length === 0) return [{ rule }];
    return (blocks as readonly HTTPMatchRequest[]).map((block, matchIndex) => ({
      rule,
      block,
      matchIndex,
    }));
  });
}

function unmetAt(
  at: Written,
  { field, wanted, actual }: Unmet,
  settledBy: PassedRule["settledBy"],
): PassedRule {
  return { ...placeOf(at), field, wanted, actual: actual ?? null, settledBy };
}

function placeOf({ rule, matchIndex }: Written): RulePlace {
  const { route, source, index } = rule;
  const isOwn = matchIndex === undefined || isWrittenIn(source, index);
  return {
    object: fullNameOf(source),
    rule: index,
    ...(matchIndex === undefined ? {} : { match: matchIndex }),
    name: isRecord(route) ? stringOf(route.name) || null : null,
    path: [
      ...["spec", "http", index],
      // Blocks of a delegate are joined with its root's: one place for all.
      ...(matchIndex === undefined || !isOwn ? [] : ["match", matchIndex]),
    ],
  };
}

/** Has the rule blocks of its own, where it is written? */
function isWrittenIn(source: VirtualService, index: number): boolean {
  const hosts: unknown = source.spec?.hosts;
  const route: unknown = source.spec?.http?.[index];
  return Array.isArray(hosts) && hosts.length > 0 && isRecord(route) &&
    Array.isArray(route["match"]);
}

const AS_WRITTEN = [
  "timeout",
  "retries",
  "rewrite",
  "fault",
  "redirect",
  "directResponse",
] as const;

function actionOf(route: HTTPRoute): RuleAction {
  if (!isRecord(route)) return {};
  const mirrors = [
    ...(isRecord(route["mirror"]) ? [route["mirror"]] : []),
    ...(Array.isArray(route["mirrors"]) ? route["mirrors"] : []),
  ];
  return {
    ...Object.fromEntries(
      AS_WRITTEN.filter((field) => isRecord(route[field]) || route[field])
        .map((field) => [field, route[field]]),
    ),
    ...(mirrors.length === 0 ? {} : { mirrors }),
  };
}

function explainDestination(
  world: World,
  client: Client,
  destination: RoutedDestination,
): ExplainedDestination {
  const effective = effectiveDestinationRule(world, destination.host, client);
  if (effective === undefined) return destination;
  const found = destination.subset === undefined
    ? undefined
    : findSubset(effective, destination.subset);
  const rule = found?.rule ?? effective.rules[0];
  const labels: unknown = found?.subset.labels;
  return {
    ...destination,
    ...(found === undefined
      ? {}
      : { labels: isRecord(labels) ? labels as Record<string, string> : {} }),
    ...(rule === undefined ? {} : {
      destinationRule: {
        ...fullNameOf(rule),
        place: effective.place,
        hides: effective.hidden.map((one) => keyOf(one)),
      },
    }),
  };
}
