/**
 * Kubeconfigs that would send a token where others can read it.
 *
 * @module
 */

import { connectKubernetes } from "../../src/cluster/connect.ts";
import { TrafficError } from "../../src/errors.ts";
import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { fake, listOf } from "../cluster/fake_server.ts";
import { suite } from "./suite.ts";

const text = (server: string, cluster: object, user: object) =>
  JSON.stringify({
    "current-context": "m",
    contexts: [{ name: "m", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server, ...cluster } }],
    users: [{ name: "u", user }],
  });

/** A kubeconfig in a repository, or in the user's own `.kube`. */
async function place(content: string, folder: string) {
  const home = await Deno.makeTempDir();
  await Deno.mkdir(`${home}/.kube`);
  await Deno.mkdir(`${home}/repo/.git`, { recursive: true });
  const path = `${home}/${folder}/config`;
  await Deno.writeTextFile(path, content);
  return {
    connect: (more: { readonly insecureSkipTlsVerify?: boolean } = {}) =>
      connectKubernetes({
        ...more,
        env: (name) =>
          name === "HOME" ? home : name === "KUBECONFIG" ? path : undefined,
      }),
    [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }),
  };
}

const SKIP = text("https://api.test", { "insecure-skip-tls-verify": true }, {
  token: "canary",
});

suite({
  id: "S14",
  shows:
    "a kubeconfig of a repository cannot switch the look at certificates off",
  command: "every command",
}, async () => {
  await using repository = await place(SKIP, "repo");
  const error = await assertRejects(() => repository.connect(), TrafficError);
  assertEquals(error.code, "insecure-denied");
  assertStringIncludes(error.hint ?? "", "--insecure-skip-tls-verify");
  // The flag is the user's own word, and ~/.kube the user's own file.
  await (await repository.connect({ insecureSkipTlsVerify: true }))
    [Symbol.asyncDispose]();
  await using own = await place(SKIP, ".kube");
  await (await own.connect())[Symbol.asyncDispose]();
});

suite({
  id: "S14",
  shows: "no secret goes to another machine over http, whatever it is",
  command: "every command",
}, async (_, { note }) => {
  for (
    const user of [
      { token: "canary" },
      { tokenFile: "t" },
      {
        exec: {
          command: "x",
          apiVersion: "client.authentication.k8s.io/v1beta1",
        },
      },
    ]
  ) {
    await using at = await place(text("http://10.0.0.1", {}, user), ".kube");
    const error = await assertRejects(() => at.connect(), TrafficError);
    assertStringIncludes(error.message, "clear text");
    note("ways to log in", 1);
  }
});

suite({
  id: "S14",
  shows: "a redirect is not followed, so that no other origin sees the token",
  command: "list",
}, async () => {
  await using other = await fake(() => listOf(["stolen"]));
  const url = other.cluster.target.server;
  for (const code of [301, 302, 307, 308]) {
    await using server = await fake(
      () => new Response(null, { status: code, headers: { location: url } }),
      { token: "canary", limits: { attempts: 1 } },
    );
    await assertRejects(
      () => server.cluster.list("VirtualService"),
      TrafficError,
    );
    assertEquals(server.headers[0]?.get("authorization"), "Bearer canary");
  }
  assertEquals(other.seen, []);
});
