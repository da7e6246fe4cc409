import fc from "fast-check";
import { decode, INITIAL, waitsForSilence } from "../../repl/decode.ts";
import { chordOf, type Key } from "../../repl/keys.ts";
import { assert, assertEquals } from "../support/assert.ts";

const START = "\x1b[200~";
const END = "\x1b[201~";
const SILENCE = "timeout";

/** Chunks as they come; `SILENCE` stands for nothing at all. */
function keysOf(...chunks: readonly (string | Uint8Array)[]): readonly Key[] {
  let state = INITIAL;
  const all: Key[] = [];
  for (const chunk of chunks) {
    const input = chunk === SILENCE
      ? SILENCE
      : typeof chunk === "string"
      ? new TextEncoder().encode(chunk)
      : chunk;
    const { state: next, keys } = decode(state, input);
    state = next;
    all.push(...keys);
  }
  return all;
}

/** `Ctrl-A a [pasted]` */
function told(keys: readonly Key[]): string {
  return keys.map((key) =>
    key.name === "paste"
      ? `[${key.text}]`
      : key.name === "char" && !key.ctrl && !key.alt
      ? key.text
      : chordOf(key)
  ).join(" ");
}

Deno.test.each([
  { bytes: "a", gives: "a" },
  { bytes: "\r", gives: "Enter" },
  { bytes: "\n", gives: "Enter" },
  { bytes: "\r\n", gives: "Enter" },
  { bytes: "\t", gives: "Tab" },
  { bytes: "\x7f", gives: "Backspace" },
  { bytes: "\x01", gives: "Ctrl-A" },
  { bytes: "\x1f", gives: "Ctrl-_" },
  { bytes: "\0", gives: "Ctrl-Space" },
  { bytes: "\x1bf", gives: "Alt-F" },
  { bytes: "\x1b\r", gives: "Alt-Enter" },
  { bytes: "\x1b\x7f", gives: "Alt-Backspace" },
  { bytes: "\x1b.", gives: "Alt-." },
  { bytes: "\x1b[A", gives: "Up" },
  { bytes: "\x1bOA", gives: "Up" },
  { bytes: "\x1b[1;5C", gives: "Ctrl-Right" },
  { bytes: "\x1bO5C", gives: "Ctrl-Right" },
  { bytes: "\x1b\x1b[D", gives: "Alt-Left" },
  { bytes: "\x1b[Z", gives: "Shift-Tab" },
  { bytes: "\x1b[3~", gives: "Delete" },
  { bytes: "\x1b[3;3~", gives: "Alt-Delete" },
  { bytes: "\x1b[H", gives: "Home" },
  { bytes: "\x1b[97;5u", gives: "Ctrl-A" },
  { bytes: "\x1b[97u", gives: "a" },
  { bytes: "\x1b[97:65;2u", gives: "A" },
  { bytes: "\x1b[13;2u", gives: "Shift-Enter" },
  { bytes: "\x1b[27u", gives: "Escape" },
  { bytes: "\x1b[97;1:3u", gives: "" },
  { bytes: "\x1b[57441u", gives: "" },
  { bytes: "\x1b[27;5;47~", gives: "Ctrl-/" },
  { bytes: "\x1b[I", gives: "Focus-in" },
  { bytes: "\x1b[<0;3;4M", gives: "" },
  { bytes: "\x1b[?62;22c", gives: "" },
  { bytes: "\x1b]11;rgb:0/0/0\x07", gives: "" },
  { bytes: "\x1bP1$r0m\x1b\\", gives: "" },
  { bytes: "\x1b[15~", gives: "" },
  { bytes: "\x9b", gives: "" },
  { bytes: "世", gives: "世" },
  { bytes: "𐐀", gives: "𐐀" },
])(
  "decode() reads $bytes as $gives, wherever it is split",
  ({ bytes, gives }) => {
    assertEquals(told(keysOf(bytes)), gives);
    const all = new TextEncoder().encode(bytes);
    if (bytes === "\r\n") return;
    for (let at = 1; at < all.length; at++) {
      const split = keysOf(all.subarray(0, at), all.subarray(at));
      assertEquals(told(split), gives, `split at ${at}`);
    }
  },
);

Deno.test("decode() takes an escape for Esc only after a silence", () => {
  assertEquals(told(keysOf("\x1b")), "");
  assertEquals(told(keysOf("\x1b", SILENCE)), "Escape");
  assertEquals(told(keysOf("\x1b", SILENCE, "[A")), "Escape [ A");
  assertEquals(told(keysOf("\x1b[", SILENCE)), "Alt-[");
  assertEquals(told(keysOf("\x1b[1;", SILENCE, "x")), "x");
  assert(waitsForSilence(decode(INITIAL, Uint8Array.of(27)).state));
  assert(!waitsForSilence(decode(INITIAL, Uint8Array.of(97)).state));
});

