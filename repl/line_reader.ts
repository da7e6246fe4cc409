/**
 * Lines from a terminal: hands keys to the editor, and shows what it says.
 *
 * @module
 */

import { boundaryAt } from "./buffer.ts";
import { type LineContext, NOTHING_KNOWN } from "./context.ts";
import { decode, INITIAL, SILENCE, waitsForSilence } from "./decode.ts";
import { press } from "./editor.ts";
import {
  type EditorState,
  type Effect,
  emptyEditor,
  nextLine,
} from "./editor_state.ts";
import type { Key } from "./keys.ts";
import { erase, leave, paint, type PaintOptions } from "./paint.ts";
import { plainPaint, type PlainScreen } from "./plain.ts";
import type { Piece, Size } from "./rows.ts";
import { type Frame, frameOf, type View } from "./screen.ts";
import type { Taker } from "./terminal.ts";

/** What a line reader needs of a terminal. */
export interface LineTerminal {
  /** Gives what is written when the terminal is given back. */
  parting: () => string;
  size(): Size;
  write(text: string): void;
  take(taker: Taker): Disposable;
  suspend(): Promise<void>;
}

/** What the program around knows of the line. */
export interface LineHost {
  prompt(): readonly Piece[];
  /** Must answer at once; what is not known yet is `loading`. */
  contextOf(text: string, cursor: number): LineContext;
}

/** How lines are read. */
export interface LineReaderOptions {
  readonly colour: boolean;
  readonly isPlain: boolean;
  readonly reflows: boolean;
}

/** How a line ended. */
export type LineEnd = Exclude<
  Effect,
  { readonly kind: "clear-screen" | "suspend" }
>;

/** Reads one line after the other; what was cut stays from line to line. */
export class LineReader {
  readonly #terminal: LineTerminal;
  readonly #host: LineHost;
  readonly #options: LineReaderOptions;
  #editor = emptyEditor();
  #decoder = INITIAL;
  #left: readonly Key[] = [];
  #view: View | undefined;
  #frame: Frame | undefined;
  #plain: PlainScreen | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #isAway = false;
  #done: ((end: LineEnd) => void) | undefined;

  constructor(
    terminal: LineTerminal,
    host: LineHost,
    options: LineReaderOptions,
  ) {
    this.#terminal = terminal;
    this.#host = host;
    this.#options = options;
  }

