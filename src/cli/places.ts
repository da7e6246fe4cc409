/**
 * Where istiops keeps things of the user: the XDG base directories.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import type { Io } from "./io.ts";

/** Where istiops keeps what it did; nothing where no home is known. */
export function stateDir(io: Io): string | undefined {
  const base = baseDir(io, {
    variable: "XDG_STATE_HOME",
    underHome: ".local/state",
  });
  return base === undefined ? undefined : `${base}/istiops`;
}

/** The state of the embedded cluster that `--sandbox` uses, in a private place. */
export async function sandboxStateDir(io: Io): Promise<string> {
  const directory = stateDir(io);
  if (directory === undefined) {
    throw new TrafficError(
      "sandbox-state",
      "Cannot keep the sandbox: no directory of yours is known",
      { hint: "Set HOME or XDG_STATE_HOME" },
    );
  }
  const { privateDirectory } = await import("../private_files.ts");
  await privateDirectory(directory);
  return `${directory}/sandbox`;
}

/** The user's configuration; nothing where no home is known. */
export function configFile(io: Io): string | undefined {
  const base = baseDir(io, {
    variable: "XDG_CONFIG_HOME",
    underHome: ".config",
  });
  return base === undefined ? undefined : `${base}/istiops/config.yaml`;
}

function baseDir(
  io: Io,
  of: { readonly variable: string; readonly underHome: string },
): string | undefined {
  const own = io.env(of.variable) ?? "";
  // The specification: a relative path is invalid and is ignored.
  if (isAbsolute(own)) return own.replace(/(?<=.)[/\\]+$/, "");
  const local = io.isWindows ? io.env("LOCALAPPDATA") ?? "" : "";
  if (local !== "") return local;
  const home = (io.isWindows ? io.env("USERPROFILE") : io.env("HOME")) ?? "";
  return home === "" ? undefined : `${home}/${of.underHome}`;
}

function isAbsolute(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}
