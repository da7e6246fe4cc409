/**
 * A request and who sends it, as JSON asks for it and as it is answered: the
 * lines of `explain --requests`, the requests of test files, witnesses.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { percentOf } from "./clusters.ts";
import type { Verdict } from "./explain.ts";
import { isGatewayName, keyOf, resolveGateway } from "./hosts.ts";
import type { Request } from "./match.ts";
import { isRecord } from "./shapes.ts";

/** A request and who sends it. */
export interface Asked {
  /** What is sent, and to which port. */
  readonly request: Request;
  /** Whose proxy takes it. */
  readonly client: Client;
}

/** What is not said of a request. */
export interface AskedDefaults {
  /** Of the client; `default` otherwise. */
  readonly namespace?: string;
}

/** A request, or what is wrong with it: one clause. */
export type ReadAsked =
  | { readonly ok: true; readonly asked: Asked }
  | { readonly ok: false; readonly why: string };

/** As an answer is written: plain JSON, one line. */
export interface Answer {
  readonly outcome: Verdict["outcome"];
  /** As Envoy logs it. */
  readonly route?: string;
  /** `namespace/name` of the object that holds the rule. */
  readonly object?: string;
  /** Index in `spec.http`. */
  readonly rule?: number;
  /** Index in the rule's `match`. */
  readonly match?: number;
  readonly status?: number;
  readonly destinations: readonly {
    /** `outbound|5000|v1|api.default.svc.cluster.local`. */
    readonly cluster: string;
    /** 0 to 100. */
    readonly percent: number;
    /** 503 by the proxy itself: no such cluster, no healthy upstream. */
    readonly flag?: "NC" | "UH";
  }[];
  readonly why?: string;
}

const FIELDS = ["method", "host", "path", "headers", "scheme", "client"];
const CLIENT_FIELDS = ["kind", "namespace", "labels", "gateway", "port"];

/**
 * Reads `{"method", "host", "path", "headers", "client": {"kind", "namespace",
 * "labels", "gateway", "port"}}`. Only the host has to be there; a header's
 * value is a string, or a list of them where it comes more than once.
 *
 * @param value Anything, as JSON or YAML gave it.
 */
export function readAsked(
  value: unknown,
  defaults: AskedDefaults = {},
): ReadAsked {
  try {
    return { ok: true, asked: asked(value, defaults) };
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, why: error.message };
    throw error;
  }
}

/** Thrown and caught in here only: what is wrong, as a clause. */
class Wrong extends Error {}

function asked(value: unknown, defaults: AskedDefaults): Asked {
  const from = recordOf(value, "it", FIELDS);
  const host = textOf(from["host"], "host");
  if (host === undefined || host === "") throw new Wrong("it has no host");
  const given = recordOf(from["client"] ?? {}, "client", CLIENT_FIELDS);
  const kind = textOf(given["kind"], "client.kind") ??
    (given["gateway"] === undefined ? "sidecar" : "gateway");
  if (kind !== "sidecar" && kind !== "gateway" && kind !== "waypoint") {
    throw new Wrong(
      `client.kind is "${kind}", not sidecar, gateway or waypoint`,
    );
  }
  const gateway = textOf(given["gateway"], "client.gateway");
  if (kind !== "sidecar" && gateway === undefined) {
    throw new Wrong("client.gateway is missing");
  }
  if (kind === "sidecar" && gateway !== undefined) {
    throw new Wrong("client.gateway is there for a sidecar");
  }
  if (gateway !== undefined && !isGatewayName(gateway)) {
    throw new Wrong(
      `client.gateway "${gateway}" is not NAME or NAMESPACE/NAME`,
    );
  }
  const home = textOf(given["namespace"], "client.namespace") ??
    defaults.namespace ?? "default";
  const resolved = gateway === undefined
    ? undefined
    : resolveGateway(gateway, home);
  // A waypoint is where its Gateway is.
  const namespace = kind === "waypoint"
    ? resolved?.split("/")[0] ?? home
    : home;
  const scheme = textOf(from["scheme"], "scheme") ?? "http";
  const path = textOf(from["path"], "path") ?? "/";
  if (!path.startsWith("/")) throw new Wrong("path does not begin with /");
  return {
    request: {
      method: textOf(from["method"], "method") ?? "GET",
      scheme,
      authority: host,
      path,
      headers: headersOf(from["headers"]),
      port: portOf(given["port"]) ?? portIn(host) ??
        (scheme === "https" ? 443 : 80),
    },
    client: {
      kind,
      namespace,
      labels: labelsOf(given["labels"]),
      ...(resolved === undefined ? {} : { gateway: resolved }),
    },
  };
}

function recordOf(
  value: unknown,
  name: string,
  fields: readonly string[],
): Record<string, unknown> {
  if (!isRecord(value)) throw new Wrong(`${name} is not an object`);
  const unknown = Object.keys(value).find((key) => !fields.includes(key));
  if (unknown !== undefined) {
    throw new Wrong(
      `${name} has a field ${JSON.stringify(unknown)}; there are ${
        fields.join(", ")
      }`,
    );
  }
  return value;
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new Wrong(`${name} is not a string`);
  return value;
}

function portOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value) || !isPort(value as number)) {
    throw new Wrong("client.port is not a port: ports are 1 to 65535");
  }
  return value as number;
}

function portIn(host: string): number | undefined {
  const digits = /:(\d{1,5})$/.exec(host)?.[1];
  if (digits === undefined) return undefined;
  if (!isPort(Number(digits))) throw new Wrong("the port of host is no port");
  return Number(digits);
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65535;
}

function headersOf(value: unknown): Request["headers"] {
  if (value === undefined || value === null) return [];
  if (!isRecord(value)) throw new Wrong("headers is not an object");
  return Object.entries(value).flatMap(([name, given]) =>
    (Array.isArray(given) ? given : [given]).map((one): [string, string] => {
      if (typeof one !== "string") {
        throw new Wrong(`header ${JSON.stringify(name)} is not a string`);
      }
      return [name, one];
    })
  );
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw new Wrong("client.labels is not an object");
  for (const [name, label] of Object.entries(value)) {
    if (typeof label !== "string") {
      throw new Wrong(`label ${JSON.stringify(name)} is not a string`);
    }
  }
  return value as Record<string, string>;
}

/** A verdict in a line. */
export function answerOf(verdict: Verdict): Answer {
  const { outcome, routeName, source, rule, match, status, why } = verdict;
  return {
    outcome,
    ...(routeName === undefined ? {} : { route: routeName }),
    ...(source === undefined ? {} : { object: keyOf(source) }),
    ...(rule === undefined ? {} : { rule }),
    ...(match === undefined ? {} : { match }),
    ...(status === undefined ? {} : { status }),
    destinations: verdict.destinations.map(({ cluster, fraction, flag }) => ({
      cluster,
      percent: percentOf(fraction),
      ...(flag === undefined ? {} : { flag }),
    })),
    ...(why === undefined ? {} : { why }),
  };
}
