/**
 * The audit log of this machine: a private file in the state directory with a
 * line for each time that a write was sent. It grows to a bound, then a new
 * one is begun and the one before is kept.
 *
 * @module
 */

import type { WriteAttempt } from "../actions/audit.ts";
import type { AuditLog, AuditSelection } from "../actions/audit_log.ts";
import { TrafficError } from "../errors.ts";
import type { Io } from "./io.ts";
import { stateDir } from "./places.ts";

/** Bytes; some 4,000 writes. */
const LARGEST = 4 * 1024 * 1024;
const PATIENCE = 2000;

/** Keeps a line of each write that is sent. */
export type Audit = (attempt: WriteAttempt) => Promise<void>;

/**
 * Where no directory is known, or Deno was not given the permission to write
 * there, no log is kept: `why` says so.
 */
export function openAudit(
  io: Io,
): { readonly audit: Audit } | { readonly why: string } {
  const directory = stateDir(io);
  if (directory === undefined) {
    return { why: "no audit log: neither HOME nor XDG_STATE_HOME is set" };
  }
  if (!io.mayWrite(directory)) {
    return { why: `no audit log: no permission to write "${directory}"` };
  }
  return { audit: (attempt) => append(directory, attempt) };
}

/** Reads the log of this machine, the older file too. */
export async function readAudit(
  io: Io,
  selection: AuditSelection,
): Promise<AuditLog> {
  const directory = stateDir(io);
  const { parseAuditLog } = await import("../actions/audit_log.ts");
  const { readPrivate } = await import("../private_files.ts");
  const paths = directory === undefined ? [] : filesIn(directory);
  const texts: string[] = [];
  for (const path of paths.toReversed()) {
    texts.push(await readPrivate(path, LARGEST * 2) ?? "");
  }
  return {
    apiVersion: "istiops/v1",
    kind: "AuditLog",
    file: paths[0] ?? null,
    ...parseAuditLog(texts.join("\n"), selection),
  };
}

async function append(
  directory: string,
  attempt: WriteAttempt,
): Promise<void> {
  const { appendPrivate, lockFile, moveAside, privateDirectory } = await import(
    "../private_files.ts"
  );
  const { toJson } = await import("../render/json.ts");
  await privateDirectory(directory);
  const [path, former] = filesIn(directory);
  const lock = await lockFile(`${directory}/audit.lock`, {
    patience: PATIENCE,
  });
  if (lock === undefined) {
    throw new TrafficError("file", `Cannot lock "${path}"`);
  }
  // A `using` that is named once more is no `using` in the bundle.
  using _held = lock;
  const size = await appendPrivate(path, toJson(attempt, { line: true }));
  if (size > LARGEST) await moveAside(path, former);
}

/** The log, and the one before. */
function filesIn(directory: string): readonly [string, string] {
  return [`${directory}/audit.jsonl`, `${directory}/audit.1.jsonl`];
}
