/**
 * The line editor: a state and a key give a state, and sometimes something to
 * do. Enter runs what is written; nothing else runs anything.
 *
 * @module
 */

import { type Action, actionOf, isPrefix } from "./bindings.ts";
import {
  after,
  before,
  isContinued,
  lineAt,
  replace,
  rowMove,
  type Span,
  wordAfter,
  wordBefore,
} from "./buffer.ts";
import { diagnosticAt, type LineContext } from "./context.ts";
import {
  caret,
  changed,
  edited,
  type EditorState,
  moved,
  nextLine,
  settled,
  type Step,
} from "./editor_state.ts";
import { lastWord, walk } from "./history_walk.ts";
import { chordOf, isTyped, type Key, type PastedText } from "./keys.ts";
import { killed, yanked, yankedBefore } from "./kills.ts";
import { moveInMenu, takeItem } from "./menu.ts";
import { pressInSearch } from "./search_keys.ts";
import { endStep, redo, undo } from "./undo.ts";

/** Takes one key. */
export function press(
  state: EditorState,
  key: Key,
  context: LineContext,
): Step {
  if (state.search !== undefined) {
    const { state: next, key: rest } = pressInSearch(state, key, context);
    return rest === undefined ? { state: next } : press(next, rest, context);
  }
  if (key.name === "paste") return { state: pasted(state, key) };
  if (isTyped(key)) return { state: typed(state, key.text ?? "") };
  const first = state.ongoing?.kind === "prefix"
    ? `${state.ongoing.chord} `
    : "";
  const chord = first + chordOf(key);
  if (isPrefix(chord)) {
    return { state: { ...settled(state), ongoing: { kind: "prefix", chord } } };
  }
  const action = actionOf(chord);
  // An unknown key leaves everything as it is.
  if (action === undefined) {
    return { state: first === "" ? state : settled(state) };
  }
  return act(state, action, context);
}

/** Does what a key is bound to. */
export function act(
  state: EditorState,
  action: Action,
  context: LineContext,
): Step {
  const { text, cursor } = state.buffer;
  switch (action) {
    case "run":
      return run(state);
    case "interrupt":
      return { state: nextLine(state), effect: { kind: "interrupt", text } };
    case "delete-or-exit":
      return text === ""
        ? { state: settled(state), effect: { kind: "exit" } }
        : act(state, "delete-right", context);
    case "clear-screen":
    case "suspend":
      return { state, effect: { kind: action } };
    case "newline":
      return { state: edited(state, caret(state), "\n") };
    case "fix":
      return { state: fixed(state, context) };
    case "search":
      return { state: { ...settled(state), search: { query: "", back: 0 } } };
    case "last-word":
      return { state: withLastWord(state, context) };
    case "delete-left":
      return {
        state: erased(state, { start: before(state.buffer), end: cursor }),
      };
    case "delete-right":
      return {
        state: erased(state, { start: cursor, end: after(state.buffer) }),
      };
    case "yank":
      return { state: yanked(state) };
    case "yank-pop":
      return { state: yankedBefore(state) };
    case "transpose":
      return { state: transposed(state) };
    case "undo":
    case "redo": {
      const gone = (action === "undo" ? undo : redo)(state.steps, state.buffer);
      return { state: gone ? { ...settled(state), ...gone } : settled(state) };
    }
    case "complete":
      return { state: moveInMenu(state, context, 1) };
    case "complete-back":
      return { state: moveInMenu(state, context, -1) };
    case "close":
      return { state: settled(state) };
    default:
      return { state: move(state, action, context) };
  }
}

function run(state: EditorState): Step {
  const { text } = state.buffer;
  if (isContinued(text)) {
    return {
      state: edited(state, { start: text.length, end: text.length }, "\n"),
    };
  }
  return { state: nextLine(state), effect: { kind: "run", text } };
}

