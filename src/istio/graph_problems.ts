/**
 * What is wrong in a picture, and where it is written: destinations that
 * nobody answers at, rules that no request gets to, objects without effect.
 *
 * @module
 */

import { type Client, clientsOf } from "./client.ts";
import { clusterState } from "./clusters.ts";
import { covers } from "./cover.ts";
import { type ResolvedRule, rulesFor } from "./delegates.ts";
import type { GraphProblem } from "./graph.ts";
import { portOf, sharesOf } from "./graph_leads.ts";
import { namespaceOf, resolveHost } from "./hosts.ts";
import { isCatchAll } from "./match.ts";
import { registryOf } from "./registry.ts";
import { isRecord, stringOf, strings } from "./shapes.ts";
import type { HTTPMatchRequest, VirtualService } from "./types.ts";
import { effectOf, hostsOf } from "./virtual_services.ts";
import type { World } from "./world.ts";

/** A problem and its place. */
export interface LocatedProblem extends GraphProblem {
  /**
   * `namespace/name` of the VirtualService, then as far as it is known the
   * index of the rule, `route`, and the index of the destination.
   */
  readonly place: readonly string[];
}

/** Options of {@linkcode problemsIn}. */
export interface ProblemsOptions {
  /** Each rule is compared with each before it, not only with catch-alls. */
  readonly closely: boolean;
}

/** What is wrong with VirtualServices that have rules of their own. */
export function problemsIn(
  world: World,
  roots: readonly VirtualService[],
  { closely }: ProblemsOptions,
): readonly LocatedProblem[] {
  const shared = sharedHosts(world);
  return roots.flatMap((root) => {
    const clients = clientsOf(world, root);
    const { rules, problems } = rulesFor(world, root);
    const catchAll = rules.find((rule) => blocksOf(rule).some(isCatchAll));
    return [
      ...effectProblems(world, root, shared),
      ...problems.map(({ rootIndex, delegate, kind, reason }) => ({
        code: `delegate-${kind}`,
        severity: kind === "unknown" ? "warning" as const : "error" as const,
        message:
          `rule ${rootIndex} stands for the rules of "${delegate}": ${reason}`,
        place: [keyOf(root)],
      })),
      ...rules.flatMap((rule, at) => {
        const place = [keyOf(rule.source), `${rule.index}`];
        return [
          ...reachProblems(
            rule,
            closely
              ? rules.slice(0, at)
              : catchAll === undefined || rules.indexOf(catchAll) >= at
              ? []
              : [catchAll],
          ),
          ...actionProblems(rule),
        ].map((problem) => ({ ...problem, place }));
      }),
      ...rules.flatMap((rule) => destinationProblems(world, rule, clients)),
    ];
  });
}

function keyOf(object: VirtualService): string {
  return `${namespaceOf(object)}/${object.metadata.name}`;
}

/** Hosts that more than one object names. */
function sharedHosts(world: World): ReadonlySet<string> {
  const [seen, shared] = [new Set<string>(), new Set<string>()];
  for (const object of world.virtualServices) {
    for (const host of new Set(hostsOf(world, object))) {
      if (seen.has(host)) shared.add(host);
      seen.add(host);
    }
  }
  return shared;
}

/** Only one that shares a host, or has none, is looked at closely: it is dear. */
function effectProblems(
  world: World,
  root: VirtualService,
  shared: ReadonlySet<string>,
): readonly LocatedProblem[] {
  const hosts = hostsOf(world, root);
  const isOther = !Array.isArray(root.spec?.http) &&
    [root.spec?.tcp, root.spec?.tls].some((rules) => Array.isArray(rules));
  if (isOther) return [];
  if (hosts.length > 0 && !hosts.some((host) => shared.has(host))) return [];
  const effect = effectOf(world, root);
  return effect.effective ? [] : [{
    code: effect.owner === undefined ? "without-effect" : "IST0109",
    severity: "warning",
    message: `without effect: ${effect.reason}`,
    place: [keyOf(root)],
  }];
}

