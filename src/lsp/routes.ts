/**
 * What a line is about, as it is now: the share that a weight would change,
 * and what can be done with the line from the editor.
 *
 * @module
 */

import type {
  CodeLens,
  Command,
  InlayHint,
  Range,
} from "vscode-languageserver/node";
import {
  buildMeant,
  chosenBy,
  sharesOf,
  sharesText,
} from "../language/chosen.ts";
import type { Statement } from "../language/document.ts";
import { givenOf } from "../language/given.ts";
import { ageOf, namesAt, type Place, placeKey } from "../language/names.ts";
import { placeOf } from "../language/session.ts";
import type { View } from "./view.ts";

/** What can be done with a line; the titles are what people click on. */
export const COMMANDS = {
  "istiops.dryRun": "dry run",
  "istiops.run": "run",
  "istiops.showRoute": "show route",
} as const;

/** A command of {@linkcode COMMANDS}. */
export type CommandName = keyof typeof COMMANDS;

/** Which line a command is about. */
export interface CommandTarget {
  readonly uri: string;
  /** Where the line begins, and what it said: it may be another by now. */
  readonly start: number;
  readonly text: string;
}

/** As many as are kept up to date together. */
const MOST_PLACES = 4;

/** The share of today behind each weight: `now 10 %, 2 s ago`. */
export function inlayHintsOf(view: View, range: Range): readonly InlayHint[] {
  const { lines, names } = view;
  return statementsIn(view, range).flatMap((statement): InlayHint[] => {
    const { parsed, whole, before } = statement;
    const given = givenOf(parsed, "weight");
    const known = namesAt(names, placeOf(whole, before.session));
    if (given?.valueSpan === undefined || known === undefined) return [];
    const chosen = chosenBy(whole, known);
    const build = buildMeant(whole, chosen);
    const shares = build === undefined
      ? undefined
      : sharesText(sharesOf(chosen, build));
    if (shares === undefined) return [];
    return [{
      position: lines.positionAt(given.valueSpan.end),
      label: `now ${shares}, ${ageOf(known.readAt, names.now)}`,
      paddingLeft: true,
    }];
  });
}

/** Places that lines of a range go to, for whoever reads their names. */
export function placesIn(view: View, range: Range): readonly Place[] {
  return statementsIn(view, range)
    .filter(({ whole }) => whole.command?.cluster === true)
    .map(({ whole, before }) => placeOf(whole, before.session));
}

/** Places that are read for the findings of a document; the first few. */
export function placesOf({ document }: View): readonly Place[] {
  const found = new Map<string, Place>();
  for (const { whole, before } of document.statements) {
    if (found.size >= MOST_PLACES) break;
    if (whole.command?.cluster !== true) continue;
    const place = placeOf(whole, before.session);
    found.set(placeKey(place), place);
  }
  return [...found.values()];
}

/** What can be done with each line of a document. */
export function lensesOf(view: View, uri: string): readonly CodeLens[] {
  return view.document.statements.flatMap((statement) =>
    commandsFor(view, statement, uri).map((command) => ({
      range: view.lines.rangeOf(statement.span),
      command,
    }))
  );
}

/** The same for a range. */
export function commandsIn(
  view: View,
  of: { readonly uri: string; readonly range: Range },
): readonly Command[] {
  return statementsIn(view, of.range)
    .flatMap((statement) => commandsFor(view, statement, of.uri));
}

function commandsFor(
  { document }: View,
  { whole, invocation, span }: Statement,
  uri: string,
): readonly Command[] {
  const { command } = whole;
  if (invocation === undefined || command?.cluster !== true) return [];
  const names: readonly CommandName[] = command.changes
    ? command.path[0] === "apply"
      ? ["istiops.dryRun", "istiops.run"]
      : ["istiops.dryRun", "istiops.run", "istiops.showRoute"]
    : command.path[0] === "show"
    ? ["istiops.showRoute"]
    : [];
  const target: CommandTarget = {
    uri,
    start: span.start,
    text: document.text.slice(span.start, span.end),
  };
  return names.map((name) => ({
    title: COMMANDS[name],
    command: name,
    arguments: [target],
  }));
}

function statementsIn(
  { document, lines }: View,
  range: Range,
): readonly Statement[] {
  return document.statements.filter(({ span }) =>
    lines.lineAt(span.start) <= range.end.line &&
    lines.lineAt(span.end) >= range.start.line
  );
}
