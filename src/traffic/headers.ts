/**
 * Header rules (section 6 of the rules): cloned from their base rule, placed
 * before it, one set of conditions leading to one build.
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import type { Client } from "../istio/client.ts";
import { covers, witness } from "../istio/cover.ts";
import { appliesTo, matchBlock, type Request } from "../istio/match.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  HTTPRouteDestination,
  StringMatch,
} from "../istio/types.ts";
import type { HeaderCondition } from "./intents.ts";
import { sameJson, without } from "./objects.ts";
import { classify, describeBlock, describeRule, isOurs } from "./routes.ts";

/** What a header shift asks of one VirtualService. */
export interface HeaderRequest {
  readonly conditions: readonly HeaderCondition[];
  /** The base rules, as they are in `rules`. */
  readonly bases: readonly HTTPRoute[];
  /** The new rule's only destination. */
  readonly destination: HTTPRouteDestination;
  readonly buildValue: string;
  /** Does the rule lead to the named build, and nowhere else? */
  readonly leadsHere: (route: HTTPRoute) => boolean;
  readonly objectName: string;
  readonly namespace: string;
  readonly replace: boolean;
  readonly force: boolean;
}

/** What became of it. */
export interface HeaderResult {
  readonly rules: readonly HTTPRoute[];
  /** Rules that are new or have new blocks: their requests now come here. */
  readonly made: readonly HTTPRoute[];
  readonly notes: readonly string[];
}

/** Headers that all clients send (6.5). */
const EVERYBODY =
  /^(:.*|host|user-agent|accept.*|x-request-id|x-forwarded-.*|x-envoy-.*|traceparent|x-b3-.*)$/i;

/** Patterns that fit any value. */
const ANYTHING = new Set([".*", ".+", "^.*$", "^.+$", "(.*)", "(.+)", ".*?"]);

/**
 * Adds the header rules, one before each base rule (6.2, 6.3).
 *
 * @throws {RefusedError} `header-taken`, `header-unreachable`.
 */
export function addHeaderRules(
  rules: readonly HTTPRoute[],
  request: HeaderRequest,
): HeaderResult {
  let list = [...rules];
  const made: HTTPRoute[] = [];
  const notes: string[] = [];
  for (const base of request.bases) {
    const step = addBefore(list, { ...request, base });
    list = [...step.rules];
    if (step.made) made.push(step.made);
  }
  for (const rule of made) {
    const verdict = checkPlace(list, { rule, before: rules, request });
    if (!verdict) continue;
    if (!request.force) throw verdict;
    list = [rule, ...list.filter((each) => each !== rule)];
    notes.push(
      `Rule "${rule.name}" is placed first (--force): ${verdict.message}`,
    );
  }
  return { rules: list, made, notes };
}

/** The conditions as a match block writes them; names in lower case. */
export function headersOf(
  conditions: readonly HeaderCondition[],
): Record<string, StringMatch> {
  return Object.fromEntries(
    conditions.map((condition) => [
      condition.name.toLowerCase(),
      condition.kind === "present" ? {} : { [condition.kind]: condition.value },
    ]),
  );
}

/** Is the block's set of headers this one (6.3)? */
export function hasHeaderSet(
  block: HTTPMatchRequest,
  conditions: readonly HeaderCondition[],
): boolean {
  const own = Object.fromEntries(
    Object.entries(block?.headers ?? {}).map(([name, match]) => [
      name.toLowerCase(),
      match ?? {},
    ]),
  );
  return sameJson(own, headersOf(conditions)) &&
    Object.keys(block?.withoutHeaders ?? {}).length === 0 &&
    Object.keys(block?.queryParams ?? {}).length === 0;
}

/** Why a condition fits everybody, if it does (6.5). */
export function fitsEverybody(condition: HeaderCondition): boolean {
  const open = condition.kind === "present" ||
    condition.kind === "prefix" && condition.value === "" ||
    condition.kind === "regex" && ANYTHING.has(condition.value);
  if (condition.kind === "present") return EVERYBODY.test(condition.name);
  return open;
}

/** Does this header rule of ours belong to that base rule? */
export function belongsTo(
  rules: readonly HTTPRoute[],
  pair: { readonly rule: HTTPRoute; readonly base: HTTPRoute },
): boolean {
  const { rule, base } = pair;
  if (!isOurs(rule) || classify(rule) !== "header" || !rule.route) return false;
  if (rules.indexOf(rule) > rules.indexOf(base)) return false;
  const blocks = base.match?.length ? base.match : [{}];
  return (rule.match ?? []).every((block) =>
    blocks.some((each) =>
      sameJson(
        without(block, "headers", "name"),
        without(each, "headers", "name"),
      )
    )
  );
}

