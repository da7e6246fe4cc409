/**
 * `check` for people: object by object, the worst that can be said first in
 * the last line.
 *
 * @module
 */

import type { CheckedFinding, TrafficCheck } from "../actions/check.ts";
import { printPath, type Severity } from "../istio/findings.ts";
import { painter, type Style } from "./colour.ts";
import { explainLine } from "./explain_line.ts";
import { safe } from "./safe.ts";
import { bullet, count, type RenderOptions, wrap } from "./text.ts";

/** Severities from the gravest. */
export const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

const STYLES: Readonly<Record<Severity, Style>> = {
  error: "red",
  warning: "yellow",
  info: "dim",
};

/** The whole check; ends with a line feed. */
export function renderCheck(
  check: TrafficCheck,
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  const groups = Map.groupBy(
    check.findings,
    ({ object }) =>
      object === undefined
        ? ""
        : `${object.kind} ${safe(object.namespace)}/${safe(object.name)}`,
  );
  const lines = [...groups].flatMap(([title, findings]) => [
    paint(title, "bold"),
    ...findings.flatMap((finding) => findingLines(finding, options)),
    "",
  ]);
  const unread = check.unread.map((reason) =>
    `Could not be read: ${safe(reason)}`
  );
  return [
    ...lines,
    ...unread.flatMap((one) => wrap(paint(one, "yellow"), options.width)),
    ...wrap(summaryOf(check), options.width),
  ].join("\n") + "\n";
}

function findingLines(
  finding: CheckedFinding,
  { color, width }: RenderOptions,
): readonly string[] {
  const paint = painter(color);
  const { severity, code, message, path = [], place, means, edit } = finding;
  const where = place === undefined
    ? printPath(path)
    : `${place.file}:${place.line}:${place.column}: ${printPath(path)}`;
  const more = (mark: string, text: string | undefined) =>
    text === undefined
      ? []
      : bullet(safe(text), { width, indent: "    ", mark });
  return [
    `  ${paint(`${severity}:`, STYLES[severity], "bold")} ${safe(where)}`,
    ...wrap(safe(`${message} [${code}]`), width - 4).map((line) =>
      `    ${line}`
    ),
    // What the message says already is not said again.
    ...(means !== undefined && message.toLowerCase().includes(
        means.toLowerCase(),
      )
      ? []
      : more("so: ", means)),
    ...more("mend: ", edit),
    ...(finding.witness === undefined
      ? []
      : [`    see: ${safe(explainLine(finding.witness))}`]),
  ];
}

function summaryOf({ findings, objects, suppressed }: TrafficCheck): string {
  const parts = SEVERITIES.flatMap((severity) => {
    const found = findings.filter((one) => one.severity === severity).length;
    return found === 0
      ? []
      : [severity === "info" ? `${found} to know` : count(found, severity)];
  });
  const hidden = suppressed === 0 ? "" : `; ${suppressed} suppressed`;
  return `${count(objects.length, "object")} checked: ${
    parts.length === 0 ? "nothing to say" : parts.join(", ")
  }${hidden}`;
}
