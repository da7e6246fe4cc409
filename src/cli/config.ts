/**
 * The user's configuration: `protected`, globs of contexts that ask first.
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
}

const EMPTY: Config = { protected: [] };

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
  const unknown = Object.keys(content).find((key) => key !== "protected");
  if (unknown !== undefined) {
    throw wrong(path, `"${unknown}" is not a setting`);
  }
  const globs = Object.hasOwn(content, "protected")
    ? (content as { protected: unknown }).protected
    : [];
  if (
    !Array.isArray(globs) || !globs.every((glob) => typeof glob === "string")
  ) {
    throw wrong(path, '"protected" is not a list of texts');
  }
  return { protected: globs };
}

function wrong(path: string, why: string, cause?: unknown): TrafficError {
  return new TrafficError(
    "invalid-configuration",
    `Cannot use the configuration "${path}": ${why}`,
    {
      hint: 'It may say: protected: ["*prod*"]',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
