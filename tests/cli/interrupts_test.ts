import { withoutEchoes } from "../../src/cli/io.ts";
import { runCli } from "../../src/cli/run.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";

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

Deno.test.each([
  { line: "check -f -" },
  { line: "graph -f -" },
  { line: "test - -f ." },
  { line: "explain --requests - -f ." },
])(
  "istiops $line ends with the first Ctrl-C while nothing comes",
  async ({ line }) => {
    const folder = await Deno.makeTempDir();
    const process = new FakeProcess();
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    const { promise: nothing } = Promise.withResolvers<never>();
    const wait = <T>(): Promise<T> => {
      isAsked();
      return nothing;
    };
    Object.assign(process.io.stdin, { readAll: wait });
    Object.assign(process.io, {
      readLines: () => ({ [Symbol.asyncIterator]: () => ({ next: wait }) }),
    });
    try {
      const words = line.split(" ").map((word) => word === "." ? folder : word);
      const ran = runCli(words, process.io);
      await asked;
      // The handler is there as soon as somebody waits.
      await Promise.resolve();
      process.interrupt();
      assertEquals(await ran, 130);
      assertEquals(process.stdout, "");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("explain --requests - answers what came before it waits for more", async () => {
  const folder = await Deno.makeTempDir();
  const process = new FakeProcess();
  let told = "";
  Object.assign(process.io, {
    async *readLines() {
      yield ['{"host":"a"}', '{"host":"b"}'];
      told = process.stdout;
    },
  });
  try {
    const line = ["explain", "--requests", "-", "-f", folder];
    assertEquals(await runCli(line, process.io), 0);
    assertMatch(told, /^\{.*"a.*\n\{.*"b.*\n$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
