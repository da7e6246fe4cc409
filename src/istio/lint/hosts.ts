/**
 * Who speaks for a host: objects without effect, hosts that an older object
 * has, gateways that are not there or serve other hosts, delegates left out.
 *
 * @module
 */

import { gatewayNamed, gatewaysOf, serversOf } from "../client.ts";
import { type DelegateProblem, rulesFor } from "../delegates.ts";
import { type Finding, nameOf } from "../findings.ts";
import {
  intersectHosts,
  isWildcard,
  keyOf,
  namespaceOf,
  namespaceOfHost,
} from "../hosts.ts";
import { registryOf } from "../registry.ts";
import { strings } from "../shapes.ts";
import type { Gateway, VirtualService } from "../types.ts";
import {
  effectOf,
  emittedRules,
  holdersOf,
  hostsOf,
  rivalsFor,
} from "../virtual_services.ts";
import { whyUnknown, type World } from "../world.ts";
import { servicePorts } from "./asking.ts";

/** Findings on the hosts, gateways and delegates of a VirtualService. */
export function hostFindings(
  world: World,
  object: VirtualService,
): readonly Finding[] {
  return [
    ...effectFindings(world, object),
    ...partialNames(world, object),
    ...gatewayFindings(world, object),
    ...delegateFindings(world, object),
  ];
}

function effectFindings(world: World, object: VirtualService): Finding[] {
  if (!mayBeWithoutEffect(world, object)) return [];
  const about = { object: nameOf(object), severity: "warning" as const };
  const effect = effectOf(world, object);
  if (!effect.effective) {
    return [{
      ...about,
      code: effect.owner === undefined ? "without-effect" : "IST0109",
      path: ["spec", "hosts"],
      message: `Without effect: ${effect.reason}`,
      means: "No request is treated by its rules",
      edit: effect.owner === undefined
        ? "Name it as a delegate, give it hosts and rules, or delete it"
        : "Put all rules of a host into one object; the older one counts, which nobody should rely on",
    }];
  }
  return lostHosts(world, object).map(({ index, host, owner }) => ({
    ...about,
    code: "IST0109",
    path: ["spec", "hosts", index],
    message: `Without effect for host "${host}": VirtualService "${
      namespaceOf(owner)
    }/${owner.metadata.name}" comes first for it`,
    means: "Requests to this host are not treated by these rules",
    edit:
      "Put all rules of a host into one object; the older one counts, which nobody should rely on",
  }));
}

/** Hosts of an object with effect that sidecars of its namespace take from another one. */
function lostHosts(
  world: World,
  object: VirtualService,
): { index: number; host: string; owner: VirtualService }[] {
  if (!gatewaysOf(object).includes("mesh")) return [];
  const client = {
    kind: "sidecar" as const,
    namespace: namespaceOf(object),
    labels: {},
  };
  const [port = 80] = servicePorts(world, object);
  const at = { client, port };
  if (emittedRules(world, object, at).length === 0) return [];
  return hostsOf(world, object).flatMap((host, index) => {
    const rivals = rivalsFor(world, client, host);
    if (rivals.length < 2 || !rivals.includes(object)) return [];
    const owner = rivals.find((rival) =>
      emittedRules(world, rival, at).length > 0
    );
    return owner === undefined || owner === object
      ? []
      : [{ index, host, owner }];
  });
}

/**
 * Only an object that shares a host, has none, or is kept from some is looked
 * at closely: that is dear where there are thousands.
 */
function mayBeWithoutEffect(world: World, object: VirtualService): boolean {
  const { spec } = object;
  const isOther = [spec?.tcp, spec?.tls].some((rules) =>
    Array.isArray(rules) && rules.length > 0
  );
  if (isOther && !Array.isArray(spec?.http)) return false;
  if (strings(spec?.hosts).length === 0) {
    // Its root may be where nobody can look.
    return whyUnknown(world, "VirtualService") === undefined;
  }
  // Gateways are elsewhere as a rule, where it may not be seen.
  if (
    strings(spec?.exportTo).length > 0 && strings(spec?.gateways).length > 0
  ) return true;
  const holders = holdersOf(world);
  return hostsOf(world, object).some((host) =>
    (holders.get(host) ?? []).some((one) => one !== object)
  );
}

/** `reviews.prod`: taken as it stands, though a Service is meant. */
function partialNames(world: World, object: VirtualService): Finding[] {
  if (!gatewaysOf(object).includes("mesh")) return [];
  const registry = registryOf(world);
  return strings(object.spec?.hosts).flatMap((host, index): Finding[] => {
    const full = `${host}.svc.${world.mesh.clusterDomain}`;
    if (
      !host.includes(".") || isWildcard(host) || registry.has(host) ||
      namespaceOfHost(full, world.mesh) === undefined || !registry.has(full)
    ) return [];
    return [{
      code: "host-partial",
      severity: "warning",
      object: nameOf(object),
      path: ["spec", "hosts", index],
      message:
        `"${host}" is not the name of the Service "${full}": a name with a dot is taken as it stands`,
      means:
        "Only requests on port 80 that are written to this very name are treated by the rules; others go straight to the Service",
      edit: `Write "${full}"`,
    }];
  });
}

