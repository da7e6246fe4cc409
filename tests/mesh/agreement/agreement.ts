/**
 * Random worlds in a real mesh, random requests through real proxies, and
 * for each what the rules say it has to get, and why.
 *
 * @module
 */

import type { Answer } from "../../../src/istio/asked.ts";
import type { Client } from "../../../src/istio/client.ts";
import {
  explainRequest,
  type Explanation,
} from "../../../src/istio/explanation.ts";
import type { KubeObject } from "../../../src/istio/types.ts";
import { DEFAULT_MESH, type World, worldOf } from "../../../src/istio/world.ts";
import {
  createMesh,
  type Mesh,
  type MeshAnswer,
} from "../../../src/sandbox/mesh.ts";
import { createStore } from "../../../src/sandbox/store.ts";
import { webhookErrors } from "../../../src/sandbox/webhook.ts";
import type { Api } from "../api.ts";
import type { AccessLogLine } from "../envoy.ts";
import type { Places } from "../places.ts";
import {
  clear,
  forEachWorld,
  IDS,
  PORTS,
  prepare,
  readAll,
  rulesInWords,
  settle,
  write,
} from "./arena.ts";
import { ask, type Case } from "./ask.ts";
import { CLASSES, classesOf } from "./classes.ts";
import { answersTo, toldBy } from "./command.ts";
import { agrees, fateOf, fatesOf } from "./compare.ts";
import { Draw } from "./draw.ts";
import { anyRequest } from "./matches.ts";
import { GATE, type Proxy, sidecar, startProxies } from "./proxies.ts";
import { Shares } from "./shares.ts";
import { trailProblems } from "./trail.ts";
import { anyWorld, type RandomWorld, ruleNamed } from "./worlds.ts";

/** What came of a number of cases. */
export interface Agreement {
  cases: number;
  /** What the rules leave open, where the mesh's settings are known. */
  unknown: number;
  /** What the command leaves open, which does not know them. */
  unknownToCommand: number;
  /** Rules of a trail that were looked at. */
  passed: number;
  /** Objects that istiod took, and that it refused. */
  accepted: number;
  refused: number;
  /** How many cases there were of each kind. */
  readonly classes: Map<string, number>;
  readonly shares: Shares;
  /** In words, with the objects and the request. */
  readonly disagreements: string[];
}

/** Requests of a client to a port, in each world. */
const REQUESTS: Readonly<Record<Client["kind"], Record<number, number>>> = {
  sidecar: { 5000: 14, 6000: 4, 80: 5 },
  gateway: { 80: 14 },
  waypoint: {},
};

/** Batches that are added, at most, until every kind of case has come. */
const MORE = 4;

/** Settings that the mesh of these tests has. */
export const SETTINGS = {
  mesh: {
    ...DEFAULT_MESH,
    outboundTrafficPolicy: "REGISTRY_ONLY",
    repeatedHeaders: "each",
  },
} as const satisfies Partial<World>;

/** Puts that many cases to proxies and rules. */
export async function compareAll(
  of: {
    readonly cases: number;
    /** Times as many requests for each world; a mesh is slow to change. */
    readonly requests: number;
    readonly seed: number;
    readonly api: Api;
  },
  places: Places,
): Promise<Agreement> {
  const { api } = of;
  const draw = new Draw(of.seed);
  const found: Agreement = {
    ...{ cases: 0, unknown: 0, unknownToCommand: 0, passed: 0 },
    ...{ accepted: 0, refused: 0 },
    classes: new Map(),
    shares: new Shares(),
    disagreements: [],
  };
  await using stack = new AsyncDisposableStack();
  await clear(api);
  await prepare(api);
  const proxies = await startProxies(
    [
      [sidecar("default", { app: "client" }), PORTS],
      [sidecar("other", { app: "other" }), PORTS],
      [GATE, [80]],
    ],
    places,
    stack,
  );
  const lacks = () => CLASSES.some((one) => !found.classes.has(one));
  let more = MORE;
  for (
    let batch = 0;
    found.cases < of.cases || (lacks() && more-- > 0);
    batch++
  ) {
    const worlds = IDS.map((id) => anyWorld(draw, id));
    await forEachWorld(worlds, (world) => put(api, world, found));
    await settle(api, `batch ${batch}`, proxies);
    await compareBatch({ ...of, draw, worlds, proxies, found }, places);
    await clear(api);
  }
  return found;
}

