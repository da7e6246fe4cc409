/**
 * `check -o sarif`: SARIF 2.1.0, for places where code is looked at.
 *
 * @module
 */

import type { CheckedFinding, TrafficCheck } from "../actions/check.ts";
import type { ManifestProblem } from "../cluster/manifest_problems.ts";
import { printPath, type Severity } from "../istio/findings.ts";
import { CODES } from "../traffic/lint_codes.ts";
import { HOME_PAGE } from "../releases.ts";
import { VERSION } from "../version.ts";

const LEVELS: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  error: "error",
  warning: "warning",
  info: "note",
};

/** One log with one run. */
export function toSarif(check: TrafficCheck): unknown {
  const results = [
    ...(check.problems ?? []).map(problemResult),
    ...check.findings.map(findingResult),
  ];
  const ids = [...new Set(results.map(({ ruleId }) => ruleId))].sort();
  const isWhole = check.unread.length === 0 &&
    !check.problems?.some(({ severity }) => severity === "error");
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {
        driver: {
          name: "istiops",
          version: VERSION,
          informationUri: HOME_PAGE,
          rules: ids.map(ruleOf),
        },
      },
      columnKind: "utf16CodeUnits",
      invocations: [{
        executionSuccessful: isWhole,
        ...(check.unread.length === 0 ? {} : {
          toolExecutionNotifications: check.unread.map((text) => ({
            level: "warning",
            message: { text: `Could not be read: ${text}` },
          })),
        }),
      }],
      results: results.map((result) => ({
        ...result,
        ruleIndex: ids.indexOf(result.ruleId),
      })),
    }],
  };
}

function ruleOf(id: string) {
  const info = Object.hasOwn(CODES, id) ? CODES[id] : undefined;
  return {
    id,
    ...(info?.istio === undefined ? {} : { name: info.istio }),
    shortDescription: { text: info?.title ?? id },
    helpUri: `${HOME_PAGE}/blob/main/docs/checks.md#${id.toLowerCase()}`,
  };
}

function findingResult(finding: CheckedFinding) {
  const { code, severity, message, object, path = [], place } = finding;
  const { means, edit } = finding;
  const name = object === undefined
    ? ""
    : `${object.kind}/${object.namespace}/${object.name}`;
  return {
    ruleId: code,
    level: LEVELS[severity],
    message: {
      text: [message, means, edit === undefined ? undefined : `Mend: ${edit}`]
        .filter((text) => text !== undefined).join(". "),
    },
    locations: [{
      ...(place === undefined ? {} : { physicalLocation: physical(place) }),
      logicalLocations: [{
        name: object?.name ?? "",
        fullyQualifiedName: `${name}:${printPath(path)}`,
        kind: "member",
      }],
    }],
    partialFingerprints: { "place/v1": `${code}:${name}:${printPath(path)}` },
  };
}

function problemResult(problem: ManifestProblem) {
  const { code, severity, message, hint } = problem;
  return {
    ruleId: code,
    level: LEVELS[severity],
    message: { text: hint === undefined ? message : `${message}. ${hint}` },
    locations: [{ physicalLocation: physical(problem) }],
    partialFingerprints: { "place/v1": `${code}:${problem.file}:${message}` },
  };
}

function physical(
  place: Pick<
    ManifestProblem,
    "file" | "line" | "column" | "endLine" | "endColumn"
  >,
) {
  const { file, line, column, endLine, endColumn } = place;
  return {
    artifactLocation: { uri: uriOf(file) },
    region: {
      startLine: line,
      startColumn: column,
      endLine,
      endColumn,
    },
  };
}

/** Relative paths stay relative: a repository is looked at from its root. */
function uriOf(file: string): string {
  if (file.startsWith("<")) return "stdin";
  const uri = file.replaceAll("\\", "/").split("/").map(encodeURIComponent)
    .join("/");
  return file.startsWith("/")
    ? `file://${uri}`
    : /^[A-Za-z]:/.test(file)
    ? `file:///${uri.replace("%3A", ":")}`
    : uri.replace(/^(\.\/)+/, "");
}
