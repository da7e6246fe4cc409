import { kubernetesCluster } from "../../src/cluster/connect.ts";
import { ClusterError } from "../../src/errors.ts";
import { listOf } from "../cluster/fake_server.ts";
import {
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { type SocksProxyOptions, startSocksProxy } from "./rig/socks_proxy.ts";
import { suite } from "./suite.ts";

const tls = (name: string): string =>
  Deno.readTextFileSync(new URL(`../cluster/tls/${name}`, import.meta.url));

interface Way extends SocksProxyOptions {
  readonly scheme: "http" | "https";
  /** Of the server, as the client knows it. */
  readonly host: string;
  readonly through: "socks5" | "socks5h";
  readonly credentials?: {
    readonly username: string;
    readonly password: string;
  };
}

/** Lists through the proxy: how many there are, and what it was asked for. */
async function listThrough(
  { scheme, host, through, credentials, ...options }: Way,
): Promise<readonly [found: number, asked: readonly string[], port: number]> {
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    ...(scheme === "https"
      ? { cert: tls("server.crt"), key: tls("server.key") }
      : {}),
  }, () => listOf(["reviews"]));
  await using proxy = await startSocksProxy(options);
  const url = `${scheme}://${host}:${server.addr.port}`;
  await using cluster = await kubernetesCluster({
    server: url,
    identity: 'user "tester"',
    proxy: {
      url: `${through}://127.0.0.1:${proxy.port}`,
      ...(credentials === undefined ? {} : { credentials }),
    },
    ...(scheme === "https" ? { certificateAuthority: tls("ca.crt") } : {}),
    target: {
      source: "kubernetes",
      server: url,
      namespace: "default",
      flags: [],
    },
  }, {
    clock: new VirtualClock(),
    random: () => 0.5,
    isolateRoots: scheme === "https",
  });
  const { items } = await cluster.list("VirtualService");
  return [items.length, proxy.asked, server.addr.port];
}

const ROW = { id: "F23", command: "list" } as const;
const ANYWHERE = { "api.test": "127.0.0.1" };

suite(
  {
    ...ROW,
    shows: "SOCKS5, by either name: the proxy looks the server's name up",
  },
  async () => {
    for (const through of ["socks5", "socks5h"] as const) {
      const [found, asked, port] = await listThrough({
        ...{ scheme: "http", host: "api.test", hosts: ANYWHERE, through },
      });
      assertEquals([found, asked], [1, [`name api.test:${port}`]]);
    }
  },
);

suite(
  { ...ROW, shows: "SOCKS5 and TLS: the certificate is that of the server" },
  async () => {
    const [found, asked, port] = await listThrough({
      ...{ scheme: "https", host: "localhost", through: "socks5h" },
    });
    assertEquals([found, asked], [1, [`name localhost:${port}`]]);
    const error = await assertRejects(
      () =>
        listThrough({
          ...{ scheme: "https", host: "api.test", through: "socks5h" },
          hosts: ANYWHERE,
        }),
      ClusterError,
    );
    assertStringIncludes(error.message, "is for another name");
  },
);

suite(
  { ...ROW, shows: "SOCKS5 with a password; a wrong one is said, unrepeated" },
  async () => {
    const way: Way = {
      ...{ scheme: "http", host: "api.test", through: "socks5h" },
      ...{ hosts: ANYWHERE, password: "user:pass" },
    };
    const credentials = { username: "user", password: "pass" };
    const [found] = await listThrough({ ...way, credentials });
    assertEquals(found, 1);
    for (
      const wrong of [undefined, { username: "user", password: "hunter2" }]
    ) {
      const error = await assertRejects(
        () =>
          listThrough({
            ...way,
            ...(wrong === undefined ? {} : { credentials: wrong }),
          }),
        ClusterError,
      );
      assertEquals(error.code, "unreachable");
      assertStringIncludes(error.message, "proxy");
      assertStringIncludes(error.message, "wants a user and a password");
      assertNotMatch(error.message, /hunter2/);
    }
  },
);

suite(
  { ...ROW, shows: "SOCKS5: why the proxy refuses is told in words" },
  async (_, report) => {
    for (
      const [reply, says] of [
        [
          1,
          "the proxy 127.0.0.1 on the way to api.test does not let us through",
        ],
        [
          2,
          "the proxy 127.0.0.1 on the way to api.test does not let us through",
        ],
        [3, "the SOCKS proxy has no way to api.test"],
        [4, "the SOCKS proxy has no way to api.test"],
        [5, "nothing listens at api.test"],
        [6, "the SOCKS proxy has no way to api.test"],
        [
          7,
          "the proxy 127.0.0.1 on the way to api.test does not let us through",
        ],
        [
          8,
          "the proxy 127.0.0.1 on the way to api.test does not let us through",
        ],
      ] as const
    ) {
      const error = await assertRejects(
        () =>
          listThrough({
            ...{ scheme: "http", host: "api.test", through: "socks5h", reply },
          }),
        ClusterError,
      );
      assertEquals(error.code, "unreachable");
      assertStringIncludes(
        error.message.replaceAll(/(api\.test|127\.0\.0\.1):\d+/g, "$1"),
        says,
        `reply ${reply}`,
      );
      report.note("refusals", 1);
    }
  },
);
