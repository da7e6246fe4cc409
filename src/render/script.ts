/**
 * What became of a script, line by line: a document for programs, and what
 * people read where it stopped.
 *
 * @module
 */

/** What became of one line. */
export interface ScriptLine {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly column: number;
  /** The command, whole, header values redacted. */
  readonly command: string;
  /** `done-before`: by the run that this one goes on with. */
  readonly status: "done" | "done-before" | "failed" | "not-begun";
  /** Status of its command, where it ran. */
  readonly exitCode?: number;
  /** Id of the operation, where it changed something. */
  readonly operation?: string;
}

/** The last document of a script: `run -o json`. */
export interface ScriptRun {
  /** Version of the schema. */
  readonly apiVersion: "istiops/v1";
  /** Tells the documents of istiops apart. */
  readonly kind: "ScriptRun";
  readonly file: string;
  readonly dryRun: boolean;
  /** `failed`: it went on after an error (`--keep-going`). */
  readonly status: "done" | "stopped" | "failed" | "interrupted";
  /** Status that the process ends with. */
  readonly exitCode: number;
  readonly lines: readonly ScriptLine[];
}

/** A status in words. */
export function statusWords(status: number): string {
  const words = new Map([
    [2, "wrong usage"],
    [4, "refused"],
    [5, "the cluster is out of reach"],
    [6, "conflict"],
    [7, "outcome unknown"],
    [130, "interrupted"],
  ]);
  return `${words.get(status) ?? "failed"} (exit ${status})`;
}

/** How far it came, as a sentence. */
export function howFar(lines: readonly ScriptLine[]): string {
  const of = (...states: readonly ScriptLine["status"][]) =>
    lines.filter(({ status }) => states.includes(status));
  const done = of("done", "done-before");
  const failed = of("failed");
  const rest = of("not-begun");
  return [
    done.length === 0
      ? "no command was carried out before"
      : `carried out: ${linesOf(done)}`,
    ...failed.length > 1 ? [`failed: ${linesOf(failed)}`] : [],
    ...rest.length === 0 ? [] : [`not begun: ${linesOf(rest)}`],
  ].join("; ");
}

/** `line 3`, `lines 2 to 9 (6 commands)`. */
function linesOf(lines: readonly ScriptLine[]): string {
  const [first, last] = [lines[0]?.line, lines.at(-1)?.line];
  return lines.length < 2
    ? `line ${first}`
    : lines.length < 6
    ? `lines ${lines.map(({ line }) => line).join(", ")}`
    : `${lines.length} commands of lines ${first} to ${last}`;
}
