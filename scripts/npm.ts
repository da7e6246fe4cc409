/**
 * The npm package, into `dist-npm/`: the bundle and a program that runs it
 * with the Deno of npm, and the pure half for Node with its types. The same
 * bytes from the same sources. `deno task npm`, then `npm publish dist-npm`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { build, SOURCES } from "./build.ts";
import { lastChange, readParts, type SbomParts, shippedOf } from "./sbom.ts";

const ROOT = new URL("../", import.meta.url);
const HOME = "https://github.com/istiops/istiops";
/** The Deno that all is tested with; an exact version of the npm package. */
export const DENO = "2.9.6";
const NAME = "istiops";
const DOOR = "pure.ts";

/** Makes the package in a directory, and lists its files. */
export async function buildNpm(directory: string): Promise<readonly string[]> {
  await Deno.remove(directory, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(`${directory}/bin`, { recursive: true });
  await build(`${directory}/dist`);
  const tree = await Deno.makeTempDir();
  try {
    for (const name of [...SOURCES, DOOR, "LICENSE", "README.md"]) {
      await copy(new URL(name, ROOT), `${tree}/${name}`);
    }
    const settings = JSON.parse(await Deno.readTextFile(`${tree}/deno.json`));
    await bundleDoor(tree, directory);
    const parts = await readParts(tree, { created: await lastChange() });
    await Deno.writeTextFile(
      `${directory}/LICENSES.txt`,
      await licensesOf(parts),
    );
    await writeTypes(tree, { directory, settings });
    await Deno.writeTextFile(
      `${directory}/package.json`,
      `${JSON.stringify(manifestOf(settings), null, 2)}\n`,
    );
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
  await copy(
    new URL("packaging/npm/istiops.cjs", ROOT),
    `${directory}/bin/istiops.cjs`,
  );
  if (Deno.build.os !== "windows") {
    await Deno.chmod(`${directory}/bin/istiops.cjs`, 0o755);
  }
  await copy(
    new URL("packaging/npm/README.md", ROOT),
    `${directory}/README.md`,
  );
  await copy(new URL("LICENSE", ROOT), `${directory}/LICENSE`);
  return (await filesIn(directory)).sort();
}

function manifestOf(
  { version, license }: { readonly version: string; readonly license: string },
): Readonly<Record<string, unknown>> {
  return {
    name: NAME,
    version,
    description:
      "Shifts traffic between builds on Istio by safe, reversible edits to the VirtualServices and DestinationRules you have",
    keywords: ["istio", "kubernetes", "canary", "traffic", "virtualservice"],
    license,
    homepage: HOME,
    bugs: { url: `${HOME}/issues` },
    repository: { type: "git", url: `git+${HOME}.git` },
    type: "module",
    bin: { istiops: "bin/istiops.cjs" },
    exports: {
      ".": { types: "./types/pure.d.ts", default: "./pure.js" },
      "./package.json": "./package.json",
    },
    sideEffects: false,
    engines: { node: ">=20" },
    // The pure half needs none, and there is not one for every system.
    optionalDependencies: { deno: DENO },
    publishConfig: { access: "public" },
  };
}

/** One module, as readable as its sources, without a package of its own. */
async function bundleDoor(tree: string, directory: string): Promise<void> {
  await deno(tree, "install", "--quiet", "--frozen", "--node-modules-dir=auto");
  await deno(
    tree,
    ...["bundle", "--quiet", "--platform", "browser"],
    ...["--node-modules-dir=auto", "--output", `${directory}/pure.js`, DOOR],
  );
}

/** Declarations, made from the sources by the packer for npm. */
async function writeTypes(
  tree: string,
  of: {
    readonly directory: string;
    readonly settings: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const types = `${of.directory}/types`;
  // What is exported there is what it makes declarations of.
  await Deno.writeTextFile(
    `${tree}/deno.json`,
    JSON.stringify({ ...of.settings, exports: `./${DOOR}` }),
  );
  await deno(tree, "pack", "--quiet", "--allow-dirty", "-o", "packed.tgz");
  await Deno.mkdir(types);
  await run(
    "tar",
    ["-xzf", "packed.tgz", "-C", types, "--strip-components=1"],
    { cwd: tree },
  );
  const needed = new Set([DOOR.replace(/ts$/, "d.ts")]);
  for (const name of needed) {
    const text = await Deno.readTextFile(`${types}/${name}`);
    for (const [, path = ""] of text.matchAll(/"(\.[^"]+)\.js"/g)) {
      const { pathname } = new URL(`${path}.d.ts`, `file:///${name}`);
      needed.add(pathname.slice(1));
    }
    // The door has another name there.
    await Deno.writeTextFile(
      `${types}/${name}`,
      text.replaceAll(`"${of.settings["name"]}/pure"`, `"${NAME}"`),
    );
  }
  for (const name of await filesIn(types)) {
    if (!needed.has(name)) await Deno.remove(`${types}/${name}`);
  }
  await removeEmpty(types);
  await deno(types, "fmt", "--quiet", "--no-config", ".");
}

/** What packages in the two bundles ask to be kept beside them. */
async function licensesOf(parts: SbomParts): Promise<string> {
  const texts: string[] = [];
  for (const key of [...shippedOf(parts)].sort()) {
    const folder = parts.folders.get(key) ?? "";
    const names = (await filesIn(folder)).filter((name) =>
      /^licen[sc]e[^/]*$/i.test(name)
    ).sort();
    const own = await Promise.all(
      names.map((name) => Deno.readTextFile(`${folder}/${name}`)),
    );
    texts.push(
      [
        `${key}: ${parts.licenses.get(key) ?? "unknown"}`,
        ...own.length > 0 ? own : ["(The package holds no text of it.)"],
      ].map((text) => text.trim()).join("\n\n"),
    );
  }
  return `${texts.join(`\n\n${"-".repeat(72)}\n\n`)}\n`;
}

async function copy(from: URL, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) {
    await copy(new URL(`${from}/${name}`), `${to}/${name}`);
  }
}

/** Paths from the folder. */
async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) found.push(name);
    else {
      const below = await filesIn(`${folder}/${name}`);
      found.push(...below.map((each) => `${name}/${each}`));
    }
  }
  return found;
}

async function removeEmpty(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await removeEmpty(`${folder}/${name}`);
  }
  if ((await Array.fromAsync(Deno.readDir(folder))).length === 0) {
    await Deno.remove(folder);
  }
}

async function deno(cwd: string, ...args: readonly string[]): Promise<void> {
  await run(Deno.execPath(), args, { cwd });
}

async function run(
  command: string,
  args: readonly string[],
  options: Deno.CommandOptions,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    ...options,
    args: [...args],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

if (import.meta.main) {
  const directory = fileURLToPath(new URL("dist-npm", ROOT));
  const files = await buildNpm(directory);
  Deno.stdout.writeSync(
    new TextEncoder().encode(`${files.length} files in ${directory}\n`),
  );
}
