import { documentChecker } from "../support/schemas.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { Home, NAME } from "../fault/rig/command_lines.ts";

const RULES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
    - match: [{ uri: { prefix: /v1 } }]
      route: [{ destination: { host: reviews } }]
    - route: [{ destination: { host: reviews } }]
---
apiVersion: v1
kind: Service
metadata: { name: reviews }
spec: { selector: { app: reviews }, ports: [{ name: http, port: 9080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: ratings }
spec: { selector: { app: ratings }, ports: [{ name: http, port: 9080 }] }
`;
const MOVED = RULES.replace("host: reviews } }]", "host: ratings } }]");

const SHIFT = ["--sandbox", "shift", NAME, "-b", "3", "-w", "20"];

Deno.test("diff compares two files, and no cluster is asked", async () => {
  await using home = await Home.make();
  const before = await home.write("before.yaml", RULES);
  const after = await home.write("after.yaml", MOVED);
  const { status, stdout, stderr } = await home.run(["diff", before, after]);
  assertEquals({ status, stderr }, { status: 0, stderr: "" });
  for (
    const part of [
      `Before: ${before}`,
      `After:  ${after}`,
      "- under /v1, to reviews, from sidecars in default",
      "see:     istiops explain GET http://reviews:9080/v1 --from namespace=default",
      "before:  rule 0 of default/reviews: 100 % to reviews.default:9080",
      "after:   rule 0 of default/reviews: 100 % to ratings.default:9080",
    ]
  ) assertStringIncludes(stdout, part);
  assertEquals(stdout.match(/^ {2}- /gm)?.length, 1);
  const same = await home.run(["diff", before, before.replace("//", "/")]);
  assertEquals(same.status, 2);
});

Deno.test("diff --exit-code is 8 where a request goes elsewhere, 0 where none does", async () => {
  await using home = await Home.make();
  const before = await home.write("before.yaml", RULES);
  const after = await home.write("after.yaml", MOVED);
  const twin = await home.write("twin.yaml", `# the same\n${RULES}`);
  const status = async (...words: readonly string[]) =>
    (await home.run(["diff", ...words, "--exit-code"])).status;
  assertEquals(await status(before, after), 8);
  assertEquals(await status(before, twin), 0);
});

Deno.test("diff -o json fits its schema, with what is wrong in the files", async () => {
  await using home = await Home.make();
  const before = await home.write("before.yaml", RULES);
  const after = await home.write("after.yaml", `${MOVED}---\nkind: [\n`);
  const { status, stdout } = await home.run([
    ...["diff", before, after, "-o", "json"],
  ]);
  assertEquals(status, 1);
  const document = JSON.parse(stdout);
  assertEquals((await documentChecker())("TrafficDiff", document), "");
  assertEquals(document.changed, true);
  assertEquals(document.problems[0].severity, "error");
});

Deno.test("diff FILE is what applying it to the cluster would do", async () => {
  await using home = await Home.make();
  const { status, stdout } = await home.run([
    ...["--sandbox", "diff", "ROUTES", "-o", "json"],
  ]);
  assertEquals(status, 0);
  const { differences, target } = JSON.parse(stdout);
  assertEquals(target.source, "sandbox");
  const [row] = differences.filter((
    { before, hosts }: {
      before: { name?: string };
      hosts: readonly string[];
    },
  ) => before.name === "master" && hosts.includes("api-domain"));
  assertEquals(row.after.destinations[0].percent, 100);
  assertEquals(row.after.destinations[0].subset, undefined);
  // What is the cluster's own stays: no Service of it is gone.
  assert(
    differences.every(({ after }: { after: { why?: string } }) =>
      !after.why?.includes("api-domain.default")
    ),
  );
});

Deno.test("diff PLAN is what shift --dry-run says, and apply does", async () => {
  await using home = await Home.make();
  const plan = `${home.path}/plan.json`;
  const dry = JSON.parse(
    (await home.run([...SHIFT, "--dry-run", "-o", "json"])).stdout,
  );
  assertEquals(
    dry.elsewhere.map(({ kind, after }: {
      kind: string;
      after: { name: string; destinations: { percent: number }[] };
    }) => [kind, after.name, after.destinations.map((one) => one.percent)]),
    [["shares", "web", [72, 8, 20]], ["shares", "master", [72, 8, 20]]],
  );
  await home.run([...SHIFT, "--plan-out", "PLAN"]);
  const of = async () =>
    JSON.parse(
      (await home.run(["--sandbox", "diff", plan, "-o", "json"])).stdout,
    );
  const before = await of();
  assertEquals(before.differences, dry.elsewhere);
  assertEquals(before.notes, []);
  const applied = await home.run([
    ...["--sandbox", "apply", "PLAN", "--yes", "-o", "json"],
  ]);
  assertEquals(JSON.parse(applied.stdout).status, "done");
  const late = await home.run(["--sandbox", "diff", plan]);
  assertEquals(late.status, 6);
  assertStringIncludes(late.stderr, "Plan again on what is there now");
});

Deno.test("a dry run tells requests that go elsewhere to people, too; others do not", async () => {
  await using home = await Home.make();
  const title = "Requests that go elsewhere:";
  const dry = await home.run([...SHIFT, "--dry-run"]);
  assertStringIncludes(dry.stdout, title);
  const done = await home.run([...SHIFT, "--yes", "--settle", "0s"]);
  assertEquals(done.status, 0);
  assert(!done.stdout.includes(title));
  const undo = await home.run(["--sandbox", "undo", NAME, "--dry-run"]);
  assertStringIncludes(undo.stdout, title);
});

Deno.test("diff reads standard input once", async () => {
  await using home = await Home.make();
  const before = await home.write("before.yaml", RULES);
  const { stdout, status } = await home.run(["diff", before, "-"], {
    stdin: MOVED,
  });
  assertEquals(status, 0);
  assertStringIncludes(stdout, "After:  standard input");
});

Deno.test.each<{ words: readonly string[]; says: string }>([
  { words: [], says: "It is not said what to compare" },
  { words: ["cluster"], says: '"cluster" would be compared with itself' },
  { words: ["-", "-"], says: "Standard input can be read once" },
  { words: ["a", "b", "c"], says: '"c" is a word too many' },
  { words: ["PLAN", "ROUTES"], says: "a plan is what comes after" },
])("diff $words is wrong usage: $says", async ({ words, says }) => {
  await using home = await Home.make();
  if (words.includes("PLAN")) await home.run([...SHIFT, "--plan-out", "PLAN"]);
  const { status, stderr } = await home.run(["diff", ...words]);
  assertEquals(status, 2);
  assertStringIncludes(stderr, says);
});
