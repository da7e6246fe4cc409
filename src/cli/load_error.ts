/**
 * A part of the program that did not come: a package that cannot be fetched, a
 * file of the bundle that is gone. What was asked for has nothing to do with
 * it.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";

const LOADING =
  /Failed caching npm package|Module not found|Could not (?:resolve|find) (?:npm|package)|Import '|error sending request for url/;

/** The error of an import, in words; nothing for any other. */
export function loadError(thrown: unknown): TrafficError | undefined {
  if (!(thrown instanceof TypeError) || !LOADING.test(thrown.message)) {
    return undefined;
  }
  const lines = thrown.message.split("\n");
  const root = lines.findLast((line) => /^\s*\d+: /.test(line));
  const cause = root?.replace(/^\s*\d+: /, "");
  const [first = ""] = lines;
  return new TrafficError(
    "file",
    `Cannot load a part of istiops: ${first}${
      cause === undefined ? "" : ` (${cause})`
    }`,
    {
      hint:
        "From a clone: deno install; behind a proxy with a certificate of its own set DENO_TLS_CA_STORE=system or DENO_CERT",
      cause: thrown,
    },
  );
}
