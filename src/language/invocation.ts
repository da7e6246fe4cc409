/**
 * A parsed line to what it asks for: typed values, rules between options,
 * and an intent that the actions understand.
 *
 * @module
 */

import type {
  CheckIntent,
  ClearIntent,
  HistoryIntent,
  Overrides,
  ShiftIntent,
  ShowIntent,
  UndoIntent,
} from "../traffic/intents.ts";
import type { Asked } from "../istio/asked.ts";
import type { Severity } from "../istio/findings.ts";
import { defined } from "./defined.ts";
import type { Diagnostic } from "./diagnose.ts";
import { GivenLine } from "./given_line.ts";
import type { Parsed } from "./parse.ts";
import { readClear, readShift, readUndo } from "./read_changes.ts";
import {
  askedOf,
  readScript,
  readShow,
  readUse,
  readVersion,
} from "./read_others.ts";
import { readTest } from "./read_tests.ts";
import { readCheck } from "./read_check.ts";
import { readDiff } from "./read_diff.ts";
import { readExplain } from "./read_explain.ts";
import { readGraph } from "./read_graph.ts";
import { requireSelection, selectionOf } from "./read_selection.ts";
import { outputOf, overridesOf, runOf, targetOf } from "./read_target.ts";
import { spanOf } from "./tokens.ts";

/** Which cluster, in the words of the command line. */
export interface TargetOptions {
  /** `--kubeconfig`: a path; kubectl's rules where absent. */
  readonly kubeconfig?: string;
  /** `--context`; the kubeconfig's current one where absent. */
  readonly context?: string;
  /** `--sandbox`: the embedded cluster. */
  readonly sandbox: boolean;
  /** Files in place of a cluster, as they are named. */
  readonly files?: readonly string[];
  /** `-n`; the target's own where absent. */
  readonly namespace?: string;
  /** Whether plugins of the kubeconfig may run. */
  readonly execPolicy: "user" | "deny-all" | "allow-all";
  /** `--insecure-skip-tls-verify`. */
  readonly insecureSkipTlsVerify: boolean;
  /** For all calls to the cluster together. */
  readonly timeoutMs: number;
  /** Each exchange with the API server is told. */
  readonly debug: boolean;
}

/** How results are shown. */
export interface OutputOptions {
  /** `-o`. */
  readonly output: OutputFormat;
  /** False by `--no-color`. */
  readonly color: boolean;
  /** `--quiet`: results only, no talk. */
  readonly quiet: boolean;
  /** `--verbose`: also what was looked at. */
  readonly verbose: boolean;
}

/** The formats of `-o`. */
export type OutputFormat = "pretty" | "json" | "yaml";

/** The formats of a picture. */
export type GraphFormat =
  | "mermaid"
  | "dot"
  | "svg"
  | "html"
  | Exclude<OutputFormat, "pretty">;

/** How a change is carried out. */
export interface RunOptions {
  /** `--dry-run`: the plan is shown, and that is all. */
  readonly dryRun: boolean;
  /** `--exit-code`: a dry run that would change something ends with 8. */
  readonly exitCode: boolean;
  /** `--yes`: answers a question beforehand. */
  readonly yes: boolean;
  /** `--confirm`: names of all objects concerned. */
  readonly confirm: readonly string[];
  /** `--plan-out`: the file that the plan is saved to. */
  readonly planOut?: string;
  /** Between two dependent writes, and after the last. */
  readonly settleMs: number;
  /** `--wait-ready`; not at all where absent. */
  readonly waitReadyMs?: number;
  /** `--verify`: when to look whether somebody put it back. */
  readonly verifyMs?: number;
}

/** What every line says, or leaves at its default. */
export interface LineOptions {
  /** Which cluster. */
  readonly target: TargetOptions;
  /** How results are shown. */
  readonly output: OutputOptions;
}

/** One question to the engine, instead of a conversation. */
export interface EditorQuestion {
  /** What is asked. */
  readonly about: "complete" | "hover" | "check";
  /** Path of the script. */
  readonly file: string;
  /** From 1; of `complete` and `hover`. */
  readonly line?: number;
  /** From 1, in UTF-16 units; of `complete` and `hover`. */
  readonly column?: number;
}

/** What `use` can set. */
export type Used =
  | "context"
  | "sandbox"
  | "namespace"
  | "selector"
  | "destination"
  | "build";

/** What concerns the shell or the script, and no cluster. */
export type SessionVerb =
  | { readonly verb: "use"; readonly what?: Used; readonly value?: string }
  | {
    readonly verb: "set";
    readonly variable?: { readonly name: string; readonly value: string };
  }
  | { readonly verb: "refresh" | "exit" | "log" | "log stop" }
  | { readonly verb: "log start"; readonly file: string }
  | { readonly verb: "history --lines" };

