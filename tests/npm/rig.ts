/**
 * A package of npm as a stranger gets it: packed, installed into an empty
 * folder, with an empty HOME.
 *
 * @module
 */

import { assert } from "../support/assert.ts";

/** What a program said, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; its input is empty. */
export async function run(
  command: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<Ran> {
  const { code, signal, stdout, stderr } = await new Deno.Command(command, {
    stdin: "null",
    ...options,
    args: [...args],
  }).output();
  const text = new TextDecoder();
  return {
    code,
    signal,
    stdout: text.decode(stdout),
    stderr: text.decode(stderr),
  };
}

/** Why nothing can be installed here; undefined where it can. */
export async function whyNoNpm(): Promise<string | undefined> {
  try {
    const { stdout } = await run("node", ["--version"]);
    if (Number(/^v(\d+)/.exec(stdout)?.[1]) < 20) {
      return "Node is older than 20";
    }
  } catch {
    return "Node is missing";
  }
  try {
    const { code } = await run("npm", [
      ...["view", "deno@2.9.6", "version"],
      ...["--fetch-retries=0", "--fetch-timeout=10000"],
    ]);
    return code === 0 ? undefined : "the registry of npm is out of reach";
  } catch {
    return "npm is missing";
  }
}

/** What `npm pack --json` tells. */
interface Packed {
  readonly filename: string;
  /** Paths in the package, and their modes. */
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** A folder of a stranger, with packages in it. */
export class Stranger implements AsyncDisposable {
  readonly #env: Readonly<Record<string, string>>;

  private constructor(
    readonly base: string,
    env: Readonly<Record<string, string>>,
  ) {
    this.#env = env;
  }

  /** Packs a folder, and installs what came of it with other packages. */
  static async with(
    folder: string,
    ...packages: readonly string[]
  ): Promise<{
    readonly stranger: Stranger;
    readonly packed: Packed["files"];
  }> {
    const base = await Deno.makeTempDir();
    for (const name of ["home", "work"]) await Deno.mkdir(`${base}/${name}`);
    const setting = async (name: string): Promise<string> =>
      (await run("npm", ["config", "get", name])).stdout.trim();
    const stranger = new Stranger(base, {
      HOME: `${base}/home`,
      PATH: Deno.env.get("PATH") ?? "",
      NO_COLOR: "1",
      // Where this machine has its packages from; nothing else of it.
      npm_config_cache: await setting("cache"),
      npm_config_registry: await setting("registry"),
      npm_config_update_notifier: "false",
    });
    const pack = await stranger.run("npm", ["pack", "--json", folder]);
    assert(pack.code === 0, pack.stderr);
    // A list of one, or since npm 11 an object with one.
    const [made] = Object.values<Packed>(JSON.parse(pack.stdout));
    assert(made);
    const installed = await stranger.run("npm", [
      ...["install", "--no-audit", "--no-fund", "--prefer-offline"],
      `./${made.filename}`,
      ...packages,
    ]);
    assert(installed.code === 0, installed.stderr);
    return { stranger, packed: made.files };
  }

  /** The stranger's folder. */
  get work(): string {
    return `${this.base}/work`;
  }

  /** How the stranger's programs are started. */
  options(env: Readonly<Record<string, string>> = {}): {
    cwd: string;
    clearEnv: true;
    env: Record<string, string>;
  } {
    return { cwd: this.work, clearEnv: true, env: { ...this.#env, ...env } };
  }

  async run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ran> {
    return await run(command, args, this.options(env));
  }

  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.work}/${name}`, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.base, { recursive: true });
  }
}
