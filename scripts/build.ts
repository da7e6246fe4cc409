/**
 * The bundle: minified, split where imports are lazy, the same bytes from the
 * same sources wherever they lie. `deno task build` puts it into `dist/`, with
 * what it is made of and the hashes.
 *
 * @module
 */

import { lastChange, printSbom, readParts, sbomOf } from "./sbom.ts";

const ROOT = new URL("../", import.meta.url);
const STAMP = "__ISTIOPS_COMMIT__";
const ENTRY = "istiops.js";
const SBOM = "istiops.spdx.json";
/**
 * Deno reads every file that an import with a literal name may ask for before
 * it runs the first line: 4 ms for `--help`, a quarter of an empty script.
 */
const LAZY = /\bimport\(("\.\/[^"]+")\)/g;
/**
 * Packages in CommonJS ask only for what Deno has itself; from a server there
 * is no file that they could be looked for beside.
 */
const REQUIRE = /\b(\w*createRequire)\(import\.meta\.url\)/g;
/** What the bundle is made from. */
export const SOURCES = [
  "deno.json",
  "deno.lock",
  "main.ts",
  "mod.ts",
  "repl",
  "src",
];

/** Options of {@linkcode build}. */
export interface BuildOptions {
  /**
   * Fetches each package anew, so that it is held against the hash in the
   * lock: Deno believes what lies in its cache.
   */
  readonly fresh?: boolean;
}

/** Bundles the command line into a directory, and lists what came to be. */
export async function build(
  directory: string,
  { fresh = false }: BuildOptions = {},
): Promise<readonly string[]> {
  const commit = await commitOf();
  await removeIfThere(directory);
  const tree = await Deno.makeTempDir();
  const env = fresh ? { DENO_DIR: `${tree}/.cache` } : {};
  let sbom: string;
  try {
    for (const name of SOURCES) {
      await copy(new URL(name, ROOT), `${tree}/${name}`);
    }
    // A package that does not come is named by `install`, not by the bundler.
    await run(Deno.execPath(), [
      ...["install", "--quiet", "--frozen", "--node-modules-dir=auto"],
    ], { cwd: tree, env });
    // The bundler numbers modules by their paths from here, so that packages
    // lie here too, and not in a cache that is elsewhere for everybody.
    await run(Deno.execPath(), [
      ...["bundle", "--quiet", "--platform", "deno", "--minify"],
      ...["--code-splitting", "--node-modules-dir=auto"],
      ...["--outdir", directory, "main.ts"],
    ], { cwd: tree, env });
    const created = await lastChange();
    sbom = printSbom(await sbomOf(await readParts(tree, { created, env })));
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
  const names: string[] = [];
  for await (const { name } of Deno.readDir(directory)) names.push(name);
  const sums: string[] = [];
  for (const name of names.sort()) {
    const source = await Deno.readTextFile(`${directory}/${name}`);
    // The entry gets the tool's name; a part that names it follows.
    const text = source.replaceAll(STAMP, commit ?? STAMP)
      .replaceAll(`"./main.js"`, `"./${ENTRY}"`)
      .replace(LAZY, "import([$1][0])")
      .replaceAll(REQUIRE, '$1("file:///")');
    const path = name === "main.js" ? ENTRY : name;
    await Deno.remove(`${directory}/${name}`);
    await Deno.writeTextFile(`${directory}/${path}`, text);
    sums.push(`${await sha256(text)}  ${path}`);
  }
  await Deno.writeTextFile(`${directory}/${SBOM}`, sbom);
  sums.push(`${await sha256(sbom)}  ${SBOM}`);
  const list = sums.sort((a, b) => a.slice(66) < b.slice(66) ? -1 : 1);
  await Deno.writeTextFile(`${directory}/SHA256SUMS`, `${list.join("\n")}\n`);
  return list;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function copy(from: URL, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(new URL(`${from}/${name}`), `${to}/${name}`);
  }
}

async function run(
  command: string,
  args: readonly string[],
  options: Deno.CommandOptions = { cwd: ROOT },
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    ...options,
    args: [...args],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/** The commit of a clean tree; what nobody can name again has none. */
async function commitOf(): Promise<string | undefined> {
  try {
    const changes = await run("git", ["status", "--porcelain"]);
    return changes === "" ? await run("git", ["rev-parse", "HEAD"]) : undefined;
  } catch {
    return undefined;
  }
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}

if (import.meta.main) {
  const directory = new URL("dist", ROOT).pathname;
  const files = await build(directory, {
    fresh: Deno.args.includes("--fresh"),
  });
  const bytes = files.map((line) =>
    Deno.statSync(`${directory}/${line.slice(66)}`).size
  ).reduce((sum, size) => sum + size, 0);
  Deno.stdout.writeSync(new TextEncoder().encode(
    `${files.length} files, ${Math.ceil(bytes / 1024)} KiB in ${directory}\n`,
  ));
}
