/**
 * Takes one safeguard at a time out of a copy of the tree, and shows which
 * test fails for it; fails itself if one survives. `--write` puts the table
 * into docs/faults.md.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { writeTable } from "./docs_table.ts";
import { type Mutation, MUTATIONS } from "./mutation_table.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DOCS = new URL("../docs/faults.md", import.meta.url);

const copy = await Deno.makeTempDir();
const rows: string[] = [];
let survived = 0;
try {
  await run("cp", [
    "-R",
    ...[
      "src",
      "repl",
      "tests",
      "docs",
      "scripts",
      "deno.json",
      "deno.lock",
      "main.ts",
      "mod.ts",
    ]
      .map((name) => ROOT + name),
    copy,
  ]);
  // What fails with everything in its place would show nothing.
  const all = new Set(MUTATIONS.flatMap(({ tests }) => tests));
  const wrong = failedIn(await test([...all], 240_000));
  if (wrong.length > 0) throw new Error(`fails as it is: ${wrong.join(", ")}`);
  for (const mutation of MUTATIONS) {
    const fails = await failuresOf(mutation);
    if (fails.length === 0) survived++;
    const [first = "**nothing**"] = fails;
    const more = fails.length > 1 ? ` and ${fails.length - 1} more` : "";
    rows.push(
      `| ${mutation.without} | ${first.replaceAll("|", "\\|")}${more} |`,
    );
    // deno-lint-ignore no-console
    console.log(rows.at(-1));
  }
  if (Deno.args.includes("--write") && survived === 0) {
    const table = ["| Without | Fails |", "| --- | --- |", ...rows].join("\n");
    await writeTable(DOCS, "mutations", table);
  }
} finally {
  await Deno.remove(copy, { recursive: true });
}
Deno.exit(survived === 0 ? 0 : 1);

/** Names of the tests that fail without it. */
async function failuresOf(mutation: Mutation): Promise<string[]> {
  const path = `${copy}/${mutation.file}`;
  const source = await Deno.readTextFile(path);
  const parts = source.split(mutation.from);
  if (parts.length !== 2) {
    throw new Error(
      `${mutation.without}: ${mutation.file} has the text ${
        parts.length - 1
      } times`,
    );
  }
  await Deno.writeTextFile(path, parts.join(mutation.to));
  try {
    return failedIn(await test(mutation.tests, 180_000));
  } finally {
    await Deno.writeTextFile(path, source);
  }
}

/** What a run of tests says; a run that does not end says little. */
async function test(
  files: readonly string[],
  milliseconds: number,
): Promise<string> {
  return await run(Deno.execPath(), [
    ...["test", "-A", "--no-check", "--quiet", "--parallel"],
    ...files,
  ], milliseconds);
}

function failedIn(text: string): string[] {
  const [, failures = ""] = text.split("\n FAILURES \n");
  return failures.split("\n").flatMap((line) =>
    /^(.+) => \S+:\d+:\d+$/.exec(line)?.[1] ?? []
  );
}

async function run(
  command: string,
  args: readonly string[],
  milliseconds = 60_000,
): Promise<string> {
  const { stdout } = await new Deno.Command(command, {
    args: [...args],
    cwd: copy,
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(milliseconds),
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
