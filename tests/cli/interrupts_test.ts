import { withoutEchoes } from "../../src/cli/io.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test.each([
  { at: [0], heard: [0] },
  // A terminal tells the whole group, and a wrapper passes it on.
  { at: [0, 3], heard: [0] },
  { at: [0, 3, 7, 999], heard: [0] },
  { at: [0, 1000], heard: [0, 1000] },
  { at: [0, 3, 1500, 1502, 2600], heard: [0, 1500, 2600] },
])(
  "of signals at $at those at $heard are presses of their own",
  ({ at, heard }) => {
    let time = 0;
    const told: number[] = [];
    const handler = withoutEchoes(() => told.push(time), () => time);
    for (time of at) handler();
    assertEquals(told, heard);
  },
);
