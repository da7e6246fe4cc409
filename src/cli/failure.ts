/**
 * An error as people read it, or as the one document that machines get.
 *
 * @module
 */

import { type ErrorCode, TrafficError } from "../errors.ts";
import type { ManifestProblem } from "../cluster/manifest_problems.ts";
import type { OutputFormat } from "../language/invocation.ts";
import { permissionError } from "../permissions.ts";
import { painter } from "../render/colour.ts";
import { safe } from "../render/safe.ts";
import { bullet, type RenderOptions } from "../render/text.ts";
import type { EditConflict } from "../traffic/edits.ts";
import type { TrafficOutcome } from "../traffic/types.ts";
import { exitCodeOf } from "./exit.ts";
import type { Io } from "./io.ts";
import { loadError } from "./load_error.ts";
import { formatDocument, renderOptionsFor } from "./output.ts";

/** How a failure is told. */
export interface FailureOptions {
  readonly output: OutputFormat;
  readonly color: boolean;
  readonly verbose: boolean;
  /** Other commands print to the same streams. */
  readonly isOneOfMany?: boolean;
}

/** Tells an error and gives the status to end with. */
export async function reportFailure(
  thrown: unknown,
  io: Io,
  options: FailureOptions,
): Promise<number> {
  const error = permissionError(thrown) ?? loadError(thrown) ?? thrown;
  const status = exitCodeOf(error);
  if (options.output !== "pretty" && io.stdout.isOpen) {
    const { errorDocument } = await import("../render/error.ts");
    io.stdout.write(
      await formatDocument(
        errorDocument(error, status),
        options.output,
        options.isOneOfMany,
      ),
    );
    return status;
  }
  const render = renderOptionsFor(io.stderr, io, options.color);
  io.stderr.write(await errorText(error, render));
  if (options.verbose) io.stderr.write(traceOf(error));
  return status;
}

/** `error: …`, what stands against it, how far it came, what to try next. */
export async function errorText(
  error: unknown,
  options: RenderOptions,
): Promise<string> {
  const paint = painter(options.color);
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof TrafficError)) {
    const name = error instanceof Error ? `${error.name}: ` : "";
    return `${
      paint("error:", "red", "bold")
    } Cannot go on: something is not as istiops takes it to be (${
      safe(name + message)
    })\nnext: --verbose shows where; an object of an odd shape may be behind it\n`;
  }
  const lines = [`${paint("error:", "red", "bold")} ${safe(message)}`];
  const { outcome, conflicts, problems } = error.details ?? {};
  const parts = [lines.join("\n") + "\n"];
  if (Array.isArray(conflicts) && conflicts.length > 0) {
    const { renderConflicts } = await import("../render/conflict.ts");
    parts.push(renderConflicts(conflicts as readonly EditConflict[], options));
  }
  if (Array.isArray(problems) && problems.length > 0) {
    const { renderProblems } = await import("../render/problems.ts");
    parts.push(renderProblems(problems as readonly ManifestProblem[], options));
  }
  if (outcome !== undefined) {
    const { renderOutcome } = await import("../render/outcome.ts");
    parts.push(renderOutcome(outcome as TrafficOutcome, options));
  }
  if (error.hint !== undefined) {
    if (parts.length === 1 && OF_THE_PLACE.has(error.code)) {
      return `${lines.join("\n")}; next: ${safe(error.hint)}\n`;
    }
    const next = bullet(safe(error.hint), {
      width: options.width,
      indent: "",
      mark: "next: ",
    });
    parts.push(next.join("\n") + "\n");
  }
  return parts.join("");
}

/**
 * What is wrong with the place that it runs in, and nothing with what was
 * asked: one line, which logs keep together.
 */
const OF_THE_PLACE: ReadonlySet<ErrorCode> = new Set([
  "permission",
  "file",
  "output",
  "sandbox-state",
  "no-terminal",
  "confirmation-needed",
  "invalid-configuration",
  "kubeconfig",
  "unsupported-kubeconfig",
  "exec-plugin",
  "unreachable",
  "timeout",
  "overloaded",
  "bad-answer",
]);

/** What led to it, for `--verbose`: messages only, outermost first. */
function traceOf(error: unknown): string {
  const causes: string[] = [];
  let at: unknown = error;
  while (at instanceof Error && causes.length < 8) {
    if (causes.length > 0 || !(at instanceof TrafficError)) {
      causes.push(`  because: ${at.name}: ${safe(at.message)}\n`);
    } else causes.push(`  code: ${at.code}\n`);
    at = at.cause;
  }
  return causes.join("");
}
