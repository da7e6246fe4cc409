/**
 * The bundle: minified, split where imports are lazy, with source maps, the
 * same bytes from the same sources wherever they lie. `deno task build` puts it
 * into `dist/`, with what it is made of and the hashes.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { lastChange, printSbom, readParts, sbomOf } from "./sbom.ts";
import { type Mapped, replaceMapped } from "./source_maps.ts";

const ROOT = new URL("../", import.meta.url);
const STAMP = /__ISTIOPS_COMMIT__/g;
const ENTRY = "istiops.js";
/** The entry gets the tool's name; a part that names it follows. */
const MAIN = /\bmain\.js\b/g;
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
/**
 * From a server everything is fetched at the first start, so that no part is
 * missing later, when a change is half done or the server is gone. Deferred
 * imports run nothing, but fail here and now where a part does not come: an
 * `import()` that never runs would be silent about it.
 */
const START = /\bDeno\.exit\(await /g;
const FETCHED_WHOLE =
  '(import.meta.url.startsWith("file:")||await import(["./parts.js"][0])),';
const PARTS = "parts.js";
/** What a package has for its own makers: a variable is a permission here. */
const DEBUGGING = /\b[\w$]+\.env\.LOG_(?:TOKENS|STREAM)&&/g;
/** Node reads the entry as a script, which may not even mention it. */
const IS_MAIN = /\bimport\.meta\.main\b/g;
/** What the bundle is made from. */
export const SOURCES = [
  "deno.json",
  "deno.lock",
  "main.ts",
  "mod.ts",
  "repl",
  "schemas",
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
  const out = `${tree}/dist`;
  const files = new Map<string, string>();
  const lazy = new Set<string>();
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
    const bundle = async (to: string, ...more: readonly string[]) => {
      await run(Deno.execPath(), [
        ...["bundle", "--quiet", "--platform", "deno", "--code-splitting"],
        ...["--node-modules-dir=auto", "--outdir", to, ...more, "main.ts"],
      ], { cwd: tree, env });
    };
    // Maps name sources by their way from here, too.
    await bundle(out, "--minify", "--sourcemap=linked");
    await bundle(`${tree}/plain`);
    await demandAllUsings({ minified: out, plain: `${tree}/plain` });
    for await (const { name } of Deno.readDir(out)) {
      if (!name.endsWith(".js")) continue;
      const source = await Deno.readTextFile(`${out}/${name}`);
      for (const [, path = ""] of source.matchAll(LAZY)) lazy.add(path);
      const { text, map } = finished({
        text: source,
        map: await Deno.readTextFile(`${out}/${name}.map`),
      }, commit);
      const path = name === "main.js" ? ENTRY : name;
      files.set(path, text).set(`${path}.map`, map);
    }
    const imports = [...lazy].sort().map((path, index) =>
      `import defer*as p${index} from ${path};\n`
    );
    files.set(PARTS, imports.join(""));
    const created = await lastChange();
    files.set(
      SBOM,
      printSbom(await sbomOf(await readParts(tree, { created, env }))),
    );
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
  await Deno.mkdir(directory, { recursive: true });
  const list: string[] = [];
  for (const path of [...files.keys()].sort()) {
    const text = files.get(path)!;
    await Deno.writeTextFile(`${directory}/${path}`, text);
    list.push(`${await sha256(text)}  ${path}`);
  }
  await Deno.writeTextFile(`${directory}/SHA256SUMS`, `${list.join("\n")}\n`);
  return list;
}

/**
 * The minifier puts a value that is named just once into the next statement,
 * and forgets that it was to be disposed of: a lock is never let go.
 */
async function demandAllUsings(
  of: { readonly minified: string; readonly plain: string },
): Promise<void> {
  const usingsIn = async (folder: string): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.endsWith(".js")) continue;
      const text = await Deno.readTextFile(`${folder}/${name}`);
      found.push(...text.match(/\busing [\w$]+ ?=/g) ?? []);
    }
    return found;
  };
  const [kept, all] = [await usingsIn(of.minified), await usingsIn(of.plain)];
  if (kept.length === all.length) return;
  throw new Error(
    `The minifier dropped ${
      all.length - kept.length
    } of these; name each once more:\n${all.toSorted().join("\n")}`,
  );
}

/** A file of the bundler as it is to be. */
function finished(file: Mapped, commit: string | undefined): Mapped {
  const steps: readonly (readonly [
    RegExp,
    (match: RegExpExecArray) => string,
  ])[] = [
    ...commit === undefined ? [] : [[STAMP, () => commit] as const],
    [MAIN, () => ENTRY],
    [IS_MAIN, () => "true"],
    [START, ([found]) => FETCHED_WHOLE + found],
    [LAZY, ([, path]) => `import([${path}][0])`],
    [DEBUGGING, () => "!1&&"],
    [REQUIRE, ([, name]) => `${name}("file:///")`],
  ];
  return steps.reduce(
    (done, [pattern, replacement]) => replaceMapped(done, pattern, replacement),
    file,
  );
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
  const directory = fileURLToPath(new URL("dist", ROOT));
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
