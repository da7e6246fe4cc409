/**
 * What the operating system says, as a clause.
 *
 * @module
 */

/** Its words, without its number, the call and the path. */
export function systemReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ \(os error \d+\)[^]*$/, "");
}
