import { startApiServer } from "../../src/sandbox/api_server.ts";
import { createStore } from "../../src/sandbox/store.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import {
  type AskOptions,
  bench,
  destinationRule,
  ISTIO,
  VIRTUAL_SERVICES,
  virtualService,
} from "./support.ts";

const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";

interface Refusal extends AskOptions {
  readonly what: string;
  readonly line: string;
  readonly status: number;
  readonly reason?: string;
  readonly says?: string;
}

const ONE = `${VIRTUAL_SERVICES}/one`;

const refusals: readonly Refusal[] = [
  {
    what: "an object that is not there",
    line: `GET ${VIRTUAL_SERVICES}/none`,
    status: 404,
    reason: "NotFound",
    says: 'virtualservices.networking.istio.io "none" not found',
  },
  {
    what: "an object that is there already",
    line: `POST ${VIRTUAL_SERVICES}`,
    body: virtualService("one"),
    status: 409,
    reason: "AlreadyExists",
    says: 'virtualservices.networking.istio.io "one" already exists',
  },
  {
    what: "an object in a namespace that is not there",
    line: `POST ${ISTIO}/namespaces/none/virtualservices`,
    body: virtualService("two", { namespace: "none" }),
    status: 404,
    reason: "NotFound",
    says: 'namespaces "none" not found',
  },
  {
    what: "an object of another namespace than the path's",
    line: `POST ${VIRTUAL_SERVICES}`,
    body: virtualService("two", { namespace: "shop" }),
    status: 400,
    reason: "BadRequest",
    says: "does not match the namespace sent on the request",
  },
  {
    what: "an object of another version than the path's",
    line:
      `POST /apis/networking.istio.io/v1beta1/namespaces/default/virtualservices`,
    body: virtualService("two"),
    status: 400,
    reason: "BadRequest",
  },
  {
    what: "a replacement without resourceVersion",
    line: `PUT ${ONE}`,
    body: virtualService("one"),
    status: 422,
    reason: "Invalid",
    says:
      "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
  },
  {
    what: "a patch of an old resourceVersion",
    line: `PATCH ${ONE}`,
    type: JSON_PATCH,
    body: [{ op: "add", path: "/metadata/resourceVersion", value: "1" }],
    status: 409,
    reason: "Conflict",
    says:
      'Operation cannot be fulfilled on virtualservices.networking.istio.io "one": the object has been modified; please apply your changes to the latest version and try again',
  },
  {
    what: "a patch whose test fails",
    line: `PATCH ${ONE}`,
    type: JSON_PATCH,
    body: [{ op: "test", path: "/spec/hosts/0", value: "two" }],
    status: 422,
    reason: "Invalid",
    says: "the server rejected our request due to an error in our request",
  },
  {
    what: "a patch that is no patch",
    line: `PATCH ${ONE}`,
    type: JSON_PATCH,
    body: { spec: {} },
    status: 400,
    reason: "BadRequest",
  },
  {
    what: "a patch that renames",
    line: `PATCH ${ONE}`,
    type: MERGE_PATCH,
    body: { metadata: { name: "two" } },
    status: 400,
    reason: "BadRequest",
  },
  {
    what: "a patch with 10,001 operations",
    line: `PATCH ${ONE}`,
    type: JSON_PATCH,
    body: Array.from(
      { length: 10_001 },
      () => ({ op: "test", path: "/kind", value: "VirtualService" }),
    ),
    status: 413,
    reason: "RequestEntityTooLarge",
    says: "The allowed maximum operations in a JSON patch is 10000, got 10001",
  },
  {
    what: "a strategic merge patch of a custom resource",
    line: `PATCH ${ONE}`,
    type: "application/strategic-merge-patch+json",
    body: {},
    status: 415,
    reason: "UnsupportedMediaType",
  },
  {
    what: "a body in a form that it does not know",
    line: `POST ${VIRTUAL_SERVICES}`,
    type: "text/plain",
    body: virtualService("two"),
    status: 415,
    reason: "UnsupportedMediaType",
  },
  {
    what: "a body that is not JSON",
    line: `POST ${VIRTUAL_SERVICES}`,
    body: "{",
    status: 400,
    reason: "BadRequest",
  },
  {
    what: "a body of more than 3 MiB",
    line: `POST ${VIRTUAL_SERVICES}`,
    body: JSON.stringify("x".repeat(3 * 1024 * 1024)),
    status: 413,
    reason: "RequestEntityTooLarge",
    says: "limit is 3145728",
  },
  {
    what: "a method that the place lacks",
    line: `POST ${ONE}`,
    body: virtualService("one"),
    status: 405,
    reason: "MethodNotAllowed",
    says: "create is not supported on resources of kind",
  },
  {
    what: "a write to all namespaces",
    line: "POST /api/v1/configmaps",
    body: {},
    status: 405,
    reason: "MethodNotAllowed",
  },
  {
    what: "a delete at an old version",
    line: `DELETE ${ONE}`,
    body: { preconditions: { resourceVersion: "1" } },
    status: 409,
    reason: "Conflict",
  },
  {
    what: "a delete of another uid",
    line: `DELETE ${ONE}`,
    body: { preconditions: { uid: "x" } },
    status: 409,
    reason: "Conflict",
  },
  {
    what: "a dry run of an unknown kind",
    line: `DELETE ${ONE}?dryRun=Some`,
    status: 422,
    reason: "Invalid",
  },
  {
    what: "an answer in protobuf only",
    line: `GET ${ONE}`,
    headers: { accept: "application/vnd.kubernetes.protobuf" },
    status: 406,
    reason: "NotAcceptable",
  },
  {
    what: "a selector that is none",
    line: `GET ${VIRTUAL_SERVICES}?labelSelector=a%20b`,
    status: 400,
    reason: "BadRequest",
  },
];

