import { readTestFiles } from "../../../src/actions/route_test_files.ts";
import { readRouteTests } from "../../../src/istio/route_tests_shape.ts";
import {
  type TestField,
  testField,
} from "../../../src/lsp/yaml/test_fields.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../../support/assert.ts";
import { CURSOR, Open } from "./rig.ts";

const ROUTES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: shop}
spec:
  hosts: [reviews]
  http:
  - name: preview
    match: [{headers: {x-user: {exact: jason}}}]
    route: [{destination: {host: reviews, subset: v2}}]
  - match: [{uri: {exact: /old}}]
    redirect: {uri: /new}
  - name: rest
    route:
    - {destination: {host: reviews, subset: v1}, weight: 75}
    - {destination: {host: reviews, subset: v2}, weight: 25}
`;
const RULES = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: shop}
spec:
  host: reviews
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
`;
const HEAD = "apiVersion: istiops/v1\nkind: RouteTests\nnamespace: shop\n";
const WHOLE = `${HEAD}tests:
- name: jason
  request: GET http://reviews:9080/
  headers: {x-user: jason}
  expect: {rule: preview, build: v2}
- request: http://reviews:9080/
  expect:
    build: v2
    share: {is: 25, within: 1}
`;
const test = (expect: string): string =>
  `${HEAD}tests:\n- request: http://reviews:9080/\n  expect: ${expect}\n`;

/** What `istiops test FILE` says is wrong: code, place, words. */
async function toldByTest(text: string): Promise<readonly string[]> {
  const { problems } = await readTestFiles(["-"], {
    readStdin: () => Promise.resolve(text),
  });
  return problems.map(({ severity, code, line, column, message }) =>
    `${severity} ${code} ${line}:${column} ${message}`
  );
}

function toldHere(text: string, ...others: readonly string[]) {
  const open = new Open([text, ...others]);
  return open.told().map(({ severity, code, span, message }) => {
    const { line, character } = open.file.lines.positionAt(span.start);
    return `${severity} ${code} ${line + 1}:${character + 1} ${message}`;
  });
}

Deno.test.each([
  { what: "a whole file", text: WHOLE, count: 0 },
  {
    what: "fields that nobody knows",
    count: 3,
    text:
      `${WHOLE}  expct: {}\n- request: {host: a, hots: b}\n  expect: {subsets: v1}\n`,
  },
  {
    what: "another apiVersion, and no list",
    count: 2,
    text: `apiVersion: istiops/v2\nkind: RouteTests\ntests: {}\n`,
  },
  {
    what: "a kind by another name",
    count: 1,
    text: WHOLE.replace("RouteTests", "RouteTest"),
  },
  { what: "no test at all", count: 1, text: `${HEAD}tests: []\n` },
  { what: "no list of tests", count: 1, text: HEAD },
  {
    what: "a request that is none, and no expect",
    count: 2,
    text:
      `${HEAD}tests:\n- request: GET a b\n  expect: {status: 404}\n- {request: http://a/}\n`,
  },
  {
    what: "values of the wrong kind",
    count: 6,
    text: test(
      "\n    rule: true\n    status: ok\n    build: 3\n    share: 120\n    flag: XX\n    labels: [a]",
    ),
  },
  {
    what: "a share that is none",
    count: 2,
    text: `${
      test("{share: {min: 20, max: 10}}")
    }- request: http://a/\n  expect: {share: {is: 1, min: 2}}\n`,
  },
  {
    what: "headers of numbers, in a text with marks of two units",
    count: 1,
    text:
      `# 👍🏽\n${HEAD}tests:\n- name: "𐐀"\n  request: http://a/\n  headers: {"𐐀": 1}\n  expect: {status: 404}\n`,
  },
  { what: "an expectation that expects nothing", count: 1, text: test("{}") },
  {
    what: "two documents, one broken",
    count: 1,
    text: `${WHOLE}---\n${HEAD}tests: [\n`,
  },
  {
    what: "a document that is no mapping",
    count: 1,
    text: `${HEAD}tests: []\nkind: RouteTests\n- x\n`,
  },
  {
    what: "JSON",
    count: 1,
    text:
      `{"apiVersion": "istiops/v1", "kind": "RouteTests",\n "tests": [{"request": "http://a/", "expect": {"rule": -1}}]}`,
  },
  {
    what: "an item of a List",
    count: 1,
    text:
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: istiops/v1\n  kind: RouteTests\n  tests:\n  - request: http://a/\n    expect: {rules: 1}\n`,
  },
  {
    what: "values behind an alias",
    count: 2,
    text:
      `${HEAD}tests:\n- request: &r {host: a, port: 1}\n  expect: {status: 404}\n- request: *r\n  expect: {status: 404}\n`,
  },
])(
  "what test FILE says of $what is told, at the same place",
  async ({ text, count }) => {
    const told = await toldByTest(text);
    assertEquals(told.length, count, told.join("\n"));
    assertEquals(toldHere(text), told);
  },
);

