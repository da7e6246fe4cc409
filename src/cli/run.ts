/**
 * One command line from its words to its exit status. What a verb needs is
 * loaded when it runs, so that help and wrong usage cost next to nothing.
 *
 * @module
 */

import { withOption } from "../language/given.ts";
import {
  type Invocation,
  requestedOutput,
  toInvocation,
} from "../language/invocation.ts";
import { InterruptedError, UsageError } from "../errors.ts";
import { parseArguments, type Parsed } from "../language/parse.ts";
import type { Io } from "./io.ts";
import { renderOptionsFor, Talk } from "./output.ts";
import { patternCheckFor } from "./pattern_check.ts";
import { rightsToGiveUp } from "./rights.ts";
import type { LinesContext, RunContextOptions, RunLine } from "./run_line.ts";

/** Runs a command line; gives the status to end with. Never throws. */
export async function runCli(
  argv: readonly string[],
  io: Io,
): Promise<number> {
  return await run(parseArguments(argv), io);
}

/** Runs a line that was read, perhaps one of many. */
export const runLine: RunLine = (parsed, io, options) =>
  // What this line does not need, the next one may.
  run(parsed, { ...io, giveUp: undefined }, options);

async function run(
  parsed: Parsed,
  io: Io,
  options: RunContextOptions = {},
): Promise<number> {
  const { invocation, diagnostics } = toInvocation(
    parsed,
    await patternCheckFor([parsed]),
  );
  if (!invocation || diagnostics.length > 0) {
    const status = await reportDiagnostics({ ...parsed, diagnostics }, io);
    if (!invocation) return status;
  }
  io.giveUp?.(rightsToGiveUp(invocation));
  try {
    return await runInvocation(invocation, parsed, { io, ...options });
  } catch (thrown) {
    const mended = await mendedLine(thrown, parsed, { io, ...options });
    if (mended !== undefined && !(mended instanceof Error)) {
      return await runLine(mended, io, options);
    }
    const error = mended ?? thrown;
    if (isQuietEnd(error, invocation)) return 130;
    const { reportFailure } = await import("./failure.ts");
    return await reportFailure(error, io, {
      ...invocation.output,
      isOneOfMany: options.isOneOfMany === true || invocation.verb === "run",
    });
  }
}

/** The line with what it lacked, where somebody could be asked and said it. */
async function mendedLine(
  error: unknown,
  parsed: Parsed,
  { io, prompts }: RunContextOptions & { readonly io: Io },
): Promise<Parsed | Error | undefined> {
  if (prompts === undefined || !io.stdin.isTerminal || !io.stderr.isTerminal) {
    return undefined;
  }
  const { choiceAfter } = await import("./prompts.ts");
  const choice = choiceAfter(error, parsed);
  if (choice === undefined) return undefined;
  const { interrupted, Interrupts } = await import("./interrupts.ts");
  using interrupts = new Interrupts(io, () => {});
  const value = await prompts.choose(choice, interrupts.signal);
  if (interrupts.signal.aborted) return interrupted();
  return value === undefined
    ? undefined
    : withOption(parsed, choice.option, value);
}

