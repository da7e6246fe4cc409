/** The reference and the man page say what the table and the sources say. */
import { exitCodeOf } from "../../src/cli/exit.ts";
import { runCli } from "../../src/cli/run.ts";
import * as errors from "../../src/errors.ts";
import { optionsOf } from "../../src/language/commands.ts";
import {
  parseDestination,
  parseDuration,
  parseHeader,
  parseHeaderList,
  parseLabels,
  parsePercent,
  parseSelector,
  parseSplit,
} from "../../src/language/values.ts";
import { ERROR_CODES } from "../../scripts/error_codes.ts";
import { pages } from "../../scripts/reference.ts";
import {
  DOCUMENTS,
  EXITS,
  FILES,
  VALUES,
  VARIABLES,
} from "../../scripts/reference_facts.ts";
import { VISIBLE } from "../../scripts/reference_markdown.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { TESTS } from "../fault/rig/command_lines.ts";
import { FakeProcess } from "../support/fake_io.ts";

const ROOT = new URL("../../", import.meta.url);

const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

async function* sources(folder: URL): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) {
      yield await Deno.readTextFile(new URL(name, folder));
    }
  }
}

const SOURCES = (await Array.fromAsync(sources(new URL("src/", ROOT))))
  .join("\n");

Deno.test("what is made from the command table is what `deno task docs` writes", async () => {
  for (const { path, text } of await pages()) {
    assert(
      await read(path).catch(() => "") === text,
      `${path} is not what the table says; write it with: deno task docs`,
    );
  }
});