/** Moves, cuts, and the walk through the history. */
function move(
  state: EditorState,
  action: Action,
  context: LineContext,
): EditorState {
  const { buffer } = state;
  const { text, cursor } = buffer;
  const row = lineAt(text, cursor);
  switch (action) {
    case "left":
      return moved(state, before(buffer));
    case "right":
      return takeItem(state, context) ?? takeGhost(state, context, "all") ??
        moved(state, after(buffer));
    case "word-left":
      return moved(state, wordBefore(buffer));
    case "word-right":
      return takeGhost(state, context, "word") ??
        moved(state, wordAfter(buffer));
    case "row-start":
      return moved(state, row.start);
    case "row-end":
      return takeGhost(state, context, "all") ?? moved(state, row.end);
    case "text-start":
      return moved(state, 0);
    case "text-end":
      return moved(state, text.length);
    case "up":
    case "down": {
      const by = action === "up" ? -1 : 1;
      if (state.menu !== undefined) return moveInMenu(state, context, by);
      const to = rowMove(buffer, by);
      // A walk that has begun goes on over lines of many rows.
      return to === undefined || state.ongoing?.kind === "walk"
        ? walked(state, context, by)
        : moved(state, to);
    }
    case "older":
      return walked(state, context, -1);
    case "newer":
      return walked(state, context, 1);
    case "kill-to-start":
      return killed(state, { start: row.start, end: cursor }, "left");
    case "kill-to-end": {
      const end = cursor === row.end ? after(buffer) : row.end;
      return killed(state, { start: cursor, end }, "right");
    }
    case "kill-argument-left": {
      const start = wordBefore(buffer, "argument");
      return killed(state, { start, end: cursor }, "left");
    }
    case "kill-word-left":
      return killed(state, { start: wordBefore(buffer), end: cursor }, "left");
    case "kill-word-right":
      return killed(state, { start: cursor, end: wordAfter(buffer) }, "right");
    default:
      return state;
  }
}

/** A word and the space before it are one step of undo. */
function typed(state: EditorState, text: string): EditorState {
  const isWordEnd = text === " " &&
    state.buffer.text[state.buffer.cursor - 1] !== " ";
  const from = isWordEnd ? { ...state, steps: endStep(state.steps) } : state;
  return withMenu(edited(from, caret(state), text, "type"), state);
}

function erased(state: EditorState, span: Span): EditorState {
  return withMenu(edited(state, span, "", "erase"), state);
}

/** An open menu goes on while its word is written; nothing is chosen in it. */
function withMenu(next: EditorState, from: EditorState): EditorState {
  return from.menu === undefined ? next : { ...next, menu: {} };
}

function pasted(state: EditorState, { text, isCut }: PastedText): EditorState {
  const next = edited(state, caret(state), text);
  const added = next.buffer.text.length - state.buffer.text.length;
  const rows = text.split("\n").length;
  if (isCut || added < text.length) {
    return { ...next, notice: "The pasted text was too long: its end is cut" };
  }
  return rows === 1 ? next : {
    ...next,
    notice: `${rows} lines pasted: Enter runs them, Ctrl-_ takes them out`,
  };
}

function fixed(state: EditorState, context: LineContext): EditorState {
  const { text, cursor } = state.buffer;
  const told = diagnosticAt(context.diagnostics, cursor);
  if (told?.replacement === undefined || told.span.end > text.length) {
    return { ...settled(state), notice: "There is nothing to put in" };
  }
  const next = edited(state, told.span, told.replacement);
  // Who was further on goes on writing there.
  const behind = cursor - told.span.end;
  return behind <= 0 ? next : moved(next, next.buffer.cursor + behind);
}

function takeGhost(
  state: EditorState,
  { ghost = "" }: LineContext,
  how: "all" | "word",
): EditorState | undefined {
  const { text, cursor } = state.buffer;
  if (ghost === "" || cursor !== text.length) return undefined;
  const end = how === "all"
    ? ghost.length
    : wordAfter({ text: ghost, cursor: 0 }, "argument");
  return edited(state, caret(state), ghost.slice(0, end));
}

function walked(
  state: EditorState,
  { history }: LineContext,
  by: -1 | 1,
): EditorState {
  const { ongoing, buffer } = state;
  const from = ongoing?.kind === "walk"
    ? ongoing.walk
    : { draft: buffer.text, index: history.length };
  const next = walk(history, from, by);
  if (next === undefined) return state;
  return {
    ...changed(state, { text: next.text, cursor: next.text.length }, "walk"),
    ongoing: { kind: "walk", walk: next.walk },
  };
}

function withLastWord(
  state: EditorState,
  { history }: LineContext,
): EditorState {
  const { ongoing } = state;
  const [span, back] = ongoing?.kind === "word"
    ? [ongoing.span, ongoing.back + 1]
    : [caret(state), 0];
  const word = lastWord(history, back);
  if (word === undefined) return state;
  const next = edited(state, span, word, back === 0 ? undefined : "word");
  return {
    ...next,
    ongoing: {
      kind: "word",
      back,
      span: { start: span.start, end: span.start + word.length },
    },
  };
}

function transposed(state: EditorState): EditorState {
  const { buffer } = state;
  const row = lineAt(buffer.text, buffer.cursor);
  const end = buffer.cursor === row.end ? row.end : after(buffer);
  const middle = before({ ...buffer, cursor: end });
  const start = before({ ...buffer, cursor: middle });
  if (start < row.start || middle <= row.start) return settled(state);
  const swapped = buffer.text.slice(middle, end) +
    buffer.text.slice(start, middle);
  return changed(state, replace(buffer, { start, end }, swapped));
}
