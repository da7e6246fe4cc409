/**
 * `run`: a script, checked as a whole, then carried out line by line.
 *
 * @module
 */

import { type DocumentOptions, readDocument } from "../language/document.ts";
import type { Invocation } from "../language/invocation.ts";
import type { Parsed } from "../language/parse.ts";
import { startedWith } from "../language/session.ts";
import { TrafficError } from "../errors.ts";
import type { Io } from "./io.ts";
import { renderOptionsFor, type Talk } from "./output.ts";
import { runParsed } from "./run.ts";
import { renderDiagnostics } from "./usage.ts";

type Run = Extract<Invocation, { readonly verb: "run" }>;

interface Context {
  readonly io: Io;
  readonly talk: Talk;
}

/** Runs a file. */
export async function runScriptFile(
  invocation: Run,
  parsed: Parsed,
  context: Context,
): Promise<number> {
  const { file, values } = invocation;
  const text = await readScript(file, context.io);
  return await runText(text, {
    session: startedWith(parsed),
    outside: values,
  }, context);
}

/** Runs what came by a pipe. */
export async function runScriptText(
  text: string,
  parsed: Parsed,
  context: Context,
): Promise<number> {
  return await runText(text, { session: startedWith(parsed) }, context);
}

async function readScript(file: string, io: Io): Promise<string> {
  if (file === "-") return await io.stdin.readAll();
  try {
    return await io.readTextFile(file);
  } catch (cause) {
    throw new TrafficError(
      "file",
      `Cannot read the script "${file}": ${(cause as Error).message}`,
      { cause },
    );
  }
}

async function runText(
  text: string,
  options: DocumentOptions,
  { io }: Context,
): Promise<number> {
  const { statements, diagnostics } = readDocument(text, options);
  if (diagnostics.some(({ severity }) => severity === "error")) {
    io.stderr.write(renderDiagnostics(
      { line: text, path: ["run"], diagnostics },
      renderOptionsFor(io.stderr, io, true),
    ));
    return 3;
  }
  for (const { whole, invocation } of statements) {
    if (invocation?.verb === "use" || invocation?.verb === "set") continue;
    if (await runParsed(whole, io) !== 0) return 3;
  }
  return 0;
}