/** Creates what istiod takes; the sandbox has to take and refuse the same. */
async function put(
  api: Api,
  { rules }: RandomWorld,
  found: Agreement,
): Promise<void> {
  for (const rule of rules) {
    const written = await write(api, rule);
    if (written.isTaken) found.accepted++;
    else found.refused++;
    const errors = await webhookErrors(rule);
    if ((errors.length === 0) !== written.isTaken) {
      found.disagreements.push(
        `istiod: ${written.isTaken ? "taken" : written.why}; the sandbox: ` +
          `${errors.join(", ") || "taken"}\n${JSON.stringify(rule)}`,
      );
    }
  }
}

/** A case with what is told of it. */
interface Judged extends Case {
  readonly proxy: Proxy;
  readonly explanation: Explanation;
  readonly answer: Answer;
}

async function compareBatch(
  of: {
    readonly draw: Draw;
    readonly worlds: readonly RandomWorld[];
    readonly proxies: readonly Proxy[];
    readonly requests: number;
    readonly api: Api;
    readonly found: Agreement;
  },
  places: Places,
): Promise<void> {
  const { draw, worlds, proxies, found } = of;
  const objects = await readAll(of.api);
  const world = worldOf(objects, SETTINGS);
  using mesh = createMesh(createStore(objects), { world: SETTINGS });
  const cases = proxies.flatMap((proxy) =>
    worlds.flatMap((one) =>
      casesOf(draw, one, { ...proxy, times: of.requests }).map((each) => ({
        ...each,
        proxy,
      }))
    )
  );
  const answers = await answersTo(
    cases.map(({ request, proxy }) => ({ request, client: proxy.client })),
    places,
  );
  const judged = cases.map((one, at): Judged => ({
    ...one,
    explanation: explainRequest(world, one.proxy.client, one.request),
    answer: answers[at]!,
  }));
  const lines = await askAll(judged);
  const problemsOf = (one: Judged) => problems(one, lines.get(one)!, mesh);
  const wrong = judged.filter((one) => problemsOf(one).length > 0);
  if (wrong.length > 0) {
    // What a proxy did not know yet it knows soon; the rest is a defect.
    await new Promise((done) => setTimeout(done, 2000));
    for (const [one, line] of await askAll(wrong)) lines.set(one, line);
  }
  for (const one of judged) {
    const { explanation, answer } = one;
    const line = lines.get(one)!;
    for (
      const problem of [
        ...problemsOf(one),
        ...trailProblems(world, explanation),
      ]
    ) found.disagreements.push(inWords(one, { problem, line, objects }));
    count(found, { explanation, answer, line, world });
  }
}

async function askAll(
  judged: readonly Judged[],
): Promise<Map<Judged, AccessLogLine>> {
  const lines = new Map<Judged, AccessLogLine>();
  for (const [proxy, own] of Map.groupBy(judged, (one) => one.proxy)) {
    const answers = await ask(own, proxy.envoy.accessLog);
    for (const one of own) lines.set(one, answers.get(one.id)!);
  }
  return lines;
}

/** What is told and did not happen. */
function problems(
  { request, explanation, answer, proxy }: Judged,
  line: AccessLogLine,
  mesh: Mesh,
): string[] {
  const told: string[] = [];
  if (explanation.outcome !== "unknown") {
    if (!agrees(explanation, line)) told.push("the explanation is wrong");
    if (!isLike(mesh.send(request, proxy.client), line)) {
      told.push("the simulated mesh does something else");
    }
    const { rule } = explanation;
    if (!isNamed({ ...rule, object: rule?.object.name }, line)) {
      told.push("the explanation names another rule");
    }
  }
  if (answer.outcome !== "unknown") {
    if (!agrees(inThisMesh(answer), line)) told.push("the answer is wrong");
    if (!isNamed({ ...answer, object: answer.object?.split("/")[1] }, line)) {
      told.push("the answer names another rule");
    }
  }
  return told;
}

