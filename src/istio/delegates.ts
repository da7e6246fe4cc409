/**
 * Delegates: a rule of a root VirtualService may stand for all rules of
 * another one, which has no hosts of its own.
 *
 * @module
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Delegate
 */

import {
  keyOf,
  namespaceOf,
  resolveGateway,
  resolveHost,
  visibleTo,
} from "./hosts.ts";
import { isRecord, stringOf, strings } from "./shapes.ts";
import type {
  Destination,
  HTTPMatchRequest,
  HTTPRoute,
  StringMatch,
  VirtualService,
} from "./types.ts";
import { type MeshSettings, whyUnknown, type World } from "./world.ts";

/** A rule as proxies get it, and where it is written. */
export interface ResolvedRule {
  /** The rule itself; for a delegate's rule, merged with the root's. */
  readonly route: HTTPRoute;
  /** The object that holds the rule, and with it the destinations. */
  readonly source: VirtualService;
  /** Index in `spec.http` of {@linkcode source}. */
  readonly index: number;
  /** Index in `spec.http` of the root. */
  readonly rootIndex: number;
}

/** A rule that silently vanishes. */
export interface DelegateProblem {
  readonly rootIndex: number;
  /** `namespace/name`. */
  readonly delegate: string;
  readonly kind:
    | "missing"
    | "unknown"
    | "not-exported"
    | "incompatible"
    | "nested";
  /** Index in the delegate's `spec.http`, where one rule is concerned. */
  readonly index?: number;
  /** One clause for people. */
  readonly reason: string;
}

/** The rules of a root with those of its delegates in their place. */
export interface InlinedRules {
  readonly rules: readonly ResolvedRule[];
  readonly problems: readonly DelegateProblem[];
}

const RULES = new WeakMap<World, Map<VirtualService, InlinedRules>>();

/** {@linkcode inlineDelegates}, remembered for as long as the world is. */
export function rulesFor(world: World, object: VirtualService): InlinedRules {
  let known = RULES.get(world);
  if (known === undefined) RULES.set(world, known = new Map());
  let rules = known.get(object);
  if (rules === undefined) {
    known.set(object, rules = inlineDelegates(world, object));
  }
  return rules;
}

/**
 * Puts the rules of delegates where a root names them. Missing, private and
 * incompatible ones are left out, as istiod does, and said in `problems`.
 */
export function inlineDelegates(
  world: World,
  root: VirtualService,
): InlinedRules {
  const rules: ResolvedRule[] = [];
  const problems: DelegateProblem[] = [];
  rulesOf(root).forEach((route, rootIndex) => {
    const found = namedBy(route, root);
    if (found === undefined) {
      rules.push({ route, source: root, index: rootIndex, rootIndex });
      return;
    }
    const about = { rootIndex, delegate: `${found.namespace}/${found.name}` };
    const source = delegateNamed(world, found);
    if (source === undefined) {
      const { namespace } = found;
      const gap = whyUnknown(world, "VirtualService", { namespace });
      problems.push(
        gap === undefined
          ? { ...about, kind: "missing", reason: "it does not exist" }
          : { ...about, kind: "unknown", reason: gap },
      );
      return;
    }
    const exportTo = source.spec?.exportTo;
    if (!visibleTo(exportTo, namespaceOf(source), namespaceOf(root))) {
      problems.push({
        ...about,
        kind: "not-exported",
        reason: `it is not exported to namespace "${namespaceOf(root)}"`,
      });
      return;
    }
    rulesOf(source).forEach((inner, index) => {
      if (!isRecord(inner)) return;
      if (isRecord(inner.delegate)) {
        const reason = "a delegate cannot delegate further";
        problems.push({ ...about, index, kind: "nested", reason });
        return;
      }
      const merged = mergeRule(
        { route, object: root },
        { route: inner, object: source },
        world.mesh,
      );
      if (merged === undefined) {
        const reason = "its match does not fit into the match of the root";
        problems.push({ ...about, index, kind: "incompatible", reason });
      } else rules.push({ route: merged, source, index, rootIndex });
    });
  });
  return { rules, problems };
}

const ROOTS = new WeakMap<
  readonly VirtualService[],
  Map<string, VirtualService[]>
>();