Deno.test("other kinds beside tests are a warning where test FILE has an error", async () => {
  const text =
    `${WHOLE}---\n${ROUTES}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n`;
  const told = await toldByTest(text);
  assertEquals(told.length, 2);
  assertEquals(
    toldHere(text, RULES),
    told.map((one) => one.replace("error", "warning")),
  );
  // Without tests beside it nothing is said.
  assertEquals(toldHere(ROUTES, WHOLE), []);
});

Deno.test("fields that are completed are those that are read", () => {
  const places: readonly (readonly (string | number)[])[] = [
    [],
    ["tests", 0],
    ["tests", 0, "expect"],
    ["tests", 0, "expect", "destinations", 0],
  ];
  for (const path of places) {
    const field = testField(path) as TestField;
    const { problems } = readRouteTests(nested(path, { nobody: 1 }));
    const told = problems.find(({ message }) => message.includes('"nobody"'));
    assertEquals(
      told?.message.split("there are ")[1]?.split(", ").sort(),
      field.fields.map(({ key }) => key).sort(),
    );
  }
  for (
    const [path, from] of [
      [["tests", 0, "request"], { host: "a", nobody: 1 }],
      [["tests", 0, "client"], { nobody: 1 }],
    ] as const
  ) {
    const { problems } = readRouteTests({
      ...{ apiVersion: "istiops/v1", kind: "RouteTests" },
      tests: [{ request: { host: "a" }, expect: { rule: 1 }, [path[2]]: from }],
    });
    assertEquals(
      problems[0]?.message.split("there are ")[1]?.split(", ").sort(),
      testField(path)?.fields.map(({ key }) => key).sort(),
    );
  }
  for (const field of ["outcome", "flag"]) {
    const { problems } = readRouteTests(
      nested(["tests", 0, "expect"], { [field]: "nobody" }),
    );
    assertEquals(
      problems.find(({ message }) => message.includes('"nobody"'))?.message
        .split("one of ")[1]?.split(", "),
      testField(["tests", 0, "expect", field])?.values,
    );
  }
});

/** A document with something at a path, and what a reader needs to get there. */
function nested(path: readonly (string | number)[], value: object): unknown {
  const [step, ...rest] = path;
  if (step === undefined) {
    return {
      apiVersion: "istiops/v1",
      kind: "RouteTests",
      tests: [],
      ...value,
    };
  }
  const inner = (left: readonly (string | number)[]): unknown => {
    const [next, ...more] = left;
    if (next === undefined) return value;
    return typeof next === "number" ? [inner(more)] : { [next]: inner(more) };
  };
  return { apiVersion: "istiops/v1", kind: "RouteTests", [step]: inner(rest) };
}

Deno.test.each([
  {
    expect: "{rule: previw}",
    at: '"previw"',
    says: 'VirtualService "shop/reviews" has no rule "previw"',
  },
  {
    expect: "{rule: 3}",
    at: '"3"',
    says: 'VirtualService "shop/reviews" has no rule 3',
  },
  {
    expect: "{object: revews}",
    at: '"revews"',
    says: 'No rule for "reviews:9080" is in VirtualService "shop/revews"',
  },
  {
    expect: "{destination: ratings}",
    at: '"ratings"',
    says: 'No rule for these requests leads to "ratings"',
  },
  {
    expect: "{destination: reviews, subset: v3}",
    at: '"v3"',
    says: 'No rule for these requests leads to a subset "v3"',
  },
  {
    expect: "{subset: null}",
    at: '"null"',
    says: "No rule for these requests leads to all pods of the service",
  },
  {
    expect: "{build: v3, share: 5}",
    at: '"v3"',
    says:
      'No rule for these requests leads to a subset with "v3" among its labels',
  },
  {
    expect: "{destinations: [{subset: v1}, {labels: {version: v9}}]}",
    at: '"{version: v9}"',
    says:
      'No rule for these requests leads to pods with the labels {"version":"v9"}',
  },
  {
    expect: "{subset: v1, destinations: [{subset: v4}]}",
    at: '"v4"',
    says: 'No rule for these requests leads to a subset "v4"',
  },
])(
  "$expect is a warning: nothing that is open has it",
  ({ expect, at, says }) => {
    const open = new Open([test(expect), ROUTES, RULES]);
    assertEquals(open.codes(), [`not-there ${at}`]);
    assertEquals(
      open.told().map(({ severity, message }) => [severity, message]),
      [["warning", says]],
    );
  },
);

Deno.test.each([
  { expect: "{rule: preview}", why: "another request takes that rule" },
  { expect: "{rule: 1, redirect: /new}", why: "rules have an index, too" },
  {
    expect: "{object: reviews, destination: reviews.shop}",
    why: "names are short or not",
  },
  { expect: "{subset: v3, share: 0}", why: "nothing is to go there" },
  {
    expect: "{build: v3} # istiops-ignore: not-there",
    why: "a comment asks not to be told",
  },
])("$expect is none: $why", ({ expect }) => {
  assertEquals(new Open([test(expect), ROUTES, RULES]).codes(), []);
});

