import { planClearOn } from "../../src/actions/clear.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { planUndoOn } from "../../src/actions/undo.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import type { TrafficPlan } from "../../src/traffic/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  type Asked,
  type FaultyServer,
  startFaultyServer,
} from "./rig/faulty_server.ts";
import {
  noneDangles,
  planAt,
  runAt,
  SERVICE,
  specsIn,
} from "./rig/shifting.ts";
import { namesOf, severalObjects } from "./rig/several.ts";
import { suite } from "./suite.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Each request is a point to be killed at; else each write. */
const IS_NIGHTLY = Deno.env.get("ISTIOPS_SEEDS") !== undefined;

/** VirtualServices whose traffic is changed together. */
interface Place {
  readonly names: readonly string[];
  /** The demo world by default. */
  readonly objects?: readonly KubeObject[];
}

const ALONE: Place = { names: [SERVICE.name] };

function several(count: number): Place {
  const names = namesOf(count);
  return { names, objects: severalObjects(names) };
}

/** How a command is planned in this process. */
type Planning = (server: FaultyServer, place: Place) => Promise<TrafficPlan>;

// What stopped half way leaves shares that differ (4.3).
const shift: Planning = (server, { names }) =>
  planAt(server, { names, allRoutes: true });
const lower: Planning = (server, { names }) =>
  planAt(server, { names, allRoutes: true, weight: 0 });
const clear: Planning = ({ cluster, clock }, { names }) =>
  planClearOn(
    cluster,
    { namespace: "default", names, mode: "soft", build: "3" },
    runAt(clock),
  );
const undo: Planning = (server, place) => planBack("undo", server, place);
const redo: Planning = (server, place) => planBack("redo", server, place);

/** By one name: the others belong to it. */
function planBack(
  verb: "undo" | "redo",
  { cluster, clock }: FaultyServer,
  { names }: Place,
): Promise<TrafficPlan> {
  const intent = { verb, namespace: "default", names: names.slice(0, 1) };
  return planUndoOn(cluster, intent, runAt(clock));
}

interface Killed {
  readonly place: Place;
  /** What was done before. */
  readonly after: readonly Planning[];
  /** What is killed: planned so in this process, and what leads back. */
  readonly verb: Planning;
  readonly back: Planning;
  readonly writes: number;
}

const KILLED: readonly Killed[] = [
  { place: ALONE, after: [], verb: shift, back: undo, writes: 2 },
  { place: ALONE, after: [shift, lower], verb: clear, back: undo, writes: 2 },
  { place: ALONE, after: [shift], verb: undo, back: redo, writes: 2 },
  {
    place: ALONE,
    after: [shift, lower, clear],
    verb: undo,
    back: redo,
    writes: 2,
  },
  { place: ALONE, after: [shift, undo], verb: redo, back: undo, writes: 2 },
  { place: several(3), after: [], verb: shift, back: undo, writes: 4 },
  {
    place: several(3),
    after: [shift, lower],
    verb: clear,
    back: undo,
    writes: 4,
  },
  { place: several(3), after: [shift], verb: undo, back: redo, writes: 4 },
  // Weights alone: no DestinationRule tells how far it came.
  {
    place: several(3),
    after: [shift, lower],
    verb: undo,
    back: redo,
    writes: 3,
  },
  { place: several(5), after: [], verb: shift, back: undo, writes: 6 },
];

/** The words of the command line for it. */
function argvOf({ verb, place: { names } }: Killed): readonly string[] {
  switch (verb) {
    case shift:
      return ["shift", ...names, "-b", "3", "-w", "20"];
    case clear:
      return ["clear", ...names, "-b", "3"];
    default:
      return [verb.name, names[0]!];
  }
}

