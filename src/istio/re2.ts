/**
 * Regular expressions as Envoy reads them: RE2, the whole text, linear time,
 * so that a hostile pattern cannot hang anything. The only module that knows
 * the library.
 *
 * @module
 */

import { RE2JS } from "re2js";

/** A pattern that compiled, or why it did not. */
export type Pattern =
  | { readonly matches: (text: string) => boolean }
  | { readonly error: string };

/** Longest pattern that Istio admits is 1024 bytes; more is never compiled. */
const LONGEST = 4096;
const MOST_KEPT = 1000;
const kept = new Map<string, Pattern>();

/** Compiles a pattern once; it matches the whole text or not at all. */
export function compileRe2(pattern: string): Pattern {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  const compiled = compile(pattern);
  // Oldest out: a Map keeps the order in which keys came.
  if (kept.size >= MOST_KEPT) {
    for (const oldest of kept.keys()) {
      kept.delete(oldest);
      break;
    }
  }
  kept.set(pattern, compiled);
  return compiled;
}

function compile(pattern: string): Pattern {
  if (pattern.length > LONGEST) {
    return { error: `the pattern has over ${LONGEST} characters` };
  }
  try {
    const compiled = RE2JS.compile(pattern);
    return { matches: (text) => compiled.testExact(text) };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : "not RE2";
    return { error: text.replace(/^error parsing regexp: /, "") };
  }
}
