import { kubernetesCluster } from "../../src/cluster/connect.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { suite } from "../fault/suite.ts";
import { NTH, SENT } from "./rig/busy_server.ts";

const OBJECTS = 5000;
const PER_SECOND = 200;
const IS_NIGHTLY = Deno.env.get("ISTIOPS_SEEDS") !== undefined;
const SECONDS = Number(
  Deno.env.get("ISTIOPS_SECONDS") ?? (IS_NIGHTLY ? 1800 : 20),
);
const EVENTS = PER_SECOND * SECONDS;
const SERVER = new URL("./rig/busy_server.ts", import.meta.url).pathname;

suite(
  {
    id: "L6",
    shows:
      "5,000 objects are watched, 200 of them change a second: each change is told once and in order, over at most 4 connections",
    command: "watch",
  },
  async (_, report) => {
    await using server = await startBusyServer();
    const { url } = server;
    await using cluster = await kubernetesCluster({
      server: url,
      identity: "watcher",
      target: {
        ...{ source: "custom", server: url, namespace: "default", flags: [] },
      },
    });
    const lags: number[] = [];
    let sockets = 0;
    let settled = 0;
    let syncs = 0;
    for await (const event of cluster.watch("VirtualService")) {
      if (event.type === "SYNC") {
        syncs++;
        assertEquals(event.items.length, OBJECTS);
        await server.begin();
        continue;
      }
      const { nth, sent } = marksOf(event.object);
      // Neither missed, nor doubled, nor out of order.
      assertEquals([event.type, nth], ["MODIFIED", lags.length + 1]);
      lags.push(Date.now() - sent);
      if (nth % PER_SECOND === 0) {
        sockets = Math.max(sockets, await socketsTo(Number(new URL(url).port)));
      }
      // What a run of some seconds needs is there by then.
      if (nth === Math.ceil(EVENTS / 4)) settled = Deno.memoryUsage().rss;
      if (nth === EVENTS) break;
    }
    const growth = Deno.memoryUsage().rss / settled - 1;
    assertEquals(syncs, 1);
    assert(sockets <= 4, `${sockets} connections`);
    if (IS_NIGHTLY) assert(growth < 0.1, `grew by ${growth * 100} %`);
    lags.sort((one, other) => one - other);
    report.note("events", lags.length);
    report.note("ms at p50", lags[Math.floor(EVENTS * 0.5)]!);
    report.note("ms at p99", lags[Math.floor(EVENTS * 0.99)]!);
    report.note("% more memory than at a quarter", Math.round(growth * 100));
    report.note("connections", sockets);
  },
);

function marksOf({ metadata: { annotations = {} } }: KubeObject) {
  return { nth: Number(annotations[NTH]), sent: Number(annotations[SENT]) };
}

/** Connections of this machine to a port; 0 where it does not tell. */
async function socketsTo(port: number): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  try {
    const table = await Deno.readTextFile("/proc/net/tcp");
    // Remote address, then 01 for a connection that stands.
    const here = new RegExp(`^ *\\d+: \\S+ [0-9A-F]+:${hex} 01 `, "gm");
    return table.match(here)?.length ?? 0;
  } catch {
    return 0;
  }
}

async function startBusyServer() {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", SERVER],
      ...[OBJECTS, PER_SECOND, SECONDS].map(String),
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: url = "" } = await lines.read();
  const writer = child.stdin.getWriter();
  return {
    url: url.trim(),
    begin: () => writer.write(new TextEncoder().encode("go\n")),
    async [Symbol.asyncDispose]() {
      await lines.cancel();
      await writer.close();
      child.kill("SIGKILL");
      await child.status;
    },
  };
}