for (const killed of KILLED) {
  const { verb, place, after, writes } = killed;
  const before = after.map(({ name }) => name).join(", ");
  suite(
    {
      id: "F25",
      shows: `SIGKILL of ${verb.name}${
        before === "" ? "" : ` after ${before}`
      } (${writes} writes), before and after each write: nothing dangles, and going on and going back both reach their goals`,
      command: [
        ...argvOf({ ...killed, place: { names: place.names.slice(0, 1) } }),
      ].join(" "),
    },
    async (_, report) => {
      const whole = await run(killed);
      assertEquals(whole.writes.length, writes);
      // Nothing is written before the last read but one, so that one of
      // these points stands for all of them.
      const [first = 0] = whole.writes;
      const requests = IS_NIGHTLY
        ? Array.from(
          { length: whole.requests - first + 2 },
          (_, at) => first - 1 + at,
        )
        : whole.writes;
      for (const at of requests) {
        await Promise.all((["first", "then"] as const).map(async (when) => {
          await run(killed, { at, when, goal: whole.goal });
          report.note("points", 1);
        }));
      }
      // The end, which nobody has to kill.
      report.note("points", 1);
    },
  );
}

interface Kill {
  /** Number of the request. */
  readonly at: number;
  readonly when: "first" | "then";
  /** What the command leads to. */
  readonly goal: unknown;
}

/** What became of the command, and of the mesh. */
interface Ran {
  readonly goal: unknown;
  readonly requests: number;
  /** Which of the requests wrote, from 1. */
  readonly writes: readonly number[];
}

/** Runs the command in a process of its own, and kills it there. */
async function run(killed: Killed, kill?: Kill): Promise<Ran> {
  const { place, after, verb, back } = killed;
  let child: Deno.ChildProcess | undefined;
  const asked: Asked[] = [];
  await using server = await startFaultyServer({
    ...(place.objects === undefined ? {} : { objects: place.objects }),
    faultOf: (request) => {
      if (child === undefined) return undefined;
      asked.push(request);
      if (asked.length !== kill?.at) return undefined;
      const victim = child;
      const end = async () => {
        victim.kill("SIGKILL");
        await victim.status;
      };
      return kill.when === "first" ? { first: end } : { then: end };
    },
  });
  const { sandbox, clock } = server;
  const walk = async (planning: Planning) => {
    const plan = await planning(server, place);
    await executePlan(server.cluster, plan, { clock });
    noneDangles(sandbox);
    return plan.changed;
  };
  for (const planning of after) await walk(planning);
  const former = specsIn(sandbox);
  const home = await Deno.makeTempDir();
  try {
    child = await start(killed, { home, url: server.url });
    const { code, signal } = await child.status;
    child = undefined;
    noneDangles(sandbox);
    if (kill === undefined) assertEquals(code, 0);
    else {
      const where = `killed at ${kill.at} of ${verb.name}, ${kill.when}`;
      assertEquals(signal, "SIGKILL", where);
      const here = sandbox.store.dump();
      const isBegun = !isSame(specsIn(sandbox), former);
      const isOver = isSame(specsIn(sandbox), kill.goal);
      if (isBegun) await walk(back);
      assertEquals(specsIn(sandbox), former, `${where}, back`);
      sandbox.store.load(here);
      if (!isOver) assert(await walk(verb));
      assertEquals(specsIn(sandbox), kill.goal, `${where}, on`);
    }
    return {
      goal: specsIn(sandbox),
      requests: asked.length,
      writes: asked.flatMap(({ isWrite }, at) => isWrite ? [at + 1] : []),
    };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function start(
  killed: Killed,
  at: { readonly home: string; readonly url: string },
): Promise<Deno.ChildProcess> {
  const kubeconfig = `${at.home}/kubeconfig`;
  await Deno.writeTextFile(
    kubeconfig,
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: at.url } }],
      users: [{ name: "u", user: {} }],
    }),
  );
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", MAIN, ...argvOf(killed)],
      ...["--kubeconfig", kubeconfig, "--settle", "0s", "--yes"],
    ],
    env: { HOME: at.home, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

const isSame = (one: unknown, other: unknown) =>
  JSON.stringify(one) === JSON.stringify(other);
