/**
 * Random worlds in a real mesh, random requests through real proxies, and
 * for each what the rules say it has to get.
 *
 * @module
 */

import type { Client } from "../../../src/istio/client.ts";
import {
  compileRoutes,
  evaluate,
  type Verdict,
} from "../../../src/istio/explain.ts";
import type { KubeObject } from "../../../src/istio/types.ts";
import { DEFAULT_MESH, worldOf } from "../../../src/istio/world.ts";
import { createMesh, type MeshAnswer } from "../../../src/sandbox/mesh.ts";
import { createStore } from "../../../src/sandbox/store.ts";
import { webhookErrors } from "../../../src/sandbox/webhook.ts";
import { type Api, collectionOf } from "../api.ts";
import { type AccessLogLine, type Envoy, startEnvoy } from "../envoy.ts";
import type { Places } from "../places.ts";
import { ask, bodyOf, type Case } from "./ask.ts";
import { agrees, fateOf, fatesOf } from "./compare.ts";
import { Draw } from "./draw.ts";
import { anyRequest } from "./matches.ts";
import {
  anyWorld,
  DRAWN,
  NAMESPACES,
  PODS,
  type RandomWorld,
  servicesOf,
} from "./worlds.ts";

/** A proxy that requests go through. */
interface Proxy {
  readonly client: Client;
  /** Ports that the client addresses, each with its listener. */
  readonly listeners: ReadonlyMap<number, number>;
  readonly envoy: Envoy;
}

/** What came of a number of cases. */
export interface Agreement {
  cases: number;
  /** What the rules leave open. */
  unknown: number;
  /** Objects that istiod took, and that it refused. */
  accepted: number;
  refused: number;
  /** How many cases there were of each outcome, and flag. */
  readonly outcomes: Map<string, number>;
  /** In words, with the objects and the request. */
  readonly disagreements: string[];
}

/** Worlds that are there at once. */
const IDS = Array.from({ length: 60 }, (_, at) => `w${at}`);
const REQUESTS = { sidecar: 9, gateway: 8 };

const LISTS: readonly (readonly [path: string, kind: string])[] = [
  ["/apis/networking.istio.io/v1/virtualservices", "VirtualService"],
  ["/apis/networking.istio.io/v1/destinationrules", "DestinationRule"],
  ["/apis/networking.istio.io/v1/gateways", "Gateway"],
  ["/api/v1/services", "Service"],
  ["/api/v1/pods", "Pod"],
  ["/api/v1/namespaces", "Namespace"],
];

/** Puts that many cases to proxies and rules. */
export async function compareAll(
  of: {
    readonly cases: number;
    readonly seed: number;
    readonly api: Api;
  },
  places: Places,
): Promise<Agreement> {
  const { api } = of;
  const draw = new Draw(of.seed);
  const found: Agreement = {
    ...{ cases: 0, unknown: 0, accepted: 0, refused: 0 },
    outcomes: new Map(),
    disagreements: [],
  };
  await using stack = new AsyncDisposableStack();
  await clear(api);
  await prepare(api);
  const proxies = await startProxies(places, stack);
  for (let batch = 0; found.cases < of.cases; batch++) {
    const worlds = IDS.map((id) => anyWorld(draw, id));
    await put(api, worlds, found);
    await mark(api, batch, proxies);
    await compareBatch({ draw, worlds, proxies, api, found });
    await clear(api);
  }
  return found;
}

/** What all worlds stand on. */
async function prepare(api: Api): Promise<void> {
  const networking = "networking.istio.io/v1";
  const { status } = await api.request("GET", "/api/v1/namespaces/other");
  if (status === 404) {
    await api.create({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "other" },
    });
  }
  const marker = { name: "marker", namespace: "default" };
  const objects: KubeObject[] = [
    ...PODS,
    {
      apiVersion: networking,
      kind: "Gateway",
      metadata: { name: "gate", namespace: "default" },
      spec: {
        selector: { istio: "gate" },
        servers: [{
          port: { number: 80, name: "http", protocol: "HTTP" },
          hosts: ["*"],
        }],
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: marker,
      spec: {
        ports: [5000, 6000].map((port) => ({ name: `http-${port}`, port })),
      },
    },
  ];
  objects.push(...IDS.flatMap(servicesOf));
  await api.delete(...objects);
  await api.create(...objects);
}

