/**
 * From names to texts: files, folders, standard input, within bounds. Nothing
 * outside a folder that was named is opened, and nothing that has no end.
 *
 * @module
 */

import { readAllAtMost, readAtMost } from "../bounded_file.ts";
import { InterruptedError, TrafficError, UsageError } from "../errors.ts";
import { ManifestSource } from "./manifest_source.ts";
import type { Found, ManifestCode } from "./manifest_problems.ts";

/** Bounds on what is read. */
export interface ManifestLimits {
  /** Of one document, in UTF-16 code units: bytes, where it is plain text. */
  readonly documentSize: number;
  /** Bytes of all files together. */
  readonly totalBytes: number;
  /** Documents of all files together. */
  readonly documents: number;
}

/** What is read where nobody says otherwise. */
export const MANIFEST_LIMITS: ManifestLimits = {
  documentSize: 8 * 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
  documents: 50_000,
};

/** Names in folders that are looked at, and levels of folders. */
const ENTRIES_LIMIT = 200_000;
const LEVELS_LIMIT = 32;

/** How files are read. */
export interface FilesOptions {
  readonly totalBytes: number;
  /** For `-`; of this process by default. At most so many bytes. */
  readonly readStdin?: ((most: number) => Promise<string>) | undefined;
}

/**
 * The texts, in the order of the names; those of a folder sorted by name.
 *
 * @throws {TrafficError} `file`: what was named cannot be read.
 * @throws {UsageError} `invalid-value`: a URL, or `-` twice.
 */
export async function* textsOf(
  names: readonly string[],
  options: FilesOptions,
): AsyncGenerator<ManifestSource | Found> {
  const seen = new Set<string>();
  let left = options.totalBytes;
  let files = 0;
  for (const name of names) {
    for await (const each of filesOf(name)) {
      if (typeof each !== "string") {
        yield each;
        continue;
      }
      if (seen.has(each)) {
        if (each === "-") throw twice();
        continue;
      }
      seen.add(each);
      if (++files > ENTRIES_LIMIT) {
        yield problem("too-many", each, "There are too many files");
        return;
      }
      const isNamed = each === name;
      const read = await readOne(each, { ...options, left });
      if ("text" in read) {
        left -= read.bytes;
        yield new ManifestSource(each === "-" ? "<stdin>" : each, read.text, {
          isNamed,
        });
        continue;
      }
      if (isNamed && read.code === "unreadable-file") {
        throw new TrafficError(
          "file",
          `Cannot read "${each}": ${read.why}`,
          { cause: read.cause },
        );
      }
      yield problem(read.code, each, sentence(read.why));
      // What does not fit would only be half of what was meant.
      if (read.code === "too-large") return;
    }
  }
}

/** Names of files, or what stands in the place of one. */
async function* filesOf(name: string): AsyncGenerator<string | Found> {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(name)) {
    throw new UsageError(
      "invalid-value",
      `Cannot read "${name}": it is a URL`,
      { hint: "Fetch it first: curl URL | istiops … -f -" },
    );
  }
  if (name === "-") {
    yield name;
    return;
  }
  let isDirectory: boolean;
  try {
    ({ isDirectory } = await Deno.stat(name));
  } catch (cause) {
    throw new TrafficError("file", `Cannot read "${name}": ${whyNot(cause)}`, {
      cause,
    });
  }
  if (isDirectory) {
    yield* below(name.replace(/(?<=.)[/\\]+$/, ""), {
      root: name,
      level: 1,
      left: { entries: ENTRIES_LIMIT },
    });
  } else yield name;
}

const ENDING = /\.(ya?ml|json)$/i;
/** They belong to a tool and are no manifests. */
const TOOLS =
  /^(kustomization\.ya?ml|Chart\.ya?ml|values\.ya?ml|values\.schema\.json)$/i;

interface Walk {
  readonly root: string;
  readonly level: number;
  readonly left: { entries: number };
}

