/**
 * Runs credential plugins: the only module of this folder that starts a
 * process. It is imported only where a kubeconfig names a program.
 *
 * @module
 */

import { throwIfDenied } from "../permissions.ts";
import type { ProgramCall, ProgramEnd, Programs } from "./outside.ts";

/** Options of {@linkcode systemPrograms}. */
export interface SystemProgramsOptions {
  /** Somebody sits at stdin and stderr. */
  readonly isInteractive: boolean;
  /** Show what a plugin says on stderr; a library keeps it to itself. */
  readonly showsErrors: boolean;
}

/** The programs of this machine. */
export function systemPrograms(
  { isInteractive, showsErrors }: SystemProgramsOptions,
): Programs {
  return {
    isInteractive,
    isExecutable,
    environment,
    run: (call) => run(call, showsErrors),
  };
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    const { isFile, mode } = await Deno.stat(path);
    return isFile && (mode === null || (mode & 0o111) !== 0);
  } catch (error) {
    throwIfDenied(error);
    return false;
  }
}

/** Without the right to read all of it, what a program needs at least. */
function environment(): Readonly<Record<string, string>> {
  try {
    return Deno.env.toObject();
  } catch {
    const found: Record<string, string> = {};
    for (const name of ["HOME", "PATH", "KUBECONFIG"]) {
      try {
        const value = Deno.env.get(name);
        if (value !== undefined) found[name] = value;
      } catch {
        // It may not be read, so it is not handed on.
      }
    }
    return found;
  }
}

async function run(
  call: ProgramCall,
  showsErrors: boolean,
): Promise<ProgramEnd> {
  // A group of its own, so that what the program starts ends with it; but
  // whoever reads from the terminal must stay in the terminal's group.
  const isGroup = !call.stdin && Deno.build.os !== "windows";
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(call.path, {
      args: [...call.args],
      env: { ...call.env },
      clearEnv: true,
      stdin: call.stdin ? "inherit" : "null",
      stdout: "piped",
      stderr: showsErrors ? "inherit" : "null",
      detached: isGroup,
    }).spawn();
  } catch (error) {
    throwIfDenied(error);
    return { failed: "not started" };
  }
  const reader = child.stdout.getReader();
  const late = Promise.withResolvers<"timeout">();
  // A second Ctrl-C ends this process at once, and nothing is to outlive it.
  const last = (): void => end(child, isGroup);
  globalThis.addEventListener("unload", last);
  const timer = setTimeout(() => late.resolve("timeout"), call.timeoutMs);
  try {
    const output = await Promise.race([
      readAll(reader, call.maxBytes),
      late.promise,
    ]);
    if (typeof output === "string") return { failed: output };
    const ended = await Promise.race([child.status, late.promise]);
    if (typeof ended === "string") return { failed: ended };
    return ended.success
      ? { stdout: new TextDecoder().decode(output) }
      : { failed: "status", code: ended.code };
  } finally {
    clearTimeout(timer);
    globalThis.removeEventListener("unload", last);
    end(child, isGroup);
    await reader.cancel().catch(() => {});
    await child.status;
  }
}

/** All that it writes, until nobody can write any more. */
async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  most: number,
): Promise<Uint8Array | "too much"> {
  const bytes = new Uint8Array(most);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, length);
    if (length + value.length > most) return "too much";
    bytes.set(value, length);
    length += value.length;
  }
}

/** Ends what is left: of the program, and of its group. */
function end(child: Deno.ChildProcess, isGroup: boolean): void {
  const kills = [
    () => child.kill("SIGKILL"),
    ...isGroup ? [() => Deno.kill(-child.pid, "SIGKILL")] : [],
  ];
  for (const kill of kills) {
    try {
      kill();
    } catch {
      // It has ended.
    }
  }
}
