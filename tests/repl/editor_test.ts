import fc from "fast-check";
import { actionOf, BINDINGS } from "../../repl/bindings.ts";
import { type LineContext, NOTHING_KNOWN } from "../../repl/context.ts";
import { press } from "../../repl/editor.ts";
import {
  type EditorState,
  type Effect,
  emptyEditor,
} from "../../repl/editor_state.ts";
import { chordOf, type Key, type KeyName, pressed } from "../../repl/keys.ts";
import { assert, assertEquals } from "../support/assert.ts";

const KNOWN: LineContext = {
  ...NOTHING_KNOWN,
  history: ["show a", "clear -m hard", "show b", "shift\\\n1"],
};

const NAMED: ReadonlySet<string> = new Set<KeyName>([
  "enter",
  "tab",
  "backspace",
  "delete",
  "escape",
  "left",
  "right",
  "up",
  "down",
  "home",
  "end",
]);

/** `Ctrl-A` to the key. */
function keyOf(chord: string): Key {
  const [, modifiers = "", base = ""] =
    /^((?:(?:Ctrl|Alt|Shift)-)*)(.+)$/s.exec(chord) ?? [];
  const how = {
    ctrl: modifiers.includes("Ctrl"),
    alt: modifiers.includes("Alt"),
    shift: modifiers.includes("Shift"),
  };
  const name = base.toLowerCase();
  return NAMED.has(name)
    ? pressed(name as KeyName, how)
    : pressed("char", { ...how, text: modifiers === "" ? base : name });
}

/** Chords between spaces; `"…"` is typed, `[…]` is pasted, `_` in both is a space. */
function keysOf(keys: string): readonly Key[] {
  return keys.split(" ").filter((word) => word !== "").flatMap(
    (word): Key[] => {
      const [, open, text = ""] = /^(["[])(.*)["\]]$/s.exec(word) ?? [];
      const plain = text.replaceAll("_", " ");
      if (open === '"') {
        return Array.from(
          plain,
          (character) => pressed("char", { text: character }),
        );
      }
      if (open === "[") {
        return [{ name: "paste", text: plain, isCut: false }];
      }
      return [keyOf(word)];
    },
  );
}

function pressAll(
  keys: readonly Key[],
  context: LineContext = KNOWN,
  from: EditorState = emptyEditor(),
): { state: EditorState; effects: Effect[] } {
  let state = from;
  const effects: Effect[] = [];
  for (const key of keys) {
    const step = press(state, key, context);
    state = step.state;
    if (step.effect) effects.push(step.effect);
  }
  return { state, effects };
}

/** The text with `‸` at the cursor. */
function shown({ buffer: { text, cursor } }: EditorState): string {
  return `${text.slice(0, cursor)}‸${text.slice(cursor)}`;
}

