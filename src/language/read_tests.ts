/**
 * The line of `test`: files of tests, or the object to record.
 *
 * @module
 */

import type { GivenLine } from "./given_line.ts";
import type { Invocation, LineOptions } from "./invocation.ts";

/** `test FILE…`, or `test --record NAME`. */
export function readTest(line: GivenLine, base: LineOptions): Invocation {
  const { positionals, way } = line.parsed;
  const record = line.one("record");
  const format = line.one("output")?.value === "junit" ? "junit" : undefined;
  const told = format === undefined
    ? base
    // Failures are told to a program, too.
    : { ...base, output: { ...base.output, output: "json" as const } };
  const [first] = positionals;
  if (record) {
    line.exclude("record", "coverage");
    const junit = line.one("output");
    if (junit && format !== undefined) {
      line.wrong("conflicting-options", junit.valueSpan ?? junit.span, {
        message: "What is recorded is a file of tests, and no report",
        hint: "Leave -o out, or choose json or yaml",
      });
    }
    if (first) {
      line.wrong("conflicting-options", first.span, {
        message: "--record makes a file of tests, and reads none",
        hint: "Write it somewhere: istiops test --record NAME > tests.yaml",
      });
    }
    return { ...told, verb: "test", record: record.value ?? "" };
  }
  if (first === undefined) {
    line.missing(line.end(), {
      message: "The file of tests is missing",
      hint: "Add its name; --record NAME prints one",
      additions: ["FILE"],
    });
  }
  const files = positionals.map(({ value }) => value);
  const stdin = positionals.find(({ value }) => value === "-");
  if (stdin && (way !== "line" || base.target.files?.includes("-"))) {
    line.wrong("invalid-value", stdin.span, {
      message: "Standard input is not free here",
      hint: "Write the tests into a file",
    });
  }
  return {
    ...told,
    verb: "test",
    files,
    coverage: line.flag("coverage"),
    ...(format === undefined ? {} : { format }),
  };
}