/** Hidden names are left out, as are links to folders, with a warning. */
async function* below(
  folder: string,
  walk: Walk,
): AsyncGenerator<string | Found> {
  const { root, level, left } = walk;
  if (level > LEVELS_LIMIT) {
    yield problem(
      "too-many",
      folder,
      `There are more than ${LEVELS_LIMIT} levels of folders`,
    );
    return;
  }
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (--left.entries < 0) {
        yield problem("too-many", folder, "The folders hold too many names");
        return;
      }
      entries.push(entry);
    }
  } catch (cause) {
    yield problem("unreadable-file", folder, sentence(whyNot(cause)));
    return;
  }
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory, isSymlink } of entries) {
    if (name.startsWith(".")) continue;
    const path = `${folder}/${name}`;
    if (isDirectory) {
      yield* below(path, { root, level: level + 1, left });
      continue;
    }
    const isMeant = ENDING.test(name) && !TOOLS.test(name);
    if (!isSymlink) {
      if (isMeant) yield path;
      continue;
    }
    const link = await linkedFrom(path, root);
    if (link === "folder") {
      yield {
        ...problem("outside-folder", path, "A link to a folder is left out"),
        severity: "warning",
        hint: "Name the folder itself, too",
      };
    } else if (link === "inside" && isMeant) yield path;
    else if (isMeant) {
      yield link === "outside"
        ? {
          ...problem(
            "outside-folder",
            path,
            "The link leads out of the folder that was named",
          ),
          hint: "Name the file itself, too",
        }
        : problem("unreadable-file", path, "The link leads nowhere");
    }
  }
}

/** Where a link in a folder leads to. */
async function linkedFrom(
  path: string,
  root: string,
): Promise<"inside" | "outside" | "folder" | "nowhere"> {
  try {
    if ((await Deno.stat(path)).isDirectory) return "folder";
    const [real, home] = await Promise.all([
      Deno.realPath(path),
      Deno.realPath(root),
    ]);
    const inside = home.endsWith("/") ? home : `${home}/`;
    return real.replaceAll("\\", "/").startsWith(inside.replaceAll("\\", "/"))
      ? "inside"
      : "outside";
  } catch {
    return "nowhere";
  }
}

type ReadOne =
  | { readonly text: string; readonly bytes: number }
  | {
    readonly code: ManifestCode;
    readonly why: string;
    readonly cause?: unknown;
  };

async function readOne(
  path: string,
  { left, readStdin }: FilesOptions & { readonly left: number },
): Promise<ReadOne> {
  try {
    if (path === "-") {
      const text = await (readStdin ?? ownStdin)(left + 1);
      // A text of n code units has at least n bytes.
      if (text.length > left) return tooLarge();
      return { text, bytes: text.length };
    }
    const { isFile, isDirectory, isCharDevice, isBlockDevice, size } =
      await Deno.stat(path);
    if (isDirectory) return unreadable("it is a folder");
    if (isCharDevice || isBlockDevice) return unreadable("it is a device");
    if (isFile && size > left) return tooLarge();
    const bytes = isFile && size > 0
      ? await Deno.readFile(path)
      : await readAtMost(path, left + 1);
    if (bytes.length > left) return tooLarge();
    return { text: decode(bytes), bytes: bytes.length };
  } catch (cause) {
    if (cause instanceof InterruptedError) throw cause;
    return { ...unreadable(whyNot(cause)), cause };
  }
}

function unreadable(why: string) {
  return { code: "unreadable-file" as const, why };
}

function tooLarge() {
  return {
    code: "too-large" as const,
    why: "all files together are larger than may be read",
  };
}

async function ownStdin(most: number): Promise<string> {
  return decode(await readAllAtMost(Deno.stdin, most));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    throw new Error("it is not UTF-8");
  }
}

function problem(
  code: ManifestCode,
  file: string,
  message: string,
): Found {
  return { severity: "error", code, message, at: { file } };
}

function sentence(why: string): string {
  return `Cannot be read: ${why}`;
}

function twice(): UsageError {
  return new UsageError(
    "invalid-value",
    'Cannot read "-" twice: standard input is read once',
  );
}

function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "you may not read it";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "Deno may not read it (--allow-read)";
  }
  return error instanceof Error ? error.message : String(error);
}
