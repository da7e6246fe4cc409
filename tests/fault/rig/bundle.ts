/**
 * The command line as people have it: the bundle, in a process of its own,
 * with no more permissions than it is given.
 *
 * @module
 */

import { build } from "../../../scripts/build.ts";
import { NAME, type Ran } from "./command_lines.ts";

/** A bundle in a folder that is gone afterwards. */
export interface Bundle extends AsyncDisposable {
  readonly folder: string;
  run(argv: readonly string[], options: BundleOptions): Promise<BundleRan>;
}

/** How a process is started. */
export interface BundleOptions {
  /** All of its environment, but for what Deno itself needs. */
  readonly env: Readonly<Record<string, string>>;
  /** `-A` by default. */
  readonly permissions?: readonly string[];
  /** Octal; that of the tests by default. */
  readonly umask?: string;
  readonly cwd?: string;
  /** Words before it: what runs it, in a place of its own. */
  readonly within?: readonly string[];
  /** For Deno, besides the permissions. */
  readonly flags?: readonly string[];
}

/** One access that Deno looked at. */
export interface Access {
  readonly permission: string;
  readonly value: string;
}

/** What came of it, with every access. */
export interface BundleRan extends Ran {
  readonly accesses: readonly Access[];
}

export { NAME };

/** Builds it. */
export async function bundle(): Promise<Bundle> {
  const base = await Deno.makeTempDir();
  const folder = `${base}/bundle`;
  await build(folder);
  let runs = 0;
  return {
    folder,
    async run(
      argv,
      { env, permissions = ["-A"], umask, cwd = base, within = [], flags = [] },
    ) {
      const log = `${base}/accesses-${++runs}.jsonl`;
      const deno = [
        ...[...within, Deno.execPath(), "run"],
        ...["--no-prompt", "--no-config", "--quiet", ...flags],
        ...[...permissions, `${folder}/istiops.js`, ...argv],
      ];
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: [
          "-c",
          `${umask === undefined ? "" : `umask ${umask}; `}exec "$@"`,
          "sh",
          ...deno,
        ],
        clearEnv: true,
        cwd,
        env: {
          ...{ PATH: "/usr/bin:/bin", DENO_NO_UPDATE_CHECK: "1" },
          ...{ DENO_DIR: `${base}/deno`, NO_COLOR: "1" },
          DENO_AUDIT_PERMISSIONS: log,
          ...env,
        },
        stdin: "null",
      }).output();
      const text = await Deno.readTextFile(log).catch(() => "");
      return {
        status: code,
        stdout: new TextDecoder().decode(stdout),
        stderr: new TextDecoder().decode(stderr),
        accesses: text.split("\n").filter(Boolean)
          .map((line): Access => JSON.parse(line)),
      };
    },
    [Symbol.asyncDispose]: () => Deno.remove(base, { recursive: true }),
  };
}
