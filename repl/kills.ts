/**
 * What was cut, to be put in again.
 *
 * @module
 */

import type { Span } from "./buffer.ts";
import { caret, edited, type EditorState, settled } from "./editor_state.ts";

const MOST_KILLS = 60;

/** Cuts a span; cuts that follow each other become one. */
export function killed(
  state: EditorState,
  span: Span,
  side: "left" | "right",
): EditorState {
  const text = state.buffer.text.slice(span.start, span.end);
  if (text === "") return settled(state);
  const [last = "", ...older] = state.kills;
  const kills = state.ongoing?.kind !== "kill"
    ? [text, ...state.kills.slice(0, MOST_KILLS - 1)]
    : [side === "left" ? text + last : last + text, ...older];
  return { ...edited(state, span, ""), kills, ongoing: { kind: "kill" } };
}

/** Puts in what was cut last. */
export function yanked(state: EditorState): EditorState {
  return put(state, caret(state), 0);
}

/** Right after that: what was cut before it, instead. */
export function yankedBefore(state: EditorState): EditorState {
  if (state.ongoing?.kind !== "yank") return state;
  const { span, index } = state.ongoing;
  return put(state, span, (index + 1) % state.kills.length);
}

function put(state: EditorState, span: Span, index: number): EditorState {
  const text = state.kills[index];
  if (text === undefined) return settled(state);
  return {
    ...edited(state, span, text),
    ongoing: {
      kind: "yank",
      index,
      span: { start: span.start, end: span.start + text.length },
    },
  };
}
