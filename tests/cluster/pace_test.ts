import type { Clock, Cluster } from "../../src/cluster/cluster.ts";
import type { Limits } from "../../src/cluster/call.ts";
import { kubernetesCluster } from "../../src/cluster/connect.ts";
import { Pace } from "../../src/cluster/retry.ts";
import { InterruptedError } from "../../src/errors.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { listOf } from "./fake_server.ts";

Deno.test.each([
  { what: "a burst goes out at once", at: [0, 0, 0], gives: [0, 0, 0] },
  {
    what: "what is more than a burst waits in a line",
    at: [0, 0, 0, 0, 0],
    gives: [0, 0, 0, 100, 200],
  },
  {
    what: "one comes back with its time",
    at: [0, 0, 0, 100, 100],
    gives: [0, 0, 0, 0, 100],
  },
  {
    what: "rest gives back a burst, and no more",
    at: [0, 0, 0, 9000, 9000, 9000, 9000],
    gives: [0, 0, 0, 0, 0, 0, 100],
  },
])("$what", ({ at, gives }) => {
  const pace = new Pace();
  const options = { perSecond: 10, burst: 3 };
  assertEquals(at.map((now) => pace.take(now, options)), gives);
});

Deno.test("whoever has no pace takes nothing from the others", () => {
  const pace = new Pace();
  for (let nth = 0; nth < 100; nth++) {
    assertEquals(pace.take(0, { perSecond: Infinity, burst: 0 }), 0);
  }
  assertEquals(pace.take(0, { perSecond: 1, burst: 1 }), 0);
  assertEquals(pace.take(0, { perSecond: 1, burst: 1 }), 1000);
  assertEquals(pace.take(0, { perSecond: Infinity, burst: 0 }), 0);
});

interface Paced extends AsyncDisposable {
  connect(clock: Clock, limits?: Partial<Limits>): Promise<Cluster>;
}

/** A server, and as many ways to it as wanted. */
function paced(): Paced {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => listOf(["reviews"]),
  );
  const clusters: Cluster[] = [];
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    async connect(clock, limits = {}) {
      const cluster = await kubernetesCluster({
        server: url,
        identity: 'user "tester"',
        target: {
          source: "kubernetes",
          server: url,
          namespace: "default",
          flags: [],
        },
      }, { clock, limits });
      clusters.push(cluster);
      return cluster;
    },
    async [Symbol.asyncDispose]() {
      for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
}

Deno.test("two connections of a process have one pace: 40 at once, then 20 in a second", async () => {
  await using at = paced();
  const clock = new VirtualClock();
  const [one, other] = [await at.connect(clock), await at.connect(clock)];
  for (let nth = 0; nth < 20; nth++) {
    await one.list("VirtualService");
    await other.list("VirtualService");
  }
  assertEquals(clock.slept, []);
  await one.list("VirtualService");
  await other.list("VirtualService");
  assertEquals(clock.slept, [50, 50]);
});

Deno.test("a process whose clock is another has a pace of its own", async () => {
  await using at = paced();
  const clocks = [new VirtualClock(), new VirtualClock()];
  for (const clock of clocks) {
    const cluster = await at.connect(clock, { burst: 1 });
    await cluster.list("VirtualService");
  }
  assertEquals(clocks.map(({ slept }) => slept), [[], []]);
});

Deno.test("holding back costs a call none of its time", async () => {
  await using at = paced();
  const clock = new VirtualClock();
  const cluster = await at.connect(clock, {
    ...{ perSecond: 0.01, burst: 1 },
    ...{ readMs: 5000, attempts: 1 },
  });
  for (let nth = 0; nth < 3; nth++) await cluster.list("VirtualService");
  assertEquals(clock.slept, [100_000, 100_000]);
});

Deno.test("a watch takes its turn, too", async () => {
  await using at = paced();
  const clock = new VirtualClock();
  const cluster = await at.connect(clock, { perSecond: 1, burst: 1 });
  const controller = new AbortController();
  const { signal } = controller;
  // What it lists is one request, what it opens another.
  clock.onSleep = () => controller.abort();
  for await (const _ of cluster.watch("VirtualService", { signal }));
  assertEquals(clock.slept, [1000]);
});

Deno.test("a call that waits for its turn can be interrupted", async () => {
  await using at = paced();
  const clock = new VirtualClock();
  const cluster = await at.connect(clock, { perSecond: 1, burst: 1 });
  await cluster.list("VirtualService");
  const controller = new AbortController();
  clock.onSleep = () => controller.abort();
  await assertRejects(
    () => cluster.list("VirtualService", { signal: controller.signal }),
    InterruptedError,
  );
});
