import type { Cluster } from "../../src/cluster/cluster.ts";
import {
  ClusterError,
  ConflictError,
  InterruptedError,
  OutcomeUnknownError,
  TrafficError,
} from "../../src/errors.ts";
import type { Exchange } from "../../src/cluster/call.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLessOrEqual,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import {
  fake,
  listOf,
  type RawAnswer,
  rawFake,
  service,
  status,
} from "./fake_server.ts";

const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: "reviews",
} as const;

const SET_LABEL = [
  { op: "add", path: "/metadata/resourceVersion", value: "7" },
  { op: "add", path: "/metadata/labels", value: { a: "b" } },
] as const;

const list = (cluster: Cluster) => cluster.list("VirtualService");
const get = (cluster: Cluster) => cluster.get(REF);
const patch = (cluster: Cluster) => cluster.patch(REF, SET_LABEL);
const dryRun = (cluster: Cluster) =>
  cluster.patch(REF, SET_LABEL, { dryRun: true });

const html = (code: number) =>
  new Response("<html>Please log in</html>", {
    status: code,
    headers: { "content-type": "text/html" },
  });
const text = (code: number, body: string, headers = {}) =>
  new Response(body, {
    status: code,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
const json = (body: unknown) => Response.json(body);

Deno.test.each([
  {
    what: "an HTML page with 200",
    answer: () => html(200),
    says: "not from a Kubernetes API server (200, text/html)",
  },
  {
    what: "a redirect",
    answer: () =>
      new Response(null, {
        status: 302,
        headers: { location: "https://login.test/" },
      }),
    says: "redirects elsewhere (302)",
  },
  {
    what: "an empty body",
    answer: () =>
      new Response("", { headers: { "content-type": "application/json" } }),
    says: "not valid JSON",
  },
  { what: "null", answer: () => json(null), says: "not a" },
  {
    what: "an HTML page with 404",
    answer: () => html(404),
    says: "not from a Kubernetes API server (404, text/html)",
  },
])(
  "a read that gets $what is a bad answer, asked once",
  async ({ answer, says }) => {
    for (const read of [list, get]) {
      await using at = await fake(answer);
      const error = await assertRejects(() => read(at.cluster), ClusterError);
      assertEquals(error.code, "bad-answer");
      assertStringIncludes(error.message, says);
      assertEquals(at.seen.length, 1);
    }
  },
);

Deno.test.each([
  {
    what: "another kind",
    body: { ...service("reviews"), kind: "DestinationRule" },
  },
  {
    what: "another version",
    body: service("reviews", "networking.istio.io/v9"),
  },
  { what: "another name", body: service("ratings") },
  {
    what: "another namespace",
    body: {
      ...service("reviews"),
      metadata: { name: "reviews", namespace: "prod" },
    },
  },
  {
    what: "labels that are no text",
    body: {
      ...service("reviews"),
      metadata: { name: "reviews", namespace: "default", labels: { a: {} } },
    },
  },
  { what: "no metadata", body: { ...service("reviews"), metadata: null } },
])("get() that gets $what is a bad answer", async ({ body }) => {
  await using at = await fake(() => json(body));
  const error = await assertRejects(() => get(at.cluster), ClusterError);
  assertEquals(error.code, "bad-answer");
});

Deno.test("a list with an item from another namespace is a bad answer", async () => {
  await using at = await fake(() => listOf(["reviews"]));
  const error = await assertRejects(
    () => at.cluster.list("VirtualService", { namespace: "prod" }),
    ClusterError,
  );
  assertEquals(error.code, "bad-answer");
});

Deno.test.each([
  {
    what: "401",
    answer: () => status(401, "Unauthorized", { message: "Unauthorized" }),
    code: "unauthorized",
    says: 'does not accept the credentials of user "tester"',
  },
  {
    what: "403",
    answer: () =>
      status(403, "Forbidden", {
        message:
          "User &#34;x&#34; cannot list resource &#34;virtualservices&#34;",
      }),
    code: "forbidden",
    says: 'User "x" cannot list resource "virtualservices"',
  },
  {
    what: "a plain 403 of a proxy",
    answer: () => text(403, "denied"),
    code: "forbidden",
    says: "forbids it (403)",
  },
])(
  "$what is final, for reads and for writes",
  async ({ answer, code, says }) => {
    for (const call of [list, get, patch]) {
      await using at = await fake(answer);
      const error = await assertRejects(() => call(at.cluster), ClusterError);
      assertEquals(error.code, code);
      assertStringIncludes(error.message, says);
      assert(error.hint !== undefined);
      assertEquals(at.seen.length, 1);
    }
  },
);

Deno.test.each([
  {
    what: "409 Conflict",
    answer: () => status(409, "Conflict", { message: "has been modified" }),
    type: ConflictError,
    code: "conflict",
    says: "somebody else changed it",
  },
  {
    what: "422 with causes",
    answer: () =>
      status(422, "Invalid", {
        message: "is invalid",
        details: {
          causes: [
            { field: "spec.http[0]", message: "must have a route" },
            { field: "spec.hosts", message: "is required" },
          ],
        },
      }),
    type: ClusterError,
    code: "rejected",
    says:
      "is invalid; spec.http[0]: must have a route; spec.hosts: is required",
  },
  {
    what: "400 of a webhook",
    answer: () =>
      status(400, "BadRequest", {
        message: 'admission webhook "w" denied the request:\n\tno\u001b[31m',
      }),
    type: ClusterError,
    code: "rejected",
    says: 'admission webhook "w" denied the request: no [31m',
  },
  {
    what: "404",
    answer: () => status(404, "NotFound", { message: '"reviews" not found' }),
    type: ClusterError,
    code: "not-found",
    says: '"reviews" not found',
  },
  {
    what: "413",
    answer: () =>
      status(413, "RequestEntityTooLarge", { message: "limit is 3145728" }),
    type: ClusterError,
    code: "too-large",
    says: "limit is 3145728",
  },
])(
  "a write that gets $what was not written, and is not repeated",
  async (row) => {
    await using at = await fake(row.answer);
    const error = await assertRejects(() => patch(at.cluster), TrafficError);
    assertInstanceOf(error, row.type);
    assertEquals(error.code, row.code);
    assertStringIncludes(error.message, row.says);
    assertEquals(at.seen.length, 1);
  },
);

Deno.test.each([
  { what: "500 without a reason", answer: () => status(500, "") },
  { what: "500 ServerTimeout", answer: () => status(500, "ServerTimeout") },
  { what: "502 of a proxy", answer: () => html(502) },
  { what: "503 of a proxy", answer: () => text(503, "no healthy upstream") },
  { what: "504", answer: () => status(504, "Timeout") },
  { what: "an HTML page with 200", answer: () => html(200) },
  {
    what: "a redirect",
    answer: () =>
      new Response(null, { status: 302, headers: { location: "/" } }),
  },
  { what: "an object of another name", answer: () => json(service("ratings")) },
])(
  "a write that gets $what is of unknown outcome, sent once",
  async ({ answer }) => {
    await using at = await fake(answer);
    const error = await assertRejects(
      () => patch(at.cluster),
      OutcomeUnknownError,
    );
    assertEquals(error.code, "outcome-unknown");
    assertEquals(at.seen.length, 1);
  },
);

Deno.test.each([
  { what: "429", first: () => text(429, "Too many requests") },
  { what: "500", first: () => status(500, "") },
  { what: "502", first: () => html(502) },
  { what: "503", first: () => status(503, "ServiceUnavailable") },
  { what: "504", first: () => status(504, "Timeout") },
])("a read, and a dry run, go on after $what", async ({ first }) => {
  for (const call of [get, dryRun]) {
    await using at = await fake((_, nth) =>
      nth === 1 ? first() : json(service("reviews"))
    );
    const found = await call(at.cluster);
    assertEquals(found?.metadata.name, "reviews");
    assertEquals(at.seen.length, 2);
    assertEquals(at.clock.slept, [125]);
  }
});

Deno.test.each([
  { what: "429", first: () => text(429, "Too many requests") },
  {
    what: "503 of the API server",
    first: () => status(503, "ServiceUnavailable"),
  },
  {
    what: "a webhook that cannot be reached",
    first: () =>
      status(500, "InternalError", {
        message: 'Internal error occurred: failed calling webhook "v.istio.io"',
      }),
  },
])(
  "a write goes on after $what, since nothing was stored",
  async ({ first }) => {
    await using at = await fake((_, nth) =>
      nth === 1 ? first() : json(service("reviews"))
    );
    await patch(at.cluster);
    assertEquals(at.seen.length, 2);
  },
);

Deno.test("a webhook that stays away is named, with what to do", async () => {
  await using at = await fake(() =>
    status(500, "InternalError", {
      message: 'Internal error occurred: failed calling webhook "v.istio.io"',
    })
  );
  const error = await assertRejects(() => patch(at.cluster), ClusterError);
  assertEquals(error.code, "unreachable");
  assertStringIncludes(error.message, "v.istio.io");
  assertStringIncludes(error.hint ?? "", "istiod");
});

Deno.test("Retry-After is a floor of each wait", async () => {
  await using at = await fake((_, nth) =>
    nth <= 3
      ? text(429, "Too many requests", { "retry-after": "1" })
      : listOf([])
  );
  await list(at.cluster);
  assertEquals(at.seen.length, 4);
  assertEquals(at.clock.slept, [1125, 1250, 1500]);
});

Deno.test.each([
  { value: "86400", requests: 1 },
  { value: "Fri, 01 Jan 2100 00:00:00 GMT", requests: 1 },
  { value: "-5", requests: 10 },
  { value: "Thu, 01 Jan 1970 00:00:00 GMT", requests: 10 },
  { value: "soon", requests: 10 },
])(
  "a hostile Retry-After of $value ends within the deadline",
  async ({ value, requests }) => {
    await using at = await fake(
      () => text(429, "Too many requests", { "retry-after": value }),
      { random: 0.1 },
    );
    const begin = at.clock.now().getTime();
    const error = await assertRejects(() => list(at.cluster), ClusterError);
    assertEquals(error.code, "overloaded");
    assertEquals(at.seen.length, requests);
    assertLessOrEqual(at.clock.now().getTime() - begin, 15_000);
  },
);

Deno.test("the waits grow, and stop at the deadline of the call", async () => {
  await using at = await fake(() => status(503, "ServiceUnavailable"), {
    random: 1,
  });
  const error = await assertRejects(() => list(at.cluster), ClusterError);
  assertEquals(error.code, "unreachable");
  assertStringIncludes(error.message, "(6 attempts)");
  assertEquals(at.clock.slept, [250, 500, 1000, 2000, 4000]);
});

Deno.test("all calls together have one time", async () => {
  await using at = await fake(() => status(503, "ServiceUnavailable"), {
    random: 1,
    timeoutMs: 2000,
  });
  await assertRejects(() => list(at.cluster), ClusterError);
  assertEquals(at.clock.slept, [250, 500, 1000]);
  // What lies between two calls costs nothing of it.
  at.clock.advance(60_000);
  await assertRejects(() => list(at.cluster), ClusterError);
  assertEquals(at.clock.slept, [250, 500, 1000]);
  at.clock.advance(60_000);
});

Deno.test.each([
  { when: "before the first call", answers: 0 },
  { when: "after a 401", answers: 1 },
])(
  "nobody has to wait for a plugin that is asked $when",
  async ({ answers }) => {
    const stop = new AbortController();
    const never = (): Promise<never> => {
      stop.abort();
      return new Promise(() => {});
    };
    await using at = await fake(() => status(401, "Unauthorized"), {
      access: {
        token: {
          current: answers === 0 ? never : () => Promise.resolve("old"),
          refresh: never,
        },
      },
    });
    await assertRejects(
      () => at.cluster.patch(REF, SET_LABEL, { signal: stop.signal }),
      InterruptedError,
    );
    assertEquals(at.seen.length, answers);
  },
);

Deno.test("an answer that is nested without end is a bad answer, asked for once", async () => {
  await using at = await fake(() =>
    new Response(`${"[".repeat(200_000)}${"]".repeat(200_000)}`, {
      headers: { "content-type": "application/json" },
    })
  );
  const error = await assertRejects(() => list(at.cluster), ClusterError);
  assertEquals(error.code, "bad-answer");
  assertStringIncludes(error.message, "nested too deeply");
  assertEquals(at.seen.length, 1);
});

Deno.test.each([
  { when: "while it queued", together: true },
  { when: "before", together: false },
])(
  "a write is not sent, and not unknown, once the time of all calls is used up $when",
  async ({ together }) => {
    await using at = await fake(() => {
      at.clock.advance(2500);
      return listOf(["reviews"]);
    }, { timeoutMs: 2000, limits: { parallel: 1 } });
    const listed = list(at.cluster);
    if (!together) await listed;
    const error = await assertRejects(() => patch(at.cluster), ClusterError);
    await listed;
    assertEquals(error.code, "timeout");
    assertStringIncludes(error.message, "for all calls together is used up");
    assertEquals(at.seen.length, 1);
  },
);

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const OBJECT = JSON.stringify(service("reviews"));
const WHOLE =
  `${HEAD}Content-Length: ${OBJECT.length}\r\nConnection: close\r\n\r\n${OBJECT}`;

const broken: readonly (RawAnswer & { readonly what: string })[] = [
  { what: "no answer", bytes: "", then: "hang up" },
  { what: "half a head", bytes: "HTTP/1.1 200 O", then: "hang up" },
  {
    what: "a body that is cut",
    bytes: `${HEAD}Content-Length: 500\r\n\r\n{"api`,
    then: "hang up",
  },
  {
    what: "a chunked body that is cut",
    bytes: `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"api\r\n`,
    then: "hang up",
  },
  {
    what: "a body that stalls",
    bytes: `${HEAD}Content-Length: 500\r\n\r\n{"api`,
    then: "wait",
  },
  {
    what: "a body that is not gzip, though it says so",
    bytes: `${HEAD}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello`,
    then: "hang up",
  },
];

Deno.test.each(broken)(
  "a read goes on after $what; a write is of unknown outcome",
  async (answer) => {
    const limits = { idleMs: 60 };
    const whole = { bytes: WHOLE, then: "hang up" } as const;
    {
      await using at = await rawFake([answer, whole], { limits });
      const found = await get(at.cluster);
      assertEquals(found?.metadata.name, "reviews");
      assertEquals(at.seen.length, 2);
    }
    await using at = await rawFake([answer, whole], { limits });
    const error = await assertRejects(
      () => patch(at.cluster),
      OutcomeUnknownError,
    );
    assertStringIncludes(error.message, "it may have been written");
    assertEquals(at.seen.length, 1);
  },
);

Deno.test("a body that always stalls says so", async () => {
  await using at = await rawFake([broken[4]!], {
    limits: { idleMs: 40, attempts: 2 },
  });
  const error = await assertRejects(() => get(at.cluster), ClusterError);
  assertEquals(error.code, "timeout");
  assertStringIncludes(error.message, "stalled");
});

Deno.test("a server that never answers is a timeout", async () => {
  await using at = await rawFake([{ bytes: "", then: "wait" }], {
    limits: { readMs: 60, attempts: 1 },
  });
  const error = await assertRejects(() => get(at.cluster), ClusterError);
  assertEquals(error.code, "timeout");
  assertStringIncludes(error.message, "within 0.1 s");
});

Deno.test("an answer above the size cap is an error", async () => {
  await using at = await fake(() => listOf(["a".repeat(4000)]), {
    limits: { maxBytes: 1024 },
  });
  const error = await assertRejects(() => list(at.cluster), ClusterError);
  assertEquals(error.code, "too-large");
  assertEquals(at.seen.length, 1);
});

Deno.test("a zip bomb ends at the size cap", async () => {
  const zeros = new Blob([new Uint8Array(8 * 1024 * 1024)]);
  const zipped = await new Response(
    zeros.stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  await using at = await fake(
    () =>
      new Response(zipped, {
        headers: {
          "content-type": "application/json",
          "content-encoding": "gzip",
        },
      }),
    { limits: { maxBytes: 1024 * 1024 } },
  );
  const error = await assertRejects(() => list(at.cluster), ClusterError);
  assertEquals(error.code, "too-large");
});

Deno.test("a zipped answer is read", async () => {
  const body = await new Response(
    listOf(["reviews"]).body!.pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  await using at = await fake(() =>
    new Response(body, {
      headers: {
        "content-type": "application/json",
        "content-encoding": "gzip",
      },
    })
  );
  const { items } = await list(at.cluster);
  assertEquals(items.map(({ metadata }) => metadata.name), ["reviews"]);
});

Deno.test("nothing listening is said so, even for a write", async () => {
  const at = await fake(() => json({}));
  await at[Symbol.asyncDispose]();
  const { kubernetesCluster } = await import("../../src/cluster/connect.ts");
  await using cluster = await kubernetesCluster({
    server: at.cluster.target.server,
    identity: "nobody",
    target: at.cluster.target,
  }, { clock: at.clock });
  for (const call of [get, patch]) {
    const error = await assertRejects(() => call(cluster), ClusterError);
    assertEquals(error.code, "unreachable");
    assertStringIncludes(error.message, "nothing listens at 127.0.0.1");
    assertStringIncludes(error.message, "(3 attempts)");
  }
});

Deno.test("a signal stops a read, and leaves a write unknown", async () => {
  for (
    const { call, type } of [
      { call: "get", type: InterruptedError },
      { call: "patch", type: OutcomeUnknownError },
    ]
  ) {
    const arrived = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const controller = new AbortController();
    await using at = await fake(async () => {
      arrived.resolve();
      await over.promise;
      return json({});
    });
    const options = { signal: controller.signal };
    const running = call === "get"
      ? at.cluster.get(REF, options)
      : at.cluster.patch(REF, SET_LABEL, options);
    const failed = assertRejects<TrafficError>(() => running, type);
    await arrived.promise;
    controller.abort();
    await failed;
    over.resolve();
  }
});

Deno.test("at most eight calls are under way at a time", async () => {
  let now = 0;
  let most = 0;
  await using at = await fake(async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    now -= 1;
    return json(service("reviews"));
  });
  await Promise.all(Array.from({ length: 40 }, () => get(at.cluster)));
  assertEquals(at.seen.length, 40);
  assertLessOrEqual(most, 8);
  assertGreaterOrEqual(most, 2);
});

Deno.test("requests say who asks, and writes who manages the fields", async () => {
  await using at = await fake(() => json(service("reviews")), {
    token: "tok-123456",
  });
  await patch(at.cluster);
  const [headers] = at.headers;
  assertEquals(headers?.get("authorization"), "Bearer tok-123456");
  assertEquals(
    headers?.get("content-type"),
    "application/json-patch+json",
  );
  assertEquals(
    headers?.get("user-agent")?.startsWith("istiops/"),
    true,
  );
  assertEquals(at.seen, [
    "PATCH /apis/networking.istio.io/v1/namespaces/default/virtualservices/reviews?fieldManager=istiops&fieldValidation=Warn",
  ]);
});

Deno.test("a token that the server sends back is in no message", async () => {
  const token = "canary-0123456789";
  for (const code of [400, 403, 409, 422, 500]) {
    await using at = await fake(
      () =>
        status(code, "X", {
          message: `saw Bearer ${token}`,
          details: { causes: [{ field: token, message: token }] },
        }),
      { token },
    );
    for (const call of [list, patch]) {
      const error = await assertRejects(() => call(at.cluster), TrafficError);
      const everything = [
        error.message,
        error.hint,
        error.stack,
        JSON.stringify(error.details),
        Deno.inspect(error),
      ].join("\n");
      assertNotMatch(everything, /canary/);
    }
  }
});

Deno.test("each attempt of a call is told, without the token", async () => {
  const told: Exchange[] = [];
  await using at = await fake(
    (_, nth) =>
      nth === 1
        ? text(503, "no backend knows tok-123456")
        : listOf(["reviews"]),
    { token: "tok-123456", onExchange: (exchange) => told.push(exchange) },
  );
  await list(at.cluster);
  assertEquals(
    told.map(({ method, status, attempt }) => [method, status, attempt]),
    [["GET", 503, 1], ["GET", 200, 2]],
  );
  assertStringIncludes(told[0]!.url, "/virtualservices?limit=500");
  assert(told[0]!.obstacle !== undefined);
  assertNotMatch(JSON.stringify(told), /tok-123456/);
});

Deno.test("a new token is fetched once after a 401", async () => {
  let token = "old-token";
  await using at = await fake(
    (request) =>
      request.headers.get("authorization") === "Bearer new-token"
        ? json(service("reviews"))
        : status(401, "Unauthorized"),
    {
      access: {
        token: {
          current: () => Promise.resolve(token),
          refresh: () => {
            token = "new-token";
            return Promise.resolve(true);
          },
        },
      },
    },
  );
  await patch(at.cluster);
  assertEquals(at.seen.length, 2);
});

Deno.test("warnings go to whom asked for them", async () => {
  const warnings: string[] = [];
  await using at = await fake(() =>
    Response.json(service("reviews"), {
      headers: [
        ["warning", '299 - "unknown field \\"spec.x\\", it is"'],
        ["warning", '299 - "another"'],
      ],
    })
  );
  await at.cluster.patch(REF, SET_LABEL, {
    onWarning: (warning) => warnings.push(warning),
  });
  assertEquals(warnings, ['unknown field "spec.x", it is', "another"]);
});
