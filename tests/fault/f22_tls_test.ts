import type { Cluster } from "../../src/cluster/cluster.ts";
import { kubernetesCluster } from "../../src/cluster/connect.ts";
import type { Access } from "../../src/cluster/access.ts";
import { ClusterError } from "../../src/errors.ts";
import { listOf } from "../cluster/fake_server.ts";
import {
  serveTls,
  tlsFile,
  type TlsServer,
  type TlsServerOptions,
} from "../cluster/tls_server.ts";
import {
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { suite } from "./suite.ts";

/** The program's way and the library's. */
const WAYS = [
  { way: "native", isolateRoots: true },
  { way: "node:https", isolateRoots: false },
] as const;

const CA = { certificateAuthority: tlsFile("ca.crt") };

/** A cluster at that server, on either way. */
async function clusterAt(
  { port }: Pick<TlsServer, "port">,
  of: Partial<Access> & { readonly isolateRoots: boolean },
): Promise<Cluster> {
  const { isolateRoots, ...access } = of;
  const server = `https://127.0.0.1:${port}`;
  return await kubernetesCluster({
    server,
    identity: 'user "tester"',
    target: { source: "kubernetes", server, namespace: "default", flags: [] },
    ...access,
  }, { isolateRoots, clock: new VirtualClock(), random: () => 0.5 });
}

interface Bad {
  readonly what: string;
  readonly server?: TlsServerOptions;
  readonly access: Partial<Access>;
  readonly says: string;
}

const BAD: readonly Bad[] = [
  {
    what: "a certificate that has expired",
    server: { cert: "expired.crt" },
    access: CA,
    says: "has expired",
  },
  {
    what: "a certificate for another host",
    server: { cert: "other.crt", key: "other.key" },
    access: CA,
    says: "is for another name",
  },
  {
    what: "a certificate of another CA",
    access: { certificateAuthority: tlsFile("another_ca.crt") },
    says: "not signed by the CA",
  },
  {
    what: "no certificate of the client",
    server: { wantsClient: true },
    access: CA,
    says: "wants a client certificate",
  },
  {
    what: "a tls-server-name that it is not for",
    access: { ...CA, tlsServerName: "elsewhere.test" },
    says: "is for another name",
  },
];

for (const { way, isolateRoots } of WAYS) {
  suite(
    {
      id: "F22",
      shows:
        `${way}: what is wrong with a certificate is told in words, once, and nothing is sent`,
      command: "list",
    },
    async (_, report) => {
      for (const { what, server: options, access, says } of BAD) {
        await using server = await serveTls(options);
        await using cluster = await clusterAt(server, {
          ...access,
          isolateRoots,
        });
        const error = await assertRejects(
          () => cluster.list("VirtualService"),
          ClusterError,
        );
        assertEquals([error.code, server.requests], ["unreachable", 0], what);
        assertStringIncludes(error.message, says, what);
        assertNotMatch(error.message, /attempts/);
        report.note("causes", 1);
      }
    },
  );

  suite(
    {
      id: "F22",
      shows: `${way}: a certificate of the client, and tls-server-name`,
      command: "list",
    },
    async () => {
      const access: Partial<Access> = {
        ...CA,
        clientCertificate: {
          cert: tlsFile("client.crt"),
          key: tlsFile("client.key"),
        },
      };
      const other = { cert: "other.crt", key: "other.key", wantsClient: true };
      for (
        const [options, more] of [
          [{ wantsClient: true }, {}],
          [other, { tlsServerName: "other.test" }],
        ] as const
      ) {
        await using server = await serveTls(options);
        await using cluster = await clusterAt(server, {
          ...{ ...access, ...more },
          isolateRoots,
        });
        const { items } = await cluster.list("VirtualService");
        assertEquals([items.length, server.requests], [1, 1]);
      }
    },
  );

  suite(
    {
      id: "F22",
      shows:
        `${way}: a server that comes back with the certificate of another CA is not trusted`,
      command: "list",
    },
    async () => {
      // Another kind of server, since those of one process know each other's
      // sessions: who resumes one is the same server, and needs no certificate.
      const former = Deno.serve({
        hostname: "127.0.0.1",
        port: 0,
        cert: tlsFile("server.crt"),
        key: tlsFile("server.key"),
        onListen() {},
      }, () => listOf(["reviews"]));
      const { port } = former.addr;
      await using cluster = await clusterAt({ port }, { ...CA, isolateRoots });
      await cluster.list("VirtualService");
      await former.shutdown();
      await using server = await serveTls({
        ...{ cert: "rotated.crt", key: "rotated.key" },
        port,
      });
      const error = await assertRejects(
        () => cluster.list("VirtualService"),
        ClusterError,
      );
      assertEquals([error.code, server.requests], ["unreachable", 0]);
      assertStringIncludes(error.message, "not signed by the CA");
    },
  );
}
