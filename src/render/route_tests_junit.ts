/**
 * `test -o junit`: a case for each test, and one for each file that something
 * is wrong with.
 *
 * @module
 */

import type { TrafficTest } from "../actions/route_tests.ts";
import { type JUnitCase, junitText } from "./junit.ts";

/** The XML; ends with a line feed. */
export function testJUnit({ results, problems }: TrafficTest): string {
  const files = Map.groupBy(problems, ({ file }) => file);
  const cases: JUnitCase[] = [
    ...[...files].map(([file, all]) => ({
      group: "files",
      name: file,
      failures: all.filter(({ severity }) => severity === "error").map(text),
      type: all[0]!.code,
      others: all.filter(({ severity }) => severity !== "error").map(text),
    })),
    ...results.map(({ name, file, line, failures }) => ({
      group: file,
      name,
      failures: failures.map((one) => `${file}:${line}: ${one}`),
      type: "expectation",
      others: [],
    })),
  ];
  return junitText("istiops test", cases);
}

function text(
  { file, line, column, message, code }: TrafficTest["problems"][number],
): string {
  return `${file}:${line}:${column}: ${message} [${code}]`;
}
