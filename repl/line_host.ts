/**
 * The language at the prompt: what is known of the line as it is written, at
 * once, whatever the cluster does.
 *
 * @module
 */

import { complete, type Completion } from "../src/language/complete.ts";
import type { Diagnostic } from "../src/language/diagnose.ts";
import { type Document, readDocument } from "../src/language/document.ts";
import type { InvocationOptions } from "../src/language/invocation.ts";
import { liveDiagnostics } from "../src/language/live.ts";
import { type Names, namesAt, type Place } from "../src/language/names.ts";
import { placeIn } from "../src/language/session.ts";
import { signatureAt, signatureLine } from "../src/language/signature.ts";
import type { Style } from "../src/render/colour.ts";
import type { CompletionItem, Highlight, LineContext } from "./context.ts";
import { ghostFrom } from "./history_walk.ts";
import type { ShellState } from "./session.ts";

/** What the prompt asks about: names and files, never waited for. */
export interface Knowledge {
  names(): Names;
  /** Starts to read a place in the background. */
  want(place: Place): void;
  /** Files whose path goes on as typed; nothing while they are being read. */
  files(typed: string): readonly CompletionItem[] | undefined;
}

/** Options of {@linkcode contextOf}. */
export interface HostOptions extends InvocationOptions {
  readonly history: readonly string[];
  readonly state: ShellState;
  readonly knowledge: Knowledge;
  /** Of the terminal. */
  readonly columns: number;
}

/** Reads a line with what the shell holds. */
export function readShellLine(
  text: string,
  { state, ...options }: Pick<HostOptions, "state" | "problemOfPattern">,
): Document {
  const { session, variables } = state;
  return readDocument(text, { way: "shell", session, variables, ...options });
}

/** Everything about a line that the editor shows. */
export function contextOf(
  text: string,
  cursor: number,
  options: HostOptions,
): LineContext {
  const { history, knowledge } = options;
  const document = readShellLine(text, options);
  const names = knowledge.names();
  const completion = complete(document, cursor, names);
  const { place } = completion;
  const isWanted = place !== undefined &&
    place.kubeconfig === placeIn(options.state.session).kubeconfig;
  // A kubeconfig may name programs: one that only stands in the line, pasted
  // maybe, is not opened before Enter.
  if (isWanted) knowledge.want(place);
  const items = itemsOf(completion, { text, cursor, knowledge });
  const diagnostics = [
    ...document.diagnostics,
    ...liveDiagnostics(document, names),
  ].filter((each) => !isUnfinished(each, { text, cursor, items: items ?? [] }));
  const ghost = cursor === text.length ? ghostFrom(history, text) : undefined;
  const signature = signatureAt(document, cursor);
  return {
    history,
    completion: {
      span: completion.span,
      items: items ?? [],
      state: completion.isLoading && isWanted && !hasFailed(names, place) ||
          items === undefined
        ? "loading"
        : "ready",
    },
    diagnostics,
    highlights: highlightsOf(document),
    ...(ghost === undefined ? {} : { ghost }),
    ...(signature === undefined
      ? {}
      : { signature: signatureLine(signature, options.columns) }),
  };
}

/** A place that could not be read is not loading for ever. */
function hasFailed(names: Names, place: Place | undefined): boolean {
  return place !== undefined && namesAt(names, place)?.problem !== undefined;
}

function itemsOf(
  completion: Completion,
  of: {
    readonly text: string;
    readonly cursor: number;
    readonly knowledge: Knowledge;
  },
): readonly CompletionItem[] | undefined {
  const { text, knowledge } = of;
  const files = completion.files === undefined
    ? []
    : knowledge.files(completion.files.typed);
  if (files === undefined) return undefined;
  // A blank behind a word that is whole, unless one is there already.
  const isEnd = completion.span.end === text.length;
  return [
    ...completion.items.map(({ text, label, doc, detail, isOpen }) => ({
      text: isEnd && !isOpen ? `${text} ` : text,
      label,
      ...(doc === "" ? {} : { doc }),
      ...(detail === undefined ? {} : { detail }),
    })),
    ...files,
  ];
}

/** What is wrong only because the line is still being written. */
function isUnfinished(
  { code, span, severity }: Diagnostic,
  of: {
    readonly text: string;
    readonly cursor: number;
    readonly items: readonly CompletionItem[];
  },
): boolean {
  const { text, cursor, items } = of;
  if (code === "missing-argument") return true;
  if (code === "missing-value") {
    return cursor === text.length && text.slice(span.end).trim() === "";
  }
  if (span.end !== cursor) return false;
  // The word under the cursor may yet become another one.
  return severity === "warning" && items.length > 0 ||
    items.some(({ text }) => text.trimEnd() !== "") &&
      (code === "unknown-command" || code === "unknown-option" ||
        code === "unexpected-argument" || code === "undefined-variable" ||
        code === "invalid-value");
}

function highlightsOf({ statements, comments, uses }: Document): Highlight[] {
  const found: Highlight[] = [];
  const add = (
    span: { readonly start: number; readonly end: number },
    ...styles: readonly Style[]
  ): void => {
    if (span.end > span.start) found.push({ span, styles });
  };
  for (const { parsed } of statements) {
    const first = parsed.positionals[0]?.span.start ?? parsed.end;
    const options = parsed.options.map(({ span }) => span.start);
    const end = Math.min(first, ...options, parsed.end);
    for (const { span } of parsed.tokens.tokens) {
      if (parsed.command && span.end <= end) add(span, "bold");
    }
    for (const { span, valueSpan } of parsed.options) {
      add(span, "cyan");
      if (valueSpan) add(valueSpan, "green");
    }
  }
  for (const { span } of uses) add(span, "yellow");
  for (const span of comments) add(span, "dim");
  return found.toSorted((a, b) => a.span.start - b.span.start);
}
