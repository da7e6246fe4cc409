/**
 * `run`: a script, checked as a whole, then carried out line by line.
 *
 * @module
 */

import { TrafficError, UsageError } from "../errors.ts";
import type { Diagnostic } from "../language/diagnose.ts";
import { placeIn } from "../language/document.ts";
import { givenOf } from "../language/given.ts";
import type { Invocation } from "../language/invocation.ts";
import type { Parsed } from "../language/parse.ts";
import { readScript, type Script } from "../language/script.ts";
import { startedWith } from "../language/session.ts";
import { type Io, READABLE_HINT, whyUnread } from "./io.ts";
import { renderOptionsFor } from "./output.ts";
import { patternCheckFor } from "./pattern_check.ts";
import type { LinesContext } from "./run_line.ts";
import type { ScriptFlags } from "./script_flags.ts";
import { runSteps } from "./script_run.ts";
import { renderDiagnostics, usageError } from "./usage.ts";

type Run = Extract<Invocation, { readonly verb: "run" }>;

/** Runs a file. */
export async function runScriptFile(
  invocation: Run,
  parsed: Parsed,
  context: LinesContext,
): Promise<number> {
  const { file } = invocation;
  const text = await readFile(file, context.io);
  return await runText(text, { ...invocation, parsed }, context);
}

/** Runs what came by a pipe. */
export async function runScriptText(
  text: string,
  parsed: Parsed,
  context: LinesContext,
): Promise<number> {
  return await runText(text, {
    file: "-",
    parsed,
    values: new Map(),
    ...{ keepGoing: false, dryRun: false, resume: false, show: false },
  }, context);
}

async function readFile(file: string, io: Io): Promise<string> {
  try {
    return file === "-"
      ? await io.stdin.readAll()
      : await io.readTextFile(file);
  } catch (cause) {
    throw new TrafficError(
      "file",
      `Cannot read the script "${file}": ${whyUnread(cause)}`,
      { hint: READABLE_HINT, cause },
    );
  }
}

async function runText(
  text: string,
  of: ScriptFlags & { readonly parsed: Parsed },
  context: LinesContext,
): Promise<number> {
  const { io, talk } = context;
  const name = of.file === "-" ? "<stdin>" : of.file;
  const script = await scriptOf(text, of);
  const { diagnostics } = script;
  if (!diagnostics.some(({ severity }) => severity === "error")) {
    return await runSteps(script, { ...of, name }, context);
  }
  const { output, color } = talk.options;
  if (output !== "pretty") throw scriptError(name, text, diagnostics);
  io.stderr.write(renderDiagnostics(
    { line: text, file: name, path: ["run"], diagnostics },
    renderOptionsFor(io.stderr, io, color),
  ));
  // Nothing was begun: it is the script that has to be mended.
  return 2;
}

async function scriptOf(
  text: string,
  of: ScriptFlags & { readonly parsed: Parsed },
): Promise<Script> {
  const session = startedWith(of.parsed);
  const output = givenOf(of.parsed, "output");
  const options = {
    session: output
      ? { ...session, started: [...session.started, output] }
      : session,
    outside: of.values,
    isStdin: of.file === "-",
    ...(output?.value === undefined ? {} : { output: output.value }),
  };
  const script = readScript(text, options);
  const lines = script.document.statements.map(({ whole }) => whole);
  const check = await patternCheckFor(lines);
  return check.problemOfPattern === undefined
    ? script
    : readScript(text, { ...options, ...check });
}

/** What is wrong, for programs: with lines and columns. */
function scriptError(
  name: string,
  text: string,
  diagnostics: readonly Diagnostic[],
): UsageError {
  const { code, message, hint, details } = usageError(diagnostics);
  const found = details?.["diagnostics"] as readonly Diagnostic[];
  const places = found.map((each) => ({
    ...placeIn(text, each.span.start),
    ...each,
  }));
  const [first] = places;
  return new UsageError(
    code,
    `Cannot run ${name}:${first?.line}:${first?.column}: ${
      first?.message ?? message
    }`,
    {
      ...(hint === undefined ? {} : { hint }),
      details: { file: name, diagnostics: places },
    },
  );
}
