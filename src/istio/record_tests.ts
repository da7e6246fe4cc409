/**
 * Tests made from what is there: one request for each rule that takes any,
 * with what becomes of it now.
 *
 * @module
 */

import { type Client, clientsOf } from "./client.ts";
import {
  type CompiledRule,
  compileRoutes,
  evaluate,
  hostFor,
  rulesOfHost,
  type Verdict,
} from "./explain.ts";
import type { Fate } from "./fate.ts";
import { keyOf, namespaceOf } from "./hosts.ts";
import type { Request } from "./match.ts";
import { printRequestLine } from "./request_line.ts";
import { requestsInWords } from "./request_words.ts";
import { fateFor } from "./route_tests.ts";
import { type UncoveredRule, uncoveredRules } from "./rule_coverage.ts";
import { seekRequest } from "./seek.ts";
import { authoritiesOf, spellingOf } from "./spellings.ts";
import type { VirtualService } from "./types.ts";
import { viewpointsOf } from "./viewpoints.ts";
import { domainFor, type VirtualHost } from "./virtual_hosts.ts";
import type { World } from "./world.ts";

/** A file of tests, as it is written. */
export interface RouteTestsFile {
  readonly apiVersion: "istiops/v1";
  readonly kind: "RouteTests";
  readonly namespace: string;
  readonly tests: readonly Readonly<Record<string, unknown>>[];
}

/** What was recorded, and the rules for which no request was found. */
export interface RecordedTests {
  readonly file: RouteTestsFile;
  readonly missed: readonly UncoveredRule[];
}

/**
 * Records a VirtualService, or the rules of a delegate as its roots use them.
 * Every test passes as long as nothing changes.
 */
export function recordTests(
  world: World,
  object: VirtualService,
): RecordedTests {
  const own = keyOf(object);
  const namespace = namespaceOf(object);
  const recorded = new Map<string, Recorded>();
  const viewpoints = viewpointsOf([world], {
    virtualServices: new Set([own]),
    gateways: new Set(),
    isBehind: () => false,
    isNothing: false,
  });
  // Those that the object is for come first: their requests are the plain ones.
  const first = new Set(clientsOf(world, object).map(placeOf));
  const sorted = viewpoints.toSorted((a, b) =>
    Number(first.has(placeOf(b.client))) - Number(first.has(placeOf(a.client)))
  );
  for (const { client, port } of sorted) {
    const compiled = compileRoutes(world, client, port);
    // The names of a VirtualService share its rules.
    const hosts = new Map<unknown, { host: VirtualHost; names: string[] }>();
    for (const [domain, host] of compiled.table.byDomain) {
      const known = hosts.get(host.rules) ?? { host, names: [] };
      hosts.set(host.rules, known);
      known.names.push(
        spellingOf(
          domain,
          (name) => domainFor(compiled.table, name) !== domain,
        ),
      );
    }
    for (const { host, names } of hosts.values()) {
      if (host.rules.length === 0) continue;
      const rules = rulesOfHost(compiled, host);
      const authorities = authoritiesOf(names, port);
      rules.forEach((rule, at) => {
        const key = keyOfRule(rule, own);
        if (key === undefined || recorded.has(key)) return;
        const request = seekRequest([{ rules, at }], {
          authorities,
          port,
          leads: (text) => hostFor(compiled, text)?.rules === host.rules,
        });
        if (request === undefined) return;
        const verdict = evaluate(compiled, request);
        const fate = fateFor(world, compiled, { verdict, request });
        if (fate.outcome === "unknown" || fate.rule === undefined) return;
        // Something else may have the name.
        if (keyOfTaken(verdict, own) !== key) return;
        recorded.set(key, { rule, at, fate, request, client });
      });
    }
  }
  const all = [...recorded.values()].toSorted((a, b) =>
    a.fate.rule! - b.fate.rule! ||
    (a.rule.entry?.matchIndex ?? 0) - (b.rule.entry?.matchIndex ?? 0)
  );
  return {
    file: {
      apiVersion: "istiops/v1",
      kind: "RouteTests",
      namespace,
      tests: all.map((one) => testOf(one, { all, namespace, world })),
    },
    missed: uncoveredRules(world, all.map(({ rule }) => rule.verdict))
      .filter((rule) => rule.object === own),
  };
}

