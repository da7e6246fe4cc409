/**
 * Variables of a script: where they are set, where they are used, and another
 * name for them.
 *
 * @module
 */

import type {
  Location,
  Position,
  Range,
  WorkspaceEdit,
} from "vscode-languageserver/node";
import type { Span } from "../language/diagnose.ts";
import type { View } from "./view.ts";

/** Where a name stands, without the dollar and the braces. */
interface Mention {
  readonly name: string;
  readonly span: Span;
  readonly isDefinition: boolean;
}

/** Another name is not possible, and why. */
export interface Refusal {
  readonly refusal: string;
  /** What was asked for is no name at all. */
  readonly isInvalid: boolean;
}

/** The name at a position, if the document sets it. */
export function renamableAt(
  view: View,
  position: Position,
): { readonly range: Range; readonly placeholder: string } | null {
  const found = mentionAt(view, position);
  const isSet = found &&
    mentionsOf(view).some(({ name, isDefinition }) =>
      isDefinition && name === found.name
    );
  return found && isSet
    ? { range: view.lines.rangeOf(found.span), placeholder: found.name }
    : null;
}

/** Edits that give a variable another name. */
export function renameAt(
  view: View,
  of: {
    readonly uri: string;
    readonly position: Position;
    readonly newName: string;
  },
): WorkspaceEdit | Refusal | null {
  const { uri, position, newName } = of;
  const name = renamableAt(view, position)?.placeholder;
  if (name === undefined) return null;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(newName)) {
    return {
      refusal: "A variable's name is letters, digits and _",
      isInvalid: true,
    };
  }
  const all = mentionsOf(view);
  if (newName !== name && all.some((one) => one.name === newName)) {
    return { refusal: `$${newName} is used already`, isInvalid: false };
  }
  return {
    changes: {
      [uri]: all.filter((one) => one.name === name).map(({ span }) => ({
        range: view.lines.rangeOf(span),
        newText: newName,
      })),
    },
  };
}

/** Everywhere the variable at a position is named. */
export function referencesAt(
  view: View,
  of: {
    readonly uri: string;
    readonly position: Position;
    readonly includeDeclaration: boolean;
  },
): readonly Location[] {
  const { uri, position, includeDeclaration } = of;
  const name = mentionAt(view, position)?.name;
  return mentionsOf(view)
    .filter((one) =>
      one.name === name && (includeDeclaration || !one.isDefinition)
    )
    .map(({ span }) => ({ uri, range: view.lines.rangeOf(span) }));
}

/** Where the variable at a position got the value that it has there. */
export function definitionAt(
  view: View,
  of: { readonly uri: string; readonly position: Position },
): Location | null {
  const found = mentionAt(view, of.position);
  const last = mentionsOf(view).findLast(({ name, span, isDefinition }) =>
    isDefinition && name === found?.name &&
    span.start <= (found?.span.start ?? -1)
  );
  return last === undefined
    ? null
    : { uri: of.uri, range: view.lines.rangeOf(last.span) };
}

function mentionAt(view: View, position: Position): Mention | undefined {
  const offset = view.lines.offsetAt(position);
  return mentionsOf(view).find(({ span }) =>
    span.start <= offset && offset <= span.end
  );
}

function mentionsOf({ document }: View): readonly Mention[] {
  const { definitions, uses, text } = document;
  return [
    ...definitions.map(({ name, span }) => ({
      name,
      span,
      isDefinition: true,
    })),
    ...uses.map(({ name, span }) => {
      const start = span.start + (text[span.start + 1] === "{" ? 2 : 1);
      return {
        name,
        span: { start, end: start + name.length },
        isDefinition: false,
      };
    }),
  ].toSorted((a, b) => a.span.start - b.span.start);
}