/** Each of its blocks is behind one that takes all that it would. */
function reachProblems(
  rule: ResolvedRule,
  before: readonly ResolvedRule[],
): readonly GraphProblem[] {
  let taker: ResolvedRule | undefined;
  for (const block of blocksOf(rule)) {
    taker = before.find((other) =>
      blocksOf(other).some((wide) => covers(wide, block))
    );
    if (taker === undefined) return [];
  }
  if (taker === undefined) return [];
  return [{
    code: "IST0130",
    severity: "warning",
    message: `no request gets here: rule ${taker.index}${
      taker.source === rule.source ? "" : ` of "${keyOf(taker.source)}"`
    } above takes ${
      blocksOf(taker).some(isCatchAll) ? "every request" : "them all"
    }`,
  }];
}

function blocksOf({ route }: ResolvedRule): readonly HTTPMatchRequest[] {
  const blocks: unknown = isRecord(route) ? route.match : undefined;
  return Array.isArray(blocks) && blocks.length > 0 ? blocks : [{}];
}

function actionProblems({ route }: ResolvedRule): readonly GraphProblem[] {
  if (!isRecord(route)) {
    return [{ ...REFUSED, message: "the rule is not an object" }];
  }
  if (isRecord(route.redirect) || isRecord(route.directResponse)) return [];
  const list: unknown = route.route;
  if (!Array.isArray(list) || list.length === 0) {
    const message = "the rule leads nowhere: it has no destination";
    return [{ ...REFUSED, message }];
  }
  if (sharesOf(list) !== undefined) return [];
  const message =
    "Istio refuses the weights: whole numbers of 0 or more, not all 0";
  return [{ ...REFUSED, message }];
}

const REFUSED = { code: "IST0106", severity: "error" } as const;

function destinationProblems(
  world: World,
  { route, source, index }: ResolvedRule,
  clients: readonly Client[],
): readonly LocatedProblem[] {
  const list: unknown = isRecord(route) ? route.route : undefined;
  if (!Array.isArray(list)) return [];
  const shares = sharesOf(list);
  return list.flatMap((one, at): LocatedProblem[] => {
    const destination: unknown = isRecord(one) ? one["destination"] : undefined;
    if (!isRecord(destination)) return [];
    const isServed = (shares?.[at] ?? 1) > 0;
    return stateProblems(world, { destination, source, clients, isServed })
      .map((problem) => ({
        ...problem,
        place: [keyOf(source), `${index}`, "route", `${at}`],
      }));
  });
}

/** What the proxy of each client answers by itself. */
function stateProblems(
  world: World,
  of: {
    readonly destination: Readonly<Record<string, unknown>>;
    readonly source: VirtualService;
    readonly clients: readonly Client[];
    readonly isServed: boolean;
  },
): readonly GraphProblem[] {
  const { destination, source, clients, isServed } = of;
  const host = resolveHost(
    stringOf(destination["host"]),
    namespaceOf(source),
    world.mesh,
  );
  const subset = stringOf(destination["subset"]);
  const port = portOf(world, host, destination) ??
    registryOf(world).get(host)?.ports[0]?.number ?? 80;
  const found = new Map<string, GraphProblem & { whose: string[] }>();
  for (const client of clients) {
    const { flag, why = "", endpoints } = clusterState(world, {
      host,
      port,
      ...(subset === "" ? {} : { subset }),
    }, client);
    if (flag === undefined) continue;
    const known = found.get(why);
    const whose = client.gateway ?? "sidecars";
    if (known !== undefined) known.whose.push(whose);
    else {
      found.set(why, {
        code: flag === "NC"
          ? "IST0101"
          : endpoints === 0 && why === "no pod has the labels" && subset !== ""
          ? "IST0173"
          : "no-ready-pods",
        severity: isServed ? "error" : "info",
        message: isServed ? `503, flag ${flag}: ${why}` : why,
        whose: [whose],
      });
    }
  }
  return [...found.values()].map(({ whose, message, ...problem }) => ({
    ...problem,
    message: whose.length === clients.length
      ? message
      : `for ${strings(whose).join(", ")}: ${message}`,
  }));
}
