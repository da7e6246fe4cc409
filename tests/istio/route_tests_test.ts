import { recordTests } from "../../src/istio/record_tests.ts";
import { testRoutes } from "../../src/istio/route_tests.ts";
import { readRouteTests } from "../../src/istio/route_tests_shape.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { anyPair } from "./differences_worlds.ts";
import {
  destinationRule,
  gateway,
  mesh,
  pod,
  service,
  to,
  virtualService,
} from "./worlds.ts";

const OBJECTS: readonly KubeObject[] = [
  virtualService("one", [
    {
      name: "preview",
      match: [{ headers: { "x-cid": { exact: "1" } } }],
      route: to("a:v2"),
    },
    { match: [{ uri: { exact: "/old" } }], redirect: { uri: "/new" } },
    {
      name: "rest",
      match: [{ uri: { prefix: "/" } }, { port: 8080 }],
      route: to(["a:v1", 80], ["a:v2", 20]),
    },
  ]),
  destinationRule("d", "a", ["v1", "v2"]),
  pod("a-2", { app: "a", version: "v1" }),
  pod("a-3", { app: "a", version: "v2" }),
];

/** Failures of one test with this request and expectation. */
function failures(
  expect: Readonly<Record<string, unknown>>,
  rest: Readonly<Record<string, unknown>> = {},
): readonly string[] {
  const { tests, problems } = readRouteTests({
    apiVersion: "istiops/v1",
    kind: "RouteTests",
    tests: [{ request: "GET http://a/", ...rest, expect }],
  });
  assertEquals(problems, []);
  const [result] = testRoutes(mesh(OBJECTS), tests).results;
  assertEquals(result!.passed, result!.failures.length === 0);
  return result!.failures;
}

const PREVIEW = { headers: { "x-cid": "1" } };
const GOES =
  "it goes to a.default.svc.cluster.local:80 subset v1 (80 %), a.default.svc.cluster.local:80 subset v2 (20 %)";

Deno.test.each<{
  expect: Readonly<Record<string, unknown>>;
  rest?: Readonly<Record<string, unknown>>;
  gives: readonly string[];
}>([
  { expect: { rule: "rest", object: "one" }, gives: [] },
  { expect: { rule: 2, object: "default/one" }, gives: [] },
  { expect: { rule: "preview" }, rest: PREVIEW, gives: [] },
  {
    expect: { rule: "preview", object: "two" },
    gives: [
      'The object is "default/one", not "default/two"',
      'The rule is "rest", not "preview"',
    ],
  },
  { expect: { destination: "a", share: 100 }, gives: [] },
  { expect: { destination: "a.default:80" }, gives: [] },
  { expect: { destination: "a.default.svc.cluster.local" }, gives: [] },
  {
    expect: { destination: "a:81" },
    gives: [`Nothing goes to a:81: ${GOES}`],
  },
  { expect: { subset: "v2", share: 20 }, gives: [] },
  { expect: { build: "v2", share: { min: 15, max: 25 } }, gives: [] },
  { expect: { labels: { version: "v2" }, share: { max: 20 } }, gives: [] },
  { expect: { subset: "v2", share: { is: 25, within: 5 } }, gives: [] },
  {
    expect: { subset: "v2", share: { is: 25, within: 4 } },
    gives: [`20 % goes to subset v2, not 21 to 29 %: ${GOES}`],
  },
  {
    expect: { subset: "v2", share: { max: 19 } },
    gives: [`20 % goes to subset v2, not 0 to 19 %: ${GOES}`],
  },
  {
    expect: { build: "v3", share: 10 },
    gives: [`0 % goes to build v3, not 10 %: ${GOES}`],
  },
  { expect: { subset: "v3", share: 0 }, gives: [] },
  {
    expect: { destination: "a", subset: null },
    gives: [`Nothing goes to a, all its pods: ${GOES}`],
  },
  {
    expect: {
      destinations: [{ subset: "v1", share: 80 }, { subset: "v2", flag: "UH" }],
    },
    gives: [
      "The flag of outbound|80|v2|a.default.svc.cluster.local is none, not UH",
    ],
  },
  {
    expect: { status: 301, redirect: "/new", outcome: "redirect" },
    rest: { request: "http://a/old" },
    gives: [],
  },
  {
    expect: { redirect: { uri: "/newer" }, status: 302 },
    rest: { request: { host: "a", path: "/old" } },
    gives: [
      "The status is 301, not 302",
      'The redirect has uri "/new", not "/newer"',
    ],
  },
  {
    expect: { redirect: "/new" },
    gives: ['It is no redirect, and "/new" is expected'],
  },
  {
    expect: { outcome: "no-route" },
    gives: ['The outcome is "route", not "no-route"'],
  },
  {
    expect: { outcome: "passthrough" },
    rest: { request: "http://nowhere/" },
    gives: [],
  },
])(
  "$expect of a request with $rest gives $gives",
  ({ expect, rest, gives }) => {
    assertEquals(failures(expect, rest), gives);
  },
);

