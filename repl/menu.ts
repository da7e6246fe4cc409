/**
 * The menu of ways to go on: what Tab opens, moves in and takes from.
 *
 * @module
 */

import { graphemes } from "../src/render/graphemes.ts";
import type { Completion, CompletionItem, LineContext } from "./context.ts";
import { edited, type EditorState, settled } from "./editor_state.ts";

/** The completion, unless it belongs to another text. */
export function completionFor(
  state: EditorState,
  context: LineContext,
): Completion | undefined {
  const { completion } = context;
  if (completion === undefined) return undefined;
  const { start, end } = completion.span;
  const { text } = state.buffer;
  return start >= 0 && start <= end && end <= text.length
    ? completion
    : undefined;
}

/** The item that is chosen in the open menu. */
export function chosenItem(
  state: EditorState,
  context: LineContext,
): CompletionItem | undefined {
  const chosen = state.menu?.chosen;
  if (chosen === undefined) return undefined;
  return completionFor(state, context)?.items.find(({ text }) =>
    text === chosen
  );
}

/** Tab: opens the menu, or goes on in it; the only item is taken at once. */
export function moveInMenu(
  state: EditorState,
  context: LineContext,
  by: -1 | 1,
): EditorState {
  const completion = completionFor(state, context);
  if (completion === undefined) return settled(state);
  const { items, span } = completion;
  const [only] = items;
  if (items.length === 1 && only && completion.state === "ready") {
    return edited(state, span, only.text);
  }
  if (only === undefined) {
    return completion.state === "loading"
      ? { ...settled(state), menu: {} }
      : { ...settled(state), notice: "Nothing goes on here" };
  }
  if (state.menu === undefined) {
    const longer = commonStart(state, completion);
    const open = longer === undefined
      ? settled(state)
      : edited(state, span, longer);
    const item = by > 0 ? only : items.at(-1) ?? only;
    return { ...open, menu: { chosen: item.text } };
  }
  const at = items.findIndex(({ text }) => text === state.menu?.chosen);
  const next = at < 0 && by < 0 ? items.length - 1 : at + by;
  const item = items[(next + items.length) % items.length] ?? only;
  return { ...settled(state), menu: { chosen: item.text } };
}

/** Puts the chosen item in; undefined where none is. */
export function takeItem(
  state: EditorState,
  context: LineContext,
): EditorState | undefined {
  const item = chosenItem(state, context);
  const completion = completionFor(state, context);
  return item && completion && edited(state, completion.span, item.text);
}

/** What all items begin with, where it is more than is written. */
function commonStart(
  state: EditorState,
  { span, items, state: loading }: Completion,
): string | undefined {
  if (loading === "loading") return undefined;
  const typed = state.buffer.text.slice(span.start, span.end);
  const [first, ...others] = items.map(({ text }) => graphemes(text));
  let length = first?.length ?? 0;
  for (const other of others) {
    const differs = other.findIndex((piece, index) => piece !== first?.[index]);
    length = Math.min(length, differs < 0 ? other.length : differs);
  }
  const common = first?.slice(0, length).join("") ?? "";
  return common.length > typed.length && common.startsWith(typed)
    ? common
    : undefined;
}
