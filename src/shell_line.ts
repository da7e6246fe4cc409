/**
 * Words as a shell reads them, for lines that people paste.
 *
 * @module
 */

/** Words as one line of shell; quoted where a shell would read more into them. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) =>
    /^[A-Za-z0-9_@%+=:,./-]+$/.test(word)
      ? word
      : `'${word.replaceAll("'", `'\\''`)}'`
  ).join(" ");
}
