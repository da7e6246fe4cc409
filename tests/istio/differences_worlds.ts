/**
 * Generated worlds in pairs, one a change of the other; and what a request
 * comes to, said by the evaluator alone.
 *
 * @module
 */

import type { Client } from "../../src/istio/client.ts";
import {
  type CompiledHosts,
  compileRoutes,
  evaluate,
} from "../../src/istio/explain.ts";
import type { Request } from "../../src/istio/match.ts";
import type {
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import { type World, worldOf } from "../../src/istio/world.ts";
import { Draw } from "../mesh/agreement/draw.ts";
import { anyMatch, anyRequest } from "../mesh/agreement/matches.ts";
import {
  anyWorld,
  NAMESPACES,
  PODS,
  type RandomWorld,
  servicesOf,
} from "../mesh/agreement/worlds.ts";
import { gateway } from "./worlds.ts";

/** A client and a port it addresses. */
export interface Seat {
  readonly client: Client;
  readonly port: number;
}

/** Clients as the generated rules tell them apart. */
export const SEATS: readonly Seat[] = [
  ...NAMESPACES.flatMap((namespace) =>
    [{}, { app: "client" }, { app: "other" }].flatMap((labels) =>
      [5000, 6000, 80].map((port): Seat => ({
        client: { kind: "sidecar", namespace, labels },
        port,
      }))
    )
  ),
  {
    client: {
      kind: "gateway",
      namespace: "default",
      labels: { gate: "yes" },
      gateway: "default/gate",
    },
    port: 80,
  },
];

/** Two worlds and requests to them. */
export interface WorldPair {
  /** What they are made of. */
  readonly objects: readonly [
    before: readonly KubeObject[],
    after: readonly KubeObject[],
  ];
  readonly before: World;
  readonly after: World;
  readonly requests: (seat: Seat, count: number) => readonly Request[];
}

/** Draws a pair by a seed. */
export function anyPair(seed: number): WorldPair {
  const draw = new Draw(seed);
  const drawn = anyWorld(draw, "w");
  const stock = [
    ...servicesOf("w").filter(({ kind }) => kind === "Service"),
    ...PODS,
    gateway("gate", ["*"], { gate: "yes" }),
  ];
  const before = [...stock, ...drawn.rules];
  const after = [...stock, ...changedRules(draw, drawn)];
  return {
    objects: [before, after],
    before: worldOf(before),
    after: worldOf(after),
    requests: ({ client, port }, count) =>
      Array.from({ length: count }, () =>
        anyRequest(draw, {
          authorities: client.kind === "gateway"
            ? drawn.outside
            : drawn.authorities,
          port,
        })),
  };
}

/** The rules of a world, each other than it was, gone, or as it was. */
export function changedRules(
  draw: Draw,
  drawn: RandomWorld,
): readonly KubeObject[] {
  const others = anyWorld(draw, drawn.id).rules;
  return drawn.rules.flatMap((object): KubeObject[] => {
    switch (draw.below(6)) {
      case 0: {
        const twin = others.find(({ kind, metadata }) =>
          kind === object.kind && metadata.name === object.metadata.name
        );
        return twin === undefined ? [] : [twin];
      }
      case 1:
      case 2:
      case 3:
        return [
          object.kind === "VirtualService"
            ? edited(draw, object as VirtualService, drawn.authorities)
            : object,
        ];
      default:
        return [object];
    }
  });
}

/** A rule more, a rule less, two in another order, other weights. */
function edited(
  draw: Draw,
  object: VirtualService,
  authorities: readonly string[],
): VirtualService {
  const http = [...object.spec.http ?? []];
  const at = draw.below(http.length);
  const rule = http[at]!;
  switch (draw.below(4)) {
    case 0:
      http.splice(at, 0, {
        ...rule,
        name: "more",
        match: [anyMatch(draw, { name: "m", authorities })],
        route: [{ destination: { host: draw.one(authorities) } }],
      } as HTTPRoute);
      break;
    case 1:
      if (http.length > 1) http.splice(at, 1);
      break;
    case 2:
      http.push(...http.splice(at, 1));
      break;
    default:
      http[at] = {
        ...rule,
        ...(rule.route === undefined ? {} : {
          route: rule.route.map((one) => ({
            ...one,
            weight: draw.one([1, 5, 50]),
          })),
        }),
      };
  }
  return { ...object, spec: { ...object.spec, http } };
}

/** Where a request of a client ends, without and with the rule that says so. */
export function endOf(
  world: World,
  { client, port }: Seat,
  request: Request,
): { readonly end: string; readonly byRule: string; readonly known: boolean } {
  const verdict = evaluate(compiledFor(world, client, port), request);
  const { outcome, status, destinations, source, rule } = verdict;
  const shares = new Map<string, number>();
  for (const { cluster, flag = "", fraction } of destinations) {
    const key = `${cluster} ${flag}`;
    shares.set(key, (shares.get(key) ?? 0) + fraction);
  }
  const sorted = [...shares].map(([key, fraction]) =>
    `${key} ${Math.round(fraction * 1e6) / 1e4}`
  ).sort();
  const kind = outcome === "default" ? "route" : outcome;
  const end = JSON.stringify([kind, status, sorted]);
  const place = source === undefined
    ? ""
    : `${source.metadata.namespace}/${source.metadata.name} ${rule}`;
  return {
    end,
    byRule: `${end} ${place}`,
    known: outcome !== "unknown",
  };
}

const COMPILED = new WeakMap<World, Map<string, CompiledHosts>>();

function compiledFor(
  world: World,
  client: Client,
  port: number,
): CompiledHosts {
  const known = COMPILED.get(world) ?? new Map<string, CompiledHosts>();
  COMPILED.set(world, known);
  const key = JSON.stringify([client, port]);
  const compiled = known.get(key) ?? compileRoutes(world, client, port);
  known.set(key, compiled);
  return compiled;
}
