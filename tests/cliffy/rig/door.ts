/**
 * The suite as a process, and what main.ts says to the same words.
 *
 * @module
 */

import { DENO_DIR } from "../../support/deno_dir.ts";

const ROOT = new URL("../../../", import.meta.url);

/** What a process came to. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The words that start a door. */
export function doorCommand(entry: "cliffy.ts" | "main.ts"): string[] {
  const path = new URL(entry, ROOT).pathname;
  return [Deno.execPath(), "run", "-A", "--quiet", "--no-lock", path];
}

/** Runs a door with a home of its own. */
export async function runDoor(
  entry: "cliffy.ts" | "main.ts",
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const [program = "", ...args] = doorCommand(entry);
  return await ended(program, [...args, ...words], env);
}

/** Runs a program to its end. */
export async function ended(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { DENO_DIR, KUBECONFIG: "", XDG_STATE_HOME: "", ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** A folder with a program `istiops` in it, which is the suite. */
export async function programFolder(): Promise<string> {
  const folder = await Deno.makeTempDir();
  const command = doorCommand("cliffy.ts").map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(
    `${folder}/istiops`,
    `#!/bin/sh\nexec ${command} "$@"\n`,
    { mode: 0o755 },
  );
  return folder;
}

/** A kubeconfig with two contexts of one server, and a current one or none. */
export async function writeKubeconfig(
  path: string,
  server: string,
  current?: string,
): Promise<void> {
  const contexts = ["prod", "staging"];
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "one", cluster: { server } }],
      users: [{ name: "me", user: {} }],
      contexts: contexts.map((name) => ({
        name,
        context: { cluster: "one", user: "me" },
      })),
      ...(current === undefined ? {} : { "current-context": current }),
    }),
  );
}
