/**
 * `test` for people: a line for each test, more for those that failed.
 *
 * @module
 */

import type { TestedRoute, TrafficTest } from "../actions/route_tests.ts";
import type { RecordedTests } from "../istio/record_tests.ts";
import type { UncoveredRule } from "../istio/route_tests.ts";
import { painter } from "./colour.ts";
import { explainLine } from "./explain_line.ts";
import { safe } from "./safe.ts";
import { bullet, count, type RenderOptions, wrap } from "./text.ts";
import { toYaml } from "./yaml.ts";

/** The whole of it; ends with a line feed. */
export function renderTest(
  test: TrafficTest,
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  const { uncovered, unread } = test;
  const rules = uncovered === undefined || uncovered.length === 0 ? [] : [
    "",
    paint("No request reaches:", "bold"),
    ...uncovered.map((rule) => `  ${safe(ruleText(rule))}`),
  ];
  const all = uncovered?.length === 0 ? ["", "Every rule is reached"] : [];
  const unknown = unread.flatMap((reason) =>
    wrap(`Could not be read: ${safe(reason)}`, options.width)
  );
  return [
    ...test.results.flatMap((result) => resultLines(result, options)),
    ...rules,
    ...all,
    ...(unknown.length === 0
      ? []
      : ["", ...unknown.map((line) => paint(line, "yellow"))]),
    "",
    `${count(test.passed, "test")} passed, ${
      test.failed === 0 ? "none failed" : `${test.failed} failed`
    }`,
  ].join("\n") + "\n";
}

function resultLines(
  result: TestedRoute,
  { color, width }: RenderOptions,
): readonly string[] {
  const paint = painter(color);
  const { name, passed, failures, file, line } = result;
  if (passed) return [`${paint("ok", "green")}     ${safe(name)}`];
  return [
    `${paint("FAILED", "red", "bold")} ${safe(name)} (${safe(file)}:${line})`,
    ...failures.flatMap((text) =>
      bullet(safe(text), { width, indent: "       " })
    ),
    `       see: ${safe(explainLine(result))}`,
  ];
}

function ruleText({ object, rule, match, name }: UncoveredRule): string {
  const block = match === undefined ? "" : `, match ${match}`;
  const title = name === undefined ? "" : ` ${JSON.stringify(name)}`;
  return `rule ${rule}${title} of ${object}${block}`;
}

/** A file of tests, with a word on the rules that it does not reach. */
export function renderRecorded({ file, missed }: RecordedTests): string {
  const notes = missed.map((rule) =>
    `# No request was found that reaches ${safe(ruleText(rule))}\n`
  );
  return [...notes, toYaml(file)].join("");
}
