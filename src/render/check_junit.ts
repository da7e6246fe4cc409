/**
 * `check -o junit`: a test for each object that was looked at, failed where
 * something is as grave as the line says.
 *
 * @module
 */

import type { CheckedFinding, TrafficCheck } from "../actions/check.ts";
import { keyOfFound, printPath, type Severity } from "../istio/findings.ts";
import { isGrave } from "../traffic/lint_gravity.ts";
import { type JUnitCase, junitText } from "./junit.ts";

/** The XML; ends with a line feed. */
export function toJUnit(
  check: TrafficCheck,
  options: { readonly failOn: Severity },
): string {
  return junitText("istiops check", casesOf(check, options.failOn));
}

function casesOf(check: TrafficCheck, failOn: Severity): JUnitCase[] {
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
): JUnitCase {
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
