/**
 * Names on disk, for who starts without any: a shell, and the completion of
 * the shell that istiops is called from. They are no more than a hint, so
 * nothing here ever fails: what cannot be read is not there.
 *
 * Values that requests are told by stay out of it: header values often are
 * credentials.
 *
 * @module
 */

import type { KnownRule, Place, PlaceNames } from "../language/names.ts";
import {
  privateDirectory,
  readPrivate,
  writePrivate,
} from "../private_files.ts";
import type { NamesStore } from "./live.ts";
import { type KeptNames, keptNames, printNames } from "./names_shape.ts";

/** Options of a {@linkcode NamesCache}. */
export interface CacheOptions {
  /** Private to the user; made where it is missing. */
  readonly directory: string;
  /**
   * One text for each server, context and namespace; nothing for a place of
   * which nothing is to be kept.
   */
  readonly identify: (place: Place) => Promise<string | undefined>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Bytes. */
const LARGEST = 4 * 1024 * 1024;
const MOST_FILES = 64;

/** Files, one for each place. */
export class NamesCache implements NamesStore {
  readonly #options: CacheOptions;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** Names of the last day. */
  async load(place: Place): Promise<PlaceNames | undefined> {
    try {
      const path = await this.#pathOf(place);
      if (path === undefined) return undefined;
      const names = keptNames(await readPrivate(path, LARGEST) ?? "");
      if (names === undefined) return undefined;
      const age = this.#options.now() - names.readAt;
      // A minute: clocks of machines that share a home differ.
      return age > DAY_MS || age < -60_000
        ? undefined
        : { ...names, place, isWatched: false };
    } catch {
      return undefined;
    }
  }

  async save(names: PlaceNames): Promise<void> {
    try {
      const path = await this.#pathOf(names.place);
      if (path === undefined) return;
      const text = printNames(withoutSecrets(names));
      if (text.length > LARGEST / 2) return;
      await privateDirectory(this.#options.directory);
      await writePrivate(path, text);
      await this.#clean();
    } catch {
      // There will be no hint next time.
    }
  }

  async #pathOf(place: Place): Promise<string | undefined> {
    const id = await this.#options.identify(place);
    if (id === undefined) return undefined;
    const digest = await crypto.subtle.digest(
      "SHA-256",
      new TextEncoder().encode(id),
    );
    const digits = Array.from(
      new Uint8Array(digest, 0, 16),
      (byte) => byte.toString(16).padStart(2, "0"),
    );
    return `${this.#options.directory}/${digits.join("")}.json`;
  }

  /** The oldest go, and what is older than a day, halves of writes too. */
  async #clean(): Promise<void> {
    const { directory, now } = this.#options;
    const files: { readonly path: string; readonly time: number }[] = [];
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (!isFile || !/^[0-9a-f]{32}\.json(\.[-0-9a-f]+\.tmp)?$/.test(name)) {
        continue;
      }
      const path = `${directory}/${name}`;
      const { mtime } = await Deno.lstat(path);
      files.push({ path, time: mtime?.getTime() ?? 0 });
    }
    const kept = files.toSorted((a, b) => b.time - a.time);
    for (const [place, { path, time }] of kept.entries()) {
      if (place >= MOST_FILES || now() - time > DAY_MS) await Deno.remove(path);
    }
  }
}

/** Header conditions keep their names. */
function withoutSecrets(
  { place: _, isWatched: __, ...names }: PlaceNames,
): KeptNames {
  return {
    ...names,
    virtualServices: names.virtualServices.map((each) => ({
      ...each,
      rules: each.rules.map(withoutValues),
    })),
  };
}

function withoutValues(rule: KnownRule): KnownRule {
  // Other kinds ask for no header and no query parameter.
  if (rule.kind !== "header" && rule.kind !== "mixed") return rule;
  const headers = [
    ...new Set(rule.headers.map((text) => /^[^=^]*\^?=?/.exec(text)![0])),
  ];
  const names = headers.map((text) => text.replace(/[?=^]+$/, ""));
  return {
    ...rule,
    headers,
    match: names.length === 0
      ? "some requests"
      : `header ${names.join(", ")}`.slice(0, 200),
  };
}
