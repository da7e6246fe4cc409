/**
 * Lines and scripts of the command language, read and judged without running
 * anything.
 *
 * @module
 */

import { compileRe2 } from "./istio/re2.ts";
import type { Diagnostic } from "./language/diagnose.ts";
import { type Invocation, toInvocation } from "./language/invocation.ts";
import { parseArguments, parseCommandLine } from "./language/parse.ts";
import { readScript } from "./language/script.ts";

/** A line that was read: what it asks for, or what is wrong with it. */
export interface ReadLine {
  /** Absent where one of the findings is an error. */
  readonly invocation?: Invocation;
  /** In the order of their places. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads one line as `istiops` itself does.
 *
 * @param line As it is typed, or the words that a shell has made of it;
 * `istiops` may stand before it. Places count from the beginning of the line,
 * or of the words joined by blanks.
 *
 * @example What a line asks for, and what is wrong with another
 * ```ts
 * import { parseLine } from "@istiops/istiops/pure";
 *
 * const { invocation } = parseLine("shift -l app=api-domain -b 3 -w 20");
 * if (invocation?.verb !== "shift") throw new Error("not a shift");
 * const { build, weight } = invocation.intentFor("default");
 * if (build !== "3" || weight !== 20) throw new Error("another one");
 *
 * const [wrong] = parseLine("shift -l app=api-domain -w 120").diagnostics;
 * if (wrong?.code !== "invalid-value") throw new Error("not seen");
 * ```
 */
export function parseLine(line: string | readonly string[]): ReadLine {
  return toInvocation(
    typeof line === "string" ? parseCommandLine(line) : parseArguments(line),
    { problemOfPattern },
  );
}

/** Options of {@linkcode checkScript}. */
export interface CheckScriptOptions {
  /** What `--set NAME=VALUE` would give it. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Everything that is wrong with a script, before any of it runs: what
 * `istiops run --dry-run` tells without a cluster.
 *
 * @param text The script; `placeIn()` turns an offset of a finding into a line
 * and a column.
 * @returns In the order of their places; nothing for a script that may run.
 *
 * @example
 * ```ts
 * import { checkScript, placeIn } from "@istiops/istiops/pure";
 *
 * const text = "use selector app=api-domain\nshift -b $build -w 20\n";
 * const [finding] = checkScript(text);
 * if (finding?.code !== "undefined-variable") throw new Error("not seen");
 * if (placeIn(text, finding.span.start).line !== 2) throw new Error("where?");
 * if (checkScript(text, { variables: { build: "3" } }).length > 0) {
 *   throw new Error("it is right");
 * }
 * ```
 */
export function checkScript(
  text: string,
  options: CheckScriptOptions = {},
): readonly Diagnostic[] {
  return readScript(text, {
    outside: new Map(Object.entries(options.variables ?? {})),
    problemOfPattern,
  }).diagnostics;
}

function problemOfPattern(pattern: string): string | undefined {
  const compiled = compileRe2(pattern);
  return "error" in compiled ? compiled.error : undefined;
}
