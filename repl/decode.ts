/**
 * Bytes of a terminal to keys. Nothing that is pasted becomes a key: neither
 * between the marks of a terminal that marks pastes, nor in one that does not,
 * where whatever comes faster than fingers is taken for pasted.
 *
 * @module
 */

import { plainKey, readEscape } from "./escapes.ts";
import type { Key, PressedKey } from "./keys.ts";
import { LONGEST_PASTE, pastedText } from "./paste.ts";

/** Where the decoder stands between two chunks. */
export interface DecoderState {
  /** The first bytes of a character whose rest has not come. */
  readonly bytes: Uint8Array;
  /** The first characters of a sequence whose rest has not come. */
  readonly pending: string;
  /** `ending`: the end mark came, or none will; what follows at once is pasted, too. */
  readonly mode: "keys" | "paste" | "ending";
  readonly pasted: string;
  readonly isCut: boolean;
  /** More keys have just come than anybody types. */
  readonly isBurst: boolean;
}

/** What one chunk led to. */
export interface Decoded {
  readonly state: DecoderState;
  readonly keys: readonly Key[];
}

/** Milliseconds of silence after which `"timeout"` is due. */
export const SILENCE = 30;

/** Keys that may come in one go and are still typed. */
const TYPED_AT_ONCE = 4;

const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";
const CTRL_C = "\x03";

/** Before the first byte. */
export const INITIAL: DecoderState = {
  bytes: new Uint8Array(),
  pending: "",
  mode: "keys",
  pasted: "",
  isCut: false,
  isBurst: false,
};

/** Does the state change when nothing comes for {@linkcode SILENCE}? */
export function waitsForSilence(state: DecoderState): boolean {
  return state.mode === "ending" || state.isBurst ||
    (state.mode === "keys" && state.pending !== "");
}

/** Takes what was read, or that nothing was for {@linkcode SILENCE}. */
export function decode(
  state: DecoderState,
  input: Uint8Array | "timeout",
): Decoded {
  if (input === "timeout") return silence(state);
  const { text, bytes } = decodeText(state.bytes, input);
  const next = { ...state, bytes };
  if (text === "") return { state: next, keys: [] };
  if (state.mode === "keys") return readKeys(next, text);
  // The way out of a paste whose end mark was lost.
  return state.mode === "paste" && text === CTRL_C
    ? { state: { ...next, mode: "ending" }, keys: [] }
    : readPaste(next, text);
}

function silence(state: DecoderState): Decoded {
  if (state.mode === "ending") return endPaste(state);
  if (state.mode === "paste") return { state, keys: [] };
  const keys = state.pending === "" ? [] : [...abandoned(state.pending)];
  return { state: { ...state, pending: "", isBurst: false }, keys };
}

/** A sequence that does not go on: Esc, Alt with a letter, or nothing. */
function* abandoned(pending: string): Generator<PressedKey> {
  if (pending === "\x1b") yield plainKey(pending);
  // deno-lint-ignore no-control-regex
  if (/^.[^\x1b]$/su.test(pending)) {
    yield { ...plainKey(pending.slice(1)), alt: true };
  }
  if (pending === "\x1b\x1b") yield { ...plainKey("\x1b"), alt: true };
}

function readKeys(state: DecoderState, chunk: string): Decoded {
  const text = state.pending + chunk;
  const keys: PressedKey[] = [];
  let at = 0;
  while (at < text.length) {
    if (text.startsWith(PASTE_START, at)) {
      const isText = state.isBurst && hasEnd(keys);
      const rest = isText ? text : text.slice(at + PASTE_START.length);
      const after = readPaste(
        { ...state, mode: "paste", pending: "", isBurst: false },
        rest,
      );
      return { ...after, keys: isText ? [] : keys };
    }
    if (text[at] !== "\x1b" || text.startsWith(PASTE_START, at + 1)) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      at += character.length;
      // The second half of a line end is no second Enter.
      if (character === "\n" && text[at - 2] === "\r") continue;
      if (character < "\x80" || character > "\x9f") {
        keys.push(plainKey(character));
      }
      continue;
    }
    const sequence = readEscape(text.slice(at, at + 2 * LONGEST_SEQUENCE));
    if (sequence.kind === "unfinished") break;
    at += sequence.length;
    if (sequence.key !== undefined) keys.push(sequence.key);
  }
  const isBurst = state.isBurst || keys.length > TYPED_AT_ONCE ||
    isPasted(keys);
  // It came without marks: silence is its end, as nobody knows another.
  return isBurst && hasEnd(keys)
    ? readPaste(
      { ...state, mode: "ending", pending: "", isBurst: false },
      text,
    )
    : { state: { ...state, pending: text.slice(at), isBurst }, keys };
}

const LONGEST_SEQUENCE = 4096;

function isPasted(keys: readonly PressedKey[]): boolean {
  const enter = keys.findIndex(({ name }) => name === "enter");
  return enter >= 0 && enter < keys.length - 1;
}

/** Would it run or complete something? */
function hasEnd(keys: readonly PressedKey[]): boolean {
  return keys.some(({ name }) => name === "enter" || name === "tab");
}

function readPaste(state: DecoderState, chunk: string): Decoded {
  const text = state.pending + chunk;
  const held = startedMark(text);
  const body = text.slice(0, text.length - held);
  const ends = body.includes(PASTE_END);
  const clean = body.replaceAll(PASTE_END, "").replaceAll(PASTE_START, "");
  const room = LONGEST_PASTE - state.pasted.length;
  return {
    state: {
      ...state,
      mode: ends ? "ending" : state.mode,
      pending: text.slice(text.length - held),
      pasted: state.pasted + clean.slice(0, room),
      isCut: state.isCut || clean.length > room,
    },
    keys: [],
  };
}

/** How much of a mark the text ends with. */
function startedMark(text: string): number {
  for (let length = PASTE_END.length - 1; length > 0; length--) {
    const end = text.slice(-length);
    if (PASTE_END.startsWith(end) || PASTE_START.startsWith(end)) {
      return Math.min(length, text.length);
    }
  }
  return 0;
}

function endPaste(state: DecoderState): Decoded {
  const text = state.pasted + state.pending;
  return {
    state: { ...INITIAL, bytes: state.bytes },
    keys: text === "" ? [] : [paste(text, state.isCut)],
  };
}

function paste(raw: string, isCut: boolean): Key {
  return { name: "paste", text: pastedText(raw), isCut };
}

/** UTF-8, whose last character may be cut; what is none becomes U+FFFD. */
function decodeText(
  before: Uint8Array,
  chunk: Uint8Array,
): { readonly text: string; readonly bytes: Uint8Array } {
  const all = new Uint8Array(before.length + chunk.length);
  all.set(before);
  all.set(chunk, before.length);
  const end = all.length - cutBytes(all);
  return {
    text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      all.subarray(0, end),
    ),
    bytes: all.slice(end),
  };
}

/** Bytes at the end that begin a character and do not finish it. */
function cutBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
