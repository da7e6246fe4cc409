import { failureOfThrown } from "../../src/cluster/broken_wire.ts";
import { connectKubernetes } from "../../src/cluster/connect.ts";
import { ClusterError } from "../../src/errors.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { serveTls, tlsFile, type TlsServerOptions } from "./tls_server.ts";

const data = (name: string) => btoa(tlsFile(name));

interface Way extends TlsServerOptions {
  /** Whom the client trusts. */
  readonly ca?: string;
  readonly cluster?: Record<string, unknown>;
  /** The client has a certificate, and no token. */
  readonly client?: boolean;
}

/** Lists over TLS as the library does it, and says what came of it. */
async function tryOut(way: Way): Promise<readonly string[]> {
  await using server = await serveTls(way);
  const kubeconfig = JSON.stringify({
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [{
      name: "test",
      cluster: {
        server: `https://127.0.0.1:${server.port}`,
        ...(way.ca === undefined
          ? {}
          : { "certificate-authority-data": data(way.ca) }),
        ...way.cluster,
      },
    }],
    users: [{
      name: "test",
      user: way.client === true
        ? {
          "client-certificate-data": data("client.crt"),
          "client-key-data": data("client.key"),
        }
        : { token: "tok-123456" },
    }],
  });
  await using cluster = await connectKubernetes({
    kubeconfig: "test",
    readTextFile: () => Promise.resolve(kubeconfig),
    clock: new VirtualClock(),
  });
  // Twice, so that a connection is used again.
  await cluster.list("VirtualService");
  const { items } = await cluster.list("VirtualService");
  return items.map(({ metadata }) => metadata.name);
}

Deno.test("a server signed by the cluster's CA is trusted", async () => {
  assertEquals(await tryOut({ ca: "ca.crt" }), ["reviews"]);
});

Deno.test("tls-server-name is the name that is checked", async () => {
  const way = { cert: "other.crt", key: "other.key", ca: "ca.crt" };
  assertEquals(
    await tryOut({ ...way, cluster: { "tls-server-name": "other.test" } }),
    ["reviews"],
  );
  const error = await assertRejects(() => tryOut(way), ClusterError);
  assertStringIncludes(error.message, "is for another name");
});

Deno.test("tls-server-name may be an address", async () => {
  const at = (name: string) => ({
    ca: "ca.crt",
    cluster: { "tls-server-name": name },
  });
  assertEquals(await tryOut(at("127.0.0.1")), ["reviews"]);
  const error = await assertRejects(() => tryOut(at("10.0.0.1")), ClusterError);
  assertStringIncludes(error.message, "is for another name");
});

Deno.test("a CA of the same name, but with another key, is another CA", () => {
  const cause = new Error("invalid peer certificate: BadSignature");
  const { obstacle, retry } = failureOfThrown(
    new TypeError("error sending request", { cause }),
    { server: "https://10.0.0.1:6443", connectMs: 5000 },
  );
  assertStringIncludes(obstacle, "not signed by the CA");
  assertEquals(retry, "final");
});

Deno.test("a client certificate is shown to the server", async () => {
  const way = { ca: "ca.crt", wantsClient: true };
  assertEquals(await tryOut({ ...way, client: true }), ["reviews"]);
  const error = await assertRejects(() => tryOut(way), ClusterError);
  assertEquals(error.code, "unreachable");
});

Deno.test.each([
  {
    what: "another CA",
    way: { ca: "another_ca.crt" },
    says: "not signed by the CA",
  },
  { what: "no CA", way: {}, says: "not signed by the CA" },
  {
    what: "a certificate of the past",
    way: { ca: "ca.crt", cert: "expired.crt" },
    says: "has expired",
  },
])(
  "a server with $what is not trusted, and asked once",
  async ({ way, says }) => {
    const error = await assertRejects(() => tryOut(way), ClusterError);
    assertEquals(error.code, "unreachable");
    assertStringIncludes(error.message, says);
    assert(!error.message.includes("attempts"));
  },
);

Deno.test("a broken CA is said in words", async () => {
  const cluster = { "certificate-authority-data": btoa("no certificate") };
  const error = await assertRejects(() => tryOut({ cluster }), ClusterError);
  assertStringIncludes(error.message, "Cannot");
});
