import { type LineContext, NOTHING_KNOWN } from "../../repl/context.ts";
import { lentKeys, onlyInterrupts } from "../../repl/lending.ts";
import { LineReader, type LineTerminal } from "../../repl/line_reader.ts";
import type { Taker } from "../../repl/terminal.ts";
import { assertEquals } from "../support/assert.ts";
import { Screen } from "../support/screen.ts";

/** A terminal without one: keys are given to it, and it has a screen. */
class FakeTerminal implements LineTerminal {
  parting: () => string = () => "";
  readonly screen = new Screen(40, 10);
  readonly suspended = Promise.withResolvers<void>();
  #takers: Taker[] = [];

  size(): { columns: number; rows: number } {
    return { columns: 40, rows: 10 };
  }

  write(text: string): void {
    this.screen.write(text);
  }

  take(taker: Taker): Disposable {
    this.#takers.push(taker);
    return {
      [Symbol.dispose]: () => {
        this.#takers = this.#takers.filter((other) => other !== taker);
      },
    };
  }

  suspend(): Promise<void> {
    return this.suspended.promise;
  }

  type(text: string): void {
    this.#takers.at(-1)?.chunk(new TextEncoder().encode(text));
  }

  hangUp(): void {
    this.#takers.at(-1)?.end();
  }
}

function readerOn(
  terminal: LineTerminal,
  contextOf: () => LineContext = () => NOTHING_KNOWN,
): LineReader {
  return new LineReader(
    terminal,
    { prompt: () => [{ text: "i> " }], contextOf },
    { colour: false, isPlain: false, reflows: true },
  );
}

Deno.test("read() gives the line, and what was cut stays for the next", async () => {
  const terminal = new FakeTerminal();
  const reader = readerOn(terminal);
  const first = reader.read();
  terminal.type("ab");
  terminal.type("\x15");
  terminal.type("c\r");
  assertEquals(await first, { kind: "run", text: "c" });
  const second = reader.read("x");
  terminal.type("\x19");
  terminal.type("\r");
  assertEquals(await second, { kind: "run", text: "xab" });
  assertEquals(terminal.screen.lines(), ["i> c", "i> xab", ""]);
});

Deno.test("refresh() shows late items in the open menu", async () => {
  const terminal = new FakeTerminal();
  let items: readonly string[] = [];
  const reader = readerOn(terminal, () => ({
    ...NOTHING_KNOWN,
    completion: {
      span: { start: 0, end: 0 },
      items: items.map((text) => ({ text, label: text })),
      state: items.length === 0 ? "loading" : "ready",
    },
  }));
  const line = reader.read();
  terminal.type("\t");
  assertEquals(terminal.screen.lines(), ["i>", "  loading…"]);
  items = ["shop", "shore"];
  reader.refresh();
  assertEquals(terminal.screen.lines(), ["i>", "  shop     shore"]);
  terminal.type("\x03");
  assertEquals(await line, { kind: "interrupt", text: "" });
});

Deno.test("say() prints above the line, which stays as it is", async () => {
  const terminal = new FakeTerminal();
  const reader = readerOn(terminal);
  const line = reader.read();
  terminal.type("abc");
  terminal.type("\x1b[D");
  reader.say("one\ntwo");
  assertEquals(terminal.screen.lines(), ["one", "two", "i> abc"]);
  assertEquals(terminal.screen.cursor, { row: 2, column: 5 });
  terminal.hangUp();
  assertEquals(await line, { kind: "exit" });
});

Deno.test("keys that come while the process is stopped are kept", async () => {
  const terminal = new FakeTerminal();
  const line = readerOn(terminal).read();
  terminal.type("a\x1ab");
  terminal.type("c");
  assertEquals(terminal.screen.lines(), ["i> a", ""]);
  terminal.suspended.resolve();
  await Promise.resolve();
  await Promise.resolve();
  terminal.type("\r");
  assertEquals(await line, { kind: "run", text: "abc" });
});

Deno.test("the end of input leaves, whatever is written", async () => {
  const terminal = new FakeTerminal();
  const line = readerOn(terminal).read();
  terminal.type("abc");
  terminal.hangUp();
  assertEquals(await line, { kind: "exit" });
});

Deno.test("a question is lent keys; Ctrl-C is told apart", async () => {
  const terminal = new FakeTerminal();
  let interrupts = 0;
  {
    using keys = lentKeys(terminal, () => interrupts++);
    terminal.type("y");
    terminal.type("\x03");
    terminal.type("\r");
    terminal.hangUp();
    const all = [await keys.next(), await keys.next(), await keys.next()];
    assertEquals(all, ["y", "\r", undefined]);
  }
  using _running = onlyInterrupts(terminal, () => interrupts++);
  terminal.type("lost\r");
  terminal.type("\x03");
  assertEquals(interrupts, 2);
});
