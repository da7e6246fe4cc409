import { kubernetesCluster } from "../../src/cluster/connect.ts";
import type { PlaceNames } from "../../src/language/names.ts";
import { readNames } from "../../src/names/read_names.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
} from "../support/assert.ts";
import { fake } from "../cluster/fake_server.ts";
import { namespace, WatchedCluster } from "./support.ts";
import { ClusterError, InterruptedError } from "../../src/errors.ts";

const NOW = { place: {}, protectedContexts: [], now: 7 };

Deno.test("a place is read with five lists: metadata where they are enough, and limits", async () => {
  await using sandbox = await startSandbox();
  const asked: string[] = [];
  // What the sandbox is asked goes through this server.
  await using between = await fake(async (request) => {
    const { pathname, search } = new URL(request.url);
    const accept = /as=(\w+)/.exec(request.headers.get("accept") ?? "")?.[1];
    asked.push(`${pathname}${search} ${accept ?? "whole"}`);
    const answer = await fetch(`${sandbox.url}${pathname}${search}`, {
      headers: { accept: request.headers.get("accept") ?? "" },
    });
    return new Response(await answer.text(), answer);
  });
  const names = await readNames(between.cluster, NOW);
  assertEquals(names.problem, undefined);
  const istio = "/apis/networking.istio.io/v1/namespaces/default";
  assertEquals(asked.sort(), [
    "/api/v1/namespaces/default/pods?limit=500 PartialObjectMetadataList",
    "/api/v1/namespaces/default/services?limit=500 whole",
    "/api/v1/namespaces?limit=500 PartialObjectMetadataList",
    `${istio}/destinationrules?limit=500 whole`,
    `${istio}/virtualservices?limit=500 whole`,
  ]);
  assertEquals([names.readAt, names.isWatched], [7, false]);
  assertEquals(names.namespaces, ["default", "istio-system", "shop"]);
});

/** Names that a user of the sandbox is given. */
async function namesOf(user: string): Promise<PlaceNames> {
  await using sandbox = await startSandbox();
  const server = `${sandbox.url}/as/${user}`;
  await using cluster = await kubernetesCluster({
    server,
    identity: user,
    target: { source: "kubernetes", server, namespace: "default", flags: [] },
  });
  return await readNames(cluster, NOW);
}

Deno.test("who may not list namespaces is given the rest, and told", async () => {
  const names = await namesOf("namespaced");
  assertMatch(
    names.problem!,
    /^Namespace cannot be read: .*forbids it \(403\)/,
  );
  assertEquals(names.namespaces, []);
  assert(names.virtualServices.length > 0);
  assert(names.isPartial);
});

Deno.test("who may not list pods is given builds without pods", async () => {
  const names = await namesOf("nopods");
  assertMatch(names.problem!, /^Namespace, Service, Pod cannot be read: /);
  assertEquals(names.labels, []);
  assert(names.builds.length > 0);
  assert(names.builds.every(({ pods }) => pods === undefined));
});

Deno.test("who may read nothing is told so once", async () => {
  const names = await namesOf("nobody");
  assertMatch(names.problem!, /^the cluster cannot be read: .*\(403\)/);
  assert(names.problem!.length <= 300);
});

Deno.test("a cluster without Istio leaves what Kubernetes has", async () => {
  const cluster = new WatchedCluster([namespace("default")]);
  cluster.onCall = ({ ref }) =>
    ref.kind === "VirtualService"
      ? {
        error: new ClusterError(
          "kind-not-served",
          "Cannot list: no such kind",
          {
            status: 404,
          },
        ),
      }
      : undefined;
  const names = await readNames(cluster, NOW);
  assertEquals(names.problem, "VirtualService cannot be read: no such kind");
  assertEquals(names.namespaces, ["default"]);
});

Deno.test("a place is protected as changes have it: by its namespace, by its context", async () => {
  const mark = { "istiops/protected": "true" };
  const marked = new WatchedCluster([namespace("default", mark)]);
  assertEquals(
    (await readNames(marked, NOW)).protected,
    'namespace "default" is annotated istiops/protected',
  );
  // Who may not list namespaces may read this one.
  marked.forbidden.add("list Namespace");
  assertEquals(
    (await readNames(marked, NOW)).protected,
    'namespace "default" is annotated istiops/protected',
  );
  const live = new WatchedCluster([], { context: "eu-live" });
  assertEquals((await readNames(live, NOW)).protected, undefined);
  assertEquals(
    (await readNames(live, { ...NOW, protectedContexts: ["*live*"] }))
      .protected,
    'context "eu-live" matches "*live*" of the configuration',
  );
});

Deno.test("a server that never answers is left at the deadline", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  await using at = await fake(() => promise);
  const { signal } = new AbortController();
  const names = await readNames(at.cluster, {
    ...NOW,
    signal,
    deadlineMs: 20,
  });
  assertMatch(names.problem!, /^the cluster cannot be read: no whole answer/);
  resolve(new Response());
});

Deno.test("whoever leaves while names are read is not told any", async () => {
  await assertRejects(
    () =>
      readNames(new WatchedCluster(), { ...NOW, signal: AbortSignal.abort() }),
    InterruptedError,
  );
});
