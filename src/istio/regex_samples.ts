/**
 * Texts that a pattern might match: guesses to be tried, in the order of what
 * people would write. Whoever uses them checks them with RE2, so a construct
 * that is not understood costs an answer, never a wrong one.
 *
 * @module
 */

/** A part of a pattern, as far as guesses need it. */
type Node =
  | { readonly kind: "text"; readonly options: readonly string[] }
  | { readonly kind: "all"; readonly parts: readonly Node[] }
  | { readonly kind: "one"; readonly parts: readonly Node[] }
  | {
    readonly kind: "repeat";
    readonly part: Node;
    readonly least: number;
    readonly most: number;
  };

const VARIANTS = 12;
const LONGEST = 2000;
const DEEPEST = 60;
const FALLBACK = ["", "/", "a", "1", "/a", "a1"];

/** Guesses, without repetition; never more than about twenty. */
export function samplesOf(pattern: string): string[] {
  const samples = new Set<string>();
  try {
    const node = new Parser(pattern).parse();
    for (let variant = 0; variant < VARIANTS; variant++) {
      const text = write(node, { variant, budget: LONGEST });
      if (text !== undefined) samples.add(text);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  for (const text of FALLBACK) samples.add(text);
  return [...samples];
}

interface Choice {
  readonly variant: number;
  budget: number;
}

/** Nothing if it grows too long. */
function write(node: Node, choice: Choice): string | undefined {
  const { variant } = choice;
  switch (node.kind) {
    case "text": {
      const text = node.options[variant % node.options.length] ?? "";
      choice.budget -= text.length;
      return choice.budget < 0 ? undefined : text;
    }
    case "one": {
      const part = node.parts[variant % node.parts.length];
      return part === undefined ? "" : write(part, choice);
    }
    case "repeat": {
      // Sometimes once more than needed: ".*" shall give more than "".
      const extra = variant % 3 === 1 ? 0 : 1;
      const times = Math.min(node.least + extra, node.most);
      let text = "";
      for (let i = 0; i < times; i++) {
        if (--choice.budget < 0) return undefined;
        const more = write(node.part, choice);
        if (more === undefined) return undefined;
        text += more;
      }
      return text;
    }
    case "all": {
      let text = "";
      for (const part of node.parts) {
        const more = write(part, choice);
        if (more === undefined) return undefined;
        text += more;
      }
      return text;
    }
  }
}

const ANY = ["a", "1", "x", "/", "A", "-"];
const WORD = ["a", "1", "A", "_"];
const SPACE = [" ", "\t"];
const SYMBOL = ["-", "/", ".", " ", "!"];
const POSIX = new Map<string, readonly string[]>([
  ["alnum", ["a", "1", "A"]],
  ["alpha", ["a", "A"]],
  ["ascii", ANY],
  ["digit", ["1", "0"]],
  ["graph", ANY],
  ["lower", ["a"]],
  ["print", ANY],
  ["punct", ["-", "."]],
  ["space", SPACE],
  ["upper", ["A"]],
  ["word", WORD],
  ["xdigit", ["a", "1"]],
]);
const CONTROL = new Map([["t", "\t"], ["n", "\n"], ["r", "\r"], ["f", "\f"]]);
const EMPTY: Node = { kind: "all", parts: [] };

/** Reads RE2's syntax; throws `RangeError` where it cannot follow. */
class Parser {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): Node {
    const node = this.#alternatives();
    if (this.#at < this.#pattern.length) throw new RangeError("rest");
    return node;
  }

  #alternatives(): Node {
    if (++this.#depth > DEEPEST) throw new RangeError("too deep");
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? parts[0] ?? EMPTY : { kind: "one", parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#pattern.length) {
      if (this.#sees("|") || this.#sees(")")) break;
      parts.push(this.#repeated(this.#atom()));
    }
    return { kind: "all", parts };
  }

  #repeated(part: Node): Node {
    let node = part;
    for (;;) {
      if (this.#take("*")) node = repeat(node, 0, Infinity);
      else if (this.#take("+")) node = repeat(node, 1, Infinity);
      else if (this.#take("?")) node = repeat(node, 0, 1);
      else {
        const counted = this.#match(/\{(\d+)(,(\d*))?\}/y);
        if (counted === undefined) return node;
        const least = Number(counted[1]);
        const most = counted[2] === undefined
          ? least
          : counted[3]
          ? Number(counted[3])
          : Infinity;
        node = repeat(node, least, most);
      }
    }
  }

  #atom(): Node {
    if (this.#take("(")) return this.#group();
    if (this.#take("[")) return text(this.#class());
    if (this.#take("^") || this.#take("$")) return EMPTY;
    if (this.#take(".")) return text(ANY);
    if (this.#take("\\Q")) {
      const end = this.#pattern.indexOf("\\E", this.#at);
      const stop = end < 0 ? this.#pattern.length : end;
      const quoted = this.#pattern.slice(this.#at, stop);
      this.#at = end < 0 ? stop : stop + 2;
      return text([quoted]);
    }
    if (this.#match(/\\[bBAzZ]/y) !== undefined) return EMPTY;
    if (this.#take("\\")) return text(this.#escape());
    return text([this.#character()]);
  }

  #group(): Node {
    if (this.#match(/\?[imsU-]*\)/y) !== undefined) return EMPTY;
    this.#match(/\?(?:[imsU-]*:|P?<\w+>)/y);
    if (this.#sees("?")) throw new RangeError("unknown group");
    const node = this.#alternatives();
    if (!this.#take(")")) throw new RangeError("open group");
    return node;
  }

  #class(): string[] {
    const negated = this.#take("^");
    const options: string[] = [];
    for (let first = true; first || !this.#sees("]"); first = false) {
      const posix = this.#match(/\[:(\^?)(\w+):\]/y);
      if (posix !== undefined) {
        const named = POSIX.get(posix[2] ?? "") ?? [];
        options.push(...(posix[1] ? SYMBOL : named));
        continue;
      }
      const low = this.#member();
      options.push(...low);
      if (low.length === 1 && this.#match(/-(?!\])/y) !== undefined) {
        options.push(...this.#member(), ...between(low[0], options.at(-1)));
      }
    }
    this.#at++;
    if (!negated) return options;
    // RE2 decides which of these the class really leaves.
    const rest = [...ANY, ...SYMBOL, "é"].filter((one) =>
      !options.includes(one)
    );
    return rest.length > 0 ? rest : ["é"];
  }

  #member(): readonly string[] {
    return this.#take("\\") ? this.#escape() : [this.#character()];
  }

  #escape(): readonly string[] {
    const hex = this.#match(/x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,6})\}/y);
    if (hex !== undefined) {
      const code = parseInt(hex[1] ?? hex[2] ?? "", 16);
      return [String.fromCodePoint(code)];
    }
    if (this.#match(/[pP](?:\{\^?\w+\}|\w)/y) !== undefined) return ANY;
    const character = this.#character();
    switch (character) {
      case "d":
        return ["1", "0"];
      case "w":
        return WORD;
      case "s":
        return SPACE;
      case "D":
      case "S":
        return ["a", "-"];
      case "W":
        return SYMBOL;
      default:
        return [CONTROL.get(character) ?? character];
    }
  }

  #character(): string {
    const code = this.#pattern.codePointAt(this.#at);
    if (code === undefined) throw new RangeError("end");
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }

  #sees(token: string): boolean {
    return this.#pattern.startsWith(token, this.#at);
  }

  #take(token: string): boolean {
    if (!this.#sees(token)) return false;
    this.#at += token.length;
    return true;
  }

  #match(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#pattern) ?? undefined;
    if (found !== undefined) this.#at += found[0].length;
    return found;
  }
}

function text(options: readonly string[]): Node {
  return { kind: "text", options };
}

function repeat(part: Node, least: number, most: number): Node {
  return { kind: "repeat", part, least, most };
}

/** One character from the middle of a range. */
function between(low: string | undefined, high: string | undefined): string[] {
  const [first = 0, last = 0] = [low?.codePointAt(0), high?.codePointAt(0)];
  return last > first + 1 ? [String.fromCodePoint((first + last) >> 1)] : [];
}
