/**
 * One escape sequence of a terminal to the key it means: xterm, VT (SS3),
 * `modifyOtherKeys` and kitty's CSI-u.
 *
 * @module
 */

import { type KeyName, pressed, type PressedKey } from "./keys.ts";

/** How far a sequence at the start of some text goes. */
export type Sequence =
  /** More has to come before it can be told. */
  | { readonly kind: "unfinished" }
  /** `key` is missing where the sequence means nothing here. */
  | {
    readonly kind: "whole";
    readonly length: number;
    readonly key?: PressedKey;
  };

const LETTERS: Readonly<Record<string, KeyName>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  M: "enter",
  I: "tab",
};

const NUMBERS: Readonly<Record<number, KeyName>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "pageup",
  6: "pagedown",
  7: "home",
  8: "end",
};

const CODES: Readonly<Record<number, KeyName>> = {
  8: "backspace",
  9: "tab",
  10: "enter",
  13: "enter",
  27: "escape",
  127: "backspace",
  57414: "enter",
};

/** Strings of commands and answers: OSC, DCS, SOS, PM, APC. */
const STRINGS = "]PX^_";
const LONGEST_STRING = 4096;

// deno-lint-ignore no-control-regex
const CONTROL = /^\x1b\[([0-?]*)([ -/]*)(.?)/su;
// deno-lint-ignore no-control-regex
const SHIFTED = /^\x1bO(\d?)([^\x1b\d])/u;
/** Also the start of another sequence. */
// deno-lint-ignore no-control-regex
const STRING_END = /\x07|\x1b\\|\x9c|(?=\x1b[^\\])/;

/** Reads the sequence that `text` starts with; it starts with ESC. */
export function readEscape(text: string): Sequence {
  const second = text[1];
  if (second === undefined) return { kind: "unfinished" };
  if (second === "[") return readControl(text);
  if (second === "O") return readShifted(text);
  if (STRINGS.includes(second)) return readString(text);
  if (second === "\x1b") {
    // Alt with a key that is a sequence itself.
    const inner = readEscape(text.slice(1));
    if (inner.kind === "unfinished") return inner;
    if (inner.key === undefined) return whole(inner.length + 1);
    return whole(inner.length + 1, { ...inner.key, alt: true });
  }
  const character = String.fromCodePoint(text.codePointAt(1) ?? 0);
  return whole(1 + character.length, {
    ...plainKey(character),
    alt: true,
  });
}

/** The key of one character that is no sequence. */
export function plainKey(character: string): PressedKey {
  const code = character.codePointAt(0) ?? 0;
  switch (code) {
    case 8:
    case 127:
      return pressed("backspace");
    case 9:
      return pressed("tab");
    case 10:
    case 13:
      return pressed("enter");
    case 27:
      return pressed("escape");
  }
  if (code >= 32) return pressed("char", { text: character });
  const text = code === 0 ? " " : String.fromCharCode(code + 64).toLowerCase();
  return pressed("char", { text, ctrl: true });
}

function whole(length: number, key?: PressedKey): Sequence {
  return key === undefined
    ? { kind: "whole", length }
    : { kind: "whole", length, key };
}

function readShifted(text: string): Sequence {
  const match = SHIFTED.exec(text);
  if (match === null) {
    return text.length <= 3 ? { kind: "unfinished" } : whole(2);
  }
  const [all, modifiers = "", letter = ""] = match;
  const name = LETTERS[letter];
  return whole(
    all.length,
    name && pressed(name, held(modifiers === "" ? 1 : Number(modifiers))),
  );
}

function readControl(text: string): Sequence {
  const match = CONTROL.exec(text);
  const [all = "", parameters = "", , final = ""] = match ?? [];
  if (final === "") return { kind: "unfinished" };
  // Something else broke in: what there is of it means nothing.
  if (final < "@" || final > "~") return whole(all.length - final.length);
  return whole(all.length, controlKey(parameters, final));
}

function controlKey(
  parameters: string,
  final: string,
): PressedKey | undefined {
  if (/[<=>?]/.test(parameters)) return undefined;
  const groups = parameters.split(";").map((group) =>
    group.split(":").map((number) => number === "" ? undefined : Number(number))
  );
  const [first = 1] = groups[0] ?? [];
  const [modifiers = 1, event = 1] = groups[1] ?? [];
  const RELEASED = 3;
  if (event === RELEASED) return undefined;
  if (final === "u") {
    const typed = groups[2]?.[0] ?? groups[0]?.[1];
    return codeKey(first, modifiers, typed);
  }
  if (final === "~") {
    if (first === 27) return codeKey(groups[2]?.[0] ?? 0, modifiers);
    const name = NUMBERS[first];
    return name && pressed(name, held(modifiers));
  }
  if (final === "Z") return pressed("tab", { shift: true });
  if (parameters === "" && final === "I") return pressed("focus-in");
  if (parameters === "" && final === "O") return pressed("focus-out");
  const name = "ABCDFH".includes(final) ? LETTERS[final] : undefined;
  return name && pressed(name, held(modifiers));
}

function codeKey(
  code: number,
  modifiers: number,
  typed?: number,
): PressedKey | undefined {
  const how = held(modifiers);
  const name = CODES[code];
  if (name !== undefined) return pressed(name, how);
  // Private use: keys of keyboards that have no meaning here.
  const isText = code >= 32 && code <= 0x10ffff &&
    !(code >= 0xd800 && code <= 0xf8ff) && !(code >= 0x7f && code < 0xa0);
  if (!isText) return undefined;
  const text = String.fromCodePoint(
    typed !== undefined && typed >= 32 && typed <= 0x10ffff && !how.ctrl
      ? typed
      : code,
  );
  if (how.ctrl) return pressed("char", { ...how, text: text.toLowerCase() });
  return pressed("char", {
    ...how,
    text: how.shift && typed === undefined ? text.toUpperCase() : text,
  });
}

/** Bits on top of 1: shift, alt, ctrl; meta counts as alt. */
function held(
  modifiers: number,
): Pick<PressedKey, "ctrl" | "alt" | "shift"> {
  const bits = Math.max(0, modifiers - 1);
  return {
    shift: (bits & 1) !== 0,
    alt: (bits & 2) !== 0 || (bits & 32) !== 0,
    ctrl: (bits & 4) !== 0,
  };
}

function readString(text: string): Sequence {
  const end = STRING_END.exec(text.slice(2, LONGEST_STRING));
  if (end !== null) return whole(2 + end.index + end[0].length);
  return text.length < LONGEST_STRING
    ? { kind: "unfinished" }
    : whole(LONGEST_STRING);
}
