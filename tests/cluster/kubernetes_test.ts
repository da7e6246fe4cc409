import type { WatchEvent } from "../../src/cluster/cluster.ts";
import { ClusterError } from "../../src/errors.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { fake, type Handler, listOf, service, status } from "./fake_server.ts";

const ISTIO = "/apis/networking.istio.io";
const pageNotFound = () =>
  new Response("404 page not found\n", {
    status: 404,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });

/** Serves the Istio kinds in these versions only. */
function serving(versions: readonly string[]): Handler {
  return (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === ISTIO && versions.length > 0) {
      return Response.json({
        kind: "APIGroup",
        apiVersion: "v1",
        name: "networking.istio.io",
        versions: versions.map((version) => ({
          groupVersion: `networking.istio.io/${version}`,
          version,
        })),
      });
    }
    const version = versions.find((each) =>
      pathname.startsWith(`${ISTIO}/${each}/`)
    );
    return version === undefined
      ? pageNotFound()
      : listOf(["reviews"], { apiVersion: `networking.istio.io/${version}` });
  };
}

Deno.test.each([
  { versions: ["v1", "v1beta1"], used: "v1", requests: 2 },
  { versions: ["v1alpha3", "v1beta1"], used: "v1beta1", requests: 4 },
  { versions: ["v1alpha3"], used: "v1alpha3", requests: 4 },
])(
  "of $versions it uses $used, and keeps to it",
  async ({ versions, used, requests }) => {
    await using at = await fake(serving(versions));
    for (let count = 0; count < 2; count += 1) {
      const { items } = await at.cluster.list("VirtualService");
      assertEquals(items[0]?.apiVersion, `networking.istio.io/${used}`);
    }
    assertEquals(at.seen.length, requests);
  },
);

Deno.test("parallel calls ask once for the versions", async () => {
  await using at = await fake(serving(["v1beta1"]));
  await Promise.all([
    at.cluster.list("VirtualService"),
    at.cluster.list("VirtualService"),
    at.cluster.list("VirtualService"),
  ]);
  assertEquals(at.seen.filter((line) => line === `GET ${ISTIO}`).length, 1);
});

Deno.test("a cluster without Istio says so", async () => {
  await using at = await fake(serving([]));
  for (const kind of ["VirtualService", "DestinationRule"] as const) {
    const error = await assertRejects(
      () => at.cluster.list(kind),
      ClusterError,
    );
    assertEquals(error.code, "kind-not-served");
    assertStringIncludes(error.hint ?? "", "CRDs are not installed");
  }
});

Deno.test("a missing API group is told from a missing object", async () => {
  await using at = await fake((request) =>
    new URL(request.url).pathname.includes("argoproj")
      ? pageNotFound()
      : status(404, "NotFound")
  );
  const error = await assertRejects(
    () => at.cluster.list("Rollout"),
    ClusterError,
  );
  assertEquals(error.code, "kind-not-served");
  assertStringIncludes(error.message, "rollouts.argoproj.io");
  const ref = { kind: "Pod", namespace: "default", name: "a" } as const;
  assertEquals(await at.cluster.get(ref), undefined);
});

Deno.test("a server that lacks the core API is no API server", async () => {
  await using at = await fake(pageNotFound);
  const error = await assertRejects(
    () => at.cluster.list("Pod"),
    ClusterError,
  );
  assertEquals(error.code, "bad-answer");
});

Deno.test("a server that is still starting is asked again", async () => {
  await using at = await fake((_, nth) =>
    nth === 1
      ? status(503, "ServiceUnavailable", {
        message:
          "the request has been made before all known HTTP paths have been installed, please try again",
        details: { retryAfterSeconds: 5 },
        headers: { "retry-after": "5" },
      })
      : listOf([])
  );
  await at.cluster.list("VirtualService");
  assertEquals(at.clock.slept, [5125]);
});

Deno.test("an expired page makes the list start again, without pages", async () => {
  await using at = await fake((request) => {
    const { searchParams } = new URL(request.url);
    if (searchParams.get("continue") === "c2") return status(410, "Expired");
    if (!searchParams.has("limit")) return listOf(["a", "b", "c"]);
    return searchParams.has("continue")
      ? listOf(["b"], { continue: "c2" })
      : listOf(["a"], { continue: "c1" });
  });
  const { items } = await at.cluster.list("VirtualService");
  assertEquals(items.map(({ metadata }) => metadata.name), ["a", "b", "c"]);
  assertEquals(at.seen.length, 4);
});

Deno.test("a list that is expired even as a whole is an error", async () => {
  await using at = await fake(() => status(410, "Expired"));
  const error = await assertRejects(
    () => at.cluster.list("VirtualService"),
    ClusterError,
  );
  assertEquals(error.code, "expired");
  assertEquals(at.seen.length, 2);
});

Deno.test("a server that gives one page for ever is stopped", async () => {
  await using at = await fake(() => listOf(["a"], { continue: "same" }));
  const error = await assertRejects(
    () => at.cluster.list("VirtualService"),
    ClusterError,
  );
  assertEquals(error.code, "bad-answer");
});

