/**
 * Cliffy for machines that cannot reach its registry: a copy of its sources,
 * served on loopback as that registry would serve them. So cliffy.ts is
 * checked, tested and packed as it stands, with the settings of `deno.json`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** A registry of the packages in a folder. */
export interface Registry extends AsyncDisposable {
  /** For the environment variable `JSR_URL`. */
  readonly url: string;
}

/** A package of the copy. */
interface Package {
  readonly version: string;
  /** Its folder, with a slash at the end. */
  readonly folder: string;
  /** By what is behind the package's name: `.`, `./bash`. */
  readonly exports: Record<string, string>;
}

/** Where a copy could lie; whether it does is another question. */
export function copyOfCliffy(): string {
  return Deno.env.has("ISTIOPS_SHARED")
    ? `${Deno.env.get("ISTIOPS_SHARED")}/jsr`
    : fileURLToPath(new URL("../../shared/jsr", import.meta.url));
}

/**
 * Serves a folder with an `import_map.json` that names its packages.
 *
 * @throws {Deno.errors.NotFound} There is no copy.
 */
export async function serveCopy(folder: string): Promise<Registry> {
  const map = JSON.parse(await Deno.readTextFile(`${folder}/import_map.json`));
  const packages = packagesOf(map.imports);
  const read = async (path: string): Promise<string> =>
    withVersions(await Deno.readTextFile(`${folder}/${path}`), packages);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const [, name = "", rest = ""] =
        /^\/(@[^/]+\/[^/]+)\/(.+)$/.exec(pathname) ?? [];
      const found = packages.get(name);
      if (found === undefined) return new Response(null, { status: 404 });
      const { version, exports } = found;
      if (rest === "meta.json") {
        return Response.json({ latest: version, versions: { [version]: {} } });
      }
      if (rest === `${version}_meta.json`) {
        return Response.json({
          exports,
          manifest: await manifestOf(`${folder}/${found.folder}`, packages),
        });
      }
      return new Response(
        await read(found.folder + rest.replace(/^[^/]+\//, "")),
        { headers: { "content-type": "text/typescript" } },
      );
    },
  );
  const { port } = server.addr;
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await forget(port);
    },
  };
}

/** What Deno keeps of this address is of no use to anybody later. */
async function forget(port: number): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  const { modulesCache, typescriptCache } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  for (const cache of [modulesCache, typescriptCache]) {
    await Deno.remove(`${cache}/http/127.0.0.1_PORT${port}`, {
      recursive: true,
    }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** `jsr:@cliffy/command@1.2.1/help` to a package with its entries. */
function packagesOf(
  imports: Readonly<Record<string, string>>,
): ReadonlyMap<string, Package> {
  const packages = new Map<string, Package>();
  for (const [specifier, path] of Object.entries(imports)) {
    const [, name, entry] = /^(@[^/]+\/[^/]+)(\/.+)?$/.exec(specifier) ?? [];
    if (name === undefined) continue;
    const [, folder = ""] = /^\.\/(@[^/]+\/[^/]+\/)/.exec(path) ?? [];
    const found = packages.get(name) ??
      { version: versionIn(imports, name), folder, exports: {} };
    packages.set(name, found);
    found.exports[`.${entry ?? ""}`] = `./${path.slice(folder.length + 2)}`;
  }
  return packages;
}

/** What the map says, or any: who imports it asks for no version either. */
function versionIn(
  imports: Readonly<Record<string, string>>,
  name: string,
): string {
  const versions = Object.keys(imports).flatMap((specifier) =>
    specifier.startsWith(`jsr:${name}@`)
      ? /@(\d+\.\d+\.\d+)(\/|$)/.exec(specifier)?.[1] ?? []
      : []
  );
  return versions[0] ?? "0.0.0";
}

/** As a registry does when a package is published. */
function withVersions(
  source: string,
  packages: ReadonlyMap<string, Package>,
): string {
  return source.replace(
    /(\bfrom\s+|\bimport\s+|\bimport\()"(@[^/"]+\/[^/"]+)([^"]*)"/g,
    (whole, start: string, name: string, entry: string) => {
      const found = packages.get(name);
      return found === undefined
        ? whole
        : `${start}"jsr:${name}@${found.version}${entry}"`;
    },
  );
}

async function manifestOf(
  folder: string,
  packages: ReadonlyMap<string, Package>,
): Promise<Record<string, { size: number; checksum: string }>> {
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for await (const path of filesIn(folder)) {
    const text = withVersions(
      await Deno.readTextFile(folder + path),
      packages,
    );
    const bytes = new TextEncoder().encode(text);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    manifest[`/${path}`] = {
      size: bytes.length,
      checksum: `sha256-${hash.toHex()}`,
    };
  }
  return manifest;
}

async function* filesIn(folder: string, path = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder + path)) {
    if (isDirectory) yield* filesIn(folder, `${path}${name}/`);
    else yield path + name;
  }
}
