/**
 * Writes what is made from the command table: docs/reference.md and the man
 * page. `deno task docs`
 *
 * @module
 */

import { VERSION } from "../src/version.ts";
import { dateOf, manPage } from "./man_page.ts";
import { referenceText, type Schema } from "./reference_markdown.ts";

/** A file that is made. */
export interface Page {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

const ROOT = new URL("../", import.meta.url);
const MAN = "packaging/man/istiops.1";

/**
 * What the files have to be.
 *
 * @param today For a man page whose text has changed; without it, the page
 * keeps its date.
 */
export async function pages(today?: string): Promise<readonly Page[]> {
  return [
    {
      path: "docs/reference.md",
      text: await formatted(referenceText(await schemas())),
    },
    { path: MAN, text: await datedManPage(today) },
  ];
}

/** The date of a man page is the day on which its text changed last. */
async function datedManPage(today: string | undefined): Promise<string> {
  const present = await Deno.readTextFile(new URL(MAN, ROOT)).catch(() => "");
  const date = dateOf(present) ?? today ?? "";
  const same = manPage({ version: VERSION, date });
  return today === undefined || same === present
    ? same
    : manPage({ version: VERSION, date: today });
}

async function schemas(): Promise<readonly Schema[]> {
  const folder = new URL("schemas/", ROOT);
  const names = (await Array.fromAsync(Deno.readDir(folder)))
    .map(({ name }) => name).sort();
  return await Promise.all(
    names.map(async (name) =>
      JSON.parse(await Deno.readTextFile(new URL(name, folder)))
    ),
  );
}

/** As `deno fmt` has it. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext=md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt does not take the reference");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const today = new Date().toISOString().slice(0, 10);
  for (const { path, text } of await pages(today)) {
    await Deno.writeTextFile(new URL(path, ROOT), text);
    Deno.stdout.writeSync(new TextEncoder().encode(`${path}\n`));
  }
}