Deno.test.each([...refusals])("the API server refuses $what", async (row) => {
  const { ask, store } = bench([virtualService("one")]);
  const before = store.resourceVersion;
  const answer = await ask(row.line, row);
  assertEquals(answer.status, row.status);
  assertEquals(answer.body.kind, "Status");
  assertEquals(answer.body.code, row.status);
  if (row.reason !== undefined) assertEquals(answer.body.reason, row.reason);
  assertStringIncludes(answer.body.message, row.says ?? "");
  assertEquals(store.resourceVersion, before);
});

Deno.test.each([
  "/apis/networking.istio.io/v1/namespaces/default/tenants",
  "/apis/networking.istio.io/v2/namespaces/default/virtualservices",
  "/apis/argoproj.io/v1alpha1/rollouts",
  `${ISTIO}/nothings`,
  "/nowhere",
])("the API server answers %s in plain text: page not found", async (path) => {
  const answer = await bench().ask(`GET ${path}`);
  assertEquals(answer.status, 404);
  assertMatch(answer.headers.get("content-type")!, /^text\/plain/);
  assertEquals(answer.text, "404 page not found\n");
});

Deno.test("a server without Istio's CRDs does not know the kinds", async () => {
  const { ask } = bench([virtualService("one")], { istioVersions: [] });
  assertEquals((await ask(`GET ${ONE}`)).text, "404 page not found\n");
  const groups = await ask("GET /apis");
  assert(!groups.text.includes("networking.istio.io"));
});

Deno.test.each(["v1", "v1beta1", "v1alpha3"])(
  "an object is read and written as %s",
  async (version) => {
    const { ask } = bench([virtualService("one")]);
    const path =
      `/apis/networking.istio.io/${version}/namespaces/default/virtualservices/one`;
    const apiVersion = `networking.istio.io/${version}`;
    assertEquals((await ask(`GET ${path}`)).body.apiVersion, apiVersion);
    const patched = await ask(`PATCH ${path}`, {
      type: MERGE_PATCH,
      body: { metadata: { labels: { app: "one" } } },
    });
    assertEquals(patched.status, 200);
    assertEquals(patched.body.apiVersion, apiVersion);
    assertEquals(patched.body.metadata.labels, { app: "one" });
  },
);

Deno.test("a write gives a new resourceVersion and generation, and names its manager", async () => {
  const { ask, store } = bench([virtualService("one")]);
  const before = (await ask(`GET ${ONE}`)).body.metadata;
  const { body } = await ask(`PATCH ${ONE}?fieldManager=tester`, {
    type: JSON_PATCH,
    body: [
      {
        op: "add",
        path: "/metadata/resourceVersion",
        value: before.resourceVersion,
      },
      { op: "replace", path: "/spec/hosts/0", value: "other" },
    ],
  });
  assertEquals(body.spec.hosts, ["other"]);
  assertEquals(body.metadata.generation, 2);
  assertEquals(body.metadata.uid, before.uid);
  assertEquals(body.metadata.resourceVersion, store.resourceVersion);
  assertEquals(body.metadata.managedFields.at(-1).manager, "tester");
});

