import fc from "fast-check";
import { type LineContext, NOTHING_KNOWN } from "../../repl/context.ts";
import { type EditorState, emptyEditor } from "../../repl/editor_state.ts";
import { leave, paint } from "../../repl/paint.ts";
import { plainPaint, type PlainScreen } from "../../repl/plain.ts";
import { rowWidth, type Size } from "../../repl/rows.ts";
import { type Frame, frameOf, type View } from "../../repl/screen.ts";
import { assert, assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { Screen } from "../support/screen.ts";

const PROMPT = [{ text: "i> " }];

function viewOf(
  state: Partial<EditorState> & { text?: string; cursor?: number },
  context: Partial<LineContext> = {},
): View {
  const { text = "", cursor = text.length, ...rest } = state;
  return {
    state: { ...emptyEditor(), ...rest, buffer: { text, cursor } },
    context: { ...NOTHING_KNOWN, ...context },
    prompt: PROMPT,
  };
}

const SIZE: Size = { columns: 30, rows: 8 };

/** The rows as text, `‸` where the cursor is. */
function textOf(frame: Frame): readonly string[] {
  return frame.rows.map((row, index) => {
    let column = 0;
    let line = "";
    const isHere = index === frame.cursor.row;
    for (const { text, width } of row) {
      if (isHere && column === frame.cursor.column) line += "‸";
      line += text;
      column += width;
    }
    return isHere && column === frame.cursor.column ? `${line}‸` : line;
  });
}

Deno.test.each<{ what: string; view: View; gives: readonly string[] }>([
  { what: "an empty line", view: viewOf({}), gives: ["i> ‸"] },
  {
    what: "rows that go on",
    view: viewOf({ text: "a\\\nb", cursor: 1 }),
    gives: ["i> a‸\\", "… b"],
  },
  {
    what: "the grey text behind the cursor",
    view: viewOf({ text: "sh" }, { ghost: "ow a" }),
    gives: ["i> sh‸ow a"],
  },
  {
    what: "no grey text before the end",
    view: viewOf({ text: "sh", cursor: 1 }, { ghost: "ow a" }),
    gives: ["i> s‸h"],
  },
  {
    what: "what is wrong, and how to mend it",
    view: viewOf({ text: "shfit" }, {
      diagnostics: [{
        span: { start: 0, end: 5 },
        severity: "error",
        message: "unknown",
        replacement: "shift",
      }],
    }),
    gives: ["i> shfit‸", "error: unknown (Ctrl-O puts", 'in "shift")'],
  },
  {
    what: "the signature where nothing is wrong",
    view: viewOf({ text: "s" }, { signature: "shift HOST" }),
    gives: ["i> s‸", "shift HOST"],
  },
  {
    what: "a search, and what it finds",
    view: viewOf({ text: "kept", search: { query: "hd", back: 0 } }, {
      history: ["clear -m hard"],
    }),
    gives: ["search: hd‸", "  clear -m hard"],
  },
  {
    what: "what hides, as escapes",
    view: viewOf({ text: "a\u202eb\x1bc" }),
    gives: ["i> a\\u202eb\\x1bc‸"],
  },
  {
    what: "a wide character that does not fit, in the next row",
    view: viewOf({ text: `${"x".repeat(25)}世` }),
    gives: [`i> ${"x".repeat(25)}`, "世‸"],
  },
  {
    what: "the cursor after a full row, in the next one",
    view: viewOf({ text: "x".repeat(26), cursor: 25 }),
    gives: [`i> ${"x".repeat(25)}‸x`],
  },
  {
    what: "a mark that stands alone, on a circle",
    view: viewOf({ text: "\u0301" }),
    gives: ["i> \u25cc\u0301‸"],
  },
])("frameOf() shows $what", ({ view, gives }) => {
  assertEquals(textOf(frameOf(view, SIZE)), gives);
});

const ITEMS = Array.from({ length: 20 }, (_, index) => ({
  text: `item${index}`,
  label: `item${index}`,
}));

Deno.test("frameOf() shows the menu in the rows that are left", () => {
  const completion = {
    span: { start: 0, end: 0 },
    items: ITEMS,
    state: "ready" as const,
  };
  const size = { columns: 30, rows: 6 };
  const menu = frameOf(
    viewOf({ menu: { chosen: "item1" } }, { completion }),
    size,
  );
  assertEquals(textOf(menu), [
    "i> ‸",
    "  item0   > item1     item2 ",
    "  item3     item4     item5 ",
    "  item6     item7     item8 ",
    "  item9     item10    item11",
    "  … 8 more",
  ]);
  const far = frameOf(
    viewOf({ menu: { chosen: "item19" } }, { completion }),
    size,
  );
  assert(textOf(far).some((row) => row.includes("> item19")));
  assertEquals(far.rows.length, 6);
});

Deno.test("frameOf() shows what items tell, and that more may come", () => {
  const completion = {
    span: { start: 0, end: 0 },
    items: [{
      text: "a",
      label: "a\x1b[2J",
      detail: "2 s ago",
      doc: "A long sentence about it",
    }],
    state: "loading" as const,
  };
  const frame = frameOf(viewOf({ menu: {} }, { completion }), SIZE);
  assertEquals(textOf(frame), [
    "i> ‸",
    "  a\\x1b[2J  2 s ago  A long …",
    "  loading…",
  ]);
});

const TEXTS = [
  "a",
  "b c",
  " ",
  "世界",
  "e\u0301",
  "👍🏽",
  "👨‍👩‍👧",
  "🇩🇪",
  "שלום",
  "ﺷ",
  "\u202e",
  "❤\ufe0f",
  "한",
  "\n",
  "\\",
  "-".repeat(17),
];
const anyText = fc.array(fc.constantFrom(...TEXTS), { maxLength: 25 })
  .map((texts) => texts.join(""));
const anySize = fc.constantFrom<Size>(
  { columns: 40, rows: 10 },
  { columns: 80, rows: 24 },
  { columns: 20, rows: 5 },
  { columns: 7, rows: 3 },
);
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

const anyView = fc.tuple(
  anyText,
  fc.nat(30),
  fc.constantFrom<Partial<LineContext>>(
    {},
    { ghost: "世 ghost" },
    { signature: "shift HOST --weight N" },
    {
      diagnostics: [{
        span: { start: 0, end: 3 },
        severity: "error",
        message: "It is 世 wrong",
      }],
    },
  ),
  fc.boolean(),
).map(([text, back, context, hasMenu]) => {
  const starts = [
    ...Array.from(segmenter.segment(text), ({ index }) => index),
    text.length,
  ];
  const cursor = starts[Math.max(0, starts.length - 1 - back)] ?? 0;
  return viewOf({ text, cursor, ...hasMenu && { menu: { chosen: "item3" } } }, {
    ...context,
    completion: { span: { start: 0, end: 0 }, items: ITEMS, state: "ready" },
  });
});

function rowsOf(frame: Frame): readonly string[] {
  return frame.rows.map((row) =>
    row.map(({ text }) => text).join("").trimEnd()
  );
}

Deno.test("frameOf() never needs more than the terminal has", () => {
  fc.assert(fc.property(anyView, anySize, (view, size) => {
    const frame = frameOf(view, size);
    assertLessOrEqual(frame.rows.length, size.rows);
    for (const row of frame.rows) {
      assertLessOrEqual(rowWidth(row), size.columns - 1);
    }
    assert(frame.cursor.row >= 0 && frame.cursor.row < frame.rows.length);
    assert(frame.cursor.column >= 0 && frame.cursor.column < size.columns);
  }));
});

Deno.test("paint() leads a terminal from any frame to any other", () => {
  fc.assert(
    fc.property(
      fc.array(anyView, { minLength: 1, maxLength: 8 }),
      anySize,
      fc.nat(30),
      fc.boolean(),
      (views, size, before, colour) => {
        const screen = new Screen(size.columns, size.rows);
        const former = Array.from(
          { length: before },
          (_, index) => `former ${index}`.slice(0, size.columns - 1),
        );
        screen.write(
          former.map((line) => `${line}\r\n`).join(""),
        );
        let last: Frame | undefined;
        for (const view of views) {
          const frame = frameOf(view, size);
          screen.write(
            paint(last, frame, {
              colour,
              columns: size.columns,
              reflows: true,
            }),
          );
          last = frame;
          const all = [...screen.scrollback(), ...screen.lines()];
          while (all.at(-1) === "") all.pop();
          const wanted = [...former, ...rowsOf(frame)];
          while (wanted.at(-1) === "") wanted.pop();
          assertEquals(all, wanted);
          const row = former.length + frame.cursor.row -
            screen.scrollback().length;
          assertEquals(screen.cursor, { row, column: frame.cursor.column });
          assertEquals([...screen.modes].toSorted(), ["?25", "?7"]);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("paint() keeps its places where a terminal draws characters otherwise", () => {
  const narrow = () => 1;
  fc.assert(fc.property(anyView, (view) => {
    const screen = new Screen(40, 24, narrow);
    const frame = frameOf(view, { columns: 40, rows: 24 });
    const options = { colour: false, columns: 40, reflows: true };
    screen.write(paint(undefined, frame, options));
    for (const [index, row] of frame.rows.entries()) {
      if (!/^[!-~]$/.test(row.at(-1)?.text ?? "")) continue;
      assertEquals(screen.widthOfLine(index), rowWidth(row));
    }
    assertEquals(screen.cursor, frame.cursor);
  }));
});

Deno.test("paint() without colour has none, and keeps what is no colour", () => {
  const view = viewOf({ text: "xy" }, {
    ghost: "z",
    diagnostics: [{
      span: { start: 0, end: 2 },
      severity: "error",
      message: "no",
    }],
  });
  const options = { columns: 30, reflows: true };
  const plain = paint(undefined, frameOf(view, SIZE), {
    ...options,
    colour: false,
  });
  // deno-lint-ignore no-control-regex
  assert(!/\x1b\[3\d/.test(plain));
  assert(plain.includes("\x1b[4mxy") && plain.includes("\x1b[2mz"));
  const coloured = paint(undefined, frameOf(view, SIZE), {
    ...options,
    colour: true,
  });
  assert(coloured.includes("\x1b[31m"));
});

Deno.test("paint() survives a storm of sizes, and so does what was there before", () => {
  // A frame of few rows: one that is higher than the terminal scrolls away.
  const short = fc.tuple(
    fc.array(fc.constantFrom("a", "b c", "世", "e\u0301", "\\\n", "👍🏽"), {
      maxLength: 12,
    }),
  ).map(([texts]) => viewOf({ text: texts.join("") }));
  const size = fc.record({
    columns: fc.constantFrom(80, 40, 120, 20),
    rows: fc.constantFrom(40, 50, 60),
  });
  fc.assert(
    fc.property(
      short,
      fc.array(size, { minLength: 1, maxLength: 6 }),
      (view, sizes) => {
        let [now = SIZE] = sizes;
        const screen = new Screen(now.columns, now.rows);
        screen.write("before\r\n");
        let frame = frameOf(view, now);
        screen.write(
          paint(undefined, frame, {
            colour: false,
            columns: now.columns,
            reflows: true,
          }),
        );
        for (const [index, next] of sizes.entries()) {
          screen.resize(next.columns, next.rows);
          now = next;
          // Some changes of size come before the last one was seen.
          if (index % 3 === 1) continue;
          const to = frameOf(view, now);
          screen.write(
            paint(frame, to, {
              colour: false,
              columns: now.columns,
              reflows: true,
            }),
          );
          frame = to;
          const wanted = ["before", ...rowsOf(frame)];
          const all = [...screen.scrollback(), ...screen.lines()];
          while (all.at(-1) === "") all.pop();
          assertEquals(all, wanted);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("leave() goes below the line and takes the help away", () => {
  const view = viewOf({ text: "sh", cursor: 0 }, { signature: "shift HOST" });
  const screen = new Screen(30, 8);
  const options = { colour: false, columns: 30, reflows: true };
  const frame = frameOf(view, SIZE);
  screen.write(paint(undefined, frame, options));
  screen.write(leave(frame, frameOf({ ...view, isDone: true }, SIZE), options));
  screen.write("out");
  assertEquals(screen.lines(), ["i> sh", "out"]);
});

Deno.test("the plain view shows the row, by backspaces and nothing else", () => {
  const oneLine = anyView.filter(({ state }) =>
    state.menu === undefined && !state.buffer.text.includes("\n")
  );
  fc.assert(
    fc.property(fc.array(oneLine, { minLength: 1, maxLength: 8 }), (views) => {
      const screen = new Screen(30, 8);
      let last: PlainScreen | undefined;
      for (const view of views) {
        const { screen: next, output } = plainPaint(last, view, 30);
        // deno-lint-ignore no-control-regex
        assert(!/[\x1b\r\n]/.test(output), JSON.stringify(output));
        screen.write(output);
        last = next;
        assertEquals(screen.cursor, { row: 0, column: next.column });
        assertEquals(
          screen.lines()[0],
          next.cells.map(({ text }) => text).join("").trimEnd(),
        );
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("the plain view tells items, choice and notice by lines", () => {
  const completion = {
    span: { start: 0, end: 0 },
    items: [{ text: "a", label: "a", doc: "first" }, { text: "b", label: "b" }],
    state: "ready" as const,
  };
  const steps = [
    viewOf({ text: "x" }),
    viewOf({ text: "x", menu: { chosen: "a" } }, { completion }),
    viewOf({ text: "x", menu: { chosen: "b" } }, { completion }),
    viewOf({ text: "p\nq", notice: "2 lines pasted" }),
  ];
  const screen = new Screen(30, 20);
  let last: PlainScreen | undefined;
  for (const view of steps) {
    const { screen: next, output } = plainPaint(last, view, 30);
    screen.write(output);
    last = next;
  }
  assertEquals(screen.lines(), [
    "i> x",
    "a  first",
    "b",
    "1 of 2: a  first",
    "i> x",
    "2 of 2: b",
    "i> x",
    "p",
    "q",
    "2 lines pasted",
    "... q",
  ]);
});
