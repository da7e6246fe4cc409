import type { Cluster } from "../../src/cluster/cluster.ts";
import { kubernetesCluster } from "../../src/cluster/connect.ts";
import {
  ClusterError,
  InterruptedError,
  TrafficError,
} from "../../src/errors.ts";
import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { fake, listOf } from "./fake_server.ts";

const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: "reviews",
} as const;
const CA = await Deno.readTextFile(new URL("./tls/ca.crt", import.meta.url));

interface Silent extends Disposable {
  readonly host: string;
}

/** A port whose queue of connections is full: further ones get no answer. */
async function fullPort(): Promise<Silent> {
  const listener = Deno.listen({
    hostname: "127.0.0.1",
    port: 0,
    tcpBacklog: 1,
  });
  const open = await fill(listener.addr);
  return {
    host: `127.0.0.1:${listener.addr.port}`,
    [Symbol.dispose]() {
      for (const connection of open) connection.close();
      listener.close();
    },
  };
}

/** Connects until nothing takes another connection. */
async function fill(
  { hostname, port }: Deno.NetAddr,
): Promise<readonly Deno.Conn[]> {
  const open: Deno.Conn[] = [];
  try {
    while (true) {
      const signal = AbortSignal.timeout(100);
      open.push(await Deno.connect({ hostname, port, signal }));
    }
  } catch {
    return open;
  }
}

/** Takes connections, and never says a word on them. */
function silentPort(): Promise<Silent> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return Promise.resolve({
    host: `127.0.0.1:${listener.addr.port}`,
    [Symbol.dispose]: () => listener.close(),
  });
}

/** `https` is by node:https here, as for every library with a CA. */
async function clusterAt(server: string): Promise<Cluster> {
  return await kubernetesCluster({
    server,
    identity: 'user "tester"',
    ...(server.startsWith("https:") ? { certificateAuthority: CA } : {}),
    target: { source: "kubernetes", server, namespace: "default", flags: [] },
  }, {
    clock: new VirtualClock(),
    random: () => 0.5,
    limits: { connectMs: 200, readMs: 2000, writeMs: 2000, attempts: 3 },
  });
}

Deno.test.each([
  { what: "http, without room", port: fullPort, scheme: "http" },
  { what: "https, without room", port: fullPort, scheme: "https" },
  { what: "https, without a word", port: silentPort, scheme: "https" },
])(
  "a server that takes no connection is given up early: $what",
  { ignore: Deno.build.os !== "linux" },
  async ({ port, scheme }) => {
    using silent = await port();
    await using cluster = await clusterAt(`${scheme}://${silent.host}`);
    const error = await assertRejects(() => cluster.get(REF), ClusterError);
    assertEquals(error.code, "unreachable");
    assertStringIncludes(
      error.message,
      `no connection to ${silent.host} came about within 0.2 s (2 attempts)`,
    );
  },
);

Deno.test.each([
  // `fetch` does not say whether it had a connection; node:https does.
  { what: "http", port: fullPort, scheme: "http", code: "outcome-unknown" },
  { what: "https", port: fullPort, scheme: "https", code: "unreachable" },
  {
    what: "https, without a word",
    port: silentPort,
    scheme: "https",
    code: "unreachable",
  },
])(
  "a write without a connection is $code: $what",
  { ignore: Deno.build.os !== "linux" },
  async ({ port, scheme, code }) => {
    using silent = await port();
    await using cluster = await clusterAt(`${scheme}://${silent.host}`);
    const { kind, namespace, name } = REF;
    const error = await assertRejects(
      () =>
        cluster.create({
          apiVersion: "networking.istio.io/v1",
          kind,
          metadata: { namespace, name },
        }),
      TrafficError,
    );
    assertEquals(error.code, code);
    assertStringIncludes(error.message, "no connection to");
  },
);

Deno.test("native TLS that is never answered is given up early, too", async () => {
  using silent = await silentPort();
  await using cluster = await kubernetesCluster({
    server: `https://${silent.host}`,
    identity: 'user "tester"',
    target: {
      source: "kubernetes",
      server: `https://${silent.host}`,
      namespace: "default",
      flags: [],
    },
  }, {
    clock: new VirtualClock(),
    limits: { connectMs: 200, readMs: 2000, attempts: 3 },
  });
  const error = await assertRejects(() => cluster.get(REF), ClusterError);
  assertStringIncludes(error.message, "no connection to");
});

Deno.test("an answer may take longer than a connection", async () => {
  await using at = await fake(async () => {
    await new Promise((done) => setTimeout(done, 150));
    return listOf(["reviews"]);
  }, { limits: { connectMs: 20 } });
  const { items } = await at.cluster.list("VirtualService");
  assertEquals(items.length, 1);
  assertEquals(at.seen.length, 1);
});

Deno.test(
  "a server that has answered may have no room for more connections",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    const listener = Deno.listen({
      hostname: "127.0.0.1",
      port: 0,
      tcpBacklog: 1,
    });
    let others: readonly Deno.Conn[] = [];
    const answering = (async () => {
      using connection = await listener.accept();
      const buffer = new Uint8Array(65_536);
      for (const wait of [0, 300]) {
        await connection.read(buffer);
        if (wait > 0) others = await fill(listener.addr);
        await new Promise((done) => setTimeout(done, wait));
        const body = await listOf(["reviews"]).text();
        await connection.write(
          new TextEncoder().encode(
            `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
          ),
        );
      }
      await connection.read(buffer);
    })();
    {
      await using cluster = await clusterAt(
        `http://127.0.0.1:${listener.addr.port}`,
      );
      for (let nth = 0; nth < 2; nth++) {
        const { items } = await cluster.list("VirtualService");
        assertEquals(items.length, 1);
      }
    }
    await answering;
    for (const connection of others) connection.close();
    listener.close();
  },
);

Deno.test("a write that is interrupted before it leaves is not unknown", async () => {
  const controller = new AbortController();
  let asked = 0;
  await using at = await fake(() => listOf([]), {
    access: {
      token: {
        current: () => {
          if (++asked === 2) controller.abort();
          return Promise.resolve("a-token");
        },
        refresh: () => Promise.resolve(false),
      },
    },
  });
  const error = await assertRejects(
    () =>
      at.cluster.patch(REF, [{ op: "add", path: "/a", value: "b" }], {
        signal: controller.signal,
      }),
    InterruptedError,
  );
  assertEquals([error.code, at.seen], ["interrupted", []]);
});