Deno.test("what is not open is not missing", () => {
  const unknown = test("{rule: x, destination: ratings, build: v9}");
  assertEquals(new Open([unknown]).codes(), []);
  assertEquals(new Open([unknown, RULES]).codes(), []);
  // Labels stand in a DestinationRule that is closed.
  assertEquals(new Open([test("{build: v9}"), ROUTES]).codes(), []);
  assertEquals(new Open([test("{subset: v9}"), ROUTES]).codes(), [
    'not-there "v9"',
  ]);
});

Deno.test.each([
  { at: "te‸", gives: ["tests:", "metadata:"] },
  {
    at: "tests:\n- ‸",
    gives: ["name: ", "request: ", "headers:", "client:", "expect:"],
  },
  { at: "tests:\n- request: ‸", gives: ["GET http://reviews/"] },
  {
    at: "tests:\n- request: http://reviews:9080/\n  expect: {r‸",
    gives: ["rule: ", "redirect: "],
  },
  {
    at: "tests:\n- request: http://reviews:9080/\n  expect: {rule: ‸",
    gives: ["preview", "1", "rest"],
  },
  {
    at: "tests:\n- request: http://reviews:9080/\n  expect: {subset: ‸",
    gives: ["v1", "v2", "null"],
  },
  {
    at: "tests:\n- request: http://reviews:9080/\n  expect:\n    build: ‸",
    gives: ["v2", "v1"],
  },
  {
    at:
      "tests:\n- request: http://reviews:9080/\n  expect:\n    destination: ‸",
    gives: ["reviews"],
  },
  {
    at: "tests:\n- request: http://reviews:9080/\n  expect:\n    object: ‸",
    gives: ["shop/reviews"],
  },
  {
    at:
      "tests:\n- request: http://reviews:9080/\n  expect:\n    labels: {version: ‸",
    gives: ["v2", "v1"],
  },
  {
    at: "tests:\n- request: http://reviews:9080/\n  expect:\n    share: {‸",
    gives: ["min: ", "max: ", "is: ", "within: "],
  },
  {
    at: "tests:\n- request: {host: reviews, ‸",
    gives: ["method: ", "path: ", "scheme: ", "headers:", "client:"],
  },
  { at: "tests:\n- headers: {x‸", gives: ["x-user: "] },
  { at: "tests:\n- client: {namespace: ‸", gives: ["shop"] },
])("completion at $at begins with $gives", ({ at, gives }) => {
  const open = new Open([`${HEAD}${at}`, ROUTES, RULES]);
  assertEquals(open.completion().slice(0, gives.length), gives);
});

Deno.test("outcomes, flags, kind and apiVersion complete", () => {
  const at = (text: string) => new Open([text]).completion();
  const expect = `${HEAD}tests:\n- request: http://a/\n  expect: `;
  assertEquals(at(`${expect}{outcome: no${CURSOR}}`)[0], "no-route");
  assertEquals(at(`${expect}{flag: ${CURSOR}}`), ["NC", "UH", "none"]);
  assertEquals(at(`apiVersion: istiops/v1\nkind: ${CURSOR}`), ["RouteTests"]);
  assertEquals(at(`kind: RouteTests\napiVersion: ${CURSOR}`), ["istiops/v1"]);
});

const hover = (text: string, at: string, ...others: readonly string[]) => {
  const offset = text.indexOf(at) + 1;
  return new Open([
    `${text.slice(0, offset)}${CURSOR}${text.slice(offset)}`,
    ...others,
  ]).hover();
};

Deno.test("hover tells how a test would end now: the rule, where it leads, what is not as expected", () => {
  assertEquals(
    hover(WHOLE, "GET", ROUTES, RULES),
    `tests[0].request
A line, [METHOD] http://HOST:PORT/PATH (GET and port 80 where it does not say), or an object.

GET http://reviews:9080/ with x-user: jason
From: a sidecar in namespace shop
A rule takes it
shop/reviews rule 0 "preview"
100 % to reviews.shop.svc.cluster.local:9080, subset "v2": version=v2

As expected`,
  );
  const wrong = WHOLE.replace("is: 25", "is: 30");
  const text = hover(wrong, "share", ROUTES, RULES);
  assertStringIncludes(text, 'shop/reviews rule 2 "rest"\n75 % to ');
  assertStringIncludes(text, "25 % goes to build v2, not 29 to 31 %");
  assert(!text.includes("As expected"));
});

Deno.test("hover says what it cannot know", () => {
  assertStringIncludes(
    hover(WHOLE, "GET"),
    "No VirtualService that is open speaks for its host",
  );
  // Without the DestinationRule nothing is known of builds.
  const text = hover(WHOLE, "GET", ROUTES);
  assertStringIncludes(text, "As expected, as far as what is open says");
  const flag = test("{subset: v1, share: 75, flag: UH}");
  assertStringIncludes(hover(flag, "http:", ROUTES, RULES), "as far as");
  assertEquals(
    hover(`${HEAD}tests:\n- request: 1\n`, "request"),
    `tests[0].request
A line, [METHOD] http://HOST:PORT/PATH (GET and port 80 where it does not say), or an object.`,
  );
});
