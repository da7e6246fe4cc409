/**
 * All of istiops as a [Cliffy](https://cliffy.io) suite, made from the table of
 * commands: every command, option, type, example, environment variable and
 * completion. As a program it is the tool itself; mounted, it is a part of
 * somebody's own suite.
 *
 * Two parsers read a line here. Cliffy finds the command, checks each value
 * with the types of the table, gives the typed options to whoever asks, and
 * says what is unknown and what was probably meant. What the line means is
 * read by the parser that every other way in uses, so that a line never means
 * something else here than there. Where the two would read words differently
 * (`-oyaml`, `--build --weight 20`, `-w 20 -w 20`, `--yes=false`, names that
 * begin with a dash), Cliffy is handed the same options in one spelling. A line
 * that either refuses is a `ValidationError` of Cliffy with exit status 2; its
 * cause carries the code and the place.
 *
 * It is the only module that imports Cliffy, which is published on JSR alone.
 *
 * @example Mounted in a suite of one's own
 * ```ts
 * import { Command } from "jsr:@cliffy/command@1.2.1";
 * import { traffic } from "@istiops/istiops/cliffy";
 *
 * await new Command()
 *   .name("platform")
 *   .command("traffic", traffic())
 *   .parse(["traffic", "--sandbox", "show", "api-domain-virtualservice"]);
 * ```
 *
 * @module
 */

// deno-lint-ignore-file no-import-prefix -- in deno.json, every install would ask JSR for them

import {
  type ArgumentValue,
  Command,
  EnumType,
  Type,
  ValidationError,
} from "jsr:@cliffy/command@1.2.1";
import {
  CompletionsCommand,
  generateShellCompletions,
} from "jsr:@cliffy/command@1.2.1/completions";
import { completeLine } from "./src/cli/completions.ts";
import { namesWanted } from "./src/cli/confirm.ts";
import { type Io, systemIo } from "./src/cli/io.ts";
import { Answers, type Prompts } from "./src/cli/prompts.ts";
import { patternCheckFor } from "./src/cli/pattern_check.ts";
import { runCli, runLine } from "./src/cli/run.ts";
import {
  argumentOf,
  docOf,
  flagsOf,
  type Line,
  nextCommandWord,
  optionWords,
  READERS,
  readLine,
  shareWords,
} from "./src/cli/suite.ts";
import { safe } from "./src/render/safe.ts";
import { usageError } from "./src/cli/usage.ts";
import {
  type Command as TableCommand,
  commandAt,
  COMMANDS,
  isIn,
  type Option as TableOption,
  OUTPUT_OPTIONS,
  TARGET_OPTIONS,
} from "./src/language/commands.ts";
import type { Diagnostic } from "./src/language/diagnose.ts";
import { ENVIRONMENT } from "./src/language/environment.ts";
import { type Invocation, toInvocation } from "./src/language/invocation.ts";
import { parseArguments } from "./src/language/parse.ts";
import { VERSION } from "./src/version.ts";

/** Options of {@linkcode istiops} and {@linkcode traffic}. */
export interface SuiteOptions {
  /**
   * Carries a line out in place of istiops, and gives the status to end with.
   * It is told the words as `istiops` would be told them, without the options
   * of the suite that it is mounted in.
   */
  readonly run?: (words: readonly string[]) => Promise<number> | number;
}

/** A line that was carried out and did not end with status 0. */
export class StatusError extends Error {
  /** Name of the class. */
  override readonly name = "StatusError";
  /** What the process would have ended with. */
  readonly exitCode: number;

