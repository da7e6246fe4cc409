/**
 * Files that somebody else may have put there: read so far and no further,
 * and not waited for.
 *
 * @module
 */

/**
 * The first bytes of a file.
 *
 * @param most Bytes after which no more is read: a device has no end.
 * @throws {Error} For a named pipe, which would be waited for until somebody
 * writes into it. One that a shell has opened (`<(…)`) is read.
 */
export async function readAtMost(
  path: string,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!/^\/(dev|proc\/self)\/fd\//.test(path)) {
    const { isFifo } = await Deno.stat(path);
    if (isFifo === true) throw new Error("it is a named pipe");
  }
  using file = await Deno.open(path);
  return await readAllAtMost(file, most);
}

/** The first bytes of a stream. */
export async function readAllAtMost(
  from: { read(into: Uint8Array): Promise<number | null> },
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let left = most; left > 0;) {
    const part = new Uint8Array(Math.min(left, 64 * 1024));
    const read = await from.read(part);
    if (read === null) break;
    left -= read;
    parts.push(part.subarray(0, read));
  }
  return await new Blob(parts).bytes();
}