Deno.test("what is not known is a failure, and never passed", () => {
  const broken = virtualService("one", [
    { match: [{ uri: { regex: "(" } }], route: to("b") },
    { route: to("a") },
  ]);
  const { tests } = readRouteTests({
    apiVersion: "istiops/v1",
    kind: "RouteTests",
    tests: [{ request: "http://a/", expect: { destination: "a" } }],
  });
  const [result] = testRoutes(mesh([broken]), tests).results;
  assertEquals(result!.failures, [
    'It is not known what becomes of it: whether it matches cannot be known: uri regex "("',
  ]);
});

Deno.test("coverage names each block that no request reaches, and no delegation", () => {
  const { tests } = readRouteTests({
    apiVersion: "istiops/v1",
    kind: "RouteTests",
    tests: [
      { request: "http://a/", expect: { rule: "rest" } },
      { request: "http://b/x", expect: { destination: "b" } },
    ],
  });
  const root = virtualService("root", [
    { match: [{ uri: { prefix: "/x" } }], delegate: { name: "leaf" } },
  ], { hosts: ["b"] });
  const leaf = virtualService("leaf", [{ route: to("b") }], { hosts: [] });
  const world = mesh([...OBJECTS, root, leaf]);
  assertEquals(testRoutes(world, tests, { coverage: {} }).uncovered, [
    { object: "default/one", rule: 0, name: "preview", match: 0 },
    { object: "default/one", rule: 1, match: 0 },
    { object: "default/one", rule: 2, name: "rest", match: 1 },
  ]);
  assertEquals(testRoutes(world, tests).uncovered, undefined);
  const other = testRoutes(world, tests, { coverage: { namespace: "shop" } });
  assertEquals(other.uncovered, []);
});

Deno.test.each<{ value: unknown; says: readonly string[] }>([
  { value: 3, says: [": It is not an object"] },
  {
    value: { kind: "RouteTest", tests: [] },
    says: ['kind: The kind is not "RouteTests"'],
  },
  {
    value: { kind: "RouteTests", tests: [] },
    says: [
      'apiVersion: The apiVersion is not "istiops/v1"',
      "tests: There is no test in it",
    ],
  },
  {
    value: file({ request: "http://a/", expects: {} }),
    says: [
      'tests.0.expects: There is no field "expects" here; there are name, request, headers, client, expect',
      "tests.0: The test expects nothing: it has no expect",
    ],
  },
  {
    value: file({ request: "GET  a  b", expect: { rule: -1 } }),
    says: [
      'tests.0.request: "GET  a  b" is no request: METHOD http://HOST:PORT/PATH',
      "tests.0.expect.rule: The rule is neither a name nor an index from 0",
    ],
  },
  {
    value: file({
      request: "http://a/",
      headers: { a: 1 },
      expect: { build: 3, share: { min: 30, max: 20 } },
    }),
    says: [
      'tests.0.headers: The request is not one: header "a" is not a string',
      "tests.0.expect.share: Its min is more than its max",
      'tests.0.expect.build: build is not a text: write "3"',
    ],
  },
  {
    value: file({
      request: { host: "a", headers: {}, hots: "" },
      headers: {},
      expect: { destinations: [{ flag: "NR", weight: 1 }] },
    }),
    says: [
      "tests.0.request.headers: The test has headers, too",
      'tests.0.request: The request is not one: it has a field "hots"; there are method, host, path, headers, scheme, client',
      'tests.0.expect.destinations.0.weight: There is no field "weight" here; there are destination, subset, build, labels, share, flag',
      'tests.0.expect.destinations.0.flag: "NR" is not one of NC, UH, none',
    ],
  },
  {
    value: file({ request: "a", expect: { share: { is: 1, min: 1 } } }),
    says: [
      "tests.0.expect.share: A share is a number, min and max, or is and within",
    ],
  },
])(
  "readRouteTests() says what is wrong, and where: $says",
  ({ value, says }) => {
    const { tests, problems } = readRouteTests(value);
    assertEquals(tests, []);
    assertEquals(
      problems.map(({ path, message }) => `${path.join(".")}: ${message}`)
        .sort(),
      says.toSorted(),
    );
  },
);