function gatewayFindings(world: World, object: VirtualService): Finding[] {
  const about = { object: nameOf(object), severity: "warning" as const };
  return strings(object.spec?.gateways).flatMap((written, index): Finding[] => {
    const [name = ""] = gatewaysOf({
      ...object,
      spec: { gateways: [written] },
    });
    if (name === "mesh") return [];
    const path = ["spec", "gateways", index];
    if (/[-~]istio-autogenerated-k8s-gateway[-~]/.test(name)) {
      return [{
        ...about,
        code: "IST0165",
        path,
        message: `"${written}" is made by Istio from another Gateway`,
        means: "It may change or go without notice, and the rules with it",
        edit: "Write an HTTPRoute for the Gateway that it is made from",
      }];
    }
    const gateway = gatewayNamed(world, name);
    if (gateway !== undefined) {
      return servesAny(world, gateway, object) ? [] : [{
        ...about,
        code: "IST0132",
        path,
        message: `Gateway "${name}" serves none of the hosts ${
          strings(object.spec?.hosts).slice(0, 5).map((host) => `"${host}"`)
            .join(", ")
        }`,
        means: "Requests to these hosts get 404 from the gateway",
        edit:
          "Add the host to a server of the Gateway, or name another Gateway",
      }];
    }
    return missingGateway(world, name).map((finding) => ({
      ...finding,
      object: nameOf(object),
      path,
    }));
  });
}

/** Where it cannot be seen, one of that name elsewhere is telling. */
function missingGateway(world: World, name: string): Finding[] {
  const [namespace = "", own] = name.split("/");
  const unseen = whyUnknown(world, "Gateway", { namespace });
  const namesakes = world.gateways.filter(({ metadata }) =>
    metadata.name === own
  ).map((one) => `"${keyOf(one)}"`);
  if (unseen !== undefined && namesakes.length === 0) return [];
  const named = namesakes.slice(0, 3);
  const other = named.length === 0 ? "" : `, but ${named.join(", ")}`;
  return [{
    code: "IST0101",
    severity: unseen === undefined ? "error" : "warning",
    message: unseen === undefined
      ? `There is no Gateway "${name}"${other}`
      : `Gateway "${name}" cannot be seen${other} can: ${unseen}`,
    means: "Requests from outside get 404: no gateway has these rules",
    edit: named.length === 0
      ? "Name a Gateway that exists, as namespace/name"
      : `Write ${
        named.join(" or ")
      }: a name alone means the namespace of the VirtualService`,
  }];
}

function servesAny(
  world: World,
  gateway: Gateway,
  object: VirtualService,
): boolean {
  const own = namespaceOf(object);
  const patterns = serversOf(gateway).flatMap(({ hosts }) => strings(hosts));
  return hostsOf(world, object).some((host) =>
    patterns.some((pattern) => {
      const slash = pattern.indexOf("/");
      const whose = slash < 0 ? "*" : pattern.slice(0, slash);
      return (whose === "*" || whose === own ||
        (whose === "." && namespaceOf(gateway) === own)) &&
        intersectHosts(pattern.slice(slash + 1).toLowerCase(), host) !==
          undefined;
    })
  );
}

function delegateFindings(world: World, object: VirtualService): Finding[] {
  return rulesFor(world, object).problems.map((problem) => ({
    ...delegateFinding(problem),
    object: nameOf(object),
    path: ["spec", "http", problem.rootIndex, "delegate"],
  }));
}

function delegateFinding(problem: DelegateProblem): Finding {
  const { delegate, index, kind, reason } = problem;
  const what = index === undefined
    ? `VirtualService "${delegate}"`
    : `Rule #${index} of VirtualService "${delegate}"`;
  return kind === "unknown"
    ? {
      code: "delegate-unknown",
      severity: "warning",
      message: `${what} cannot be seen: ${reason}`,
    }
    : {
      code: `delegate-${kind}`,
      severity: "error",
      message: `${what} is left out: ${reason}`,
      means:
        "The rule vanishes without a word; its requests go on to the rules below, or get 404",
      edit: EDITS[kind],
    };
}

const EDITS: Readonly<
  Record<Exclude<DelegateProblem["kind"], "unknown">, string>
> = {
  missing:
    "Create the delegate (a VirtualService without hosts), or name one that exists",
  "not-exported": "Export the delegate to the namespace of the root",
  incompatible:
    "Make each match of the delegate's rule narrower than one of the root's",
  nested: "Let the root name the last delegate itself",
};
