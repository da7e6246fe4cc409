/**
 * Host headers that lead to a host of a proxy's table.
 *
 * @module
 */

import { isWildcard } from "./hosts.ts";

/** A name that a domain of the table takes. */
export function spellingOf(domain: string): string {
  if (!isWildcard(domain)) return domain;
  return domain === "*" ? "any.example" : `any${domain.slice(1)}`;
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
