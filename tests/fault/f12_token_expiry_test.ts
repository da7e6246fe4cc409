/**
 * Tokens that end while calls are under way.
 *
 * @module
 */

import { ClusterError } from "../../src/errors.ts";
import { tokenFrom } from "../../src/cluster/token_source.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { listOf, status } from "../cluster/fake_server.ts";
import { answer, pluginHome } from "./rig/plugins.ts";
import { suite } from "./suite.ts";

/** A server that takes one token, and says how often it saw which. */
function serve(accepted: () => string) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) =>
      request.headers.get("authorization") === `Bearer ${accepted()}`
        ? listOf(["reviews"])
        : status(401, "Unauthorized"),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

// The n-th run gives token-n, after a while, so that runs could overlap.
const COUNTING = (folder: string) =>
  `sleep 0.1\n${answer(`token-$(wc -l < ${folder}/runs | tr -d ' ')`)}`;

suite({
  id: "F12",
  shows:
    "20 calls at once with an expired token: the plugin runs once more, and all complete",
  command: "list",
}, async () => {
  let accepted = "token-1";
  await using server = serve(() => accepted);
  await using home = await pluginHome({
    server: server.url,
    script: COUNTING('$(dirname "$0")/..'),
  });
  await using cluster = await home.connect({ execPolicy: "allow-all" });
  const all = () =>
    Promise.all(
      Array.from({ length: 20 }, () => cluster.list("VirtualService")),
    );
  assertEquals((await all()).length, 20);
  assertEquals(await home.runs(), 1);
  accepted = "token-2";
  assertEquals((await all()).length, 20);
  assertEquals(await home.runs(), 2);
});

suite({
  id: "F12",
  shows: "a second 401 is final, and says who has to log in",
  command: "list",
}, async () => {
  await using server = serve(() => "never");
  await using home = await pluginHome({
    server: server.url,
    script: COUNTING('$(dirname "$0")/..'),
  });
  await using cluster = await home.connect({ execPolicy: "allow-all" });
  const error = await assertRejects(
    () => cluster.list("VirtualService"),
    ClusterError,
  );
  assertEquals(error.code, "unauthorized");
  assertEquals(error.message.includes('user "main"'), true, error.message);
  assertEquals(await home.runs(), 2);
});

suite({
  id: "F12",
  shows: "a token of a plugin is renewed before it expires, without a 401",
  command: "list",
}, async () => {
  const { ExecPlugin } = await import("../../src/cluster/exec_plugin.ts");
  let time = Date.parse("2026-01-01T00:00:00Z");
  let runs = 0;
  const plugin = new ExecPlugin({
    file: "/k",
    command: "/bin/login",
    args: [],
    env: [],
    apiVersion: "client.authentication.k8s.io/v1",
    interactiveMode: "Never",
    provideClusterInfo: false,
  }, {
    identity: 'user "main"',
    policy: "allow-all",
    isForeign: false,
    readPolicy: () => Promise.reject(new Error("not asked")),
    cluster: { server: "https://x", skipTlsVerify: false },
    env: () => undefined,
    isWindows: false,
    now: () => time,
    programs: {
      isInteractive: false,
      isExecutable: () => Promise.resolve(true),
      environment: () => ({}),
      run: () =>
        Promise.resolve({
          stdout: JSON.stringify({
            kind: "ExecCredential",
            apiVersion: "client.authentication.k8s.io/v1",
            status: {
              token: `t${++runs}`,
              expirationTimestamp: new Date(time + 600_000).toISOString(),
            },
          }),
        }),
    },
  });
  assertEquals(await plugin.current(), "t1");
  time += 560_000;
  assertEquals(await plugin.current(), "t1");
  time += 15_000;
  assertEquals(await plugin.current(), "t2");
});

suite({
  id: "F12",
  shows: "a token file, and so a Pod's token, is read again each minute",
  command: "every command",
}, async () => {
  let [time, text] = [0, "one"];
  const source = tokenFrom("/token", {
    readTextFile: () => Promise.resolve(text),
    env: () => undefined,
    isWindows: false,
    now: () => time,
  });
  assertEquals(await source.current(), "one");
  text = "two\n";
  time = 59_000;
  assertEquals(await source.current(), "one");
  time = 60_000;
  assertEquals(await source.current(), "two");
  text = "";
  time = 200_000;
  assertEquals(await source.current(), "two");
});