async function runInvocation(
  invocation: Invocation,
  parsed: Parsed,
  { io, ...options }: RunContextOptions & { readonly io: Io },
): Promise<number> {
  const talk = new Talk(io, invocation.output, options.isOneOfMany);
  switch (invocation.verb) {
    case "help":
      return await showHelp(invocation.path, talk);
    case "version": {
      const { runVersion } = await import("./version.ts");
      return await runVersion(invocation, { io, talk });
    }
    case "show": {
      const { runShow } = await import("./look.ts");
      return await runShow(invocation, { io, talk, ...options });
    }
    case "explain": {
      const { runExplain } = await import("./explain.ts");
      return await runExplain(invocation, { io, talk, ...options });
    }
    case "test": {
      const { runTest } = await import("./route_tests.ts");
      return await runTest(invocation, { io, talk, ...options });
    }
    case "diff": {
      const { runDiff } = await import("./diff.ts");
      return await runDiff(invocation, { io, talk, ...options });
    }
    case "check": {
      const { runCheck } = await import("./check.ts");
      const { redactCommand } = await import("../language/redact.ts");
      const command = redactCommand(parsed);
      return await runCheck(invocation, { io, talk, command, ...options });
    }
    case "graph": {
      const { runGraph } = await import("./graph.ts");
      return await runGraph(invocation, { io, talk, ...options });
    }
    case "history": {
      const { runHistory } = await import("./look.ts");
      return await runHistory(invocation, { io, talk, ...options });
    }
    case "history --local": {
      const { runLocalHistory } = await import("./look.ts");
      return await runLocalHistory(invocation, { io, talk });
    }
    case "context": {
      const { runContext } = await import("./context.ts");
      return await runContext(invocation, { io, talk });
    }
    case "sandbox": {
      const { runSandbox } = await import("./embedded.ts");
      return await runSandbox(invocation, { io, talk });
    }
    case "sandbox reset": {
      const { runSandboxReset } = await import("./embedded.ts");
      return await runSandboxReset({ io, talk });
    }
    case "shell":
      return await runAlone(parsed, { io, talk, runLine }, invocation.plain);
    case "run": {
      const { runScriptFile } = await import("./script.ts");
      return await runScriptFile(invocation, parsed, { io, talk, runLine });
    }
    case "lsp": {
      const { runLsp } = await import("./lsp.ts");
      return await runLsp(invocation, { io, talk, runLine });
    }
    case "completions": {
      const { completionScript } = await import("./completion_scripts.ts");
      io.stdout.write(completionScript(invocation.shell));
      return 0;
    }
    case "__complete": {
      const { completeWords } = await import("./completions.ts");
      return await completeWords(invocation.words, io);
    }
    case "use":
    case "set":
    case "refresh":
    case "exit":
    case "log":
    case "log start":
    case "log stop":
    case "history --lines":
      // The shell and scripts keep these to themselves.
      throw new Error(`"${invocation.verb}" has no meaning here`);
    default: {
      const { runChange } = await import("./change.ts");
      const { redactCommand } = await import("../language/redact.ts");
      return await runChange(invocation, {
        io,
        talk,
        command: redactCommand(parsed),
        ...options,
      });
    }
  }
}

/** Did a watch end because somebody wanted it to? */
function isQuietEnd(error: unknown, invocation: Invocation): boolean {
  return error instanceof InterruptedError && invocation.verb === "show" &&
    invocation.watch;
}

/** `istiops` alone: the shell on a terminal, a script from a pipe, or help. */
async function runAlone(
  parsed: Parsed,
  context: LinesContext,
  plain: boolean,
): Promise<number> {
  const { io, talk, runLine } = context;
  if (io.stdin.isTerminal && io.stdout.isTerminal) {
    const { runShell } = await import("./shell.ts");
    return await runShell(parsed, { io, plain, runLine });
  }
  if (!io.stdin.isTerminal && parsed.command === undefined) {
    const text = await io.stdin.readAll();
    if (text.trim() !== "") {
      const { runScriptText } = await import("./script.ts");
      return await runScriptText(text, parsed, context);
    }
  }
  if (parsed.command === undefined) {
    return await showHelp([], talk);
  }
  throw new UsageError(
    "no-terminal",
    "Cannot open the shell: this is no terminal",
    { hint: "istiops run FILE runs a script; istiops < FILE does, too" },
  );
}

async function showHelp(
  path: readonly string[],
  talk: Talk,
): Promise<number> {
  const { renderHelp } = await import("../language/help.ts");
  const text = (width: number) => renderHelp(path, { width });
  await talk.result({
    document: { apiVersion: "istiops/v1", kind: "Help", path, text: text(80) },
    pretty: ({ width }) => text(width),
  });
  return 0;
}

async function reportDiagnostics(parsed: Parsed, io: Io): Promise<number> {
  const { renderDiagnostics, usageError } = await import("./usage.ts");
  const { diagnostics } = parsed;
  const isWrong = diagnostics.some(({ severity }) => severity === "error");
  const wantsColor = !parsed.options.some(({ option }) =>
    option.long === "no-color"
  );
  const output = requestedOutput(parsed);
  if (isWrong && output !== "pretty") {
    const { reportFailure } = await import("./failure.ts");
    return await reportFailure(usageError(diagnostics), io, {
      output,
      color: false,
      verbose: false,
    });
  }
  io.stderr.write(
    renderDiagnostics(parsed, renderOptionsFor(io.stderr, io, wantsColor)),
  );
  return 2;
}