Deno.test.each([
  { chunks: ["a\r"], gives: "a Enter" },
  { chunks: ["abc\r"], gives: "a b c Enter" },
  { chunks: ["abcd\r", SILENCE], gives: "[abcd\n]" },
  { chunks: ["abcd\r", SILENCE, "\r"], gives: "[abcd\n] Enter" },
  { chunks: ["a\rb", SILENCE], gives: "[a\nb]" },
  { chunks: ["\r\r", SILENCE], gives: "[\n\n]" },
  { chunks: ["shift 1", "m\r", SILENCE], gives: "s h i f t   1 [m\n]" },
  { chunks: ["shift 1", SILENCE, "m\r"], gives: "s h i f t   1 m Enter" },
  { chunks: ["a\r\nb\r\n", "\r", SILENCE], gives: "[a\nb\n\n]" },
  { chunks: ["a\tb\x0fcd\r", SILENCE], gives: "[a    b\\x0fcd\n]" },
  { chunks: ["\x1b[13u\x1b[13u", SILENCE], gives: "[\\x1b[13u\\x1b[13u]" },
  { chunks: ["abcdef\r\x03", SILENCE], gives: "[abcdef\n\\x03]" },
  { chunks: ["abcdef\r", SILENCE, "\x03"], gives: "[abcdef\n] Ctrl-C" },
  {
    chunks: ["\x1b[C\x1b[C\x1b[C\x1b[C\x1b[C"],
    gives: "Right Right Right Right Right",
  },
])(
  "decode() takes what no fingers type for pasted: $chunks",
  ({ chunks, gives }) => {
    assertEquals(told(keysOf(...chunks)), gives);
  },
);

Deno.test.each([
  { pasted: "a\r\nb\rc\nd", gives: "[a\nb\nc\nd]" },
  { pasted: "a\tb", gives: "[a    b]" },
  { pasted: "\x1b[A\x03\x04\0", gives: "[\\x1b[A\\x03\\x04\\x00]" },
  { pasted: `a${END}\rclear\r`, gives: "[a\nclear\n]" },
  { pasted: `${START}${END}${START}b`, gives: "[b]" },
  { pasted: "\x1b[201", gives: "[\\x1b[201]" },
  { pasted: "\u{1f468}\u200d\u{1f469}", gives: "[\u{1f468}\u200d\u{1f469}]" },
])("decode() gives $pasted as one text", ({ pasted, gives }) => {
  assertEquals(told(keysOf(`${START}${pasted}${END}`, SILENCE)), gives);
});

Deno.test("decode() gives a paste as one text, wherever it is split", () => {
  const piece = fc.constantFrom(
    "a",
    "\r",
    "\n",
    "世",
    END,
    START,
    "\x1b",
    "[201",
    "~",
    "\t",
    "\x03",
  );
  fc.assert(fc.property(
    fc.array(piece, { maxLength: 12 }),
    fc.array(fc.nat(80), { maxLength: 5 }),
    (pieces, cuts) => {
      const bytes = new TextEncoder().encode(
        `${START}${pieces.join("")}x${END}`,
      );
      const places = [
        0,
        ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b),
        bytes.length,
      ];
      const chunks = places.slice(1).map((end, index) =>
        bytes.subarray(places[index], end)
      );
      // Ctrl-C alone is the way out of a paste.
      fc.pre(!chunks.some((chunk) => chunk.length === 1 && chunk[0] === 3));
      const keys = keysOf(...chunks, SILENCE);
      assertEquals(keys.map(({ name }) => name), ["paste"]);
      assertEquals(keys, keysOf(bytes, SILENCE));
    },
  ));
});

Deno.test("decode() never makes a key of what came with a paste", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const keys = keysOf(`${START}${text}`, `${END}\r`, "\r", SILENCE);
    assert(keys.every(({ name }) => name === "paste"));
  }));
});

Deno.test("decode() takes Ctrl-C right behind the mark for pasted", () => {
  assertEquals(told(keysOf(`${START}\x03`, `x${END}`, SILENCE)), "[\\x03x]");
});

Deno.test("decode() leaves a paste without an end by Ctrl-C", () => {
  assertEquals(told(keysOf(`${START}ab`, "\x03", SILENCE, "c")), "[ab] c");
});

Deno.test("decode() bounds a paste and tells that it did", () => {
  const [key] = keysOf(`${START}${"x".repeat(1024 * 1024 + 1)}${END}`, SILENCE);
  assert(key?.name === "paste" && key.isCut);
  assertEquals(key.text.length, 1024 * 1024);
});

Deno.test("decode() bears any bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (chunks) => {
      const keys = keysOf(...chunks, SILENCE, SILENCE);
      for (const key of keys) {
        // deno-lint-ignore no-control-regex
        if (key.name === "char") assert(!/[\0-\x1f\x7f]/.test(key.text ?? ""));
      }
    }),
  );
});
