/**
 * The state of the line editor, and the small steps that all its actions are
 * made of.
 *
 * @module
 */

import { boundaryAt, type Buffer, replace, type Span } from "./buffer.ts";
import type { HistoryWalk } from "./history_walk.ts";
import { LONGEST_PASTE } from "./paste.ts";
import type { Search } from "./search.ts";
import { NO_STEPS, remember, type Steps } from "./undo.ts";

/** What the last key began; any other key ends it. */
export type Ongoing =
  | { readonly kind: "prefix"; readonly chord: string }
  | { readonly kind: "kill" }
  | { readonly kind: "yank"; readonly span: Span; readonly index: number }
  | { readonly kind: "word"; readonly span: Span; readonly back: number }
  | { readonly kind: "walk"; readonly walk: HistoryWalk };

/** A menu that is open. Items are known by text, as late ones may come. */
export interface Menu {
  readonly chosen?: string;
}

/** Everything the editor knows. */
export interface EditorState {
  readonly buffer: Buffer;
  readonly steps: Steps;
  /** What was cut, the latest first. */
  readonly kills: readonly string[];
  readonly ongoing?: Ongoing;
  readonly menu?: Menu;
  readonly search?: Search;
  /** Something to say once. */
  readonly notice?: string;
}

/** What the program around the editor has to do. */
export type Effect =
  | { readonly kind: "run"; readonly text: string }
  | { readonly kind: "interrupt"; readonly text: string }
  | { readonly kind: "exit" }
  | { readonly kind: "clear-screen" }
  | { readonly kind: "suspend" };

/** What one key led to. */
export interface Step {
  readonly state: EditorState;
  readonly effect?: Effect;
}

/** An empty line. */
export function emptyEditor(text: string = ""): EditorState {
  return {
    buffer: { text, cursor: text.length },
    steps: NO_STEPS,
    kills: [],
  };
}

/** An empty line after this one; what was cut stays. */
export function nextLine({ kills }: EditorState): EditorState {
  return { ...emptyEditor(), kills };
}

/** The state without all that ends with a key. */
export function settled(state: EditorState): EditorState {
  const { buffer, steps, kills } = state;
  return { buffer, steps, kills };
}

/** The cursor elsewhere; the next edit is a new step. */
export function moved(state: EditorState, cursor: number): EditorState {
  const { past, future } = state.steps;
  return {
    ...settled(state),
    buffer: { text: state.buffer.text, cursor },
    steps: { past, future },
  };
}

/** Another text, as one step. */
export function changed(
  state: EditorState,
  buffer: Buffer,
  group?: string,
): EditorState {
  if (buffer.text === state.buffer.text) return moved(state, buffer.cursor);
  return {
    ...settled(state),
    buffer,
    steps: remember(state.steps, state.buffer, group),
  };
}

/** Text in the place of a span, as one step; too much text is cut. */
export function edited(
  state: EditorState,
  span: Span,
  by: string,
  group?: string,
): EditorState {
  const room = LONGEST_PASTE -
    (state.buffer.text.length - (span.end - span.start));
  const kept = by.length <= room ? by : by.slice(0, boundaryAt(by, room));
  return changed(state, replace(state.buffer, span, kept), group);
}

/** The place of the cursor, as a span. */
export function caret({ buffer: { cursor } }: EditorState): Span {
  return { start: cursor, end: cursor };
}
