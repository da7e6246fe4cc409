/**
 * The essentials of Istio's validating webhook, in its words.
 *
 * @module
 */

import type {
  DestinationRule,
  HTTPRoute,
  KubeObject,
  StringMatch,
  VirtualService,
} from "../types.ts";
import { matchesHost } from "../hosts.ts";
import { LABEL, QUALIFIED, VALUE } from "./names.ts";
import { gatewayErrors, serviceEntryErrors } from "./edges.ts";
import { actionErrors } from "./actions.ts";
import { policyErrors } from "./policy.ts";
import {
  exportErrors,
  headerNameErrors,
  hostErrors,
  isAddress,
  isHost,
  isNetwork,
  labelErrors,
  portErrors,
} from "./words.ts";

/** One reason to deny an object. */
export interface Denial {
  /** In Istio's words. */
  readonly message: string;
  /** Where it is, as closely as that is known. */
  readonly path: readonly (string | number)[];
}

/** Tells whether a text is a pattern that Istio takes. */
export type IsRe2 = (pattern: string) => boolean;

/**
 * Every reason to deny an object whose shape is right.
 *
 * @param isRe2 Asked for each regex; given, so that who meets none need not
 * load what reads them.
 */
export function webhookDenials(
  object: KubeObject,
  isRe2: IsRe2,
): readonly Denial[] {
  switch (object.kind) {
    case "VirtualService":
      return virtualServiceDenials(object as VirtualService, isRe2);
    case "DestinationRule":
      return inSpec(destinationRuleErrors(object as DestinationRule));
    case "Gateway":
      return inSpec(gatewayErrors(object));
    case "ServiceEntry":
      return inSpec(serviceEntryErrors(object));
    default:
      return [];
  }
}

function inSpec(
  messages: readonly string[],
  ...more: readonly (string | number)[]
): Denial[] {
  return messages.map((message) => ({ message, path: ["spec", ...more] }));
}

function virtualServiceDenials(
  object: VirtualService,
  isRe2: IsRe2,
): readonly Denial[] {
  const errors: string[] = [];
  const { hosts = [], gateways = [], http = [], tcp = [], tls = [] } =
    object.spec ?? {};
  if (hosts.length === 0) {
    if (gateways.length > 0) {
      errors.push("delegate virtual service must have no gateways specified");
    }
    if (tls.length > 0) {
      errors.push("delegate virtual service must have no tls route specified");
    }
    if (tcp.length > 0) {
      errors.push("delegate virtual service must have no tcp route specified");
    }
  }
  const inMesh = gateways.length === 0 || gateways.includes("mesh");
  for (const host of hosts) {
    if (host === "*" && inMesh) {
      errors.push(
        "wildcard host * is not allowed for virtual services bound to the mesh gateway",
      );
    } else if (host !== "*") errors.push(...hostErrors(host));
  }
  hosts.forEach((host, index) => {
    for (const other of hosts.slice(index + 1)) {
      if (!matchesHost(host, other) && !matchesHost(other, host)) continue;
      errors.push(`duplicate hosts in virtual service: ${host} & ${other}`);
    }
  });
  errors.push(...gatewayNameErrors(gateways));
  if (http.length + tcp.length + tls.length === 0) {
    errors.push("http, tcp or tls must be provided in virtual service");
  }
  return [
    ...inSpec(errors),
    ...http.flatMap((rule, index) =>
      inSpec(ruleErrors(rule, { hosts, isRe2 }), "http", index)
    ),
    ...inSpec(
      exportErrors(object.spec?.exportTo, object.metadata.namespace),
      "exportTo",
    ),
    ...tcp.flatMap((rule, index) => inSpec(tcpErrors(rule), "tcp", index)),
    ...tls.flatMap((rule, index) =>
      inSpec(tlsErrors(rule, hosts), "tls", index)
    ),
  ];
}

function tlsErrors(
  { match = [], route = [] }: {
    readonly match?: unknown;
    readonly route?: readonly Weighted[];
  },
  hosts: readonly string[],
): readonly string[] {
  const names = (match as readonly { readonly sniHosts?: string[] }[])
    .flatMap(({ sniHosts }) => sniHosts ?? []);
  return [
    ...names.filter((name) =>
      // Of an address Istio only says that clients seldom send one.
      !isAddress(name) && !hosts.some((host) => covers(host, name))
    ).map((name) =>
      `SNI host ${
        JSON.stringify(name)
      } is not a compatible subset of any of the virtual service hosts: [${
        hosts.join(", ")
      }]`
    ),
    ...weightErrors(route),
  ];
}

/**
 * `name`, or `namespace/name`; not `./name`, though istiod would read it.
 * Behind the first short name Istio looks at none.
 */
