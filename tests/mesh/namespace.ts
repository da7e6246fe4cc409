/**
 * A network and processes of one's own: the kernel ends all that runs in
 * there with the first process, however that ends.
 *
 * @module
 */

import type { Parts } from "./parts.ts";

/** Options of `unshare`. */
export const NAMESPACE: readonly string[] = [
  "--net",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
];

/** Options of {@linkcode enter}. */
export interface EnterOptions {
  readonly parts: Parts;
  /** For all that is written. */
  readonly folder: string;
  readonly args?: readonly string[];
  /**
   * `piped`: all ends when the caller ends, by whatever. `null`: it stays,
   * with its output in `mesh.log` of the folder.
   */
  readonly stdin: "piped" | "null";
}

/**
 * Runs `inside.ts` in there.
 *
 * @returns The process of `unshare`: it is in that network, too.
 */
export function enter(
  verb: string,
  options: EnterOptions,
): Deno.ChildProcess {
  const { parts, folder, args = [], stdin } = options;
  const stays = stdin === "null";
  const script = new URL("inside.ts", import.meta.url).pathname;
  return new Deno.Command("/bin/sh", {
    args: [
      "-c",
      stays ? 'exec "$0" "$@" >"$LOG" 2>&1' : 'exec "$0" "$@"',
      "unshare",
      ...NAMESPACE,
      ...[Deno.execPath(), "run", "-A", "--quiet", script],
      ...[verb, folder, JSON.stringify(parts), ...args],
    ],
    env: { LOG: `${folder}/mesh.log` },
    stdin,
    stdout: stays ? "null" : "inherit",
    stderr: stays ? "null" : "inherit",
    // Ctrl-C is for the caller, who ends all of it.
    detached: true,
  }).spawn();
}
