import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { documentChecker } from "../support/schemas.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { runCli } from "../../src/cli/run.ts";

const MESH = `apiVersion: v1
kind: Service
metadata: { name: a, namespace: default }
spec:
  selector: { app: a }
  ports: [{ name: http, port: 80 }]
---
`;
const SHADOWED = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: x
spec:
  hosts: [a]
  http:
    - route: [{ destination: { host: a } }]
    - name: late
      match:
        - headers: { x-cid: { exact: "it's <me>" } }
      route: [{ destination: { host: nobody } }]
`;

Deno.test.each([
  { argv: [], status: 1 },
  { argv: ["--fail-on", "error"], status: 1 },
  { argv: ["x", "--fail-on", "warning"], status: 1 },
  { argv: ["-l", "app=none"], status: 1, stderr: /looked at "x"/ },
  { argv: ["y"], status: 1, stderr: /Cannot check "y"/ },
  { argv: ["-A", "-n", "default"], status: 2, stderr: /exclude each other/ },
  { argv: ["--fail-on", "grave"], status: 2, stderr: /not one of error/ },
])("check $argv ends with $status", async ({ argv, status, stderr = /^$/ }) => {
  const done = await check(MESH + SHADOWED, argv);
  assertEquals(done.status, status, done.stderr);
  assertMatch(done.stderr, stderr);
});

Deno.test("only what is as grave as --fail-on says fails", async () => {
  const text = MESH + SHADOWED.replace("nobody", "a");
  assertEquals((await check(text)).status, 0);
  assertEquals((await check(text, ["--fail-on", "warning"])).status, 1);
  const sound = MESH + SHADOWED.split("    - name")[0];
  const done = await check(sound, ["--fail-on", "info"]);
  assertEquals(done.status, 0);
  assertEquals(done.stdout, "1 object checked: nothing to say\n");
});

Deno.test("a finding has its place in the file, and a line that shows it", async () => {
  const { stdout } = await check(MESH + SHADOWED);
  assertStringIncludes(stdout, "VirtualService default/x\n");
  assertStringIncludes(stdout, "warning: routes.yaml:16:7: spec.http[1]\n");
  assertStringIncludes(
    stdout,
    "error: routes.yaml:19:38: spec.http[1].route[0].destination.host\n",
  );
  const line = /see: (istiops explain .*)/.exec(stdout)?.[1] ?? "";
  assertEquals(
    line,
    `istiops explain GET http://a.default.svc.cluster.local:80/ --header 'x-cid=it'\\''s <me>' --from namespace=default`,
  );
  assertStringIncludes(stdout, "1 object checked: 1 error, 1 warning\n");
});

Deno.test.each([
  { at: "    - name: late", comment: " # istiops-ignore: IST0130", left: 1 },
  { at: "    - name: late", comment: " # istiops-ignore: *", left: 1 },
  { at: "    - name: late", comment: " # istiops-ignore: IST0131", left: 2 },
  {
    at: "      route: [{ destination: { host: nobody } }]",
    comment: " # istiops-ignore: IST0101",
    left: 1,
  },
])("$comment at $at leaves $left", async ({ at, comment, left }) => {
  const text = MESH + SHADOWED.replace(at, at + comment);
  assertEquals((await findings(text)).length, left);
});

Deno.test("a comment alone on the line above, or above the object, counts", async () => {
  const above = SHADOWED.replace(
    "    - name",
    "    # istiops-ignore: IST0130 known\n    - name",
  );
  assertEquals((await findings(MESH + above)).length, 1);
  const first = `# istiops-ignore: IST0130, IST0101\n${SHADOWED}`;
  assertEquals((await findings(MESH + first)).length, 0);
  // Of another object it does not.
  const other = `# istiops-ignore: IST0130, IST0101\n${MESH}${SHADOWED}`;
  assertEquals((await findings(other)).length, 2);
});