function gatewayNameErrors(names: readonly string[]): string[] {
  const errors: string[] = [];
  for (const name of names) {
    const slash = name.indexOf("/");
    if (slash < 0) return [...errors, ...hostErrors(name)];
    const [namespace, gateway] = [name.slice(0, slash), name.slice(slash + 1)];
    if (namespace === "" || gateway === "") {
      errors.push("config namespace and gateway name cannot be empty");
    }
    if (!LABEL.test(namespace)) {
      errors.push(
        `invalid value for namespace: ${JSON.stringify(namespace)}`,
      );
    }
    if (!LABEL.test(gateway)) {
      errors.push(
        `invalid value for gateway name: ${JSON.stringify(gateway)}`,
      );
    }
  }
  return errors;
}

function tcpErrors(
  { match = [], route = [] }: {
    readonly match?: readonly { readonly destinationSubnets?: unknown }[];
    readonly route?: readonly Weighted[];
  },
): readonly string[] {
  const subnets = match.flatMap((one) =>
    (one.destinationSubnets ?? []) as readonly string[]
  );
  return [
    ...route.length === 0 ? ["TCP route is required"] : [],
    ...subnets.filter((subnet) => !isNetwork(subnet)).map((subnet) =>
      `${subnet} is not a valid CIDR block`
    ),
    ...weightErrors(route),
  ];
}

/** Whether a host, perhaps a wildcard, holds a name, perhaps another one. */
function covers(host: string, name: string): boolean {
  return host === name || host === "*" ||
    (host.startsWith("*.") && name.endsWith(host.slice(1)));
}

function ruleErrors(
  rule: HTTPRoute,
  of: { readonly hosts: readonly string[]; readonly isRe2: IsRe2 },
): readonly string[] {
  const errors: string[] = [];
  const { hosts, isRe2 } = of;
  const matched = (match: StringMatch | undefined, where: string) =>
    matchErrors(match, { where, isRe2 });
  const { route = [], redirect, directResponse, delegate } = rule;
  if (route.length > 0 && redirect !== undefined) {
    errors.push("HTTP route cannot contain both route and redirect");
  }
  if (directResponse !== undefined && (route.length > 0 || redirect)) {
    errors.push(
      "HTTP route cannot contain both direct_response and route or redirect",
    );
  }
  if (delegate !== undefined) {
    if (route.length > 0 || redirect !== undefined) {
      errors.push(
        "root HTTP route with delegate cannot contain route or redirect",
      );
    }
    if (hosts.length === 0) {
      errors.push("delegate HTTP route cannot contain delegate");
    }
  } else if (route.length === 0 && !redirect && !directResponse) {
    errors.push("HTTP route, redirect or direct_response is required");
  }
  if (rule.mirror !== undefined && (rule.mirrors ?? []).length > 0) {
    errors.push("HTTP route cannot contain both mirror and mirrors");
  }
  if ((redirect || directResponse) && rule.fault !== undefined) {
    errors.push(
      "HTTP route cannot contain both fault and redirect or direct_response",
    );
  }
  if ((redirect || directResponse) && rule.rewrite !== undefined) {
    errors.push(
      "HTTP route rule cannot contain both rewrite and redirect or direct_response",
    );
  }
  errors.push(...actionErrors(rule));
  const rewriteRegex = (rule.rewrite as
    | { readonly uriRegexRewrite?: { readonly match?: string } }
    | undefined)?.uriRegexRewrite?.match;
  if (rewriteRegex !== undefined) {
    errors.push(...matched({ regex: rewriteRegex }, "uriRegexRewrite"));
  }
  errors.push(...weightErrors(route));
  for (const match of rule.match ?? []) {
    const { uri, scheme, method, authority } = match;
    errors.push(...matched(uri, "uri"));
    errors.push(...matched(scheme, "scheme"));
    errors.push(...matched(method, "method"));
    errors.push(...matched(authority, "authority"));
    for (const [name, value] of Object.entries(match.headers ?? {})) {
      errors.push(...headerNameErrors(name));
      errors.push(...matched(value, "headers"));
    }
    for (const [name, value] of Object.entries(match.withoutHeaders ?? {})) {
      errors.push(...headerNameErrors(name));
      if (value.regex !== "*") {
        errors.push(...matched(value, "withoutHeaders"));
      }
    }
    for (const value of Object.values(match.queryParams ?? {})) {
      errors.push(...matched(value, "queryParams"));
    }
    // A port of 0 is none.
    if (match.port) errors.push(...portErrors(match.port));
    const { sourceLabels, sourceNamespace, gateways = [] } = match;
    errors.push(
      ...labelErrors(sourceLabels),
      ...gatewayNameErrors(gateways),
    );
    if (sourceNamespace && !LABEL.test(sourceNamespace)) {
      errors.push(`sourceNamespace match ${sourceNamespace} is invalid`);
    }
  }
  return errors;
}

