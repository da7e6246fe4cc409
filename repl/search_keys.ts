/**
 * Keys while a search of former lines is open. Enter takes the line that was
 * found; it takes another Enter to run it.
 *
 * @module
 */

import { graphemes } from "../src/render/graphemes.ts";
import type { LineContext } from "./context.ts";
import { changed, type EditorState, settled } from "./editor_state.ts";
import { chordOf, isTyped, type Key } from "./keys.ts";
import { foundBy, type Search } from "./search.ts";

/** The state after the key; `key` is left for the line where there is one. */
export function pressInSearch(
  state: EditorState,
  key: Key,
  context: LineContext,
): { readonly state: EditorState; readonly key?: Key } {
  const search = state.search ?? { query: "", back: 0 };
  const go = (search: Search) => ({ state: { ...settled(state), search } });
  if (key.name === "paste") {
    const [line = ""] = key.text.split("\n");
    return go({ query: search.query + line, back: 0 });
  }
  if (isTyped(key)) return go({ query: search.query + key.text, back: 0 });
  switch (chordOf(key)) {
    case "Backspace": {
      const query = graphemes(search.query).slice(0, -1).join("");
      return go({ query, back: 0 });
    }
    case "Ctrl-R": {
      const older = { ...search, back: search.back + 1 };
      return go(foundBy(context.history, older) ? older : search);
    }
    case "Ctrl-S":
      return go({ ...search, back: Math.max(0, search.back - 1) });
    case "Escape":
    case "Ctrl-G":
      return { state: settled(state) };
    case "Enter":
    case "Tab":
      return { state: taken(state, search, context) };
    case "Ctrl-C":
      return { state: settled(state), key };
    case "Focus-in":
    case "Focus-out":
      return { state };
  }
  return { state: taken(state, search, context), key };
}

function taken(
  state: EditorState,
  search: Search,
  { history }: LineContext,
): EditorState {
  const found = foundBy(history, search);
  if (found === undefined) return settled(state);
  const { text } = found;
  return changed(state, { text, cursor: text.length });
}
