/**
 * The docs hold: their commands run as written, their links lead somewhere,
 * and every page is in the index.
 */
import { assert, assertEquals, fail } from "./support/assert.ts";
import {
  type Block,
  blocksOf,
  isAsPrinted,
  isSession,
  Reader,
} from "./support/doc_blocks.ts";
import { whyNoPty } from "./support/pty.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const noBash = Deno.build.os === "windows" ? "no bash on Windows" : undefined;

/** Pages whose every command runs, each from an empty home. */
const PAGES: readonly string[] = [
  "docs/tutorial.md",
  ...[...Deno.readDirSync(`${ROOT}docs/how-to`)]
    .map(({ name }) => `docs/how-to/${name}`).sort(),
];

Deno.test({
  name: noBash === undefined
    ? "every command of the tutorial and the how-tos does what the page says"
    : `the commands of the docs (skipped: ${noBash})`,
  ignore: noBash !== undefined,
  fn: async (t) => {
    // They mostly wait for proxies, so they may do so together.
    await Promise.all(PAGES.map((page) =>
      t.step({
        name: page,
        fn: () => runPage(page),
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
      })
    ));
  },
});

async function runPage(page: string): Promise<void> {
  const blocks = blocksOf(await Deno.readTextFile(ROOT + page))
    .filter(({ note }) => !note?.startsWith("not run: "));
  assert(blocks.length > 0, `${page} has no commands`);
  await using reader = await Reader.make();
  const wrong: string[] = [];
  for (const part of partsOf(blocks)) {
    if (!Array.isArray(part)) wrong.push(...await typeIn(part, reader));
    else wrong.push(...await reader.run(part));
  }
  if (wrong.length > 0) fail(`${page}, ${wrong.join("\n\n")}`);
}

/** Sessions at the prompt apart, what stands between them together. */
function partsOf(blocks: readonly Block[]): readonly (Block | Block[])[] {
  const parts: (Block | Block[])[] = [];
  for (const block of blocks) {
    const last = parts.at(-1);
    if (isSession(block)) parts.push(block);
    else if (Array.isArray(last)) last.push(block);
    else parts.push([block]);
  }
  return parts;
}

async function typeIn(block: Block, reader: Reader): Promise<string[]> {
  // It says so where there are none: tests/shell.
  if (whyNoPty() !== undefined) return [];
  const shown = await reader.type(block);
  const [, ...said] = block.text.trimEnd().split("\n");
  return isAsPrinted(said.join("\n"), shown)
    ? []
    : [`line ${block.line}: the session\n${shown}`];
}