interface Weighted {
  readonly destination: {
    readonly host: string;
    readonly subset?: string;
    readonly port?: { readonly number?: number };
  };
  readonly weight?: number;
}

function weightErrors(
  route: readonly Weighted[],
): readonly string[] {
  const errors: string[] = [];
  let sum = 0;
  for (const { destination, weight = 0 } of route) {
    const { host, subset, port } = destination;
    if (host === "*" || !isHost(host)) {
      errors.push(
        host === "*"
          ? "invalid destination host *"
          : `domain name ${JSON.stringify(host)} invalid`,
      );
    }
    if (subset !== undefined && subset !== "" && !LABEL.test(subset)) {
      errors.push(`subset name is invalid: ${subset}`);
    }
    if (port !== undefined) errors.push(...portErrors(port.number ?? 0));
    if (weight < 0) errors.push(`weight ${weight} < 0`);
    sum += weight;
  }
  if (route.length > 1 && sum === 0) {
    errors.push("total destination weight = 0");
  }
  return errors;
}

function matchErrors(
  match: StringMatch | undefined,
  of: { readonly where: string; readonly isRe2: IsRe2 },
): readonly string[] {
  const where = JSON.stringify(of.where);
  if (match?.prefix === "" && of.where !== "uri") {
    return [`${where}: prefix string match should not be empty`];
  }
  const { regex } = match ?? {};
  if (regex === undefined) return [];
  if (regex === "") return [`${where}: regex string match should not be empty`];
  if (new TextEncoder().encode(regex).length > 1_024) {
    return [`${where}: regex is too large, max length allowed is 1024`];
  }
  return of.isRe2(regex)
    ? []
    : [`${where} regex ${JSON.stringify(regex)} is not valid RE2`];
}

type Policy = Readonly<Record<string, unknown>> | undefined;

function destinationRuleErrors(object: DestinationRule): readonly string[] {
  const { host, subsets = [] } = object.spec ?? {};
  const errors: string[] = [];
  if (host !== "*") errors.push(...hostErrors(host ?? ""));
  const { trafficPolicy, exportTo } = object.spec ?? {};
  errors.push(
    ...exportErrors(exportTo, object.metadata.namespace),
    ...selectorErrors(object),
    ...policyErrors(trafficPolicy as Policy),
    ...subsets.flatMap((one) => policyErrors(one.trafficPolicy as Policy)),
  );
  const seen = new Set<string>();
  for (const { name, labels } of subsets) {
    if (!LABEL.test(name)) {
      errors.push(
        name === ""
          ? "subset name cannot be empty"
          : `subset name is invalid: ${name}`,
      );
    }
    if (seen.has(name)) errors.push(`duplicate subset names: ${name}`);
    seen.add(name);
    for (const [key, value] of Object.entries(labels ?? {})) {
      if (!QUALIFIED.test(key) || !VALUE.test(value)) {
        errors.push(`invalid label: ${JSON.stringify(`${key}=${value}`)}`);
      }
    }
  }
  return errors;
}

/** What is for some workloads only is for those of its own namespace. */
function selectorErrors({ spec, metadata }: DestinationRule): string[] {
  const own = metadata.namespace;
  const { workloadSelector, exportTo } = spec ?? {};
  if (workloadSelector === undefined) return [];
  const shown = new Set(exportTo?.map((one) => one === "." ? own : one));
  if (shown.size === 0 || (shown.size === 1 && shown.has(own))) return [];
  return [
    `destination rule with workload selector cannot have ${
      shown.has(own)
        ? "multiple entries in exportTo"
        : "exportTo beyond current namespace"
    }`,
  ];
}

/** What the webhook lets pass, with a word. */
export function webhookWarnings(object: KubeObject): readonly string[] {
  if (object.kind !== "VirtualService") return [];
  const { http = [] } = (object as VirtualService).spec;
  const warnings: string[] = [];
  const all = http.findIndex(({ match = [] }) => match.length === 0);
  http.forEach((rule, index) => {
    const name = rule.name ? JSON.stringify(rule.name) : `#${index}`;
    if (all >= 0 && index > all) {
      warnings.push(
        `virtualService rule ${name} not used (route without matches defined before)`,
      );
    }
    if (rule.mirrorPercent !== undefined || rule.mirror_percent !== undefined) {
      warnings.push(
        "using deprecated setting `mirrorPercent`, use `mirrorPercentage` instead",
      );
    }
  });
  return warnings;
}
