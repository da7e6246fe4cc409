/**
 * Everything of a release that can be tried on this machine, a line for each
 * item: `ok`, `failed`, or `not here` with the reason. It fails where an item
 * failed; with `--complete` also where one could not be tried.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { VERSION } from "../src/version.ts";
import { build } from "./build.ts";
import { CannotCompile, compile } from "./compile.ts";
import { lastChange, printSbom, readParts, sbomOf } from "./sbom.ts";
import { problemsOf, readWorkflows } from "./workflows.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** What came of an item, with a clause. */
export type Outcome =
  | { readonly ok: string }
  | { readonly failed: string }
  | { readonly notHere: string };

/** One thing to try. */
export type Item = readonly [name: string, attempt: () => Promise<Outcome>];

/** A new item is a new line. */
export const ITEMS: readonly Item[] = [
  ["versions", versions],
  ["changelog", changelog],
  ["commit", commit],
  ["workflows", workflows],
  ["sbom", sbom],
  ["bundle", bundle],
  ["binaries", binaries],
  ["jsr", jsr],
  [
    "npm",
    () => makes("npm", { then: ["npm", "pack", "--dry-run", "./dist-npm"] }),
  ],
];

/** Tries items in turn; gives the status to end with. */
export async function check(
  items: readonly Item[],
  of: { readonly isComplete: boolean; readonly say: (line: string) => void },
): Promise<number> {
  let status = 0;
  for (const [name, attempt] of items) {
    const outcome = await attempt().catch((error): Outcome => ({
      failed: lastLine(error instanceof Error ? error.message : String(error)),
    }));
    const [word, clause] = "ok" in outcome
      ? ["ok", outcome.ok]
      : "failed" in outcome
      ? ["failed", outcome.failed]
      : ["not here", outcome.notHere];
    if (word === "failed" || (word === "not here" && of.isComplete)) status = 1;
    of.say(`${word.padEnd(8)}  ${name.padEnd(10)}  ${clause}`);
  }
  return status;
}

/** Files that say the version, and where; those that are not there say nothing. */
const SAID: readonly (readonly [file: string, place: RegExp])[] = [
  ["deno.json", /^ {2}"version": "([^"]+)"/m],
  ["src/version.ts", /VERSION = "([^"]+)"/],
  ["editors/vscode/extension.json", /"version": "([^"]+)"/],
  ["packaging/container/Dockerfile", /^ARG VERSION=(\S+)$/m],
  ["packaging/rbac/job.yaml", /image: istiops:(\S+)/],
  ["packaging/ci/gitlab/istiops.yml", /ISTIOPS_VERSION: "([^"]+)"/],
];

async function versions(): Promise<Outcome> {
  const wrong: string[] = [];
  let count = 0;
  for (const [file, place] of SAID) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    count++;
    const [, said = "nothing"] = place.exec(text) ?? [];
    if (said !== VERSION) wrong.push(`${file} says ${said}`);
  }
  return wrong.length > 0
    ? { failed: `this is ${VERSION}, but ${wrong.join(", ")}` }
    : { ok: `${VERSION} in ${count} files` };
}

async function changelog(): Promise<Outcome> {
  const text = await readIfThere("CHANGELOG.md") ?? "";
  const [section] = text.split("\n")
    .filter((line) => line.startsWith(`## [${VERSION}]`));
  if (section === undefined) {
    return {
      notHere: `there is no section [${VERSION}] yet: it is still Unreleased`,
    };
  }
  return /\d{4}-\d{2}-\d{2}$/.test(section)
    ? { ok: section.slice(3) }
    : { failed: `"${section}" has no date` };
}

async function commit(): Promise<Outcome> {
  const { success, stdout } = await output("git", ["status", "--porcelain"]);
  if (!success) return { notHere: "this is no clone of the repository" };
  const count = stdout.trim().split("\n").filter(Boolean).length;
  return count === 0
    ? { ok: (await output("git", ["rev-parse", "HEAD"])).stdout.trim() }
    : { notHere: `${count} files differ from it, so the build has none` };
}

