/**
 * What the editor is told about the line at each step, as plain values. Whoever
 * knows the language makes it; the editor knows only text.
 *
 * @module
 */

import type { Style } from "../src/render/colour.ts";
import type { Span } from "./buffer.ts";

/** One way to go on. */
export interface CompletionItem {
  /** What goes into the line in the place of the span. */
  readonly text: string;
  /** What the menu shows. */
  readonly label: string;
  /** Beside the label: what it is, how old it is. */
  readonly detail?: string;
  /** A sentence about the item. */
  readonly doc?: string;
}

/** All ways to go on at the cursor. */
export interface Completion {
  readonly span: Span;
  readonly items: readonly CompletionItem[];
  /** `loading`: more may come. */
  readonly state: "ready" | "loading";
}

/** What is wrong with a part of the line. */
export interface LineDiagnostic {
  readonly span: Span;
  readonly severity: "error" | "warning" | "information";
  readonly message: string;
  readonly hint?: string;
  /** What belongs in the place of `span`. */
  readonly replacement?: string;
}

/** A part of the line that looks different. */
export interface Highlight {
  readonly span: Span;
  readonly styles: readonly Style[];
}

/** Everything about the line as it is written now. */
export interface LineContext {
  /** Former lines, the oldest first. */
  readonly history: readonly string[];
  readonly completion?: Completion;
  readonly diagnostics: readonly LineDiagnostic[];
  readonly highlights: readonly Highlight[];
  /** How the line would probably go on behind its end. */
  readonly ghost?: string;
  /** What the command at the cursor takes. */
  readonly signature?: string;
}

/** A line about which nothing is known. */
export const NOTHING_KNOWN: LineContext = {
  history: [],
  diagnostics: [],
  highlights: [],
};

/** The one diagnostic to tell: at the cursor, else the gravest. */
export function diagnosticAt(
  diagnostics: readonly LineDiagnostic[],
  cursor: number,
): LineDiagnostic | undefined {
  const RANK = { error: 0, warning: 1, information: 2 };
  const sorted = diagnostics.toSorted((a, b) =>
    RANK[a.severity] - RANK[b.severity]
  );
  return sorted.find(({ span }) =>
    span.start <= cursor && cursor <= span.end
  ) ??
    sorted[0];
}
