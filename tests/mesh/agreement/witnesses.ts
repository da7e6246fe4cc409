/**
 * The requests that findings and rows of `diff` come with, through real
 * proxies: before a change, and after it.
 *
 * @module
 */

import type { Client } from "../../../src/istio/client.ts";
import { rulesOf } from "../../../src/istio/delegates.ts";
import type { KubeObject } from "../../../src/istio/types.ts";
import { type World, worldOf } from "../../../src/istio/world.ts";
import { webhookErrors } from "../../../src/sandbox/webhook.ts";
import { changedRules } from "../../istio/differences_worlds.ts";
import type { Api } from "../api.ts";
import type { Places } from "../places.ts";
import { SETTINGS } from "./agreement.ts";
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
import { type Fate, fateOf, fatesOf } from "./compare.ts";
import { Draw } from "./draw.ts";
import { GATE, type Proxy, sidecar, startProxies } from "./proxies.ts";
import { Shares } from "./shares.ts";
import { rowsBetween, type ToldRequest, witnessesIn } from "./told.ts";
import { anyWorld, NAMESPACES } from "./worlds.ts";

/** What came of them. */
export interface Witnessed {
  /** Pairs of worlds. */
  pairs: number;
  /** Requests that were sent. */
  sent: number;
  /** Those that no client can send: a method in lower case. */
  unsendable: number;
  /** Findings and rows, by code and by kind and side. */
  readonly told: Map<string, number>;
  /** How they ended. */
  readonly ends: Map<string, number>;
  readonly shares: Shares;
  /** In words, with the objects and the request. */
  readonly disagreements: string[];
}

/** Requests for each row that tells shares. */
const DRAWS = 12;

/** Age decides: what a change makes is younger than what is there. */
const YOUNGEST = "9999-12-31T23:59:59Z";

interface Pair {
  readonly id: string;
  readonly before: readonly KubeObject[];
  readonly after: readonly KubeObject[];
}

/** A state that something is told of. */
interface State {
  readonly name: string;
  readonly world: World;
  readonly told: readonly ToldRequest[];
}

/** Draws pairs of worlds, puts the first there and then the second, and asks. */
export async function witnessAll(
  of: { readonly pairs: number; readonly seed: number; readonly api: Api },
  places: Places,
): Promise<Witnessed> {
  const { api } = of;
  const draw = new Draw(of.seed);
  const found: Witnessed = {
    ...{ pairs: 0, sent: 0, unsendable: 0 },
    ...{ told: new Map(), ends: new Map() },
    shares: new Shares(),
    disagreements: [],
  };
  await using stack = new AsyncDisposableStack();
  await clear(api);
  await prepare(api);
  const proxies = await startProxies(
    CLIENTS.map((client) => [
      client,
      client.kind === "gateway" ? [80] : PORTS,
    ]),
    places,
    stack,
  );
  for (let round = 0; found.pairs < of.pairs; round++) {
    const pairs = await Promise.all(IDS.map((id) => anyPair(draw, id)));
    await forEachWorld(pairs, async ({ before }) => {
      for (const rule of before) await mustWrite(api, rule);
    });
    await settle(api, `before ${round}`, proxies);
    const objects = await readAll(api);
    const changes = pairs.map((pair) => changeOf(pair, objects));
    await judge(changes.map(({ before }) => before), { proxies, found });
    // The age of what is made now has whole seconds.
    await new Promise((done) => setTimeout(done, 1100));
    await forEachWorld(changes, ({ carryOut }) => carryOut(api));
    await settle(api, `after ${round}`, proxies);
    await judge(changes.map(({ after }) => after), { proxies, found });
    found.pairs += pairs.length;
    await clear(api);
  }
  return found;
}

/** Those that the generated rules tell apart. */
const CLIENTS: readonly Client[] = [{}, { app: "client" }, { app: "other" }]
  .flatMap((labels) => [
    ...NAMESPACES.map((namespace) => sidecar(namespace, labels)),
    { ...GATE, labels: { ...GATE.labels, ...labels } },
  ]);

/** Rules that istiod takes; now and then the change makes one of them. */
async function anyPair(draw: Draw, id: string): Promise<Pair> {
  const drawn = anyWorld(draw, id);
  const changed = changedRules(draw, drawn);
  const made = draw.chance(30) ? draw.one(drawn.rules) : undefined;
  const before = await taken(drawn.rules.filter((rule) => rule !== made));
  const after = await taken(changed, before);
  return { id, before, after };
}

