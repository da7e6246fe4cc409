/**
 * A terminal of plain values: keys in, what was written out.
 *
 * @module
 */

import type { LineTerminal } from "../../../repl/line_reader.ts";
import type { Taker } from "../../../repl/terminal.ts";

/** Hands keys to whoever has taken the terminal. */
export class FakeTerminal implements LineTerminal {
  parting: () => string = () => "";
  written = "";
  #takers: readonly Taker[] = [];

  size(): { columns: number; rows: number } {
    return { columns: 80, rows: 24 };
  }

  write(text: string): void {
    this.written += text;
  }

  take(taker: Taker): Disposable {
    this.#takers = [...this.#takers, taker];
    return {
      [Symbol.dispose]: () => {
        this.#takers = this.#takers.filter((each) => each !== taker);
      },
    };
  }

  suspend(): Promise<void> {
    return Promise.resolve();
  }

  /** How many have taken it: one where a line is read. */
  get takers(): number {
    return this.#takers.length;
  }

  /** One chunk, as it would be read. */
  send(text: string): void {
    this.#takers.at(-1)?.chunk(new TextEncoder().encode(text));
  }

  /** Key by key. */
  type(text: string): void {
    for (const character of text) this.send(character);
  }
}