  /** Thrown where the suite has `.throwErrors()` or `.noExit()`. */
  constructor(exitCode: number) {
    super(`istiops has ended with status ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** A command; which options are typed depends on the line. */
export type SuiteCommand = Command<
  void,
  void,
  Record<string, unknown>,
  unknown[]
>;

/** The whole tool, to be run or to be mounted under any name. */
export function istiops(options: SuiteOptions = {}): SuiteCommand {
  const suite = new Suite([], options);
  const root = new Node(suite, [])
    .describe("Safe, reversible, explainable edits to Istio routing");
  // Without a command the shell is meant.
  declare(root, commandAt(["shell"])?.options ?? []);
  addShared(root);
  addCommands(suite, { below: root, of: topOf(() => true) });
  root.command("traffic", group(suite)).reset();
  return root as unknown as SuiteCommand;
}

/** The commands that change and show traffic, to be mounted under any name. */
export function traffic(options: SuiteOptions = {}): SuiteCommand {
  const suite = new Suite(["traffic"], options);
  const root = group(suite);
  addShared(root);
  return root as unknown as SuiteCommand;
}

/** What all commands of one suite have in common. */
class Suite {
  /** Words that stand before those that are typed. */
  readonly prefix: readonly string[];
  readonly options: SuiteOptions;
  /** Where the words of a line begin; set by its first command. */
  root: Node | undefined;

  constructor(prefix: readonly string[], options: SuiteOptions) {
    this.prefix = prefix;
    this.options = options;
  }
}

/** What Cliffy hands from one step of parsing to the next, as far as needed. */
interface Context {
  unknown: string[];
}

interface ParseSettings {
  readonly stopOnUnknown?: boolean;
  readonly args?: readonly unknown[];
}

class Node extends Command {
  readonly #suite: Suite;
  readonly path: readonly string[];
  #line: Line | undefined;

  constructor(suite: Suite, path: readonly string[]) {
    super();
    this.#suite = suite;
    this.path = path;
    suite.root ??= this;
    this.name(path.at(-1) ?? "istiops").action(() => this.#act());
  }

  describe(text: string): this {
    this.description(text);
    return this;
  }

  /** Cliffy's own parsing, of words that it cannot read otherwise than ours. */
  protected override parseOptions(
    context: Context,
    options: never[],
    settings: ParseSettings = {},
  ): void {
    const typed = this.#suite.root?.getRawArgs() ?? [];
    const { own, foreign } = shareWords(typed, (flag) => this.#valuesOf(flag));
    if (settings.stopOnUnknown === true) {
      // Options before the command: it reads them with its own.
      const from = typed.length - context.unknown.length;
      const next = nextCommandWord(typed, from);
      if (next !== undefined) context.unknown = typed.slice(next);
      return;
    }
    const line = readLine([...this.#suite.prefix, ...own]);
    this.#line = line;
    const parse = super.parseOptions.bind(this) as (
      context: Context,
      options: readonly unknown[],
      settings: ParseSettings,
    ) => void;
    const isKnown = (long: string) => this.getOption(long, true) !== undefined;
    context.unknown = [
      ...foreign,
      ...line.parsed.help ? [] : optionWords(line, isKnown),
    ];
    parse(context, options, { ...settings, args: [] });
    if (line.parsed.help) return;
    // Among options, an argument that begins with a dash would be lost.
    if (this.#isMeant(line) && (settings.args?.length ?? 0) > 0) {
      context.unknown = line.parsed.positionals.map(({ value }) => value);
      parse(context, [], settings);
    }
    const [first] = line.errors;
    if (first === undefined) return;
    const isNear = first.code === "unknown-command" && first.replacement;
    if (!isNear || this.hasArguments()) throw refusal(line.errors);
    // Cliffy says what was meant.
    const { span } = first;
    context.unknown = [line.parsed.line.slice(span.start, span.end)];
  }

  /** Every refusal says as which of ours it counts. */
  override throw(error: Error): never {
    const errors = this.#line?.errors ?? [];
    const isBare = error instanceof ValidationError && errors.length > 0 &&
      !isOurs(error);
    return super.throw(isBare ? refusal(errors, error.message) : error);
  }

  /** A suite's own option by its flag: how many values it takes. */
  #valuesOf(flag: string): number | undefined {
    const root = this.#suite.root;
    const own = [root, this].flatMap((node) =>
      node?.getBaseOptions(true) ?? []
    );
    if (own.some(({ flags }) => flags.includes(flag))) return undefined;
    const foreign = this.getGlobalOptions(true).find(({ flags, name }) =>
      flags.includes(flag) && name !== "help"
    );
    return foreign?.args.filter(({ optional }) => optional !== true).length;
  }

  /** Does the line mean this very command? Options may stand before it. */
  #isMeant({ parsed }: Line): boolean {
    return parsed.path.join(" ") === this.path.join(" ");
  }

  async #act(): Promise<void> {
    const line = this.#line ?? readLine([]);
    const { diagnostics, invocation } = toInvocation(
      line.parsed,
      await patternCheckFor([line.parsed]),
    );
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw refusal(errors);
    const { run } = this.#suite.options;
    const status = run !== undefined
      ? await run(line.words)
      : invocation !== undefined && this.#answers(invocation)
      ? 0
      : await carryOut(line.words);
    if (status === 0) return;
    if (this.shouldThrowErrors()) throw new StatusError(status);
    Deno.exit(status);
  }

  /** What Cliffy says itself: help, and completion for the shells it knows. */
  #answers(invocation: Invocation): boolean {
    switch (invocation.verb) {
      case "help": {
        const { output, color } = invocation.output;
        const node = nodeAt(this.#suite, invocation.path);
        if (node === undefined || output !== "pretty") return false;
        const isPlain = !color || !Deno.stdout.isTerminal();
        node.showHelp({ long: true, ...(isPlain ? { colors: false } : {}) });
        return true;
      }
      case "completions": {
        const { shell } = invocation;
        if (shell !== "bash" && shell !== "zsh" && shell !== "fish") {
          return false;
        }
        const main = this.getMainCommand();
        systemIo().stdout.write(`${generateShellCompletions(main, shell)}\n`);
        return true;
      }
      default:
        return false;
    }
  }
}

/** Carries a line out as the command line does, but asks as Cliffy does. */
async function carryOut(words: readonly string[]): Promise<number> {
  const io = systemIo();
  const prompts = io.stderr.isPlain === true ? {} : { prompts: promptsOn(io) };
  return await runLine(parseArguments(words), io, prompts);
}

function nodeAt(suite: Suite, path: readonly string[]): Node | undefined {
  const words = path[0] === "traffic" && suite.prefix.length > 0
    ? path.slice(1)
    : path;
  let node: Command | undefined = suite.root;
  for (const word of words) node = node?.getBaseCommand(word, true);
  return node instanceof Node ? node : undefined;
}

/** A line that is refused: our first finding, or what Cliffy says of it. */
function refusal(
  errors: readonly Diagnostic[],
  said?: string,
): ValidationError {
  const { message = "", hint } = errors[0] ?? {};
  const ours = hint === undefined ? `${message}.` : `${message}. ${hint}.`;
  return new ValidationError(said ?? ours.replace(/\?\.$/, "?"), {
    cause: usageError(errors),
  });
}

function isOurs({ cause }: ValidationError): boolean {
  return cause instanceof Error && cause.name === "UsageError";
}

function group(suite: Suite): Node {
  const node = new Node(suite, ["traffic"])
    .describe("Show and change where requests go");
  addCommands(suite, { below: node, of: topOf(({ traffic }) => traffic) });
  return node;
}

function topOf(
  isWanted: (command: TableCommand) => boolean,
): readonly TableCommand[] {
  return COMMANDS.filter((command) =>
    command.path.length === 1 && isIn(command, "line") && isWanted(command)
  );
}

function addCommands(
  suite: Suite,
  { below, of }: { readonly below: Node; readonly of: readonly TableCommand[] },
): void {
  for (const command of of) {
    const node = nodeOf(suite, command);
    below.command(command.path.at(-1) ?? "", node).reset();
    if (command.hidden === true) node.hidden();
    addCommands(suite, {
      below: node,
      of: COMMANDS.filter(({ path, ways }) =>
        path.length === command.path.length + 1 &&
        command.path.every((word, at) => word === path[at]) &&
        (ways?.includes("line") ?? true)
      ),
    });
  }
}

function nodeOf(suite: Suite, command: TableCommand): Node {
  const { argument, cluster, examples, options, path } = command;
  const node = new Node(suite, path)
    .describe(`${command.summary}\n\n${command.description}`);
  if (argument !== undefined) {
    const { values, doc } = argument;
    if (values !== undefined) node.type("argument", new EnumType(values));
    else node.complete("argument", completer(path));
    node.argument(argumentOf(argument), doc);
  }
  declare(node, options.filter((option) => isIn(option, "line")));
  // What only clusters need is inherited, and not for this one.
  if (!cluster) declare(node, TARGET_OPTIONS, { hidden: true });
  for (const { doc, line } of examples) node.example(doc, line);
  if (path[0] === "completions") addWordsForShells(node);
  return node;
}

/** What the scripts of Cliffy ask, in one hidden command. */
function addWordsForShells(node: Node): void {
  const complete = new CompletionsCommand().getCommand("complete", true);
  if (complete === undefined) throw new TypeError("Cliffy completes no more");
  node.command("complete", complete).hidden().reset();
}

/** Options of every command, types and variables: at the top, for all below. */
function addShared(root: Node): void {
  for (const [name, read] of Object.entries(READERS)) {
    root.type(name, new TableType(read), { global: true });
  }
  root.group("Options of the target");
  declare(root, TARGET_OPTIONS, { global: true });
  root.group("Options of the output");
  // Help is an option of Cliffy's.
  const rest = OUTPUT_OPTIONS.filter(({ long }) => long !== "help");
  declare(root, rest, { global: true });
  root.group(null).version(VERSION).versionOption(false);
  for (const { name, doc, option, placeholder } of ENVIRONMENT) {
    if (option !== undefined) continue;
    root.env(`${name}=<${placeholder ?? name}:string>`, doc, { global: true });
  }
}

function declare(
  node: Node,
  options: readonly TableOption[],
  more: { readonly global?: true; readonly hidden?: true } = {},
): void {
  for (const option of options) {
    const { long, type, values, repeatable, default: otherwise } = option;
    if (values !== undefined && more.hidden !== true) {
      node.type(long, new EnumType(values), more);
    } else if (type !== "flag" && option.completes !== "file") {
      node.complete(long, completer(node.path, long), {
        global: false,
        ...more,
      });
    }
    const variable = ENVIRONMENT.find((each) => each.option === long);
    node.option(flagsOf(option), docOf(option), {
      ...more,
      ...(repeatable === true ? { collect: true } : {}),
      ...(otherwise === undefined ? {} : { defaultText: otherwise }),
      ...(variable === undefined || more.hidden === true ? {} : {
        env: type === "flag" ? { type: "presence" } : variable.name,
      }),
    });
  }
}

type Reader = NonNullable<typeof READERS["text"]>;

/** A type of the table: the same reader, and what it says of a wrong value. */
class TableType extends Type<unknown> {
  readonly #read: Reader;

  constructor(read: Reader) {
    super();
    this.#read = read;
  }

  parse({ label, name, value }: ArgumentValue): unknown {
    const read = this.#read(value);
    if (read.ok) return read.value;
    const next = read.hint === undefined ? "" : ` ${read.hint}.`;
    throw new ValidationError(`${label} "${name}": ${read.message}.${next}`);
  }
}

/** Milliseconds: whoever asks waits, and nothing can be read on afterwards. */
const PATIENCE = 1000;

/** What could be written there, names of the cluster among it. */
function completer(path: readonly string[], long?: string) {
  return async (): Promise<string[]> => {
    const words = long === undefined ? path : [...path, `--${long}`];
    const waits = new AbortController();
    const { items } = await completeLine(` ${words.join(" ")} `, systemIo(), {
      patience: PATIENCE,
      signal: waits.signal,
    });
    waits.abort();
    return items.filter(({ kind }) => kind !== "option")
      .map(({ word }) => word);
  };
}

/** Cliffy's prompts: on standard error, and never answered by what came before. */
function promptsOn(io: Io): Prompts {
  const writer = {
    writeSync(bytes: Uint8Array): number {
      io.stderr.write(new TextDecoder().decode(bytes));
      return bytes.length;
    },
  };
  const asked = async <T>(
    signal: AbortSignal,
    prompt: (
      streams: { reader: KeyReader; writer: typeof writer },
    ) => Promise<T>,
  ): Promise<T | undefined> => {
    using answers = new Answers(io, signal);
    if (!await answers.settle()) return undefined;
    try {
      return await prompt({ reader: new KeyReader(answers), writer });
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      io.stderr.write("\n");
      return undefined;
    }
  };
  return {
    confirm: async ({ answer, names }, signal) => {
      if (answer === "names") {
        const { Input } = await import("jsr:@cliffy/prompt@1.2.1/input");
        const message = namesWanted(names);
        return await asked(
          signal,
          (streams) => Input.prompt({ message, ...streams }),
        );
      }
      const { Confirm } = await import("jsr:@cliffy/prompt@1.2.1/confirm");
      const agrees = await asked(
        signal,
        (streams) =>
          Confirm.prompt({ message: "Go on?", default: false, ...streams }),
      );
      return agrees === true ? "yes" : undefined;
    },
    choose: async ({ message, values }, signal) => {
      const { Select } = await import("jsr:@cliffy/prompt@1.2.1/select");
      return await asked(
        signal,
        (streams) =>
          Select.prompt({
            message: `${message}?`,
            options: values.map((value) => ({ name: safe(value), value })),
            ...streams,
          }),
      );
    },
  };
}

/** Nobody answers: the end of input, a paste, Ctrl-C. */
class Unanswered extends Error {}

/** Keys for Cliffy, which asks for a few bytes at a time. */
class KeyReader {
  readonly #answers: Answers;
  #rest = new Uint8Array();

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.#rest.length === 0) {
      const typed = await this.#answers.next();
      // Cliffy would ask the end of input for more, for ever.
      if (typed === undefined) throw new Unanswered();
      this.#rest = new TextEncoder().encode(typed);
    }
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  isTerminal(): boolean {
    return true;
  }

  /** The terminal is taken already, so that Ctrl-C stays a signal. */
  setRaw(): void {}
}

/** The tool as a program: what is refused is told as `istiops` tells it. */
async function runSuite(words: readonly string[]): Promise<number> {
  try {
    await istiops().noExit().parse([...words]);
    return 0;
  } catch (error) {
    if (error instanceof StatusError) return error.exitCode;
    if (!(error instanceof ValidationError)) throw error;
    return await runCli(words, systemIo());
  }
}

if (import.meta.main) Deno.exit(await runSuite(Deno.args));