Deno.test.each([
  { keys: '"ab" Left "x"', gives: "ax‸b" },
  { keys: '"ab" Ctrl-A "x"', gives: "x‸ab" },
  { keys: '"a世" Backspace', gives: "a‸" },
  { keys: "[👨‍👩‍👧] Left", gives: "‸👨‍👩‍👧" },
  { keys: '"e\u0301x" Left Left', gives: "‸e\u0301x" },
  { keys: "[🇩🇪🇫🇷] Left", gives: "🇩🇪‸🇫🇷" },
  { keys: "[👍🏽] Backspace", gives: "‸" },
  { keys: '"show_a.b:80" Alt-B', gives: "show a.b:‸80" },
  { keys: '"show_a.b:80" Ctrl-W', gives: "show ‸" },
  { keys: '"show_a.b" Alt-Backspace', gives: "show a.‸" },
  { keys: '"ab_cd" Ctrl-A Alt-F', gives: "ab‸ cd" },
  { keys: '"ab_cd" Ctrl-A Alt-D', gives: "‸ cd" },
  { keys: '"ab_cd" Ctrl-W Ctrl-W Ctrl-Y', gives: "ab cd‸" },
  { keys: '"ab_cd" Ctrl-W "x" Ctrl-U Ctrl-Y Alt-Y', gives: "cd‸" },
  { keys: '"ab_cd" Ctrl-A Ctrl-K Ctrl-Y Ctrl-Y', gives: "ab cdab cd‸" },
  { keys: '"ab_cd" Ctrl-A Alt-D Alt-D Ctrl-Y', gives: "ab cd‸" },
  { keys: '"ab" Ctrl-T', gives: "ba‸" },
  { keys: '"abc" Left Ctrl-T', gives: "acb‸" },
  { keys: '"ab_cd" Ctrl-_', gives: "ab‸" },
  { keys: '"ab_cd" Ctrl-_ Ctrl-_', gives: "‸" },
  { keys: '"ab_cd" Ctrl-_ Ctrl-_ Alt-_ Alt-_', gives: "ab cd‸" },
  { keys: '"ab" [x\ny] Ctrl-X Ctrl-U', gives: "ab‸" },
  { keys: '"a\\" Enter "b"', gives: "a\\\nb‸" },
  { keys: '"a" Alt-Enter "b" Up', gives: "a‸\nb" },
  { keys: '"ab" Alt-Enter "c" Up Down', gives: "ab\nc‸" },
  { keys: "[a\nbc] Ctrl-A", gives: "a\n‸bc" },
  { keys: '"sho" Up', gives: "show b‸" },
  { keys: '"sho" Up Up', gives: "show a‸" },
  { keys: '"sho" Up Up Up', gives: "show a‸" },
  { keys: '"sho" Up Up Down Down', gives: "sho‸" },
  { keys: "Up Up", gives: "show b‸" },
  { keys: '"x" Alt-.', gives: "x1‸" },
  { keys: '"x" Alt-. Alt-.', gives: "xb‸" },
  { keys: '"abc" Ctrl-R "cl" Enter', gives: "clear -m hard‸" },
  { keys: '"abc" Ctrl-R "how" Ctrl-R Enter', gives: "show a‸" },
  { keys: '"abc" Ctrl-R "crm" Right', gives: "clear -m hard‸" },
  { keys: '"abc" Ctrl-R "cl" Escape', gives: "abc‸" },
  { keys: '"abc" Ctrl-R "zz" Enter', gives: "abc‸" },
  { keys: '"abc" Ctrl-R "cl" Enter Ctrl-_', gives: "abc‸" },
  { keys: '"a" Ctrl-X "b"', gives: "ab‸" },
  { keys: '"ab" Ctrl-D', gives: "ab‸" },
  { keys: '"ab" Left Ctrl-D', gives: "a‸" },
])("press() makes of $keys: $gives", ({ keys, gives }) => {
  const { state, effects } = pressAll(keysOf(keys));
  assertEquals(shown(state), gives);
  assertEquals(effects, []);
});

Deno.test.each([
  { keys: '"a" Enter', effect: { kind: "run", text: "a" }, left: "‸" },
  { keys: '"ab" Left Enter', effect: { kind: "run", text: "ab" }, left: "‸" },
  { keys: '"a\\\\" Enter', effect: { kind: "run", text: "a\\\\" }, left: "‸" },
  { keys: '"a" Ctrl-C', effect: { kind: "interrupt", text: "a" }, left: "‸" },
  { keys: "Ctrl-D", effect: { kind: "exit" }, left: "‸" },
  { keys: '"a" Ctrl-L', effect: { kind: "clear-screen" }, left: "a‸" },
  { keys: '"a" Ctrl-Z', effect: { kind: "suspend" }, left: "a‸" },
  {
    keys: 'Ctrl-R "cl" Ctrl-C',
    effect: { kind: "interrupt", text: "" },
    left: "‸",
  },
])("press() has $effect to do after $keys", ({ keys, effect, left }) => {
  const { state, effects } = pressAll(keysOf(keys));
  assertEquals(effects, [effect as Effect]);
  assertEquals(shown(state), left);
});

Deno.test("Enter after a search does not run the line; the next one does", () => {
  const { effects } = pressAll(keysOf('Ctrl-R "hard" Enter'));
  assertEquals(effects, []);
  const again = pressAll(keysOf('Ctrl-R "hard" Enter Enter'));
  assertEquals(again.effects, [{ kind: "run", text: "clear -m hard" }]);
});

const MENU: LineContext = {
  ...KNOWN,
  completion: {
    span: { start: 0, end: 1 },
    items: ["shift ", "show ", "stop "].map((text) => ({ text, label: text })),
    state: "ready",
  },
};

