/**
 * A parsed line to what it asks for: typed values, rules between options,
 * and an intent that the actions understand.
 *
 * @module
 */

import type {
  ClearIntent,
  HeaderCondition,
  HistoryIntent,
  LabelRequirement,
  Overrides,
  ShiftIntent,
  ShowIntent,
  UndoIntent,
} from "../traffic/intents.ts";
import { isNamespaceName } from "../traffic/syntax.ts";
import type { Diagnostic, Span } from "./diagnose.ts";
import { nearest, quoted } from "./diagnose.ts";
import type { GivenOption, Parsed } from "./parse.ts";
import { spanOf } from "./tokens.ts";
import {
  isObjectName,
  parseAssignment,
  type Parsed as Value,
  parseDestination,
  parseDuration,
  parseFilePosition,
  parseHeader,
  parseHeaderList,
  parseLabels,
  parsePercent,
  parseSelector,
  parseSplit,
} from "./values.ts";

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

type ScriptKeys =
  | "verb"
  | "file"
  | "values"
  | "keepGoing"
  | "dryRun"
  | "resume"
  | "show";

/** Reads the values; any error means that there is no invocation. */
export function toInvocation(
  parsed: Parsed,
  options: InvocationOptions = {},
): {
  readonly invocation?: Invocation;
  readonly diagnostics: readonly Diagnostic[];
} {
  const reader = new Reader(parsed, options);
  const invocation = reader.read();
  const diagnostics = [...parsed.diagnostics, ...reader.diagnostics]
    .sort((a, b) => a.span.start - b.span.start);
  return invocation && diagnostics.every((each) => each.severity !== "error")
    ? { invocation, diagnostics }
    : { diagnostics };
}