interface Recorded {
  readonly rule: CompiledRule;
  readonly at: number;
  readonly fate: Fate;
  readonly request: Request;
  readonly client: Client;
}

function placeOf({ kind, namespace, gateway = "" }: Client): string {
  return `${kind} ${namespace} ${gateway}`;
}

function keyOfRule(
  { entry }: CompiledRule,
  own: string,
): string | undefined {
  if (entry === undefined || keyOf(entry.rule.source) !== own) return undefined;
  return `${entry.rule.index} ${entry.matchIndex}`;
}

function keyOfTaken(
  { source, rule, match }: Verdict,
  own: string,
): string | undefined {
  if (source === undefined || keyOf(source) !== own) return undefined;
  return `${rule} ${match}`;
}

function testOf(
  one: Recorded,
  of: {
    readonly all: readonly Recorded[];
    readonly namespace: string;
    readonly world: World;
  },
): Readonly<Record<string, unknown>> {
  const { fate, rule, at, client, request } = one;
  const { namespace } = of;
  const line = printRequestLine(request);
  const headers = Object.fromEntries(request.headers);
  const words = requestsInWords([rule.entry?.block], { isRest: at > 0 });
  const { kind, labels, gateway } = client;
  const sender = {
    ...(kind === "waypoint" ? { kind } : {}),
    ...(kind === "sidecar" ? {} : { gateway }),
    ...(client.namespace === namespace || kind === "waypoint"
      ? {}
      : { namespace: client.namespace }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
  const sent = line ?? {
    method: request.method,
    host: request.authority,
    path: request.path,
    ...(request.scheme === "http" ? {} : { scheme: request.scheme }),
  };
  // A line has its port in it; an object says it with the client.
  const from = line === undefined ? { ...sender, port: request.port } : sender;
  return {
    name: `${fate.name ?? `rule ${fate.rule}`}: ${words}`,
    request: sent,
    ...(request.headers.length === 0 ? {} : { headers }),
    ...(Object.keys(from).length === 0 ? {} : { client: from }),
    expect: expectationOf(one, of),
  };
}

function expectationOf(
  { fate, client }: Recorded,
  of: {
    readonly all: readonly Recorded[];
    readonly namespace: string;
    readonly world: World;
  },
): Readonly<Record<string, unknown>> {
  const { object, rule, name, outcome, status, redirect } = fate;
  const twin = of.all.some((other) =>
    other.fate.name === name && other.fate.rule !== rule
  );
  // All pods of a service beside a subset of it.
  const isBesideSubset = (host: string) =>
    fate.destinations.some((one) =>
      one.host === host && one.subset !== undefined
    );
  const destinations = fate.destinations.map(
    ({ host, port, subset, percent }) => ({
      destination: `${shortest(host, client, of.world)}:${port}`,
      ...(subset === undefined && !isBesideSubset(host) ? {} : {
        subset: subset ?? null,
      }),
      share: percent,
    }),
  );
  return {
    ...(outcome === "route" ? {} : { outcome }),
    object,
    rule: name === undefined || twin ? rule : name,
    ...(status === undefined ? {} : { status }),
    ...(redirect === undefined ? {} : { redirect }),
    ...(destinations.length > 1 ? { destinations } : destinations[0] ?? {}),
  };
}

/** `reviews` in the namespace of the client, else the full name. */
function shortest(
  host: string,
  { namespace }: Client,
  { mesh }: World,
): string {
  const suffix = `.${namespace}.svc.${mesh.clusterDomain}`;
  const name = host.endsWith(suffix) ? host.slice(0, -suffix.length) : host;
  return name.includes(".") ? host : name;
}