/** What a line asks for. Intents get their namespace from the target. */
export type Invocation =
  | LineOptions & {
    readonly verb: "show";
    readonly intentFor: (namespace: string) => ShowIntent;
    readonly watch: boolean;
  }
  | LineOptions
    & { readonly verb: "explain" }
    & (
      | {
        /** The request; the client is in the namespace unless it is said. */
        readonly askedFor: (namespace: string) => Asked;
        /** How often it is sent, to count where it goes. */
        readonly sample?: number;
        readonly requests?: undefined;
      }
      | {
        /** A file of requests, a line each; `-` for standard input. */
        readonly requests: string;
      }
    )
  | LineOptions & {
    readonly verb: "check";
    readonly intentFor: (namespace: string) => CheckIntent;
    /** What is at least as grave makes the command fail. */
    readonly failOn: Severity;
    /** Absent: as the output says. */
    readonly format?: "sarif" | "junit";
    /** Plan what mends them, and where to save it. */
    readonly fix?: { readonly planOut?: string };
  }
  | LineOptions & {
    readonly verb: "graph";
    readonly intentFor: (namespace: string) => ShowIntent;
    readonly format: GraphFormat;
    /** The file it goes to; standard output where absent. */
    readonly out?: string;
  }
  | LineOptions
    & { readonly verb: "test" }
    & (
      | {
        /** Files and folders of tests; `-` for standard input. */
        readonly files: readonly string[];
        /** Which rules no request reaches is said, too. */
        readonly coverage: boolean;
        /** Absent: as the output says. */
        readonly format?: "junit";
        readonly record?: undefined;
      }
      | {
        /** The VirtualService that a file of tests is made from. */
        readonly record: string;
      }
    )
  | LineOptions & {
    readonly verb: "diff";
    /** `cluster`, a file, a folder, or `-` for standard input. */
    readonly before: string;
    /** The same, or a saved plan. */
    readonly after: string;
    /** A difference is a status of its own. */
    readonly exitCode: boolean;
  }
  | LineOptions & {
    readonly verb: "shift";
    readonly intentFor: (namespace: string) => ShiftIntent;
    readonly run: RunOptions;
  }
  | LineOptions & {
    readonly verb: "clear";
    readonly intentFor: (namespace: string) => ClearIntent;
    readonly run: RunOptions;
  }
  | LineOptions & {
    readonly verb: "undo" | "redo";
    readonly intentFor: (namespace: string) => UndoIntent;
    readonly run: RunOptions;
  }
  | LineOptions & {
    readonly verb: "history";
    readonly intentFor: (namespace: string) => HistoryIntent;
  }
  | LineOptions & {
    readonly verb: "history --local";
    readonly names?: readonly string[];
  }
  | LineOptions & {
    readonly verb: "apply";
    readonly file: string;
    readonly run: RunOptions;
    readonly overrides: Overrides;
  }
  | LineOptions & { readonly verb: "context"; readonly check: boolean }
  | LineOptions & { readonly verb: "shell"; readonly plain: boolean }
  | LineOptions & {
    readonly verb: "run";
    readonly file: string;
    readonly values: ReadonlyMap<string, string>;
    readonly keepGoing: boolean;
    readonly dryRun: boolean;
    readonly resume: boolean;
    readonly show: boolean;
  }
  | LineOptions & { readonly verb: "lsp"; readonly question?: EditorQuestion }
  | LineOptions & { readonly verb: "completions"; readonly shell: string }
  | LineOptions & {
    readonly verb: "__complete";
    readonly words: readonly string[];
  }
  | LineOptions & SessionVerb
  | LineOptions & {
    readonly verb: "version";
    readonly check: boolean;
    /** Where to look; the project's own place by default. */
    readonly from?: string;
  }
  | LineOptions & { readonly verb: "help"; readonly path: readonly string[] }
  | LineOptions & {
    readonly verb: "sandbox";
    readonly port?: number;
    readonly load: readonly string[];
  }
  | LineOptions & { readonly verb: "sandbox reset" };

/** The format a line asks for, as far as it can be told despite errors. */
export function requestedOutput(parsed: Parsed): OutputFormat {
  const given = parsed.options.find(({ option }) => option.long === "output");
  return given?.value === "json" || given?.value === "yaml"
    ? given.value
    : "pretty";
}