Deno.test("a write that changes nothing keeps the resourceVersion", async () => {
  const { ask, store } = bench([virtualService("one")]);
  const before = store.resourceVersion;
  const answer = await ask(`PATCH ${ONE}`, {
    type: MERGE_PATCH,
    body: { spec: { hosts: ["one"] } },
  });
  assertEquals(answer.body.metadata.resourceVersion, before);
  assertEquals(store.resourceVersion, before);
});

Deno.test("unknown fields and another manager's marks survive a patch", async () => {
  const { ask } = bench([
    virtualService("one", {
      spec: {
        hosts: ["one"],
        futureField: { deep: [1, 2.5, null] },
        http: [{ route: [{ destination: { host: "one" } }] }],
      },
    }),
  ]);
  const { body } = await ask(`PATCH ${ONE}`, {
    type: JSON_PATCH,
    body: [{ op: "add", path: "/spec/http/0/name", value: "all" }],
  });
  assertEquals(body.spec.futureField, { deep: [1, 2.5, null] });
  assertEquals(body.spec.http[0].name, "all");
});

Deno.test("a dry run answers as if, and keeps nothing", async () => {
  const { ask, store } = bench([virtualService("one")]);
  const before = store.dump();
  const patched = await ask(`PATCH ${ONE}?dryRun=All`, {
    type: MERGE_PATCH,
    body: { spec: { hosts: ["other"] } },
  });
  assertEquals(patched.body.spec.hosts, ["other"]);
  const created = await ask(`POST ${VIRTUAL_SERVICES}?dryRun=All`, {
    body: virtualService("two"),
  });
  assertEquals(created.status, 201);
  assertEquals((await ask(`DELETE ${ONE}?dryRun=All`)).status, 200);
  const denied = await ask(`PATCH ${ONE}?dryRun=All`, {
    type: MERGE_PATCH,
    body: { spec: { http: [{}] } },
  });
  assertEquals(denied.status, 400);
  assertEquals(store.dump(), before);
});

Deno.test("pages of a list hold the world as it was at the first of them", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const { ask, store } = bench(names.map((name) => virtualService(name)));
  const first = await ask(`GET ${VIRTUAL_SERVICES}?limit=2`);
  assertEquals(first.body.metadata.remainingItemCount, 3);
  store.delete({ kind: "VirtualService", namespace: "default", name: "d" });
  store.create(virtualService("bb"));
  const read = first.body.items;
  let token = first.body.metadata.continue;
  while (token) {
    const next = await ask(
      `GET ${VIRTUAL_SERVICES}?limit=2&continue=${encodeURIComponent(token)}`,
    );
    assertEquals(
      next.body.metadata.resourceVersion,
      first.body.metadata.resourceVersion,
    );
    read.push(...next.body.items);
    token = next.body.metadata.continue;
  }
  assertEquals(
    read.map((item: { metadata: { name: string } }) => item.metadata.name),
    names,
  );
});

Deno.test("a page whose history is gone is expired, with a token that goes on", async () => {
  const { ask, store } = bench(
    ["a", "b", "c"].map((name) => virtualService(name)),
  );
  const first = await ask(`GET ${VIRTUAL_SERVICES}?limit=1`);
  store.create(virtualService("d"));
  store.compact();
  const next = (token: string) =>
    ask(`GET ${VIRTUAL_SERVICES}?continue=${encodeURIComponent(token)}`);
  const late = await next(first.body.metadata.continue);
  assertEquals(late.status, 410);
  assertEquals(late.body.reason, "Expired");
  const rest = await next(late.body.metadata.continue);
  assertEquals(rest.body.items.length, 3);
  assertEquals((await next("garbage")).status, 400);
});

Deno.test("items of a built-in list carry no kind, those of a custom one do", async () => {
  const { ask } = bench([virtualService("one")]);
  const namespaces = await ask("GET /api/v1/namespaces");
  assertEquals(namespaces.body.kind, "NamespaceList");
  assertEquals(namespaces.body.items[0].kind, undefined);
  const custom = await ask(`GET ${VIRTUAL_SERVICES}`);
  assertEquals(custom.body.kind, "VirtualServiceList");
  assertEquals(custom.body.items[0].kind, "VirtualService");
});