Deno.test("whoAmI() is nothing where the server does not say", async () => {
  for (
    const answer of [
      () => pageNotFound(),
      () => status(403, "Forbidden"),
      () => Response.json({ kind: "SelfSubjectReview", status: {} }),
    ]
  ) {
    await using at = await fake(answer);
    assertEquals(await at.cluster.whoAmI(), undefined);
  }
});

Deno.test("canI() is true only for allowed: true", async () => {
  for (const allowed of [true, false, "true", undefined]) {
    await using at = await fake(() =>
      Response.json({ kind: "SelfSubjectAccessReview", status: { allowed } })
    );
    assertEquals(
      await at.cluster.canI({ verb: "patch", kind: "VirtualService" }),
      allowed === true,
    );
  }
});

Deno.test("create() refuses a bad name before any request", async () => {
  await using at = await fake(() => Response.json({}));
  const object = service("../../secrets");
  await assertRejects(() => at.cluster.create(object), ClusterError);
  assertEquals(at.seen, []);
});

const event = (type: string, name: string, version: string) =>
  JSON.stringify({
    type,
    object: {
      ...service(name),
      metadata: { name, namespace: "default", resourceVersion: version },
    },
  }) + "\n";
const bookmark = (version: string) =>
  JSON.stringify({
    type: "BOOKMARK",
    object: {
      kind: "VirtualService",
      apiVersion: "networking.istio.io/v1",
      metadata: { resourceVersion: version },
    },
  }) + "\n";
const gone = JSON.stringify({
  type: "ERROR",
  object: { kind: "Status", code: 410, reason: "Expired" },
}) + "\n";
const stream = (...chunks: readonly string[]) =>
  new Response(
    ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk))),
    { headers: { "content-type": "application/json" } },
  );

/** Watches until so many events came; what the server saw of resourceVersion. */
async function follow(
  answers: readonly (() => Response)[],
  count: number,
): Promise<{
  readonly told: readonly string[];
  readonly asked: readonly (string | null)[];
  readonly slept: readonly number[];
  readonly interruptions: readonly (string | undefined)[];
}> {
  const asked: (string | null)[] = [];
  let lists = 0;
  await using at = await fake((request) => {
    const { searchParams } = new URL(request.url);
    if (!searchParams.has("watch")) {
      lists += 1;
      return listOf([`list-${lists}`]);
    }
    asked.push(searchParams.get("resourceVersion"));
    const answer = answers[asked.length - 1];
    return answer === undefined ? stream() : answer();
  });
  const told: string[] = [];
  const interruptions: (string | undefined)[] = [];
  const controller = new AbortController();
  for await (
    const event of at.cluster.watch("VirtualService", {
      signal: controller.signal,
      onInterruption: (why) => interruptions.push(why?.message),
    })
  ) {
    told.push(printed(event));
    if (told.length === count) controller.abort();
  }
  return { told, asked, slept: at.clock.slept, interruptions };
}

function printed(event: WatchEvent): string {
  return event.type === "SYNC"
    ? `SYNC ${event.items.map(({ metadata }) => metadata.name).join(" ")}`
    : `${event.type} ${event.object.metadata.name}`;
}

Deno.test("a watch goes on where a closed connection ended", async () => {
  const { told, asked } = await follow([
    () => stream(event("ADDED", "a", "8"), event("MODIFIED", "a", "9")),
    () => stream(bookmark("20")),
    () => stream(event("DELETED", "a", "21")),
  ], 4);
  assertEquals(told, ["SYNC list-1", "ADDED a", "MODIFIED a", "DELETED a"]);
  assertEquals(asked, ["7", "9", "20"]);
});

Deno.test.each([
  { what: "an ERROR event", answer: () => stream(gone) },
  { what: "HTTP 410", answer: () => status(410, "Expired") },
  { what: "a line that is no JSON", answer: () => stream("{oops}\n") },
  {
    what: "an event of another kind",
    answer: () =>
      stream(event("ADDED", "a", "8").replace("VirtualService", "Pod")),
  },
])("a watch lists again after $what", async ({ answer }) => {
  const { told } = await follow([
    answer,
    () => stream(event("ADDED", "b", "9")),
  ], 3);
  assertEquals(told, ["SYNC list-1", "SYNC list-2", "ADDED b"]);
});

Deno.test("a watch drops a line that was cut, and resumes before it", async () => {
  const { told, asked } = await follow([
    () =>
      stream(event("ADDED", "a", "8"), event("ADDED", "b", "9").slice(0, 30)),
    () => stream(event("ADDED", "b", "9")),
  ], 3);
  assertEquals(told, ["SYNC list-1", "ADDED a", "ADDED b"]);
  assertEquals(asked, ["7", "8"]);
});

Deno.test("a watch puts lines together that arrive in pieces", async () => {
  const text = event("ADDED", "a", "8") + event("ADDED", "b", "9");
  const { told } = await follow(
    [() => stream(...text.match(/.{1,7}|\n/g)!)],
    3,
  );
  assertEquals(told, ["SYNC list-1", "ADDED a", "ADDED b"]);
});