Deno.test("the menu: Tab and Shift-Tab choose, Right takes, Esc closes", () => {
  const after = (keys: string) => pressAll(keysOf(keys), MENU).state;
  assertEquals(after('"s" Tab').menu, { chosen: "shift " });
  assertEquals(shown(after('"s" Tab')), "s‸");
  assertEquals(after('"s" Tab Tab').menu, { chosen: "show " });
  assertEquals(after('"s" Tab Shift-Tab').menu, { chosen: "stop " });
  assertEquals(after('"s" Tab Down Up').menu, { chosen: "shift " });
  assertEquals(shown(after('"s" Tab Tab Right')), "show ‸");
  assertEquals(after('"s" Tab Escape').menu, undefined);
  assertEquals(shown(after('"s" Tab Tab Right Ctrl-_')), "s‸");
});

Deno.test("Enter runs what is written, whatever the menu has chosen", () => {
  const { effects } = pressAll(keysOf('"s" Tab Tab Enter'), MENU);
  assertEquals(effects, [{ kind: "run", text: "s" }]);
});

Deno.test("Tab takes the only item at once, and writes what all begin with", () => {
  const items = MENU.completion?.items ?? [];
  const span = { start: 0, end: 1 };
  const one = {
    ...MENU,
    completion: { span, items: items.slice(0, 1), state: "ready" as const },
  };
  assertEquals(shown(pressAll(keysOf('"s" Tab'), one).state), "shift ‸");
  const two = {
    ...MENU,
    completion: { span, items: items.slice(0, 2), state: "ready" as const },
  };
  assertEquals(shown(pressAll(keysOf('"s" Tab'), two).state), "sh‸");
  const coming = {
    ...two,
    completion: {
      ...two.completion,
      items: items.slice(0, 1),
      state: "loading" as const,
    },
  };
  assertEquals(shown(pressAll(keysOf('"s" Tab'), coming).state), "s‸");
});

Deno.test("late items leave the choice where it is", () => {
  const { state } = pressAll(keysOf('"s" Tab Tab'), MENU);
  const late: LineContext = {
    ...MENU,
    completion: {
      span: { start: 0, end: 1 },
      state: "ready",
      items: ["scale ", "shift ", "show "].map((text) => ({
        text,
        label: text,
      })),
    },
  };
  assertEquals(shown(press(state, keyOf("Right"), late).state), "show ‸");
  const without = {
    ...late,
    completion: {
      span: { start: 0, end: 1 },
      state: "ready" as const,
      items: [{ text: "scale ", label: "scale" }],
    },
  };
  assertEquals(shown(press(state, keyOf("Right"), without).state), "s‸");
});

Deno.test("items of another text are never put in", () => {
  const stale = {
    ...MENU,
    completion: {
      span: { start: 2, end: 9 },
      items: [{ text: "x", label: "x" }],
      state: "ready" as const,
    },
  };
  assertEquals(shown(pressAll(keysOf('"s" Tab Right'), stale).state), "s‸");
});

Deno.test.each([
  { keys: '"sh" Right', gives: "show a‸" },
  { keys: '"sh" End', gives: "show a‸" },
  { keys: '"sh" Ctrl-E', gives: "show a‸" },
  { keys: '"sh" Alt-F', gives: "show‸" },
  { keys: '"sh" Left Right', gives: "sh‸" },
])("the grey text is taken by $keys", ({ keys, gives }) => {
  const { state } = pressAll(keysOf(keys), { ...KNOWN, ghost: "ow a" });
  assertEquals(shown(state), gives);
});

Deno.test("Ctrl-O puts in what the diagnostic at the cursor suggests", () => {
  const wrong = {
    span: { start: 0, end: 5 },
    severity: "error" as const,
    message: "no such command",
  };
  const context = {
    ...KNOWN,
    diagnostics: [{ ...wrong, replacement: "shift" }],
  };
  assertEquals(
    shown(pressAll(keysOf('"shfit_1" Ctrl-O'), context).state),
    "shift 1‸",
  );
  const { state } = pressAll(keysOf('"shfit" Ctrl-O'), {
    ...KNOWN,
    diagnostics: [wrong],
  });
  assertEquals(shown(state), "shfit‸");
});

