/**
 * What Deno did not permit, in words, with the flag that permits it.
 *
 * @module
 */

import { TrafficError } from "./errors.ts";
import { shellLine } from "./shell_line.ts";

/** What was tried, by the name of the permission. */
const ATTEMPTS: Readonly<Record<string, string>> = {
  read: "read",
  write: "write",
  env: "look at the variable",
  net: "connect to",
  run: "run",
  sys: "ask the system for",
  ffi: "load the library",
  import: "load",
};

/** Options of {@linkcode permissionError}. */
export interface PermissionOptions {
  /** What was meant, where something beside it was tried. */
  readonly meant: string;
  /** What to permit for it. */
  readonly value: string;
}

/**
 * The refusal behind an error, as an error of ours; nothing where it is none.
 *
 * @param error Whatever was thrown, at any depth of its causes.
 */
export function permissionError(
  error: unknown,
  options?: PermissionOptions,
): TrafficError | undefined {
  for (
    let each: unknown = error, depth = 0;
    each instanceof Error && depth < 8;
    each = each.cause, depth += 1
  ) {
    if (each instanceof TrafficError) {
      if (each.code === "permission") return each;
      // How far it came must not be lost.
      if (each.details?.["outcome"] !== undefined) return undefined;
    }
    const [, name, asked] =
      /Requires (\w+) access(?: to (?:"([^"]*)"|<[\w ]+>))?/
        .exec(each.message) ?? [];
    const attempt = name === undefined ? undefined : ATTEMPTS[name];
    if (name === undefined || attempt === undefined) continue;
    // Port 0 is whichever is free.
    const value = options?.value ?? asked?.replace(/^([^/]*):0$/, "$1");
    const flag = shellLine([
      `--allow-${name}${value === undefined ? "" : `=${value}`}`,
    ]);
    return new TrafficError(
      "permission",
      `Cannot ${attempt} ${
        asked === undefined ? "that" : JSON.stringify(options?.meant ?? asked)
      }: Deno has no permission for it`,
      {
        hint: `Run it with ${flag}${
          name === "env" ? ", or with --ignore-env to do without" : ""
        }`,
        details: { permission: name, flag },
        cause: error,
      },
    );
  }
  return undefined;
}

/** What Deno does not permit says more than that it did not work. */
export function throwIfDenied(error: unknown): void {
  const denied = permissionError(error);
  if (denied !== undefined) throw denied;
}