Deno.test("a watch that is closed at once does not run hot", async () => {
  const close = () => stream();
  const { slept } = await follow([
    close,
    () => status(500, ""),
    () => status(429, ""),
    close,
    () => stream(event("ADDED", "a", "8")),
  ], 2);
  assertEquals(slept.length, 4);
  for (const wait of slept) assertGreaterOrEqual(wait, 800);
  assert(slept[3]! > 0);
});

Deno.test("a watch tells that it is interrupted, and that it goes on", async () => {
  const { interruptions } = await follow([
    () => stream(),
    () => status(500, ""),
    () => stream(event("ADDED", "a", "8")),
  ], 2);
  assertEquals(interruptions, [
    undefined,
    "Cannot watch VirtualService in all namespaces: the API server failed (500)",
    undefined,
  ]);
});

Deno.test("a watch ends with an error where trying again cannot help", async () => {
  const error = await assertRejects(
    () => follow([() => status(403, "Forbidden")], 2),
    ClusterError,
  );
  assertEquals(error.code, "forbidden");
});

Deno.test("leaving a watch early closes its connection", async () => {
  await using at = await fake((request) =>
    new URL(request.url).searchParams.has("watch")
      ? new Response(
        new ReadableStream({
          start: (controller) =>
            controller.enqueue(
              new TextEncoder().encode(event("ADDED", "a", "8")),
            ),
        }),
      )
      : listOf([])
  );
  for await (const { type } of at.cluster.watch("VirtualService")) {
    if (type === "ADDED") break;
  }
  assertEquals(at.seen.length, 2);
});

const PARTIAL = "PartialObjectMetadata";
const partial = (name: string) => ({
  kind: PARTIAL,
  apiVersion: "meta.k8s.io/v1",
  metadata: { name, namespace: "default", resourceVersion: "7" },
});
const partials = (items: readonly unknown[]) =>
  Response.json({
    kind: `${PARTIAL}List`,
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: "7" },
    items,
  });
const REVIEWS = {
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: { name: "reviews", namespace: "default", resourceVersion: "7" },
};

for (
  const { what, handler, asked } of [
    {
      what: "metadata",
      handler: () => partials([partial("reviews")]),
      asked: [`as=${PARTIAL}List`],
    },
    {
      what: "whole objects",
      handler: () => listOf(["reviews"]),
      asked: [`as=${PARTIAL}List`],
    },
    {
      what: "406",
      handler: (request) =>
        request.headers.get("accept")!.includes("as=")
          ? status(406, "NotAcceptable")
          : listOf(["reviews"]),
      asked: [`as=${PARTIAL}List`, ""],
    },
  ] satisfies {
    what: string;
    handler: Handler;
    asked: readonly string[];
  }[]
) {
  Deno.test(`a server that is asked for metadata may answer ${what}`, async () => {
    await using server = await fake(handler);
    const ask = () =>
      server.cluster.list("VirtualService", {
        namespace: "default",
        metadataOnly: true,
      });
    assertEquals((await ask()).items, [REVIEWS]);
    assertEquals(
      server.headers.map((each) =>
        /as=\w+/.exec(each.get("accept") ?? "")?.[0] ?? ""
      ),
      asked,
    );
    // What was refused once is not asked for again.
    assertEquals((await ask()).items, [REVIEWS]);
    assertEquals(server.seen.length, asked.length + 1);
  });
}

Deno.test("metadata of other kinds, or that nobody asked for, are a bad answer", async () => {
  await using server = await fake(() => partials([partial("reviews")]));
  const whole = await assertRejects(
    () => server.cluster.list("VirtualService", { namespace: "default" }),
    ClusterError,
  );
  assertEquals(whole.code, "bad-answer");
  await using other = await fake(() => partials([{ ...REVIEWS }]));
  const mixed = await assertRejects(
    () =>
      other.cluster.list("VirtualService", {
        namespace: "default",
        metadataOnly: true,
      }),
    ClusterError,
  );
  assertEquals(mixed.code, "bad-answer");
});

Deno.test("a limit cuts what a server gives that does not heed it", async () => {
  await using server = await fake(() => listOf(["a", "b", "c"]));
  const found = await server.cluster.list("VirtualService", { limit: 2 });
  assertEquals(found.items.map(({ metadata }) => metadata.name), ["a", "b"]);
  assertEquals(found.hasMore, true);
  assertEquals(
    new URL(`http://x${server.seen[0]!.slice(4)}`).search,
    "?limit=2",
  );
});

Deno.test("a limit is read in pages, and no further", async () => {
  const page = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `n${from + index}`);
  await using server = await fake((request, nth) => {
    const limit = Number(new URL(request.url).searchParams.get("limit"));
    return listOf(page(nth * 1000, limit), { continue: `page ${nth}` });
  });
  const found = await server.cluster.list("VirtualService", { limit: 700 });
  assertEquals([found.items.length, found.hasMore], [700, true]);
  assertEquals(
    server.seen.map((line) => /limit=\d+/.exec(line)?.[0]),
    ["limit=500", "limit=200"],
  );
});