Deno.test("the document fits its schema, files and witnesses included", async () => {
  const problemsOf = await documentChecker();
  const { stdout } = await check(MESH + SHADOWED, ["-o", "json"]);
  const document = JSON.parse(stdout);
  assertEquals(problemsOf("TrafficCheck", document), "");
  assertEquals(document.findings[0].witness.takenBy.rule, 0);
});

Deno.test("SARIF names rule, level and place of each finding", async () => {
  const { stdout } = await check(MESH + SHADOWED, ["-o", "sarif"]);
  const log = JSON.parse(stdout);
  assertEquals(log.version, "2.1.0");
  const [run] = log.runs;
  assertEquals(run.tool.driver.name, "istiops");
  const ids = run.tool.driver.rules.map(({ id }: { id: string }) => id);
  assertEquals(ids, ["IST0101", "IST0130"]);
  assertEquals(run.results.length, 2);
  for (const result of run.results) {
    assertEquals(ids[result.ruleIndex], result.ruleId);
    assert(["error", "warning", "note"].includes(result.level));
    const [{ physicalLocation, logicalLocations }] = result.locations;
    assertEquals(physicalLocation.artifactLocation.uri, "routes.yaml");
    const { startLine, endLine, startColumn, endColumn } =
      physicalLocation.region;
    assert(
      startLine < endLine || startLine === endLine && startColumn < endColumn,
    );
    assertMatch(
      logicalLocations[0].fullyQualifiedName,
      /^VirtualService\/default\/x:spec\.http\[1\]/,
    );
  }
  const keys = run.results.map((
    { partialFingerprints }: { partialFingerprints: object },
  ) => JSON.stringify(partialFingerprints));
  assertEquals(new Set(keys).size, 2);
});

Deno.test("JUnit has a test for each object, and text that XML can hold", async () => {
  const text = MESH + SHADOWED.replace("nobody", '"b\\u0000<&\\r\\u202e"');
  const { stdout, status } = await check(text, ["-o", "junit"]);
  assertEquals(status, 1);
  assertStringIncludes(
    stdout,
    `<testsuites tests="1" failures="1" errors="0">`,
  );
  assertMatch(stdout, /<testcase classname="VirtualService.default" name="x">/);
  assert(
    // deno-lint-ignore no-control-regex
    !/[\u0000-\u0008\r\u202e]|&(?!(amp|lt|gt|quot);)/.test(stdout),
    stdout,
  );
  const tags = [...stdout.matchAll(/<(\/?)([\w]+)[^>]*?(\/?)>/g)];
  const open: string[] = [];
  for (const [, end, name = "", alone] of tags) {
    if (end) assertEquals(open.pop(), name);
    else if (!alone) open.push(name);
  }
  assertEquals(open, []);
});

Deno.test("SARIF writes out what hides", async () => {
  const text = MESH + SHADOWED.replace("nobody", '"b\\u202e"');
  const { stdout } = await check(text, ["-o", "sarif"]);
  assertStringIncludes(stdout, "\\u202e");
  assert(!stdout.includes("\u202e"), stdout);
});

Deno.test("files that are broken fail the check in every format", async () => {
  for (const format of ["pretty", "json", "sarif", "junit"]) {
    const done = await check("kind: [", ["-o", format]);
    assertEquals(done.status, 1, format);
    assertMatch(done.stdout + done.stderr, /invalid-yaml/);
  }
});

async function findings(text: string): Promise<unknown[]> {
  const { stdout } = await check(text, ["-o", "json"]);
  return JSON.parse(stdout).findings;
}

async function check(text: string, argv: readonly string[] = []) {
  const folder = await Deno.makeTempDir();
  const before = Deno.cwd();
  try {
    await Deno.writeTextFile(`${folder}/routes.yaml`, text);
    Deno.chdir(folder);
    const process = new FakeProcess();
    const status = await runCli(
      ["check", "-f", "routes.yaml", ...argv],
      process.io,
    );
    return { status, stdout: process.stdout, stderr: process.stderr };
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
}
