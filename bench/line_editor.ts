/**
 * How long from a key to its echo, and to the first prompt, in a
 * pseudo-terminal: `deno run -A bench/line_editor.ts`.
 *
 * @module
 */

import { Pty } from "../tests/support/pty.ts";

const DEMO = new URL("../tests/repl/rig/demo_shell.ts", import.meta.url)
  .pathname;
const KEYS = 200;

const prompts: number[] = [];
const echoes: number[] = [];
for (let round = 0; round < 7; round++) {
  const start = performance.now();
  await using pty = new Pty({
    command: [Deno.execPath(), "run", "-A", "--quiet", DEMO],
  });
  await pty.shows("demo>");
  prompts.push(performance.now() - start);
  if (round > 0) continue;
  for (let key = 0; key < KEYS; key++) {
    const column = pty.screen.cursor.column;
    const pressed = performance.now();
    await pty.write(key % 20 === 19 ? "\x15" : "a");
    await pty.until(() => pty.screen.cursor.column !== column, "echo");
    echoes.push(performance.now() - pressed);
    // Frames come whole: the cursor is last to move.
    await pty.rest();
  }
}

const at = (times: readonly number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * share)]?.toFixed(1);

// deno-lint-ignore no-console
console.log(
  `echo p50 ${at(echoes, 0.5)} p95 ${at(echoes, 0.95)} p99 ${
    at(echoes, 0.99)
  } ms; first prompt p50 ${at(prompts, 0.5)} ms, with Python's start`,
);
