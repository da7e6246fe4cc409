import { TrafficError } from "../../src/errors.ts";
import type { DestinationRule, VirtualService } from "../../src/istio/types.ts";
import type { Sandbox } from "../../src/sandbox/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { type FaultyServer, startFaultyServer } from "./rig/faulty_server.ts";
import { SERVICE, specsIn, undoAt } from "./rig/shifting.ts";
import { suite } from "./suite.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** What is killed. */
const ARGV = ["shift", SERVICE.name, "-b", "3", "-w", "20"] as const;

suite(
  {
    id: "F25",
    shows:
      "SIGKILL before and after every request of shift: nothing dangles, undo leads back, and the same again leads on",
    command: ARGV.join(" "),
  },
  async (_, report) => {
    const { specs: goal, requests, writes } = await runKilled(undefined);
    for (let at = 1; at <= requests; at++) {
      for (const when of ["first", "then"] as const) {
        await runKilled({ at, when, goal });
        report.note("points", 1);
      }
    }
    assertEquals(writes, 2);
    report.note("writes", writes);
  },
);

interface Kill {
  /** Number of the request. */
  readonly at: number;
  readonly when: "first" | "then";
  /** What the command leads to. */
  readonly goal: unknown;
}

/** Runs a command in a process of its own, and kills it there. */
async function runKilled(kill: Kill | undefined): Promise<
  {
    readonly specs: unknown;
    readonly requests: number;
    readonly writes: number;
  }
> {
  let child: Deno.ChildProcess | undefined;
  let count = 0;
  await using server = await startFaultyServer({
    faultOf: () => {
      if (child === undefined || ++count !== kill?.at) return undefined;
      const victim = child;
      const end = async () => {
        victim.kill("SIGKILL");
        await victim.status;
      };
      return kill.when === "first" ? { first: end } : { then: end };
    },
  });
  const { sandbox } = server;
  const former = specsIn(sandbox);
  const home = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${home}/kubeconfig`,
      JSON.stringify({
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: server.url } }],
        users: [{ name: "u", user: {} }],
      }),
    );
    child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", MAIN, ...ARGV],
        ...["--kubeconfig", `${home}/kubeconfig`],
        ...["--settle", "0s", "--yes", "--confirm", SERVICE.name],
      ],
      env: { HOME: home, NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const { code, signal } = await child.status;
    child = undefined;
    noneDangles(sandbox);
    if (kill === undefined) {
      assertEquals(code, 0);
      return {
        specs: specsIn(sandbox),
        requests: count,
        writes: server.seen.filter(({ isWrite }) => isWrite).length,
      };
    }
    assertEquals(signal, "SIGKILL", `at ${kill.at}, ${kill.when}`);
    await leadsBackAndOn(server, { kill, former, home });
    return { specs: specsIn(sandbox), requests: count, writes: 0 };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** The same command again, from another process, reaches its goal. */
async function leadsBackAndOn(
  server: FaultyServer,
  of: {
    readonly kill: Kill;
    readonly former: unknown;
    readonly home: string;
  },
): Promise<void> {
  const { kill, former, home } = of;
  const where = `at ${kill.at}, ${kill.when}`;
  const { sandbox } = server;
  if (JSON.stringify(specsIn(sandbox)) !== JSON.stringify(former)) {
    await undoAt(server);
    noneDangles(sandbox);
    assertEquals(specsIn(sandbox), former, `undo, killed ${where}`);
  }
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", MAIN, ...ARGV],
      ...["--kubeconfig", `${home}/kubeconfig`],
      ...["--settle", "0s", "--yes", "--confirm", SERVICE.name],
    ],
    env: { HOME: home, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stderr);
  assertEquals(code, 0, `${where}: ${said}`);
  noneDangles(sandbox);
  assertEquals(specsIn(sandbox), kill.goal, `again, killed ${where}`);
}

/** I1: each subset that a route names is there. */
function noneDangles({ store }: Sandbox): void {
  const rules = store.list("DestinationRule") as readonly DestinationRule[];
  for (const service of store.list("VirtualService") as VirtualService[]) {
    for (const rule of service.spec.http ?? []) {
      for (const { destination } of rule.route ?? []) {
        if (destination.subset === undefined) continue;
        const isThere = rules.some(({ spec }) =>
          spec.subsets?.some(({ name }) => name === destination.subset)
        );
        if (!isThere) {
          throw new TrafficError("not-found", `${destination.subset} dangles`);
        }
      }
    }
  }
}
