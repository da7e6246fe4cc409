import { NoConnection } from "../../src/cluster/reach.ts";
import { openNodeWire } from "../../src/cluster/wire_node.ts";
import { assert, assertRejects } from "../support/assert.ts";

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
