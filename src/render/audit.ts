/**
 * The audit log of this machine, newest first.
 *
 * @module
 */

import type { WriteAttempt } from "../actions/audit.ts";
import type { AuditLog } from "../actions/audit_log.ts";
import { type Paint, painter } from "./colour.ts";
import { safe } from "./safe.ts";
import { bullet, columns, percent, type RenderOptions } from "./text.ts";

/** The whole log; ends with a line feed. */
export function renderAudit(log: AuditLog, options: RenderOptions): string {
  const paint = painter(options.color);
  const lines = [
    ...(log.attempts.length === 0
      ? [
        log.file === null
          ? "No audit log is kept: neither HOME nor XDG_STATE_HOME is set"
          : "This machine has written nothing that is asked for",
      ]
      : log.attempts.flatMap((attempt) => attemptLines(attempt, paint))),
    ...log.problems.flatMap((problem) =>
      bullet(safe(problem), { width: options.width, mark: "! " })
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function attemptLines(attempt: WriteAttempt, paint: Paint): readonly string[] {
  const { object, target, resourceVersion: version, error } = attempt;
  const where = target.context === undefined
    ? target.server
    : `${target.context} (${target.server})`;
  const outcome = attempt.outcome === "ok"
    ? "ok"
    : paint(attempt.outcome, "bold");
  const again = attempt.attempt > 1
    ? `, sent the ${attempt.attempt}. time`
    : "";
  const versions = version.before === undefined && version.after === undefined
    ? ""
    : `, version ${safe(version.before ?? "none")} -> ${
      safe(version.after ?? (attempt.action === "delete" ? "none" : "?"))
    }`;
  const rows = attempt.shares.map(({ route, build, before, after }) => [
    `      ${safe(route)}`,
    safe(build),
    percent(before),
    "->",
    percent(after),
  ]);
  return [
    `${safe(attempt.time)}  ${paint(attempt.verb, "bold")} by ${
      safe(attempt.user ?? "unknown")
    } on ${safe(where)}`,
    `    ${attempt.action} ${safe(object.kind)} ${safe(object.namespace)}/${
      safe(object.name)
    }: ${outcome}`,
    ...(error === undefined ? [] : [`      ${safe(error.message)}`]),
    ...columns(rows, { right: [2, 4] }),
    `      ${safe(attempt.command)}`,
    paint(
      `      operation ${
        safe(attempt.operation)
      }, write ${attempt.write} of ${attempt.writes}${again}${versions}`,
      "dim",
    ),
  ];
}
