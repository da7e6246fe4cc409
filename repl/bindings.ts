/**
 * Which key does what: the one table, from which the help is made, too.
 *
 * @module
 */

/** Everything a key can do but type itself. */
export type Action =
  | "run"
  | "newline"
  | "interrupt"
  | "delete-or-exit"
  | "clear-screen"
  | "suspend"
  | "left"
  | "right"
  | "word-left"
  | "word-right"
  | "row-start"
  | "row-end"
  | "text-start"
  | "text-end"
  | "up"
  | "down"
  | "older"
  | "newer"
  | "search"
  | "last-word"
  | "delete-left"
  | "delete-right"
  | "kill-to-start"
  | "kill-to-end"
  | "kill-argument-left"
  | "kill-word-left"
  | "kill-word-right"
  | "yank"
  | "yank-pop"
  | "transpose"
  | "undo"
  | "redo"
  | "complete"
  | "complete-back"
  | "fix"
  | "close";

/** One row of the help on keys. */
export interface Binding {
  readonly action: Action;
  /** As `chordOf()` names them; two keys of a sequence with a space between. */
  readonly chords: readonly string[];
  readonly help: string;
}

/** All keys, in the order in which the help names them. */
export const BINDINGS: readonly Binding[] = [
  row("run", ["Enter"], "run what is written; never takes from the menu"),
  row("newline", ["Alt-Enter", "Shift-Enter"], "begin a new row"),
  row("complete", ["Tab"], "open the menu, next item; take the only one"),
  row("complete-back", ["Shift-Tab"], "item before in the menu"),
  row("right", ["Right", "Ctrl-F"], "take the item or the grey text; go right"),
  row("close", ["Escape", "Ctrl-G"], "close the menu or the search"),
  row("fix", ["Ctrl-O"], "put in what the message under the line suggests"),
  row("search", ["Ctrl-R"], "search former lines; again for an older one"),
  row("up", ["Up"], "row above, or former line that begins the same"),
  row("down", ["Down"], "row below, or next line that begins the same"),
  row("older", ["Ctrl-P"], "former line that begins the same"),
  row("newer", ["Ctrl-N"], "next line that begins the same"),
  row("last-word", ["Alt-."], "last word of the former line; again: before"),
  row("left", ["Left", "Ctrl-B"], "go left"),
  row("word-left", ["Alt-B", "Ctrl-Left", "Alt-Left"], "go a word left"),
  row(
    "word-right",
    ["Alt-F", "Ctrl-Right", "Alt-Right"],
    "go a word right, or take one of the grey text",
  ),
  row("row-start", ["Ctrl-A", "Home"], "go to the start of the row"),
  row("row-end", ["Ctrl-E", "End"], "take the grey text; go to the row's end"),
  row("text-start", ["Alt-<", "Ctrl-Home"], "go to the start"),
  row("text-end", ["Alt->", "Ctrl-End"], "go to the end"),
  row("delete-left", ["Backspace"], "delete to the left"),
  row("delete-right", ["Delete"], "delete under the cursor"),
  row("kill-to-end", ["Ctrl-K"], "cut to the end of the row"),
  row("kill-to-start", ["Ctrl-U"], "cut to the start of the row"),
  row("kill-argument-left", ["Ctrl-W"], "cut back to a space"),
  row(
    "kill-word-left",
    ["Alt-Backspace", "Ctrl-Backspace"],
    "cut the word to the left",
  ),
  row(
    "kill-word-right",
    ["Alt-D", "Alt-Delete", "Ctrl-Delete"],
    "cut the word to the right",
  ),
  row("yank", ["Ctrl-Y"], "put in what was cut"),
  row("yank-pop", ["Alt-Y"], "after it: what was cut before"),
  row("transpose", ["Ctrl-T"], "swap two characters"),
  row("undo", ["Ctrl-_", "Ctrl-/", "Ctrl-Shift--", "Ctrl-X Ctrl-U"], "undo"),
  row("redo", ["Alt-_", "Alt-/", "Ctrl-Shift-Z"], "redo"),
  row("clear-screen", ["Ctrl-L"], "clear the screen"),
  row("suspend", ["Ctrl-Z"], "suspend; fg comes back"),
  row("interrupt", ["Ctrl-C"], "drop the line; stop the command that runs"),
  row("delete-or-exit", ["Ctrl-D"], "on an empty line: leave; else delete"),
];

const ACTIONS: ReadonlyMap<string, Action> = new Map(
  BINDINGS.flatMap(({ action, chords }) =>
    chords.map((chord) => [chord, action] as const)
  ),
);

/** What a chord does. */
export function actionOf(chord: string): Action | undefined {
  return ACTIONS.get(chord);
}

/** Is the chord the first of a sequence? */
export function isPrefix(chord: string): boolean {
  return chord === "Ctrl-X";
}

function row(
  action: Action,
  chords: readonly string[],
  help: string,
): Binding {
  return { action, chords, help };
}
