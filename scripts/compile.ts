/**
 * Binaries that need nothing else, for five targets: `deno task compile
 * [TARGET…]` puts them into `dist-bin/`, with their hashes and what they are
 * made of; all of them or none. What is in them is the bundle. Why they are
 * given which rights: docs/binaries.md.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { VERSION } from "../src/version.ts";
import { build } from "./build.ts";
import { lastChange, printSbom, readParts, withDeno } from "./sbom.ts";

const ROOT = new URL("../", import.meta.url);
const SBOM = "istiops.spdx.json";

/** What binaries are made for, in the words of Deno and Rust. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

/** One of them. */
export type Target = typeof TARGETS[number];

/** Rights that are baked in: docs/binaries.md has a reason for each. */
export const RIGHTS: readonly string[] = [
  ...["--no-prompt", "--deny-import"],
  ...["--allow-env", "--allow-net", "--allow-read"],
  ...["--allow-write", "--allow-run"],
];

/** A binary's file name. */
export function fileNameOf(target: Target): string {
  return `istiops-${target}${target.includes("windows") ? ".exe" : ""}`;
}

/** Why there are no binaries, in one line. */
export class CannotCompile extends Error {}

/**
 * Compiles into a directory, in place of what was there; lists what came to be.
 *
 * @throws {CannotCompile} Nothing was written.
 */
export async function compile(
  directory: string,
  targets: readonly Target[] = TARGETS,
): Promise<readonly string[]> {
  const beside = await Deno.makeTempDir({
    dir: directory.slice(0, directory.lastIndexOf("/")),
    prefix: ".compile-",
  });
  try {
    await build(`${beside}/bundle`);
    const set = `${beside}/set`;
    await Deno.mkdir(set);
    const sums: string[] = [];
    for (const target of targets) {
      const name = fileNameOf(target);
      await compileOne(`${beside}/bundle`, {
        target,
        output: `${set}/${name}`,
      });
      const bytes = await Deno.readFile(`${set}/${name}`);
      checkFormat(bytes, target);
      if (target === Deno.build.target) await checkRuns(`${set}/${name}`);
      sums.push(`${await sha256(bytes)}  ${name}`);
    }
    const parts = await readParts(ROOT, { created: await lastChange() });
    const sbom = printSbom(await withDeno(parts, Deno.version.deno));
    await Deno.writeTextFile(`${set}/${SBOM}`, sbom);
    sums.push(`${await sha256(new TextEncoder().encode(sbom))}  ${SBOM}`);
    await Deno.writeTextFile(`${set}/SHA256SUMS`, `${sums.join("\n")}\n`);
    await Deno.remove(directory, { recursive: true }).catch(() => {});
    await Deno.rename(set, directory);
    return sums;
  } finally {
    await Deno.remove(beside, { recursive: true });
  }
}

async function compileOne(
  bundle: string,
  { target, output }: { readonly target: Target; readonly output: string },
): Promise<void> {
  const entry = "istiops.js";
  // Parts have names that no reader of imports sees: build.ts.
  const parts = [...Deno.readDirSync(bundle)].map(({ name }) => name)
    .filter((name) => name.endsWith(".js") && name !== entry).sort();
  // A runtime of somebody's own may be a plain Deno, and such a file would only
  // look like istiops.
  const { DENORT_BIN: _, ...env } = Deno.env.toObject();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "--quiet", "--no-config", "--no-lock", "--no-check"],
      ...[...RIGHTS, "--target", target, "--output", output],
      ...parts.flatMap((name) => ["--include", name]),
      entry,
    ],
    cwd: bundle,
    clearEnv: true,
    env: { ...env, NO_COLOR: "1" },
  }).output();
  if (success) return;
  throw new CannotCompile(
    `Cannot compile for ${target}: ${
      reasonOf(new TextDecoder().decode(stderr))
    }; nothing was written`,
  );
}

/** What Deno says, as a clause. */
export function reasonOf(stderr: string): string {
  const [said = ""] = stderr.split("Stack backtrace:");
  const lines = said.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && line !== "Caused by:");
  const cause = (lines.at(-1) ?? "Deno did not say why")
    .replace(/^(error|\d+): /, "");
  const [, runtime] = /\b(denort-[\w.-]+)\.zip/.exec(said) ?? [];
  return runtime === undefined
    ? cause
    : `its runtime (${runtime}) cannot be fetched (${cause})`;
}

const MAGIC: readonly (readonly [in_: string, bytes: readonly number[]])[] = [
  ["linux", [0x7f, 0x45, 0x4c, 0x46]],
  ["darwin", [0xcf, 0xfa, 0xed, 0xfe]],
  ["windows", [0x4d, 0x5a]],
];

/** A file for another system is none of ours. */
function checkFormat(bytes: Uint8Array, target: Target): void {
  const [, magic = []] = MAGIC.find(([part]) => target.includes(part)) ?? [];
  if (!magic.every((byte, at) => bytes[at] === byte)) {
    throw new CannotCompile(
      `Cannot compile for ${target}: what came is no program of that system; nothing was written`,
    );
  }
}

/** What runs here says which istiops it is, with nothing but itself. */
async function checkRuns(file: string): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    const { stdout } = await new Deno.Command(file, {
      args: ["version", "-o", "json"],
      ...{ cwd: home, clearEnv: true, env: { HOME: home } },
      stderr: "null",
    }).output();
    const { version } = JSON.parse(new TextDecoder().decode(stdout));
    if (version === VERSION) return;
  } catch {
    // It cannot be started, or says something else.
  } finally {
    await Deno.remove(home, { recursive: true });
  }
  throw new CannotCompile(
    `Cannot compile for ${Deno.build.target}: what came does not say that it is istiops ${VERSION}; nothing was written`,
  );
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}

if (import.meta.main) {
  const say = (text: string) =>
    Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  const asked = Deno.args as Target[];
  const unknown = asked.filter((name) => !TARGETS.includes(name));
  if (unknown.length > 0) {
    say(
      `No such target: ${unknown.join(", ")}; there are ${TARGETS.join(", ")}`,
    );
    Deno.exit(2);
  }
  try {
    const sums = await compile(
      fileURLToPath(new URL("dist-bin", ROOT)),
      asked.length === 0 ? TARGETS : asked,
    );
    say(`istiops ${VERSION} in dist-bin:\n${sums.join("\n")}`);
  } catch (error) {
    if (!(error instanceof CannotCompile)) throw error;
    say(error.message);
    Deno.exit(1);
  }
}
