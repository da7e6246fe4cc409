import { Home, NAME } from "../fault/rig/command_lines.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { documentChecker } from "../support/schemas.ts";

const ROUTES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews, namespace: shop }
spec:
  hosts: [reviews]
  http:
    - name: preview
      match: [{ headers: { x-user: { exact: jason } } }]
      route: [{ destination: { host: reviews, subset: v2 } }]
    - match: [{ uri: { exact: /old } }]
      redirect: { uri: /new }
    - route:
        - { destination: { host: reviews, subset: v1 }, weight: 75 }
        - { destination: { host: reviews, subset: v2 }, weight: 25 }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews, namespace: shop }
spec:
  host: reviews
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
---
apiVersion: v1
kind: Service
metadata: { name: reviews, namespace: shop }
spec: { selector: { app: reviews }, ports: [{ name: http, port: 9080 }] }
`;
const TESTS = `apiVersion: istiops/v1
kind: RouteTests
namespace: shop
tests:
  - name: jason sees the preview
    request: GET http://reviews:9080/
    headers: { x-user: jason }
    expect: { rule: preview, build: v2 }
  - name: a quarter for v2
    request: http://reviews:9080/
    expect: { build: v2, share: { is: 25, within: 1 } }
`;

/** Runs the tests of a text against {@linkcode ROUTES}. */
async function run(text: string, options: readonly string[] = []) {
  await using home = await Home.make();
  const routes = await home.write("shop/routes.yaml", ROUTES);
  const file = await home.write("shop/tests.yaml", text);
  const ran = await home.run(["test", file, "-f", routes, ...options]);
  const short = (output: string) => output.replaceAll(`${home.path}/`, "");
  return { ...ran, stdout: short(ran.stdout), stderr: short(ran.stderr) };
}

Deno.test("test passes with 0 and tells a line for each", async () => {
  assertEquals(await run(TESTS), {
    status: 0,
    stdout:
      "ok     jason sees the preview\nok     a quarter for v2\n\n2 tests passed, none failed\n",
    stderr: "",
  });
});

Deno.test("test fails with 1, with the place and the line that explains", async () => {
  const { status, stdout } = await run(TESTS.replace("is: 25", "is: 30"));
  assertEquals(status, 1);
  const told = stdout.replace(/\n +/g, " ");
  for (
    const part of [
      "FAILED a quarter for v2 (shop/tests.yaml:9)",
      "25 % goes to build v2, not 29 to 31 %",
      "see: istiops explain GET http://reviews:9080/ --from namespace=shop",
      "1 test passed, 1 failed",
    ]
  ) assertStringIncludes(told, part);
});

Deno.test("test --coverage names the rules that no request reaches", async () => {
  const { status, stdout } = await run(TESTS, ["--coverage"]);
  assertEquals(status, 0);
  assertStringIncludes(
    stdout,
    "No request reaches:\n  rule 1 of shop/reviews, match 0\n",
  );
});

Deno.test("test -o json and the file itself fit their schemas", async () => {
  const problemsOf = await documentChecker();
  const broken = TESTS.replace("is: 25", "is: 30").replace("rule:", "rle:");
  for (const text of [TESTS, broken]) {
    const { stdout } = await run(text, ["-o", "json", "--coverage"]);
    assertEquals(problemsOf("TrafficTest", JSON.parse(stdout)), "");
  }
  await using home = await Home.make();
  const routes = await home.write("routes.yaml", ROUTES);
  const { stdout } = await home.run([
    ...["test", "--record", "reviews", "-f", routes, "-o", "json"],
  ]);
  assertEquals(problemsOf("RouteTests", JSON.parse(stdout)), "");
});

Deno.test("test --record writes out what hides, in comments and in names", async () => {
  await using home = await Home.make();
  const name = '"\\u202ea\\n- b: \\x1b[31m"';
  const rules = ROUTES.replace("name: preview", `name: ${name}`)
    .replace("- match: [{ uri:", `- name: ${name}\n      match: [{ uri:`)
    // What a rule above takes is told in a comment.
    .replace(
      "    - route:\n",
      `    - { match: [{ uri: { exact: /old } }], name: ${name}, redirect: { uri: / } }\n    - route:\n`,
    );
  const routes = await home.write("routes.yaml", rules);
  const { stdout } = await home.run([
    ...["test", "--record", "reviews", "-f", routes],
  ]);
  assertMatch(stdout, /^# No request .*\\u202ea\\n- b: \\u001b/);
  assertMatch(stdout, /\n +- name: "\\u202ea\\n- b: \\u001b/);
  // deno-lint-ignore no-control-regex
  assert(!/[\u202e\u001b]/.test(stdout), stdout);
});

Deno.test("test -o junit has a case for each test, failed where it failed", async () => {
  const { stdout } = await run(TESTS.replace("is: 25", "is: 30"), [
    ...["-o", "junit"],
  ]);
  assertStringIncludes(
    stdout,
    '<testsuites tests="2" failures="1" errors="0">',
  );
  assertMatch(
    stdout,
    /<testcase classname="shop\/tests.yaml" name="a quarter for v2">\n +<failure type="expectation" message="shop\/tests.yaml:9: 25 % goes/,
  );
});

Deno.test.each([
  {
    wrong: TESTS.replace("headers:", "header:"),
    says: 'shop/tests.yaml:7:5: error: There is no field "header" here',
  },
  {
    wrong: TESTS.replace("within: 1", "within: [1"),
    says: "shop/tests.yaml:11:54: error: Not valid YAML",
  },
  {
    wrong: TESTS.replace("rule: preview, build: v2", "build: 2"),
    says: 'shop/tests.yaml:8:22: error: build is not a text: write "2"',
  },
  {
    wrong: ROUTES,
    says: 'shop/tests.yaml:2:7: error: The kind is not "RouteTests"',
  },
  {
    wrong: "a: &a [*a]\n",
    says: "shop/tests.yaml:1:1: error: The document has more than",
  },
])(
  "a file of tests that is wrong ends with 1 and says where: $says",
  async ({ wrong, says }) => {
    const { status, stderr } = await run(wrong);
    assertEquals(status, 1);
    assertStringIncludes(stderr, says);
  },
);

Deno.test("a test that is wrong is left out, the others run", async () => {
  const { status, stdout } = await run(
    TESTS.replace("rule: preview", "ruel: preview"),
    ["-q"],
  );
  assertEquals(status, 1);
  assertStringIncludes(stdout, "1 test passed, none failed");
});

Deno.test("a folder of tests may hold other files, and the manifests themselves", async () => {
  await using home = await Home.make();
  await home.write("all/routes.yaml", ROUTES);
  await home.write("all/tests.yaml", TESTS);
  const folder = `${home.path}/all`;
  const { status, stdout } = await home.run([
    ...["test", folder, "-f", `${folder}/routes.yaml`],
  ]);
  assertEquals({ status, passed: /2 tests passed/.test(stdout) }, {
    status: 0,
    passed: true,
  });
  // And the other way round: the tests are no objects of a cluster.
  const both = await home.run(["test", folder, "-f", folder]);
  assertEquals({ status: both.status, stderr: both.stderr }, {
    status: 0,
    stderr: "",
  });
  const checked = await home.run(["check", "-A", "-f", folder]);
  assert(!checked.stdout.includes("missing-name"), checked.stdout);
});

Deno.test("what --record prints passes at once, and fails when traffic moves", async () => {
  await using home = await Home.make();
  const recorded = await home.run(["--sandbox", "test", "--record", NAME]);
  assertEquals(recorded.status, 0);
  const file = await home.write("recorded.yaml", recorded.stdout);
  const before = await home.run(["--sandbox", "test", file, "--coverage"]);
  assertEquals(before.status, 0, before.stdout);
  assert(!before.stdout.includes(`of default/${NAME}`));
  await home.run([
    ...["--sandbox", "shift", NAME, "-b", "3", "-w", "20", "--yes"],
    ...["--settle", "0s"],
  ]);
  const after = await home.run(["--sandbox", "test", file]);
  assertEquals(after.status, 1);
  assertStringIncludes(after.stdout, "not 90 %");
});

Deno.test("--record says so where there is none, or several", async () => {
  await using home = await Home.make();
  const none = await home.run(["--sandbox", "test", "--record", "nobody"]);
  assertEquals(none.status, 1);
  assertStringIncludes(none.stderr, "there is none of that name");
  const twin = ROUTES.replaceAll("namespace: shop", "namespace: other");
  const file = await home.write("two.yaml", `${ROUTES}---\n${twin}`);
  const two = await home.run(["test", "--record", "reviews", "-f", file]);
  assertEquals(two.status, 1);
  assertStringIncludes(two.stderr, 'namespace: "other", "shop"');
  const one = await home.run([
    ...["test", "--record", "reviews", "-f", file, "-n", "other"],
  ]);
  assertEquals(one.status, 0, one.stderr);
  assertStringIncludes(one.stdout, "namespace: other");
});

Deno.test.each<{ words: readonly string[]; says: string }>([
  { words: [], says: "The file of tests is missing" },
  {
    words: ["tests.yaml", "--record", "a"],
    says: "--record makes a file of tests, and reads none",
  },
  { words: ["--record", "a", "-o", "junit"], says: "and no report" },
  {
    words: ["--record", "a", "--coverage"],
    says: "--record and --coverage exclude each other",
  },
  { words: ["-", "-f", "-"], says: "Standard input is not free here" },
])("test $words is wrong usage: $says", async ({ words, says }) => {
  await using home = await Home.make();
  const { status, stderr } = await home.run(["test", ...words]);
  assertEquals(status, 2);
  assertStringIncludes(stderr, says);
});