/** Can no request match both? Only what can be proven. */
export function areDisjoint(a: HTTPMatchRequest, b: HTTPMatchRequest): boolean {
  const apart = (x?: StringMatch, y?: StringMatch): boolean => {
    if (!x || !y) return false;
    if (x.exact !== undefined && y.exact !== undefined) {
      return x.exact !== y.exact;
    }
    if (x.exact !== undefined && y.prefix !== undefined) {
      return !x.exact.startsWith(y.prefix);
    }
    if (x.prefix !== undefined && y.exact !== undefined) {
      return !y.exact.startsWith(x.prefix);
    }
    return x.prefix !== undefined && y.prefix !== undefined &&
      !x.prefix.startsWith(y.prefix) && !y.prefix.startsWith(x.prefix);
  };
  if (a.port !== undefined && b.port !== undefined && a.port !== b.port) {
    return true;
  }
  const folded = a.ignoreUriCase || b.ignoreUriCase;
  if (!folded && apart(a.uri, b.uri)) return true;
  if (apart(a.method, b.method)) return true;
  return Object.entries(a.headers ?? {}).some(([name, match]) => {
    const twin = Object.entries(b.headers ?? {}).find(([other]) =>
      other.toLowerCase() === name.toLowerCase()
    );
    return twin !== undefined && apart(match, twin[1]);
  });
}

/**
 * Header rules of ours that lead to the build and whose requests get the
 * very same from the rule that would catch them instead (5.4).
 */
export function redundantRules(
  rules: readonly HTTPRoute[],
  options: { readonly leadsHere: (route: HTTPRoute) => boolean },
): readonly HTTPRoute[] {
  const gone: HTTPRoute[] = [];
  for (const rule of [...rules].reverse()) {
    if (!isOurs(rule) || classify(rule) !== "header") continue;
    if (!options.leadsHere(rule)) continue;
    const later = rules.slice(rules.indexOf(rule) + 1)
      .filter((each) => !gone.includes(each));
    const same = (rule.match ?? []).every((block) =>
      catchersOf(later, block)?.every((catcher) => givesSame(catcher, rule))
    );
    if (same) gone.push(rule);
  }
  return gone;
}

/** The rules that get the requests of a block, if they get all of them. */
function catchersOf(
  rules: readonly HTTPRoute[],
  block: HTTPMatchRequest,
): readonly HTTPRoute[] | undefined {
  const some: HTTPRoute[] = [];
  for (const rule of rules) {
    const blocks = rule.match?.length ? rule.match : [{}];
    if (blocks.some((each) => covers(each, block))) return [...some, rule];
    if (!blocks.every((each) => areDisjoint(each, block))) some.push(rule);
  }
  return undefined;
}

function givesSame(a: HTTPRoute, b: HTTPRoute): boolean {
  const rest = (route: HTTPRoute): unknown =>
    without(route, "name", "match", "route");
  const live = (route: HTTPRoute): unknown =>
    (route.route ?? [])
      .filter((each, _index, all) => all.length === 1 || (each.weight ?? 0) > 0)
      .map((each) => without(each, "weight"));
  return sameJson(rest(a), rest(b)) && sameJson(live(a), live(b));
}

function addBefore(
  rules: readonly HTTPRoute[],
  request: HeaderRequest & { readonly base: HTTPRoute },
): { readonly rules: readonly HTTPRoute[]; readonly made?: HTTPRoute } {
  const { base, conditions } = request;
  const wanted = (base.match?.length ? base.match : [{}]).map((block) => ({
    ...without(block, "name"),
    headers: headersOf(conditions),
  })) as readonly HTTPMatchRequest[];
  let list = [...rules];
  for (const rule of rules) {
    if (!belongsTo(rules, { rule, base }) || request.leadsHere(rule)) continue;
    const kept = (rule.match ?? []).filter((block) =>
      !hasHeaderSet(block, conditions)
    );
    if (kept.length === (rule.match ?? []).length) continue;
    if (!request.replace) {
      throw new RefusedError(
        "header-taken",
        `Cannot send these headers to build "${request.buildValue}": rule "${
          describeRule(rule)
        }" of VirtualService "${request.objectName}" sends them elsewhere`,
        { hint: "Add --replace to take them from there" },
      );
    }
    list = kept.length === 0
      ? list.filter((each) => each !== rule)
      : list.map((each) => each === rule ? { ...rule, match: kept } : each);
  }
  const own = list.find((rule) =>
    belongsTo(list, { rule, base }) && request.leadsHere(rule) &&
    sameJson(
      without(rule, "name", "match", "route"),
      without(base, "name", "match", "route"),
    )
  );
  if (own) {
    const missing = wanted.filter((block) =>
      !(own.match ?? []).some((each) => sameJson(without(each, "name"), block))
    );
    if (missing.length === 0) return { rules: list };
    const grown = { ...own, match: [...(own.match ?? []), ...missing] };
    return {
      rules: list.map((each) => each === own ? grown : each),
      made: grown,
    };
  }
  const rule = {
    name: ruleName(request),
    match: wanted,
    ...without(base, "name", "match", "route"),
    route: [request.destination],
  } as HTTPRoute;
  let at = list.indexOf(base);
  while (at > 0) {
    const previous = list[at - 1];
    if (!previous || !belongsTo(list, { rule: previous, base })) break;
    at--;
  }
  list.splice(at, 0, rule);
  return { rules: list, made: rule };
}

