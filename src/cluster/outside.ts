/**
 * How the world outside is read: files, the environment, programs. Handed
 * in, so that the rest works without a disk.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import type { Programs } from "./exec_plugin.ts";

/** How the world outside is read. */
export interface Outside {
  readonly readTextFile: (path: string) => Promise<string>;
  /** A variable of the environment. */
  readonly env: (name: string) => string | undefined;
  readonly isWindows: boolean;
  /** Milliseconds since 1970; the system's clock by default. */
  readonly now?: () => number;
  /** A path as it is from anywhere; as it is written by default. */
  readonly absolute?: (path: string) => string;
  /**
   * Whether a kubeconfig may be somebody else's work: it lies in a repository
   * or in the current folder. By default it may.
   */
  readonly isForeign?: (file: string) => Promise<boolean>;
  /** How plugins are run; without it none is. */
  readonly programs?: () => Promise<Programs>;
}

/**
 * Reads a file that has to be there.
 *
 * @param of.what What it is, for messages: `token file`.
 * @throws {ClusterError} `kubeconfig`.
 */
export async function readNamed(
  path: string,
  of: { readonly what: string; readonly outside: Outside },
): Promise<string> {
  const text = await readIfThere(path, of);
  if (text !== undefined) return text;
  throw new ClusterError(
    "kubeconfig",
    `Cannot read the ${of.what} ${JSON.stringify(path)}: it does not exist`,
  );
}

/** Reads a file that need not be there. */
export async function readIfThere(
  path: string,
  { what, outside }: { readonly what: string; readonly outside: Outside },
): Promise<string | undefined> {
  try {
    return await outside.readTextFile(path);
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "NotFound" || name === "NotADirectory") return undefined;
    throw new ClusterError(
      "kubeconfig",
      `Cannot read the ${what} ${JSON.stringify(path)}: ${
        name === "PermissionDenied" || name === "NotCapable"
          ? "permission denied"
          : "it cannot be read as a text file"
      }`,
      { cause: error },
    );
  }
}
