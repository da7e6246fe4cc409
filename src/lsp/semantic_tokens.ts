/**
 * What each word is, for editors that colour by it.
 *
 * @module
 */

import type {
  SemanticTokens,
  SemanticTokensLegend,
} from "vscode-languageserver/node";
import type { Span } from "../language/diagnose.ts";
import type { Statement } from "../language/document.ts";
import type { GivenOption } from "../language/parse.ts";
import type { View } from "./view.ts";

const TYPES = [
  "keyword",
  "property",
  "string",
  "number",
  "variable",
  "comment",
] as const;

type Type = typeof TYPES[number];

/** The types, by their number. */
export const LEGEND: SemanticTokensLegend = {
  tokenTypes: [...TYPES],
  tokenModifiers: [],
};

/** Words of the document, or of a part of it. */
export function semanticTokensOf(view: View, part?: Span): SemanticTokens {
  const { document, lines } = view;
  const all = [
    ...document.statements.flatMap(wordsOf),
    ...document.comments.map((span): Word => ({ span, type: "comment" })),
    ...document.uses.map(({ span }): Word => ({ span, type: "variable" })),
  ].filter(({ span }) =>
    part === undefined || (span.start < part.end && span.end > part.start)
  ).toSorted((a, b) => a.span.start - b.span.start);
  const data: number[] = [];
  let line = 0;
  let character = 0;
  for (const { span, type } of all) {
    for (const one of byLine(span, view)) {
      const at = lines.positionAt(one.start);
      const delta = at.line - line;
      data.push(
        delta,
        delta === 0 ? at.character - character : at.character,
        one.end - one.start,
        TYPES.indexOf(type),
        0,
      );
      ({ line, character } = at);
    }
  }
  return { data };
}

interface Word {
  readonly span: Span;
  readonly type: Type;
}

function wordsOf({ parsed }: Statement): readonly Word[] {
  const { tokens, path, options, tokens: { uses } } = parsed;
  const names = new Set<number>();
  let left = path.length;
  for (const { value, span } of tokens.tokens) {
    if (left === 0) break;
    if (value === "istiops" || value === "traffic") names.add(span.start);
    else if (path.includes(value)) {
      names.add(span.start);
      left--;
    }
  }
  // Options and uses come in the order of the words.
  let option = 0;
  let use = 0;
  return tokens.tokens.flatMap(({ span, value }) => {
    let given: GivenOption | undefined;
    for (; startOf(options[option]?.span) < span.end; option++) {
      given = options[option];
    }
    const holes: Span[] = [];
    for (; startOf(uses[use]?.span) < span.end; use++) {
      holes.push(uses[use]?.span as Span);
    }
    if (names.has(span.start)) return [{ span, type: "keyword" as const }];
    if (given === undefined) {
      return without({ span, type: typeOf(value) }, holes);
    }
    // `--weight=20` is a name and a value in one word.
    const isInline = given.valueSpan !== undefined &&
      given.valueSpan.end <= span.end;
    const name: Word = {
      span: { start: span.start, end: given.span.end },
      type: "property",
    };
    return isInline && given.valueSpan !== undefined
      ? [
        name,
        ...without(
          { span: given.valueSpan, type: typeOf(given.value ?? "") },
          holes,
        ),
      ]
      : [name];
  });
}

function startOf(span: Span | undefined): number {
  return span?.start ?? Infinity;
}

function typeOf(value: string): Type {
  return /^\d+(\.\d+)?$/.test(value) ? "number" : "string";
}

/** The parts of a word between its variables. */
function without({ span, type }: Word, holes: readonly Span[]): Word[] {
  const parts: Word[] = [];
  let { start } = span;
  for (const hole of holes) {
    if (hole.end <= start || hole.start >= span.end) continue;
    if (hole.start > start) {
      parts.push({ span: { start, end: hole.start }, type });
    }
    start = hole.end;
  }
  if (start < span.end) parts.push({ span: { start, end: span.end }, type });
  return parts;
}

/** A word over several lines is one in each of them. */
function byLine({ start, end }: Span, { lines }: View): readonly Span[] {
  const parts: Span[] = [];
  for (let line = lines.lineAt(start);; line++) {
    const from = Math.max(start, lines.offsetAt({ line, character: 0 }));
    const to = Math.min(end, lines.endOf(line));
    if (to > from) parts.push({ start: from, end: to });
    if (
      line + 1 >= lines.count ||
      lines.offsetAt({ line: line + 1, character: 0 }) >= end
    ) return parts;
  }
}