/**
 * The command takes it that a mesh lets out what nobody knows, as Istio does
 * by default. This one does not, and no resource says so.
 */
function inThisMesh(answer: Answer): ReturnType<typeof toldBy> {
  return answer.outcome === "passthrough"
    ? {
      outcome: "direct",
      routeName: "block_all",
      status: 502,
      destinations: [],
    }
    : toldBy(answer);
}

/** The name in the log says which object's rule took it, and by which match. */
function isNamed(
  told: {
    readonly object?: string | undefined;
    readonly rule?: number;
    readonly match?: number;
  },
  line: AccessLogLine,
): boolean {
  const named = ruleNamed(line.route ?? "");
  if (named === undefined) return true;
  return told.object?.endsWith(`-${named.object}`) === true &&
    told.rule === named.rule &&
    (named.match === undefined || told.match === named.match);
}

/** The simulated mesh draws for itself: status and flag are one of those. */
function isLike(answer: MeshAnswer, line: AccessLogLine): boolean {
  const fates = fatesOf(answer.verdict);
  const is = { code: answer.status, flag: answer.flag ?? "" };
  const seen = fateOf(line);
  return fates.some(({ code, flag }) => code === is.code && flag === is.flag) &&
    (fates.length > 1 || (seen.code === is.code && seen.flag === is.flag));
}

function count(
  found: Agreement,
  of: {
    readonly explanation: Explanation;
    readonly answer: Answer;
    readonly line: AccessLogLine;
    readonly world: World;
  },
): void {
  const { explanation, answer, line, world } = of;
  const seen = fateOf(line);
  found.cases++;
  found.passed += explanation.passed.length;
  if (explanation.outcome === "unknown") found.unknown++;
  if (answer.outcome === "unknown") found.unknownToCommand++;
  for (const one of new Set(classesOf(world, explanation, seen))) {
    found.classes.set(one, (found.classes.get(one) ?? 0) + 1);
  }
  const [first] = explanation.destinations;
  // Which cluster it was to be is not in the log where there is none.
  const isSeen = explanation.destinations.every(({ flag }) => flag !== "NC");
  if (first === undefined || first.fraction === 1 || !isSeen) return;
  const fraction = explanation.destinations
    .filter(({ cluster }) => cluster === first.cluster)
    .reduce((sum, one) => sum + one.fraction, 0);
  if (fraction < 1) found.shares.add(fraction, seen.cluster === first.cluster);
}

function casesOf(
  draw: Draw,
  world: RandomWorld,
  { client, listeners, times }: Proxy & { readonly times: number },
): Case[] {
  const hosts = client.kind === "gateway" ? world.outside : world.authorities;
  return [...listeners].flatMap(([port, listener]) => {
    // One service alone has port 6000, and none has 80.
    const isMeant = (host: string) => {
      if (client.kind === "gateway") return true;
      const isOutside = /\.test(:80)?$/.test(host);
      return port === 6000
        ? /^w[0-9]+b/.test(host)
        : isOutside === (port === 80);
    };
    const authorities = hosts.filter(isMeant);
    const count = times * REQUESTS[client.kind][port]!;
    return draw.list(count, count, (at) => ({
      id: `${world.id}-${port}-${at}`,
      listener,
      request: anyRequest(draw, { authorities, port }),
    }));
  });
}

function inWords(
  { id, request, proxy, explanation, answer }: Judged,
  of: {
    readonly problem: string;
    readonly line: AccessLogLine;
    readonly objects: readonly KubeObject[];
  },
): string {
  const { rule, outcome, why = "", passed } = explanation;
  return [
    `case ${id}, from ${JSON.stringify(proxy.client)}: ${of.problem}`,
    `request ${JSON.stringify(request)}`,
    `Envoy   ${JSON.stringify(fateOf(of.line))}`,
    `rules   ${JSON.stringify(fatesOf(explanation))} ${outcome} ${why}`,
    `rule    ${JSON.stringify(rule)}`,
    `passed  ${JSON.stringify(passed)}`,
    `answer  ${JSON.stringify(answer)}`,
    ...rulesInWords(of.objects, id.split("-")[0]!),
  ].join("\n");
}
