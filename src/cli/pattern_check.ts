/**
 * The check of regular expressions, where a line needs it.
 *
 * @module
 */

import { givenOf } from "../language/given.ts";
import type { InvocationOptions } from "../language/invocation.ts";
import type { Parsed } from "../language/parse.ts";

/** The library of patterns is loaded only for lines that have one. */
export async function patternCheckFor(
  lines: readonly Parsed[],
): Promise<InvocationOptions> {
  const isWanted = lines.some((line) => givenOf(line, "regexp"));
  if (!isWanted) return {};
  const { loadPatternCheck } = await import("./patterns.ts");
  return await loadPatternCheck();
}
