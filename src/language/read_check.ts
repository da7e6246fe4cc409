/**
 * The line of `check`.
 *
 * @module
 */

import type { Severity } from "../istio/findings.ts";
import { defined } from "./defined.ts";
import type { GivenLine } from "./given_line.ts";
import type { Invocation, LineOptions } from "./invocation.ts";
import { shownBy } from "./read_selection.ts";

/** `check`: a namespace, or what is chosen in it. */
export function readCheck(line: GivenLine, base: LineOptions): Invocation {
  if (line.flag("fix")) {
    for (const other of ["all-namespaces", "filename", "fail-on"]) {
      line.exclude("fix", other);
    }
  }
  const planOut = line.one("plan-out");
  if (planOut && !line.flag("fix")) {
    line.missing(planOut.span, {
      message: "--plan-out saves what --fix plans",
      hint: "Add --fix",
      additions: ["--fix"],
    });
  }
  const format = line.one("output")?.value;
  const isForeign = format === "sarif" || format === "junit";
  if (isForeign && line.flag("fix")) line.exclude("fix", "output");
  return {
    ...base,
    // Failures are told to a program, too.
    ...(isForeign ? { output: { ...base.output, output: "json" } } : {}),
    verb: "check",
    failOn: (line.enum("fail-on") ?? "error") as Severity,
    ...(isForeign ? { format } : {}),
    ...(line.flag("fix") ? { fix: defined({ planOut: planOut?.value }) } : {}),
    intentFor: shownBy(line, base),
  };
}
