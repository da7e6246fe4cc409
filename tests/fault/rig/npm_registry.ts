/**
 * A registry of npm packages on loopback, as far as Deno asks one: documents,
 * tarballs, advisories.
 *
 * @module
 */

/** A package with one file, `index.js`. */
export interface Published {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  /** When it came out; long ago by default. */
  readonly time?: Date;
}

/** A registry that runs. */
export interface NpmRegistry extends AsyncDisposable {
  /** The environment of a Deno that asks it, and nobody else. */
  readonly env: Readonly<Record<string, string>>;
  /** Names and versions that advisories were asked for. */
  readonly asked: Record<string, readonly string[]>;
  /** How it answers for advisories; `{}` by default: none is known. */
  advisories: () => Response;
}

/** Starts a registry that has these packages. */
export async function startNpmRegistry(
  packages: readonly Published[] = [],
): Promise<NpmRegistry> {
  const tarballs = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { name, version, source } of packages) {
    const manifest = { name, version, type: "module", exports: "./index.js" };
    tarballs.set(
      `/${name}/-/${name}-${version}.tgz`,
      await tarball({
        "package/package.json": JSON.stringify(manifest),
        "package/index.js": source,
      }),
    );
  }
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, origin } = new URL(request.url);
      if (pathname.endsWith("/advisories/bulk")) {
        Object.assign(registry.asked, await inflated(request));
        return registry.advisories();
      }
      const body = tarballs.get(pathname);
      if (body !== undefined) return new Response(body);
      const versions = packages.filter(({ name }) => pathname === `/${name}`);
      return versions.length === 0
        ? new Response("not found", { status: 404 })
        : Response.json(await documentOf(versions, { origin, tarballs }));
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const registry: NpmRegistry = {
    env: { NPM_CONFIG_REGISTRY: url, NO_COLOR: "1" },
    asked: {},
    advisories: () => Response.json({}),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return registry;
}

async function inflated(request: Request): Promise<Record<string, string[]>> {
  const gzip = request.headers.get("content-encoding") === "gzip";
  return await new Response(
    gzip
      ? request.body!.pipeThrough(new DecompressionStream("gzip"))
      : request.body,
  ).json();
}

async function documentOf(
  versions: readonly Published[],
  { origin, tarballs }: {
    readonly origin: string;
    readonly tarballs: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  },
): Promise<unknown> {
  const name = versions[0]!.name;
  const described = await Promise.all(versions.map(async ({ version }) => {
    const path = `/${name}/-/${name}-${version}.tgz`;
    const digest = await crypto.subtle.digest("SHA-512", tarballs.get(path)!);
    const integrity = `sha512-${new Uint8Array(digest).toBase64()}`;
    const dist = { tarball: origin + path, integrity };
    return [version, { name, version, dist }] as const;
  }));
  return {
    name,
    "dist-tags": { latest: versions.at(-1)!.version },
    versions: Object.fromEntries(described),
    time: Object.fromEntries(
      versions.map(({ version, time = new Date(0) }) => [version, time]),
    ),
  };
}

/** A POSIX archive, compressed. */
async function tarball(
  files: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  for (const [name, text] of Object.entries(files)) {
    const body = new TextEncoder().encode(text);
    const padded = new Uint8Array(Math.ceil(body.length / 512) * 512);
    padded.set(body);
    blocks.push(tarHeader(name, body.length), padded);
  }
  blocks.push(new Uint8Array(1024));
  return await new Response(
    new Blob(blocks).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
}

function tarHeader(name: string, size: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(512);
  const put = (at: number, text: string) =>
    header.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, "0000644\0");
  put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\x0000");
  const sum = header.reduce((all, byte) => all + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return header;
}
