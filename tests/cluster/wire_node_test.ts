import { ClusterError } from "../../src/errors.ts";
import { NoConnection } from "../../src/cluster/reach.ts";
import { openNodeWire } from "../../src/cluster/wire_node.ts";
import { assert, assertRejects, assertThrows } from "../support/assert.ts";
import { tlsFile } from "./tls_server.ts";

Deno.test("a request whose signal has fired is not begun", async () => {
  const wire = openNodeWire({
    server: "https://127.0.0.1:1",
    identity: "nobody",
    target: {
      source: "kubernetes",
      server: "https://127.0.0.1:1",
      namespace: "default",
      flags: [],
    },
  });
  const signal = AbortSignal.abort(new Error("enough"));
  const error = await assertRejects(
    () =>
      wire.send("https://127.0.0.1:1/", {
        method: "GET",
        headers: {},
        signal,
        connectMs: 1000,
      }),
    NoConnection,
  );
  // A late "error" without a listener would fail the test run besides.
  await new Promise((done) => setTimeout(done));
  assert(error.isUnsent);
  wire.close();
});

Deno.test("a certificate of a bundle that cannot be read is told before a connection", () => {
  const broken =
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (
    const bundle of [broken + tlsFile("ca.crt"), tlsFile("ca.crt") + broken]
  ) {
    assertThrows(
      () =>
        openNodeWire({
          target: {
            source: "kubernetes",
            server: "",
            namespace: "",
            flags: [],
          },
          server: "https://127.0.0.1:1",
          identity: "nobody",
          certificateAuthority: bundle,
        }),
      ClusterError,
      "cannot be read as PEM",
    );
  }
});