Deno.test("the reference has a section for each command that people see, and none for others", async () => {
  const reference = await read("docs/reference.md");
  const [, from = ""] = reference.split("\n## Options of changes\n");
  const [sections = ""] = from.split("\n## Exit statuses\n");
  assertEquals(
    [...sections.matchAll(/^## (.*)$/gm)].map(([, name]) => name),
    VISIBLE.map(({ path }) => path.join(" ")),
  );
  for (const command of VISIBLE) {
    for (const { long } of optionsOf(command)) {
      assert(reference.includes(`--${long}`), `--${long}`);
    }
  }
});

Deno.test("links within the reference lead to its headings", async () => {
  const reference = await read("docs/reference.md");
  const anchors = new Set(
    [...reference.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(" ", "-")
    ),
  );
  const links = [...reference.matchAll(/\]\(#([^)]*)\)/g)];
  assert(links.length > VISIBLE.length);
  for (const [, link = ""] of links) assert(anchors.has(link), link);
});

Deno.test("each error code has the exit statuses that its errors have", () => {
  const made = new Map<string, Set<number>>();
  const all = /new (\w+Error)\(\s*"([a-z-]+)"/g;
  for (const [, name = "", code = ""] of SOURCES.matchAll(all)) {
    if (!(name in errors)) continue;
    const kind = errors[name as keyof typeof errors] as new (
      code: string,
      message: string,
    ) => Error;
    const exits = made.get(code) ?? new Set();
    made.set(code, exits.add(exitCodeOf(new kind(code, ""))));
  }
  assert(made.size > 40, `only ${made.size} codes were found`);
  for (const [code, exits] of made) {
    const stated = new Map(Object.entries(ERROR_CODES)).get(code)?.exits ?? [];
    // An answer of the server makes a ClusterError without naming the class.
    const missing = [...exits].filter((exit) => !stated.includes(exit));
    assertEquals(missing, [], code);
  }
});

Deno.test("the exit statuses are those of the README", async () => {
  const rows = (await read("README.md")).matchAll(/^\| (\d+) +\| (.*?) +\|$/gm);
  assertEquals(
    [...rows].map(([, status, means]) => [Number(status), means]),
    EXITS.map((row) => [...row]),
  );
});

Deno.test("the variables of the environment are those that the sources read", () => {
  const calls = [
    /\benv(?:\.get)?\(\s*"([A-Z_]+)"/g,
    /\bvariable: "([A-Z_]+)"/g,
    /\["([A-Z_]+)", "[a-z_]+"\]/g,
  ];
  const found = calls.flatMap((call) =>
    [...SOURCES.matchAll(call)].map(([, name = ""]) => name)
  );
  const stated = VARIABLES.flatMap(([names]) => names);
  assertEquals([...new Set(found)].sort(), [...stated].sort());
});

Deno.test("how values are written is how they are read", () => {
  const readers: Readonly<Record<string, (text: string) => { ok: boolean }>> = {
    percent: parsePercent,
    duration: parseDuration,
    labels: parseLabels,
    selector: parseSelector,
    header: parseHeader,
    destination: parseDestination,
    split: parseSplit,
    headers: parseHeaderList,
  };
  // What is given by its placeholder alone.
  const examples: Readonly<Record<string, readonly string[]>> = {
    destination: ["api", "api.shop", "api.shop.svc.cluster.local:65535"],
    split: ["A=20,B=80"],
    headers: ["A=1,B=2"],
  };
  for (const [type, , means] of VALUES) {
    const reader = readers[type];
    if (!reader) continue;
    const texts = examples[type] ??
      [...means.matchAll(/`([^`]*)`/g)].map(([, text = ""]) => text)
        .filter((text) => !/^(ms|s|m|h)$/.test(text));
    assert(texts.length > 0, type);
    for (const text of texts) assert(reader(text).ok, `${type}: ${text}`);
  }
});

Deno.test("-o json prints the kinds of documents that the reference names", async () => {
  const home = await Deno.makeTempDir();
  const plan = `${home}/plan.json`;
  const script = `${home}/a.istiops`;
  await Deno.writeTextFile(script, "version\n");
  const tests = `${home}/tests.yaml`;
  await Deno.writeTextFile(tests, TESTS);
  const line = ["shift", "api-domain-virtualservice", "-b", "3", "-w", "20"];
  const change = ["--sandbox", "--settle", "0s"];
  const lines: readonly (readonly string[])[] = [
    ["show", "--sandbox"],
    ["explain", "--sandbox", "http://api-domain:5000/"],
    ["check", "--sandbox", "-n", "shop"],
    ["graph", "--sandbox", "-n", "shop"],
    [...line, ...change, "--dry-run"],
    [...line, ...change, "--plan-out", plan],
    ["test", tests, "--sandbox"],
    ["test", "--record", "api-domain-virtualservice", "--sandbox"],
    ["diff", plan, "--sandbox"],
    ["apply", plan, "--sandbox", "--dry-run"],
    ["apply", plan, "--sandbox"],
    ["undo", "api-domain-virtualservice", ...change],
    ["redo", "api-domain-virtualservice", ...change, "--dry-run"],
    ["redo", "api-domain-virtualservice", ...change],
    ["clear", "api-domain-virtualservice", ...change, "-b", "PR-10"],
    ["history", "api-domain-virtualservice", "--sandbox"],
    ["history", "--local"],
    ["context", "--sandbox"],
    ["run", script],
    ["lsp", "--check", script],
    ["version"],
    ["help", "shift"],
    ["sandbox", "reset"],
  ];
  const seen = new Map<string, Set<string>>();
  for (const argv of lines) {
    const process = new FakeProcess({ env: { HOME: home } });
    const status = await runCli([...argv, "-o", "json"], process.io);
    assertEquals(status, 0, `${argv.join(" ")}: ${process.stderr}`);
    const text = argv[0] === "run"
      ? process.stdout.trim().split("\n").at(-1) ?? ""
      : process.stdout;
    const name = argv[0] === "sandbox" ? "sandbox reset" : argv[0] ?? "";
    const kinds = seen.get(name) ?? new Set();
    seen.set(name, kinds.add(JSON.parse(text)["kind"]));
  }
  await Deno.remove(home, { recursive: true });
  for (const [name, kinds] of seen) {
    const stated = DOCUMENTS[name] ?? [];
    for (const kind of kinds) {
      assert(stated.includes(kind), `${name} prints ${kind}`);
    }
  }
  const named = new Set(Object.values(DOCUMENTS).flat());
  const unseen = [...named].filter((kind) =>
    ![...seen.values()].some((kinds) => kinds.has(kind))
  );
  // It stays in the foreground.
  assertEquals(unseen, ["Sandbox"]);
});

Deno.test("what istiops keeps in its state directory is in the reference", async () => {
  const folders = ["src/cli/", "src/names/"].map((path) => new URL(path, ROOT));
  const texts = await Promise.all(
    folders.map((folder) => Array.fromAsync(sources(folder))),
  );
  const kept = /\$\{(?:state|stateDir|directory)\}\/([a-z]+(?:\.jsonl)?)[`/]/g;
  const found = [...texts.flat().join("\n").matchAll(kept)]
    .map(([, name]) => name);
  assertEquals(
    [...new Set(found)].sort(),
    FILES.flatMap(([file]) => file.split("$XDG_STATE_HOME/istiops/").slice(1))
      .sort(),
  );
});