/** Those that are not refused; what is refused stays as it was. */
async function taken(
  rules: readonly KubeObject[],
  former: readonly KubeObject[] = [],
): Promise<KubeObject[]> {
  const found = await Promise.all(rules.map(async (rule) => {
    const errors = await webhookErrors(rule);
    if (errors.length === 0) return [rule];
    return former.filter((one) => keyOf(one) === keyOf(rule));
  }));
  return found.flat();
}

async function mustWrite(
  api: Api,
  object: KubeObject,
  verb: "POST" | "PUT" = "POST",
): Promise<void> {
  const written = await write(api, object, verb);
  if (!written.isTaken) {
    throw new Error(`${written.why}: ${JSON.stringify(object)}`);
  }
}

/** A pair as it is in the mesh: both states, and the way between them. */
function changeOf(
  { id, before, after }: Pair,
  objects: readonly KubeObject[],
): {
  readonly before: State;
  readonly after: State;
  readonly carryOut: (api: Api) => Promise<void>;
} {
  const there = new Map(objects.map((one) => [keyOf(one), one]));
  const kept = new Set(after.map(keyOf));
  const gone = before.filter((one) => !kept.has(keyOf(one)));
  const planned = after.map((one): KubeObject => {
    const former = there.get(keyOf(one));
    return former === undefined
      ? {
        ...one,
        metadata: { ...one.metadata, creationTimestamp: YOUNGEST },
      }
      : { ...former, spec: one["spec"] };
  });
  const shared = objects.filter((one) => isShared(one, id));
  const worlds = [before.map((one) => there.get(keyOf(one))!), planned]
    .map((rules) => worldOf([...shared, ...rules], SETTINGS)) as [World, World];
  const rows = rowsBetween(...worlds);
  const [one, other] = worlds;
  return {
    before: {
      name: `${id} before`,
      world: one,
      told: [...witnessesIn(one), ...rows.map(([told]) => told)],
    },
    after: {
      name: `${id} after`,
      world: other,
      told: rows.map(([, told]) => told),
    },
    carryOut: async (api) => {
      await api.delete(...gone);
      for (const [at, rule] of planned.entries()) {
        if (there.has(keyOf(rule))) await mustWrite(api, rule, "PUT");
        else await mustWrite(api, after[at]!);
      }
    },
  };
}

/** Its services, and what all worlds stand on; only namespaces with a proxy. */
function isShared({ kind, metadata }: KubeObject, id: string): boolean {
  switch (kind) {
    case "Namespace":
      return (NAMESPACES as readonly string[]).includes(metadata.name);
    case "Service":
      return metadata.name === "marker" ||
        new RegExp(`^${id}[a-z]$`).test(metadata.name);
    case "VirtualService":
    case "DestinationRule":
      return false;
    default:
      return true;
  }
}

/** A told request, and how often it is sent. */
interface Asked {
  readonly state: State;
  readonly told: ToldRequest;
  readonly cases: readonly Case[];
}

async function judge(
  states: readonly State[],
  of: { readonly proxies: readonly Proxy[]; readonly found: Witnessed },
): Promise<void> {
  const { proxies, found } = of;
  for (const proxy of proxies) {
    const asked = states.flatMap((state) =>
      state.told.flatMap((told, at): Asked[] => {
        if (keyOfClient(told.client) !== keyOfClient(proxy.client)) return [];
        if (told.request.method !== told.request.method.toUpperCase()) {
          found.unsendable++;
          return [];
        }
        return [{ state, told, cases: casesOf(told, { state, at, proxy }) }];
      })
    );
    let lines = await ask(asked.flatMap(({ cases }) => cases), log(proxy));
    const seenBy = ({ cases }: Asked) =>
      cases.map(({ id }) => fateOf(lines.get(id)!));
    const wrong = asked.filter((one) => problem(one, seenBy(one)));
    if (wrong.length > 0) {
      // What a proxy did not know yet it knows soon; the rest is a defect.
      await new Promise((done) => setTimeout(done, 2000));
      const again = await ask(
        wrong.flatMap(({ cases }) => cases),
        log(proxy),
      );
      lines = new Map([...lines, ...again]);
    }
    for (const one of asked) count(found, one, seenBy(one));
  }
  const known = new Set(proxies.map(({ client }) => keyOfClient(client)));
  for (const { client, by } of states.flatMap(({ told }) => told)) {
    if (known.has(keyOfClient(client))) continue;
    found.disagreements.push(`no proxy for ${by}: ${JSON.stringify(client)}`);
  }
}

