/**
 * How the world outside is read: files, the environment, programs. Handed
 * in, so that the rest works without a disk.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";

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

/** How programs are found and run. */
export interface Programs {
  /** Is this absolute path a file that may be executed? */
  readonly isExecutable: (path: string) => Promise<boolean>;
  readonly run: (call: ProgramCall) => Promise<ProgramEnd>;
  /** The whole environment, as far as it may be read. */
  readonly environment: () => Readonly<Record<string, string>>;
  /** Somebody sits at stdin. */
  readonly isInteractive: boolean;
}

/** One call of a program. */
export interface ProgramCall {
  readonly path: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** It reads from the terminal. */
  readonly stdin: boolean;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** What came of a call; whoever does not exit by itself has been ended. */
export type ProgramEnd =
  | { readonly stdout: string }
  | { readonly failed: "timeout" | "too much" | "not started" }
  | { readonly failed: "status"; readonly code: number };

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
