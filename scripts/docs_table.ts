/**
 * Tables that programs write into the docs, each between two marks.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** Cells as a table of Markdown. */
export function tableText(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * Puts a table between `<!-- mark -->` and `<!-- /mark -->` of a file, and
 * formats the file.
 *
 * @throws {Error} The file has no such marks.
 */
export async function writeTable(
  file: URL,
  mark: string,
  table: string,
): Promise<void> {
  const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const text = await Deno.readTextFile(file);
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no ${start} in ${file.pathname}`);
  await Deno.writeTextFile(
    file,
    `${text.slice(0, from + start.length)}\n\n${table}\n\n${text.slice(to)}`,
  );
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", fileURLToPath(file)],
  }).output();
}