async function workflows(): Promise<Outcome> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const files = await readWorkflows();
  const problems = [...files].flatMap(([name, text]) =>
    problemsOf(text, new Set(Object.keys(tasks)))
      .map((problem) => `${name}: ${problem}`)
  );
  if (problems.length > 0) return { failed: problems.join("; ") };
  const linted = await output("actionlint", ["-no-color"]).catch(() => null);
  if (linted?.success === false) {
    return { failed: `actionlint: ${linted.stdout.split("\n")[0]}` };
  }
  return {
    ok: `${files.size} files${linted ? ", actionlint agrees" : ""}`,
  };
}

async function sbom(): Promise<Outcome> {
  const parts = await readParts(ROOT, { created: await lastChange() });
  const document = await sbomOf(parts);
  const file = await Deno.makeTempFile({ suffix: ".spdx.json" });
  try {
    await Deno.writeTextFile(file, printSbom(document));
    const judged = await output("pyspdxtools", ["--infile", file])
      .catch(() => null);
    if (judged?.success === false) return { failed: lastLine(judged.stderr) };
    return {
      ok: `${document.packages.length} packages${
        judged ? ", valid SPDX 2.3" : ""
      }`,
    };
  } finally {
    await Deno.remove(file);
  }
}

async function bundle(): Promise<Outcome> {
  return await inFolder(async (folder) => {
    const first = await build(`${folder}/first`);
    const second = await build(`${folder}/second`);
    return first.join() === second.join()
      ? { ok: `${first.length} files, the same bytes twice` }
      : { failed: "two builds differ" };
  });
}

async function binaries(): Promise<Outcome> {
  return await inFolder(async (folder) => {
    try {
      const files = await compile(`${folder}/dist-bin`);
      return { ok: `${files.length} files` };
    } catch (error) {
      if (error instanceof CannotCompile) return { notHere: error.message };
      throw error;
    }
  });
}

/** A dry run, with Cliffy from wherever it is to be had. */
async function jsr(): Promise<Outcome> {
  const args = ["run", "-A", "--quiet", "scripts/cliffy.ts", "publish"];
  const { success, stderr } = await output(Deno.execPath(), args);
  if (!success) {
    const [, said = lastLine(stderr)] = /^error\S*:? (.+)$/m.exec(stderr) ?? [];
    return { failed: said };
  }
  const [without] = /^The dry run leaves .+$/m.exec(stderr) ?? [];
  return without === undefined
    ? { ok: "deno publish --dry-run" }
    : { notHere: without };
}

/** A task that makes something, and what is to be done with it. */
async function makes(
  task: string,
  { then: [program = "", ...args] }: { readonly then: readonly string[] },
): Promise<Outcome> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  if (!(task in tasks)) return { notHere: `there is no task ${task}` };
  const made = await runs("deno", "task", "--quiet", task);
  return "ok" in made ? await runs(program, ...args) : made;
}

/** A program that ends with 0 where all is well. */
async function runs(program: string, ...args: string[]): Promise<Outcome> {
  const path = program === "deno" ? Deno.execPath() : program;
  try {
    const { success, stdout, stderr } = await output(path, args);
    return success
      ? { ok: [program, ...args].join(" ") }
      : { failed: lastLine(stderr) || lastLine(stdout) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { notHere: `${program} is missing` };
  }
}

async function output(
  program: string,
  args: readonly string[],
): Promise<{ success: boolean; stdout: string; stderr: string }> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, stdout: text(stdout), stderr: text(stderr) };
}

async function inFolder(
  use: (folder: string) => Promise<Outcome>,
): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(ROOT + file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function lastLine(text: string): string {
  const [said = ""] = text.split("Stack backtrace:");
  return said.trim().split("\n").at(-1)?.trim() ?? "";
}

if (import.meta.main) {
  Deno.exit(
    await check(ITEMS, {
      isComplete: Deno.args.includes("--complete"),
      say: (line) =>
        Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`)),
    }),
  );
}
