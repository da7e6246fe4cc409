/**
 * The bundle: minified, split where imports are lazy, the same bytes from the
 * same sources wherever they lie. `deno task build [DIRECTORY]`; `dist/` by
 * default.
 *
 * @module
 */

const ROOT = new URL("../", import.meta.url);
const STAMP = "__ISTIOPS_COMMIT__";
const ENTRY = "istiops.js";

/** Bundles the command line into a directory, and lists what came to be. */
export async function build(directory: string): Promise<readonly string[]> {
  await removeIfThere(directory);
  await run(Deno.execPath(), [
    ...["bundle", "--quiet", "--platform", "deno", "--minify"],
    ...["--code-splitting", "--outdir", directory, "main.ts"],
  ]);
  const commit = await commitOf();
  const names: string[] = [];
  for await (const { name } of Deno.readDir(directory)) names.push(name);
  const sums: string[] = [];
  for (const name of names.sort()) {
    const source = await Deno.readTextFile(`${directory}/${name}`);
    // The entry gets the tool's name; a part that names it follows.
    const text = source.replaceAll(STAMP, commit ?? STAMP)
      .replaceAll(`"./main.js"`, `"./${ENTRY}"`);
    const path = name === "main.js" ? ENTRY : name;
    await Deno.remove(`${directory}/${name}`);
    await Deno.writeTextFile(`${directory}/${path}`, text);
    sums.push(`${await sha256(text)}  ${path}`);
  }
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

async function run(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
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
  const directory = Deno.args[0] ?? new URL("dist", ROOT).pathname;
  const files = await build(directory);
  const bytes = files.map((line) =>
    Deno.statSync(`${directory}/${line.slice(66)}`).size
  ).reduce((sum, size) => sum + size, 0);
  Deno.stdout.writeSync(new TextEncoder().encode(
    `${files.length} files, ${Math.ceil(bytes / 1024)} KiB in ${directory}\n`,
  ));
}
