/**
 * `check -o junit`: a test for each object that was looked at, failed where
 * something is as grave as the line says.
 *
 * @module
 */

import type { CheckedFinding, TrafficCheck } from "../actions/check.ts";
import { keyOfFound, printPath, type Severity } from "../istio/findings.ts";
import { isGrave } from "../traffic/lint_gravity.ts";

interface Case {
  readonly group: string;
  readonly name: string;
  readonly failures: readonly string[];
  readonly type: string;
  readonly others: readonly string[];
}

/** The XML; ends with a line feed. */
export function toJUnit(
  check: TrafficCheck,
  options: { readonly failOn: Severity },
): string {
  const cases = casesOf(check, options.failOn);
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const counts = `tests="${cases.length}" failures="${failed}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="istiops check" ${counts} skipped="0">`,
    ...cases.flatMap(caseLines),
    "  </testsuite>",
    "</testsuites>",
  ].join("\n") + "\n";
}

function casesOf(check: TrafficCheck, failOn: Severity): Case[] {
  const found = Map.groupBy(
    check.findings,
    ({ object }) => object && keyOfFound(object),
  );
  const files = Map.groupBy(check.problems ?? [], ({ file }) => file);
  return [
    ...[...files].map(([file, problems]) => ({
      group: "files",
      name: file,
      failures: problems.filter((one) => isGrave(one.severity, failOn))
        .map(({ line, column, message, code }) =>
          `${file}:${line}:${column}: ${message} [${code}]`
        ),
      type: problems[0]!.code,
      others: problems.filter((one) => !isGrave(one.severity, failOn))
        .map(({ message, code }) => `${message} [${code}]`),
    })),
    ...check.objects.map((object) => {
      const own = found.get(keyOfFound(object)) ?? [];
      found.delete(keyOfFound(object));
      return caseOf(own, {
        group: `${object.kind}.${object.namespace}`,
        name: object.name,
        failOn,
      });
    }),
    // A delegate that another namespace has, seen through its root.
    ...[...found.values()].map((own) =>
      caseOf(own, {
        group: `${own[0]!.object?.kind}.${own[0]!.object?.namespace}`,
        name: own[0]!.object?.name ?? "",
        failOn,
      })
    ),
  ];
}

function caseOf(
  findings: readonly CheckedFinding[],
  of: {
    readonly group: string;
    readonly name: string;
    readonly failOn: Severity;
  },
): Case {
  const grave = findings.filter((one) => isGrave(one.severity, of.failOn));
  return {
    group: of.group,
    name: of.name,
    type: grave[0]?.code ?? "",
    failures: grave.map(textOf),
    others: findings.filter((one) => !grave.includes(one)).map(textOf),
  };
}

function textOf(
  { severity, message, code, path = [], place, edit }: CheckedFinding,
): string {
  const where = place === undefined
    ? printPath(path)
    : `${place.file}:${place.line}:${place.column}: ${printPath(path)}`;
  return `${severity}: ${where}: ${message} [${code}]${
    edit === undefined ? "" : `; mend: ${edit}`
  }`;
}

function caseLines({ group, name, type, failures, others }: Case): string[] {
  const open = `    <testcase classname="${xml(group)}" name="${xml(name)}"`;
  if (failures.length === 0 && others.length === 0) return [`${open}/>`];
  return [
    `${open}>`,
    ...(failures.length === 0 ? [] : [
      `      <failure type="${xml(type)}" message="${xml(failures[0]!)}">${
        xml(failures.join("\n"))
      }</failure>`,
    ]),
    ...(others.length === 0
      ? []
      : [`      <system-out>${xml(others.join("\n"))}</system-out>`]),
    "    </testcase>",
  ];
}

/** Text that XML 1.0 can hold, whatever a file had in it. */
function xml(text: string): string {
  return text.toWellFormed()
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
