/**
 * A small terminal of its own: what a person would see after some output. It
 * wraps, scrolls, and breaks rows anew when it becomes narrower, as most do.
 *
 * @module
 */

interface Line {
  /** Text by column; the second column of a wide character is "". */
  readonly cells: string[];
  /** It goes on in the next line, as it was too long. */
  isWrapped: boolean;
}

const ESCAPE =
  // deno-lint-ignore no-control-regex
  /^\x1b(?:[()].|\[([0-?]*)([@-~])|\](?:[^\x07\x1b]*)(?:\x07|\x1b\\)|.)/;
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Columns by the plain rules; not those of the product. */
function widthOf(grapheme: string): number {
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(grapheme)) return 2;
  if (/^[\p{M}\p{Cf}]+$/u.test(grapheme)) return 0;
  return /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{20000}-\u{3fffd}]/u
      .test(grapheme)
    ? 2
    : 1;
}

/** Rows and a cursor. */
export class Screen {
  #columns: number;
  #rows: number;
  /** All lines, those scrolled away first. */
  #lines: Line[] = [blank()];
  #row = 0;
  #column = 0;
  #wraps = true;
  #pending = "";
  /** Private modes that are on. */
  readonly modes: Set<string> = new Set(["?7", "?25"]);

  readonly #widthOf: (grapheme: string) => number;

  /** @param drawn How wide it draws characters; terminals differ in that. */
  constructor(columns: number, rows: number, drawn = widthOf) {
    this.#widthOf = drawn;
    this.#columns = columns;
    this.#rows = rows;
  }

  /** What is seen, without blanks at the end of lines. */
  lines(): readonly string[] {
    return this.#lines.slice(this.#top()).map(textOf);
  }

  /** Columns of a line that were written on. */
  widthOfLine(index: number): number {
    return this.#lines[this.#top() + index]?.cells.length ?? 0;
  }