Deno.test("a paste is text, one step of undo, and never chooses or runs", () => {
  const { state, effects } = pressAll(keysOf('"s" Tab [clear\nshift\n]'), MENU);
  assertEquals(effects, []);
  assertEquals(state.menu, undefined);
  assertEquals(
    state.notice,
    "3 lines pasted: Enter runs them, Ctrl-_ takes them out",
  );
  assertEquals(shown(press(state, keyOf("Ctrl-_"), MENU).state), "s‸");
});

Deno.test("no two actions have the same key", () => {
  const chords = BINDINGS.flatMap(({ chords }) => chords);
  assertEquals(chords.length, new Set(chords).size);
});

const TEXTS = [
  "a",
  " ",
  "_",
  "\\",
  "世",
  "e\u0301",
  "\u0301",
  "👍🏽",
  "👨‍👩‍👧",
  "🇩🇪",
  "🇫",
  "ש",
  "\u202e",
  "\u200d",
];
const anyKey: fc.Arbitrary<Key> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...TEXTS).map((text) =>
      pressed("char", { text })
    ),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom("\n", ...TEXTS), { maxLength: 8 }).map((
      texts,
    ): Key => ({ name: "paste", text: texts.join(""), isCut: false })),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...BINDINGS.flatMap(({ chords }) => chords)).map(
      (chord) => keyOf(chord.split(" ")[0] ?? ""),
    ),
  },
);
/** Keys that stay in the line. */
const editing = anyKey.filter((key) =>
  key.name === "paste" || key.name === "char" && !key.ctrl && !key.alt ||
  key.name !== "enter" &&
    !(key.name === "char" && key.ctrl && "cdlzrx".includes(key.text ?? ""))
);
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

Deno.test("the cursor always stands where a character begins", () => {
  fc.assert(
    fc.property(fc.array(anyKey, { maxLength: 40 }), (keys) => {
      let state = emptyEditor();
      for (const key of keys) {
        state = press(state, key, { ...MENU, ghost: "e\u0301世 b" }).state;
        const { text, cursor } = state.buffer;
        const starts = Array.from(
          segmenter.segment(text),
          ({ index }) => index,
        );
        assert(
          [...starts, text.length].includes(cursor),
          JSON.stringify({ text, cursor, key }),
        );
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("undo gives back every text, and redo the last one", () => {
  fc.assert(
    fc.property(fc.array(editing, { maxLength: 40 }), (keys) => {
      const undoing = keys.filter((key) =>
        key.name === "paste" ||
        !["undo", "redo"].includes(actionOf(chordOf(key)) ?? "")
      );
      const { state } = pressAll(undoing, MENU);
      const times = (chord: string, from: EditorState) =>
        pressAll(Array.from({ length: 100 }, () => keyOf(chord)), MENU, from)
          .state;
      const first = times("Ctrl-_", state);
      assertEquals(first.buffer, { text: "", cursor: 0 });
      assertEquals(times("Alt-_", first).buffer.text, state.buffer.text);
    }),
    { numRuns: 300 },
  );
});

Deno.test("what is cut and put in again is the same text", () => {
  const text = fc.array(
    fc.constantFrom(" ", "a", "b.", "世", "e\u0301", "👍🏽", "\n"),
    { maxLength: 12 },
  ).map((parts) => parts.join(""));
  const cut = fc.constantFrom(
    "Ctrl-K",
    "Ctrl-U",
    "Ctrl-W",
    "Alt-D",
    "Alt-Backspace",
  );
  fc.assert(fc.property(text, fc.nat(12), cut, (text, lefts, chord) => {
    const at = pressAll(
      Array.from({ length: lefts }, () => keyOf("Left")),
      KNOWN,
      emptyEditor(text),
    ).state;
    const gone = press(at, keyOf(chord), KNOWN).state;
    fc.pre(gone.buffer.text !== text);
    assertEquals(press(gone, keyOf("Ctrl-Y"), KNOWN).state.buffer.text, text);
  }));
});

Deno.test("only Enter runs anything", () => {
  fc.assert(
    fc.property(
      fc.array(anyKey.filter(({ name }) => name !== "enter"), {
        maxLength: 40,
      }),
      (keys) => {
        assert(
          pressAll(keys, MENU).effects.every(({ kind }) => kind !== "run"),
        );
      },
    ),
  );
});
