/**
 * Small worlds for tests about routing: objects in one line each.
 *
 * @module
 */

import type { Client } from "../../src/istio/client.ts";
import {
  compileRoutes,
  evaluate,
  type Verdict,
} from "../../src/istio/explain.ts";
import type { Request } from "../../src/istio/match.ts";
import type {
  DestinationRule,
  Gateway,
  HTTPRoute,
  KubeObject,
  Pod,
  Service,
  ServiceEntry,
  VirtualService,
} from "../../src/istio/types.ts";
import { type World, worldOf } from "../../src/istio/world.ts";

const ISTIO = "networking.istio.io/v1";

/** `name`, or `namespace/name`; the namespace is `default` otherwise. */
function metadata(name: string, minute?: number) {
  const [first = "", second] = name.split("/");
  return {
    name: second ?? first,
    namespace: second === undefined ? "default" : first,
    ...(minute === undefined ? {} : {
      creationTimestamp: `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`,
    }),
  };
}

export interface ServiceOptions {
  readonly ports?: readonly number[];
  readonly portName?: string;
  readonly selector?: Readonly<Record<string, string>> | null;
  readonly exportTo?: string;
}

/** Selects `app: <name>` and has port 80 unless told otherwise. */
export function service(name: string, options: ServiceOptions = {}): Service {
  const meta = metadata(name);
  const { ports = [80], selector = { app: meta.name }, portName } = options;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      ...meta,
      ...(options.exportTo === undefined ? {} : {
        annotations: { "networking.istio.io/exportTo": options.exportTo },
      }),
    },
    spec: {
      ...(selector === null ? {} : { selector }),
      ports: ports.map((port) => ({ name: portName ?? `http-${port}`, port })),
    },
  };
}

/** A ready pod; `patch` goes over it. */
export function pod(
  name: string,
  labels: Readonly<Record<string, string>>,
  patch: Partial<Pod> = {},
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata(name), labels },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True" }],
    },
    ...patch,
  };
}

export interface VirtualServiceOptions {
  readonly hosts?: readonly string[];
  readonly gateways?: readonly string[];
  readonly exportTo?: readonly string[];
  readonly minute?: number;
}

/** For host `a` unless told otherwise. */
export function virtualService(
  name: string,
  http: readonly HTTPRoute[],
  options: VirtualServiceOptions = {},
): VirtualService {
  const { hosts = ["a"], gateways, exportTo, minute } = options;
  return {
    apiVersion: ISTIO,
    kind: "VirtualService",
    metadata: metadata(name, minute),
    spec: {
      ...(hosts.length === 0 ? {} : { hosts }),
      ...(gateways === undefined ? {} : { gateways }),
      ...(exportTo === undefined ? {} : { exportTo }),
      http,
    },
  };
}

export interface DestinationRuleOptions {
  readonly exportTo?: readonly string[];
  readonly selector?: Readonly<Record<string, string>>;
  readonly minute?: number;
}

/** Subsets by name, each with label `version: <name>`. */
export function destinationRule(
  name: string,
  host: string,
  subsets: readonly string[],
  options: DestinationRuleOptions = {},
): DestinationRule {
  const { exportTo, selector, minute } = options;
  return {
    apiVersion: ISTIO,
    kind: "DestinationRule",
    metadata: metadata(name, minute),
    spec: {
      host,
      subsets: subsets.map((one) => ({ name: one, labels: { version: one } })),
      ...(exportTo === undefined ? {} : { exportTo }),
      ...(selector === undefined
        ? {}
        : { workloadSelector: { matchLabels: selector } }),
    },
  };
}

export function gateway(
  name: string,
  hosts: readonly string[],
  selector: Readonly<Record<string, string>> = {},
): Gateway {
  return {
    apiVersion: ISTIO,
    kind: "Gateway",
    metadata: metadata(name),
    spec: {
      selector,
      servers: [{ port: { number: 80, protocol: "HTTP" }, hosts }],
    },
  };
}

export function serviceEntry(name: string, host: string): ServiceEntry {
  return {
    apiVersion: ISTIO,
    kind: "ServiceEntry",
    metadata: metadata(name),
    spec: { hosts: [host], ports: [{ number: 80, protocol: "HTTP" }] },
  };
}

/** One destination; `host:subset` names a subset. */
export function to(...places: readonly (string | [string, number])[]) {
  return places.map((place) => {
    const [where, weight] = typeof place === "string" ? [place] : place;
    const [host = "", subset] = where.split(":");
    return {
      destination: { host, ...(subset === undefined ? {} : { subset }) },
      ...(weight === undefined ? {} : { weight }),
    };
  });
}

export function sidecar(
  namespace = "default",
  labels: Readonly<Record<string, string>> = {},
): Client {
  return { kind: "sidecar", namespace, labels };
}

/** Services `a` and `b`, each with a ready pod, and what is given. */
export function mesh(
  objects: readonly KubeObject[],
  rest: Partial<World> = {},
): World {
  const stock = [
    service("a"),
    service("b"),
    pod("a-1", { app: "a" }),
    pod("b-1", { app: "b" }),
  ];
  return worldOf([...stock, ...objects], rest);
}

/** `GET http://a/`, with changes. */
export function request(change: Partial<Request> = {}): Request {
  return {
    method: "GET",
    scheme: "http",
    authority: "a",
    path: "/",
    headers: [],
    port: 80,
    ...change,
  };
}

export interface AskOptions {
  readonly client?: Client;
  readonly port?: number;
}

/** Compiles and walks one request. */
export function ask(
  world: World,
  asked: Partial<Request> = {},
  options: AskOptions = {},
): Verdict {
  const { client = sidecar(), port = asked.port ?? 80 } = options;
  return evaluate(compileRoutes(world, client, port), request(asked));
}

/** `a`, `default a`, `404`, `25% a:v1 75% b NC`. */
export function inShort(verdict: Verdict): string {
  const { outcome, status, destinations } = verdict;
  if (outcome === "redirect" || outcome === "direct") {
    return `${outcome} ${status}`;
  }
  if (outcome === "no-route") return `${status}`;
  if (outcome === "passthrough" || outcome === "unknown") return outcome;
  const text = destinations.map(({ host, subset, fraction, flag }) => {
    const share = fraction === 1 ? "" : `${fraction * 100}% `;
    const [short = ""] = host.split(".svc.");
    const name = short.replace(/\.default$/, "");
    return `${share}${name}${subset === undefined ? "" : `:${subset}`}${
      flag === undefined ? "" : ` ${flag}`
    }`;
  }).join(" ");
  return outcome === "default" ? `default ${text}` : text;
}
