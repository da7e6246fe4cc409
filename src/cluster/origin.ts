/**
 * Whose work a kubeconfig is: the user's own, or one that came with a
 * repository, whose authors could name programs and switch checks off.
 *
 * @module
 */

import { throwIfDenied } from "../permissions.ts";

/** A path as it is from anywhere. */
export function absolute(path: string): string {
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(path)) return path;
  return `${Deno.cwd().replace(/[/\\]+$/, "")}/${path.replace(/^\.[/\\]/, "")}`;
}

/**
 * Does a file lie in a repository, or in the current folder, unless that is
 * the home folder? The user's own `~/.kube` never counts.
 */
export async function isForeign(
  file: string,
  env: (name: string) => string | undefined,
): Promise<boolean> {
  const named = env("HOME") || env("USERPROFILE") || "";
  const path = await real(absolute(file));
  if (path === undefined) return true;
  // Seen without a look at the home folder, which may not be permitted.
  if (named !== "" && isUnder(path, `${named}/.kube`)) return false;
  const home = await real(named);
  if (home !== undefined && isUnder(path, `${home}/.kube`)) {
    // A link out of ~/.kube has been followed, so this one is there.
    return false;
  }
  const here = await real(".");
  if (
    here !== undefined && isUnder(path, here) &&
    !(home !== undefined && (home === here || isUnder(home, here)))
  ) return true;
  for (
    let folder = parentOf(path);
    folder !== undefined && folder !== home;
    folder = parentOf(folder)
  ) {
    if (await isThere(`${folder}/.git`)) return true;
  }
  return false;
}

function isUnder(path: string, folder: string): boolean {
  return path.startsWith(folder.replace(/\/*$/, "/"));
}

function parentOf(path: string): string | undefined {
  const at = path.lastIndexOf("/");
  return at <= 0 ? undefined : path.slice(0, at);
}

/** With links followed and slashes one way. */
async function real(path: string): Promise<string | undefined> {
  if (path === "") return undefined;
  try {
    return (await Deno.realPath(path)).replaceAll("\\", "/");
  } catch (error) {
    throwIfDenied(error);
    return undefined;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    throwIfDenied(error);
    // What may not be looked at may be there.
    return !(error instanceof Deno.errors.NotFound);
  }
}
