/**
 * JUnit XML: a suite of cases that passed or failed.
 *
 * @module
 */

import { escapeMarkup as xml } from "./markup.ts";

/** One case. */
export interface JUnitCase {
  /** What its cases stand together by. */
  readonly group: string;
  readonly name: string;
  /** Sentences; empty where it passed. */
  readonly failures: readonly string[];
  /** What kind of failure it is. */
  readonly type: string;
  /** What else there is to say. */
  readonly others: readonly string[];
}

/** The XML; ends with a line feed. */
export function junitText(suite: string, cases: readonly JUnitCase[]): string {
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const counts = `tests="${cases.length}" failures="${failed}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${xml(suite)}" ${counts} skipped="0">`,
    ...cases.flatMap(caseLines),
    "  </testsuite>",
    "</testsuites>",
  ].join("\n") + "\n";
}

function caseLines(
  { group, name, type, failures, others }: JUnitCase,
): string[] {
  const open = `    <testcase classname="${xml(group)}" name="${xml(name)}"`;
  if (failures.length === 0 && others.length === 0) return [`${open}/>`];
  return [
    `${open}>`,
    ...(failures.length === 0 ? [] : [
      `      <failure type="${xml(type)}" message="${xml(failures[0]!)}">${
        failures.map((one) => xml(one)).join("\n")
      }</failure>`,
    ]),
    ...(others.length === 0
      ? []
      : [`      <system-out>${
        others.map((one) => xml(one)).join("\n")
      }</system-out>`]),
    "    </testcase>",
  ];
}
