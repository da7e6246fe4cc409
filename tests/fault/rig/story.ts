/**
 * Commands of every sort, in an order in which each changes something, and
 * the service whose traffic they change.
 *
 * @module
 */

import { loadPlan, planFromFile } from "../../../src/actions/apply.ts";
import { planClearOn } from "../../../src/actions/clear.ts";
import type { RunContext } from "../../../src/actions/context.ts";
import { planShiftOn } from "../../../src/actions/shift.ts";
import { planUndoOn } from "../../../src/actions/undo.ts";
import type { KubeObject } from "../../../src/istio/types.ts";
import { requestTo } from "../../../src/sandbox/mesh.ts";
import type { Sandbox } from "../../../src/sandbox/mod.ts";
import type { ClearIntent, ShiftIntent } from "../../../src/traffic/intents.ts";
import type { TrafficPlan } from "../../../src/traffic/types.ts";
import { routing, service } from "../../mesh/town.ts";
import type { Draw } from "../suite.ts";
import type { Sort } from "./proxies.ts";
import { HOST, namesOf, severalObjects } from "./several.ts";

const NAMES = namesOf(2);

/** A service without a DestinationRule, and its VirtualService. */
const BARE = "bare";

/** A build whose pods go and come back. */
const MORTAL = "3";

/** Requests to each name, with the header of previews and without. */
export const SORTS: readonly Sort[] = [
  ...NAMES.flatMap((name) => [
    { name, request: requestTo(`http://${name}:5000/`) },
    ...["1", "2"].map((cid) => ({
      name: `${name} x-cid=${cid}`,
      request: requestTo(`http://${name}:5000/`, { "x-cid": cid }),
    })),
  ]),
  { name: BARE, request: requestTo(`http://${BARE}:5000/`) },
];

/** What there is at first. */
export function storyObjects(): KubeObject[] {
  const [, routes] = routing(BARE, 1);
  const destination = { host: BARE, port: { number: 5000 } };
  return [
    ...severalObjects(NAMES),
    ...service(BARE, { builds: [1, 2], pods: 2 }),
    {
      ...routes!,
      spec: { hosts: [BARE], http: [{ route: [{ destination }] }] },
    },
  ];
}

/** How a command is planned. */
export interface Command {
  readonly name: string;
  /** VirtualServices that it changes. */
  readonly on: readonly string[];
  readonly verb: "shift" | "clear" | "undo" | "redo";
  /** `again`: the same stopped half way just now. */
  readonly plan: (
    at: { readonly sandbox: Sandbox; readonly run: RunContext },
    again: boolean,
  ) => Promise<TrafficPlan>;
}

/** In this order each of them changes something. */
export function commandsOf(draw: Draw): readonly (Command | "pods")[] {
  const { integer } = draw;
  const cid = (value: string) =>
    [{ name: "x-cid", kind: "exact", value }] as const;
  const low = integer(1, 49);
  return [
    shift("a share for a new subset", { build: "2", weight: low }),
    shift("a share for a subset", { build: "2", weight: integer(50, 99) }),
    shift("-H", { build: MORTAL, headers: cid("1") }),
    shift("--split", {
      split: [
        { build: "1", percent: 90 - low },
        { build: "2", percent: low },
        { build: MORTAL, percent: 10 },
      ],
    }),
    shift("-H with -w", { build: "2", weight: 50, headers: cid("2") }),
    shift("-w 0", { build: MORTAL, weight: 0 }),
    clear("clear -b", { build: MORTAL }),
    saved(shift("a share", { build: MORTAL, weight: integer(1, 40) })),
    shift("-w 0", { build: MORTAL, weight: 0 }),
    "pods",
    clear("clear -m soft", {}),
    "pods",
    shift("-w 100", { build: "2", weight: 100 }),
    shift("-H", { build: MORTAL, headers: cid("1") }),
    clear("clear -m hard", { mode: "hard" }),
    bare("--create", { weight: low, baseBuild: "1", create: true }),
    bare("-w 100", { weight: 100 }),
  ];
}

/** Takes the newest change back, or that operation, or all down to it. */
export function back(
  verb: "undo" | "redo",
  { name, on }: Command,
  of: {
    readonly operation?: string | undefined;
    readonly to?: string | undefined;
    /** By all names; by one otherwise, since the others belong to it. */
    readonly isByAll?: boolean;
  } = {},
): Command {
  const { operation, to, isByAll = false } = of;
  return {
    ...{ name: `${verb} of ${name}`, on, verb },
    plan: ({ sandbox, run }) =>
      planUndoOn(sandbox.cluster, {
        ...{
          verb,
          namespace: "default",
          names: isByAll ? on : on.slice(0, 1),
        },
        ...(operation === undefined ? {} : { operation }),
        ...(to === undefined ? {} : { to }),
      }, run),
  };
}

/** Pods of one build go, where no request goes, or come back. */
export function movePods({ store }: Sandbox): void {
  const pods = service(HOST, { builds: [Number(MORTAL)], pods: 2 })
    .filter(({ kind }) => kind === "Pod");
  for (const pod of pods) {
    const { name, namespace = "" } = pod.metadata;
    const ref = { kind: "Pod", namespace, name };
    if (store.get(ref) === undefined) store.put(pod);
    else store.delete(ref);
  }
}

function shift(name: string, intent: Partial<ShiftIntent>): Command {
  return {
    ...{ name, on: NAMES, verb: "shift" },
    plan: ({ sandbox, run }, again) =>
      planShiftOn(sandbox.cluster, {
        namespace: "default",
        names: NAMES,
        destination: { host: HOST, port: 5000 },
        ...intent,
        // What stopped half way leaves shares that differ (4.3).
        ...(again ? { allRoutes: true } : {}),
      }, run),
  };
}

function bare(name: string, intent: Partial<ShiftIntent>): Command {
  return {
    ...shift(name, {
      names: [BARE],
      destination: { host: BARE, port: 5000 },
      build: "2",
      ...intent,
    }),
    on: [BARE],
  };
}

function clear(name: string, intent: Partial<ClearIntent>): Command {
  return {
    ...{ name, on: NAMES, verb: "clear" },
    plan: ({ sandbox, run }) =>
      planClearOn(sandbox.cluster, {
        ...{ namespace: "default", mode: "soft", names: NAMES },
        ...intent,
      }, run),
  };
}

/** By way of a file. */
function saved(command: Command): Command {
  return {
    ...command,
    name: `apply of ${command.name}`,
    plan: async (at, again) => {
      const plan = await command.plan(at, again);
      const { cluster } = at.sandbox;
      return await planFromFile(
        cluster,
        loadPlan(JSON.stringify(plan)),
        at.run,
      );
    },
  };
}
