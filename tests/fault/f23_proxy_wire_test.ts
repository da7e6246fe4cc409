import { kubernetesCluster } from "../../src/cluster/connect.ts";
import type { Access } from "../../src/cluster/access.ts";
import { ClusterError } from "../../src/errors.ts";
import { listOf } from "../cluster/fake_server.ts";
import {
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { suite } from "./suite.ts";

const tls = (name: string): string =>
  Deno.readTextFileSync(new URL(`../cluster/tls/${name}`, import.meta.url));

/** How a proxy behaves after CONNECT. */
type Manner = "works" | "wants a password" | "refuses" | "drops" | "garbage";

interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** What it was asked for: the CONNECT lines. */
  readonly asked: string[];
}

/** A proxy on loopback. */
function startProxy(manner: Manner): Proxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: string[] = [];
  const open = new Set<Deno.Conn>();
  const work: Promise<void>[] = [];
  const serve = async (client: Deno.TcpConn): Promise<void> => {
    open.add(client);
    const head = await headOf(client);
    const [line = ""] = head.split("\r\n");
    asked.push(line);
    const say = (text: string) =>
      client.write(new TextEncoder().encode(`${text}\r\n\r\n`));
    if (manner === "garbage") return void await say("hello");
    if (manner === "drops") {
      await say("HTTP/1.1 200 OK");
      return client.close();
    }
    if (manner === "refuses") {
      await say("HTTP/1.1 403 Forbidden\r\ncontent-length: 0");
      return client.close();
    }
    const isKnown = /proxy-authorization: basic dXNlcjpwYXNz\r\n/i.test(head);
    if (manner === "wants a password" && !isKnown) {
      await say(
        "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0",
      );
      return client.close();
    }
    const [, hostname = "", port = ""] = /^CONNECT (\S+):(\d+)/.exec(line) ??
      [];
    const server = await Deno.connect({ hostname, port: Number(port) });
    open.add(server);
    await say("HTTP/1.1 200 OK");
    await Promise.all([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  };
  const accepting = (async () => {
    for await (const client of listener) {
      work.push(serve(client).catch(() => {}));
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // Its streams have closed it.
        }
      }
      await Promise.all(work);
    },
  };
}

async function headOf(connection: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const read = await connection.read(buffer);
    if (read === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, read));
  }
  return text;
}

const LIST_ONCE = new URL("../cluster/list_once.ts", import.meta.url).pathname;

/** A server with one VirtualService. */
function serveTls(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: tls("server.crt"),
    key: tls("server.key"),
    onListen() {},
  }, () => listOf(["reviews"]));
}

/** Lists over TLS, natively as the program does or by node:https. */
async function listThrough(
  proxy: Access["proxy"],
  more: Partial<Access> = {},
): Promise<number> {
  await using server = serveTls();
  const url = `https://127.0.0.1:${server.addr.port}`;
  const { skipTlsVerify } = more;
  await using cluster = await kubernetesCluster({
    server: url,
    identity: 'user "tester"',
    certificateAuthority: tls("ca.crt"),
    ...(proxy === undefined ? {} : { proxy }),
    target: {
      source: "kubernetes",
      server: url,
      namespace: "default",
      flags: [],
    },
    ...more,
  }, {
    clock: new VirtualClock(),
    random: () => 0.5,
    isolateRoots: skipTlsVerify !== true,
  });
  const { items } = await cluster.list("VirtualService");
  return items.length;
}

const WAYS: readonly (readonly [string, Partial<Access>])[] = [
  ["native", {}],
  ["node:https", { skipTlsVerify: true }],
];
const credentials = { username: "user", password: "pass" };

for (const [way, more] of WAYS) {
  suite(
    {
      id: "F23",
      shows: `${way}: through a proxy, with a password or without`,
      command: "list",
    },
    async () => {
      for (const manner of ["works", "wants a password"] as const) {
        await using proxy = startProxy(manner);
        const { url, asked } = proxy;
        assertEquals(await listThrough({ url, credentials }, more), 1);
        assertEquals(asked.length, 1);
        assertStringIncludes(asked[0]!, "CONNECT 127.0.0.1:");
      }
    },
  );

  suite(
    {
      id: "F23",
      shows:
        `${way}: a proxy that does not let through is named, and no way round is taken`,
      command: "list",
    },
    async () => {
      for (
        const [manner, says] of [
          ["wants a password", "407"],
          ["refuses", "proxy"],
          ["drops", "127.0.0.1"],
          ["garbage", "127.0.0.1"],
        ] as const
      ) {
        await using proxy = startProxy(manner);
        const error = await assertRejects(
          () => listThrough({ url: proxy.url }, more),
          ClusterError,
        );
        assertEquals(error.code, "unreachable", manner);
        assertStringIncludes(error.message, says);
        assertNotMatch(error.message, /pass\b/);
      }
    },
  );
}

suite(
  {
    id: "F23",
    shows: "straight is straight, whatever proxy the environment names",
    command: "list",
  },
  async () => {
    await using proxy = startProxy("works");
    await using server = serveTls();
    const kubeconfig = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(
        kubeconfig,
        JSON.stringify({
          "current-context": "a",
          contexts: [{ name: "a", context: { cluster: "a" } }],
          clusters: [{
            name: "a",
            cluster: {
              server: `https://127.0.0.1:${server.addr.port}`,
              "certificate-authority-data": btoa(tls("ca.crt")),
            },
          }],
        }),
      );
      // In a process of its own, since the environment is the process's.
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", LIST_ONCE, kubeconfig, "isolated"],
        env: {
          ...{ HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NO_PROXY: "" },
          // Deno itself would ask for a newer Deno.
          DENO_NO_UPDATE_CHECK: "1",
        },
      }).output();
      const [said, wrong] = [stdout, stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      );
      assertEquals([said, wrong], ["1", ""]);
      assertEquals(proxy.asked, []);
    } finally {
      await Deno.remove(kubeconfig);
    }
  },
);

suite({
  id: "F23",
  shows:
    "node:https: why a certificate is not trusted is not asked past a proxy",
  command: "list",
}, async () => {
  await using proxy = startProxy("works");
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: tls("server.crt"),
    key: tls("server.key"),
  });
  let connections = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      connections += 1;
      await connection.handshake().catch(() => {});
      connection.close();
    }
  })();
  const server = `https://127.0.0.1:${listener.addr.port}`;
  await using cluster = await kubernetesCluster({
    server,
    identity: 'user "tester"',
    certificateAuthority: tls("another_ca.crt"),
    tlsServerName: "localhost",
    proxy: { url: proxy.url },
    target: { source: "kubernetes", server, namespace: "default", flags: [] },
  }, { clock: new VirtualClock(), random: () => 0.5 });
  const error = await assertRejects(
    () => cluster.list("VirtualService"),
    ClusterError,
  );
  assertStringIncludes(error.message, "not signed by the CA");
  listener.close();
  await accepting;
  assertEquals([proxy.asked.length, connections], [1, 1]);
});
