/**
 * The user's configuration: `protected`, globs of contexts that ask first, and
 * `audit: false`, which keeps no log of what was written.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import type { Io } from "./io.ts";
import { configFile } from "./places.ts";

/** What the configuration may say. */
export interface Config {
  /** Globs of context names. */
  readonly protected: readonly string[];
  /** Keep a line of each write that is sent. */
  readonly audit: boolean;
}

const EMPTY: Config = { protected: [], audit: true };

const SETTINGS = ["protected", "audit"];

/**
 * Reads it; a file that is not there says nothing.
 *
 * @throws {TrafficError} `invalid-configuration`: what protects production
 * must not fail in silence.
 */
export async function readConfig(io: Io): Promise<Config> {
  const path = configFile(io);
  if (path === undefined) return EMPTY;
  let source: string;
  try {
    source = await io.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return EMPTY;
    throw wrong(path, "it cannot be read", error);
  }
  const { parseYaml } = await import("../yaml.ts");
  let content: unknown;
  try {
    content = parseYaml(source) ?? {};
  } catch (error) {
    throw wrong(path, "it is no YAML", error);
  }
  if (typeof content !== "object" || content === null) {
    throw wrong(path, "it is no mapping");
  }
  const settings = new Map<string, unknown>(Object.entries(content));
  const unknown = [...settings.keys()].find((key) => !SETTINGS.includes(key));
  if (unknown !== undefined) {
    throw wrong(path, `"${unknown}" is not a setting`);
  }
  const globs = settings.get("protected") ?? [];
  if (
    !Array.isArray(globs) || !globs.every((glob) => typeof glob === "string")
  ) {
    throw wrong(path, '"protected" is not a list of texts');
  }
  const audit = settings.get("audit") ?? true;
  if (typeof audit !== "boolean") {
    throw wrong(path, '"audit" is neither true nor false');
  }
  return { protected: globs, audit };
}

function wrong(path: string, why: string, cause?: unknown): TrafficError {
  return new TrafficError(
    "invalid-configuration",
    `Cannot use the configuration "${path}": ${why}`,
    {
      hint: 'It may say: protected: ["*prod*"], and: audit: false',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
