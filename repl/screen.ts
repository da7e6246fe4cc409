/**
 * The line editor as a screen shows it: the line, what is to be said about it,
 * and the menu. A frame follows from the state alone.
 *
 * @module
 */

import type { Style } from "../src/render/colour.ts";
import { graphemes } from "../src/render/graphemes.ts";
import { wrap } from "../src/render/text.ts";
import {
  diagnosticAt,
  type Highlight,
  type LineContext,
  type LineDiagnostic,
} from "./context.ts";
import type { EditorState } from "./editor_state.ts";
import { type Layout, layOut } from "./layout.ts";
import { completionFor } from "./menu.ts";
import { menuRows } from "./menu_rows.ts";
import { fit, type Piece, roomOf, type Row, type Size } from "./rows.ts";
import { foundBy } from "./search.ts";

/** What is shown. */
export interface View {
  readonly state: EditorState;
  readonly context: LineContext;
  readonly prompt: readonly Piece[];
  /** The line is left: it stands as it is, without help. */
  readonly isDone?: boolean;
}

/** A screen: rows, and where the cursor is. */
export interface Frame extends Layout {
  readonly columns: number;
}

const CONTINUATION: readonly Piece[] = [{ text: "… ", styles: ["dim"] }];
const MOST_MESSAGES = 3;
const LEAST_MENU = 4;

const UNDERLINE: Readonly<
  Record<LineDiagnostic["severity"], readonly Style[]>
> = {
  error: ["underline", "red"],
  warning: ["underline", "yellow"],
  information: ["underline"],
};

/** Lays everything out for a terminal of that size. */
export function frameOf(view: View, size: Size): Frame {
  const { state, context, isDone = false } = view;
  const room = roomOf(size);
  const rows = Math.max(1, size.rows);
  const messages = isDone
    ? []
    : messageRows(view, room).slice(0, Math.min(MOST_MESSAGES, rows - 1));
  const completion = isDone || state.menu === undefined
    ? undefined
    : completionFor(state, context);
  const kept = completion ? LEAST_MENU : 0;
  const line = layOut(lineOf(view), {
    room,
    height: Math.max(1, rows - messages.length - kept),
  });
  const menu = completion
    ? menuRows(completion, state.menu?.chosen, {
      room,
      height: rows - messages.length - line.rows.length,
    })
    : [];
  return {
    rows: [...line.rows, ...messages, ...menu],
    cursor: line.cursor,
    columns: size.columns,
  };
}

/** The line itself; while a search is open, what is searched for. */
function lineOf(
  { state, context, prompt, isDone = false }: View,
): Parameters<typeof layOut>[0] {
  const { buffer, search } = state;
  if (search !== undefined) {
    const { query } = search;
    return {
      buffer: { text: query, cursor: query.length },
      prompt: [{ text: "search: ", styles: ["bold"] }],
      continuation: CONTINUATION,
      highlights: [],
      ghost: "",
    };
  }
  const wrong: readonly Highlight[] = context.diagnostics.map((
    { span, severity },
  ) => ({ span, styles: UNDERLINE[severity] }));
  const hasGhost = !isDone && state.menu === undefined;
  return {
    buffer: isDone ? { text: buffer.text, cursor: buffer.text.length } : buffer,
    prompt,
    continuation: CONTINUATION,
    highlights: isDone ? context.highlights : [...context.highlights, ...wrong],
    ghost: hasGhost ? context.ghost ?? "" : "",
  };
}

function messageRows(view: View, room: number): readonly Row[] {
  const { state, context } = view;
  if (state.search !== undefined) return [foundRow(view, room)];
  const [text, styles] = messageOf(state, context);
  if (text === "") return [];
  return wrap(text, room).map((line) => fit([{ text: line, styles }], room));
}

/** The one thing to say under the line. */
export function messageOf(
  state: EditorState,
  context: LineContext,
): readonly [text: string, styles: readonly Style[]] {
  if (state.notice !== undefined) return [state.notice, ["bold"]];
  const told = diagnosticAt(context.diagnostics, state.buffer.cursor);
  if (told === undefined) return [context.signature ?? "", ["dim"]];
  const { severity, message, hint, replacement } = told;
  const COLOUR = { error: "red", warning: "yellow", information: "cyan" };
  const fix = replacement === undefined
    ? ""
    : ` (Ctrl-O puts in "${replacement}")`;
  return [
    `${severity}: ${message}${hint === undefined ? "" : `. ${hint}`}${fix}`,
    [COLOUR[severity] as Style],
  ];
}

function foundRow({ state, context }: View, room: number): Row {
  const { query = "", back = 0 } = state.search ?? {};
  const found = foundBy(context.history, { query, back });
  if (found === undefined) {
    return fit([{ text: "  nothing found", styles: ["dim"] }], room);
  }
  const matches = new Set(found.at);
  const pieces: Piece[] = [{ text: "  " }];
  let at = 0;
  for (const text of graphemes(found.text)) {
    pieces.push({ text, styles: matches.has(at) ? ["underline"] : [] });
    at += text.length;
  }
  return fit(pieces, room);
}
