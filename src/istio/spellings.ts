/**
 * Host headers that lead to a host of a proxy's table.
 *
 * @module
 */

import { isWildcard } from "./hosts.ts";

/** Names that are tried under a wildcard, where others have the first ones. */
const WORDS = ["any", "other", "some", "another", "further", "one-more"];

/**
 * A name that a domain of the table takes.
 *
 * @param isOther Has something else the name? By default nothing has.
 */
export function spellingOf(
  domain: string,
  isOther: (name: string) => boolean = () => false,
): string {
  if (!isWildcard(domain)) return domain;
  const rest = domain === "*" ? ".example" : domain.slice(1);
  const names = WORDS.map((word) => `${word}${rest}`);
  return names.find((name) => !isOther(name)) ?? names[0]!;
}

/** Names that people use first: the short ones, and addresses last. */
export function compareSpellings(a: string, b: string): number {
  const isAddress = (name: string) => /^[\d.]+$|:.*:/.test(name) ? 1 : 0;
  return isAddress(a) - isAddress(b) || a.length - b.length ||
    (a < b ? -1 : a > b ? 1 : 0);
}

/** Host headers that clients send for these names, the likely ones first. */
export function authoritiesOf(
  names: readonly string[],
  port: number,
): readonly string[] {
  return names.toSorted(compareSpellings).flatMap((name) =>
    port === 80 ? [name, `${name}:80`] : [`${name}:${port}`, name]
  );
}