async function startProxies(
  places: Places,
  stack: AsyncDisposableStack,
): Promise<Proxy[]> {
  const start = async (
    client: Client,
    listeners: readonly (readonly [port: number, listener: number])[],
    at: number,
  ): Promise<Proxy> => {
    const isGateway = client.kind === "gateway";
    const name = `agreement-${client.kind}-${client.namespace}`;
    const envoy = await startEnvoy({
      name,
      kind: isGateway ? "router" : "sidecar",
      namespace: client.namespace,
      labels: client.labels,
      address: `10.77.201.${at}`,
      admin: 15900 + at,
      listeners: Object.fromEntries(
        listeners.map((
          [port, listener],
        ) => [listener, isGateway ? `http.${port}` : `${port}`]),
      ),
    }, places);
    stack.use(envoy);
    return { client, listeners: new Map(listeners), envoy };
  };
  return [
    await start(
      { kind: "sidecar", namespace: "default", labels: { app: "client" } },
      [[5000, 15101], [6000, 15102]],
      1,
    ),
    await start(
      { kind: "sidecar", namespace: "other", labels: { app: "other" } },
      [[5000, 15111], [6000, 15112]],
      2,
    ),
    await start(
      {
        kind: "gateway",
        namespace: "default",
        labels: { istio: "gate" },
        gateway: "default/gate",
      },
      [[80, 15121]],
      3,
    ),
  ];
}

/** Creates what istiod takes; the sandbox has to take and refuse the same. */
async function put(
  api: Api,
  worlds: readonly RandomWorld[],
  found: Agreement,
): Promise<void> {
  const putOne = async ({ rules }: RandomWorld): Promise<void> => {
    for (const rule of rules) {
      const { status, text } = await api.request("POST", collectionOf(rule), {
        body: rule,
      });
      if (status !== 201 && status !== 400 && status !== 422) {
        throw new Error(`create ${rule.metadata.name}: ${status} ${text}`);
      }
      if (status === 201) found.accepted++;
      else found.refused++;
      const errors = await webhookErrors(rule);
      if ((errors.length === 0) !== (status === 201)) {
        found.disagreements.push(
          `istiod: ${status === 201 ? "taken" : text}; the sandbox: ` +
            `${errors.join(", ") || "taken"}\n${JSON.stringify(rule)}`,
        );
      }
    }
  };
  // Several at once, each in its order.
  const waiting = [...worlds];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let one; (one = waiting.pop()) !== undefined;) await putOne(one);
  }));
}

/** Waits until every proxy knows what was written last. */
async function mark(
  api: Api,
  batch: number,
  proxies: readonly Proxy[],
): Promise<void> {
  const host = "marker.default.svc.cluster.local";
  const marker: KubeObject = {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: {
      name: "marker",
      namespace: "default",
      labels: DRAWN,
    },
    spec: {
      hosts: [host],
      gateways: ["mesh", "default/gate"],
      http: [{
        directResponse: { status: 200, body: { string: `batch ${batch}` } },
      }],
    },
  };
  await api.create(marker);
  for (const { listeners } of proxies) {
    for (const listener of listeners.values()) {
      await bodyOf(listener, { host, body: `batch ${batch}` });
    }
  }
}

