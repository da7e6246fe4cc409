/**
 * A script as a whole: what its lines say, and what only a script can have
 * wrong.
 *
 * @module
 */

import { type Diagnostic, nearest, quoted, type Span } from "./diagnose.ts";
import {
  type Document,
  type DocumentOptions,
  readDocument,
  type Statement,
} from "./document.ts";
import { givenOf } from "./given.ts";

/** Characters of a script. */
const LONGEST = 1024 * 1024;
const MOST_LINES = 10_000;

/** A text to be run. */
export interface Script {
  readonly document: Document;
  /** Those that are carried out: not `set`, not `use`. */
  readonly steps: readonly Statement[];
  /** Of the lines and of the whole, in order. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Options of {@linkcode readScript}. */
export interface ScriptOptions extends DocumentOptions {
  /** The script itself comes by standard input. */
  readonly isStdin?: boolean;
  /** The one format of all results, where the run was given one. */
  readonly output?: string;
}

/** Reads a script and everything that can be wrong before it runs. */
export function readScript(
  text: string,
  options: ScriptOptions = {},
): Script {
  const bounds = beyond(text);
  if (bounds) {
    return { document: readDocument(""), steps: [], diagnostics: [bounds] };
  }
  const document = readDocument(text, { ...options, way: "script" });
  return {
    document,
    steps: document.statements.filter(({ parsed: { path, help } }) =>
      help || !["set", "use"].includes(path[0] ?? "")
    ),
    diagnostics: findingsIn(document, options),
  };
}

/** Everything that is wrong with a text as a script, in order. */
export function findingsIn(
  document: Document,
  options: ScriptOptions = {},
): readonly Diagnostic[] {
  return [
    ...charactersIn(document.text),
    ...document.diagnostics,
    ...unusedValues(document, options.outside ?? new Map()),
    ...document.statements.flatMap((each) => [...unfit(each, options)]),
  ].sort((a, b) => a.span.start - b.span.start);
}

function beyond(text: string): Diagnostic | undefined {
  const start = { start: 0, end: 0 };
  if (text.length > LONGEST) {
    return wrong(start, {
      message: "The script is larger than 1 MiB",
      hint: "Cut it into several",
    });
  }
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    lines++;
  }
  return lines <= MOST_LINES + 1 ? undefined : wrong(start, {
    message: "The script has more than 10,000 lines",
    hint: "Cut it into several",
  });
}

/**
 * What shows otherwise than it is read: control characters, line ends of
 * other systems, marks that turn the direction, and what was no UTF-8.
 */
const UNFIT =
  // deno-lint-ignore no-control-regex
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffd]|\r(?!\n)/g;

function* charactersIn(text: string): Generator<Diagnostic> {
  for (const { 0: char, index } of text.matchAll(UNFIT)) {
    const code = char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    yield wrong({ start: index, end: index + 1 }, {
      message: char === "\ufffd"
        ? "This is not UTF-8 text"
        : `A script holds no character U+${code}`,
      hint: char === "\r"
        ? "End lines with a line feed"
        : "Save it as plain text in UTF-8",
    });
  }
}

function* unusedValues(
  { uses, definitions }: Document,
  outside: ReadonlyMap<string, string>,
): Generator<Diagnostic> {
  const known = [...uses, ...definitions].map(({ name }) => name);
  for (const name of outside.keys()) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    yield wrong({ start: 0, end: 0 }, {
      message: `--set gives $${name}, which the script never uses`,
      hint: near ? `Did you mean --set ${near}=…?` : "Leave it out",
    });
  }
}

function* unfit(
  { parsed, invocation }: Statement,
  { output, isStdin }: ScriptOptions,
): Generator<Diagnostic> {
  const format = givenOf(parsed, "output");
  if (format && output !== undefined && format.value !== output) {
    yield wrong(format.valueSpan ?? format.span, {
      code: "conflicting-options",
      message: `The script is run with -o ${output}, and this line says ${
        quoted(format.value ?? "")
      }`,
      hint: "Leave one of the two out",
    });
  }
  const watch = givenOf(parsed, "watch");
  if (watch) {
    yield wrong(watch.span, {
      message: "--watch does not end, and the lines below would never run",
      hint: "Leave it out, or watch in another terminal",
    });
  }
  if (isStdin && invocation?.verb === "apply" && invocation.file === "-") {
    const [token] = parsed.positionals;
    yield wrong(token?.span ?? { start: parsed.end, end: parsed.end }, {
      message: "Standard input holds the script, and no plan",
      hint: "Name a file",
    });
  }
}

function wrong(
  span: Span,
  what:
    & Pick<Diagnostic, "message" | "hint">
    & Partial<Pick<Diagnostic, "code">>,
): Diagnostic {
  return { code: "usage", severity: "error", span, ...what };
}
