/**
 * The library of patterns, loaded only for who has one to judge.
 *
 * @module
 */

import type { InvocationOptions } from "../language/invocation.ts";

/** What judges a pattern. */
export async function loadPatternCheck(): Promise<InvocationOptions> {
  const { compileRe2 } = await import("../istio/re2.ts");
  return {
    problemOfPattern(pattern) {
      const compiled = compileRe2(pattern);
      return "error" in compiled ? compiled.error : undefined;
    },
  };
}
