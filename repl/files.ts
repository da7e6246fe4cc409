/**
 * Names of files as they are typed, read in the background.
 *
 * @module
 */

import { quoteWord } from "../src/language/tokens.ts";
import type { CompletionItem } from "./context.ts";

/** Entries of a folder that anybody looks at. */
const MOST = 1000;

/** Folders that were looked into since the line began. */
export class FileNames {
  readonly #folders = new Map<string, readonly string[] | undefined>();
  readonly #onChange: () => void;

  /** @param onChange Called when more is known. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Nothing while the folder is being read. */
  of(typed: string): readonly CompletionItem[] | undefined {
    const cut = typed.lastIndexOf("/") + 1;
    const folder = typed.slice(0, cut);
    const start = typed.slice(cut);
    if (!this.#folders.has(folder)) {
      this.#folders.set(folder, undefined);
      this.#read(folder);
    }
    return this.#folders.get(folder)?.filter((name) =>
      name.startsWith(start) && (start !== "" || !name.startsWith("."))
    ).map((name) => ({
      text: quoteWord(folder + name) + (name.endsWith("/") ? "" : " "),
      label: name,
    }));
  }

  /** A new line: files may have come and gone. */
  forget(): void {
    this.#folders.clear();
  }

  async #read(folder: string): Promise<void> {
    const names: string[] = [];
    try {
      for await (const { name, isDirectory } of Deno.readDir(folder || ".")) {
        if (names.push(isDirectory ? `${name}/` : name) >= MOST) break;
      }
    } catch {
      // No such folder, or none that one may look into: no names.
    }
    this.#folders.set(folder, names.toSorted());
    this.#onChange();
  }
}
