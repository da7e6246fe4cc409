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
} from "../istio/types.ts";
import { matchesHost } from "../istio/hosts.ts";
import { LABEL, QUALIFIED, VALUE } from "./names.ts";
import { StatusError } from "./status.ts";
import { gatewayErrors, serviceEntryErrors } from "./webhook_edges.ts";
import { actionErrors } from "./webhook_http.ts";
import { policyErrors } from "./webhook_policy.ts";
import {
  exportErrors,
  headerNameErrors,
  hostErrors,
  isHost,
  isNetwork,
  labelErrors,
  portErrors,
} from "./webhook_words.ts";

/** 400 in the form of Istio's webhook, which sets a message and no more. */
export function denied(errors: readonly string[]): StatusError {
  const said = errors.length === 1
    ? errors[0]
    : `${errors.length} errors occurred:\n\t* ${errors.join("\n\t* ")}\n\n`;
  return new StatusError(
    400,
    "",
    `admission webhook "rev.validation.istio.io" denied the request: configuration is invalid: ${said}`,
  );
}

/** Every reason to deny an object. */
export async function webhookErrors(
  object: KubeObject,
): Promise<readonly string[]> {
  switch (object.kind) {
    case "VirtualService":
      return await virtualServiceErrors(object as VirtualService);
    case "DestinationRule":
      return destinationRuleErrors(object as DestinationRule);
    case "Gateway":
      return gatewayErrors(object);
    case "ServiceEntry":
      return serviceEntryErrors(object);
    default:
      return [];
  }
}

async function virtualServiceErrors(
  object: VirtualService,
): Promise<readonly string[]> {
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
  for (const rule of http) errors.push(...await ruleErrors(rule, hosts));
  errors.push(
    ...exportErrors(object.spec?.exportTo, object.metadata.namespace),
  );
  for (const rule of tcp) errors.push(...tcpErrors(rule));
  for (const { match = [], route = [] } of tls) {
    const names = (match as readonly { readonly sniHosts?: string[] }[])
      .flatMap(({ sniHosts }) => sniHosts ?? []);
    errors.push(
      ...names.filter((name) => !hosts.some((host) => covers(host, name))).map((
        name,
      ) =>
        `SNI host ${
          JSON.stringify(name)
        } is not a compatible subset of any of the virtual service hosts: [${
          hosts.join(" ")
        }]`
      ),
      ...weightErrors(route),
    );
  }
  return errors;
}

/** `name`, or `namespace/name`; not `./name`, though istiod would read it. */
function gatewayNameErrors(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const [namespace = "", gateway, ...more] = name.split("/");
    if (gateway === undefined) return hostErrors(name);
    if (namespace === "" || gateway === "" || more.length > 0) {
      return ["config namespace and gateway name cannot be empty"];
    }
    return LABEL.test(namespace)
      ? []
      : [`invalid value for namespace: ${JSON.stringify(namespace)}`];
  });
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

async function ruleErrors(
  rule: HTTPRoute,
  hosts: readonly string[],
): Promise<readonly string[]> {
  const errors: string[] = [];
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
    errors.push(
      ...await matchErrors({ regex: rewriteRegex }, "uriRegexRewrite"),
    );
  }
  errors.push(...weightErrors(route));
  for (const match of rule.match ?? []) {
    const { uri, scheme, method, authority } = match;
    errors.push(...await matchErrors(uri, "uri"));
    errors.push(...await matchErrors(scheme, "scheme"));
    errors.push(...await matchErrors(method, "method"));
    errors.push(...await matchErrors(authority, "authority"));
    for (const [name, value] of Object.entries(match.headers ?? {})) {
      errors.push(...headerNameErrors(name));
      errors.push(...await matchErrors(value, "headers"));
    }
    for (const [name, value] of Object.entries(match.withoutHeaders ?? {})) {
      errors.push(...headerNameErrors(name));
      if (value.regex !== "*") {
        errors.push(...await matchErrors(value, "withoutHeaders"));
      }
    }
    for (const value of Object.values(match.queryParams ?? {})) {
      errors.push(...await matchErrors(value, "queryParams"));
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

async function matchErrors(
  match: StringMatch | undefined,
  where: string,
): Promise<readonly string[]> {
  if (match?.prefix === "" && where !== "uri") {
    return [
      `${JSON.stringify(where)}: prefix string match should not be empty`,
    ];
  }
  const { regex } = match ?? {};
  if (regex === undefined) return [];
  if (regex === "") {
    return [`${JSON.stringify(where)}: regex string match should not be empty`];
  }
  if (new TextEncoder().encode(regex).length > 1_024) {
    return [
      `${
        JSON.stringify(where)
      }: regex is too large, max length allowed is 1024`,
    ];
  }
  // Loaded when a regex is written only: most runs write none.
  const { RE2JS } = await import("re2js");
  try {
    RE2JS.compile(regex);
    return [];
  } catch {
    return [
      `${JSON.stringify(where)} regex ${
        JSON.stringify(regex)
      } is not valid RE2`,
    ];
  }
}

type Policy = Readonly<Record<string, unknown>> | undefined;

function destinationRuleErrors(object: DestinationRule): readonly string[] {
  const { host, subsets = [] } = object.spec ?? {};
  const errors: string[] = [];
  if (host !== "*") errors.push(...hostErrors(host ?? ""));
  const { trafficPolicy, exportTo } = object.spec ?? {};
  errors.push(
    ...exportErrors(exportTo, object.metadata.namespace),
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
