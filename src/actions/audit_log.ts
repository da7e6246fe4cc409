/**
 * The audit log read back. It is a file, so anything may stand in it.
 *
 * @module
 */

import {
  changeVerb,
  isoTime,
  objectName,
  operationId,
} from "../traffic/history_shape.ts";
import {
  type Check,
  fields,
  list,
  number,
  optional,
  text,
} from "../traffic/shape.ts";
import type { WriteAttempt } from "./audit.ts";

/** What this machine has written. Plain JSON: `history --local -o json`. */
export interface AuditLog {
  /** Version of the schema. */
  readonly apiVersion: "istiops/v1";
  /** Tells the documents of istiops apart. */
  readonly kind: "AuditLog";
  /** Where it is kept; null where no directory is known. */
  readonly file: string | null;
  /** Newest first. */
  readonly attempts: readonly WriteAttempt[];
  /** Sentences: lines that were not understood. */
  readonly problems: readonly string[];
}

/** Which of the lines are wanted; all of them by default. */
export interface AuditSelection {
  /** Names of VirtualServices or DestinationRules. */
  readonly names?: readonly string[];
  readonly namespace?: string;
  readonly context?: string;
  /** Only what was written to the embedded cluster. */
  readonly sandbox?: boolean;
}

/** A line that is longer is none of ours. */
const LONGEST_LINE = 256 * 1024;

/** Reads the text of a log, oldest line first. */
export function parseAuditLog(
  source: string,
  selection: AuditSelection = {},
): Pick<AuditLog, "attempts" | "problems"> {
  const attempts: WriteAttempt[] = [];
  let strange = 0;
  for (const line of source.split("\n")) {
    if (line === "") continue;
    const attempt = parseLine(line);
    if (attempt === undefined) strange++;
    else if (isWanted(attempt, selection)) attempts.push(attempt);
  }
  return {
    // Several processes may have written: their times decide.
    attempts: attempts.reverse().sort((one, other) =>
      Date.parse(other.time) - Date.parse(one.time)
    ),
    problems: strange === 0 ? [] : [
      `${strange} ${strange === 1 ? "line is" : "lines are"} not understood`,
    ],
  };
}

function parseLine(line: string): WriteAttempt | undefined {
  if (line.length > LONGEST_LINE) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return writeAttempt(value, "") === undefined
      ? value as WriteAttempt
      : undefined;
  } catch {
    // A process may have been ended while it wrote.
    return undefined;
  }
}

function isWanted(
  { object, target }: WriteAttempt,
  { names, namespace, context, sandbox }: AuditSelection,
): boolean {
  return (names === undefined || names.includes(object.name)) &&
    (namespace === undefined || namespace === object.namespace) &&
    (context === undefined || context === target.context) &&
    (sandbox !== true || target.source === "sandbox");
}

const percent = number(0, 100);
const version = optional(text({ longest: 128 }));

/** {@linkcode WriteAttempt}. */
const writeAttempt: Check = fields({
  apiVersion: text({ among: ["istiops/v1"] }),
  kind: text({ among: ["WriteAttempt"] }),
  time: isoTime,
  user: optional(text()),
  target: fields({
    source: text({ among: ["kubernetes", "sandbox", "custom"] }),
    server: text(),
    context: optional(text()),
    cluster: optional(text()),
    certificateAuthority: optional(text({ longest: 64 })),
  }),
  operation: operationId,
  verb: changeVerb,
  command: text({ longest: 16_384 }),
  write: number(1, 1e6),
  writes: number(1, 1e6),
  attempt: number(1, 1e6),
  action: text({ among: ["create", "patch", "delete"] }),
  object: objectName,
  resourceVersion: fields({ before: version, after: version }),
  shares: list(fields({
    route: text(),
    build: text({ longest: 512 }),
    before: percent,
    after: percent,
  })),
  outcome: text({ among: ["ok", "failed", "unknown"] }),
  error: optional(fields({ code: text({ longest: 128 }), message: text() })),
});
