/**
 * Words to a command with its options, going on after an error: every
 * finding has its place.
 *
 * @module
 */

import {
  type Command,
  commandAt,
  COMMANDS,
  commandsBelow,
  commandsIn,
  isIn,
  type Option,
  optionsOf,
  OUTPUT_OPTIONS,
  PLANNED,
  TARGET_OPTIONS,
  type Way,
} from "./commands.ts";
import {
  type Diagnostic,
  excerpt,
  nearest,
  quoted,
  type Span,
} from "./diagnose.ts";
import {
  isDashed,
  spanOf,
  type Token,
  tokenize,
  type TokenizeOptions,
  type Tokens,
  tokensOf,
} from "./tokens.ts";

/** An option as it was given. */
export interface GivenOption {
  readonly option: Option;
  /** The option's own place. */
  readonly span: Span;
  /** Its value; absent for a flag. */
  readonly value?: string;
  /** The value's place, and the places of its parts. */
  readonly valueSpan?: Span;
  readonly partOf: (start: number, end: number) => Span;
}

/** A line, understood as far as it goes. */
export interface Parsed {
  /** Where the line stands. */
  readonly way: Way;
  /** The text that spans point into. */
  readonly line: string;
  /** The line's words; those of `istiops` and `traffic` among them. */
  readonly tokens: Tokens;
  /** Where what is missing would stand. */
  readonly end: number;
  /** The command's words: `["sandbox", "reset"]`; empty where there is none. */
  readonly path: readonly string[];
  readonly command?: Command;
  /** `--help` was given. */
  readonly help: boolean;
  readonly options: readonly GivenOption[];
  readonly positionals: readonly Token[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses words that a shell has split. */
export function parseArguments(argv: readonly string[]): Parsed {
  return new Parser(tokensOf(argv), "line").parse();
}

/** Options of {@linkcode parseCommandLine}. */
export interface ParseOptions extends TokenizeOptions {
  /** `line` by default. */
  readonly way?: Way;
}

/** Parses a line as it was typed; `istiops` may stand before it. */
export function parseCommandLine(
  text: string,
  options: ParseOptions = {},
): Parsed {
  return new Parser(tokenize(text, options), options.way ?? "line").parse();
}

/** Options that may stand before the command. */
const SHARED = [...TARGET_OPTIONS, ...OUTPUT_OPTIONS];

/** Without a command, the shell is meant. */
const OF_THE_SHELL = commandAt(["shell"])?.options ?? [];

class Parser {
  readonly #all: Tokens;
  readonly #tokens: readonly Token[];
  readonly #way: Way;
  readonly #end: number;
  readonly #diagnostics: Diagnostic[];
  readonly #options: GivenOption[] = [];
  readonly #positionals: Token[] = [];
  /** Flags that were given as `--flag=false`. */
  readonly #denied: GivenOption[] = [];
  #known: readonly Option[] = SHARED;
  #path: readonly string[] = [];
  #command: Command | undefined;
  #lost = false;
  #at = 0;

  constructor(tokens: Tokens, way: Way) {
    this.#all = tokens;
    this.#way = way;
    const [first] = tokens.tokens;
    this.#tokens = first?.value === "istiops"
      ? tokens.tokens.slice(1)
      : tokens.tokens;
    this.#end = tokens.comment === undefined
      ? tokens.end
      : tokens.tokens.at(-1)?.span.end ?? tokens.comment.start;
    this.#diagnostics = [...tokens.diagnostics];
    if (way === "line") this.#known = [...SHARED, ...OF_THE_SHELL];
  }

  parse(): Parsed {
    let literal = false;
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at++] as Token;
      if (literal || !isDashed(token)) this.#word(token);
      else if (token.value === "--") literal = true;
      else this.#option(token);
    }
    const help = this.#options.some(({ option }) => option.long === "help");
    if (!help) {
      this.#checkTwice();
      this.#checkArguments();
    }
    return {
      way: this.#way,
      line: this.#all.line,
      tokens: this.#all,
      end: this.#end,
      path: this.#path,
      ...(this.#command ? { command: this.#command } : {}),
      help,
      options: this.#options,
      positionals: this.#positionals,
      diagnostics: help
        ? this.#diagnostics.filter(({ code }) => code === "unknown-command")
        : this.#diagnostics,
    };
  }

  #word(token: Token): void {
    if (this.#command) {
      const deeper = this.#positionals.length === 0
        ? commandAt([...this.#path, token.value])
        : undefined;
      if (deeper && isIn(deeper, this.#way)) this.#take(deeper);
      else this.#positionals.push(token);
      return;
    }
    if (this.#lost) return;
    const words = [...this.#path, token.value];
    if (token.value === "traffic" && this.#path.length === 0) {
      this.#path = ["traffic"];
      return;
    }
    const inTraffic = this.#path[0] === "traffic";
    const found = commandAt(inTraffic ? words.slice(1) : words);
    if (
      found && isIn(found, this.#way) && (!inTraffic || found.traffic)
    ) {
      this.#take(found);
      return;
    }
    this.#lost = true;
    if (found && !isIn(found, this.#way)) {
      this.#wrong("unknown-command", token.span, elsewhere(found, this.#way));
      return;
    }
    this.#unknownCommand(
      token,
      commandsIn(this.#way).filter(({ traffic }) => traffic || !inTraffic),
    );
  }

  #unknownCommand(token: Token, commands: readonly Command[]): void {
    if (PLANNED.includes(token.value)) {
      this.#wrong("unknown-command", token.span, {
        message: `"${token.value}" is planned and not there yet`,
        hint: this.#helpHint("help lists the commands"),
      });
      return;
    }
    const near = nearest(token.value, [
      ...commands.map(({ path }) => path[0] as string),
      ...(this.#path.length === 0 ? ["traffic"] : []),
    ]);
    this.#diagnostics.push({
      code: "unknown-command",
      severity: "error",
      span: token.span,
      message: `There is no command ${quoted(token.value)}`,
      hint: near
        ? `Did you mean "${near}"?`
        : this.#helpHint("help lists the commands"),
      ...(near ? { replacement: near } : {}),
    });
  }

  /** At our own prompt, `istiops` need not be typed. */
  #helpHint(words: string): string {
    return this.#way === "shell" ? words : `istiops ${words}`;
  }

  #take(command: Command): void {
    this.#command = command;
    this.#path = command.path;
    this.#known = optionsOf(command, this.#way);
    // `sandbox --load FILE reset`: what stood before must fit, too.
    for (const { option, span } of this.#options) {
      if (this.#known.includes(option) || SHARED.includes(option)) continue;
      this.#sayUnknown(`--${option.long}`, span);
    }
  }

  #option(token: Token): void {
    const { value } = token;
    if (value.startsWith("--")) {
      const cut = value.indexOf("=");
      const name = value.slice(2, cut < 0 ? undefined : cut);
      const option = this.#find((each) => each.long === name);
      if (!option) {
        this.#unknown(token, `--${name}`, spanOf(token, 0, name.length + 2));
        return;
      }
      this.#give(token, option, {
        nameEnd: name.length + 2,
        ...(cut < 0 ? {} : { valueStart: cut + 1 }),
      });
      return;
    }
    // -dry-run is a slip for --dry-run, not -d with the value "ry-run".
    const [word = ""] = value.slice(1).split("=", 1);
    if (word.length > 1 && this.#find(({ long }) => long === word)) {
      this.#unknown(token, `-${word}`, spanOf(token, 0, word.length + 1));
      return;
    }
    // -abc: flags together; -w20 and -w=20: a value at once.
    for (let at = 1; at < value.length; at++) {
      const letter = String.fromCodePoint(value.codePointAt(at) ?? 0);
      const option = this.#find((each) => each.short === letter);
      const span = spanOf(token, at, at + letter.length);
      if (!option) {
        this.#unknown(token, `-${letter}`, at === 1 ? token.span : span);
        return;
      }
      if (option.type === "flag" && value[at + 1] !== "=") {
        this.#push({ option, span, partOf: () => span });
        continue;
      }
      const start = value[at + 1] === "=" ? at + 2 : at + 1;
      this.#give(token, option, {
        nameEnd: at + 1,
        ...(start > at + 1 || start < value.length
          ? { valueStart: start }
          : {}),
      });
      return;
    }
  }

  #give(
    token: Token,
    option: Option,
    place: { readonly nameEnd: number; readonly valueStart?: number },
  ): void {
    const span = spanOf(token, 0, place.nameEnd);
    if (option.type === "flag") {
      if (place.valueStart === undefined) {
        this.#push({ option, span, partOf: () => span });
        return;
      }
      const word = token.value.slice(place.valueStart);
      if (word === "true") this.#push({ option, span, partOf: () => span });
      else if (word === "false") {
        this.#denied.push({ option, span, partOf: () => span });
      } else {
        this.#wrong("invalid-value", token.span, {
          message: `--${option.long} takes no value`,
        });
      }
      return;
    }
    const inline = place.valueStart !== undefined;
    const source = inline ? token : this.#tokens[this.#at];
    // The next option is no value: what it asks for would be lost.
    if (!source || (!inline && this.#isOption(source))) {
      this.#wrong("missing-value", token.span, {
        message: `--${option.long} needs a value`,
        hint: `Write --${option.long} ${option.placeholder ?? "VALUE"}`,
      });
      return;
    }
    if (!inline) this.#at++;
    const from = place.valueStart ?? 0;
    const value = source.value.slice(from);
    const valueSpan = inline
      ? spanOf(source, from, source.value.length)
      : source.span;
    if (value.trim() === "") {
      this.#wrong("invalid-value", inline ? token.span : source.span, {
        message: `--${option.long} is empty`,
        hint: `Give it a value, or leave --${option.long} out`,
      });
      return;
    }
    this.#push({
      option,
      span,
      value,
      valueSpan,
      partOf: (start, end) => spanOf(source, from + start, from + end),
    });
  }

  #push(given: GivenOption): void {
    this.#options.push(given);
  }

  #find(wanted: (option: Option) => boolean): Option | undefined {
    return this.#known.find(wanted);
  }

  #isOption(token: Token): boolean {
    const text = token.value;
    const [name = ""] = text.split("=", 1);
    return isDashed(token) &&
      this.#find(({ long, short }) =>
          name === `--${long}` || (short !== undefined && text === `-${short}`)
        ) !== undefined;
  }

  #unknown(token: Token, text: string, span: Span): void {
    // A line whose command is not known has said so already.
    if (this.#lost) return;
    const meant = this.#sayUnknown(text, span);
    // What follows is probably its value, not a name.
    const next = this.#tokens[this.#at]?.value;
    if (next === undefined || token.value.includes("=")) return;
    const isValue = this.#command
      ? meant?.type !== "flag"
      : next !== "traffic" && !commandAt([next]);
    if (isValue && !next.startsWith("-")) this.#at++;
  }

  /** The option that was probably meant. */
  #sayUnknown(text: string, span: Span): Option | undefined {
    const name = this.#path.join(" ");
    const word = text.replace(/^-+/, "");
    const near = word.length > 1
      ? nearest(word, this.#known.map(({ long }) => long))
      : undefined;
    const isLater = !this.#command &&
      COMMANDS.flatMap((command) => optionsOf(command, this.#way)).some((
        { long, short },
      ) => text === `--${long}` || text === `-${short}`);
    this.#diagnostics.push({
      code: "unknown-option",
      severity: "error",
      span,
      message: name
        ? `"${name}" has no option ${excerpt(text)}`
        : `There is no option ${excerpt(text)}`,
      hint: near
        ? `Did you mean --${near}?`
        : isLater
        ? "Options of a command stand after it"
        : this.#helpHint(`${name ? `${name} ` : ""}--help lists the options`),
      ...(near ? { replacement: `--${near}` } : {}),
    });
    return this.#find(({ long }) => long === near);
  }

  /** 1.2: a scalar given twice with unequal values is a slip. */
  #checkTwice(): void {
    const first = new Map<string, GivenOption>();
    for (const given of this.#options) {
      const { long, repeatable } = given.option;
      const other = first.get(long);
      if (!other) first.set(long, given);
      else if (!repeatable && other.value !== given.value) {
        this.#twice(
          given,
          `is ${quoted(other.value ?? "")} before and ${
            quoted(given.value ?? "")
          } here`,
        );
      }
    }
    for (const given of this.#denied) {
      if (first.has(given.option.long)) {
        this.#twice(given, "is both asked for and denied");
      }
    }
  }

  #twice(given: GivenOption, how: string): void {
    this.#wrong("conflicting-options", given.valueSpan ?? given.span, {
      message: `--${given.option.long} ${how}`,
      hint: "Leave one of the two out",
    });
  }

  #checkArguments(): void {
    const command = this.#command;
    if (!command) {
      if (!this.#lost && this.#path[0] === "traffic") {
        this.#wrong("missing-argument", {
          start: this.#end,
          end: this.#end,
        }, {
          message: "A command is missing after traffic",
          hint: "One of show, shift, clear, undo, redo, history, apply",
        });
      }
      return;
    }
    const { argument } = command;
    const allowed = argument === undefined
      ? 0
      : argument.repeatable
      ? Infinity
      : 1;
    if (argument?.type === "command") this.#checkTopic();
    for (const [index, token] of this.#positionals.entries()) {
      // What programs hand to each other may be empty.
      if (token.value.trim() === "" && !command.hidden) {
        this.#wrong("invalid-value", token.span, {
          message: "An empty argument names nothing",
        });
      } else if (index >= allowed) {
        this.#unexpected(command, token);
        // What follows a word that was meant is that word's.
        if (commandsBelow(command.path, this.#way).length > 0) break;
      }
    }
    // What stood behind an unknown option may have been the argument.
    const isLost = this.#diagnostics.some(({ code }) =>
      code === "unknown-option"
    );
    if (argument?.required && this.#positionals.length === 0 && !isLost) {
      this.#wrong("missing-argument", { start: this.#end, end: this.#end }, {
        message: `${argument.name} is missing: ${argument.doc}`,
      });
    }
  }

  #unexpected(command: Command, token: Token): void {
    const name = command.path.join(" ");
    const below = commandsBelow(command.path, this.#way)
      .map(({ path }) => path.at(-1) as string);
    const near = nearest(token.value, below);
    this.#wrong("unexpected-argument", token.span, {
      message: command.argument
        ? `"${name}" takes one ${command.argument.name}`
        : `"${name}" takes no argument ${quoted(token.value)}`,
      hint: near
        ? `Did you mean "${near}"?`
        : below.length > 0
        ? `One of ${below.join(", ")}`
        : this.#helpHint(`${name} --help shows what it takes`),
      ...(near ? { replacement: near } : {}),
    });
  }

  /** `help shfit`: there is no help for what is not there. */
  #checkTopic(): void {
    const topic = this.#positionals.filter(({ value }, index) =>
      index > 0 || value !== "traffic"
    );
    const [first, second] = topic;
    if (!first || commandAt(topic.map(({ value }) => value))) return;
    const isUnknown = !commandAt([first.value]);
    this.#unknownCommand(
      isUnknown ? first : second ?? first,
      commandsIn(this.#way),
    );
  }

  #wrong(
    code: Diagnostic["code"],
    span: Span,
    what: Pick<Diagnostic, "message" | "hint" | "replacement">,
  ): void {
    this.#diagnostics.push({ code, severity: "error", span, ...what });
  }
}

/** What is a word somewhere else. */
function elsewhere(
  { path, ways = [] }: Command,
  way: Way,
): Pick<Diagnostic, "message" | "hint"> {
  const places = { line: "the command line", shell: "the shell" } as const;
  const [first = ""] = path;
  const names = ways.map((each) => each === "script" ? "scripts" : places[each])
    .join(" and ");
  return {
    message: `"${first}" is a command of ${names}`,
    hint: way === "line"
      ? "istiops opens the shell, istiops run FILE a script"
      : way === "shell"
      ? `Leave the shell, then istiops ${first}`
      : "A script holds what is to be done, and nothing about how it is run",
  };
}
