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
const noPty = whyNoPty();
const noBash = Deno.build.os === "windows" ? "no bash on Windows" : undefined;

/** Pages whose every command runs, each from an empty home. */
const PAGES: readonly string[] = [
  "docs/tutorial.md",
  ...[...Deno.readDirSync(`${ROOT}docs/how-to`)]
    .map(({ name }) => `docs/how-to/${name}`).sort(),
];

Deno.test({
  name: noBash === undefined
    ? `every command of the tutorial and the how-tos does what the page says${
      noPty === undefined ? "" : ` (but for the shell: ${noPty})`
    }`
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
  if (noPty !== undefined) return [];
  const shown = await reader.type(block);
  const [, ...said] = block.text.trimEnd().split("\n");
  return isAsPrinted(said.join("\n"), shown)
    ? []
    : [`line ${block.line}: the session\n${shown}`];
}

const TEXTS: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md"],
  ...pagesIn("docs"),
];

Deno.test("every page of docs/ is in the index", async () => {
  const index = await Deno.readTextFile(`${ROOT}docs/README.md`);
  const named = linksIn(index).map(({ path }) => `docs/${path}`);
  const pages = pagesIn("docs").filter((page) => page !== "docs/README.md");
  assertEquals(pages.filter((page) => !named.includes(page)), []);
});

for (const text of TEXTS) {
  Deno.test(`every link in ${text} leads to something that is there`, async () => {
    const folder = text.slice(0, text.lastIndexOf("/") + 1);
    const broken: string[] = [];
    for (const { path, heading } of linksIn(await readPage(text))) {
      const target = path === "" ? text : normal(`${folder}${path}`);
      const found = await Deno.stat(ROOT + target).catch(() => undefined);
      const isThere = found !== undefined &&
        (heading === undefined ||
          headingsIn(await readPage(target)).includes(heading));
      if (!isThere) {
        broken.push(heading === undefined ? path : `${path}#${heading}`);
      }
    }
    assertEquals(broken, []);
  });
}

function pagesIn(folder: string): readonly string[] {
  return [...Deno.readDirSync(ROOT + folder)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return pagesIn(path);
    return path.endsWith(".md") ? [path] : [];
  }).sort();
}

function readPage(path: string): Promise<string> {
  return Deno.readTextFile(ROOT + path);
}

/** Links within the repository. */
function linksIn(text: string) {
  const prose = text.replaceAll(/^```[\s\S]*?^```$|`[^`\n]*`/gm, "");
  return [...prose.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
    .map(([, path = "", heading]) => ({ path, heading }));
}

/** As the forges make them of headings. */
function headingsIn(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, words = ""]) =>
    words.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(
      " ",
      "-",
    )
  );
}

function normal(path: string): string {
  return new URL(path, "file:///").pathname.slice(1);
}
