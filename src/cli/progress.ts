/**
 * One line on stderr that says what is going on, while a terminal looks.
 *
 * @module
 */

import type { Progress } from "../actions/execute.ts";
import type { Cluster, ListOptions } from "../cluster/cluster.ts";
import type { Kind } from "../istio/world.ts";
import { safe } from "../render/safe.ts";
import { objectText } from "../render/target.ts";
import { duration, widthOf } from "../render/text.ts";
import { graphemes } from "../render/graphemes.ts";
import type { Io, Output } from "./io.ts";

const START_OF_LINE = "\r\x1b[K";
/** Objects from which on a list is worth a word. */
const LONG = 500;
/** Milliseconds between two looks at the clock. */
const TICK = 1000;
/** Milliseconds that nobody notices. */
const UNNOTICED = 300;
/** Milliseconds after which somebody may want to stop it. */
const PATIENCE = 3000;

/** The line; without a terminal it is silent. */
export class ProgressLine implements Disposable {
  readonly #output: Output;
  readonly #columns: () => number;
  readonly #isShown: boolean;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What is waited for, the newest last. */
  #waits: readonly symbol[] = [];
  #isDirty = false;

  constructor(
    { stderr, columns }: Pick<Io, "stderr" | "columns">,
    options: { readonly quiet: boolean },
  ) {
    this.#output = stderr;
    this.#columns = columns;
    this.#isShown = stderr.isTerminal && !stderr.isPlain && !options.quiet;
  }

  /** Replaces the line. */
  show(text: string): void {
    this.#stop();
    this.#draw(text);
  }

  /** Replaces the line by one that counts down. */
  countDown(text: string, milliseconds: number): void {
    this.show(`${text} (${duration(milliseconds)})`);
    if (!this.#isShown) return;
    let left = milliseconds;
    this.#timer = setInterval(() => {
      left -= TICK;
      if (left > 0) this.#draw(`${text} (${duration(left)})`);
      else this.#stop();
    }, TICK);
  }

  /**
   * Says what is waited for once that takes a while, then how long already,
   * then what stops it; until it is disposed of.
   */
  wait(what: string): Disposable {
    if (!this.#isShown) return { [Symbol.dispose]() {} };
    const wait = Symbol(what);
    this.#waits = [...this.#waits, wait];
    if (this.#waits.length === 1) this.#tellWaits();
    return {
      [Symbol.dispose]: () => {
        this.#waits = this.#waits.filter((other) => other !== wait);
        if (this.#waits.length === 0) this.clear();
      },
    };
  }

  #tellWaits(): void {
    this.#stop();
    let waited = 0;
    const say = () => {
      const what = this.#waits[0]?.description ?? "";
      const time = waited < TICK ? "" : ` ${duration(waited)}`;
      const hint = waited < PATIENCE ? "" : "; Ctrl-C stops";
      this.#draw(`${what} …${time}${hint}`);
    };
    this.#timer = setTimeout(() => {
      say();
      this.#timer = setInterval(() => {
        waited += TICK;
        say();
      }, TICK);
    }, UNNOTICED);
  }

  /** Takes the line away, so that something else can be said. */
  clear(): void {
    this.#stop();
    if (this.#isDirty) this.#output.write(START_OF_LINE);
    this.#isDirty = false;
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #draw(text: string): void {
    if (!this.#isShown) return;
    // A line that wraps could not be taken back.
    const seen = fitted(text, this.#columns() - 1);
    this.#output.write(`${START_OF_LINE}${seen}`);
    this.#isDirty = true;
  }

  #stop(): void {
    // The first use of a timer, even this one, costs a process 5 ms.
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function fitted(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let seen = "";
  for (const each of graphemes(text)) {
    if (widthOf(seen + each) >= columns) break;
    seen += each;
  }
  return `${seen}…`;
}

/** What a plan is doing, in words. */
export function tellProgress(line: ProgressLine, progress: Progress): void {
  switch (progress.type) {
    case "check":
      return line.show("Asking the server whether it would take it …");
    case "write":
      return line.show(
        `Writing ${
          objectText(progress.change.object)
        } (${progress.nth} of ${progress.of}) …`,
      );
    case "retry":
      return line.show(
        `Trying ${
          objectText(progress.object)
        } again (attempt ${progress.attempt}) …`,
      );
    case "wait":
      return line.countDown(
        `Waiting, ${safe(progress.wait.reason)}`,
        progress.wait.milliseconds,
      );
    case "verify":
      return line.countDown(
        "Waiting to see whether somebody puts it back",
        progress.milliseconds,
      );
  }
}

/** The same cluster; long lists say how far they are. */
export function withListProgress(
  cluster: Cluster,
  line: ProgressLine,
): Cluster {
  return {
    target: cluster.target,
    ...(cluster.problems === undefined ? {} : { problems: cluster.problems }),
    whoAmI: (options) => cluster.whoAmI(options),
    async list(kind: Kind, options: ListOptions = {}) {
      using _wait = line.wait(`Reading ${kind}`);
      return await cluster.list(kind, {
        ...options,
        onPage(read) {
          options.onPage?.(read);
          if (read >= LONG) line.show(`Reading: ${read} of ${kind} …`);
        },
      });
    },
    get: (ref, options) => cluster.get(ref, options),
    create: (object, options) => cluster.create(object, options),
    patch: (ref, operations, options) =>
      cluster.patch(ref, operations, options),
    delete: (ref, options) => cluster.delete(ref, options),
    watch: (kind, options) => cluster.watch(kind, options),
    canI: (review, options) => cluster.canI(review, options),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}
