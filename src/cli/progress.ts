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
import { duration } from "../render/text.ts";
import type { Output } from "./io.ts";

const START_OF_LINE = "\r\x1b[K";
/** Objects from which on a list is worth a word. */
const LONG = 500;
/** Milliseconds between two looks at the clock. */
const TICK = 1000;

/** The line; without a terminal it is silent. */
export class ProgressLine implements Disposable {
  readonly #output: Output;
  readonly #isShown: boolean;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isDirty = false;

  constructor(output: Output, options: { readonly quiet: boolean }) {
    this.#output = output;
    this.#isShown = output.isTerminal && !options.quiet;
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
    this.#output.write(`${START_OF_LINE}${text}`);
    this.#isDirty = true;
  }

  #stop(): void {
    // The first use of a timer, even this one, costs a process 5 ms.
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
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
    whoAmI: (options) => cluster.whoAmI(options),
    async list(kind: Kind, options: ListOptions = {}) {
      const list = await cluster.list(kind, {
        ...options,
        onPage(read) {
          options.onPage?.(read);
          if (read >= LONG) line.show(`Reading: ${read} of ${kind} …`);
        },
      });
      line.clear();
      return list;
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
