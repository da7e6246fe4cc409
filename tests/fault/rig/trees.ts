/**
 * Copies of this project, and a Deno that works on them with a cache of its
 * own.
 *
 * @module
 */

import { SOURCES } from "../../../scripts/build.ts";

const ROOT = new URL("../../../", import.meta.url);
const PARTS = [...SOURCES, "scripts"];

/** What a process said and how it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a project, and an empty cache beside it. */
export interface Tree extends AsyncDisposable {
  readonly folder: string;
  readonly cache: string;
  deno(...args: string[]): Promise<Ended>;
  /** Changes a text file of the project. */
  edit(name: string, change: (text: string) => string): Promise<void>;
}

/** Options of {@linkcode treeOf}. */
export interface TreeOptions {
  readonly env?: Readonly<Record<string, string>>;
}

/** Makes a tree of these files; none gives a copy of this project. */
export async function treeOf(
  files?: Readonly<Record<string, string>>,
  { env = {} }: TreeOptions = {},
): Promise<Tree> {
  const base = await Deno.makeTempDir();
  const [folder, cache] = [`${base}/tree`, `${base}/cache`];
  await Deno.mkdir(folder);
  if (files === undefined) {
    for (const part of PARTS) {
      await copy(new URL(part, ROOT).pathname, `${folder}/${part}`);
    }
  }
  for (const [name, text] of Object.entries(files ?? {})) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  return {
    folder,
    cache,
    async deno(...args) {
      const { code, stdout, stderr } = await new Deno.Command(
        Deno.execPath(),
        {
          args,
          cwd: folder,
          env: { NO_COLOR: "1", DENO_DIR: cache, ...env },
        },
      ).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: text(stdout), stderr: text(stderr) };
    },
    async edit(name, change) {
      const path = `${folder}/${name}`;
      await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
    },
    [Symbol.asyncDispose]: () => Deno.remove(base, { recursive: true }),
  };
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(`${from}/${name}`, `${to}/${name}`);
  }
}