/** What a reader of lines is lent, so that this folder needs no library. */
export interface InvocationOptions {
  /** What is wrong with an RE2 pattern; nothing by default. */
  readonly problemOfPattern?: (pattern: string) => string | undefined;
}

/** Reads the values; any error means that there is no invocation. */
export function toInvocation(
  parsed: Parsed,
  options: InvocationOptions = {},
): {
  readonly invocation?: Invocation;
  readonly diagnostics: readonly Diagnostic[];
} {
  const line = new GivenLine(parsed, options);
  const invocation = read(line);
  const diagnostics = [...parsed.diagnostics, ...line.diagnostics]
    .sort((a, b) => a.span.start - b.span.start);
  return invocation && diagnostics.every((each) => each.severity !== "error")
    ? { invocation, diagnostics }
    : { diagnostics };
}

function read(line: GivenLine): Invocation | undefined {
  const { command, help, path, positionals } = line.parsed;
  const base: LineOptions = {
    target: targetOf(line),
    output: outputOf(line),
  };
  if (help) return { ...base, verb: "help", path };
  if (!command) {
    return path.length === 0 && line.parsed.diagnostics.length === 0
      ? { ...base, verb: "shell", plain: line.flag("plain") }
      : undefined;
  }
  const [first] = positionals;
  switch (command.path.join(" ")) {
    case "shell":
      return { ...base, verb: "shell", plain: line.flag("plain") };
    case "run":
      return { ...base, ...readScript(line) };
    case "lsp":
      return {
        ...base,
        verb: "lsp",
        ...defined({ question: askedOf(line) }),
      };
    case "completions":
      return { ...base, verb: "completions", shell: line.word() };
    case "__complete":
      return {
        ...base,
        verb: "__complete",
        words: positionals.map(({ value }) => value),
      };
    case "use":
      return { ...base, verb: "use" };
    case "use context":
    case "use sandbox":
    case "use namespace":
    case "use selector":
    case "use destination":
    case "use build":
      return { ...base, ...readUse(line, command.path[1] as Used) };
    case "set":
      return {
        ...base,
        verb: "set",
        ...defined({
          variable: first &&
            line.assignment(
              first.value,
              (start, end) => spanOf(first, start, end),
            ),
        }),
      };
    case "log start":
      return { ...base, verb: "log start", file: first?.value ?? "" };
    case "refresh":
    case "exit":
    case "log":
    case "log stop":
      return {
        ...base,
        verb: command.path.join(" ") as "refresh" | "exit" | "log",
      };
    case "show":
      return readShow(line, base);
    case "explain":
      return readExplain(line, base);
    case "check":
      return readCheck(line, base);
    case "graph":
      return readGraph(line, base);
    case "test":
      return readTest(line, base);
    case "diff":
      return readDiff(line, base);
    case "shift":
      return readShift(line, base);
    case "clear":
      return readClear(line, base);
    case "undo":
      return readUndo(line, base, "undo");
    case "redo":
      return readUndo(line, base, "redo");
    case "history": {
      const selection = selectionOf(line);
      if (line.flag("local")) {
        line.exclude("local", "label-selector");
        line.exclude("local", "destination");
        const { names } = selection;
        return { ...base, verb: "history --local", ...defined({ names }) };
      }
      const isNamed = selection.names ?? selection.selector ??
        selection.destination;
      if (line.flag("lines")) {
        line.exclude("lines", "label-selector");
        line.exclude("lines", "destination");
        return { ...base, verb: "history --lines" };
      }
      // As every shell's: what was typed.
      if (line.parsed.way === "shell" && isNamed === undefined) {
        return { ...base, verb: "history --lines" };
      }
      requireSelection(line);
      return {
        ...base,
        verb: "history",
        intentFor: (namespace) => ({ namespace, ...selection }),
      };
    }
    case "apply":
      return {
        ...base,
        verb: "apply",
        file: positionals[0]?.value ?? "",
        run: runOf(line),
        overrides: overridesOf(line),
      };
    case "context":
      return { ...base, verb: "context", check: line.flag("check") };
    case "version":
      return { ...base, ...readVersion(line) };
    case "sandbox reset":
      return { ...base, verb: "sandbox reset" };
    case "sandbox": {
      const port = line.one("port");
      return {
        ...base,
        verb: "sandbox",
        load: [
          ...line.all("load").map(({ value }) => value ?? ""),
          ...positionals.map(({ value }) => value),
        ],
        ...(port ? { port: line.port(port) } : {}),
      };
    }
    default:
      return {
        ...base,
        verb: "help",
        path: positionals.map(({ value }) => value)
          .filter((word) => word !== "traffic"),
      };
  }
}
