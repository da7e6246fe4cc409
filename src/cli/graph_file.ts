/**
 * The file of `graph --out`: written beside and moved there, so that it is
 * whole; somebody else's file is not overwritten.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import { systemReason } from "../system_error.ts";

/** What each of our formats begins with says one of these. */
const MARKS = ["istiops graph", '"TrafficGraph"', "kind: TrafficGraph"];
/** Where it says so. */
const BEGINNING = 256;

/**
 * Writes a picture for others to read. A picture of ours is replaced.
 *
 * @throws {TrafficError} `file`.
 */
export async function writeGraph(path: string, text: string): Promise<void> {
  const beside = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    if (!await isFree(path)) {
      throw new TrafficError(
        "file",
        `Cannot write the graph to "${path}": a file that is no graph of istiops is there`,
        { hint: "Give another name, or take the file away" },
      );
    }
    // `createNew` follows no link that somebody may have put there.
    await Deno.writeTextFile(beside, text, { createNew: true, mode: 0o644 });
    await Deno.rename(beside, path);
  } catch (cause) {
    await Deno.remove(beside).catch(() => {});
    if (cause instanceof TrafficError) throw cause;
    throw new TrafficError(
      "file",
      `Cannot write the graph to "${path}": ${systemReason(cause)}`,
      { hint: "Give a file in a folder that you may write to", cause },
    );
  }
}

/** Nothing is there, or an older picture. */
async function isFree(path: string): Promise<boolean> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
  if (!info.isFile) return false;
  using file = await Deno.open(path);
  const bytes = new Uint8Array(BEGINNING);
  const read = await file.read(bytes) ?? 0;
  const beginning = new TextDecoder().decode(bytes.subarray(0, read));
  return MARKS.some((mark) => beginning.includes(mark));
}