Deno.test("a table has the columns that kubectl prints", async () => {
  const { ask } = bench([
    virtualService("one"),
    destinationRule("one", ["v1"]),
  ]);
  const table = async (plural: string) => {
    const { body } = await ask(`GET ${ISTIO}/${plural}`, {
      headers: {
        accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
      },
    });
    return {
      columns: body.columnDefinitions.map((each: { name: string }) => each.name)
        .join(" "),
      cells: body.rows[0].cells,
    };
  };
  assertEquals(await table("virtualservices"), {
    columns: "Name Gateways Hosts Age",
    cells: ["one", null, '["one"]', "0s"],
  });
  assertEquals(await table("destinationrules"), {
    columns: "Name Host Age",
    cells: ["one", "one", "0s"],
  });
});

Deno.test.each([
  { user: "admin", line: `GET ${ONE}`, status: 200 },
  { user: "viewer", line: `GET ${ONE}`, status: 200 },
  { user: "viewer", line: `DELETE ${ONE}`, status: 403 },
  { user: "nopods", line: `GET ${ISTIO}/virtualservices`, status: 200 },
  { user: "nopods", line: "GET /api/v1/namespaces/default/pods", status: 403 },
  { user: "nopods", line: `DELETE ${ONE}`, status: 403 },
  { user: "nopods", line: `GET ${ISTIO}/virtualservices?watch=1`, status: 403 },
  { user: "namespaced", line: `GET ${VIRTUAL_SERVICES}`, status: 200 },
  { user: "namespaced", line: `GET ${ISTIO}/virtualservices`, status: 403 },
  { user: "namespaced", line: "GET /api/v1/namespaces", status: 403 },
  { user: "namespaced", line: "GET /api/v1/namespaces/default", status: 200 },
  { user: "nobody", line: `GET ${ONE}`, status: 403 },
  { user: "viewer", line: "GET /version", status: 200 },
])("user $user gets $status for $line", async ({ user, line, status }) => {
  const { ask } = bench([virtualService("one")]);
  const [method, path] = line.split(" ");
  const answer = await ask(`${method} /as/${user}${path}`);
  assertEquals(answer.status, status);
});

Deno.test("a refusal has the words of Kubernetes", async () => {
  const { ask } = bench([virtualService("one")]);
  const one = await ask(`PATCH /as/viewer${ONE}`, {
    type: MERGE_PATCH,
    body: {},
  });
  assertEquals(one.body.reason, "Forbidden");
  assertEquals(
    one.body.message,
    'virtualservices.networking.istio.io "one" is forbidden: User "viewer" cannot patch resource "virtualservices" in API group "networking.istio.io" in the namespace "default"',
  );
  const all = await ask("GET /as/nopods/api/v1/pods");
  assertEquals(
    all.body.message,
    'pods is forbidden: User "nopods" cannot list resource "pods" in API group "" at the cluster scope',
  );
  // Who may not, is not told whether there is such an API either.
  const absent = await ask("GET /as/nopods/apis/argoproj.io/v1alpha1/rollouts");
  assertEquals(absent.status, 403);
});

Deno.test("a user learns who he is and what he may", async () => {
  const { ask } = bench();
  const me = await ask(
    "POST /as/nopods/apis/authentication.k8s.io/v1/selfsubjectreviews",
    {
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "SelfSubjectReview",
      },
    },
  );
  assertEquals(me.status, 201);
  assertEquals(me.body.status.userInfo.username, "nopods");
  const may = async (resourceAttributes: Record<string, string>) => {
    const { body } = await ask(
      "POST /as/nopods/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      {
        body: {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: { resourceAttributes },
        },
      },
    );
    return body.status.allowed;
  };
  const istio = { group: "networking.istio.io", namespace: "default" };
  const patch = { ...istio, verb: "patch", resource: "virtualservices" };
  assertEquals(await may(patch), true);
  assertEquals(await may({ ...patch, verb: "create" }), false);
  assertEquals(await may({ verb: "list", resource: "pods" }), false);
});

Deno.test("a status is written by its own path only", async () => {
  const { ask } = bench([virtualService("one")]);
  const change = { type: MERGE_PATCH, body: { status: { seen: true } } };
  assertEquals((await ask(`PATCH ${ONE}`, change)).body.status, undefined);
  const { body } = await ask(`PATCH ${ONE}/status`, change);
  assertEquals(body.status, { seen: true });
  assertEquals(body.metadata.generation, 1);
});