class Reader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #parsed: Parsed;
  readonly #options: InvocationOptions;

  constructor(parsed: Parsed, options: InvocationOptions) {
    this.#parsed = parsed;
    this.#options = options;
  }

  read(): Invocation | undefined {
    const { command, help, path, positionals } = this.#parsed;
    const base: LineOptions = {
      target: this.#target(),
      output: this.#output(),
    };
    if (help) return { ...base, verb: "help", path };
    if (!command) {
      return path.length === 0 && this.#parsed.diagnostics.length === 0
        ? { ...base, verb: "shell", plain: this.#flag("plain") }
        : undefined;
    }
    const [first] = positionals;
    switch (command.path.join(" ")) {
      case "shell":
        return { ...base, verb: "shell", plain: this.#flag("plain") };
      case "run":
        return { ...base, ...this.#script() };
      case "lsp":
        return {
          ...base,
          verb: "lsp",
          ...defined({ question: this.#asked() }),
        };
      case "completions":
        return { ...base, verb: "completions", shell: this.#word() };
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
        return { ...base, ...this.#use(command.path[1] as Used) };
      case "set":
        return {
          ...base,
          verb: "set",
          ...defined({
            variable: first &&
              this.#assignment(
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
        return this.#show(base);
      case "shift":
        return this.#shift(base);
      case "clear":
        return this.#clear(base);
      case "undo":
        return this.#undo(base, "undo");
      case "redo":
        return this.#undo(base, "redo");
      case "history": {
        const selection = this.#selection();
        if (this.#flag("local")) {
          this.#exclude("local", "label-selector");
          this.#exclude("local", "destination");
          const { names } = selection;
          return { ...base, verb: "history --local", ...defined({ names }) };
        }
        const isNamed = selection.names ?? selection.selector ??
          selection.destination;
        if (this.#flag("lines")) {
          this.#exclude("lines", "label-selector");
          this.#exclude("lines", "destination");
          return { ...base, verb: "history --lines" };
        }
        // As every shell's: what was typed.
        if (this.#parsed.way === "shell" && isNamed === undefined) {
          return { ...base, verb: "history --lines" };
        }
        this.#requireSelection();
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
          run: this.#run(),
          overrides: this.#overrides(),
        };
      case "context":
        return { ...base, verb: "context", check: this.#flag("check") };
      case "version":
        return { ...base, ...this.#version() };
      case "sandbox reset":
        return { ...base, verb: "sandbox reset" };
      case "sandbox": {
        const port = this.#one("port");
        return {
          ...base,
          verb: "sandbox",
          load: [
            ...this.#all("load").map(({ value }) => value ?? ""),
            ...positionals.map(({ value }) => value),
          ],
          ...(port ? { port: this.#port(port) } : {}),
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

  #script(): Pick<Invocation & { readonly verb: "run" }, ScriptKeys> {
    // What was done out of order is nothing to go on from.
    this.#exclude("keep-going", "resume");
    const values = new Map<string, string>();
    for (const given of this.#all("set")) {
      const one = this.#assignment(given.value ?? "", given.partOf);
      if (!one) continue;
      if (values.has(one.name) && values.get(one.name) !== one.value) {
        this.#wrong("conflicting-options", given.valueSpan ?? given.span, {
          message: `$${one.name} is given twice`,
          hint: "Leave one of the two out",
        });
      }
      values.set(one.name, one.value);
    }
    return {
      verb: "run",
      file: this.#parsed.positionals[0]?.value ?? "",
      values,
      keepGoing: this.#flag("keep-going"),
      dryRun: this.#flag("dry-run"),
      resume: this.#flag("resume"),
      show: this.#flag("show"),
    };
  }

  /** `name=value`, or what is wrong with it. */
  #assignment(
    text: string,
    partOf: (start: number, end: number) => Span,
  ): { readonly name: string; readonly value: string } | undefined {
    const value = parseAssignment(text);
    if (value.ok) return value.value;
    this.#wrong("invalid-value", partOf(value.start, value.end), {
      message: value.message,
      ...(value.hint === undefined ? {} : { hint: value.hint }),
    });
    return undefined;
  }

  #asked(): EditorQuestion | undefined {
    this.#exclude("complete", "hover");
    this.#exclude("complete", "check");
    this.#exclude("hover", "check");
    const check = this.#one("check");
    if (check) return { about: "check", file: check.value ?? "" };
    for (const about of ["complete", "hover"] as const) {
      const given = this.#one(about);
      if (!given) continue;
      const place = this.#value(about, parseFilePosition);
      return place && { about, ...place };
    }
    return undefined;
  }

  #use(what: Used): SessionVerb {
    const [token] = this.#parsed.positionals;
    if (!token) return { verb: "use", what };
    const { value } = token;
    const wrong = (start: number, end: number, told: {
      readonly message: string;
      readonly hint?: string;
    }): void => this.#wrong("invalid-value", spanOf(token, start, end), told);
    const checked = what === "selector"
      ? parseSelector(value)
      : what === "destination"
      ? parseDestination(value)
      : undefined;
    if (checked?.ok === false) wrong(checked.start, checked.end, checked);
    if (what === "namespace" && !isNamespaceName(value)) {
      wrong(0, value.length, {
        message: `${quoted(value)} is not a namespace's name`,
      });
    }
    return { verb: "use", what, value };
  }

  /** The one word of an enumeration. */
  #version(): Pick<
    Invocation & { readonly verb: "version" },
    "verb" | "check" | "from"
  > {
    const check = this.#flag("check");
    const from = this.#one("from");
    if (from !== undefined && !check) {
      this.#wrong("missing-argument", from.span, {
        message: "--from says where --check looks, and nothing looks unasked",
        hint: "Add --check",
        additions: ["--check"],
      });
    }
    if (from?.value !== undefined && !isPlace(from.value)) {
      this.#wrong("invalid-value", from.valueSpan ?? from.span, {
        message: "--from is no http or https URL without a password",
        hint: "Write it as https://HOST/PATH",
      });
    }
    return { verb: "version", check, ...defined({ from: from?.value }) };
  }

  #word(): string {
    const [token] = this.#parsed.positionals;
    const values = this.#parsed.command?.argument?.values ?? [];
    if (!token || values.includes(token.value)) return token?.value ?? "";
    this.#notOneOf(token.value, values, token.span);
    return "";
  }

  #show(base: LineOptions): Invocation {
    const all = this.#flag("all-namespaces");
    const given = this.#one("namespace");
    if (all && given) {
      this.#wrong("conflicting-options", given.span, {
        message: "--namespace and --all-namespaces exclude each other",
        hint: "Leave one of the two out",
      });
    }
    const watch = this.#one("watch");
    const { files } = base.target;
    if (watch && files) {
      this.#wrong("conflicting-options", watch.span, {
        message: "--watch follows a cluster, and --filename reads files once",
        hint: "Leave one of the two out",
      });
    }
    const selection = this.#selection();
    // Who names files means what is in them.
    const isAnywhere = all || files !== undefined && !given;
    return {
      ...base,
      verb: "show",
      watch: watch !== undefined,
      intentFor: (namespace) =>
        isAnywhere ? selection : { namespace, ...selection },
    };
  }

  #shift(base: LineOptions): Invocation {
    const selection = this.#selection();
    this.#requireSelection();
    const headers = this.#headers();
    const weight = this.#value("weight", parsePercent);
    const split = this.#value("split", parseSplit);
    const labels = this.#value("pod-selector", parseLabels);
    this.#exclude("weight", "split");
    this.#exclude("split", "build");
    this.#exclude("split", "pod-selector");
    const moves = ["weight", "split", "header", "headers"]
      .some((name) => this.#flag(name));
    if (!moves) {
      this.#missing(this.#end(), {
        message: "Neither a weight nor a header is given",
        hint: "Add --weight PERCENT, --split A=N,B=N or --header NAME=VALUE",
        additions: [
          "--weight PERCENT",
          "--split A=N,B=N",
          "--header NAME=VALUE",
        ],
      });
    }
    const routes = this.#all("route").map(({ value }) => value ?? "");
    const text = (name: string): string | undefined => this.#one(name)?.value;
    const intent = defined({
      ...selection,
      ...this.#overrides(),
      build: text("build"),
      podLabels: labels,
      buildLabel: text("build-label"),
      weight,
      split,
      headers: headers.length > 0 ? headers : undefined,
      routes: routes.length > 0 ? routes : undefined,
      allRoutes: this.#flag("all-routes") || undefined,
      baseBuild: text("base-build"),
      create: this.#flag("create") || undefined,
      createRoute: text("create-route"),
      replace: this.#flag("replace") || undefined,
      replaceSubset: this.#flag("replace-subset") || undefined,
      destinationHeaders: this.#enum("destination-headers") as
        | "copy"
        | "none"
        | undefined,
    });
    return {
      ...base,
      verb: "shift",
      run: this.#run(),
      intentFor: (namespace) => ({ namespace, ...intent }),
    };
  }

  #clear(base: LineOptions): Invocation {
    const selection = this.#selection();
    this.#requireSelection();
    this.#exclude("mode", "build");
    const headers = this.#headers();
    const [given] = [...this.#all("header"), ...this.#all("headers")];
    if (given && !this.#one("build")) {
      this.#missing(given.span, {
        message: "Headers narrow the previews of one build",
        hint: "Add --build BUILD",
        additions: ["--build BUILD"],
      });
    }
    const intent = defined({
      ...selection,
      ...this.#overrides(),
      build: this.#one("build")?.value,
      buildLabel: this.#one("build-label")?.value,
      headers: headers.length > 0 ? headers : undefined,
    });
    const mode = this.#enum("mode") === "hard" ? "hard" : "soft";
    return {
      ...base,
      verb: "clear",
      run: this.#run(),
      intentFor: (namespace) => ({ namespace, mode, ...intent }),
    };
  }

  #undo(base: LineOptions, verb: "undo" | "redo"): Invocation {
    const selection = this.#selection();
    this.#requireSelection();
    this.#exclude("operation", "to");
    const intent = defined({
      ...selection,
      ...this.#overrides(),
      operation: this.#one("operation")?.value,
      to: this.#one("to")?.value,
    });
    return {
      ...base,
      verb,
      run: this.#run(),
      intentFor: (namespace) => ({ namespace, verb, ...intent }),
    };
  }

  #target(): TargetOptions {
    const sandbox = this.#flag("sandbox");
    const namespace = this.#one("namespace");
    const files = this.#files();
    for (
      const other of [
        "kubeconfig",
        "context",
        "exec-policy",
        "insecure-skip-tls-verify",
      ]
    ) {
      const given = this.#one(other);
      if (!sandbox || !given) continue;
      this.#wrong("conflicting-options", given.span, {
        message: `--sandbox and --${other} ${
          other === "kubeconfig" || other === "context"
            ? "name two targets"
            : "do not go together: the sandbox needs no credentials"
        }`,
        hint: "Leave one of the two out",
      });
    }
    if (namespace?.value !== undefined && !isNamespaceName(namespace.value)) {
      this.#wrong("invalid-value", namespace.valueSpan ?? namespace.span, {
        message: `${quoted(namespace.value)} is not a namespace's name`,
      });
    }
    return {
      ...defined({
        files,
        kubeconfig: this.#one("kubeconfig")?.value,
        context: this.#one("context")?.value,
        namespace: namespace?.value,
      }),
      sandbox,
      execPolicy: (this.#enum("exec-policy") ??
        "user") as TargetOptions["execPolicy"],
      insecureSkipTlsVerify: this.#flag("insecure-skip-tls-verify"),
      timeoutMs: this.#value("timeout", parseDuration) ?? 60_000,
      debug: this.#flag("debug"),
    };
  }

  /** What is read in place of a cluster. */
  #files(): readonly string[] | undefined {
    const given = this.#all("filename");
    if (given.length === 0) return undefined;
    for (
      const other of [
        "sandbox",
        "kubeconfig",
        "context",
        "exec-policy",
        "insecure-skip-tls-verify",
      ]
    ) {
      const one = this.#one(other);
      if (!one) continue;
      this.#wrong("conflicting-options", one.span, {
        message: `--${other} is about a cluster, and --filename asks none`,
        hint: "Leave one of the two out",
      });
    }
    for (const { value = "", span, valueSpan = span } of given) {
      const wrong = (message: string, hint: string): void =>
        this.#wrong("invalid-value", valueSpan, { message, hint });
      if (value === "") wrong("A file has no name", "Write -f FILE");
      else if (/^[a-z][a-z\d+.-]*:\/\//i.test(value)) {
        wrong(
          `${quoted(value)} is a URL, and only files are read`,
          "Fetch it first: curl URL | istiops … -f -",
        );
      } else if (value === "-" && this.#parsed.way !== "line") {
        wrong(
          "Standard input is not free here: what is typed comes from it",
          "Write it into a file",
        );
      }
    }
    return given.map(({ value }) => value ?? "");
  }

  #output(): OutputOptions {
    return {
      output: (this.#enum("output") ?? "pretty") as OutputFormat,
      color: !this.#flag("no-color"),
      quiet: this.#flag("quiet"),
      verbose: this.#flag("verbose"),
    };
  }

  #run(): RunOptions {
    const exitCode = this.#one("exit-code");
    if (exitCode && !this.#flag("dry-run")) {
      this.#missing(exitCode.span, {
        message: "--exit-code tells what a dry run would change",
        hint: "Add --dry-run",
        additions: ["--dry-run"],
      });
    }
    return {
      dryRun: this.#flag("dry-run"),
      exitCode: exitCode !== undefined,
      yes: this.#flag("yes"),
      confirm: this.#all("confirm").map(({ value }) => value ?? ""),
      settleMs: this.#value("settle", parseDuration) ?? 2000,
      ...defined({
        planOut: this.#one("plan-out")?.value,
        waitReadyMs: this.#value("wait-ready", parseDuration),
        verifyMs: this.#value("verify", parseDuration),
      }),
    };
  }

  #overrides(): Overrides {
    return defined({
      force: this.#flag("force") || undefined,
      skipPodCheck: this.#flag("skip-pod-check") || undefined,
      overrideOwner: this.#flag("override-owner") || undefined,
    });
  }

  #selection(): {
    readonly names?: readonly string[];
    readonly selector?: readonly LabelRequirement[];
    readonly destination?: { readonly host: string; readonly port?: number };
  } {
    const names = this.#parsed.positionals;
    for (const token of names) {
      if (token.value.trim() === "" || isObjectName(token.value)) continue;
      this.#wrong("invalid-value", token.span, {
        message: `${quoted(token.value)} is not an object's name`,
        hint: "Names are lower case letters, digits, - and .",
      });
    }
    const selector = this.#one("label-selector");
    const [first] = names;
    if (first && selector) {
      this.#wrong("conflicting-options", selector.span, {
        message: "A name and a label selector both choose the objects",
        hint: "Leave one of the two out",
      });
    }
    return defined({
      names: first ? names.map(({ value }) => value) : undefined,
      selector: this.#value("label-selector", parseSelector),
      destination: this.#value("destination", parseDestination),
    });
  }

  /** 1.2: nothing is changed that was not named. */
  #requireSelection(): void {
    const named = this.#parsed.positionals.length > 0 ||
      this.#one("label-selector") || this.#one("destination");
    if (named) return;
    this.#missing(this.#end(), {
      message: "What it is about is missing",
      hint: "Add a VirtualService's name, -l SELECTOR or -d HOST",
      additions: ["-l SELECTOR", "-d HOST"],
    });
  }

  #headers(): readonly HeaderCondition[] {
    const regexp = this.#one("regexp");
    const exact = this.#one("exact");
    if (regexp && exact) {
      this.#wrong("conflicting-options", exact.span, {
        message: "--exact and --regexp exclude each other",
        hint: "Leave one of the two out",
      });
    }
    const found = new Map<string, HeaderCondition>();
    for (const given of this.#parsed.options) {
      const { long } = given.option;
      if (long !== "header" && long !== "headers") continue;
      const value = long === "header"
        ? this.#read(given, (text) => {
          const header = parseHeader(text);
          return header.ok
            ? {
              ok: true,
              value: [{ condition: header.value, start: 0, end: text.length }],
            }
            : header;
        })
        : this.#read(given, parseHeaderList);
      for (const { condition, start, end } of value ?? []) {
        const place = given.partOf(start, end);
        const key = condition.name.toLowerCase();
        if (found.has(key)) {
          this.#wrong("invalid-value", place, {
            message: `Header ${quoted(condition.name)} is given twice`,
            hint: "One condition a header: they must all hold",
          });
        } else if ("value" in condition && condition.value === "***") {
          this.#wrong("invalid-value", place, {
            message: `*** stands for a value of header ${
              quoted(condition.name)
            } that was left out`,
            hint: "Write the value itself",
          });
        } else if (regexp && condition.kind !== "exact") {
          this.#wrong("conflicting-options", place, {
            message: `${quoted(condition.name)} asks for ${
              condition.kind === "present" ? "presence" : "a prefix"
            }, which --regexp is not for`,
            hint: "Leave --regexp out, or write a pattern",
          });
        } else if (regexp && condition.kind === "exact") {
          this.#checkPattern(
            condition.value,
            given.partOf(end - condition.value.length, end),
          );
          found.set(key, { ...condition, kind: "regex" });
        } else {
          found.set(key, condition);
        }
      }
    }
    return [...found.values()];
  }

  #checkPattern(pattern: string, place: Span): void {
    const problem = this.#options.problemOfPattern?.(pattern);
    if (problem === undefined) return;
    this.#wrong("invalid-value", place, {
      message: `${quoted(pattern)} is not an RE2 pattern: ${problem}`,
      hint: "RE2 has no look-around and no back-references",
    });
  }

  #value<T>(name: string, read: (text: string) => Value<T>): T | undefined {
    const given = this.#one(name);
    return given && this.#read(given, read);
  }

  #read<T>(
    given: GivenOption,
    read: (text: string) => Value<T>,
  ): T | undefined {
    const value = read(given.value ?? "");
    if (value.ok) return value.value;
    this.#wrong("invalid-value", given.partOf(value.start, value.end), {
      message: value.message,
      ...(value.hint === undefined ? {} : { hint: value.hint }),
    });
    return undefined;
  }

  #enum(name: string): string | undefined {
    const given = this.#one(name);
    if (!given) return undefined;
    const values = given.option.values ?? [];
    const value = given.value ?? "";
    if (values.includes(value)) return value;
    this.#notOneOf(value, values, given.valueSpan ?? given.span);
    return undefined;
  }

  #notOneOf(value: string, values: readonly string[], span: Span): void {
    const near = nearest(value, values);
    this.diagnostics.push({
      code: "invalid-value",
      severity: "error",
      span,
      message: `${quoted(value)} is not one of ${values.join(", ")}`,
      ...(near ? { hint: `Did you mean "${near}"?`, replacement: near } : {}),
    });
  }

  #port(given: GivenOption): number {
    const port = Number(given.value);
    if (!/^\d{1,5}$/.test(given.value ?? "") || port > 65535) {
      this.#wrong("invalid-value", given.valueSpan ?? given.span, {
        message: `${
          quoted(given.value ?? "")
        } is not a port: ports are 0 to 65535`,
      });
    }
    return port;
  }

  #exclude(first: string, second: string): void {
    const [a, b] = [this.#one(first), this.#one(second)];
    if (!a || !b) return;
    const later = a.span.start > b.span.start ? a : b;
    this.#wrong("conflicting-options", later.span, {
      message: `--${first} and --${second} exclude each other`,
      hint: "Leave one of the two out",
    });
  }

  #one(name: string): GivenOption | undefined {
    return this.#parsed.options.find(({ option }) => option.long === name);
  }

  #all(name: string): readonly GivenOption[] {
    return this.#parsed.options.filter(({ option }) => option.long === name);
  }

  #flag(name: string): boolean {
    return this.#one(name) !== undefined;
  }

  #end(): Span {
    const { end } = this.#parsed;
    return { start: end, end };
  }

  /** Said only of a line that was read whole: what was not may be just that. */
  #missing(
    span: Span,
    what: Pick<Diagnostic, "message" | "hint" | "additions">,
  ): void {
    if (this.#parsed.diagnostics.length > 0) return;
    this.#wrong("missing-argument", span, what);
  }

  #wrong(
    code: Diagnostic["code"],
    span: Span,
    what: Pick<Diagnostic, "message" | "hint" | "additions">,
  ): void {
    this.diagnostics.push({ code, severity: "error", span, ...what });
  }
}

/** A place to ask over HTTP, whose name may be told. */
function isPlace(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username + password === "";
}

type Defined<T> =
  & {
    [K in keyof T as undefined extends T[K] ? never : K]: T[K];
  }
  & {
    [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<
      T[K],
      undefined
    >;
  };

/** The same object without its undefined fields. */
function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}
