/**
 * The shape of a script: sections by their comments, commands in them, and
 * what can be folded away.
 *
 * @module
 */

import type {
  DocumentSymbol,
  FoldingRange,
  SymbolInformation,
} from "vscode-languageserver/node";
import type { Span } from "../language/diagnose.ts";
import type { Statement } from "../language/document.ts";
import { safe } from "../render/safe.ts";
import type { View } from "./view.ts";

const NAMESPACE = 3;
const FUNCTION = 12;
const VARIABLE = 13;

/** A run of commands under a comment that stands alone. */
interface Section {
  /** Absent: what stands before the first comment. */
  readonly comment?: Span;
  readonly statements: readonly Statement[];
}

/** Commands, grouped by section. */
export function symbolsOf(view: View): readonly DocumentSymbol[] {
  return sectionsOf(view).flatMap(({ comment, statements }) => {
    const children = statements.map((each) => symbolOf(view, each));
    const last = statements.at(-1)?.span;
    if (comment === undefined || last === undefined) return children;
    const { text } = view.document;
    return [{
      name: titleOf(text.slice(comment.start, comment.end)),
      kind: NAMESPACE,
      range: view.lines.rangeOf({ start: comment.start, end: last.end }),
      selectionRange: view.lines.rangeOf(comment),
      children,
    }];
  });
}

/** The same without a hierarchy, for editors that show none. */
export function flatSymbolsOf(
  view: View,
  uri: string,
): readonly SymbolInformation[] {
  return symbolsOf(view).flatMap((symbol) =>
    [symbol, ...symbol.children ?? []].map(({ name, kind, range }) => ({
      name,
      kind,
      location: { uri, range },
      ...symbol.name === name ? {} : { containerName: symbol.name },
    }))
  );
}

function symbolOf(
  { document, lines }: View,
  { span, parsed }: Statement,
): DocumentSymbol {
  const isSet = parsed.path[0] === "set";
  const [name] = parsed.tokens.tokens;
  const about = parsed.positionals.map(({ value }) => value).join(" ");
  const title = `${parsed.path.join(" ")} ${about}`.trim() ||
    document.text.slice(span.start, name?.span.end);
  const rest = document.text.slice(span.start, span.end)
    .replaceAll(/\\\r?\n\s*/g, "");
  return {
    name: shorten(title),
    detail: shorten(rest),
    kind: isSet ? VARIABLE : FUNCTION,
    range: lines.rangeOf(span),
    selectionRange: lines.rangeOf(name?.span ?? span),
  };
}

function sectionsOf(view: View): readonly Section[] {
  const { statements } = view.document;
  const heads = headsOf(view);
  const bounds = [0, ...heads.map(({ start }) => start), Infinity];
  return bounds.slice(0, -1).map((from, index) => {
    const comment = heads[index - 1];
    const to = bounds[index + 1] ?? Infinity;
    return {
      ...comment === undefined ? {} : { comment },
      statements: statements.filter(({ span }) =>
        span.start >= from && span.start < to
      ),
    };
  });
}

/** The first of comments that stand alone, after a blank line or at the top. */
function headsOf({ document, lines }: View): readonly Span[] {
  const { text, comments } = document;
  return comments.filter(({ start }) => {
    const line = lines.lineAt(start);
    const before = text.slice(lines.offsetAt({ line, character: 0 }), start);
    return before.trim() === "" && (line === 0 || isBlank(line - 1));
  });

  function isBlank(line: number): boolean {
    const start = lines.offsetAt({ line, character: 0 });
    return text.slice(start, lines.endOf(line)).trim() === "";
  }
}

/** Commands over several lines, comments over several lines, sections. */
export function foldingOf(view: View): readonly FoldingRange[] {
  const { document, lines } = view;
  const fold = (span: Span, kind?: string): FoldingRange[] => {
    const startLine = lines.lineAt(span.start);
    const endLine = lines.lineAt(span.end);
    return endLine > startLine
      ? [{ startLine, endLine, ...kind === undefined ? {} : { kind } }]
      : [];
  };
  const sections = sectionsOf(view).flatMap(({ comment, statements }) => {
    const end = statements.at(-1)?.span.end;
    return comment === undefined || end === undefined
      ? []
      : fold({ start: comment.start, end }, "region");
  });
  return [
    ...document.statements.flatMap(({ span }) => fold(span)),
    ...runsOf(view).flatMap((span) => fold(span, "comment")),
    ...sections,
  ].toSorted((a, b) => a.startLine - b.startLine);
}

/** Comments in lines that follow one another, and nothing else in these. */
function runsOf({ document, lines }: View): readonly Span[] {
  const runs: Span[] = [];
  for (const comment of document.comments) {
    const line = lines.lineAt(comment.start);
    const from = lines.offsetAt({ line, character: 0 });
    const isAlone = document.text.slice(from, comment.start).trim() === "";
    const last = runs.at(-1);
    if (!isAlone) continue;
    if (last !== undefined && lines.lineAt(last.end) === line - 1) {
      runs[runs.length - 1] = { start: last.start, end: comment.end };
    } else runs.push(comment);
  }
  return runs;
}

function titleOf(comment: string): string {
  const text = comment.replace(/^[#\s=-]+|[#\s=-]+$/g, "");
  return shorten(text === "" ? comment : text);
}

function shorten(text: string): string {
  const line = safe(text);
  return line.length <= 100 ? line : `${line.slice(0, 99).toWellFormed()}…`;
}
