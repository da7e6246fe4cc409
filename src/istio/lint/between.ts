/**
 * What one VirtualService does to another's traffic: rules for the mesh that
 * a gateway does not look at, and stickiness that a split takes away.
 *
 * @module
 */

import { gatewaysOf } from "../client.ts";
import { type Finding, nameOf } from "../findings.ts";
import { namespaceOf, resolveHost } from "../hosts.ts";
import { isRecord, numberOf } from "../shapes.ts";
import type { HTTPRoute, VirtualService } from "../types.ts";
import { holdersOf } from "../virtual_services.ts";
import type { World } from "../world.ts";
import { clientsIn, ruleInEffect } from "./effective.ts";
import { subsetUses } from "./uses.ts";

/** Findings on a VirtualService beside the others. */
export function betweenFindings(
  world: World,
  object: VirtualService,
): readonly Finding[] {
  const http: unknown = object.spec?.http;
  return (Array.isArray(http) ? http : []).flatMap((route, index) =>
    isRecord(route)
      ? [
        ...ingressFindings(world, { object, route, index }),
        ...stickyFindings(world, { object, route, index }),
      ]
      : []
  );
}

interface At {
  readonly object: VirtualService;
  readonly route: HTTPRoute;
  readonly index: number;
}

/** A gateway does not look at the rules that sidecars have for a host. */
function ingressFindings(world: World, at: At): Finding[] {
  const { object, route, index } = at;
  const gateways = gatewaysOf(object);
  if (gateways.every((name) => name === "mesh")) return [];
  return destinationsOf(route).flatMap(({ host, subset, place }): Finding[] => {
    if (subset) return [];
    const full = resolveHost(host, namespaceOf(object), world.mesh);
    const other = (holdersOf(world).get(full.toLowerCase()) ?? []).find((one) =>
      one !== object && gatewaysOf(one).includes("mesh") &&
      !gatewaysOf(one).some((name) =>
        name !== "mesh" && gateways.includes(name)
      ) &&
      subsetUses(world, one).some(({ host, path }) =>
        host === full && path[1] === "http" && path[3] === "route"
      )
    );
    return other === undefined ? [] : [{
      code: "IST0140",
      severity: "warning",
      object: nameOf(object),
      path: ["spec", "http", index, "route", place, "destination"],
      message: `The rules of VirtualService "${
        namespaceOf(other)
      }/${other.metadata.name}" for "${host}" are not for requests that come by ${
        gateways.filter((name) => name !== "mesh").map((name) => `"${name}"`)
          .join(", ")
      }`,
      means:
        "A gateway sends these requests to every pod of the service, whatever its subsets and weights are in the mesh",
      edit: "Write the subsets and weights here, too",
    }];
  });
}

/** The pick of a subset comes first and is made anew for each request. */
function stickyFindings(world: World, at: At): Finding[] {
  const { object, route, index } = at;
  const shared = destinationsOf(route).filter(({ weight }) => weight > 0);
  if (shared.length < 2) return [];
  const [client] = clientsIn(world, object);
  const sticky = shared.find(({ host, subset }) => {
    const full = resolveHost(host, namespaceOf(object), world.mesh);
    const effective = client === undefined
      ? undefined
      : ruleInEffect(world, full, client);
    return effective?.rules.some(({ spec }) =>
      hashes(spec.trafficPolicy) ||
      (Array.isArray(spec.subsets) &&
        spec.subsets.some((one) =>
          one?.name === subset && hashes(one?.trafficPolicy)
        ))
    );
  });
  return sticky === undefined ? [] : [{
    code: "hash-not-sticky",
    severity: "info",
    object: nameOf(object),
    path: ["spec", "http", index, "route"],
    message:
      `consistentHash of "${sticky.host}" does not keep a client at one subset: the weights are drawn for each request`,
    means: "One and the same client gets answers of both builds in turn",
    edit: "Tell clients apart with a rule on a header or cookie above this one",
  }];
}

function hashes(policy: unknown): boolean {
  const balancer: unknown = isRecord(policy)
    ? policy["loadBalancer"]
    : undefined;
  return isRecord(balancer) && isRecord(balancer["consistentHash"]);
}

function destinationsOf(route: HTTPRoute) {
  const list: readonly unknown[] = Array.isArray(route.route)
    ? route.route
    : [];
  return list.flatMap((one, place) => {
    if (!isRecord(one)) return [];
    const destination: unknown = one["destination"];
    if (!isRecord(destination) || typeof destination["host"] !== "string") {
      return [];
    }
    return [{
      host: destination["host"],
      subset: destination["subset"],
      weight: list.length === 1 ? 1 : numberOf(one["weight"] ?? 0),
      place,
    }];
  });
}