async function compareBatch(
  of: {
    readonly draw: Draw;
    readonly worlds: readonly RandomWorld[];
    readonly proxies: readonly Proxy[];
    readonly api: Api;
    readonly found: Agreement;
  },
): Promise<void> {
  const { draw, worlds, proxies, found } = of;
  const objects = await readAll(of.api);
  const settings = {
    mesh: {
      ...DEFAULT_MESH,
      outboundTrafficPolicy: "REGISTRY_ONLY",
      repeatedHeaders: "each",
    },
  } as const;
  const world = worldOf(objects, settings);
  using mesh = createMesh(createStore(objects), { world: settings });
  for (const { client, listeners, envoy } of proxies) {
    const cases = worlds.flatMap((one) =>
      casesOf(draw, one, client, listeners)
    );
    let answers = await ask(cases, envoy.accessLog);
    const verdicts = new Map<string, Verdict>();
    const compiled = new Map(
      [...listeners.keys()].map((port) =>
        [port, compileRoutes(world, client, port)] as const
      ),
    );
    for (const { id, request } of cases) {
      verdicts.set(id, evaluate(compiled.get(request.port)!, request));
    }
    const isWrong = ({ id, request }: Case): boolean => {
      const verdict = verdicts.get(id)!;
      const line = answers.get(id)!;
      return verdict.outcome !== "unknown" &&
        !(agrees(verdict, line) &&
          isLike(mesh.send(request, client), line));
    };
    let wrong = cases.filter(isWrong);
    if (wrong.length > 0) {
      // What a proxy did not know yet it knows soon; the rest is a defect.
      await new Promise((done) => setTimeout(done, 2000));
      answers = await ask(wrong, envoy.accessLog);
      wrong = wrong.filter(isWrong);
    }
    for (const one of wrong) {
      found.disagreements.push(
        inWords(one, {
          client,
          verdict: verdicts.get(one.id)!,
          line: answers.get(one.id)!,
          objects,
        }),
      );
    }
    found.cases += cases.length;
    for (const { outcome, destinations } of verdicts.values()) {
      if (outcome === "unknown") found.unknown++;
      const flags = new Set(destinations.map(({ flag = "" }) => flag));
      const key = [outcome, ...flags].join(" ").trim();
      found.outcomes.set(key, (found.outcomes.get(key) ?? 0) + 1);
    }
  }
}

/** The simulated mesh draws for itself: status and flag are one of those. */
function isLike(answer: MeshAnswer, line: AccessLogLine): boolean {
  const fates = fatesOf(answer.verdict);
  const is = { code: answer.status, flag: answer.flag ?? "" };
  const seen = fateOf(line);
  return fates.some(({ code, flag }) => code === is.code && flag === is.flag) &&
    (fates.length > 1 || (seen.code === is.code && seen.flag === is.flag));
}

function casesOf(
  draw: Draw,
  world: RandomWorld,
  client: Client,
  listeners: ReadonlyMap<number, number>,
): Case[] {
  const hosts = client.kind === "gateway" ? world.outside : world.authorities;
  return [...listeners].flatMap(([port, listener]) => {
    // One service alone has that port.
    const authorities = port === 6000
      ? hosts.filter((host) => /^w[0-9]+b/.test(host))
      : hosts;
    return draw.list(REQUESTS[client.kind], REQUESTS[client.kind], (at) => ({
      id: `${world.id}-${port}-${at}`,
      listener,
      request: anyRequest(draw, { authorities, port }),
    }));
  });
}

async function readAll(api: Api): Promise<KubeObject[]> {
  const lists = await Promise.all(LISTS.map(async ([path, kind]) => {
    const { items } = await api.json("GET", path) as unknown as {
      readonly items: readonly KubeObject[];
    };
    const apiVersion = path.startsWith("/apis/")
      ? path.split("/").slice(2, 4).join("/")
      : "v1";
    return items.map((item) => ({ ...item, apiVersion, kind }));
  }));
  return lists.flat();
}

async function clear(api: Api): Promise<void> {
  const [label] = Object.entries(DRAWN).map((pair) => pair.join("%3D"));
  for (const namespace of [...NAMESPACES, "istio-system"]) {
    for (
      const path of [
        `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices`,
        `/apis/networking.istio.io/v1/namespaces/${namespace}/destinationrules`,
      ]
    ) await api.json("DELETE", `${path}?labelSelector=${label}`);
  }
}

function inWords(
  { id, request }: Case,
  of: {
    readonly client: Client;
    readonly verdict: Verdict;
    readonly line: AccessLogLine;
    readonly objects: readonly KubeObject[];
  },
): string {
  const { client, verdict, line, objects } = of;
  const own = id.split("-")[0]!;
  const concerned = objects.filter(({ kind, metadata }) =>
    (kind === "VirtualService" || kind === "DestinationRule") &&
    metadata.name.startsWith(`${own}-`)
  ).map(({ kind, metadata, spec }) => ({
    kind,
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      creationTimestamp: metadata.creationTimestamp,
    },
    spec,
  }));
  return [
    `case ${id}, from ${JSON.stringify(client)}`,
    `request ${JSON.stringify(request)}`,
    `Envoy   ${JSON.stringify(fateOf(line))}`,
    `rules   ${JSON.stringify(fatesOf(verdict))} ${verdict.outcome}` +
    ` ${verdict.why ?? ""}`,
    ...concerned.map((object) => JSON.stringify(object)),
  ].join("\n");
}
