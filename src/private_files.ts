/**
 * Private files: directories 0700, files 0600, symbolic links refused, writes
 * that are there whole or not at all, and a lock between processes.
 *
 * @module
 */

import { readAtMost } from "./bounded_file.ts";
import { TrafficError } from "./errors.ts";
import { permissionError } from "./permissions.ts";
import { systemReason } from "./system_error.ts";

/** Makes a directory that only its owner can look into. */
export async function privateDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw unusable(path, systemReason(error), error);
    }
  }
  const info = await Deno.lstat(path);
  if (info.isSymlink) throw unusable(path, "it is a symbolic link");
  if (!info.isDirectory) throw unusable(path, "it is not a directory");
  if (info.mode !== null && (info.mode & 0o077) !== 0) {
    await Deno.chmod(path, 0o700);
  }
}

/**
 * Reads a private file.
 *
 * @param limit Stop after so many bytes.
 * @returns Nothing where there is no such file.
 * @throws {TrafficError} `file` where it is anything but a file.
 */
export async function readPrivate(
  path: string,
  limit?: number,
): Promise<string | undefined> {
  if (!await isPrivateFile(path)) return undefined;
  return new TextDecoder().decode(await readAtMost(path, limit ?? Infinity));
}

/** Writes a private file beside its place and moves it there. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await isPrivateFile(path);
  const beside = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    // `createNew` follows no link that somebody may have put there.
    await Deno.writeTextFile(beside, text, { createNew: true, mode: 0o600 });
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    const folder = path.replace(/[^/\\]*$/, "") || ".";
    const denied = permissionError(error, { meant: path, value: folder });
    if (denied !== undefined) throw denied;
    throw unusable(path, systemReason(error), error);
  }
}

/**
 * Adds a line to the end of a private file, whole or not at all, and on disk
 * when it returns. A line that a crash cut before is ended first.
 *
 * @returns The file's length in bytes.
 */
export async function appendPrivate(
  path: string,
  line: string,
): Promise<number> {
  await isPrivateFile(path);
  using file = await opened(path, {
    read: true,
    append: true,
    create: true,
    mode: 0o600,
  });
  const { size } = await tighten(file, path);
  const last = new Uint8Array(1);
  if (size > 0) {
    await file.seek(-1, Deno.SeekMode.End);
    await file.read(last);
  }
  const isCut = size > 0 && last[0] !== 0x0a;
  const bytes = new TextEncoder().encode(`${isCut ? "\n" : ""}${line}\n`);
  let written: number;
  try {
    written = await file.write(bytes);
    await file.syncData();
  } catch (error) {
    throw unusable(path, systemReason(error), error);
  }
  if (written < bytes.length) throw unusable(path, "the disk is full");
  return size + bytes.length;
}

/** Puts a private file in another's place. */
export async function moveAside(path: string, to: string): Promise<void> {
  await isPrivateFile(to);
  await Deno.rename(path, to);
}

/** Options of {@linkcode lockFile}. */
export interface LockOptions {
  /** Milliseconds to wait for it. */
  readonly patience: number;
}

/**
 * Holds a lock until it is disposed of, or the process ends.
 *
 * @returns Nothing where another holds it for longer than the patience.
 */
export async function lockFile(
  path: string,
  { patience }: LockOptions,
): Promise<Disposable | undefined> {
  await isPrivateFile(path);
  const file = await opened(path, {
    read: true,
    write: true,
    create: true,
    mode: 0o600,
  });
  await tighten(file, path);
  // Tried again and again, since a lock that is waited for cannot be left.
  const pause = 5;
  for (let waited = 0;; waited += pause) {
    if (await file.tryLock(true)) return file;
    if (waited >= patience) break;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  file.close();
  return undefined;
}

async function opened(
  path: string,
  options: Deno.OpenOptions,
): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, options);
  } catch (error) {
    throw unusable(path, systemReason(error), error);
  }
}

/** Nobody else may read or hold a file that was there before. */
async function tighten(
  file: Deno.FsFile,
  path: string,
): Promise<Deno.FileInfo> {
  const info = await file.stat();
  if (info.mode !== null && (info.mode & 0o077) !== 0) {
    await Deno.chmod(path, 0o600);
  }
  return info;
}

/** Whether the file is there; a link or a directory in its place is refused. */
async function isPrivateFile(path: string): Promise<boolean> {
  try {
    const info = await Deno.lstat(path);
    if (info.isSymlink) throw unusable(path, "it is a symbolic link");
    if (!info.isFile) throw unusable(path, "it is not a regular file");
    return true;
  } catch (error) {
    if (error instanceof TrafficError) throw error;
    if (error instanceof Deno.errors.NotFound) return false;
    throw unusable(path, systemReason(error), error);
  }
}

function unusable(path: string, why: string, cause?: unknown): TrafficError {
  return new TrafficError(
    "file",
    `Cannot use "${path}": ${why}`,
    {
      hint:
        "Name a place that you can write to; for its own files istiops takes XDG_STATE_HOME",
      details: { path },
      cause,
    },
  );
}