function log(proxy: Proxy): string {
  return proxy.envoy.accessLog;
}

function casesOf(
  { request, says }: ToldRequest,
  of: { readonly state: State; readonly at: number; readonly proxy: Proxy },
): Case[] {
  const times = (says.destinations?.length ?? 1) > 1 ? DRAWS : 1;
  const listener = of.proxy.listeners.get(request.port);
  if (listener === undefined) throw new Error(`no listener: ${request.port}`);
  return Array.from({ length: times }, (_, nth) => ({
    id: `${of.state.name.replace(" ", "-")}-${of.at}-${nth}`,
    listener,
    request,
  }));
}

function count(found: Witnessed, asked: Asked, seen: readonly Fate[]): void {
  const { state, told } = asked;
  const { destinations = [] } = told.says;
  const add = (map: Map<string, number>, key: string) =>
    map.set(key, (map.get(key) ?? 0) + 1);
  found.sent += seen.length;
  add(found.told, `${told.by} ${state.name.split(" ")[1]}`);
  const [first] = destinations;
  for (const { flag, code, cluster } of seen) {
    add(found.ends, flag || `${code}`);
    if (first === undefined || first.percent === 100) continue;
    // Which cluster it was to be is not in the log where there is none.
    if (destinations.some((one) => one.flag === "NC")) continue;
    found.shares.add(first.percent / 100, cluster === first.cluster);
  }
  const wrong = problem(asked, seen);
  if (wrong === undefined) return;
  found.disagreements.push([
    `${state.name}, ${told.by}, from ${JSON.stringify(told.client)}: ${wrong}`,
    `request ${JSON.stringify(told.request)}`,
    `told    ${JSON.stringify(told.says)}`,
    `Envoy   ${JSON.stringify(seen)}`,
    ...rulesInWords(
      [...state.world.virtualServices, ...state.world.destinationRules],
      state.name.split(" ")[0]!,
    ),
  ].join("\n"));
}

/** What is said and did not happen. */
function problem(
  { told, state }: Asked,
  seen: readonly Fate[],
): string | undefined {
  for (const fate of seen) {
    if (!isAsSaid(told, fate)) return `it got ${JSON.stringify(fate)}`;
    if (!isByTheRule(state.world, told, fate)) {
      return `route "${fate.route}" takes it`;
    }
  }
  return undefined;
}

function isAsSaid({ says }: ToldRequest, seen: Fate): boolean {
  const { outcome, status, destinations } = says;
  if (destinations === undefined && outcome === "route") {
    return ["", "NC", "UH"].includes(seen.flag) && seen.cluster !== "" ||
      seen.flag === "NC";
  }
  return fatesOf({
    outcome,
    ...(status === undefined ? {} : { status }),
    destinations: (destinations ?? []).map((one) => ({
      ...one,
      ...{ weight: 1, fraction: one.percent / 100 },
    })),
  }).some(({ code, flag, cluster }) =>
    code === seen.code && flag === seen.flag && cluster === seen.cluster
  );
}

/** Envoy logs a rule by its name, that of a delegate behind its root's. */
function isByTheRule(
  world: World,
  { says: { rule, outcome } }: ToldRequest,
  { route }: Fate,
): boolean {
  if (rule === undefined) {
    return outcome === "no-route" ? route === "" : true;
  }
  const object = world.virtualServices.find(({ metadata }) =>
    metadata.name === rule.name && metadata.namespace === rule.namespace
  );
  const { name = "" } = object === undefined
    ? {}
    : rulesOf(object)[rule.rule] ?? {};
  const [logged = ""] = route.split(".");
  return logged === name ||
    object?.spec.hosts === undefined && logged.endsWith(`-${name}`);
}

function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

function keyOfClient({ kind, namespace, labels }: Client): string {
  return JSON.stringify([kind, namespace, Object.entries(labels).sort()]);
}