Deno.test("what has finalizers is marked, and goes with the last of them", async () => {
  const { ask } = bench([virtualService("one")]);
  const set = (finalizers: readonly string[]) =>
    ask(`PATCH ${ONE}`, {
      type: MERGE_PATCH,
      body: { metadata: { finalizers } },
    });
  await set(["example.com/wait"]);
  await ask(`DELETE ${ONE}`);
  const marked = await ask(`GET ${ONE}`);
  assertEquals(marked.body.metadata.deletionTimestamp, "2026-11-23T12:00:00Z");
  await set([]);
  assertEquals((await ask(`GET ${ONE}`)).status, 404);
});

Deno.test("a warning of the webhook rides in a header", async () => {
  const { ask } = bench([virtualService("one")]);
  const route = [{ destination: { host: "one" } }];
  const answer = await ask(`PATCH ${ONE}`, {
    type: MERGE_PATCH,
    body: { spec: { http: [{ route }, { name: "late", route }] } },
  });
  assertEquals(answer.status, 200);
  assertEquals(
    answer.headers.get("warning"),
    '299 - "virtualService rule \\"late\\" not used (route without matches defined before)"',
  );
});

Deno.test("an unknown field is a warning, and an error where validation is strict", async () => {
  const { ask } = bench([virtualService("one")]);
  const change = { type: MERGE_PATCH, body: { spec: { hots: [] } } };
  const warned = await ask(`PATCH ${ONE}`, change);
  assertEquals(
    warned.headers.get("warning"),
    '299 - "unknown field \\"spec.hots\\""',
  );
  const strict = await ask(`PATCH ${ONE}?fieldValidation=Strict`, change);
  assertEquals(strict.status, 400);
  assertStringIncludes(strict.body.message, 'unknown field "spec.hots"');
});

Deno.test("discovery names every kind, in the old form and the new", async () => {
  const { ask } = bench();
  const groups = await ask("GET /apis");
  assertEquals(groups.body.kind, "APIGroupList");
  const list = await ask("GET /apis/networking.istio.io/v1beta1");
  assertEquals(
    list.body.resources.map((each: { name: string }) => each.name)
      .filter((name: string) => !name.includes("/")),
    [
      "virtualservices",
      "destinationrules",
      "gateways",
      "serviceentries",
      "workloadentries",
      "sidecars",
    ],
  );
  const type =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const all = await ask("GET /apis", { headers: { accept: type } });
  assertEquals(all.headers.get("content-type"), type);
  assertEquals(all.body.kind, "APIGroupDiscoveryList");
});

Deno.test.each([
  { what: "another Host", url: "http://evil.example/version", headers: {} },
  {
    what: "an Origin",
    url: "http://127.0.0.1:1/version",
    headers: { origin: "https://evil.example" },
  },
])("a web page gets nothing: a request with $what is refused", async (row) => {
  const { apiHandler } = await import("../../src/sandbox/api_server.ts");
  const handle = apiHandler(createStore(), {
    signal: new AbortController().signal,
  });
  const response = await handle(new Request(row.url, { headers: row.headers }));
  assertEquals(response.status, 403);
});

Deno.test("the server listens on loopback, and the Host header is what counts", async () => {
  await using server = await startApiServer(createStore());
  assertMatch(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const ok = await fetch(`${server.url}/version`);
  assertEquals((await ok.json()).major, "1");
  const { port } = new URL(server.url);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: +port });
  await connection.write(
    new TextEncoder().encode(
      "GET /version HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n",
    ),
  );
  const answer = new Uint8Array(64);
  await connection.read(answer);
  assertMatch(new TextDecoder().decode(answer), /^HTTP\/1\.1 403/);
});

Deno.test("50 writers on one object lose nothing when each minds the version", async () => {
  const { ask } = bench([virtualService("one")]);
  const write = async (writer: number): Promise<void> => {
    for (;;) {
      const { body } = await ask(`GET ${ONE}`);
      const { status } = await ask(`PATCH ${ONE}`, {
        type: JSON_PATCH,
        body: [
          {
            op: "add",
            path: "/metadata/resourceVersion",
            value: body.metadata.resourceVersion,
          },
          { op: "add", path: "/spec/hosts/-", value: `host-${writer}` },
        ],
      });
      if (status === 200) return;
      assertEquals(status, 409);
    }
  };
  await Promise.all(Array.from({ length: 50 }, (_, writer) => write(writer)));
  const { body } = await ask(`GET ${ONE}`);
  assertEquals(body.spec.hosts.length, 51);
});