function ruleName(
  request: HeaderRequest & { readonly base: HTTPRoute },
): string {
  const build = request.buildValue.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
  return request.base.name
    ? `istiops-${build}-${request.base.name}`
    : `istiops-${build}`;
}

/** 6.4: a rule that never matches, or that takes what another was made for. */
function checkPlace(
  rules: readonly HTTPRoute[],
  context: {
    readonly rule: HTTPRoute;
    readonly before: readonly HTTPRoute[];
    readonly request: HeaderRequest;
  },
): RefusedError | undefined {
  const { rule, before, request } = context;
  const at = rules.indexOf(rule);
  for (const block of rule.match ?? []) {
    if (!hasHeaderSet(block, request.conditions)) continue;
    const above = rules.slice(0, at).find((each) =>
      (each.match?.length ? each.match : [{}]).some((other) =>
        covers(other, block)
      ) && !request.leadsHere(each)
    );
    if (above) {
      return refused(
        request,
        `rule "${describeRule(above)}" above it catches all of its requests`,
        witness(block),
      );
    }
    for (const below of rules.slice(at + 1)) {
      if (classify(below) !== "header" || request.leadsHere(below)) continue;
      if (!before.includes(below)) continue;
      for (const other of below.match ?? []) {
        const taken = takenFrom(before, { rule: below, other, block, request });
        if (!taken) continue;
        return refused(
          request,
          `it would take requests from rule "${describeRule(below)}" below it`,
          taken,
        );
      }
    }
  }
  return undefined;
}

/**
 * A request with only the headers that the lower block names, which the lower
 * rule gets today and the new block would match. A request that carries the
 * headers of two previews is not one: order decides there, as always.
 */
function takenFrom(
  before: readonly HTTPRoute[],
  context: {
    readonly rule: HTTPRoute;
    readonly other: HTTPMatchRequest;
    readonly block: HTTPMatchRequest;
    readonly request: HeaderRequest;
  },
): Request | undefined {
  const { rule, other, block, request } = context;
  const lower = witness(other);
  const upper = witness(block);
  if (!lower) return undefined;
  const candidates = [
    lower,
    ...(upper ? [{ ...upper, headers: lower.headers }] : []),
    ...(upper
      ? [{
        ...upper,
        headers: upper.headers.filter(([name]) =>
          lower.headers.some(([own]) =>
            own.toLowerCase() === name.toLowerCase()
          )
        ),
      }]
      : []),
  ];
  const client: Client = {
    kind: "sidecar",
    namespace: other.sourceNamespace ?? request.namespace,
    labels: other.sourceLabels ?? {},
  };
  return candidates.find((each) =>
    holds(other, { request: each, client }) &&
    holds(block, { request: each, client }) &&
    firstMatch(before, { request: each, client }) === rule
  );
}

/** The first rule of a list that a request takes. */
export function firstMatch(
  rules: readonly HTTPRoute[],
  context: { readonly request: Request; readonly client: Client },
): HTTPRoute | undefined {
  return rules.find((rule) =>
    (rule.match?.length ? rule.match : [{}]).some((block) =>
      holds(block, context)
    )
  );
}

function holds(
  block: HTTPMatchRequest,
  context: { readonly request: Request; readonly client: Client },
): boolean {
  return appliesTo(block, context.client, { port: context.request.port }) &&
    matchBlock(block, context.request, context.client).holds === true;
}

function refused(
  request: HeaderRequest,
  obstacle: string,
  example: Request | undefined,
): RefusedError {
  const shown = example ? `, for example ${describeRequest(example)}` : "";
  return new RefusedError(
    "header-unreachable",
    `Cannot place a header rule for build "${request.buildValue}" in VirtualService "${request.objectName}": ${obstacle}${shown}`,
    {
      hint:
        "Use other headers, clear the other rule, or add --force to place it first",
      ...(example ? { details: { witness: example } } : {}),
    },
  );
}

/** `GET /v1 x-cid: a`, for people. */
export function describeRequest(request: Request): string {
  return [
    `${request.method} ${request.path}`,
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
  ].join(" ");
}

/** A block in words, for messages. */
export function describeConditions(
  conditions: readonly HeaderCondition[],
): string {
  return describeBlock({ headers: headersOf(conditions) });
}