/** VirtualServices with a rule that delegates to this one. */
export function rootsOf(
  world: World,
  delegate: VirtualService,
): readonly VirtualService[] {
  let index = ROOTS.get(world.virtualServices);
  if (index === undefined) {
    index = new Map();
    for (const root of world.virtualServices) {
      const named = new Set(
        rulesOf(root).flatMap((route) => {
          const found = namedBy(route, root);
          return found === undefined
            ? []
            : [`${found.namespace}/${found.name}`];
        }),
      );
      for (const key of named) {
        const present = index.get(key);
        if (present === undefined) index.set(key, [root]);
        else present.push(root);
      }
    }
    ROOTS.set(world.virtualServices, index);
  }
  return index.get(keyOf(delegate)) ?? [];
}

/** `spec.http`, whatever was read. */
export function rulesOf(object: VirtualService): readonly HTTPRoute[] {
  const rules: unknown = object.spec?.http;
  return Array.isArray(rules) ? rules : [];
}

interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

function namedBy(
  route: HTTPRoute,
  root: VirtualService,
): NamespacedName | undefined {
  if (!isRecord(route) || !isRecord(route.delegate)) return undefined;
  const { name, namespace } = route.delegate;
  return {
    name: stringOf(name),
    namespace: stringOf(namespace) || namespaceOf(root),
  };
}

const DELEGATES = new WeakMap<
  readonly VirtualService[],
  Map<string, VirtualService>
>();

/** Only what has no hosts can be a delegate. */
function delegateNamed(
  world: World,
  { namespace, name }: NamespacedName,
): VirtualService | undefined {
  let index = DELEGATES.get(world.virtualServices);
  if (index === undefined) {
    index = new Map(
      world.virtualServices.filter(({ spec }) =>
        strings(spec?.hosts).length === 0
      ).map((one) => [keyOf(one), one]),
    );
    DELEGATES.set(world.virtualServices, index);
  }
  return index.get(`${namespace}/${name}`);
}

interface Side {
  readonly route: HTTPRoute;
  readonly object: VirtualService;
}

/** Fields that a delegate's rule takes from the root where it has none. */
const INHERITED = [
  "rewrite",
  "directResponse",
  "timeout",
  "retries",
  "fault",
  "mirror",
  "mirrorPercent",
  "mirrorPercentage",
  "mirrors",
  "corsPolicy",
  "headers",
] as const;

/** Nothing where no root block can hold one of the delegate's blocks. */
function mergeRule(
  root: Side,
  delegate: Side,
  mesh: MeshSettings,
): HTTPRoute | undefined {
  const match = mergeMatches(blocksOf(root), blocksOf(delegate));
  if (match === undefined) return undefined;
  const inherited: Record<string, unknown> = {};
  const given = withFullHosts(root, mesh);
  for (const field of INHERITED) {
    if (isUnset(delegate.route[field]) && !isUnset(given[field])) {
      inherited[field] = given[field];
    }
  }
  const name = joinNames(root.route.name, delegate.route.name);
  return {
    ...withFullHosts(delegate, mesh),
    ...inherited,
    ...(match.length === 0 ? {} : { match }),
    ...(name === undefined ? {} : { name }),
  };
}

/** Short hosts belong to the object that holds them, so they are spelled out. */
function withFullHosts(side: Side, mesh: MeshSettings): HTTPRoute {
  const { route, object } = side;
  const full = <T>(destination: T): T => {
    if (!isRecord(destination)) return destination;
    const { host } = destination as Partial<Destination>;
    return typeof host === "string"
      ? { ...destination, host: resolveHost(host, namespaceOf(object), mesh) }
      : destination;
  };
  const each = <T>(list: T): T =>
    Array.isArray(list)
      ? list.map((one) =>
        isRecord(one) ? { ...one, destination: full(one.destination) } : one
      ) as T
      : list;
  return {
    ...route,
    ...(route.route === undefined ? {} : { route: each(route.route) }),
    ...(route.mirror === undefined ? {} : { mirror: full(route.mirror) }),
    ...(route.mirrors === undefined ? {} : { mirrors: each(route.mirrors) }),
  };
}

/** Match blocks with the names of gateways spelled out. */
function blocksOf({ route, object }: Side): readonly HTTPMatchRequest[] {
  if (!Array.isArray(route.match)) return [];
  const blocks: readonly HTTPMatchRequest[] = route.match;
  return blocks.map((block) => {
    if (!isRecord(block)) return block;
    const gateways = strings(block.gateways);
    return gateways.length === 0 ? block : {
      ...block,
      gateways: gateways.map((name) =>
        resolveGateway(name, namespaceOf(object))
      ),
    };
  });
}