Deno.test("recordTests() has a request for each block, and says which it has not", () => {
  const objects = [
    gateway("g", ["*"]),
    virtualService("one", [
      {
        match: [
          { uri: { prefix: "/x" }, sourceLabels: { app: "web" } },
          { gateways: ["g"], uri: { exact: "/in" } },
        ],
        route: to("b"),
      },
      { match: [{ uri: { prefix: "/" } }], route: to("a") },
      { match: [{ uri: { prefix: "/late" } }], route: to("b") },
    ], { gateways: ["mesh", "g"] }),
  ];
  const world = mesh(objects);
  const { file, missed } = recordTests(
    world,
    world.virtualServices[0]!,
  );
  assertEquals(file.tests.map(({ request, client }) => [request, client]), [
    ["GET http://a/x", { labels: { app: "web" } }],
    ["GET http://a.default.svc.cluster.local/in", { gateway: "default/g" }],
    ["GET http://a/", undefined],
  ]);
  assertEquals(missed, [{ object: "default/one", rule: 2, match: 0 }]);
});

Deno.test("recordTests() gives the index of a rule whose name another has", () => {
  const object = virtualService("one", [
    { name: "x", match: [{ uri: { exact: "/x" } }], route: to("b") },
    { name: "x", route: to("a") },
    { name: "y", route: to("a") },
  ]);
  const { file } = recordTests(mesh([object]), object);
  assertEquals(
    file.tests.map(({ expect }) => (expect as { rule: unknown }).rule),
    [0, 1],
  );
});

Deno.test("recordTests() finds a name under a wildcard that no other object has", () => {
  const wild = virtualService("wild", [{ name: "rest", route: to("a") }], {
    hosts: ["*.example.com"],
  });
  const exact = virtualService("exact", [{ name: "other", route: to("b") }], {
    hosts: ["any.example.com"],
  });
  const { file, missed } = recordTests(mesh([wild, exact]), wild);
  assertEquals(
    file.tests.map(({ request, expect }) => [
      request,
      (expect as { object: unknown }).object,
    ]),
    [["GET http://other.example.com/", "default/wild"]],
  );
  assertEquals(missed, []);
});

Deno.test("a name that is a destination's own host means no other", () => {
  const route = to(["b.shop", 40], ["b.shop.svc.cluster.local", 60]);
  const object = virtualService("one", [{ route }]);
  const world = mesh([service("shop/b"), object]);
  const { tests } = readRouteTests(
    JSON.parse(JSON.stringify(recordTests(world, object).file)),
  );
  assertEquals(
    testRoutes(world, tests).results.map(({ failures }) => failures),
    [[]],
  );
});

Deno.test("what recordTests() writes passes at once (generated worlds)", () => {
  let tests = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const { before: world } = anyPair(seed);
    for (const object of world.virtualServices) {
      const { file } = recordTests(world, object);
      if (file.tests.length === 0) continue;
      const read = readRouteTests(JSON.parse(JSON.stringify(file)));
      assertEquals(read.problems, [], `seed ${seed}`);
      const { results } = testRoutes(world, read.tests);
      assertEquals(
        results.flatMap(({ name, failures }) =>
          failures.map((one) => `${name}: ${one}`)
        ),
        [],
        `seed ${seed}, ${object.metadata.name}`,
      );
      tests += results.length;
    }
  }
  assert(tests > 500, `only ${tests} tests`);
});

/** A file with this one test. */
function file(test: Readonly<Record<string, unknown>>): unknown {
  return { apiVersion: "istiops/v1", kind: "RouteTests", tests: [test] };
}

Deno.test("of many mistakes the first are told, and how many more there are", () => {
  const { tests, problems } = readRouteTests({
    apiVersion: "istiops/v1",
    kind: "RouteTests",
    tests: [
      ...Array.from({ length: 2_000 }, () => ({ x: 1 })),
      { request: "http://a/", expect: { rule: 1 } },
    ],
  });
  assertEquals(tests.length, 1);
  assertEquals(problems.length, 1_001);
  assertEquals(problems.at(-1), {
    path: ["tests"],
    message: "The tests have 5000 more mistakes, which are not told",
    isKey: true,
  });
});
