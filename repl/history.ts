/**
 * Lines of former sessions, kept for each context: private files to which
 * lines are added whole, so that two terminals and a crash do no harm.
 *
 * @module
 */

import type { ParseOptions } from "../src/language/parse.ts";
import { withoutSecrets } from "../src/language/redact.ts";
import {
  appendPrivate,
  lockFile,
  privateDirectory,
  readPrivate,
  writePrivate,
} from "../src/private_files.ts";

/** Lines of one context, the oldest first. */
export class History {
  readonly #path: string | undefined;
  #lines: readonly string[];

  private constructor(path: string | undefined, lines: readonly string[]) {
    this.#path = path;
    this.#lines = lines;
  }

  /**
   * Reads what was kept; what cannot be read is not there.
   *
   * @param directory Private; absent: nothing is kept.
   */
  static async open(
    directory: string | undefined,
    context: string,
  ): Promise<History> {
    if (directory === undefined) return new History(undefined, []);
    const path = `${directory}/${await digestOf(context)}.jsonl`;
    try {
      await privateDirectory(directory);
      const lines = linesOf(await readPrivate(path, LARGEST) ?? "");
      if (lines.length > MOST) await shorten(path);
      return new History(path, lines.slice(-MOST));
    } catch {
      return new History(undefined, []);
    }
  }

  /** As they were typed in this session, redacted of former ones. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds a line, unless it begins with a blank or repeats the newest. */
  async add(line: string, options: ParseOptions): Promise<void> {
    if (line.trim() === "" || /^\s/.test(line)) return;
    if (this.#lines.at(-1) === line) return;
    this.#lines = [...this.#lines, line].slice(-MOST);
    // What is not read again must not crowd out what is.
    if (this.#path === undefined || line.length > LONGEST) return;
    try {
      await appendPrivate(
        this.#path,
        JSON.stringify({ line: withoutSecrets(line, options) }),
      );
    } catch {
      // A disk that is full is no reason to stop.
    }
  }
}

/** Lines that are kept. */
const MOST = 2000;
/** Bytes that are read. */
const LARGEST = 8 * 1024 * 1024;
/** Characters of a line that is worth keeping. */
const LONGEST = 16 * 1024;

function linesOf(content: string): readonly string[] {
  return content.split("\n").flatMap((text) => {
    try {
      const entry = JSON.parse(text) as { readonly line?: unknown };
      const { line } = entry;
      return typeof line === "string" && line !== "" && line.length <= LONGEST
        ? [line]
        : [];
    } catch {
      // Half a line, from a crash.
      return [];
    }
  });
}

/** The newest lines stay; another terminal may be adding some meanwhile. */
async function shorten(path: string): Promise<void> {
  const lock = await lockFile(`${path}.lock`, { patience: 0 });
  if (lock === undefined) return;
  // A `using` that is named once more is no `using` in the bundle.
  using _held = lock;
  const lines = linesOf(await readPrivate(path, LARGEST) ?? "").slice(
    -MOST / 2,
  );
  await writePrivate(
    path,
    lines.map((line) => `${JSON.stringify({ line })}\n`).join(""),
  );
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(text),
  );
  return Array.from(
    new Uint8Array(digest, 0, 12),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
