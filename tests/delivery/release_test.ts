import { check, type Item } from "../../scripts/release_check.ts";
import { problemsOf, readWorkflows } from "../../scripts/workflows.ts";
import { parseYaml } from "../../src/yaml.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);
const { tasks } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", ROOT)),
);
const TASKS = new Set(Object.keys(tasks));
const WORKFLOWS = await readWorkflows();

for (const [name, text] of WORKFLOWS) {
  Deno.test(`${name}: actions are commits, jobs say what they may, tasks exist`, () => {
    assertEquals(problemsOf(text, TASKS), []);
  });
}

Deno.test("what is not so in a workflow is said", () => {
  const release = WORKFLOWS.get("release.yml")!;
  const changes: readonly (readonly [RegExp, string, RegExp])[] = [
    [/@[0-9a-f]{40} # v[\d.]+/, "@v4", /^not a commit .*actions\/checkout@v4$/],
    [/ # v7\.0\.1/, "", /^not a commit with its version/],
    [/^permissions: \{\}$/m, "permissions: write-all", /the workflow itself/],
    [/^ {4}permissions:\n {6}contents: read\n/m, "", /^test does not say/],
    [/^ {4}timeout-minutes: \d+\n/m, "", /^test may take for ever/],
    [/deno task build/, "deno task bild", /^build: there is no task bild/],
    [/"\$TAG" --draft/, "${{ github.ref_name }}", /inside a command; use env/],
  ];
  for (const [from, to, says] of changes) {
    const text = release.replace(from, to);
    assert(text !== release, String(from));
    const said = problemsOf(text, TASKS.union(new Set(["npm"])));
    assertEquals(said.length, 1, said.join("; "));
    assertMatch(said[0]!, says);
  }
});

Deno.test("a right to write is only where something is attested or published", () => {
  const writers: string[] = [];
  for (const [name, text] of WORKFLOWS) {
    const { jobs } = parseYaml(text) as {
      jobs: Record<string, { permissions: Record<string, string> }>;
    };
    for (const [job, { permissions }] of Object.entries(jobs)) {
      const written = Object.entries(permissions)
        .filter(([, value]) => value === "write").map(([what]) => what);
      if (written.length > 0) writers.push(`${name} ${job}: ${written}`);
    }
  }
  assertEquals(writers, [
    "release.yml attest: id-token,attestations",
    "release.yml publish: contents",
    "release.yml jsr: id-token",
    "release.yml npm: id-token",
  ]);
});

async function whyNoActionlint(): Promise<string | undefined> {
  try {
    await new Deno.Command("actionlint", { args: ["-version"] }).output();
    return undefined;
  } catch {
    return "actionlint is not on PATH";
  }
}

const why = await whyNoActionlint();
Deno.test({
  name: `actionlint finds nothing in the workflows${
    why === undefined ? "" : ` (skipped: ${why})`
  }`,
  ignore: why !== undefined,
  async fn() {
    const { code, stdout } = await new Deno.Command("actionlint", {
      args: ["-no-color"],
      cwd: ROOT,
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stdout));
  },
});

Deno.test("the check of a release fails with an item, and for one that cannot be tried only where all must be", async () => {
  const ok: Item = ["one", () => Promise.resolve({ ok: "done" })];
  const notHere: Item = ["two", () => Promise.resolve({ notHere: "no tool" })];
  const failed: Item = ["three", () => Promise.reject(new Error("a\nwhy"))];
  const run = async (items: readonly Item[], isComplete = false) => {
    const lines: string[] = [];
    const say = (line: string) => lines.push(line.replaceAll(/ +/g, " "));
    return [await check(items, { isComplete, say }), ...lines];
  };
  assertEquals(await run([ok, notHere]), [
    ...[0, "ok one done", "not here two no tool"],
  ]);
  assertEquals((await run([ok, notHere], true))[0], 1);
  assertEquals(await run([failed, ok]), [1, "failed three why", "ok one done"]);
});