  /**
   * @param text What the line begins with.
   * @param cursor Where the cursor is in it; at its end by default.
   */
  async read(text: string = "", cursor?: number): Promise<LineEnd> {
    const ended = Promise.withResolvers<LineEnd>();
    this.#done = ended.resolve;
    const buffer = {
      text,
      cursor: boundaryAt(text, cursor ?? text.length),
    };
    this.#editor = { ...nextLine(this.#editor), buffer };
    this.#terminal.parting = () => this.#parting();
    using _taking = this.#terminal.take({
      chunk: (bytes) => this.#takeInput(bytes),
      end: () => this.#finish({ kind: "exit" }),
      resized: () => this.#show(),
      resumed: () => this.#begin(),
    });
    this.#begin();
    const left = this.#left;
    this.#left = [];
    this.#takeKeys(left);
    try {
      return await ended.promise;
    } finally {
      clearTimeout(this.#silence);
      this.#decoder = INITIAL;
    }
  }

  /** Shows the line anew: more is known about it now. */
  refresh(): void {
    if (this.#done !== undefined) this.#show();
  }

  /** Prints whole lines, already safe, above the line that is written. */
  say(text: string): void {
    if (this.#done === undefined) return this.#terminal.write(`${text}\r\n`);
    const before = this.#options.isPlain
      ? "\r\n"
      : erase(this.#frame, this.#paintOptions());
    this.#terminal.write(`${before}${text.replaceAll("\n", "\r\n")}\r\n`);
    this.#begin();
  }

  #takeInput(input: Uint8Array | "timeout"): void {
    clearTimeout(this.#silence);
    const { state, keys } = decode(this.#decoder, input);
    this.#decoder = state;
    if (keys.length > 0) this.#takeKeys(keys);
    if (waitsForSilence(this.#decoder)) this.#awaitSilence();
  }

  /**
   * Two waits: after work that took long the first is over at once, and what
   * came meanwhile is read before the second is.
   */
  #awaitSilence(): void {
    this.#silence = setTimeout(() => {
      this.#silence = setTimeout(
        () => this.#takeInput("timeout"),
        SILENCE / 2,
      );
    }, SILENCE / 2);
  }

  #takeKeys(keys: readonly Key[]): void {
    for (const [index, key] of keys.entries()) {
      if (this.#done === undefined || this.#isAway) {
        this.#left = [...this.#left, ...keys.slice(index)];
        return;
      }
      const { text, cursor } = this.#editor.buffer;
      const { state, effect } = press(
        this.#editor,
        key,
        this.#contextOf(text, cursor),
      );
      if (effect === undefined) this.#editor = state;
      else this.#do(effect, state);
    }
    if (this.#done !== undefined) this.#show();
  }

  #do(effect: Effect, next: EditorState): void {
    switch (effect.kind) {
      case "clear-screen":
        this.#terminal.write(this.#options.isPlain ? "\r\n" : "\x1b[H\x1b[2J");
        return this.#begin();
      case "suspend":
        this.#suspend();
        return;
      default:
        this.#finish(effect, next);
    }
  }

  async #suspend(): Promise<void> {
    this.#terminal.write(this.#parting());
    this.#isAway = true;
    await this.#terminal.suspend();
    this.#isAway = false;
    this.#begin();
    const left = this.#left;
    this.#left = [];
    this.#takeKeys(left);
  }

  #finish(end: LineEnd, next?: EditorState): void {
    const done = this.#done;
    if (done === undefined) return;
    const mark = end.kind === "interrupt" ? "^C" : "";
    this.#terminal.write(this.#parting(mark));
    this.#done = undefined;
    this.#terminal.parting = () => "";
    this.#editor = nextLine(next ?? this.#editor);
    done(end);
  }

  /** Shows the line from where the cursor is. */
  #begin(): void {
    this.#frame = undefined;
    this.#plain = undefined;
    this.#show();
  }

  #contextOf(text: string, cursor: number): LineContext {
    if (this.#editor.search !== undefined) {
      return {
        ...NOTHING_KNOWN,
        history: this.#host.contextOf(text, cursor).history,
      };
    }
    const context = this.#host.contextOf(text, cursor);
    // What cannot be seen must not be taken.
    return this.#options.isPlain ? { ...context, ghost: "" } : context;
  }

  #paintOptions(): PaintOptions {
    const { colour, reflows } = this.#options;
    return { colour, reflows, columns: this.#terminal.size().columns };
  }

  #show(): void {
    if (this.#isAway) return;
    const { text, cursor } = this.#editor.buffer;
    const size = this.#terminal.size();
    this.#view = {
      state: this.#editor,
      context: this.#contextOf(text, cursor),
      prompt: this.#host.prompt(),
    };
    if (this.#options.isPlain) {
      const { screen, output } = plainPaint(
        this.#plain,
        this.#view,
        size.columns,
      );
      this.#plain = screen;
      if (output !== "") this.#terminal.write(output);
      return;
    }
    const frame = frameOf(this.#view, size);
    this.#terminal.write(paint(this.#frame, frame, this.#paintOptions()));
    this.#frame = frame;
  }

  /** What is written to leave the line as it is, the cursor below it. */
  #parting(mark: string = ""): string {
    if (this.#isAway) return "";
    const { buffer, kills, steps } = this.#editor;
    const text = buffer.text + mark;
    const view: View = {
      state: { kills, steps, buffer: { text, cursor: text.length } },
      context: { ...NOTHING_KNOWN, ...this.#highlights() },
      prompt: this.#host.prompt(),
      isDone: true,
    };
    const size = this.#terminal.size();
    if (this.#options.isPlain) {
      return `${plainPaint(this.#plain, view, size.columns).output}\r\n`;
    }
    return leave(this.#frame, frameOf(view, size), this.#paintOptions());
  }

  #highlights(): Pick<LineContext, "highlights"> {
    const { highlights } = this.#view?.context ?? NOTHING_KNOWN;
    const { length } = this.#editor.buffer.text;
    return {
      highlights: highlights.filter(({ span }) => span.end <= length),
    };
  }
}
