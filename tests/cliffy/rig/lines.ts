/**
 * Command lines made from the table: right ones and wrong ones, in every
 * spelling that an option has.
 *
 * @module
 */

import {
  type Command,
  COMMANDS,
  isIn,
  type Option,
  optionsOf,
  OUTPUT_OPTIONS,
  TARGET_OPTIONS,
} from "../../../src/language/commands.ts";

/** Values that hold, and values that do not. */
const VALUES: Readonly<Record<string, readonly [string[], string[]]>> = {
  text: [["3", "PR-10", "a b", "ü", "x=y", "-3"], ["", " "]],
  name: [["reviews", "api-domain.example"], ["Reviews", "a_b", "-x"]],
  namespace: [["default", "shop"], ["Shop", "a.b", "x/y"]],
  percent: [["0", "20", "99.9", "100", "007"], [
    "-1",
    "101",
    "1.25",
    "20%",
    "x",
  ]],
  destination: [["api", "api:80", "*.shop:443"], ["api:0", "api:99999", ":80"]],
  duration: [["0", "500ms", "1h30m"], ["5", "2d", "-1s", "25h"]],
  labels: [["app=api", "a=1,b=2"], ["app", "a=1,a=2", "=x"]],
  split: [["1=80,2=20", "1=100"], ["1=80", "1=x,2=20", "80"]],
  header: [["a=b,c", "x-id^=se", "x-there?", "a=b=c"], ["a", "=b", "a="]],
  headers: [["a=1", "a=1,b=2", "x-id=se, y=1"], ["a=1,b", ",", "a=1,a=2"]],
  selector: [["app=api", "a in (b,c),!d", "a!=b"], ["=", "a in b", "a,,b"]],
  port: [["0", "8080"], ["70000", "http", "-1"]],
  file: [["routes.yaml", "-", "a b.yaml"], ["", " "]],
  command: [["shift", "sandbox"], ["shfit", "nothing"]],
};

/** A generator of numbers from 0 to 1, always the same from the same seed. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A line, and what of the table it was made from. */
export interface MadeLine {
  readonly words: readonly string[];
  /** `shift --weight` for each option in it. */
  readonly uses: readonly string[];
}

/** Commands of the command line. */
export const ON_THE_LINE: readonly Command[] = COMMANDS.filter((command) =>
  isIn(command, "line")
);

/** Every option of every command, as {@linkcode MadeLine.uses} names it. */
export function everyUse(): readonly string[] {
  return ON_THE_LINE.flatMap((command) =>
    optionsOf(command).map((option) => useOf(command, option))
  );
}

/** Lines that use every option of every command at least once. */
export function makeLines(
  count: number,
  random: () => number,
): readonly MadeLine[] {
  const maker = new Maker(random);
  // Commands with many options have their turn more often.
  const turns = ON_THE_LINE.flatMap((command) =>
    new Array(Math.ceil(optionsOf(command).length / 4)).fill(command)
  );
  return Array.from(
    { length: count },
    (_, index) => maker.line(turns[index % turns.length]),
  );
}

function useOf(command: Command, option: Option): string {
  return `${command.path.join(" ")} --${option.long}`;
}

class Maker {
  readonly #random: () => number;
  readonly #decks = new Map<Command, Option[]>();

  constructor(random: () => number) {
    this.#random = random;
  }

  line(command: Command): MadeLine {
    const { path, argument, traffic } = command;
    const options = this.#draw(command);
    const words = [...path];
    if (traffic && this.#is(0.25)) words.unshift("traffic");
    const names = this.#arguments(argument);
    const isShared = (option: Option) =>
      [...TARGET_OPTIONS, ...OUTPUT_OPTIONS].includes(option);
    const before = options.filter((option) =>
      isShared(option) && this.#is(0.3)
    );
    const after = options.filter((option) => !before.includes(option));
    const line = [
      ...before.flatMap((option) => this.#written(option)),
      ...words,
      ...this.#shuffled([
        ...after.map((option) => this.#written(option)),
        ...names.map((name) => [name]),
      ]).flat(),
    ];
    return {
      words: this.#is(0.35) ? this.#spoilt(line) : line,
      uses: options.map((option) => useOf(command, option)),
    };
  }

  /** Some options of a command; none comes again before all have come. */
  #draw(command: Command): readonly Option[] {
    const wanted = Math.floor(this.#random() * 4) + 2;
    const drawn: Option[] = [];
    while (drawn.length < Math.min(wanted, optionsOf(command).length)) {
      const deck = this.#decks.get(command) ?? [];
      if (deck.length === 0) {
        deck.push(...this.#shuffled(optionsOf(command)));
        this.#decks.set(command, deck);
      }
      const next = deck.shift() as Option;
      if (!drawn.includes(next)) drawn.push(next);
    }
    return drawn;
  }

  #arguments(argument: Command["argument"]): readonly string[] {
    if (argument === undefined || this.#is(argument.required ? 0.1 : 0.4)) {
      return this.#is(0.1) ? ["surplus"] : [];
    }
    const count = argument.repeatable ? 1 + Math.floor(this.#random() * 2) : 1;
    return Array.from({ length: count }, () => this.#value(argument));
  }

  /** An option in one of its spellings. */
  #written(option: Option): readonly string[] {
    const { long, short, type } = option;
    if (type === "flag") {
      const forms = [`--${long}`, `--${long}`, `--${long}=true`];
      if (this.#is(0.1)) forms.push(`--${long}=false`, `--${long}=maybe`);
      if (short !== undefined) forms.push(`-${short}`);
      return [this.#one(forms)];
    }
    const value = this.#value(option);
    const forms: string[][] = [[`--${long}`, value], [`--${long}=${value}`]];
    if (short !== undefined) {
      forms.push([`-${short}`, value], [`-${short}${value}`]);
      forms.push([`-${short}=${value}`]);
    }
    const form = this.#one(forms);
    return this.#is(0.08) ? [...form, ...form] : form;
  }

  #value({ type, values }: Pick<Option, "values"> & { type: string }): string {
    const [good, bad] = values === undefined
      ? VALUES[type] ?? [["x"], [""]]
      : [[...values], ["nothing", values[0]?.slice(1) ?? ""]];
    return this.#one(this.#is(0.12) ? bad : good);
  }

  /** The same with a slip in it. */
  #spoilt(words: readonly string[]): readonly string[] {
    const at = Math.floor(this.#random() * words.length);
    const word = words[at] ?? "";
    const swapped = word.length > 4
      ? word.slice(0, -3) + word.at(-2) + word.at(-3) + word.slice(-1)
      : `${word}x`;
    return this.#one([
      words.toSpliced(at, 1),
      words.toSpliced(at, 1, swapped),
      words.toSpliced(at, 0, "--nothing"),
      words.toSpliced(at, 0, "-Z"),
      words.toSpliced(at, 0, "--"),
      words.toSpliced(at, 0, "--nothing=x", "-1"),
      [...words, "--help"],
      ["-h", ...words],
      [...words, "--", "-dashed"],
      [...words, "extra", "words"],
      words.slice(0, at),
      ["istiops", ...words],
    ]);
  }

  #is(chance: number): boolean {
    return this.#random() < chance;
  }

  #one<T>(of: readonly T[]): T {
    return of[Math.floor(this.#random() * of.length)] as T;
  }

  #shuffled<T>(of: readonly T[]): T[] {
    return of.map((value) => ({ value, key: this.#random() }))
      .sort((a, b) => a.key - b.key).map(({ value }) => value);
  }
}
