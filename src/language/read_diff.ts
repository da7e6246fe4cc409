/**
 * The line of `diff`: one or two states.
 *
 * @module
 */

import type { GivenLine } from "./given_line.ts";
import type { Invocation, LineOptions } from "./invocation.ts";

/** The word for the target, which every other command goes to. */
export const CLUSTER = "cluster";

/** `diff B` is the cluster and B; `diff A B` is A and B. */
export function readDiff(line: GivenLine, base: LineOptions): Invocation {
  const { positionals, way } = line.parsed;
  const [first, second, third] = positionals;
  if (third) {
    line.wrong("unexpected-argument", third.span, {
      message: `"${third.value}" is a word too many`,
      hint: "Two states: what is before, and what is after",
    });
  }
  if (first === undefined) {
    line.missing(line.end(), {
      message: "It is not said what to compare",
      hint: "Add files, a folder or a saved plan; cluster is the target",
      additions: ["FILE"],
    });
  }
  const before = second === undefined ? CLUSTER : first?.value ?? "";
  const after = (second ?? first)?.value ?? "";
  const last = second ?? first;
  if (last && before === after) {
    line.wrong("conflicting-options", last.span, {
      message: after === "-"
        ? "Standard input can be read once"
        : `"${after}" would be compared with itself`,
      hint: "Name another state: a file, a folder, a saved plan, cluster",
    });
  }
  const stdin = positionals.find(({ value }) => value === "-");
  if (stdin && way !== "line") {
    line.wrong("invalid-value", stdin.span, {
      message: "Standard input is not free here",
      hint: "Write it into a file",
    });
  }
  return {
    ...base,
    verb: "diff",
    before,
    after,
    exitCode: line.flag("exit-code"),
  };
}
