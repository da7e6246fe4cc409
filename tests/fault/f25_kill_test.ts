import { planClearOn } from "../../src/actions/clear.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { planUndoOn } from "../../src/actions/undo.ts";
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
import { suite } from "./suite.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const TARGET = { namespace: "default", names: [SERVICE.name] };

/** How a command is planned in this process. */
type Planning = (server: FaultyServer) => Promise<TrafficPlan>;

const shift: Planning = (server) => planAt(server);
const lower: Planning = (server) => planAt(server, { weight: 0 });
const clear: Planning = ({ cluster, clock }) =>
  planClearOn(cluster, { ...TARGET, mode: "soft", build: "3" }, runAt(clock));
const undo: Planning = ({ cluster, clock }) =>
  planUndoOn(cluster, { ...TARGET, verb: "undo" }, runAt(clock));
const redo: Planning = ({ cluster, clock }) =>
  planUndoOn(cluster, { ...TARGET, verb: "redo" }, runAt(clock));

interface Killed {
  /** What was done before. */
  readonly after: readonly Planning[];
  /** What is killed. */
  readonly argv: readonly string[];
  /** Leads on from any point, and back. */
  readonly on: Planning;
  readonly back: Planning;
}

const KILLED: readonly Killed[] = [
  {
    after: [],
    argv: ["shift", SERVICE.name, "-b", "3", "-w", "20"],
    on: shift,
    back: undo,
  },
  {
    after: [shift, lower],
    argv: ["clear", SERVICE.name, "-b", "3"],
    on: clear,
    back: undo,
  },
  { after: [shift], argv: ["undo", SERVICE.name], on: undo, back: redo },
  {
    after: [shift, lower, clear],
    argv: ["undo", SERVICE.name],
    on: undo,
    back: redo,
  },
  { after: [shift, undo], argv: ["redo", SERVICE.name], on: redo, back: undo },
];

for (const killed of KILLED) {
  const [verb] = killed.argv;
  const before = killed.after.map((planning) => planning.name).join(", ");
  suite(
    {
      id: "F25",
      shows: `SIGKILL of ${verb}${
        before === "" ? "" : ` after ${before}`
      }, before and after each request: nothing dangles, and going on and going back both reach their goals`,
      command: killed.argv.join(" "),
    },
    async (_, report) => {
      const { goal, firstWrite, requests, writes } = await run(killed);
      assertEquals(writes, 2);
      report.note("writes", writes);
      // Nothing is written before the last read but one, so that one of
      // these points stands for all of them.
      for (let at = firstWrite - 1; at <= requests; at++) {
        for (const when of ["first", "then"] as const) {
          await run(killed, { at, when, goal });
          report.note("points", 1);
        }
      }
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

/** Runs the command in a process of its own, and kills it there. */
async function run({ after, argv, on, back }: Killed, kill?: Kill): Promise<
  {
    readonly goal: unknown;
    readonly firstWrite: number;
    readonly requests: number;
    readonly writes: number;
  }
> {
  let child: Deno.ChildProcess | undefined;
  const asked: Asked[] = [];
  await using server = await startFaultyServer({
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
    const plan = await planning(server);
    await executePlan(server.cluster, plan, { clock });
    noneDangles(sandbox);
    return plan.changed;
  };
  for (const planning of after) await walk(planning);
  const former = specsIn(sandbox);
  const home = await Deno.makeTempDir();
  try {
    child = await start(argv, { home, url: server.url });
    const { code, signal } = await child.status;
    child = undefined;
    noneDangles(sandbox);
    if (kill === undefined) assertEquals(code, 0);
    else {
      const where = `killed at ${kill.at} of ${argv[0]}, ${kill.when}`;
      assertEquals(signal, "SIGKILL", where);
      const here = sandbox.store.dump();
      const isBegun = !isSame(specsIn(sandbox), former);
      const isOver = isSame(specsIn(sandbox), kill.goal);
      if (isBegun) await walk(back);
      assertEquals(specsIn(sandbox), former, `${where}, back`);
      sandbox.store.load(here);
      if (!isOver) assert(await walk(on));
      assertEquals(specsIn(sandbox), kill.goal, `${where}, on`);
    }
    const isWrite = (request: Asked) => request.isWrite;
    return {
      goal: specsIn(sandbox),
      firstWrite: asked.findIndex(isWrite) + 1,
      requests: asked.length,
      writes: asked.filter(isWrite).length,
    };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function start(
  argv: readonly string[],
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
      ...["run", "-A", "--quiet", MAIN, ...argv],
      ...["--kubeconfig", kubeconfig],
      ...["--settle", "0s", "--yes", "--confirm", SERVICE.name],
    ],
    env: { HOME: at.home, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

const isSame = (one: unknown, other: unknown) =>
  JSON.stringify(one) === JSON.stringify(other);
