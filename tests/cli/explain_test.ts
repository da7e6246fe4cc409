import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { ManifestFolder } from "../support/manifest_folder.ts";

const ROUTES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
    - name: preview
      match: [{ headers: { x-user: { exact: jason } } }]
      route: [{ destination: { host: reviews, subset: v2 } }]
      timeout: 2s
    - route:
        - { destination: { host: reviews, subset: v1 }, weight: 75 }
        - { destination: { host: reviews, subset: v3 }, weight: 25 }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
---
apiVersion: v1
kind: Service
metadata: { name: reviews }
spec: { selector: { app: reviews }, ports: [{ name: http, port: 9080 }] }
`;

/** With the manifests in it. */
class Files extends ManifestFolder {
  constructor() {
    super(ROUTES);
  }

  explain(...words: readonly string[]) {
    return this.run("explain", ...words);
  }
}

Deno.test("explain tells the rule, what it does, and why none before it", async () => {
  await using files = new Files();
  const { status, stdout, stderr } = await files.explain(
    ...["GET", "http://reviews:9080/x"],
  );
  assertEquals({ status, stderr }, { status: 0, stderr: "" });
  for (
    const part of [
      "GET http://reviews:9080/x",
      "A rule takes it",
      "default/reviews rule 1",
      '-> 75 % to reviews.default.svc.cluster.local:9080, subset "v1": version=v1',
      '503, flag NC: DestinationRule "reviews" has no subset "v3"',
      'default/reviews rule 0 "preview": headers["x-user"] wants exact "jason", it has none',
    ]
  ) assertStringIncludes(stdout.replace(/\n +/g, " "), part);
});

Deno.test("explain sends headers, a method and a client as they are written", async () => {
  await using files = new Files();
  const { stdout } = await files.explain(
    ...["reviews:9080", "--method", "post", "-H", "x-user=jason"],
    ...["--from", "app=web,namespace=default", "-o", "json"],
  );
  const document = JSON.parse(stdout);
  assertEquals(document.request, {
    method: "POST",
    scheme: "http",
    authority: "reviews:9080",
    path: "/",
    headers: [["x-user", "jason"]],
    port: 9080,
  });
  assertEquals(document.client, {
    kind: "sidecar",
    namespace: "default",
    labels: { app: "web" },
  });
  assertEquals(document.rule.path, ["spec", "http", 0, "match", 0]);
  assertEquals(document.rule.timeout, "2s");
});

Deno.test("--sample counts where requests go, by weight", async () => {
  await using files = new Files();
  const { stdout } = await files.explain(
    ...["http://reviews:9080/", "--sample", "10000", "-o", "json"],
  );
  const { sample: { requests, destinations } } = JSON.parse(stdout);
  const [first, second] = destinations;
  assertEquals(requests, 10000);
  assertEquals(first.requests + second.requests, 10000);
  // Six standard deviations and more.
  assert(Math.abs(first.requests - 7500) < 300, `${first.requests}`);
});

Deno.test("--requests answers each line with a line, and says which are none", async () => {
  await using files = new Files();
  const file = `${files.path}/requests.jsonl`;
  await Deno.writeTextFile(
    file,
    [
      '{"host":"reviews","path":"/a?b","client":{"kind":"sidecar","namespace":"default","labels":{},"port":9080}}',
      '{"method":"GET","host":"reviews:9080","path":"/","headers":{"x-user":"jason"}}',
      "not json",
      '{"host":"reviews:9080","colour":"red"}',
    ].join("\n"),
  );
  const { status, stdout, stderr } = await files.explain("--requests", file);
  const answers = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(answers.map(({ outcome }) => outcome), [
    "route",
    "route",
    "unknown",
    "unknown",
  ]);
  assertEquals(answers[0], {
    outcome: "route",
    route: "",
    object: "default/reviews",
    rule: 1,
    destinations: [
      {
        cluster: "outbound|9080|v1|reviews.default.svc.cluster.local",
        percent: 75,
      },
      {
        cluster: "outbound|9080|v3|reviews.default.svc.cluster.local",
        percent: 25,
        flag: "NC",
      },
    ],
  });
  assertEquals([answers[1].rule, answers[1].match], [0, 0]);
  assertEquals(status, 1);
  assertStringIncludes(stderr, "line 3 is no request: it is no JSON");
  assertStringIncludes(stderr, 'line 4 is no request: it has a field "colour"');
});

Deno.test.each([
  { words: [], says: "The request is missing" },
  { words: ["GET"], says: "The request is missing" },
  { words: ["http://"], says: "is not the URL of a request" },
  { words: ["ftp://reviews/"], says: "is not the URL of a request" },
  { words: ["GET", "POST", "reviews"], says: "is a word too many" },
  { words: ["G3T", "reviews"], says: '"G3T" is not a method' },
  { words: ["reviews:70000"], says: "is not the URL of a request" },
  { words: ["reviews", "--header", "x?"], says: "a request has values" },
  { words: ["reviews", "--sample", "0"], says: "is not a number from 1" },
  { words: ["reviews", "--from", "namespace=A_B"], says: "namespace's name" },
  { words: ["reviews", "--gateway", "a/b/c"], says: "name of a Gateway" },
  { words: ["reviews", "--waypoint", "a/b/c"], says: "name of a Gateway" },
  {
    words: ["reviews", "--waypoint", "w", "--gateway", "g"],
    says: "--waypoint and --gateway exclude each other",
  },
  {
    words: ["reviews", "--waypoint", "w", "--from", "app=x"],
    says: "--waypoint and --from exclude each other",
  },
  {
    words: ["reviews", "--requests", "x"],
    says: "--requests has the requests, and one stands here, too",
  },
])("explain $words is wrong usage: $says", async ({ words, says }) => {
  await using files = new Files();
  const { status, stderr } = await files.explain(...words);
  assertEquals(status, 2);
  assertStringIncludes(stderr, says);
});

/** What ambient and scoped namespaces add to it. */
const CLIENTS = `${
  ROUTES.replaceAll(
    "{ name: reviews }",
    "{ name: reviews, namespace: default }",
  )
}---
apiVersion: v1
kind: Namespace
metadata: { name: default, labels: { istio.io/use-waypoint: w } }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: near, namespace: shop }
spec: { egress: [{ hosts: ["./*"] }] }
`;

Deno.test("explain asks a waypoint, by its namespace or by that of -n", async () => {
  await using files = new Files();
  files.write("routes.yaml", CLIENTS);
  const url = "http://reviews:9080/x";
  const named = await files.explain(url, "--waypoint", "default/w");
  assertEquals(named.status, 0);
  for (
    const part of [
      "From: waypoint default/w in namespace default",
      "default/reviews rule 1",
      '75 % to reviews.default.svc.cluster.local:9080, subset "v1"',
    ]
  ) assertStringIncludes(named.stdout, part);
  const here = await files.explain(url, "--waypoint", "w", "-n", "default");
  assertEquals(here.stdout, named.stdout);
  const other = await files.explain(url, "--waypoint", "default/v");
  assertStringIncludes(
    other.stdout.replaceAll(/\s+/g, " "),
    'they go to waypoint "default/w"',
  );
});

Deno.test("explain says what a Sidecar does not import", async () => {
  await using files = new Files();
  files.write("routes.yaml", CLIENTS);
  const { stdout } = await files.explain(
    "http://reviews.default:9080/",
    ...["-n", "shop"],
  );
  const said = stdout.replaceAll(/\s+/g, " ");
  assertStringIncludes(said, 'that Sidecar "shop/near" imports');
  assertStringIncludes(
    said,
    'VirtualService default/reviews: Sidecar "shop/near" does not import it on port 9080',
  );
});

Deno.test("explain --requests asks waypoints, and says what is wrong of them", async () => {
  await using files = new Files();
  files.write("routes.yaml", CLIENTS);
  const host = "reviews:9080";
  const clients = [
    { kind: "waypoint", gateway: "default/w" },
    { kind: "waypoint", gateway: "w", namespace: "default" },
    { kind: "waypoint" },
    { kind: "ztunnel" },
  ];
  files.write(
    "requests",
    clients.map((client) => JSON.stringify({ host, client })).join("\n"),
  );
  const { stdout, stderr } = await files.explain(
    "--requests",
    `${files.path}/requests`,
  );
  const answers = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const cluster = "inbound-vip|9080|http/v1|reviews.default.svc.cluster.local";
  assertEquals(
    answers.map(({ destinations }) => destinations[0]?.cluster),
    [cluster, cluster, undefined, undefined],
  );
  assertStringIncludes(
    stderr,
    "line 3 is no request: client.gateway is missing",
  );
  assertStringIncludes(
    stderr,
    'client.kind is "ztunnel", not sidecar, gateway or waypoint',
  );
});
