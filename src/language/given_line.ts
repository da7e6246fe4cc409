/**
 * A parsed line, asked for its options by name: typed values, and a finding
 * with its place for each that is wrong.
 *
 * @module
 */

import { type Diagnostic, nearest, quoted, type Span } from "./diagnose.ts";
import type { InvocationOptions } from "./invocation.ts";
import type { GivenOption, Parsed } from "./parse.ts";
import { parseAssignment, type Parsed as Value } from "./values.ts";

/** The options and words of one line. */
export class GivenLine {
  /** What is wrong with the values that were asked for. */
  readonly diagnostics: Diagnostic[] = [];
  /** The line as it was parsed. */
  readonly parsed: Parsed;
  readonly #options: InvocationOptions;

  constructor(parsed: Parsed, options: InvocationOptions) {
    this.parsed = parsed;
    this.#options = options;
  }

  /** The option, where it is given; the first of several. */
  one(name: string): GivenOption | undefined {
    return this.parsed.options.find(({ option }) => option.long === name);
  }

  /** The option, as often as it is given. */
  all(name: string): readonly GivenOption[] {
    return this.parsed.options.filter(({ option }) => option.long === name);
  }

  /** Is the option given? */
  flag(name: string): boolean {
    return this.one(name) !== undefined;
  }

  /** Where what is missing would stand. */
  end(): Span {
    const { end } = this.parsed;
    return { start: end, end };
  }

  /** The value of an option, read; nothing where it is absent or wrong. */
  value<T>(name: string, read: (text: string) => Value<T>): T | undefined {
    const given = this.one(name);
    return given && this.read(given, read);
  }

  /** A value, or a finding at the part of it that is wrong. */
  read<T>(
    given: GivenOption,
    read: (text: string) => Value<T>,
  ): T | undefined {
    const value = read(given.value ?? "");
    if (value.ok) return value.value;
    this.wrong("invalid-value", given.partOf(value.start, value.end), {
      message: value.message,
      ...(value.hint === undefined ? {} : { hint: value.hint }),
    });
    return undefined;
  }

  /** The value of an option with a closed list of them. */
  enum(name: string): string | undefined {
    const given = this.one(name);
    if (!given) return undefined;
    const values = given.option.values ?? [];
    const value = given.value ?? "";
    if (values.includes(value)) return value;
    this.notOneOf(value, values, given.valueSpan ?? given.span);
    return undefined;
  }

  /** A finding about a word outside a closed list. */
  notOneOf(value: string, values: readonly string[], span: Span): void {
    const near = nearest(value, values);
    this.diagnostics.push({
      code: "invalid-value",
      severity: "error",
      span,
      message: `${quoted(value)} is not one of ${values.join(", ")}`,
      ...(near ? { hint: `Did you mean "${near}"?`, replacement: near } : {}),
    });
  }

  /** A port, 0 among them. */
  port(given: GivenOption): number {
    const port = Number(given.value);
    if (!/^\d{1,5}$/.test(given.value ?? "") || port > 65535) {
      this.wrong("invalid-value", given.valueSpan ?? given.span, {
        message: `${
          quoted(given.value ?? "")
        } is not a port: ports are 0 to 65535`,
      });
    }
    return port;
  }

  /** Two options that cannot both be given. */
  exclude(first: string, second: string): void {
    const [a, b] = [this.one(first), this.one(second)];
    if (!a || !b) return;
    const later = a.span.start > b.span.start ? a : b;
    this.wrong("conflicting-options", later.span, {
      message: `--${first} and --${second} exclude each other`,
      hint: "Leave one of the two out",
    });
  }

  /** Said only of a line that was read whole: what was not may be just that. */
  missing(
    span: Span,
    what: Pick<Diagnostic, "message" | "hint" | "additions">,
  ): void {
    if (this.parsed.diagnostics.length > 0) return;
    this.wrong("missing-argument", span, what);
  }

  /** A finding that ends the line. */
  wrong(
    code: Diagnostic["code"],
    span: Span,
    what: Pick<Diagnostic, "message" | "hint" | "additions">,
  ): void {
    this.diagnostics.push({ code, severity: "error", span, ...what });
  }

  /** An RE2 pattern, where somebody can judge it. */
  checkPattern(pattern: string, place: Span): void {
    const problem = this.#options.problemOfPattern?.(pattern);
    if (problem === undefined) return;
    this.wrong("invalid-value", place, {
      message: `${quoted(pattern)} is not an RE2 pattern: ${problem}`,
      hint: "RE2 has no look-around and no back-references",
    });
  }

  /** The one word of an enumeration. */
  word(): string {
    const [token] = this.parsed.positionals;
    const values = this.parsed.command?.argument?.values ?? [];
    if (!token || values.includes(token.value)) return token?.value ?? "";
    this.notOneOf(token.value, values, token.span);
    return "";
  }

  /** `name=value`, or what is wrong with it. */
  assignment(
    text: string,
    partOf: (start: number, end: number) => Span,
  ): { readonly name: string; readonly value: string } | undefined {
    const value = parseAssignment(text);
    if (value.ok) return value.value;
    this.wrong("invalid-value", partOf(value.start, value.end), {
      message: value.message,
      ...(value.hint === undefined ? {} : { hint: value.hint }),
    });
    return undefined;
  }
}
