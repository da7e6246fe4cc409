/**
 * Keys as the editor sees them, whatever the terminal calls them.
 *
 * @module
 */

/** Keys that have a name instead of a text. */
export type KeyName =
  | "enter"
  | "tab"
  | "backspace"
  | "delete"
  | "insert"
  | "escape"
  | "left"
  | "right"
  | "up"
  | "down"
  | "home"
  | "end"
  | "pageup"
  | "pagedown"
  | "focus-in"
  | "focus-out";

/** One key that somebody pressed. */
export interface PressedKey {
  readonly name: KeyName | "char";
  /** What a `char` types; a small letter where `ctrl` is held. */
  readonly text?: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

/** Text that came in one go. It is never more than text. */
export interface PastedText {
  readonly name: "paste";
  readonly text: string;
  /** More came than is kept. */
  readonly isCut: boolean;
}

/** What the decoder gives. */
export type Key = PressedKey | PastedText;

/** A key with no modifier but those given. */
export function pressed(
  name: PressedKey["name"],
  how: Partial<Omit<PressedKey, "name">> = {},
): PressedKey {
  return { name, ctrl: false, alt: false, shift: false, ...how };
}

/** `Ctrl-A`, `Alt-Backspace`, `Shift-Tab`: the name that bindings use. */
export function chordOf(key: PressedKey): string {
  const isText = key.name === "char";
  const base = isText
    ? key.text === " " ? "Space" : (key.text ?? "").toUpperCase()
    : key.name.charAt(0).toUpperCase() + key.name.slice(1);
  return (key.ctrl ? "Ctrl-" : "") + (key.alt ? "Alt-" : "") +
    (key.shift && (key.ctrl || !isText) ? "Shift-" : "") + base;
}

/** Does the key put its own text into the line? */
export function isTyped(key: PressedKey): boolean {
  return key.name === "char" && !key.ctrl && !key.alt;
}
