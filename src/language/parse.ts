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
  type Option,
  optionsOf,
  OUTPUT_OPTIONS,
  PLANNED,
  TARGET_OPTIONS,
} from "./commands.ts";
import { type Diagnostic, nearest, type Span } from "./diagnose.ts";
import {
  spanOf,
  type Token,
  tokenize,
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
  /** The line that spans point into. */
  readonly line: string;
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
  return parse(tokensOf(argv));
}

/** Parses a line as it was typed. */
export function parseCommandLine(text: string): Parsed {
  const tokens = tokenize(text);
  const [first] = tokens.tokens;
  return parse(
    first?.value === "istiops"
      ? { ...tokens, tokens: tokens.tokens.slice(1) }
      : tokens,
  );
}

function parse(tokens: Tokens): Parsed {
  return new Parser(tokens).parse();
}

/** Options that may stand before the command. */
const SHARED = [...TARGET_OPTIONS, ...OUTPUT_OPTIONS];

class Parser {
  readonly #tokens: readonly Token[];
  readonly #line: string;
  readonly #diagnostics: Diagnostic[];
  readonly #options: GivenOption[] = [];
  readonly #positionals: Token[] = [];
  #path: readonly string[] = [];
  #command: Command | undefined;
  #lost = false;
  #at = 0;

  constructor(tokens: Tokens) {
    this.#line = tokens.line;
    this.#tokens = tokens.tokens;
    this.#diagnostics = [...tokens.diagnostics];
  }

  parse(): Parsed {
    let literal = false;
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at++] as Token;
      if (!literal && token.value === "--") literal = true;
      else if (!literal && /^-./.test(token.value)) this.#option(token);
      else this.#word(token);
    }
    const help = this.#options.some(({ option }) => option.long === "help");
    if (!help) {
      this.#checkTwice();
      this.#checkArguments();
    }
    return {
      line: this.#line,
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
      if (deeper) this.#take(deeper);
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
    if (found && (!inTraffic || found.traffic)) {
      this.#take(found);
      return;
    }
    this.#lost = true;
    if (PLANNED.includes(token.value)) {
      this.#diagnostics.push({
        code: "unknown-command",
        severity: "error",
        span: token.span,
        message: `"${token.value}" is planned and not there yet`,
        hint: "istiops help lists the commands",
      });
      return;
    }
    const known = COMMANDS.filter((command) =>
      command.path.length === 1 && (!inTraffic || command.traffic)
    ).map((command) => command.path[0] as string);
    const near = nearest(
      token.value,
      inTraffic ? known : [...known, "traffic"],
    );
    this.#diagnostics.push({
      code: "unknown-command",
      severity: "error",
      span: token.span,
      message: `There is no command "${token.value}"`,
      hint: near
        ? `Did you mean "${near}"?`
        : "istiops help lists the commands",
      ...(near ? { replacement: near } : {}),
    });
  }

  #take(command: Command): void {
    this.#command = command;
    this.#path = command.path;
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
    // -abc: flags together; -w20 and -w=20: a value at once.
    for (let at = 1; at < value.length; at++) {
      const letter = value[at] as string;
      const option = this.#find((each) => each.short === letter);
      const span = spanOf(token, at, at + 1);
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
      else if (word !== "false") {
        this.#wrong("invalid-value", token.span, {
          message: `--${option.long} takes no value`,
        });
      }
      return;
    }
    const inline = place.valueStart !== undefined;
    const source = inline ? token : this.#tokens[this.#at];
    if (!source) {
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
    const own = this.#command ? optionsOf(this.#command) : SHARED;
    return own.find(wanted);
  }

  #unknown(token: Token, text: string, span: Span): void {
    // A line whose command is not known has said so already.
    if (this.#lost) return;
    const own = this.#command ? optionsOf(this.#command) : SHARED;
    const near = text.startsWith("--")
      ? nearest(text.slice(2), own.map(({ long }) => long))
      : undefined;
    const later = this.#command === undefined &&
      COMMANDS.some((command) =>
        optionsOf(command).some(({ long, short }) =>
          text === `--${long}` || text === `-${short}`
        )
      );
    const name = this.#path.join(" ");
    this.#diagnostics.push({
      code: "unknown-option",
      severity: "error",
      span,
      message: name
        ? `"${name}" has no option ${text}`
        : `There is no option ${text}`,
      hint: near
        ? `Did you mean --${near}?`
        : later
        ? "Options of a command stand after it"
        : `istiops ${name ? `${name} ` : ""}--help lists the options`,
      ...(near ? { replacement: `--${near}` } : {}),
    });
    // What follows is probably its value, not a name.
    const next = this.#tokens[this.#at];
    const inline = token.value.includes("=");
    if (near && !inline && next && !next.value.startsWith("-")) {
      const option = own.find(({ long }) => long === near);
      if (option && option.type !== "flag") this.#at++;
    }
  }

  /** 1.2: a scalar given twice with unequal values is a slip. */
  #checkTwice(): void {
    for (const [index, given] of this.#options.entries()) {
      if (given.option.repeatable || given.value === undefined) continue;
      const other = this.#options.slice(0, index).find((each) =>
        each.option.long === given.option.long && each.value !== given.value
      );
      if (!other) continue;
      this.#wrong("conflicting-options", given.valueSpan ?? given.span, {
        message:
          `--${given.option.long} is "${other.value}" before and "${given.value}" here`,
        hint: "Leave one of the two out",
      });
    }
  }

  #checkArguments(): void {
    const command = this.#command;
    if (!command) {
      if (!this.#lost && this.#path[0] === "traffic") {
        this.#wrong("missing-argument", {
          start: this.#line.length,
          end: this.#line.length,
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
    for (const [index, token] of this.#positionals.entries()) {
      if (token.value.trim() === "") {
        this.#wrong("invalid-value", token.span, {
          message: "An empty argument names nothing",
        });
      } else if (index >= allowed) {
        this.#wrong("unexpected-argument", token.span, {
          message: argument
            ? `"${command.path.join(" ")}" takes one ${argument.name}`
            : `"${command.path.join(" ")}" takes no argument "${token.value}"`,
          hint: `istiops ${command.path.join(" ")} --help shows what it takes`,
        });
      }
    }
    if (argument?.required && this.#positionals.length === 0) {
      this.#wrong("missing-argument", {
        start: this.#line.length,
        end: this.#line.length,
      }, {
        message: `${argument.name} is missing: ${argument.doc}`,
      });
    }
  }

  #wrong(
    code: Diagnostic["code"],
    span: Span,
    what: { readonly message: string; readonly hint?: string },
  ): void {
    this.#diagnostics.push({ code, severity: "error", span, ...what });
  }
}