  /** What was scrolled away. */
  scrollback(): readonly string[] {
    return this.#lines.slice(0, this.#top()).map(textOf);
  }

  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row - this.#top(), column: this.#column };
  }

  /** The rows down to the cursor, and of its own what is left of it. */
  beforeCursor(): string {
    const above = this.#lines.slice(this.#top(), this.#row).map(textOf);
    const { cells } = this.#line();
    return [...above, cells.slice(0, this.#column).join("")].join("\n");
  }

  write(text: string): void {
    let rest = this.#pending + text;
    this.#pending = "";
    while (rest !== "") {
      if (rest.startsWith("\x1b")) {
        const match = ESCAPE.exec(rest);
        if (match === null) {
          this.#pending = rest;
          return;
        }
        this.#escape(match[1] ?? "", match[2] ?? "");
        rest = rest.slice(match[0].length);
        continue;
      }
      // deno-lint-ignore no-control-regex
      const [run = ""] = /^(?:[\0-\x1a\x1c-\x1f]|[^\0-\x1f]+)/.exec(rest) ?? [];
      rest = rest.slice(run.length);
      this.#run(run);
    }
  }

  resize(columns: number, rows: number): void {
    const last = this.#columns;
    this.#columns = columns;
    if (columns !== last) this.#reflow();
    // Blank rows below go first.
    while (this.#lines.length - 1 > this.#row && this.#lines.length > rows) {
      this.#lines.pop();
    }
    this.#rows = rows;
    this.#column = Math.min(this.#column, columns - 1);
  }

  #reflow(): void {
    const lines: Line[] = [];
    let row = 0;
    let column = 0;
    let long: { cells: string[]; at: number | undefined } = {
      cells: [],
      at: undefined,
    };
    for (const [index, line] of this.#lines.entries()) {
      if (index === this.#row) long.at = long.cells.length + this.#column;
      long.cells.push(...line.cells);
      if (line.isWrapped) continue;
      const first = lines.length;
      let current = blank();
      let place: { row: number; column: number } | undefined;
      for (let at = 0; at < long.cells.length; at++) {
        const width = long.cells[at + 1] === "" ? 2 : 1;
        if (
          long.cells[at] !== "" && current.cells.length + width > this.#columns
        ) {
          current.isWrapped = true;
          lines.push(current);
          current = blank();
        }
        if (at === long.at) {
          place = { row: lines.length, column: current.cells.length };
        }
        current.cells.push(long.cells[at] ?? " ");
      }
      lines.push(current);
      if (long.at !== undefined) {
        place ??= {
          row: lines.length - 1,
          column: current.cells.length +
            Math.max(0, long.at - long.cells.length),
        };
        row = Math.max(first, place.row);
        column = place.column;
      }
      long = { cells: [], at: undefined };
    }
    this.#lines = lines.length === 0 ? [blank()] : lines;
    this.#row = row;
    this.#column = Math.min(column, this.#columns - 1);
  }

  #top(): number {
    return Math.max(0, this.#lines.length - this.#rows);
  }

  #run(run: string): void {
    switch (run) {
      case "\r":
        this.#column = 0;
        return;
      case "\n":
        return this.#down();
      case "\b":
        this.#column = Math.max(0, this.#column - 1);
        return;
    }
    if (run < " ") return;
    for (const { segment } of segmenter.segment(run)) this.#put(segment);
  }

  #put(grapheme: string): void {
    const width = this.#widthOf(grapheme);
    if (this.#column + width > this.#columns) {
      if (!this.#wraps) this.#column = this.#columns - width;
      else {
        this.#line().isWrapped = true;
        this.#column = 0;
        this.#down();
      }
    }
    const { cells } = this.#line();
    while (cells.length < this.#column) cells.push(" ");
    if (width === 0) {
      cells[this.#column - 1] = (cells[this.#column - 1] ?? "") + grapheme;
      return;
    }
    // Half a wide character is none.
    if (cells[this.#column] === "") cells[this.#column - 1] = " ";
    cells[this.#column] = grapheme;
    if (width === 2) cells[this.#column + 1] = "";
    if (cells[this.#column + width] === "") cells[this.#column + width] = " ";
    this.#column += width;
  }

  #line(): Line {
    return this.#lines[this.#row] ??= blank();
  }

  #down(): void {
    this.#row += 1;
    if (this.#row >= this.#lines.length) this.#lines.push(blank());
  }

  #escape(parameters: string, final: string): void {
    const number = Number(parameters.split(";")[0] || 1);
    switch (final) {
      case "A":
        this.#row = Math.max(this.#top(), this.#row - number);
        return;
      case "B": {
        const bottom = this.#top() + this.#rows - 1;
        this.#row = Math.min(bottom, this.#row + number);
        while (this.#lines.length <= this.#row) this.#lines.push(blank());
        return;
      }
      case "C":
        this.#column = Math.min(this.#columns - 1, this.#column + number);
        return;
      case "G":
        this.#column = Math.min(this.#columns, number) - 1;
        return;
      case "H":
        this.#row = this.#top();
        this.#column = 0;
        return;
      case "J":
        if (parameters === "2") {
          for (const { cells } of this.#lines.slice(this.#top())) {
            cells.length = 0;
          }
          return;
        }
        this.#line().cells.splice(this.#column);
        for (const line of this.#lines.slice(this.#row + 1)) {
          line.cells.length = 0;
          line.isWrapped = false;
        }
        this.#line().isWrapped = false;
        return;
      case "K":
        this.#line().cells.splice(this.#column);
        this.#line().isWrapped = false;
        return;
      case "h":
      case "l":
        if (final === "h") this.modes.add(parameters);
        else this.modes.delete(parameters);
        if (parameters === "?7") this.#wraps = final === "h";
    }
  }
}

function blank(): Line {
  return { cells: [], isWrapped: false };
}

function textOf({ cells }: Line): string {
  return cells.join("").trimEnd();
}
