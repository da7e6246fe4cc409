/**
 * Where results and talk go: results to stdout in the format asked for, talk
 * to stderr, colour only where a terminal shows it.
 *
 * @module
 */

import type { OutputFormat, OutputOptions } from "../language/invocation.ts";
import type { RenderOptions } from "../render/text.ts";
import type { Io, Output } from "./io.ts";

/** A result: a document for machines, and how people read it. */
export interface Result {
  readonly document: unknown;
  readonly pretty: (options: RenderOptions) => string;
}

/** What was there before stays above, where one can scroll to. */
const CLEAR_SCREEN = "\x1b[H\x1b[2J";

/** The two streams of one command. */
export class Talk {
  readonly #io: Io;
  readonly options: OutputOptions;
  /** Other commands print to the same streams. */
  readonly #isOneOfMany: boolean;

  constructor(io: Io, options: OutputOptions, isOneOfMany = false) {
    this.#io = io;
    this.options = options;
    this.#isOneOfMany = isOneOfMany;
  }

  /** The one result of a command. */
  async result(result: Result): Promise<void> {
    this.#io.stdout.write(
      this.options.output === "pretty"
        ? result.pretty(this.#renderOptions(this.#io.stdout))
        : await formatDocument(
          result.document,
          this.options.output,
          this.#isOneOfMany,
        ),
    );
  }

  /** One of many results: a screen of its own, or a document of its own. */
  async frame(result: Result): Promise<void> {
    const { output } = this.options;
    if (output !== "pretty") {
      this.#io.stdout.write(
        await formatDocument(result.document, output, true),
      );
      return;
    }
    const { stdout } = this.#io;
    if (stdout.isTerminal && stdout.isPlain !== true) {
      stdout.write(CLEAR_SCREEN);
    }
    await this.result(result);
  }

  /** Something for people to read on the way, unless they want it quiet. */
  say(text: string): void {
    if (!this.options.quiet) this.#io.stderr.write(text);
  }

  /** What nobody should miss. */
  tell(text: string): void {
    this.#io.stderr.write(text);
  }

  /** Only for who asked for more. */
  detail(text: string): void {
    if (this.options.verbose) this.#io.stderr.write(`${text}\n`);
  }

  /** How text for stderr is rendered. */
  get aside(): RenderOptions {
    return this.#renderOptions(this.#io.stderr);
  }

  #renderOptions(output: Output): RenderOptions {
    return renderOptionsFor(output, this.#io, this.options.color);
  }
}

/** Colour where a terminal shows it and nobody has said no. */
export function renderOptionsFor(
  output: Output,
  io: Io,
  wantsColor: boolean,
): RenderOptions {
  const refused = (io.env("NO_COLOR") ?? "") !== "" ||
    io.env("TERM") === "dumb";
  return {
    color: wantsColor && output.isTerminal && !refused,
    width: output.isTerminal ? io.columns() : WIDTH_OF_FILES,
  };
}

/** Logs and pipes have no width of their own. */
const WIDTH_OF_FILES = 100;

/**
 * A document as JSON or YAML, ending with a line feed; where more come, JSON
 * in one line, YAML behind its mark.
 */
export async function formatDocument(
  document: unknown,
  format: Exclude<OutputFormat, "pretty">,
  isOneOfMany = false,
): Promise<string> {
  if (format === "yaml") {
    const { toYaml } = await import("../render/yaml.ts");
    return `${isOneOfMany ? "---\n" : ""}${toYaml(document)}`;
  }
  const { toJson } = await import("../render/json.ts");
  return `${toJson(document, isOneOfMany ? { line: true } : {})}\n`;
}
