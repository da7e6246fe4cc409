/**
 * Edits that mend a finding or turn a line into its neighbour, and what can
 * be done with a line: each as one would do it by hand.
 *
 * @module
 */

import type {
  CodeAction,
  CodeActionContext,
  Command,
  Range,
} from "vscode-languageserver/node";
import { chosenBy } from "../language/chosen.ts";
import type { Diagnostic, Span } from "../language/diagnose.ts";
import { type Statement, statementAt } from "../language/document.ts";
import { givenOf } from "../language/given.ts";
import { namesAt } from "../language/names.ts";
import { placeOf } from "../language/session.ts";
import { quoteWord } from "../language/tokens.ts";
import { isHiding, safe } from "../render/safe.ts";
import { diagnosticsOf } from "./diagnostics.ts";
import { commandsIn } from "./routes.ts";
import { findingsOf, type View } from "./view.ts";

/** Kinds of edits that are offered. */
export const ACTION_KINDS: readonly string[] = ["quickfix", "refactor.rewrite"];

/** Words that could stand there instead, where none is nearest. */
const MOST = 5;

/** Findings of one range that anybody mends. */
const MOST_FINDINGS = 100;

interface Edit {
  readonly title: string;
  readonly kind: string;
  readonly span: Span;
  readonly text: string;
  readonly finding?: Diagnostic;
}

/** What is offered for a range. */
export function codeActionsAt(
  view: View,
  of: {
    readonly uri: string;
    readonly range: Range;
    readonly only?: CodeActionContext["only"];
    /** Lines may be carried out from here. */
    readonly mayRun: boolean;
  },
): readonly (CodeAction | Command)[] {
  const { uri, range, only, mayRun } = of;
  const { lines, client } = view;
  const isWanted = (kind: string): boolean =>
    only === undefined ||
    only.some((one) => kind === one || kind.startsWith(`${one}.`));
  const commands = mayRun && only === undefined ? commandsIn(view, of) : [];
  // Without literals, an editor takes commands alone.
  if (!client.literalActions) return commands;
  const span = lines.spanOf(range);
  const edits = [...fixesAt(view, span), ...rewritesAt(view, span)]
    .filter(({ kind, text }) => isWanted(kind) && !isHiding(text));
  return [
    ...edits.map(({ title, kind, span, text, finding }): CodeAction => ({
      title: safe(title),
      kind,
      ...finding === undefined
        ? {}
        : { diagnostics: [...diagnosticsOf(view, [finding])] },
      ...finding?.replacement !== undefined && client.preferredActions
        ? { isPreferred: true }
        : {},
      edit: {
        changes: { [uri]: [{ range: lines.rangeOf(span), newText: text }] },
      },
    })),
    ...commands,
  ];
}

function fixesAt(view: View, span: Span): readonly Edit[] {
  return findingsOf(view)
    .filter((finding) => touches(finding.span, span))
    .slice(0, MOST_FINDINGS)
    .flatMap((finding) => {
      const fix = (title: string, at: Span, text: string): Edit => ({
        title,
        kind: "quickfix",
        span: at,
        text,
        finding,
      });
      const { replacement, additions = [] } = finding;
      if (replacement !== undefined) {
        return [fix(`Write ${replacement}`, finding.span, replacement)];
      }
      const statement = statementAt(view.document, finding.span.start);
      if (statement === undefined) return [];
      const { end } = statement.parsed;
      return [
        ...additions.map((text) =>
          fix(`Add ${text}`, { start: end, end }, ` ${text}`)
        ),
        ...splitFix(statement, finding).map((text) =>
          fix(`Write ${text}`, finding.span, text)
        ),
        ...livingBuilds(view, statement, finding).map((text) =>
          fix(`Write ${text}`, finding.span, text)
        ),
      ];
    });
}

/** Shares that do not sum to 100: the largest takes what is over or missing. */
function splitFix(
  { parsed }: Statement,
  { span, code }: Diagnostic,
): readonly string[] {
  const given = givenOf(parsed, "split");
  const value = given?.value;
  if (code !== "invalid-value" || value === undefined) return [];
  if (given?.valueSpan?.start !== span.start) return [];
  const shares = value.split(",").map((part) => {
    const cut = part.lastIndexOf("=");
    return {
      build: part.slice(0, Math.max(0, cut)).trim(),
      tenths: Math.round(Number(part.slice(cut + 1)) * 10),
    };
  });
  const isRead = shares.every(({ build, tenths }) =>
    build !== "" && tenths >= 0
  );
  const sum = shares.reduce((sum, { tenths }) => sum + tenths, 0);
  const largest = shares.toSorted((a, b) => b.tenths - a.tenths)[0];
  if (!isRead || largest === undefined || sum === 1000) return [];
  const rest = largest.tenths + 1000 - sum;
  return rest < 0 || rest > 1000 ? [] : [
    shares.map((share) =>
      `${share.build}=${(share === largest ? rest : share.tenths) / 10}`
    ).join(","),
  ];
}

/** Builds that are there, where the one that was written is not. */
function livingBuilds(
  { names }: View,
  { whole, before }: Statement,
  { code }: Diagnostic,
): readonly string[] {
  const known = namesAt(names, placeOf(whole, before.session));
  return code !== "build-unknown" || known === undefined
    ? []
    : chosenBy(whole, known).builds.slice(0, MOST)
      .map(({ build }) => quoteWord(build));
}

/** `clear -m soft` to `-m hard`, and back. */
function rewritesAt(view: View, span: Span): readonly Edit[] {
  return view.document.statements
    .filter((statement) => touches(statement.span, span))
    .flatMap(({ parsed }): Edit[] => {
      const mode = givenOf(parsed, "mode");
      const other = { soft: "hard", hard: "soft" }[mode?.value ?? ""];
      return mode?.valueSpan === undefined || other === undefined ? [] : [{
        title: `Turn ${mode.value} into ${other}`,
        kind: "refactor.rewrite",
        span: mode.valueSpan,
        text: other,
      }];
    });
}

function touches(a: Span, b: Span): boolean {
  return a.start <= b.end && b.start <= a.end;
}
