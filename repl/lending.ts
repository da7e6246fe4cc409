/**
 * The terminal in other hands than the line editor's: a question's, or those
 * of a command that runs.
 *
 * @module
 */

import type { Keys } from "../src/cli/io.ts";
import type { Taker } from "./terminal.ts";

/** What lends: a terminal, or a test. */
export interface Lender {
  take(taker: Taker): Disposable;
}

const CTRL_C = 3;

/** Only Ctrl-C; what else is typed while a command runs is nobody's. */
export function onlyInterrupts(
  lender: Lender,
  onInterrupt: () => void,
): Disposable {
  return lender.take({
    chunk(bytes) {
      if (bytes.includes(CTRL_C)) onInterrupt();
    },
    end: onInterrupt,
  });
}

/** What is typed, as it comes, for a question; Ctrl-C is told apart. */
export function lentKeys(lender: Lender, onInterrupt: () => void): Keys {
  const decoder = new TextDecoder();
  const chunks: (string | undefined)[] = [];
  let arrived = Promise.withResolvers<void>();
  const push = (chunk: string | undefined) => {
    chunks.push(chunk);
    arrived.resolve();
  };
  const taking = lender.take({
    chunk(bytes) {
      if (bytes.includes(CTRL_C)) onInterrupt();
      const rest = bytes.filter((byte) => byte !== CTRL_C);
      if (rest.length > 0) push(decoder.decode(rest, { stream: true }));
    },
    end: () => push(undefined),
  });
  return {
    async next() {
      while (chunks.length === 0) {
        arrived = Promise.withResolvers();
        await arrived.promise;
      }
      return chunks.shift();
    },
    [Symbol.dispose]: () => taking[Symbol.dispose](),
  };
}
