/**
 * The rules of a VirtualService as a change sees them: what class a rule
 * belongs to and which of its destinations lead to the host in question
 * (rules 4.1 and 4.2).
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import { isMaster } from "../istio/cover.ts";
import { resolveHost } from "../istio/hosts.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  HTTPRouteDestination,
  Service,
  StringMatch,
  VirtualService,
} from "../istio/types.ts";
import type { MeshSettings } from "../istio/world.ts";

/** What a rule is, judged by its action and its match blocks alone. */
export type RuleKind =
  | "header"
  | "base"
  | "mixed"
  | "redirect"
  | "direct"
  | "delegate";

/** The host (FQDN) and perhaps the port that a change is about. */
export interface Scope {
  readonly host: string;
  readonly port?: number;
  /** The Service of that name, if there is one and it can be seen. */
  readonly service?: Service;
}

/** A rule with what a change needs to know of it. */
export interface Rule {
  readonly object: VirtualService;
  /** Position in `spec.http`. */
  readonly index: number;
  readonly route: HTTPRoute;
  readonly kind: RuleKind;
  /** Positions in `route.route` that lead to the scope. */
  readonly members: readonly number[];
  /** It leads to other hosts or ports as well. */
  readonly shared: boolean;
}

/** Prefix of the names of header rules that istiops made. */
export const OUR_PREFIX = "istiops-";

/** Did istiops make this rule? */
export function isOurs(route: HTTPRoute): boolean {
  return typeof route.name === "string" && route.name.startsWith(OUR_PREFIX);
}

/** Does the block ask for a header or a query parameter? */
export function isConditional(block: HTTPMatchRequest): boolean {
  return [block?.headers, block?.withoutHeaders, block?.queryParams].some(
    (conditions) =>
      conditions !== undefined && conditions !== null &&
      Object.keys(conditions).length > 0,
  );
}

/** The class of a rule (4.1), whatever host it leads to. */
export function classify(route: HTTPRoute): RuleKind {
  if (route.redirect) return "redirect";
  if (route.directResponse) return "direct";
  if (route.delegate) return "delegate";
  const blocks = route.match ?? [];
  const conditional = blocks.filter(isConditional).length;
  if (conditional === 0) return "base";
  return conditional === blocks.length ? "header" : "mixed";
}

/** A base rule with a block that no request of some client escapes (4.1). */
export function isMasterRule(route: HTTPRoute): boolean {
  if (classify(route) !== "base") return false;
  const blocks = route.match ?? [];
  return blocks.length === 0 || blocks.some((block) => isMaster(block));
}

/**
 * All rules of an object, seen from a scope.
 *
 * @throws {RefusedError} `port-unclear`: a destination without a port may or
 * may not lead to the port asked for (4.2).
 */
export function rulesOf(
  object: VirtualService,
  options: { readonly scope: Scope; readonly mesh: MeshSettings },
): readonly Rule[] {
  return (object.spec.http ?? []).map((route, index) => {
    const destinations = route.route ?? [];
    const members = destinations.flatMap((destination, place) =>
      leadsTo(destination, { ...options, object, route, index }) ? [place] : []
    );
    return {
      object,
      index,
      route,
      kind: classify(route),
      members,
      shared: members.length > 0 && members.length < destinations.length,
    };
  });
}

/** A rule's name, or its match in words, for people. */
export function describeRule(route: HTTPRoute): string {
  if (route.name) return route.name;
  const blocks = route.match ?? [];
  if (blocks.length === 0) return "(every request)";
  return blocks.map(describeBlock).join(" or ");
}

/** `"name"`, or `#index (match in words)`. */
export function quoteRule(rule: Pick<Rule, "route" | "index">): string {
  if (rule.route.name) return `"${rule.route.name}" (#${rule.index})`;
  const words = describeRule(rule.route);
  return `#${rule.index} ${words.startsWith("(") ? words : `(${words})`}`;
}

/** One match block in words: `uri prefix "/v1" and header "x": "1"`. */
export function describeBlock(block: HTTPMatchRequest): string {
  const parts: string[] = [];
  for (const field of ["uri", "method", "authority", "scheme"] as const) {
    const match = block?.[field];
    if (match) parts.push(`${field} ${describeString(match)}`);
  }
  for (const [name, match] of Object.entries(block?.headers ?? {})) {
    parts.push(`header ${name} ${describeString(match)}`);
  }
  for (const [name, match] of Object.entries(block?.withoutHeaders ?? {})) {
    parts.push(`no header ${name} ${describeString(match)}`);
  }
  for (const [name, match] of Object.entries(block?.queryParams ?? {})) {
    parts.push(`query ${name} ${describeString(match)}`);
  }
  if (block?.port !== undefined) parts.push(`port ${block.port}`);
  if (block?.sourceLabels) {
    parts.push(
      `from ${
        Object.entries(block.sourceLabels).map(([key, value]) =>
          `${key}=${value}`
        ).join(",")
      }`,
    );
  }
  if (block?.sourceNamespace) {
    parts.push(`from namespace ${block.sourceNamespace}`);
  }
  return parts.length === 0 ? "every request" : parts.join(" and ");
}

function describeString(match: StringMatch): string {
  if (match?.exact !== undefined) return `"${match.exact}"`;
  if (match?.prefix !== undefined) return `prefix "${match.prefix}"`;
  if (match?.regex !== undefined) return `regex "${match.regex}"`;
  return "present";
}

interface DestinationContext {
  readonly scope: Scope;
  readonly mesh: MeshSettings;
  readonly object: VirtualService;
  readonly route: HTTPRoute;
  readonly index: number;
}

function leadsTo(
  destination: HTTPRouteDestination,
  context: DestinationContext,
): boolean {
  const { scope, mesh, object, route } = context;
  const host = destination.destination?.host;
  const namespace = object.metadata.namespace ?? "default";
  if (typeof host !== "string") return false;
  if (resolveHost(host, namespace, mesh) !== scope.host) return false;
  if (scope.port === undefined) return true;
  const port = destination.destination.port?.number;
  if (port !== undefined) return port === scope.port;
  const ports = scope.service?.spec.ports ?? [];
  if (ports.length === 1) return ports[0]?.port === scope.port;
  const blocks = route.match ?? [];
  if (blocks.length > 0 && blocks.every((block) => block.port !== undefined)) {
    const fixed = blocks.filter((block) => block.port === scope.port).length;
    if (fixed === blocks.length) return true;
    if (fixed === 0) return false;
  }
  throw new RefusedError(
    "port-unclear",
    `Cannot tell whether rule ${
      quoteRule(context)
    } of VirtualService "${object.metadata.name}" leads to port ${scope.port}: its destination "${host}" names no port and the Service has ${
      ports.length === 0
        ? "none that can be seen"
        : ports.map((each) => each.port).join(", ")
    }`,
    { hint: "Leave the port out of --destination, or write it in the rule" },
  );
}