function mergeMatches(
  root: readonly HTTPMatchRequest[],
  delegate: readonly HTTPMatchRequest[],
): readonly HTTPMatchRequest[] | undefined {
  if (root.length === 0) return delegate;
  if (delegate.length === 0) return root;
  const merged: HTTPMatchRequest[] = [];
  for (const block of delegate) {
    const fitting = root.filter((outer) => fitsInto(block, outer));
    if (fitting.length === 0) return undefined;
    merged.push(...fitting.map((outer) => mergeBlocks(outer, block)));
  }
  return merged;
}

function mergeBlocks(
  root: HTTPMatchRequest,
  delegate: HTTPMatchRequest,
): HTTPMatchRequest {
  const merged: Record<string, unknown> = { ...delegate };
  const single = [
    "uri",
    "scheme",
    "method",
    "authority",
    "port",
    "sourceNamespace",
    "gateways",
    "statPrefix",
  ];
  for (const field of single) {
    if (isUnset(merged[field]) && !isUnset(root[field])) {
      merged[field] = root[field];
    }
  }
  const maps = ["headers", "withoutHeaders", "queryParams", "sourceLabels"];
  for (const field of maps) {
    const [ours, theirs] = [root[field], delegate[field]];
    if (isRecord(ours) && isRecord(theirs)) {
      merged[field] = Object.fromEntries([
        ...Object.entries(ours),
        ...Object.entries(theirs),
      ]);
    } else if (isUnset(theirs) && !isUnset(ours)) merged[field] = ours;
  }
  const name = joinNames(root.name, delegate.name);
  return {
    ...merged as HTTPMatchRequest,
    ...(name === undefined ? {} : { name }),
  };
}

/** Is a delegate's block inside a block of the root? */
function fitsInto(leaf: HTTPMatchRequest, root: HTTPMatchRequest): boolean {
  if (!isRecord(leaf) || !isRecord(root)) return false;
  const single = ["uri", "scheme", "method", "authority"] as const;
  if (single.some((field) => conflicts(root[field], leaf[field]))) return false;
  for (const field of ["headers", "withoutHeaders", "queryParams"] as const) {
    const [outer, inner] = [mapOf(root[field]), mapOf(leaf[field])];
    for (const [key, match] of inner) {
      if (conflicts(outer.get(key), match)) return false;
    }
  }
  if ((root.ignoreUriCase ?? false) !== (leaf.ignoreUriCase ?? false)) {
    return false;
  }
  if (root.port && leaf.port && root.port !== leaf.port) return false;
  const labels = mapOf(root.sourceLabels);
  for (const [key, value] of mapOf(leaf.sourceLabels)) {
    if (labels.has(key) && labels.get(key) !== value) return false;
  }
  if (root.sourceNamespace && leaf.sourceNamespace !== root.sourceNamespace) {
    return false;
  }
  const [outer, inner] = [strings(root.gateways), strings(leaf.gateways)];
  return outer.length === 0 || inner.length === 0 ||
    (inner.length <= outer.length &&
      inner.every((gateway) => outer.includes(gateway)));
}

/** Values on both sides that are not one inside the other, or a regex. */
function conflicts(
  root: StringMatch | undefined,
  leaf: StringMatch | undefined,
): boolean {
  if (!isRecord(root) || !isRecord(leaf)) return false;
  const has = (match: StringMatch) =>
    Boolean(match.exact || match.prefix || match.regex);
  if (root.regex && has(leaf)) return true;
  if (leaf.regex && has(root)) return true;
  if (root.exact) return Boolean(leaf.prefix) || leaf.exact !== root.exact;
  const [outer, inner] = [stringOf(root.prefix), leaf.prefix || leaf.exact];
  return outer === "" || !stringOf(inner).startsWith(outer);
}

function mapOf<T>(
  map: Readonly<Record<string, T>> | undefined,
): ReadonlyMap<string, T> {
  return new Map(isRecord(map) ? Object.entries(map) : []);
}

function joinNames(
  root: unknown,
  delegate: unknown,
): string | undefined {
  const names = [stringOf(root), stringOf(delegate)].filter((name) =>
    name !== ""
  );
  return names.length === 0 ? undefined : names.join("-");
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === 0 ||
    (Array.isArray(value) && value.length === 0);
}
