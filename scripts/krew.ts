/**
 * The manifest of the kubectl plugin for krew, of `packaging/kubectl/krew.yaml`
 * and the archives of a release: `deno task krew FOLDER` prints it. With
 * `--pack` the archives are made first, of the binaries in that folder.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseYaml, stringifyYaml } from "../src/yaml.ts";
import { VERSION } from "../src/version.ts";

const ROOT = new URL("../", import.meta.url);
const TEMPLATE = new URL("packaging/kubectl/krew.yaml", ROOT);
/** Beside the binary. */
const FILES = ["LICENSE", "packaging/kubectl/kubectl_complete-istiops"];

interface Platform {
  readonly selector: unknown;
  readonly uri: string;
  readonly bin: string;
}

interface Template {
  readonly spec: {
    readonly homepage: string;
    readonly platforms: readonly Platform[];
  };
}

/**
 * The manifest, of the archives in a folder.
 *
 * @throws {Error} An archive is missing: its name.
 */
export async function krewManifest(folder: string): Promise<string> {
  const template = await readTemplate();
  const { homepage, platforms } = template.spec;
  const places = `${homepage}/releases/download/v${VERSION}`;
  return stringifyYaml({
    ...template,
    spec: {
      version: `v${VERSION}`,
      ...template.spec,
      platforms: await Promise.all(platforms.map(async (platform) => ({
        ...platform,
        uri: `${places}/${platform.uri}`,
        sha256: await sha256(`${folder}/${platform.uri}`),
      }))),
    },
  });
}

/**
 * Makes the archives: `istiops-TARGET.tar.gz` of `istiops-TARGET`, the same
 * bytes from the same files.
 *
 * @throws {Error} A binary is missing, or tar is not GNU's.
 */
export async function packBinaries(folder: string): Promise<void> {
  for (const { uri, bin } of (await readTemplate()).spec.platforms) {
    const target = uri.replace(/\.tar\.gz$/, "");
    const suffix = bin.endsWith(".exe") ? ".exe" : "";
    const tree = await Deno.makeTempDir();
    try {
      await copyFile(`${folder}/${target}${suffix}`, `${tree}/${bin}`);
      await Deno.chmod(`${tree}/${bin}`, 0o755);
      for (const file of FILES) {
        await copyFile(
          fileURLToPath(new URL(file, ROOT)),
          `${tree}/${file.split("/").at(-1)}`,
        );
      }
      const tar = await output("tar", [
        ...["--create", "--format=ustar", "--sort=name", "--mtime=@0"],
        ...["--owner=0", "--group=0", "--numeric-owner", "--mode=a+rX,go-w"],
        ...["--directory", tree, "."],
      ]);
      const gzip = new Blob([tar]).stream()
        .pipeThrough(new CompressionStream("gzip"));
      await Deno.writeFile(`${folder}/${uri}`, gzip);
    } finally {
      await Deno.remove(tree, { recursive: true });
    }
  }
}

async function readTemplate(): Promise<Template> {
  return parseYaml(await Deno.readTextFile(TEMPLATE)) as unknown as Template;
}

async function copyFile(from: string, to: string): Promise<void> {
  try {
    await Deno.copyFile(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`there is no ${from}`);
  }
}

async function sha256(path: string): Promise<string> {
  const bytes = await Deno.readFile(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`there is no ${path}`);
  });
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function output(
  command: string,
  args: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return stdout;
}

if (import.meta.main) {
  const [folder, pack] = Deno.args.toSorted((a) => a === "--pack" ? 1 : -1);
  try {
    if (folder === undefined || folder === "--pack") {
      throw new Error("name a folder: deno task krew FOLDER [--pack]");
    }
    if (pack === "--pack") await packBinaries(folder);
    const text = await krewManifest(folder);
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  } catch (error) {
    // deno-lint-ignore no-console
    console.error(`error: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
