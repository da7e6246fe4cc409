import type { ForeignOptions } from "../../src/cluster/foreign_config.ts";
import { ClusterError } from "../../src/errors.ts";
import { Traffic } from "../../src/library.ts";
import {
  assertEquals,
  assertNotMatch,
  assertRejects,
} from "../support/assert.ts";
import { listOf, status } from "./fake_server.ts";

/** An object like client-node's, whose token changes with each call. */
function kubeConfig(
  server: string,
  apply: (options: ForeignOptions, nth: number) => void,
) {
  let calls = 0;
  return {
    getCurrentContext: () => "main",
    getContextObject: () => ({ namespace: "shop\n" }),
    getCurrentCluster: () => ({ name: "c", server, skipTLSVerify: false }),
    applyToHTTPSOptions: (options: ForeignOptions) => {
      apply(options, ++calls);
      return Promise.resolve();
    },
  };
}

Deno.test("Traffic.from() sends what the KubeConfig gives, and asks it again after a 401", async () => {
  const seen: (string | null)[][] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ headers }) => {
      const token = headers.get("authorization");
      seen.push([token, headers.get("impersonate-user")]);
      return token === "Bearer token-2"
        ? listOf([])
        : status(401, "Unauthorized");
    },
  );
  const config = kubeConfig(
    `http://127.0.0.1:${server.addr.port}`,
    (options, nth) => {
      options.headers = {
        Authorization: `Bearer token-${nth}`,
        "Impersonate-User": "jane",
      };
    },
  );
  await using traffic = await Traffic.from(config);
  assertEquals(traffic.cluster.target.namespace, "shop");
  await traffic.cluster.list("VirtualService");
  assertEquals(seen, [
    ["Bearer token-1", "jane"],
    ["Bearer token-2", "jane"],
  ]);
});

Deno.test.each([
  {
    what: "basic authentication",
    apply: (options: ForeignOptions) => {
      options.auth = "user:canary";
    },
  },
  {
    what: "a header of another scheme",
    apply: (options: ForeignOptions) => {
      options.headers = { Authorization: "Basic canary" };
    },
  },
  {
    what: "a throw with a secret in it",
    apply: () => {
      throw new Error("canary");
    },
  },
])(
  "Traffic.from() refuses $what, and repeats nothing of it",
  async ({ apply }) => {
    const error = await assertRejects(
      () => Traffic.from(kubeConfig("https://api.test", apply)),
      ClusterError,
    );
    assertNotMatch(Deno.inspect(error), /canary/);
  },
);
