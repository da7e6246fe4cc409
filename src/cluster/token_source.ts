/**
 * Where a bearer token comes from: a text that never changes, or a file that
 * somebody renews.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import type { TokenSource } from "./access.ts";
import { type Outside, readNamed } from "./outside.ts";

/** A token that never changes. */
export function fixedToken(token: string): TokenSource {
  return {
    current: () => Promise.resolve(token),
    refresh: () => Promise.resolve(false),
  };
}

// As in client-go: a token in a Pod is renewed long before it expires.
const REREAD_MS = 60_000;

/**
 * Reads the file at first use, after a 401, and when a minute has gone by: a
 * renewal that cannot be read leaves the former token.
 */
export function tokenFrom(file: string, outside: Outside): TokenSource {
  const now = outside.now ?? Date.now;
  const read = async (): Promise<string> =>
    checkToken(
      (await readNamed(file, { what: "token file", outside })).trim(),
      `token file ${JSON.stringify(file)}`,
    );
  let held: Promise<string> | undefined;
  let readAt = 0;
  const renew = (): Promise<string> => {
    readAt = now();
    return held = read();
  };
  return {
    current: () => {
      if (held === undefined) return renew();
      if (now() - readAt < REREAD_MS) return held;
      const former = held;
      readAt = now();
      return held = read().catch(() => former);
    },
    refresh: async (refused) => {
      const former = refused ?? await held;
      return await renew() !== former;
    },
  };
}

/** What a header cannot carry would be thrown back with its value in it. */
export function checkToken(token: string, where: string): string {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ClusterError(
      "kubeconfig",
      `Cannot use the token of ${where}: it is empty or holds spaces, line breaks or other characters that no token has`,
    );
  }
  return token;
}

/**
 * The ID token of an OpenID provider, as long as it lives: nobody renews it.
 *
 * @throws {ClusterError} `unauthorized` once it has expired.
 */
export function checkIdToken(token: string, options: {
  readonly identity: string;
  readonly now: number;
}): string {
  const { identity, now } = options;
  const expires = expiryOf(checkToken(token, identity));
  if (expires === undefined || now < expires) return token;
  throw new ClusterError(
    "unauthorized",
    `Cannot log in as ${identity}: its id-token has expired on ${
      new Date(expires).toISOString()
    }`,
    {
      hint:
        "Log in again with your tool for that, or use its exec plugin, which renews tokens",
    },
  );
}

/** Milliseconds since 1970, of the middle part of a JWT. */
function expiryOf(token: string): number | undefined {
  try {
    const middle = token.split(".")[1] ?? "";
    const claims: unknown = JSON.parse(
      atob(middle.replaceAll("-", "+").replaceAll("_", "/")),
    );
    const exp = typeof claims === "object" && claims !== null &&
        Object.hasOwn(claims, "exp")
      ? (claims as { exp: unknown }).exp
      : undefined;
    // Dates end at 8.64e15 ms.
    return typeof exp === "number" && Math.abs(exp) < 8e12
      ? exp * 1000
      : undefined;
  } catch {
    return undefined;
  }
}
