/**
 * A request in a line: `GET http://reviews:9080/x`.
 *
 * @module
 */

import type { Request } from "./match.ts";
import { readUrl } from "./url.ts";

/** What a line says of a request. */
export type RequestLine = Omit<Request, "headers">;

/** Reads `[METHOD] URL`. */
export function parseRequestLine(text: string): RequestLine | undefined {
  const words = text.trim().split(/\s+/);
  const [first = "", second] = words;
  if (words.length > 2) return undefined;
  const method = second === undefined ? "GET" : first.toUpperCase();
  if (!/^[A-Z]+$/.test(method)) return undefined;
  const url = readUrl(second ?? first);
  return url && { method, ...url };
}

/** The line of a request without its headers, where a line can say it. */
export function printRequestLine(request: Request): string | undefined {
  const { method, scheme, authority, path, port } = request;
  const line = `${method} ${scheme}://${authority}${path}`;
  const read = parseRequestLine(line);
  const isSame = read !== undefined && read.method === method &&
    read.scheme === scheme && read.authority === authority &&
    read.path === path && read.port === port;
  return isSame ? line : undefined;
}
