import { runCli } from "../../src/cli/run.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { ManifestFolder } from "../support/manifest_folder.ts";

const ROUTES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews, labels: { app: reviews } }
spec:
  hosts: [reviews]
  http:
    - route:
        - { destination: { host: reviews, subset: v1 }, weight: 75 }
        - { destination: { host: reviews, subset: v3 }, weight: 25 }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec: { host: reviews, subsets: [{ name: v1, labels: { version: v1 } }] }
---
apiVersion: v1
kind: Service
metadata: { name: reviews }
spec: { selector: { app: reviews }, ports: [{ name: http, port: 9080 }] }
`;

/** With the manifests in it. */
class Files extends ManifestFolder {
  constructor(manifests = ROUTES) {
    super(manifests);
  }

  graph(...words: readonly string[]) {
    return this.run("graph", ...words);
  }
}

Deno.test.each([
  { format: "mermaid", begins: /^%% istiops graph\nflowchart LR\n/ },
  { format: "dot", begins: /^\/\/ istiops graph\ndigraph istiops \{\n/ },
  { format: "svg", begins: /^<!-- istiops graph -->\n<svg / },
  { format: "html", begins: /^<!doctype html>\n<!-- istiops graph -->\n/ },
  { format: "json", begins: /^\{\n {2}"apiVersion": "istiops\/v1",\n/ },
  { format: "yaml", begins: /^apiVersion: istiops\/v1\nkind: TrafficGraph\n/ },
])("graph -o $format goes to standard output, and nothing else does", async ({
  format,
  begins,
}) => {
  await using files = new Files();
  const { status, stdout, stderr } = await files.graph("-o", format);
  assertEquals({ status, stderr }, { status: 0, stderr: "" });
  assertMatch(stdout, begins);
  assert(stdout.endsWith("\n"));
});

Deno.test("graph alone is Mermaid", async () => {
  await using files = new Files();
  const { stdout } = await files.graph();
  assertEquals(stdout, (await files.graph("-o", "mermaid")).stdout);
  assertStringIncludes(stdout, '-->|"75 #37;"|');
});

Deno.test.each([
  { name: "x.mmd", format: "mermaid" },
  { name: "x.dot", format: "dot" },
  { name: "x.GV", format: "dot" },
  { name: "x.svg", format: "svg" },
  { name: "x.html", format: "html" },
  { name: "x.json", format: "json" },
  { name: "x.yml", format: "yaml" },
])("graph --out $name is $format, and replaces one of its own", async ({
  name,
  format,
}) => {
  await using files = new Files();
  const out = `${files.path}/${name}`;
  const { stdout: expected } = await files.graph("-o", format);
  for (const _ of ["first", "again"]) {
    const { status, stdout, stderr } = await files.graph("--out", out);
    assertEquals([status, stdout], [0, ""]);
    assertEquals(stderr, `Written: ${out}\n`);
    assertEquals(files.read(name), expected);
  }
  if (Deno.build.os !== "windows") {
    assertEquals((await Deno.stat(out)).mode! & 0o777, 0o644);
  }
  const names = [...Deno.readDirSync(files.path)].map((one) => one.name);
  assertEquals(names.sort(), ["routes.yaml", name].sort());
});

Deno.test("graph --out leaves a file alone that is no graph", async () => {
  await using files = new Files();
  const out = `${files.path}/routes.yaml`;
  const { status, stdout, stderr } = await files.graph("--out", out);
  assertEquals([status, stdout], [1, ""]);
  assertStringIncludes(stderr, "a file that is no graph of istiops is there");
  assertEquals(files.read("routes.yaml"), ROUTES);
});

Deno.test("graph --out follows no link and makes no folder", async () => {
  await using files = new Files();
  const link = `${files.path}/link.svg`;
  await files.graph("--out", `${files.path}/other.svg`);
  await Deno.symlink(`${files.path}/other.svg`, link);
  const linked = await files.graph("--out", link);
  assertEquals(linked.status, 1);
  assert((await Deno.lstat(link)).isSymlink);
  const nowhere = await files.graph("--out", `${files.path}/no/x.svg`);
  assertEquals(nowhere.status, 1);
  assertStringIncludes(nowhere.stderr, "Cannot write the graph to");
  assertEquals([...Deno.readDirSync(files.path)].length, 3);
});

Deno.test("graph --out without a format that is known asks for one", async () => {
  await using files = new Files();
  const out = `${files.path}/x.txt`;
  const { status, stderr } = await files.graph("--out", out);
  assertEquals(status, 2);
  assertStringIncludes(stderr, "does not say the format");
  assertEquals((await files.graph("--out", out, "-o", "dot")).status, 0);
  assertMatch(files.read("x.txt"), /^\/\/ istiops graph/);
});

Deno.test.each([
  { words: ["-o", "png"], says: '"png" is not one of mermaid, dot, svg' },
  { words: ["-o", "pretty"], says: '"pretty" is not one of' },
  { words: ["-A", "-n", "x"], says: "exclude each other" },
  { words: ["reviews", "-l", "a=b"], says: "both choose the objects" },
])("graph $words is wrong usage", async ({ words, says }) => {
  await using files = new Files();
  const { status, stdout, stderr } = await files.graph(...words);
  assertEquals([status, stdout], [2, ""]);
  assertStringIncludes(stderr, says);
});

Deno.test("graph narrows as show does, and says what it looked at", async () => {
  await using files = new Files();
  assertEquals((await files.graph("reviews")).status, 0);
  assertEquals((await files.graph("-l", "app=reviews")).status, 0);
  const { status, stderr } = await files.graph("review");
  assertEquals(status, 1);
  assertStringIncludes(stderr, 'Did you mean "reviews"?');
});

/** VirtualServices of a host each, with so many rules. */
function many(count: number, rules: number): string {
  const rule = "{ route: [{ destination: { host: reviews } }] }";
  return Array.from(
    { length: count },
    (_, index) =>
      `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: v${index} }
spec: { hosts: [h${index}], http: [${Array(rules).fill(rule).join(", ")}] }
`,
  ).join("---\n");
}

Deno.test("graph above 300 nodes is a summary, and says so", async () => {
  await using files = new Files(many(40, 10));
  const { status, stdout, stderr } = await files.graph("-o", "dot");
  assertEquals(status, 0);
  assertStringIncludes(stderr, "A summary, without rules and subsets");
  assert(!stdout.includes("Rule:"));
  assertStringIncludes(stdout, "10 rules");
});

Deno.test("graph of more than a picture holds is refused, and says how to narrow it", async () => {
  await using files = new Files(many(1100, 1));
  const { status, stdout, stderr } = await files.graph();
  assertEquals([status, stdout], [1, ""]);
  assertStringIncludes(stderr, "a picture holds 2000 nodes");
  assertStringIncludes(stderr, "-l SELECTOR");
});

Deno.test("graph draws what it could read of broken files, and ends with 1", async () => {
  await using files = new Files(`${ROUTES}---\nkind: [\n`);
  const { status, stdout, stderr } = await files.graph();
  assertEquals(status, 1);
  assertStringIncludes(stderr, "invalid-yaml");
  assertStringIncludes(stdout, "default/reviews");
});

Deno.test("graph of the sandbox has its pods", async () => {
  const home = await Deno.makeTempDir();
  try {
    const process = new FakeProcess({ env: { HOME: home } });
    const argv = ["--sandbox", "graph", "-l", "app=api-domain"];
    assertEquals(await runCli(argv, process.io), 0);
    assertStringIncludes(process.stdout, "6 of 6 ready");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
